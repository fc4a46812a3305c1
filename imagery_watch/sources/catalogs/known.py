"""The catalogues that have a name: addresses, collections, assets and quirks. A new one is a new row, and no code."""

from collections.abc import Mapping
from dataclasses import dataclass

from imagery_watch.model.access import Access
from imagery_watch.settings import Settings


@dataclass(frozen=True)
class Quirk:
    """What a catalogue is publicly known to get wrong, and what becomes of it here."""

    issue: str
    """Where it is told of."""
    what: str
    """What is wrong, and what is done about it."""


@dataclass(frozen=True)
class KnownCatalog:
    """One row of the table."""

    name: str
    """What `--catalog` calls it."""
    address: str
    """The setting that holds its address."""
    collections: tuple[str, ...]
    """Those that are searched; of two that list the same product, the earlier one is read."""
    bands: Mapping[str, str]
    """Key of the asset of each 10 m band, and of the scene classification, in its items."""
    offsets: str
    """How its items state the offset of processing baselines from 04.00 on."""
    needs: str = ""
    """What a user needs to read its files; empty: nothing."""
    quirks: tuple[Quirk, ...] = ()


_COMMON_NAMES = {"B02": "blue", "B03": "green", "B04": "red", "B08": "nir", "SCL": "scl"}
_EARTH_SEARCH = "https://github.com/Element84/earth-search/issues"
_PLANETARY = "https://github.com/microsoft/PlanetaryComputer/issues"

JP2_ONLY = Quirk(
    f"{_EARTH_SEARCH}/79",
    "260,000 items of August 2026 name JPEG 2000 on s3:// alone: any item of the pass that can be read is preferred",
)
WRONG_OFFSET = Quirk(
    f"{_EARTH_SEARCH}/71", "`boa_offset_applied` is wrong on some items: the pixels have the last word, with a note"
)
WRAPPED = Quirk(f"{_EARTH_SEARCH}/78", "counts of 64000 and more: the copy in the other collection is read, if any")
LATE = Quirk(f"{_EARTH_SEARCH}/76", "a million items were added years late: `monitor` scores a late pass when it comes")
FEWER_ASSETS = Quirk(
    f"{_EARTH_SEARCH}/36", "items without their 10 m bands: an item of the pass with more is preferred"
)
GAPS = Quirk(f"{_EARTH_SEARCH}/65", "passes that only `sentinel-2-c1-l2a` has: both collections are searched")
BACKLOG = Quirk(f"{_EARTH_SEARCH}/70", "years that only `sentinel-2-l2a` has: both collections are searched")

C1, L2A = "sentinel-2-c1-l2a", "sentinel-2-l2a"
OFFSET_C1 = "`raster:bands` states -0.1, which is not applied yet"
OFFSET_L2A = "`earthsearch:boa_offset_applied`, before `raster:bands`, which states -0.1 in both cases"

KNOWN_CATALOGS = (
    KnownCatalog(
        "earth-search",
        "earth_search",
        (C1, L2A),
        _COMMON_NAMES,
        f"as its collections: {C1}: {OFFSET_C1}; {L2A}: {OFFSET_L2A}",
        quirks=(JP2_ONLY, WRONG_OFFSET, WRAPPED, LATE, FEWER_ASSETS, GAPS, BACKLOG),
    ),
    KnownCatalog("earth-search-c1", "earth_search", (C1,), _COMMON_NAMES, OFFSET_C1, quirks=(FEWER_ASSETS, BACKLOG)),
    KnownCatalog(
        "earth-search-l2a",
        "earth_search",
        (L2A,),
        _COMMON_NAMES,
        OFFSET_L2A,
        quirks=(JP2_ONLY, WRONG_OFFSET, WRAPPED, LATE, GAPS),
    ),
)


def find_known(name: str) -> KnownCatalog | None:
    """The row of that name, or None."""
    return next((one for one in KNOWN_CATALOGS if one.name == name), None)


def find_access(_known: KnownCatalog, _settings: Settings) -> Access:
    """How the files of a known catalogue are asked for."""
    return Access()
