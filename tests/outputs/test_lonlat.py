"""Longitudes across the antimeridian, and every file of an airfield that lies on it."""

import io
import json
import re
import zipfile
from pathlib import Path

import pyogrio
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely import from_wkb
from shapely.geometry import LineString, Polygon, box, shape
from shapely.geometry.base import BaseGeometry

from imagery_watch.outputs.gis.evidence import list_outlines
from imagery_watch.outputs.gis.export import files_for_other_tools
from imagery_watch.outputs.lonlat import join_boxes, run_on, split_shape, wrap_lon
from outputs.gis.dossiers import make_result_at_180

SHIFTS = [-0.004, 0.0, 0.004]
"""Of the hit, degrees east of 180: its square crosses the line in the middle only."""


@pytest.mark.parametrize(
    ("lon", "wrapped"),
    [(0.0, 0.0), (180.0, 180.0), (-180.0, -180.0), (180.5, -179.5), (-180.5, 179.5), (540.5, -179.5)],
)
def test_longitudes_are_within_180(lon: float, wrapped: float) -> None:
    assert wrap_lon(lon) == wrapped


@pytest.mark.parametrize(
    ("boxes", "joined"),
    [
        ([(11.0, 46.0, 12.0, 47.0), (10.5, 46.5, 11.5, 47.5)], (10.5, 46.0, 12.0, 47.5)),
        ([(179.0, 0.0, 181.0, 1.0)], (179.0, 0.0, -179.0, 1.0)),
        ([(179.0, 0.0, 181.0, 1.0), (-179.5, 0.0, -178.0, 2.0)], (179.0, 0.0, -178.0, 2.0)),
        ([(179.0, 0.0, -179.0, 1.0), (178.0, 0.0, 179.5, 1.0)], (178.0, 0.0, -179.0, 1.0)),
        ([(-179.5, 0.0, -179.0, 1.0), (179.0, 0.0, 179.5, 1.0)], (179.0, 0.0, -179.0, 1.0)),
        ([(179.0, 0.0, 180.0, 1.0)], (179.0, 0.0, 180.0, 1.0)),
        ([(180.0, 0.0, 181.0, 1.0)], (-180.0, 0.0, -179.0, 1.0)),
        ([(-181.0, 0.0, -180.0, 1.0)], (179.0, 0.0, 180.0, 1.0)),
        ([(180.0, 0.0, 180.0, 0.0)], (180.0, 0.0, 180.0, 0.0)),
    ],
)
def test_boxes_are_joined_however_they_are_written(boxes: list[tuple[float, ...]], joined: tuple[float, ...]) -> None:
    assert join_boxes(boxes) == joined


@given(st.integers(-180, 180), st.integers(-3, 3), st.integers(1, 3), st.integers(1, 3))
def test_parts_of_a_shape_have_its_area_and_lie_within_180(lon: int, turn: int, wide: int, high: int) -> None:
    west = lon + (turn > 0) * 0.5 - (turn < 0) * 0.5
    area, line = box(west, 0, west + wide, high), LineString([(west, 0), (west + wide, high)])
    for whole, size in ((area, "area"), (line, "length")):
        parts = split_shape(whole)
        assert -180 <= parts.bounds[0] <= parts.bounds[2] <= 180
        assert getattr(parts, size) == pytest.approx(getattr(whole, size))
    assert split_shape(box(1, 2, 3, 4)).equals_exact(box(1, 2, 3, 4), 0)


def test_points_run_on_from_the_first() -> None:
    assert run_on([(179.5, 1.0), (-179.5, 2.0), (-180.0, 3.0)]) == [(179.5, 1.0), (180.5, 2.0), (180.0, 3.0)]
    assert run_on([(-179.5, 1.0), (179.5, 2.0)]) == [(-179.5, 1.0), (-180.5, 2.0)]


@pytest.mark.parametrize("shift", SHIFTS)
def test_stac_has_boxes_that_cross_and_footprints_that_are_cut(shift: float) -> None:
    files = files_for_other_tools(make_result_at_180(shift), {}, {})
    [name] = [name for name in files if name.startswith("stac/items/")]
    item, collection = json.loads(files[name]), json.loads(files["stac/collection.json"])
    west, south, east, north = item["bbox"]
    assert (west > east) == (shift == 0.0) and (east - west) % 360 < 0.003 and south < -16.995 < north
    footprint = shape(item["geometry"])
    assert footprint.is_valid and footprint.geom_type == ("MultiPolygon" if shift == 0.0 else "Polygon")
    assert footprint.area == pytest.approx((east - west) % 360 * (north - south), rel=0.05)
    assert collection["extent"]["spatial"]["bbox"] == [[179.99, -17.0, -179.99, -16.99]]


@pytest.mark.parametrize("shift", SHIFTS)
def test_layers_and_outlines_lie_within_180_and_near_their_airfield(shift: float, tmp_path: Path) -> None:
    result = make_result_at_180(shift)
    files = files_for_other_tools(result, {}, {})
    (tmp_path / "hits.gpkg").write_bytes(files["hits.gpkg"])
    for layer, parts in (("aprons", 2), ("lines", 2), ("outlines", None), ("hits", None), ("stays", None)):
        shapes = [from_wkb(one) for one in pyogrio.raw.read(tmp_path / "hits.gpkg", layer=layer)[2]]
        assert shapes and all(is_near(one) for one in shapes)
        assert parts is None or len(shapes[0].geoms) == parts
    sizes = [one.shape.area for one in list_outlines(result)]
    usual = [one.shape.area for one in list_outlines(make_result_at_180(-0.008))]
    assert sizes == pytest.approx(usual, rel=0.01)


def test_google_earth_gets_no_longitude_beyond_180() -> None:
    files = files_for_other_tools(make_result_at_180(), {}, {})
    with zipfile.ZipFile(io.BytesIO(files["hits.kmz"])) as archive:
        page = archive.read("doc.kml").decode()
    lons = [float(pair.split(",")[0]) for text in re.findall(r"<coordinates>(.*?)</", page) for pair in text.split()]
    assert len(lons) > 20 and all(179.98 < abs(lon) <= 180 for lon in lons)


def is_near(one: BaseGeometry) -> bool:
    """Whether each part lies within 180 degrees, and no part spans the world."""
    boxes = [part.bounds for part in getattr(one, "geoms", [one])]
    return all(179.98 < abs(lon) <= 180 for west, _, east, _ in boxes for lon in (west, east)) and all(
        east - west < 1 for west, _, east, _ in boxes
    )


def test_a_hole_stays_a_hole_where_it_is_cut() -> None:
    ring = Polygon(box(179, 0, 181, 2).exterior, [box(179.5, 0.5, 180.5, 1.5).exterior])
    assert split_shape(ring).area == pytest.approx(3.0)
