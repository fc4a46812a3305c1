"""STAC APIs, through pystac-client, hardened where real catalogues are known to misbehave."""

import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
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

from imagery_watch.errors import CatalogError, CatalogUnavailable
from imagery_watch.model import ListedItem
from imagery_watch.model.access import OPEN, Access, Origin
from imagery_watch.sensors.protocol import Sensor
from imagery_watch.settings import Settings
from imagery_watch.sources.catalogs.catalog import BBox, Listing, describe_extent, split_box, tell_namesakes, tidy
from imagery_watch.sources.catalogs.items import parse_items
from imagery_watch.sources.catalogs.stac_pages import (
    Page,
    check_page,
    count_items,
    find_lack,
    find_next,
    follow_pages,
    is_page,
    list_times,
)
from imagery_watch.sources.doubts import Doubts
from imagery_watch.sources.network.one_host import open_io, tell_trouble

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
SECOND = timedelta(seconds=1)
"""The finest that a question states of a time."""


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
        now: datetime | None = None,
    ) -> None:
        """`collections` are those to search, the preferred one first; the sensor's own where none is given.

        `now`, aware, decides which doubts are of an earlier day.
        """
        parts = urlsplit(url)
        self._collections = tuple(collections) or (sensor.collection,)
        self._narrowed: tuple[str, ...] = ()
        self._access = access
        self._now = now or datetime.now(UTC)
        self.name = urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
        self.sensor = sensor
        self._url = url
        self._lock = threading.Lock()
        self._opened: tuple[StacApiIO, Client] | None = None
        self._settings = settings
        self._page_size = page_size

    def search(self, bbox: BBox, start: datetime | None, end: datetime | None) -> Listing:
        """Items of the collections; see `Catalog.search`.

        Raises CatalogUnavailable where the API does not answer as one, or loops; CatalogError where it has none of the
        collections. An answer without a list of items leaves the listing incomplete.
        """
        asked = [self._ask_whole(part, start, end) for part in split_box(bbox)]
        features = [feature for pages, *_ in asked for page in pages for feature in page["features"]]
        items, warnings = parse_items(features, self.name, self.sensor)
        warnings += [*tell_namesakes(items), *(told for *_, told in asked if told), *self._narrowed]
        incomplete = "; ".join(dict.fromkeys(lack for _, lack, _ in asked if lack))
        coverage = "" if features or incomplete else self._coverage()
        told = [replace(one, origin=self._origin(one)) for one in items]
        return Listing(tidy(told, bbox, start, end), tuple(warnings), coverage, incomplete)

    def _origin(self, one: ListedItem) -> Origin:
        name = str(one.item.collection_id)
        order = self._collections.index(name) if name in self._collections else len(self._collections)
        return Origin(self.name, None, self._access, order)

    def _ask_whole(self, bbox: BBox, start: datetime | None, end: datetime | None) -> tuple[list[Page], str, str]:
        """The pages of one question, why they are not whole, and a remark about their count.

        Where only the count speaks against them, the same is asked in parts of its time. An over-count that was there
        on an earlier day, too, and of which the parts bring nothing more, is the catalogue's way of counting.
        """
        pages = list(self._pages(bbox, start, end))
        doubts = Doubts(self._settings.cache_dir, self._now)
        subject = "\n".join(("count", self.name, *self._collections, repr(bbox), f"{start} {end}"))
        before, doubted = count_items(pages), _is_count_alone(pages)
        if doubted:
            pages += self._ask_parts(pages, bbox, start, end)
        lack = find_lack(pages)
        if not lack or count_items(pages) > before:
            doubts.forget(subject)
        elif doubted and _is_count_alone(pages):
            counted = lack.partition(";")[0]
            if (day := doubts.recall(subject, counted)) is not None:
                return pages, "", f"{counted}, as on {day}, also asked in parts: its count is taken for wrong"
        return pages, lack, ""

    def _ask_parts(self, pages: list[Page], bbox: BBox, start: datetime | None, end: datetime | None) -> list[Page]:
        """The same question in two halves, and for what lies outside the items; nothing where those have no times.

        A catalogue that cuts every answer to its newest items would answer a half that holds them with the same ones.
        """
        times = list_times(pages)
        if not times:
            return []
        first, middle, last = times[0], times[len(times) // 2], times[-1]
        parts = [(start, first - SECOND), (start, middle), (middle, end), (last + SECOND, end)]
        return [
            page
            for since, until in parts
            if since is None or until is None or since < until
            for page in self._pages(bbox, since, until)
        ]

    def _pages(self, bbox: BBox, start: datetime | None, end: datetime | None) -> Iterator[dict[str, Any]]:
        """Raw pages, each once: pystac-client would follow a looping `next` for ever (its issue 617)."""
        seen: set[tuple[str, ...]] = set()
        deadline = time.monotonic() + PATIENCE * self._settings.timeout_s
        for number, answer in enumerate(self._ask(bbox, start, end)):
            page = check_page(answer)
            if not is_page(page):
                yield page
                return
            ids = tuple(str(feature.get("id")) for feature in page["features"] if isinstance(feature, dict))
            if (ids and ids in seen) or number >= MAX_PAGES:
                raise CatalogUnavailable(f"catalogue {self.name}: its pages repeat without end; try again later")
            if time.monotonic() > deadline:
                patience = PATIENCE * self._settings.timeout_s
                raise CatalogUnavailable(f"catalogue {self.name}: {number + 1} pages took more than {patience:.0f} s")
            seen.add(ids)
            yield page

    def _ask(self, bbox: BBox, start: datetime | None, end: datetime | None) -> Iterator[Any]:
        try:
            asked = self._collections
            io, client = self._open()
            search = client.search(
                collections=list(asked),
                bbox=list(bbox),
                datetime=_interval(start, end),
                limit=self._page_size,
            )
            yield from follow_pages(io, search)
        except (APIError, requests.RequestException) as error:
            if getattr(error, "status_code", None) in NOT_KNOWN:
                self._coverage()
                if self._narrow(asked):
                    yield from self._ask(bbox, start, end)
                    return
            raise CatalogUnavailable(
                f"catalogue {self.name} {tell_trouble(error, self._url)}; try again later, or another --catalog"
            ) from None
        except NO_ANSWER_OF_STAC as error:
            raise CatalogUnavailable(
                f"catalogue {self.name}: not the answer of a STAC API with item search ({type(error).__name__}); "
                "is the URL its landing page?"
            ) from None

    def _open(self) -> tuple[StacApiIO, Client]:
        """The API's client, its landing page read once: a sweep searches for each of hundreds of airfields."""
        with self._lock:
            if self._opened is None:
                io = open_io(self._url, self._settings)
                self._opened = io, Client.open(self._url, stac_io=io, timeout=self._settings.timeout_s)
            return self._opened

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
        return describe_extent(collections[held[0]]) if held else ""

    def _narrow(self, asked: tuple[str, ...]) -> bool:
        """Whether fewer collections are searched from now on than were `asked` for: those that the API has.

        Not where it has none or all of them, nor where the list that was read is not whole: the others may come behind.
        """
        collections, whole = self._list_collections()
        with self._lock:
            if self._collections != asked:  # another airfield's search has found it out
                return True
            held = tuple(name for name in asked if name in collections)
            if not held or not whole or len(held) == len(asked):
                return False
            left = ", ".join(name for name in asked if name not in held)
            self._narrowed = (f"catalogue {self.name} has no collection {left}: only {', '.join(held)} is searched",)
            self._collections = held
            return True

    def _list_collections(self) -> tuple[dict[str, Any], bool]:
        """The API's collections by id, none where it does not say, and whether they are all of them."""
        address, io = urlsplit(self._url), open_io(self._url, self._settings)
        listed = urlunsplit(address._replace(path=f"{address.path.rstrip('/')}/collections"))
        try:
            content = io.read_json(listed, parameters={})
            found = {one["id"]: one for one in content["collections"] if isinstance(one, dict)}
            return found, find_next(content) is None
        except (APIError, requests.RequestException, STACError, ValueError, LookupError, TypeError, RecursionError):
            return {}, False


def _is_count_alone(pages: Sequence[Page]) -> bool:
    """Whether nothing speaks against the pages but how many items the catalogue says that it matched."""
    return bool(find_lack(pages)) and not find_lack(pages, counts=False)


def _interval(start: datetime | None, end: datetime | None) -> str | None:
    """RFC 3339 interval; its end is inclusive in STAC, so the half-open cut is made again on our side."""
    if start is None and end is None:
        return None
    return f"{_stamp(start)}/{_stamp(end)}"


def _stamp(when: datetime | None) -> str:
    return ".." if when is None else when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
