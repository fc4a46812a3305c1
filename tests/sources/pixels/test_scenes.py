"""From items to Scenes: complete, or refused with a reason; on small archives that are really read."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from conftest import DATA
from support.rasters import BANDS, GRID, make_item, pattern, write_pass, write_raster
from support.servers import Server

from imagery_watch.errors import PassRefused, ReadFailed
from imagery_watch.model import Expected, Grid, Scene
from imagery_watch.model.access import Origin
from imagery_watch.reasons import ReasonCode
from imagery_watch.sensors.sentinel2.sensor import SENTINEL_2
from imagery_watch.settings import Settings
from imagery_watch.sources.catalogs.acquisitions import fold
from imagery_watch.sources.catalogs.items import parse_item
from imagery_watch.sources.catalogs.stac_files import FileCatalog
from imagery_watch.sources.doubts import Doubts
from imagery_watch.sources.pixels.scenes import Reader, Unread, read_scenes

LONLAT = (11.33, 46.46)
QUICK = Settings(timeout_s=2.0, retries=1)


def read(folder: Path, *features: dict[str, Any], grid: Grid = GRID, **changes: Any) -> list[Scene | Unread]:
    items = [parse_item(feature, folder, SENTINEL_2) for feature in features]
    reader = replace(Reader(QUICK, str(folder), folder.resolve(), SENTINEL_2), **changes)
    return list(read_scenes(fold(items), grid, LONLAT, reader))


def noon(day: int) -> datetime:
    """Of one in July 2023."""
    return datetime(2023, 7, day, 12, tzinfo=UTC)


def read_one(folder: Path, *features: dict[str, Any], **options: Any) -> Scene:
    (scene,) = read(folder, *features, **options)
    assert isinstance(scene, Scene), scene
    return scene


def sentences(scene: Scene) -> tuple[str, ...]:
    """What is said of the pass, for a person."""
    return tuple(note.text for note in scene.notes)


def refusal(folder: Path, *features: dict[str, Any], **options: Any) -> str:
    (error,) = read(folder, *features, **options)
    assert isinstance(error, PassRefused), error
    return str(error)


def test_a_plain_pass(tmp_path: Path) -> None:
    scene = read_one(tmp_path, write_pass(tmp_path, make_item()))
    assert scene.bands == tuple(BANDS) and scene.valid.all() and scene.notes == ()
    assert (scene.acquisition_id, scene.platform) == ("sentinel-2a_20230601T101700", "sentinel-2a")
    assert (scene.sun_azimuth, scene.sun_elevation, scene.offset) == (150.0, 60.0, 0.0)
    assert scene.scl is not None and (scene.scl == 4).all()
    for number, image in enumerate(scene.data):
        np.testing.assert_allclose(image, pattern(*GRID.shape, seed=number) / 10_000, atol=1e-6)


OFFSETS = [
    ("05.09", True, 0.0),
    ("05.09", False, -0.1),
    ("05.09", None, -0.1),
    ("02.14", True, 0.0),
    ("02.14", False, 0.0),
    ("02.14", None, 0.0),
]


@pytest.mark.parametrize(("baseline", "applied", "offset"), OFFSETS)
def test_the_offset_is_each_items_own(tmp_path: Path, baseline: str, applied: bool | None, offset: float) -> None:
    properties = {"s2:processing_baseline": baseline, "earthsearch:boa_offset_applied": applied}
    scene = read_one(tmp_path, write_pass(tmp_path, make_item(**properties)))
    assert scene.offset == offset
    np.testing.assert_allclose(scene.data[0], pattern(*GRID.shape) / 10_000 + offset, atol=1e-6)


def half(side: slice, value: int = 2000) -> dict[str, Any]:
    """Counts, and classes, that are there only in some columns."""
    counts, classes = np.zeros(GRID.shape, np.uint16), np.zeros((24, 32), np.uint8)
    counts[:, side] = value
    classes[:, slice(side.start and side.start // 2, side.stop and side.stop // 2)] = 4
    return {**dict.fromkeys(BANDS, counts), "SCL": classes}


WEST, EAST = slice(None, 40), slice(32, None)


def test_two_tiles_join_each_with_its_own_offset(tmp_path: Path) -> None:
    first = write_pass(tmp_path, make_item("a"), counts=half(WEST, 2000))
    second = make_item("b", **{"grid:code": "MGRS-32TPT", "earthsearch:boa_offset_applied": False})
    scene = read_one(tmp_path, first, write_pass(tmp_path, second, counts=half(EAST, 4000)))
    assert scene.item_ids == ("a", "b") and scene.valid.all()
    np.testing.assert_allclose(scene.data[0, 0], [0.2] * 40 + [0.3] * 24, atol=1e-6)
    assert scene.scl is not None and (scene.scl == 4).all()


def test_the_swath_edge_is_invalid_not_dark(tmp_path: Path) -> None:
    scene = read_one(tmp_path, write_pass(tmp_path, make_item(), counts=half(WEST)))
    assert scene.valid[:, :40].all() and not scene.valid[:, 40:].any()
    assert np.isnan(scene.data[:, ~scene.valid]).all() and np.isfinite(scene.data[:, scene.valid]).all()


def test_a_pixel_missing_in_one_band_is_invalid_in_all(tmp_path: Path) -> None:
    red = pattern(*GRID.shape)
    red[5, 7] = 0
    scene = read_one(tmp_path, write_pass(tmp_path, make_item(), counts={"B04": red}))
    assert np.argwhere(~scene.valid).tolist() == [[5, 7]] and np.isnan(scene.data[:, 5, 7]).all()


def test_the_grids_own_zone_comes_first(tmp_path: Path) -> None:
    other = write_pass(tmp_path, make_item("a", **{"grid:code": "MGRS-33TUM", "proj:epsg": 32633}))
    for band in BANDS:
        counts = np.full((400, 400), 3000, np.uint16)
        write_raster(tmp_path / "a" / f"{band}.tif", counts, 215_000.0, 5_152_000.0, epsg=32633)
    own = write_pass(tmp_path, make_item("b"), counts=half(WEST))
    scene = read_one(tmp_path, other, own)
    assert scene.valid[:, :40].all()
    np.testing.assert_allclose(scene.data[:, :, :40], 0.2, atol=1e-6)


@pytest.mark.parametrize("key", ["proj:epsg", "proj:code"])
def test_a_pass_without_imagery_here_is_valid_nowhere(tmp_path: Path, key: str) -> None:
    counts = {band: np.zeros(GRID.shape, np.uint16) for band in BANDS} | {"SCL": np.zeros((24, 32), np.uint8)}
    scene = read_one(tmp_path, write_pass(tmp_path, make_item(**{key: "EPSG:None"}), counts=counts))
    assert not scene.valid.any() and np.isnan(scene.data).all()


def test_one_band_of_zeros_is_a_lost_band(tmp_path: Path) -> None:
    item = write_pass(tmp_path, make_item(), counts={"B08": np.zeros(GRID.shape, np.uint16)})
    assert "B08 holds no data where the rest of the pass does" in refusal(tmp_path, item)


def test_no_band_where_the_classes_say_ground_is_lost_too(tmp_path: Path) -> None:
    item = write_pass(tmp_path, make_item(), counts={band: np.zeros(GRID.shape, np.uint16) for band in BANDS})
    assert "holds no data" in refusal(tmp_path, item)


def test_garbled_counts_are_refused(tmp_path: Path) -> None:
    item = write_pass(tmp_path, make_item(), counts={"B03": np.full(GRID.shape, 64_500, np.uint16)})
    assert "B03 of S2A_32TPS_20230601_0_L2A" in refusal(tmp_path, item)


def without(item: dict[str, Any], *keys: str) -> dict[str, Any]:
    return {**item, "assets": {key: asset for key, asset in item["assets"].items() if key not in keys}}


ABSENT = {
    "near infrared": (("nir",), ("B02", "B03", "B04"), ()),
    "classes": (("scl",), tuple(BANDS), ("no scene classification in the item",)),
    "all but one band": (("blue", "green", "nir"), ("B04",), ()),
}


@pytest.mark.parametrize("case", ABSENT)
def test_what_is_absent_is_done_without(tmp_path: Path, case: str) -> None:
    keys, bands, notes = ABSENT[case]
    scene = read_one(tmp_path, without(write_pass(tmp_path, make_item()), *keys))
    assert (scene.bands, sentences(scene)) == (bands, notes) and scene.valid.all()


def test_a_band_that_one_tile_lacks_is_left_out_and_said(tmp_path: Path) -> None:
    second = write_pass(tmp_path, make_item("b", **{"grid:code": "MGRS-32TPT"}))
    scene = read_one(tmp_path, write_pass(tmp_path, make_item("a")), without(second, "nir"))
    assert scene.bands == ("B02", "B03", "B04")
    assert sentences(scene) == ("without B08: not in every tile's item",)


def test_an_item_of_one_unnamed_band(tmp_path: Path) -> None:
    item = make_item("mono", platform=None, **{"view:sun_azimuth": None})
    item["assets"] = {"image": {"href": "./mono.tif", "type": "image/tiff"}}
    write_raster(tmp_path / "mono.tif", pattern(*GRID.shape), GRID.left, GRID.top)
    scene = read_one(tmp_path, item)
    assert (scene.bands, scene.platform, scene.scl) == (("mono",), "unknown", None)
    assert sentences(scene) == ("no scene classification in the item", "sun angles computed, not stated")
    assert [note.code for note in scene.notes] == [ReasonCode.NO_CLASSES, ReasonCode.SUN_COMPUTED]


def test_an_item_without_any_band_is_refused(tmp_path: Path) -> None:
    assert "no 10 m band" in refusal(tmp_path, {**make_item(), "assets": {}})


def test_what_was_found_instead_of_bands_is_told(tmp_path: Path) -> None:
    assets = {"preview": {"href": "./p.png", "type": "image/png"}, "B8A": {"href": "./a.tif", "type": "image/tiff"}}
    assets["B05"] = assets["B8A"]
    reason = refusal(tmp_path, {**make_item(), "assets": assets})
    assert all(word in reason for word in ("preview (image/png)", "B8A (image/tiff)", "looked for B02, B03, B04, B08"))


HOURS = {
    "a day without its time, in Europe": ("2023-06-01T00:00:00Z", LONLAT, "the sun 21 degrees below"),
    "a day without its time, in Japan": ("2023-06-01T00:00:00Z", (139.8, 35.6), "midnight sharp"),
    "by night": ("2023-06-01T22:10:00Z", LONLAT, "below the horizon"),
    "noon in winter, beyond the polar circle": ("2023-12-21T11:00:00Z", (25.0, 70.0), "below the horizon"),
}


@pytest.mark.parametrize("case", HOURS)
@pytest.mark.parametrize("stated", [True, False])
def test_a_time_at_which_nothing_can_be_seen_is_refused(tmp_path: Path, case: str, stated: bool) -> None:
    when, lonlat, reason = HOURS[case]
    sun = {} if stated else {"view:sun_azimuth": None, "view:sun_elevation": None}
    item = write_pass(tmp_path, {**make_item(datetime=when, **sun), "id": "one"})
    reader = Reader(QUICK, str(tmp_path), tmp_path.resolve(), SENTINEL_2)
    (outcome,) = read_scenes(fold([parse_item(item, tmp_path, SENTINEL_2)]), GRID, lonlat, reader)
    assert isinstance(outcome, PassRefused) and reason in str(outcome)


def test_another_scale_of_the_item_is_applied(tmp_path: Path) -> None:
    item = write_pass(tmp_path, make_item(), counts={band: pattern(*GRID.shape) * 2 for band in BANDS})
    for key in BANDS.values():
        item["assets"][key]["raster:bands"] = [{"scale": 5e-5, "offset": 0}]
    scene = read_one(tmp_path, item)
    np.testing.assert_allclose(scene.data[0], pattern(*GRID.shape) / 10_000, atol=1e-6)


def test_refused_classes_leave_the_pass_usable(tmp_path: Path) -> None:
    item = write_pass(tmp_path, make_item())
    (tmp_path / item["id"] / "SCL.tif").write_bytes(b"no raster")
    scene = read_one(tmp_path, item)
    assert scene.scl is None and scene.valid.all()
    (note,) = scene.notes
    assert note.code is ReasonCode.NO_CLASSES and "SCL.tif" in note.text


def test_one_refused_pass_hides_no_other(tmp_path: Path) -> None:
    good = write_pass(tmp_path, make_item("good"))
    bad = make_item("bad", datetime="2023-06-02T10:17:00Z")
    later = write_pass(tmp_path, make_item("later", datetime="2023-06-03T10:17:00Z"))
    kinds = [type(outcome) for outcome in read(tmp_path, later, bad, good)]
    assert kinds == [Scene, PassRefused, Scene]


def point_red_at(item: dict[str, Any], href: str) -> dict[str, Any]:
    return {**item, "assets": {**item["assets"], "red": {**item["assets"]["red"], "href": href}}}


FORBIDDEN = {
    "up and out": "../secret.tif",
    "absolute": "{outside}/secret.tif",
    "symlink": "./link.tif",
    "s3": "s3://bucket/B04.tif",
    "plain http to elsewhere": "http://203.0.113.1/B04.tif",
    "gdal's own": "/vsicurl/http://127.0.0.1/B04.tif",
}


@pytest.mark.parametrize("case", FORBIDDEN)
def test_pixels_from_where_they_may_not_come_are_refused(tmp_path: Path, case: str) -> None:
    folder = tmp_path / "archive"
    item = write_pass(folder, make_item())
    write_raster(tmp_path / "secret.tif", pattern(*GRID.shape), GRID.left, GRID.top)
    (folder / "link.tif").symlink_to(tmp_path / "secret.tif")
    reason = refusal(folder, point_red_at(item, FORBIDDEN[case].format(outside=tmp_path)))
    assert "not read" in reason or "plain http" in reason


Remote = Callable[[dict[str, Any]], Scene | Unread]


@pytest.fixture
def archive(range_server: Any, tmp_path: Path) -> tuple[Server, Remote]:
    """A pass behind HTTP, and a way to read it with a chip cache of its own."""
    write_pass(tmp_path / "archive", make_item())
    server: Server = range_server(tmp_path / "archive")
    settings = Settings(timeout_s=2.0, retries=1, cache=tmp_path / "cache")

    def read_remote(feature: dict[str, Any]) -> Scene | Unread:
        acquisitions = fold([parse_item(feature, server.url, SENTINEL_2)])
        (outcome,) = read_scenes(acquisitions, GRID, LONLAT, Reader(settings, server.url, None, SENTINEL_2))
        return outcome

    return server, read_remote


URI = "S2A_MSIL2A_20230601T101601_N0509_R065_T32TPS_20230601T162400.SAFE"


def read_copies(server: Server, *features: dict[str, Any], settings: Settings = QUICK) -> Scene | Unread:
    """One pass of which each feature is a copy, the first preferred; the files that they name are the server's."""
    items = [parse_item(feature, server.url, SENTINEL_2) for feature in features]
    told = [replace(one, origin=Origin(server.url, None, order=order)) for order, one in enumerate(items)]
    (acquisition,) = fold(told)
    assert acquisition.item_ids == (features[0]["id"],)
    (outcome,) = read_scenes([acquisition], GRID, LONLAT, Reader(settings, server.url, None, SENTINEL_2))
    return outcome


