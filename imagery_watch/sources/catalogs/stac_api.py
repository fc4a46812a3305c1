"""STAC APIs, through pystac-client, hardened where real catalogues are known to misbehave."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import requests
from pystac.errors import STACError
from pystac_client import Client
from pystac_client.errors import ClientTypeError
from pystac_client.exceptions import APIError
from pystac_client.stac_api_io import StacApiIO
from pystac_client.warnings import DoesNotConformTo
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from imagery_watch.errors import CatalogError, CatalogUnavailable
from imagery_watch.model import ListedItem
from imagery_watch.model.access import OPEN, Access, Origin
from imagery_watch.sensors.protocol import Sensor
from imagery_watch.settings import Settings
from imagery_watch.sources.catalogs.catalog import BBox, Listing, tell_namesakes, tidy
from imagery_watch.sources.catalogs.items import parse_items
from imagery_watch.sources.catalogs.stac_pages import find_lack, find_next, follow_pages
from imagery_watch.sources.pixels.exchange import PatientRetry, set_deadlines

PAGE_SIZE = 100
MAX_PAGES = 500
PATIENCE = 20
"""Times the longest silence that is borne, for a whole search: a catalogue that sends drop by drop is no use."""
NO_ANSWER_OF_STAC = (
    STACError,
    ClientTypeError,
    DoesNotConformTo,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    RecursionError,
)
"""What pystac and its client raise on answers of another kind."""
NOT_KNOWN = (400, 404, 422)
"""How APIs answer a search in a collection that they do not have."""
MOST_COLLECTIONS = 12
"""Collections that an error names."""


class ApiCatalog:
    """A STAC API at one URL; its query and user, which may hold a key, are in no message."""

    local_root: Path | None = None

    def __init__(
        self,
        url: str,
        settings: Settings,
        sensor: Sensor,
        page_size: int = PAGE_SIZE,
        *,
        collections: Sequence[str] = (),
        access: Access = OPEN,
    ) -> None:
        """`collections` are those to search, the preferred one first; the sensor's own where none is given."""
        parts = urlsplit(url)
        self._collections = tuple(collections) or (sensor.collection,)
        self._access = access
        self.name = urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
        self.sensor = sensor
        self._url = url
        self._settings = settings
        self._page_size = page_size

    def search(self, bbox: BBox, start: datetime | None, end: datetime | None) -> Listing:
        """Items of the collections; see `Catalog.search`.

        Raises CatalogUnavailable where the API does not answer, answers something that is no item page, or loops;
        CatalogError where it has none of the collections.
        """
        asked = [list(self._pages(part, start, end)) for part in _split(bbox)]
        features = [feature for pages in asked for page in pages for feature in page["features"]]
        items, warnings = parse_items(features, self.name, self.sensor)
        warnings += tell_namesakes(items)
        incomplete = "; ".join(dict.fromkeys(lack for pages in asked if (lack := find_lack(pages))))
        coverage = "" if features else self._coverage()
        told = [replace(one, origin=self._origin(one)) for one in items]
        return Listing(tidy(told, bbox, start, end), tuple(warnings), coverage, incomplete)

    def _origin(self, one: ListedItem) -> Origin:
        name = str(one.item.collection_id)
        order = self._collections.index(name) if name in self._collections else len(self._collections)
        return Origin(self.name, None, self._access, order)

    def _pages(self, bbox: BBox, start: datetime | None, end: datetime | None) -> Iterator[dict[str, Any]]:
        """Raw pages, each once: pystac-client would follow a looping `next` for ever (its issue 617)."""
        seen: set[tuple[str, ...]] = set()
        deadline = time.monotonic() + PATIENCE * self._settings.timeout_s
        for number, page in enumerate(self._ask(bbox, start, end)):
            features = _features(page, self.name)
            ids = tuple(str(feature.get("id")) for feature in features if isinstance(feature, dict))
            if (ids and ids in seen) or number >= MAX_PAGES:
                raise CatalogUnavailable(f"catalogue {self.name}: its pages repeat without end; try again later")
            if time.monotonic() > deadline:
                patience = PATIENCE * self._settings.timeout_s
                raise CatalogUnavailable(f"catalogue {self.name}: {number + 1} pages took more than {patience:.0f} s")
            seen.add(ids)
            yield page

    def _ask(self, bbox: BBox, start: datetime | None, end: datetime | None) -> Iterator[Any]:
        try:
            io = _io(self._url, self._settings)
            client = Client.open(self._url, stac_io=io, timeout=self._settings.timeout_s)
            search = client.search(
                collections=list(self._collections),
                bbox=list(bbox),
                datetime=_interval(start, end),
                limit=self._page_size,
            )
            yield from follow_pages(io, search)
        except (APIError, requests.RequestException) as error:
            if getattr(error, "status_code", None) in NOT_KNOWN:
                self._coverage()
                if known := self._known_collections():
                    self._collections = known
                    yield from self._ask(bbox, start, end)
                    return
            raise CatalogUnavailable(
                f"catalogue {self.name} {_trouble(error)}; try again later, or another --catalog"
            ) from None
        except NO_ANSWER_OF_STAC as error:
            raise CatalogUnavailable(
                f"catalogue {self.name}: not the answer of a STAC API with item search ({type(error).__name__}); "
                "is the URL its landing page?"
            ) from None

    def _coverage(self) -> str:
        """What the first of the collections covers, in words; empty where the API does not say.

        Raises CatalogError where it has none of the collections, but others.
        """
        collections, whole = self._list_collections()
        held = [name for name in self._collections if name in collections]
        if collections and not held and whole:
            others = ", ".join(sorted(map(str, collections))[:MOST_COLLECTIONS])
            wanted = " or ".join(self._collections)
            raise CatalogError(
                f"catalogue {self.name}: has no collection {wanted}; its {len(collections)} collections: {others}"
            )
        return _extent_words(collections[held[0]]) if held else ""

    def _known_collections(self) -> tuple[str, ...]:
        """Those of the collections that the API has, where it has some and not all of them; else none."""
        collections, _ = self._list_collections()
        held = tuple(name for name in self._collections if name in collections)
        return held if len(held) < len(self._collections) else ()

    def _list_collections(self) -> tuple[dict[str, Any], bool]:
        """The API's collections by id, none where it does not say, and whether they are all of them."""
        address, io = urlsplit(self._url), _io(self._url, self._settings)
        listed = urlunsplit(address._replace(path=f"{address.path.rstrip('/')}/collections"))
        try:
            content = io.read_json(listed, parameters={})
            found = {one["id"]: one for one in content["collections"] if isinstance(one, dict)}
        except (APIError, requests.RequestException, STACError, ValueError, LookupError, TypeError, RecursionError):
            return {}, False
        return found, find_next(content) is None


