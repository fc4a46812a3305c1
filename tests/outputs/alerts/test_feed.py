"""The feed is valid, stays the same byte for byte, and says of each hit what is known now."""

from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagery_watch.outputs.alerts.feed import write_feed
from imagery_watch.outputs.alerts.message import HitItem
from imagery_watch.outputs.alerts.words import tell_hit
from imagery_watch.outputs.store.message_store import FedRow
from outputs.builders import make_hit

BEGAN = datetime(2024, 1, 1, tzinfo=UTC)
NAMES = {"a": "http://www.w3.org/2005/Atom", "g": "http://www.georss.org/georss"}


def fed(number: int = 1, revision: int = 1, days: float = 1, **changes: object) -> FedRow:
    when = BEGAN + timedelta(days=days)
    return FedRow(make_hit(number, **changes), "credit & co", revision, BEGAN, when)


def texts(feed: bytes, path: str) -> list[str | None]:
    return [one.text for one in ET.fromstring(feed).findall(path, NAMES)]


def test_an_entry_says_where_when_and_how_sure() -> None:
    feed = write_feed([fed(heading_deg=None)], BEGAN, "https://example.org/feed.atom?a=1&b=2")
    root = ET.fromstring(feed)
    assert root.tag == "{http://www.w3.org/2005/Atom}feed"
    assert texts(feed, "a:entry/a:id") == ["urn:imagery-watch:hit:LIPB-0001"]
    [point] = texts(feed, "a:entry/g:point")
    assert point is not None and [float(part) for part in point.split()] == pytest.approx(
        [46.46289, 11.32898], abs=1e-4
    )
    [title] = texts(feed, "a:entry/a:title")
    assert title == "LIPB: possible arrival of something the size of a large aircraft, 2022-03-01 to 2022-03-06"
    [content] = texts(feed, "a:entry/a:content")
    assert content is not None and content.startswith("A change consistent with the arrival")
    assert texts(feed, "a:updated") == texts(feed, "a:entry/a:updated") == ["2024-01-02T00:00:00Z"]
    [link] = root.findall("a:link", NAMES)
    assert link.attrib["href"] == "https://example.org/feed.atom?a=1&b=2"
    for required in ("a:id", "a:title", "a:updated", "a:author/a:name"):
        assert texts(feed, required) and all(texts(feed, required))


@pytest.mark.parametrize(
    ("changes", "word"), [({"status": "withdrawn"}, "withdrawn: "), ({"late": True}, "late find: "), ({}, "possible")]
)
def test_what_is_no_plain_news_is_called_by_its_name(changes: dict[str, object], word: str) -> None:
    [title] = texts(write_feed([fed(**changes)], BEGAN, None), "a:entry/a:title")
    assert title is not None and title.startswith(f"LIPB: {word}")


def test_what_was_made_is_called_so_everywhere() -> None:
    feed = write_feed([fed(simulated=True)], BEGAN, None)
    texts_told = [*texts(feed, "a:entry/a:title"), *texts(feed, "a:entry/a:content")]
    texts_told.append(tell_hit(HitItem("new", 1, make_hit(simulated=True), "")))
    assert [text is not None and text.startswith("Simulated: ") for text in texts_told] == [True] * 3


def test_the_same_record_gives_the_same_bytes_and_another_record_another_name() -> None:
    rows = [fed(number, number, number) for number in range(1, 5)]
    assert write_feed(rows, BEGAN, None) == write_feed(list(rows), BEGAN, None)
    first, other = (texts(write_feed([], when, None), "a:id") for when in (BEGAN, BEGAN + timedelta(days=1)))
    assert first != other
    assert texts(write_feed([], BEGAN, None), "a:updated") == ["2024-01-01T00:00:00Z"]


@given(st.text(), st.text(min_size=1))
def test_no_name_makes_it_invalid(text: str, name: str) -> None:
    feed = write_feed([fed(summary=text, airfield=name, id=name, apron=text)], BEGAN, None)
    assert len(ET.fromstring(feed).findall("a:entry", NAMES)) == 1
