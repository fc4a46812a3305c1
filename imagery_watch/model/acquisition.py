"""One pass of one satellite over one airfield."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from imagery_watch.model.item import ListedItem

if TYPE_CHECKING:
    from pystac import Item


@dataclass(frozen=True)
class Acquisition:
    """One pass: one satellite, one orbit, one time. Several Items fold into it; its identity is not theirs."""

    id: str
    """Platform and sensing start, such as `sentinel-2a_20200305T103021`: the same for every reprocessing."""
    platform: str
    """Lower case, such as `sentinel-2a`."""
    datetime: datetime
    """Aware UTC: the earliest sensing time among the items used."""
    relative_orbit: int | None
    """1 to 143 for Sentinel-2; None where no item tells."""
    listed: tuple[ListedItem, ...]
    """The newest baseline of each tile, sorted by tile, newest item first: the ones that are read, as far as needed."""
    superseded: tuple[str, ...] = ()
    """Ids of the versions that were set aside: older ones, and those whose files cannot be read from here."""
    sensor: str = "sentinel-2"
    """The mission, as in the files: `sentinel-2`."""
    elsewhere: tuple[ListedItem, ...] = ()
    """The same products in other catalogues and collections, sorted as `listed`: read where the first cannot be."""

    @property
    def items(self) -> tuple[Item, ...]:
        """The items that are read."""
        return tuple(one.item for one in self.listed)

    @property
    def item_ids(self) -> tuple[str, ...]:
        """Ids of the items that are read."""
        return tuple(one.id for one in self.listed)
