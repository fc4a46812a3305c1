"""What is asked of one STAC item, asked once, when the catalogue lists it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

from imagery_watch.model.access import OPEN, Origin

if TYPE_CHECKING:
    from pystac import Item


SIMULATED_PROPERTY = "imagery_watch:simulated"
"""Of an item whose pixels were made: a sentence that says so."""


class Sun(NamedTuple):
    """Where the sun stood."""

    azimuth: float
    """Degrees clockwise from north, 0 to 360."""
    elevation: float
    """Degrees above the horizon."""


class BandAsset(NamedTuple):
    """Where an item keeps one band, and what its counts lack."""

    key: str
    """Of the asset, in the item."""
    offset: float = 0.0
    """What the item's words say must be added to the scaled counts, in the unit of the sensor's quantity."""
    gain: float = 1.0
    """What the counts are multiplied by to be the product's own, where the item states another scale than that."""


@dataclass(frozen=True)
class ItemFacts:
    """Everything that is ever asked of an item's words; a sensor answers all of it at once."""

    sensor: str
    """The mission, as in the files: `sentinel-2`."""
    platform: str
    """Lower case, such as `sentinel-2a`; `unknown` where nothing tells."""
    datetime: datetime
    """Aware UTC."""
    sensing_start: str | None
    """Start of the datatake, `YYYYmmddTHHMMSS` UTC: the same for every tile and reprocessing; None if unstated."""
    relative_orbit: int | None
    """None where nothing tells."""
    tile: str
    """What the mission cuts a pass into; the item's own id where nothing tells."""
    processing_baseline: str
    """Such as `05.09`; `00.00` where unstated."""
    rank: tuple[int, str]
    """Of two items of one tile and pass the lower-ranked is superseded; equals complete each other."""
    version: tuple[str, ...]
    """Sorts the versions of one tile of one pass, the newest last."""
    epsg: int | None
    """Code of the CRS that the item states for its pixels; None if unstated."""
    sun: Sun | None
    """As the item states it; None if it does not."""
    bands: Mapping[str, BandAsset]
    """The bands that the item has, in the sensor's order."""
    classes: str | None
    """Key of the scene classification's asset, if there is one."""
    stamp: str
    """Changes where a file is replaced in place; empty if the item has no such stamp."""
    decisive: Mapping[str, Any]
    """What a reader goes by, fit for JSON: hrefs without their signatures, which come and go, and stated stamps."""
    named_time: str | None = None
    """The sensing time that the item's names tell, `YYYYmmddTHHMMSS` or `YYYYmmdd` UTC; None where they tell none."""
    product: str = ""
    """The mission's own name of the product that the item describes: the same in every catalogue; empty if unstated."""


@dataclass(frozen=True)
class ListedItem:
    """One item of a catalogue, and what was asked of it."""

    item: Item
    """pystac's, its asset hrefs absolute."""
    facts: ItemFacts
    origin: Origin | None = None
    """Who lists it; None where that is nobody's catalogue."""

    @property
    def id(self) -> str:
        """The item's."""
        return self.item.id

    @property
    def simulated(self) -> str:
        """What the item says of its pixels where they were made; empty where they were observed."""
        told = self.item.properties.get(SIMULATED_PROPERTY, "")
        return str(told) if told else ""

    @property
    def link(self) -> str | None:
        """Where the STAC API that lists it has it, by the rule of all STAC APIs; None where a file lists it."""
        api, collection = "" if self.origin is None else self.origin.catalog, self.item.collection_id
        if not api.startswith(("http://", "https://")) or not collection:
            return None
        return f"{api.rstrip('/')}/collections/{quote(str(collection), safe='')}/items/{quote(self.id, safe='')}"

    @property
    def same(self) -> tuple[str, ...]:
        """What copies of one product share, in whichever catalogues and collections they are listed.

        Where no product is named, a copy is what another catalogue lists under the same id, collection and time.
        """
        facts = self.facts
        if facts.product:
            return (facts.product,)
        return self.id, str(self.item.collection_id or ""), facts.platform, facts.datetime.isoformat(), facts.tile

    def href(self, key: str) -> str:
        """Of one asset, absolute, with its signature where it has one."""
        return self.item.assets[key].href

    def count_open(self) -> int:
        """How many of its bands are in files that can be read from here."""
        access = OPEN if self.origin is None else self.origin.access
        assets = [self.item.assets[band.key] for band in self.facts.bands.values()]
        return sum(access.opens(asset.href, asset.media_type) for asset in assets)
