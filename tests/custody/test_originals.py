"""Crops are read as what they were cut from was: whatever the zone, the edges, the type and the gaps of the file."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from support.rasters import GRID, make_item, pattern, write_collection, write_pass, write_raster
from support.servers import Server

from custody.conftest import quick
from imagery_watch.custody.originals import ITEMS, check_items, fetch_windows, plan_windows, write_items
from imagery_watch.errors import CatalogUnavailable, UsageError
from imagery_watch.model import Acquisition, Scene, SourceNote
from imagery_watch.sensors.registry import find_sensor
from imagery_watch.settings import Settings
from imagery_watch.sources.catalogs.acquisitions import fold
from imagery_watch.sources.catalogs.stac_files import FileCatalog
from imagery_watch.sources.pixels.reader import Reader
from imagery_watch.sources.pixels.scenes import read_scenes

WORLD = (-180.0, -90.0, 180.0, 90.0)
PLACE = (11.35, 46.45)

Features = list[dict[str, Any]]


def read(path: Path, settings: Settings | None = None) -> tuple[FileCatalog, tuple[Acquisition, ...], list[Scene]]:
    """The passes of a catalogue, each of which can be read."""
    catalog = FileCatalog(path, find_sensor())
    passes = fold(catalog.search(WORLD, None, None).items)
    reader = Reader(settings or quick(), catalog.name, catalog.local_root, catalog.sensor)
    scenes = [one for one in read_scenes(passes, GRID, PLACE, reader) if isinstance(one, Scene)]
    assert len(scenes) == len(passes)
    return catalog, passes, scenes


def pack(
    path: Path, folder: Path, settings: Settings | None = None, sources: tuple[SourceNote, ...] | None = None
) -> Path:
    """The items of a catalogue, with crops of all windows that its passes are made of, below a folder."""
    catalog, passes, scenes = read(path, settings)
    notes = defaultdict[str, list[SourceNote]](list)
    for note in sources if sources is not None else [note for scene in scenes for note in scene.sources]:
        notes[note.pass_id].append(note)
    planned = plan_windows(passes, notes)
    reader = Reader(settings or quick(), catalog.name, catalog.local_root, catalog.sensor)
    windows = [window for each in planned.values() for window in each]
    fetch_windows(windows, reader, GRID, folder, lambda: None)
    write_items(planned, passes, catalog.search(WORLD, None, None).items, folder)
    check_items(fold(FileCatalog(folder / ITEMS, catalog.sensor).search(WORLD, None, None).items), planned, passes)
    return folder / ITEMS


def assert_alike(one: list[Scene], other: list[Scene]) -> None:
    words = ("acquisition_id", "datetime", "relative_orbit", "item_ids", "bands", "sun")
    for first, second in zip(one, other, strict=True):
        assert [getattr(first, name) for name in words] == [getattr(second, name) for name in words]
        np.testing.assert_array_equal(first.data, second.data)
        np.testing.assert_array_equal(first.scl, second.scl)
        assert [note.sha256 for note in first.sources] == [note.sha256 for note in second.sources]


def aligned(folder: Path) -> Features:
    """Twice as large as the Grid, all around it."""
    item = make_item("aligned")
    for number, band in enumerate(("B02", "B03", "B04", "B08")):
        write_raster(folder / f"aligned/{band}.tif", pattern(96, 128, number), GRID.left - 200, GRID.top + 300)
    write_raster(
        folder / "aligned/SCL.tif", np.full((48, 64), 4, np.uint8), GRID.left - 200, GRID.top + 300, resolution=20
    )
    return [item]


def shifted(folder: Path, *, name: str, left: float, top: float, epsg: int = 32632, dtype: str = "uint16") -> Features:
    """Somewhere else than the Grid, in whichever zone."""
    item = make_item(name, **{"proj:epsg": epsg})
    for number, band in enumerate(("B02", "B03", "B04", "B08")):
        counts = pattern(120, 120, number).astype(dtype)
        counts[40:43, 30:60] = 0
        write_raster(folder / f"{name}/{band}.tif", counts, left, top, epsg=epsg, nodata=0)
    classes = np.random.default_rng(1).integers(2, 8, (60, 60)).astype(np.uint8)
    write_raster(folder / f"{name}/SCL.tif", classes, left, top, resolution=20, epsg=epsg)
    return [item]


def at_the_edge(folder: Path) -> Features:
    return shifted(folder, name="edge", left=GRID.left + 300, top=GRID.top - 140)


def off_the_pixels(folder: Path) -> Features:
    return shifted(folder, name="off", left=GRID.left - 196.5, top=GRID.top + 203.25)


def other_zone(folder: Path) -> Features:
    from pyproj import Transformer

    left, top = Transformer.from_crs(32632, 32633, always_xy=True).transform(GRID.left, GRID.top)
    return shifted(folder, name="zone", left=round(left, -1) - 300, top=round(top, -1) + 300, epsg=32633)


def signed(folder: Path) -> Features:
    return shifted(folder, name="signed", left=GRID.left - 100, top=GRID.top + 100, dtype="int16")


def two_halves(folder: Path) -> Features:
    """The second item has what the first lacks, and only some bands of it are needed."""
    counts = {band: pattern(*GRID.shape, seed=7) for band in ("B02", "B03", "B04", "B08")}
    for band in ("B02", "B03"):
        counts[band][:, 20:] = 0
    first = write_pass(folder, make_item("half-1", **{"s2:sequence": "1"}), counts=counts)
    return [first, write_pass(folder, make_item("half-2"))]


def another_nothing(folder: Path) -> Features:
    """Its item says that 1234 is nothing, and a mask lies beside one of its files."""
    counts = pattern(*GRID.shape)
    counts[5:9, 7:30] = 1234
    item = write_pass(folder, make_item("nothing"), counts={"B02": counts})
    item["assets"]["blue"]["nodata"] = 1234
    with rasterio.open(folder / "nothing" / "B03.tif") as source:
        profile = {**source.profile, "driver": "GTiff", "dtype": "uint8", "nodata": None}
    mask = np.full(GRID.shape, 255, np.uint8)
    mask[2:20, 3:9] = 0
    with rasterio.open(folder / "nothing" / "B03.tif.msk", "w", **profile) as target:
        target.write(mask, 1)
    return [item]


def beside(folder: Path) -> Features:
    """One tile over the Grid, and another that is listed, and does not reach it."""
    over = write_pass(folder, make_item("over", **{"grid:code": "MGRS-32TPT"}))
    off = shifted(folder, name="away", left=GRID.left + 50_000, top=GRID.top)[0]
    off["properties"]["grid:code"] = "MGRS-32TPR"  # sorts before the other, so it is asked first
    return [over, off]


KINDS = [aligned, at_the_edge, off_the_pixels, other_zone, signed, two_halves, another_nothing, beside]


@pytest.mark.parametrize("make", KINDS)
def test_a_pack_is_read_as_the_files_were(make: Callable[[Path], Features], tmp_path: Path) -> None:
    path = write_collection(tmp_path / "items.json", *make(tmp_path))
    _, _, scenes = read(path)
    packed = pack(path, tmp_path / "pack")
    assert_alike(scenes, read(packed)[2])
    assert any(np.isfinite(scene.data).any() for scene in scenes)


def test_crops_have_the_files_own_pixels_and_are_no_larger_than_they_need_be(tmp_path: Path) -> None:
    path = write_collection(tmp_path / "items.json", *other_zone(tmp_path))
    pack(path, tmp_path / "pack")
    with rasterio.open(tmp_path / "pack/zone/B04.tif") as crop, rasterio.open(tmp_path / "zone/B04.tif") as whole:
        assert crop.crs == whole.crs and crop.dtypes == whole.dtypes and crop.res == whole.res
        col, row = ~whole.transform * (crop.transform.c, crop.transform.f)
        row, col = round(row), round(col)
        same = whole.read(1)[row : row + crop.height, col : col + crop.width]
        np.testing.assert_array_equal(crop.read(1), same)
        assert crop.height < whole.height
    with rasterio.open(tmp_path / "pack/zone/classes.tif") as crop:
        assert crop.dtypes == ("uint8",) and crop.res == (20, 20)


def test_the_sums_of_pixels_can_be_had_the_slow_way(tmp_path: Path) -> None:
    path = write_collection(tmp_path / "items.json", *aligned(tmp_path))
    [scene] = read(path)[2]
    by_band = {note.band: note for note in scene.sources}
    assert sorted(by_band) == ["B02", "B03", "B04", "B08", "classes"]
    counts = pattern(96, 128, 2)[30 : 30 + GRID.height, 20 : 20 + GRID.width]
    assert by_band["B04"].sha256 == hashlib.sha256(counts.astype("<u2").tobytes()).hexdigest()
    assert by_band["B04"].href == "aligned/B04.tif" and by_band["B04"].etag == ""
    assert by_band["B04"].size == (tmp_path / "aligned/B04.tif").stat().st_size


def test_items_keep_their_words_and_say_where_crops_were_cut(tmp_path: Path) -> None:
    path = write_collection(tmp_path / "items.json", *aligned(tmp_path))
    [packed] = json.loads(pack(path, tmp_path / "pack").read_text())["features"]
    [source] = json.loads(path.read_text())["features"]
    assert packed["properties"] == source["properties"] and packed["collection"] == source["collection"]
    red, crop = packed["assets"]["red"], tmp_path / "pack/aligned/B04.tif"
    assert red["href"] == "./aligned/B04.tif"
    assert red["imagery_watch:source"]["href"] == "aligned/B04.tif"
    assert red["file:checksum"] == f"1220{hashlib.sha256(crop.read_bytes()).hexdigest()}"
    with rasterio.open(crop) as raster:
        assert red["proj:shape"] == [*raster.shape] == [*GRID.shape]


def test_a_superseded_version_keeps_the_pass_what_it_was(tmp_path: Path) -> None:
    """Only the older version tells the orbit, and the time at which the datatake began."""
    uri = "S2A_MSIL2A_20230601T101601_N0400_R065_T32TPS_20230601T160000.SAFE"
    old = write_pass(tmp_path, make_item("old", **{"s2:processing_baseline": "04.00", "s2:product_uri": uri}))
    new = write_pass(tmp_path, make_item("new"), counts={"B04": pattern(*GRID.shape, seed=99)})
    path = write_collection(tmp_path / "items.json", old, new)
    _, [before], scenes = read(path)
    assert (before.relative_orbit, before.superseded) == (65, ("old",))
    packed = pack(path, tmp_path / "pack")
    _, [after], again = read(packed)
    assert (after.id, after.relative_orbit, after.superseded) == (before.id, 65, ("old",))
    assert_alike(scenes, again)
    assert not (tmp_path / "pack" / "old").exists()


def test_items_that_share_an_id_have_folders_of_their_own(tmp_path: Path) -> None:
    one = write_pass(tmp_path / "1", make_item("same"))
    two = write_pass(tmp_path / "2", make_item("same", datetime="2023-06-11T10:17:00Z"), counts={
        "B02": pattern(*GRID.shape, seed=50)})  # fmt: skip
    for number, item in enumerate((one, two), start=1):
        for asset in item["assets"].values():
            asset["href"] = asset["href"].replace("./", f"./{number}/", 1)
    path = write_collection(tmp_path / "items.json", one, two)
    scenes = read(path)[2]
    packed = pack(path, tmp_path / "pack")
    assert {one.name for one in packed.parent.iterdir()} == {ITEMS, "same", "same-2"}
    assert_alike(scenes, read(packed)[2])


@pytest.fixture
def served(tmp_path: Path, range_server: Callable[[Path], Server]) -> Path:
    """A catalogue of one pass whose files are behind a server that gives ETags."""
    item = write_pass(tmp_path / "files", make_item("far"))
    server = range_server(tmp_path / "files")
    for asset in item["assets"].values():
        asset["href"] = asset["href"].replace("./", f"{server.url}/", 1) + "?key=secret"
    return write_collection(tmp_path / "items.json", item)


def test_what_a_store_says_of_its_files_is_kept_with_the_window(served: Path, tmp_path: Path) -> None:
    settings = quick().model_copy(update={"cache": tmp_path / "cache"})
    first, again = (read(served, settings)[2][0].sources for _ in range(2))
    assert first == again  # the second time from the chip cache
    for note in first:
        name = f"{note.band if note.band != 'classes' else 'SCL'}.tif"
        assert note.href.endswith(f"/far/{name}") and "secret" not in note.href
        assert note.etag.strip('"') and note.size == (tmp_path / "files/far" / name).stat().st_size


def test_files_elsewhere_are_packed_and_read_offline(served: Path, tmp_path: Path) -> None:
    settings = quick().model_copy(update={"cache": tmp_path / "cache"})
    scenes = read(served, settings)[2]
    packed = pack(served, tmp_path / "pack", settings)
    assert "127.0.0.1" not in json.dumps([asset["href"] for one in json.loads(packed.read_text())["features"]
                                          for asset in one["assets"].values()])  # fmt: skip
    assert "secret" not in packed.read_text()
    assert_alike(scenes, read(packed)[2])


def test_pixels_that_are_no_longer_the_runs_are_refused_by_name(tmp_path: Path) -> None:
    path = write_collection(tmp_path / "items.json", *aligned(tmp_path))
    [scene] = read(path)[2]
    write_raster(tmp_path / "aligned/B04.tif", pattern(96, 128, 42), GRID.left - 200, GRID.top + 300)
    with pytest.raises(UsageError, match="item aligned, B04: its pixels are no longer those that the run read"):
        pack(path, tmp_path / "pack", sources=scene.sources)


def test_a_file_that_is_gone_is_told_by_name_and_whether_to_try_again(served: Path, tmp_path: Path) -> None:
    local = write_collection(tmp_path / "local.json", *aligned(tmp_path))
    catalog, passes, [scene] = read(local)
    planned = plan_windows(passes, {passes[0].id: scene.sources})
    (tmp_path / "aligned/B03.tif").unlink()
    reader = Reader(quick(), catalog.name, catalog.local_root, catalog.sensor)
    with pytest.raises(UsageError, match=r"item aligned, B03: .*not there"):
        fetch_windows(planned[passes[0].id], reader, GRID, tmp_path / "pack", lambda: None)
    settings = quick().model_copy(update={"cache": tmp_path / "cache"})
    catalog, passes, [scene] = read(served, settings)
    planned = plan_windows(passes, {passes[0].id: scene.sources})
    (tmp_path / "files/far/B03.tif").unlink()
    reader = Reader(settings, catalog.name, catalog.local_root, catalog.sensor)
    with pytest.raises(CatalogUnavailable, match=r"item far, B03: .*try again later"):
        fetch_windows(planned[passes[0].id], reader, GRID, tmp_path / "pack", lambda: None)


@pytest.mark.parametrize("change", [{"item": "other"}, {"pass_id": "other"}, {"band": "B12"}])
def test_what_the_catalogue_has_no_longer_is_told(tmp_path: Path, change: dict[str, str]) -> None:
    path = write_collection(tmp_path / "items.json", *aligned(tmp_path))
    _, passes, [scene] = read(path)
    note = replace(scene.sources[0], **change)
    with pytest.raises(UsageError, match="run it again"):
        plan_windows(passes, {note.pass_id: [note]})
