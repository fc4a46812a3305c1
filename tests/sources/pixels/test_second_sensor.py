"""A sensor that is not Sentinel-2 goes through the same sources: floats, decibels, its own names and rules."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from support.rasters import GRID, make_item, write_collection, write_raster

from imagery_watch.errors import PassRefused
from imagery_watch.model import BandAsset, DetectorModel, Expected, ItemFacts, Pixels, Quantity, Scene
from imagery_watch.sensors.protocol import Sensor
from imagery_watch.sensors.sentinel2.sensor import SENTINEL_2
from imagery_watch.settings import Settings
from imagery_watch.sources.catalogs.acquisitions import fold
from imagery_watch.sources.catalogs.stac_files import FileCatalog
from imagery_watch.sources.pixels.scenes import Reader, Unread, read_scenes

EVERYWHERE = (11.0, 46.0, 12.0, 47.0)
C_BAND_NM = 55_465_763


@dataclass(frozen=True)
class Radar:
    """Backscatter as float32 power in `vv` and `vh`, NaN where it was not seen."""

    name: str = "a-radar"
    collection: str = "a-radar-rtc"
    quantity: Quantity = "decibel"
    band_raster: Expected = Expected(resolution_m=(9.9, 10.1), dtype="float32")  # noqa: RUF009
    class_raster: Expected = Expected(resolution_m=(9.9, 10.1), nearest=True)  # noqa: RUF009
    repeat_cycle: timedelta = timedelta(days=12)
    detector: DetectorModel = replace(  # noqa: RUF009
        SENTINEL_2.detector, quantity="decibel", wavelengths_nm={"VV": C_BAND_NM, "VH": C_BAND_NM}
    )

    @property
    def bands(self) -> Mapping[str, int]:
        return self.detector.wavelengths_nm

    def facts_of(
        self, item_id: str, when: datetime, properties: Mapping[str, Any], assets: Mapping[str, Mapping[str, Any]]
    ) -> ItemFacts:
        return ItemFacts(
            sensor=self.name,
            platform=str(properties["platform"]),
            datetime=when,
            sensing_start=None,
            relative_orbit=properties.get("sat:relative_orbit"),
            tile=item_id,
            processing_baseline="00.00",
            rank=(0, ""),
            version=(item_id,),
            epsg=properties.get("proj:epsg"),
            sun=None,
            bands={band: BandAsset(band.lower()) for band in self.bands if band.lower() in assets},
            classes=None,
            stamp="",
            decisive={},
        )

    def to_physical(self, pixels: Pixels, asset: BandAsset) -> NDArray[np.float32]:
        return (10 * np.log10(pixels)).astype(np.float32)

    def implausible(self, pixels: Pixels) -> str:
        return "power below zero" if (pixels < 0).any() else ""


RADAR = Radar()
_: Sensor = RADAR


def power(seed: int) -> NDArray[np.float32]:
    image = np.random.default_rng(seed).uniform(0.001, 1.0, GRID.shape).astype(np.float32)
    image[:5, :7] = np.nan
    return image


def radar_item(folder: Path, **images: NDArray[np.float32]) -> dict[str, Any]:
    """A pass of the radar below the folder."""
    given = {"vv": power(1), "vh": power(2)} | images
    for key, image in given.items():
        write_raster(folder / f"{key}.tif", image, GRID.left, GRID.top, predictor=1, nodata=float("nan"))
    item = make_item("one", platform="a-radar-1", **{"sat:relative_orbit": 168})
    return {**item, "assets": {key: {"href": f"./{key}.tif"} for key in given}}


def read(folder: Path, feature: dict[str, Any]) -> Scene | Unread:
    catalog = FileCatalog(write_collection(folder / "items.json", feature), RADAR)
    acquisitions = fold(catalog.search(EVERYWHERE, None, None).items)
    assert [one.sensor for one in acquisitions] == ["a-radar"]
    (scene,) = read_scenes(acquisitions, GRID, (11.3, 46.5), Reader(Settings(), catalog.name, folder, RADAR))
    return scene


def test_backscatter_becomes_a_scene_in_decibels(tmp_path: Path) -> None:
    scene = read(tmp_path, radar_item(tmp_path))
    assert isinstance(scene, Scene)
    assert (scene.sensor, scene.quantity, scene.bands) == ("a-radar", "decibel", ("VV", "VH"))
    assert (scene.platform, scene.relative_orbit, scene.scl) == ("a-radar-1", 168, None)
    assert not scene.valid[:5, :7].any() and scene.valid[5:, 7:].all()
    np.testing.assert_allclose(scene.data[1], 10 * np.log10(power(2)), rtol=1e-6)


def test_a_radars_own_rule_refuses_a_pass(tmp_path: Path) -> None:
    outcome = read(tmp_path, radar_item(tmp_path, vh=-power(2)))
    assert isinstance(outcome, PassRefused) and "VH of one: power below zero" in str(outcome)


def test_counts_are_refused_where_floats_are_expected(tmp_path: Path) -> None:
    item = radar_item(tmp_path)
    write_raster(tmp_path / "vv.tif", np.full(GRID.shape, 7, np.uint16), GRID.left, GRID.top)
    outcome = read(tmp_path, item)
    assert isinstance(outcome, PassRefused) and "where one of float32 is expected" in str(outcome)


def test_floats_survive_the_chip_cache(range_server: Any, tmp_path: Path) -> None:
    item = radar_item(tmp_path / "archive")
    server = range_server(tmp_path / "archive")
    for asset in item["assets"].values():
        asset["href"] = f"{server.url}/{Path(asset['href']).name}"
    catalog = FileCatalog(write_collection(tmp_path / "items.json", item), RADAR)
    reader = Reader(Settings(cache=tmp_path / "cache"), server.url, None, RADAR)
    acquisitions = fold(catalog.search(EVERYWHERE, None, None).items)
    (fetched,) = read_scenes(acquisitions, GRID, (11.3, 46.5), reader)
    server.forget()
    (kept,) = read_scenes(acquisitions, GRID, (11.3, 46.5), reader)
    assert isinstance(fetched, Scene) and isinstance(kept, Scene) and server.requests() == []
    np.testing.assert_array_equal(kept.data, fetched.data)


def test_emptiness_among_floats_is_not_remembered(range_server: Any, tmp_path: Path) -> None:
    item = radar_item(tmp_path / "archive", vv=np.full(GRID.shape, np.nan, np.float32))
    server = range_server(tmp_path / "archive")
    for asset in item["assets"].values():
        asset["href"] = f"{server.url}/{Path(asset['href']).name}"
    catalog = FileCatalog(write_collection(tmp_path / "items.json", item), RADAR)
    reader = Reader(Settings(cache=tmp_path / "cache"), server.url, None, RADAR)
    list(read_scenes(fold(catalog.search(EVERYWHERE, None, None).items), GRID, (11.3, 46.5), reader))
    assert len(list((tmp_path / "cache").rglob("*.chip"))) == 1