def _extent_words(collection: Any) -> str:
    """Where and when a collection has items, as it says itself."""
    try:
        extent = collection["extent"]
        west, south, east, north = _flat(extent["spatial"]["bbox"][0])
        first, last = extent["temporal"]["interval"][0]
    except (LookupError, TypeError, ValueError):
        return ""
    if east - west >= 359 and north - south >= 100:
        return ""
    days = f"{str(first or 'the beginning')[:10]} to {str(last or 'now')[:10]}"
    return f"its collection covers [{west:.2f}, {south:.2f}] to [{east:.2f}, {north:.2f}] (lon, lat), {days}"


def _flat(bbox: Any) -> tuple[float, float, float, float]:
    """West, south, east, north of a box of four or six numbers."""
    numbers = [float(number) for number in bbox]
    half = len(numbers) // 2
    return numbers[0], numbers[1], numbers[half], numbers[half + 1]


def _trouble(error: Exception) -> str:
    """What went wrong on the line, without the URL: it may hold a secret."""
    cause = error.__context__ or error
    if isinstance(cause, _ForeignHost):
        return "sends us on to another host, which is not followed"
    status = getattr(error, "status_code", None)
    return f"answered HTTP {status}" if status else f"did not answer ({type(cause).__name__})"


def _features(page: Any, name: str) -> list[Any]:
    """A 200 with an error body is not "no imagery"."""
    page = page if isinstance(page, dict) else {}
    features = page.get("features")
    if not isinstance(features, list):
        said = str(page.get("description") or page.get("message") or page.get("code") or "")[:200]
        raise CatalogUnavailable(f"catalogue {name}: answered without a list of items ({said or 'no reason given'})")
    return features


class _ForeignHost(requests.RequestException):
    """A redirect or a `next` link that leaves the catalogue's host."""


class _OneHost(HTTPAdapter):
    """Speaks to one host only, whatever redirects and `next` links say."""

    def __init__(self, url: str, retry: Retry) -> None:
        super().__init__(max_retries=retry)
        self._host = urlsplit(url).hostname
        set_deadlines(self.poolmanager)

    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
        """As HTTPAdapter does, with deadlines."""
        return set_deadlines(super().proxy_manager_for(proxy, **options))

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
        """As HTTPAdapter does. Raises _ForeignHost."""
        if urlsplit(request.url or "").hostname != self._host:
            raise _ForeignHost
        return super().send(request, *args, **options)


def _io(url: str, settings: Settings) -> StacApiIO:
    """Retries POST too and honours Retry-After; pystac-client's own default retries no HTTP status."""
    retry = PatientRetry(
        total=settings.retries,
        status_forcelist=(429, 500, 502, 503, 504),
        allowed_methods=None,
        backoff_factor=0.5,
        backoff_jitter=0.5,
        respect_retry_after_header=True,
        raise_on_status=False,
    )
    io = StacApiIO()
    for scheme in ("http://", "https://"):
        io.session.mount(scheme, _OneHost(url, retry))
    return io


def _interval(start: datetime | None, end: datetime | None) -> str | None:
    """RFC 3339 interval; its end is inclusive in STAC, so the half-open cut is made again on our side."""
    if start is None and end is None:
        return None
    return f"{_stamp(start)}/{_stamp(end)}"


def _stamp(when: datetime | None) -> str:
    return ".." if when is None else when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _split(bbox: BBox) -> list[BBox]:
    west, south, east, north = bbox
    return [bbox] if west <= east else [(west, south, 180.0, north), (-180.0, south, east, north)]
