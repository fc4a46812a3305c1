"""What a catalogue has for one airfield and period, and which of it could be read."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from imagery_watch.errors import PassUnread
from imagery_watch.model import Acquisition, Airfield, Grid, Period, Scene

if TYPE_CHECKING:
    from imagery_watch.sources.catalogs.catalog import Catalog, Listing


@dataclass(frozen=True)
class Survey:
    """What a catalogue has for one airfield and period, history included; no pixel is read yet."""

    airfield: Airfield
    catalog: "Catalog"
    grid: Grid
    period: Period
    history_days: int
    listing: "Listing"
    acquisitions: tuple[Acquisition, ...]


@dataclass(frozen=True)
class ReadPasses:
    """The passes over one airfield: what the catalogue has, and which of it could be read."""

    acquisitions: tuple[Acquisition, ...]
    """Sorted by time, then id."""
    scenes: tuple[Scene, ...]
    unread: Mapping[str, PassUnread]
    """Why, by acquisition id."""

    def items_of(self, acquisition: Acquisition) -> tuple[str, ...]:
        """Ids of the items that were read for a pass; of those that were to be where it could not be read."""
        read = (one.item_ids for one in self.scenes if one.acquisition_id == acquisition.id)
        return next(read, acquisition.item_ids)
