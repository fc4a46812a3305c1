"""The story of `support.line` anywhere on Earth: Bolzano's ground moved there, in two tiles as catalogues have it."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from imagery_watch.model import Grid
from imagery_watch.sensors.sun import solar_position
from imagery_watch.simulate.archive import write_archive
from imagery_watch.simulate.ground import BANDS, bolzano
from imagery_watch.simulate.overpass import SimulatedPass, Weather, simulate
from imagery_watch.sources.airfields.grids import from_lonlat, lonlat_transformer
from support.line import LIPB, PLACE

FIRST = datetime(2024, 5, 22, tzinfo=UTC)
PASSES = 8
STANDS = range(4, 6)
MIDDLE = (11.3264, 46.4603)
"""Bolzano's reference point, longitude and latitude."""
WEST, EAST = slice(0, 172), slice(130, 302)
"""The columns of the two tiles; they overlap as tiles do."""


class Elsewhere(NamedTuple):
    """Where the story is told: the airfield's reference point, its UTM zone, the hour of the pass, its two tiles."""

    icao: str
    lat: float
    lon: float
    epsg: int
    hour_utc: float
    tiles: tuple[str, str]
    other_epsg: int = 0
    """Of the eastern tile, where that is of the neighbouring zone."""

    @property
    def grid(self) -> Grid:
        """Bolzano's Grid, moved by whole pixels so that the reference points fall together."""
        ground = bolzano().grid
        x, y = from_lonlat(ground, *MIDDLE)
        there = from_lonlat(Grid(self.epsg, 0, 0, 1, 1), self.lon, self.lat)
        left, top = (round(at / 10) * 10.0 for at in (there[0] + ground.left - x, there[1] + ground.top - y))
        return replace(ground, epsg=self.epsg, left=left, top=top)

    @property
    def stand(self) -> tuple[float, float]:
        """Longitude and latitude of where the aircraft stands."""
        x, y = self.grid.left + 10 * PLACE.col, self.grid.top - 10 * PLACE.row
        lon, lat = lonlat_transformer(self.epsg).transform(x, y, direction="INVERSE")
        return float(lon), float(lat)


def make_passes(place: Elsewhere) -> list[SimulatedPass]:
    """Eight clear passes five days apart; an aircraft stands in the fifth and sixth."""
    ground = bolzano()
    days = [FIRST + timedelta(days=5 * number, hours=place.hour_utc) for number in range(PASSES)]
    return [
        simulate(
            ground.reflectance,
            ground.scl,
            BANDS,
            [PLACE] if number in STANDS else [],
            Weather(gain=1 + 0.01 * (number % 3), temporal_noise=0.004),
            when=when,
            platform="sentinel-2a",
            relative_orbit=65,
            sun=(sun.azimuth, sun.elevation),
            seed=number,
        )
        for number, when in enumerate(days)
        for sun in [solar_position(place.lon, place.lat, when)]
    ]


def write_tiles(place: Elsewhere, folder: Path) -> list[dict[str, Any]]:
    """The items of all passes, two tiles each, their files below `folder` and named relative to it."""
    passes, grid, features = make_passes(place), place.grid, []
    for tile, columns in zip(place.tiles, (WEST, EAST), strict=True):
        part = replace(grid, left=grid.left + 10 * columns.start, width=columns.stop - columns.start)
        cut = [replace(one, reflectance=one.reflectance[..., columns], scl=one.scl[..., columns]) for one in passes]
        if tile == place.tiles[1] and place.other_epsg:
            part, cut = warp(cut, part, place.other_epsg)
        archive = write_archive(cut, BANDS, part, folder / tile, tile=tile)
        for feature in json.loads(archive.read_text())["features"]:
            for asset in feature["assets"].values():
                asset["href"] = asset["href"].replace("./", f"./{tile}/")
            features.append(feature)
    return features


def warp(passes: Sequence[SimulatedPass], grid: Grid, epsg: int) -> tuple[Grid, list[SimulatedPass]]:
    """The passes on a Grid of another zone, which holds what lies wholly inside of theirs."""
    corners = [(grid.left, grid.top), (grid.bounds[2], grid.top), (grid.left, grid.bounds[1]), grid.bounds[2:0:-1]]
    there = np.array([from_lonlat(replace(grid, epsg=epsg), *to_lonlat(grid, *corner)) for corner in corners])
    (left, right), (bottom, top) = np.sort(there[:, 0])[1:3], np.sort(there[:, 1])[1:3]
    left, top = np.ceil(left / 20) * 20, np.floor(top / 20) * 20
    made = Grid(epsg, left, top, int((right - left) // 20) * 2, int((top - bottom) // 20) * 2)
    return made, [
        replace(one, reflectance=resample(one.reflectance, grid, made, "cubic"),
                scl=resample(one.scl[None], grid, made, "nearest")[0])
        for one in passes
    ]  # fmt: skip


def to_lonlat(grid: Grid, x: float, y: float) -> tuple[float, float]:
    lon, lat = lonlat_transformer(grid.epsg).transform(x, y, direction="INVERSE")
    return float(lon), float(lat)


def resample(images: NDArray[Any], source: Grid, target: Grid, how: str) -> NDArray[Any]:
    from rasterio.warp import Resampling, reproject

    made = np.zeros((len(images), target.height, target.width), images.dtype)
    for image, into in zip(images, made, strict=True):
        reproject(image, into, src_transform=source.transform, src_crs=source.crs, dst_transform=target.transform,
                  dst_crs=target.crs, resampling=Resampling[how])  # fmt: skip
    return made


def map_aprons(place: Elsewhere) -> dict[str, Any]:
    """Bolzano's aprons where the story is told, as Overpass answers."""
    ground, elements = bolzano().grid, []
    for number, feature in enumerate(json.loads(LIPB.read_text())["features"]):
        ring = []
        for lon, lat in feature["geometry"]["coordinates"][0]:
            x, y = from_lonlat(ground, lon, lat)
            there = to_lonlat(place.grid, x - ground.left + place.grid.left, y - ground.top + place.grid.top)
            ring.append({"lat": there[1], "lon": there[0]})
        tags = {"aeroway": "apron", "name": feature["properties"]["name"]}
        elements.append({"type": "way", "id": number + 1, "tags": tags, "geometry": ring})
    field = {"aeroway": "aerodrome", "icao": place.icao}
    centre = {"lat": place.lat, "lon": place.lon}
    elements.append({"type": "node", "id": 99, "tags": field, **centre})
    return {"version": 0.6, "osm3s": {"timestamp_osm_base": "2024-06-01T00:00:00Z"}, "elements": elements}
