"""The door to the catalogues, and the rules of place and time that hold for all of them."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.rasters import make_item, utc, write_collection

from imagery_watch.errors import CatalogError
from imagery_watch.sensors.sentinel2.sensor import SENTINEL_2
from imagery_watch.settings import Settings
from imagery_watch.sources.catalogs.catalog import tell_namesakes, tidy, touches
from imagery_watch.sources.catalogs.items import parse_item
from imagery_watch.sources.catalogs.named import open_catalog
from imagery_watch.sources.catalogs.stac_api import ApiCatalog
from imagery_watch.sources.catalogs.stac_files import FileCatalog

HERE = (11.3, 46.4, 11.4, 46.5)


def item(**members: Any) -> Any:
    return parse_item({**make_item(), **members}, Path(), SENTINEL_2)


def ring(west: float, south: float, east: float, north: float) -> dict[str, Any]:
    corners = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [corners]}


def test_a_name_a_url_and_a_path_each_open_their_kind(tmp_path: Path) -> None:
    named = open_catalog("earth-search", Settings(), SENTINEL_2)
    assert isinstance(named, ApiCatalog) and named.name.startswith("https://") and named.local_root is None
    assert isinstance(open_catalog("http://127.0.0.1:1/stac", Settings(), SENTINEL_2), ApiCatalog)
    files = open_catalog(str(write_collection(tmp_path / "items.json")), Settings(), SENTINEL_2)
    assert isinstance(files, FileCatalog) and files.local_root == tmp_path.resolve()


@pytest.mark.parametrize("where", ["earth-serch", "nowhere/items.json", "ftp://127.0.0.1/stac", "http://[::1/stac", ""])
def test_anything_else_is_a_usage_error(where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CatalogError):
        open_catalog(where, Settings(), SENTINEL_2)


def test_messages_of_a_url_with_a_key_do_not_hold_it() -> None:
    for url in ("https://127.0.0.1/stac?key=CANARY", "https://user:CANARY@127.0.0.1/stac"):
        assert open_catalog(url, Settings(), SENTINEL_2).name == "https://127.0.0.1/stac"


TOUCHES = {
    "around": (ring(11, 46, 12, 47), True),
    "next to it": (ring(12, 46, 13, 47), False),
    "sharing an edge": (ring(11.4, 46, 12, 47), True),
    "no geometry": (None, True),
    "unusable geometry": ({"type": "Polygon", "coordinates": [[[1, 2]]]}, True),
    "a bow-tie": ({"type": "Polygon", "coordinates": [[[11, 46], [12, 47], [12, 46], [11, 47], [11, 46]]]}, True),
    "uncut at the antimeridian": (ring(-179.5, 46, 179.5, 47), True),
}


@pytest.mark.parametrize("case", TOUCHES)
def test_place(case: str) -> None:
    geometry, expected = TOUCHES[case]
    members = {"geometry": geometry} if geometry else {"geometry": None, "bbox": None}
    assert touches(item(**members).item, HERE) is expected


@pytest.mark.parametrize(
    ("bbox", "expected"),
    [
        ([11, 46, 12, 47], True),
        ([12, 46, 13, 47], False),
        ([11, 46, 0, 12, 47, 900], True),
        ([170, 46, -170, 47], False),
    ],
)
def test_place_by_the_box_alone(bbox: list[float], expected: bool) -> None:
    assert touches(item(geometry=None, bbox=bbox).item, HERE) is expected


@pytest.mark.parametrize(("west", "expected"), [(179.5, True), (-179.99, True), (170.0, False), (-170.0, False)])
def test_place_across_the_antimeridian(west: float, expected: bool) -> None:
    assert touches(item(geometry=ring(west, 50, west + 0.4, 51)).item, (179.8, 50.2, -179.8, 50.3)) is expected


TIMES = {
    "Z": ("2023-06-01T10:17:00Z", "2023-06-01T10:17:00"),
    "offset": ("2023-06-01T12:17:00+02:00", "2023-06-01T10:17:00"),
    "microseconds": ("2023-06-01T10:17:00.123456Z", "2023-06-01T10:17:00.123456"),
    "leap day": ("2024-02-29T23:59:59.999Z", "2024-02-29T23:59:59.999"),
}


@pytest.mark.parametrize("case", TIMES)
def test_times_are_aware_utc(case: str) -> None:
    stated, expected = TIMES[case]
    when = item(id="one", properties={"datetime": stated}).facts.datetime
    assert when == utc(expected) and when.utcoffset().total_seconds() == 0  # type: ignore[union-attr]


def test_a_range_of_times_counts_by_its_start() -> None:
    properties = {"datetime": None, "start_datetime": "2023-06-01T10:00:00Z", "end_datetime": "2023-06-01T11:00:00Z"}
    assert item(properties=properties).facts.datetime == utc("2023-06-01T10:00:00")


NAMESAKES = {
    "the same, repeated": ([{}, {}], 1, 0),
    "another day": ([{}, {"properties": {"datetime": "2023-06-06T10:17:00Z"}}], 2, 1),
    "another satellite": ([{}, {"platform": "sentinel-2c"}], 2, 1),
    "another tile": ([{}, {"grid:code": "MGRS-32TPT"}], 2, 1),
    "another collection": ([{}, {"collection": "sentinel-2-c1-l2a"}], 2, 1),
    "a newer version": ([{}, {"s2:processing_baseline": "05.10"}], 1, 0),
    "other files": ([{}, {"folder": "elsewhere"}], 1, 1),
}


@pytest.mark.parametrize("case", NAMESAKES)
def test_nothing_is_lost_because_two_share_an_id(case: str) -> None:
    changes, number, said = NAMESAKES[case]
    items = [namesake(dict(change)) for change in changes]
    assert len(tidy(items, HERE, None, None)) == number
    assert len(tell_namesakes(items)) == said and all("one" in told for told in tell_namesakes(items))


def namesake(change: dict[str, Any]) -> Any:
    members = {key: change.pop(key) for key in ("collection",) if key in change}
    folder, stated = change.pop("folder", "one"), change.pop("properties", {})
    feature = make_item(folder, **{**stated, **change})
    return parse_item({**feature, "id": "one", **members}, Path(), SENTINEL_2)


@given(st.permutations(range(6)), st.integers(0, 6), st.integers(0, 6))
def test_the_list_is_half_open_sorted_and_without_repeats(order: list[int], first: int, last: int) -> None:
    items = [item(id=f"item-{day}", properties={"datetime": f"2023-06-0{day + 1}T00:00:00Z"}) for day in order]
    start, end = utc(f"2023-06-0{first + 1}"), utc(f"2023-06-0{last + 1}")
    assert [kept.id for kept in tidy(items + items[:2], HERE, start, end)] == [
        f"item-{day}" for day in range(first, last)
    ]
