"""The catalogues that have a name: addresses, collections, assets and quirks. A new one is a new row, and no code."""

from collections.abc import Mapping
from dataclasses import dataclass

from imagery_watch.model.access import Access, Keys
from imagery_watch.settings import KEY_VARIABLES, Settings
from imagery_watch.sources.network.hosts import host_of


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
    tokens: str = ""
    """The setting that holds the address of the service that gives tokens for its files; empty: they need none."""
    hosts: tuple[str, ...] = ()
    """Of the stores that its items' files are in; one that begins with a dot stands for all that end so."""
    s3: str = ""
    """The setting that holds the address of the store behind its `s3://` addresses; empty: those are not open."""
    key_source: str = ""
    """Where a user gets keys to that store."""
    at_once: int = 0
    """Requests that the store answers at once for one user; 0: as many as one asks."""
    jpeg2000: bool = False
    """Whether its bands are JPEG 2000."""


_COMMON_NAMES = {"B02": "blue", "B03": "green", "B04": "red", "B08": "nir", "SCL": "scl"}
_AMAZON = (
    "sentinel-cogs.s3.us-west-2.amazonaws.com",
    "sentinel-cogs.s3.amazonaws.com",
    "e84-earth-search-sentinel-data.s3.us-west-2.amazonaws.com",
)
"""The two buckets of Earth Search's collections, as its items of 2016 to 2026 name them."""
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

SHORT_TOKENS = Quirk(f"{_PLANETARY}/418", "tokens of 45 minutes, or of few: files are signed just before they are read")
PRE_EXPIRED = Quirk(f"{_PLANETARY}/463", "tokens that are over when they come: renewed once, then the pass is `failed`")
BUSY = Quirk(f"{_PLANETARY}/191", "the store is busy (429, 503): asked again as `Retry-After` says, then `failed`")
NO_NODATA = Quirk(f"{_PLANETARY}/460", "files that do not say that 0 is nothing: it is, by the product's specification")

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
        hosts=_AMAZON,
    ),
    KnownCatalog(
        "earth-search-c1",
        "earth_search",
        (C1,),
        _COMMON_NAMES,
        OFFSET_C1,
        quirks=(FEWER_ASSETS, BACKLOG),
        hosts=_AMAZON,
    ),
    KnownCatalog(
        "earth-search-l2a",
        "earth_search",
        (L2A,),
        _COMMON_NAMES,
        OFFSET_L2A,
        quirks=(JP2_ONLY, WRONG_OFFSET, WRAPPED, LATE, GAPS),
        hosts=_AMAZON,
    ),
    KnownCatalog(
        "planetary-computer",
        "planetary_computer",
        (L2A,),
        {"B02": "B02", "B03": "B03", "B04": "B04", "B08": "B08", "SCL": "SCL"},
        "not stated: by the processing baseline",
        quirks=(SHORT_TOKENS, PRE_EXPIRED, BUSY, NO_NODATA),
        tokens="planetary_computer_tokens",
        hosts=(".blob.core.windows.net",),
    ),
    KnownCatalog(
        "copernicus",
        "copernicus",
        (L2A,),
        {"B02": "B02_10m", "B03": "B03_10m", "B04": "B04_10m", "B08": "B08_10m", "SCL": "SCL_20m"},
        "`raster:offset` states -0.1, which is not applied yet",
        "keys of your own, free with an account",
        s3="copernicus_s3",
        key_source="https://eodata-s3keysmanager.dataspace.copernicus.eu",
        at_once=4,
        jpeg2000=True,
    ),
)


def find_known(name: str) -> KnownCatalog | None:
    """The row of that name, or None."""
    return next((one for one in KNOWN_CATALOGS if one.name == name), None)


def find_access(known: KnownCatalog, settings: Settings) -> Access:
    """How the files of a known catalogue are asked for, with the user's keys where the environment has both halves."""
    name, secret = settings.s3_key, settings.s3_secret
    has_keys = known.s3 and name and secret
    return Access(
        token_service=str(getattr(settings, known.tokens)) if known.tokens else "",
        s3_service=str(getattr(settings, known.s3)) if known.s3 else "",
        keys=Keys(name.get_secret_value(), secret.get_secret_value()) if has_keys and name and secret else None,
        key_variables=KEY_VARIABLES if known.s3 else ("", ""),
        key_source=known.key_source,
        jpeg2000=known.jpeg2000,
        hosts=list_hosts(settings, known),
        at_once=known.at_once,
    )


def list_hosts(settings: Settings, *catalogues: KnownCatalog, own: str = "") -> tuple[str, ...]:
    """Who may be asked for the files of catalogues: their stores, they themselves, and whom the user trusts besides.

    `own` is the address of a catalogue that is not known.
    """
    addresses = [str(getattr(settings, name)) for one in catalogues for name in (one.address, one.s3) if name]
    stores = [host for one in catalogues for host in one.hosts]
    named = [*stores, *(host_of(one).lower().strip("[]") for one in (*addresses, own)), *settings.hosts.split(",")]
    return tuple(dict.fromkeys(host for host in named if host))
