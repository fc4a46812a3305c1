"""The pages of one answer: each once, to the last one, and what speaks against their being all of it."""

import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import MAXYEAR, UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pystac_client import ItemSearch
    from pystac_client.stac_api_io import StacApiIO

Page = dict[str, Any]

MAX_EMPTY = 3
"""Pages without items, each naming a next one, after which no more are asked for."""
FIRST_YEAR = 1900
"""Nothing is imaged before it: such a time is none."""
_LACK = "imagery_watch:lack"
"""Our own member of a page that stands for an answer which is none."""
_ERRORS = ("error", "errors", "exception")
_CUT_SHORT = ("timedOut", "timed_out", "exceededTransferLimit", "partial")


def follow_pages(io: "StacApiIO", search: "ItemSearch") -> Iterator[Any]:
    """Pages as they come, an empty one in the middle too: pystac-client's own loop ends there.

    A 200 with an error body is a page like others here, and so is one that names itself as the next: whoever takes
    them looks at them.
    """
    from pystac import Link

    page = io.read_json(search.url, method=search.method, parameters=search.get_parameters())
    asked, empty = set[str](), 0
    while True:
        yield page
        following = find_next(page)
        empty = 0 if page.get("features") else empty + 1
        key = json.dumps(following, sort_keys=True, default=str)
        if following is None or empty > MAX_EMPTY or (empty and key in asked):
            return
        asked.add(key)
        page = io.read_json(Link.from_dict(following), parameters=search.get_parameters())


def find_next(page: Page) -> dict[str, Any] | None:
    """The link to the next page; None on the last one."""
    links = page.get("links") or ()
    return next((link for link in links if isinstance(link, dict) and link.get("rel") == "next"), None)


def check_page(answer: Any) -> Page:
    """A page as it is, or one without items that says why: a 200 without a list of items is not "no imagery"."""
    page = answer if isinstance(answer, dict) else {}
    if isinstance(page.get("features"), list):
        return page
    said = str(page.get("description") or page.get("message") or page.get("code") or "")[:200]
    return {"features": [], _LACK: f"the catalogue answered without a list of items ({said or 'no reason given'})"}


def is_page(page: Page) -> bool:
    """Whether it is the catalogue's own."""
    return _LACK not in page


def list_times(pages: Sequence[Page]) -> list[datetime]:
    """The times of the items that state a usable one, sorted; aware."""
    times = []
    for feature in (feature for page in pages for feature in page["features"]):
        with suppress(ValueError, TypeError, LookupError):
            when = datetime.fromisoformat(feature["properties"]["datetime"])
            times.append(when if when.tzinfo else when.replace(tzinfo=UTC))
    return sorted(when for when in times if FIRST_YEAR <= when.year < MAXYEAR)


def count_items(pages: Sequence[Page]) -> int:
    """How many different items the pages hold."""
    return len({_identity(feature) for page in pages for feature in page["features"]})


def find_lack(pages: Sequence[Page], *, counts: bool = True) -> str:
    """Why the pages of one question are not all that the catalogue has; empty where nothing speaks for that.

    Without `counts`, whatever else speaks for that than how many items the catalogue says that it matched.
    """
    if lack := next((str(page[_LACK]) for page in pages if not is_page(page)), ""):
        return lack
    counted = [number for page in pages if (number := _count(page, "Matched", "matched")) is not None]
    delivered = count_items(pages)
    if counts and counted and max(counted) > delivered:
        return f"the catalogue counts {max(counted)} items and delivered {delivered}; passes may be missing"
    for page in pages:
        returned = _count(page, "Returned", "returned")
        if returned is not None and returned > len(page["features"]):
            return f"a page of the catalogue counts {returned} items and holds {len(page['features'])}"
        if said := _error_in(page):
            return f"the catalogue sent an error with its items ({said}); passes may be missing"
    if pages and not pages[-1]["features"] and find_next(pages[-1]) is not None and not counted:
        return "the catalogue's list ends in empty pages that name a next one; passes may be missing"
    return ""


def _identity(feature: Any) -> str:
    """What tells a listed item from others: the same on two pages is delivered once."""
    if not isinstance(feature, dict):
        return repr(feature)[:200]
    properties = feature.get("properties")
    when = properties.get("datetime") if isinstance(properties, dict) else None
    return json.dumps([feature.get("collection"), feature.get("id"), when], default=str)


def _count(page: Page, upper: str, lower: str) -> int | None:
    """How many items a page says were matched or returned, as STAC's versions have it, a number or its text."""
    places = [page.get("context"), page.get("search:metadata")]
    values = [page.get(f"number{upper}"), *(place.get(lower) for place in places if isinstance(place, dict))]
    for value in values:
        if isinstance(value, int | float) and not isinstance(value, bool) and value == value:
            return int(max(0, min(value, 1e12)))
        if isinstance(value, str) and value.isascii() and value.isdigit():
            return int(value[:12])
    return None


def _error_in(page: Page) -> str:
    """What a page says went wrong, beside its items."""
    for key in _ERRORS:
        if page.get(key):
            return str(page[key])[:200]
    if page.get("code") and (said := page.get("description") or page.get("message")):
        return str(said)[:200]
    return next((key for key in _CUT_SHORT if page.get(key) is True), "")