BROKEN = {
    "a file that is not there": (None, "c1/B04.tif"),
    "wrapped counts": (64_500, "garbled or wrapped counts"),
    "a band that is empty": (0, "holds no data where the rest of the pass does"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_what_one_copy_of_a_product_lacks_another_gives(range_server: Any, tmp_path: Path, case: str) -> None:
    value, said = BROKEN[case]
    settings = replace_settings(tmp_path)
    first, second = (write_pass(tmp_path, make_item(name, **{"s2:product_uri": URI})) for name in ("c1", "l2a"))
    path = tmp_path / "c1" / "B04.tif"
    path.unlink()
    if value is not None:
        write_raster(path, np.full(GRID.shape, value, np.uint16), GRID.left, GRID.top)
    scene = read_copies(range_server(tmp_path), first, second, settings=settings)
    assert isinstance(scene, Scene) and scene.item_ids == ("l2a",) and scene.valid.all()
    (note,) = scene.notes
    assert note.code == ReasonCode.READ_ELSEWHERE and said in note.text and "l2a" in note.text


def test_a_pass_of_which_no_copy_can_be_read_has_the_reason_that_may_pass(range_server: Any, tmp_path: Path) -> None:
    first, second = (write_pass(tmp_path, make_item(name, **{"s2:product_uri": URI})) for name in ("c1", "l2a"))
    write_raster(tmp_path / "c1" / "B04.tif", np.full(GRID.shape, 64_500, np.uint16), GRID.left, GRID.top)
    outcome = read_copies(range_server(tmp_path), first, point_red_at(second, "s3://bucket/B04.jp2"),
                          settings=replace_settings(tmp_path))  # fmt: skip
    assert isinstance(outcome, ReadFailed) and outcome.reason.code == ReasonCode.NOT_OPEN


def test_of_two_tiles_only_the_one_that_failed_is_read_elsewhere(range_server: Any, tmp_path: Path) -> None:
    """The other one's copy is on s3://, where nothing can be opened."""
    west, east = (URI.replace("T32TPS", tile) for tile in ("T32TPS", "T32TQS"))
    half = np.full(GRID.shape, 1000, np.uint16)
    half[:, GRID.width // 2 :] = 0  # so that both tiles are needed
    features = [
        write_pass(tmp_path, make_item("west", **{"s2:product_uri": west}), counts=dict.fromkeys(BANDS, half)),
        write_pass(tmp_path, make_item("east", **{"s2:product_uri": east, "grid:code": "MGRS-32TQS"})),
        write_pass(tmp_path, make_item("copy", **{"s2:product_uri": east, "grid:code": "MGRS-32TQS"})),
    ]
    on_s3 = make_item("closed", **{"s2:product_uri": west})
    on_s3["assets"] = {key: {**asset, "href": f"s3://bucket/{key}.jp2"} for key, asset in on_s3["assets"].items()}
    server = range_server(tmp_path)
    (tmp_path / "east" / "B04.tif").unlink()
    items = [parse_item(one, server.url, SENTINEL_2) for one in (*features, on_s3)]
    told = [replace(one, origin=Origin(server.url, None, order=order)) for order, one in enumerate(items)]
    (acquisition,) = fold(told)
    assert acquisition.item_ids == ("west", "east")
    (scene,) = read_scenes(
        [acquisition], GRID, LONLAT, Reader(replace_settings(tmp_path), server.url, None, SENTINEL_2)
    )
    assert isinstance(scene, Scene), scene
    assert scene.item_ids == ("west", "copy") and scene.valid.all()


def test_a_copy_that_cannot_be_opened_takes_nobodys_place(range_server: Any, tmp_path: Path) -> None:
    item = write_pass(tmp_path, make_item("one", **{"s2:product_uri": URI}))
    on_s3 = make_item("closed", **{"s2:product_uri": URI})
    on_s3["assets"] = {key: {**asset, "href": f"s3://bucket/{key}.jp2"} for key, asset in on_s3["assets"].items()}
    write_raster(tmp_path / "one" / "B04.tif", np.full(GRID.shape, 64_500, np.uint16), GRID.left, GRID.top)
    outcome = read_copies(range_server(tmp_path), item, on_s3, settings=replace_settings(tmp_path))
    assert isinstance(outcome, PassRefused) and outcome.reason.code == ReasonCode.COUNTS_IMPLAUSIBLE


FOR_NOW = ["code:404", "page206", "zeros", "squeezed"]


@pytest.mark.parametrize("mode", FOR_NOW)
def test_bytes_that_are_wrong_for_now_are_tried_again_and_refused_on_a_later_day(
    fault_server: Any, tmp_path: Path, mode: str
) -> None:
    """A single 404, a page or zeros as a range, a packed body that does not say so; then all is well, then again."""
    item = write_pass(tmp_path / "store", make_item())
    server = fault_server(tmp_path / "store")
    settings = replace_settings(tmp_path)

    def read_on(day: int, how: str) -> Scene | Unread:
        acquisitions = fold([parse_item(point_red_at(item, f"{server.url}/{how}/{item['id']}/B04.tif"),
                                        f"{server.url}/plain", SENTINEL_2)])  # fmt: skip
        reader = Reader(settings, server.url, None, SENTINEL_2, now=noon(day))
        (outcome,) = read_scenes(acquisitions, GRID, LONLAT, reader)
        return outcome

    for day in (1, 1):
        assert isinstance(read_on(day, mode), ReadFailed)
    refused = read_on(2, mode)
    assert isinstance(refused, PassRefused) and "(the same since 2023-07-01)" in str(refused)
    assert isinstance(read_on(3, "plain"), Scene)


def test_a_band_of_zeros_from_a_server_is_tried_again_and_refused_on_a_later_day(
    range_server: Any, tmp_path: Path
) -> None:
    item = write_pass(tmp_path, make_item(), counts={"B08": np.zeros(GRID.shape, np.uint16)})
    server, outcomes = range_server(tmp_path), []
    for day in (1, 2):
        reader = Reader(replace_settings(tmp_path), server.url, None, SENTINEL_2, now=noon(day))
        outcomes += read_scenes(fold([parse_item(item, server.url, SENTINEL_2)]), GRID, LONLAT, reader)
    assert [type(one) for one in outcomes] == [ReadFailed, PassRefused]
    assert all(one.reason.code == ReasonCode.BAND_EMPTY for one in outcomes if not isinstance(one, Scene))


def test_a_note_that_is_damaged_counts_as_none(tmp_path: Path) -> None:
    first, later = (
        Doubts(tmp_path, noon(1)),
        Doubts(tmp_path, noon(2)),
    )
    assert (first.recall("one", "gone"), later.recall("two", "gone"), later.recall("one", "else")) == (None, None, None)
    for path in tmp_path.rglob("*.json"):
        path.write_text('{"first": 7}')
    assert later.recall("one", "gone") is None
    assert Doubts(tmp_path, noon(3)).recall("one", "gone") == date(2023, 7, 2)
    later.forget("one")
    assert Doubts(tmp_path, noon(4)).recall("one", "gone") is None


def test_minutes_across_midnight_are_no_later_day(tmp_path: Path) -> None:
    late = datetime(2023, 7, 1, 23, 59, tzinfo=UTC)
    told = [Doubts(tmp_path, late + timedelta(hours=hours)).recall("one", "gone") for hours in (0, 0.05, 19, 20)]
    assert told == [None, None, None, date(2023, 7, 1)]


def test_a_doubt_about_a_pass_is_forgotten_when_it_reads_well(range_server: Any, tmp_path: Path) -> None:
    """Empty on one day, well on the next, and empty again: that is new, and tried again."""
    name, outcomes = make_item()["id"], []
    for day, value in ((1, 0), (2, 1000), (3, 0)):
        item = write_pass(tmp_path / "store", make_item(), counts={"B08": np.full(GRID.shape, value, np.uint16)})
        server = range_server(tmp_path / "store")
        settings = Settings(timeout_s=2.0, retries=1, cache=tmp_path / "cache")
        reader = Reader(settings, server.url, None, SENTINEL_2, now=noon(day))
        outcomes += read_scenes(fold([parse_item(item, server.url, SENTINEL_2)]), GRID, LONLAT, reader)
        assert item["id"] == name
    assert [type(one) for one in outcomes] == [ReadFailed, Scene, ReadFailed]


def test_an_item_of_a_remote_catalogue_without_bands_is_tried_again(range_server: Any, tmp_path: Path) -> None:
    """Earth Search issue 36: what lacks its bands today may have them tomorrow, or another catalogue has them."""
    item = make_item()
    bare = {**item, "assets": {"preview": {"href": "./preview.jpg", "type": "image/jpeg"}}}
    outcome = read_copies(range_server(tmp_path), bare)
    assert isinstance(outcome, ReadFailed) and outcome.reason.code == ReasonCode.NO_BANDS


PARAMETERS = ["files={file}", "path=%2F&files={file}", "files={file}&v=1", "x=1&files={file}", "files={file}&sp=1"]


@pytest.mark.parametrize("query", PARAMETERS)
def test_files_told_apart_by_their_query_alone_are_never_taken_for_one_another(
    query_server: Any, tmp_path: Path, query: str
) -> None:
    """Two passes under one id, and one key: only the query tells their files apart; read twice, once from the cache."""
    server = query_server(tmp_path)
    settings = replace_settings(tmp_path)
    reader = Reader(settings, server.url, None, SENTINEL_2)
    items = []
    for day, value in ((1, 1000), (2, 3000)):
        item = make_item("one", datetime=f"2023-06-0{day}T10:17:00Z")
        for number, band in enumerate(BANDS):
            put = np.full(GRID.shape, value + number, np.uint16)
            write_raster(tmp_path / f"{day}" / f"{band}.tif", put, GRID.left, GRID.top)
        assets = {key: {"href": f"{server.url}/get?{query.format(file=f'{day}%2F{band}.tif')}"}
                  for band, key in BANDS.items()}  # fmt: skip
        items.append(parse_item({**item, "assets": assets}, server.url, SENTINEL_2))
    for _ in range(2):
        first, second = read_scenes(fold(items), GRID, LONLAT, reader)
        assert isinstance(first, Scene) and isinstance(second, Scene)
        assert [round(float(image.mean()) * 10_000) for image in first.data] == [1000, 1001, 1002, 1003]
        assert [round(float(image.mean()) * 10_000) for image in second.data] == [3000, 3001, 3002, 3003]


def replace_settings(folder: Path) -> Settings:
    return Settings(timeout_s=2.0, retries=1, cache=folder / "cache")


def asked(server: Server, action: Callable[[], Any]) -> set[str]:
    """Names of the files that the action asks the server for."""
    server.forget()
    action()
    return {Path(seen.path).name for seen in server.requests()}


ALL_FILES = {f"{band}.tif" for band in (*BANDS, "SCL")}


def test_a_window_is_fetched_once(archive: tuple[Server, Remote], tmp_path: Path) -> None:
    server, read_remote = archive
    assert asked(server, lambda: read_remote(make_item())) == ALL_FILES
    assert asked(server, lambda: read_remote(make_item())) == set()
    again = read_remote(make_item())
    local = read_one(tmp_path / "archive", make_item())
    assert isinstance(again, Scene)
    np.testing.assert_array_equal(again.data, local.data)


def test_a_replaced_file_is_fetched_again(archive: tuple[Server, Remote]) -> None:
    server, read_remote = archive
    read_remote(make_item(updated="2023-06-02T00:00:00Z"))
    assert asked(server, lambda: read_remote(make_item(updated="2023-06-03T00:00:00Z"))) == ALL_FILES


def test_damaged_chips_are_fetched_again(archive: tuple[Server, Remote], tmp_path: Path) -> None:
    server, read_remote = archive
    read_remote(make_item())
    chips = sorted((tmp_path / "cache").rglob("*.chip"))
    assert len(chips) == 5
    for chip in chips[:2]:
        chip.write_bytes(chip.read_bytes()[:-1])
    assert len(asked(server, lambda: read_remote(make_item()))) == 2


def test_emptiness_is_not_remembered(archive: tuple[Server, Remote], tmp_path: Path) -> None:
    server, read_remote = archive
    near_infrared = tmp_path / "archive" / make_item()["id"] / "B08.tif"
    whole = near_infrared.read_bytes()
    write_raster(near_infrared, np.zeros(GRID.shape, np.uint16), GRID.left, GRID.top)
    assert isinstance(read_remote(make_item()), ReadFailed)
    near_infrared.write_bytes(whole)
    assert asked(server, lambda: read_remote(make_item())) == {"B08.tif"}
    assert isinstance(read_remote(make_item()), Scene)


def test_a_passing_failure_comes_before_a_lasting_one(fault_server: Any, tmp_path: Path) -> None:
    item = write_pass(tmp_path, make_item())
    server = fault_server(tmp_path)
    for key, mode in {"blue": "", "red": "code:403", "green": "plain", "nir": "plain"}.items():
        name = Path(item["assets"][key]["href"]).name
        item["assets"][key]["href"] = f"{server.url}/{mode}/{item['id']}/{name}" if mode else f"ftp://host/{name}"
    (error,) = read(tmp_path, item, catalog=server.url, local_root=None)
    assert isinstance(error, ReadFailed) and "HTTP 403" in str(error)


REAL = DATA / "s2_120m"
REAL_GRID = Grid(32633, 574_860.0, 5_004_960.0, 96, 96, 120.0)
REAL_BOX = (15.95, 45.08, 16.1, 45.2)
COARSE = Expected(resolution_m=(100.0, 130.0), sidecars=True)
TRIAL = replace(SENTINEL_2, band_raster=COARSE, class_raster=replace(COARSE, nearest=True))


def real_passes(**changes: Any) -> Sequence[Scene | Unread]:
    catalog = FileCatalog(REAL / "items.json", SENTINEL_2)
    reader = replace(Reader(QUICK, catalog.name, catalog.local_root, SENTINEL_2), **changes)
    everywhere = catalog.search((15.0, 45.0, 16.5, 46.1), None, None).items
    return list(read_scenes(fold(everywhere), REAL_GRID, LONLAT, reader))


def test_real_jpeg_2000_files_named_tif_are_refused_by_name() -> None:
    outcomes = real_passes()
    assert len(outcomes) == 5
    assert all(isinstance(outcome, PassRefused) and "holds JPEG 2000" in str(outcome) for outcome in outcomes)


def test_real_passes_are_read_where_a_trial_asks_for_it() -> None:
    scenes = real_passes(sensor=TRIAL)
    assert [type(scene) for scene in scenes] == [Scene] * 5
    for scene in scenes:
        assert isinstance(scene, Scene) and scene.scl is not None and scene.offset == 0.0
        folder = REAL / "sentinel-2-l2a" / scene.item_ids[0]
        with rasterio.open(folder / "SCL.tif", driver="JP2OpenJPEG") as source:
            np.testing.assert_array_equal(scene.scl, source.read(1))
        with rasterio.open(folder / "B02.tif", driver="JP2OpenJPEG") as source:
            blue = source.read(1)
        np.testing.assert_allclose(scene.data[0][scene.valid], blue[scene.valid] / 10_000, atol=1e-6)
        assert not scene.valid[blue == 0].any()
        assert float(np.nanpercentile(scene.data, 0.1)) >= -0.03


def test_real_swath_edges_and_clouds_are_where_they_were() -> None:
    scenes = {scene.datetime.day: scene for scene in real_passes(sensor=TRIAL)
              if isinstance(scene, Scene)}  # fmt: skip
    seen = {day: float(scene.valid.mean()) for day, scene in scenes.items()}
    cloudy = {day: float(np.isin(scene.scl, (8, 9, 10)).mean()) for day, scene in scenes.items()}
    assert all(seen[day] > 0.99 for day in (10, 15, 20)) and all(0.6 < seen[day] < 0.8 for day in (13, 18))
    assert cloudy[10] > 0.5 and cloudy[15] < 0.05


def test_a_reader_that_is_left_early_asks_for_no_more(archive: tuple[Server, Remote], tmp_path: Path) -> None:
    server, _ = archive
    items = [
        {**make_item(datetime=f"2023-06-{day:02d}T10:17:00Z", updated=f"2023-06-{day:02d}"), "id": f"day-{day}"}
        for day in range(1, 31)
    ]
    settings = Settings(timeout_s=2.0, retries=1, in_flight=1, cache=tmp_path / "cache")
    acquisitions = fold(parse_item(item, server.url, SENTINEL_2) for item in items)
    scenes = read_scenes(acquisitions, GRID, LONLAT, Reader(settings, server.url, None, SENTINEL_2))
    assert isinstance(next(scenes), Scene)
    scenes.close()  # type: ignore[attr-defined]
    assert len(server.requests()) < 100


CLOUDS = {"cirrus": (10,), "clouds of both kinds and their shadows": (3, 8, 9)}


def write_classes(folder: Path, feature: dict[str, Any], codes: Sequence[int], share: float = 1.0) -> None:
    """The pass's classes: so much of them of these codes in turn, the rest vegetation."""
    shape = (GRID.height // 2, GRID.width // 2)
    count = shape[0] * shape[1]
    flat = np.full(count, 4, np.uint8)
    hidden = round(count * share)
    flat[:hidden] = np.resize(codes, hidden)
    write_raster(folder / feature["assets"]["scl"]["href"], flat.reshape(shape), GRID.left, GRID.top, resolution=20)


@pytest.mark.parametrize("case", CLOUDS)
def test_a_pass_that_its_classes_call_cloud_costs_no_bands(tmp_path: Path, case: str) -> None:
    feature = write_pass(tmp_path, make_item())
    write_classes(tmp_path, feature, CLOUDS[case], 0.99)
    for band in ("blue", "green", "red", "nir"):
        (tmp_path / feature["assets"][band]["href"]).write_bytes(b"never opened")
    scene = read_one(tmp_path, feature)
    assert scene.bands == () and scene.data.shape == (0, *GRID.shape)
    assert [note.band for note in scene.sources] == ["classes"]
    assert "its classes call 99.0% of the ground here cloud: its bands were not read" in sentences(scene)


@pytest.mark.parametrize(("codes", "share"), [((9,), 0.97), ((11,), 1.0), ((0, 9), 1.0), ((7,), 1.0)])
def test_a_pass_with_clear_ground_snow_or_an_edge_is_read(tmp_path: Path, codes: tuple[int, ...], share: float) -> None:
    feature = write_pass(tmp_path, make_item())
    write_classes(tmp_path, feature, codes, share)
    assert read_one(tmp_path, feature).bands == tuple(BANDS)
