"""Airfields that do not ship, from their name to hits, by the README alone, over a real STAC API and HTTP ranges.

The commands are those of the README's part on other airfields. The imagery is simulated on Bolzano's real ground, moved
there: beyond the polar circle with tiles of two zones, at the antimeridian, and in the south. Nothing else is told.
"""

import json
import re
from collections.abc import Callable
from math import cos, hypot, radians
from pathlib import Path
from typing import Any

import pytest
from shapely.geometry import shape
from support.elsewhere import Elsewhere, map_aprons, write_tiles
from support.line import served, start
from support.servers import Server

ROOT = Path(__file__).parent.parent
STORY = (ROOT / "README.md").read_text(encoding="utf-8").split("<!-- another airfield -->")[1].split("<!-- /another")[0]
MAPPED, DRAFTED = (
    re.findall(r"^\$ imagery-watch (.+)$", block, re.MULTILINE) for block in STORY.split("```console")[1:]
)
METRES_PER_DEGREE = 111_320
TROMSO = Elsewhere("ENTC", 69.6833, 18.9189, 32634, 10.8, ("34WDC", "33WXS"), other_epsg=32633)
MOALA = Elsewhere("NFMO", -18.5667, 179.951, 32760, 22.4, ("60KXF", "60KYF"))
CAPE_TOWN = Elsewhere("FACT", -33.9648, 18.6017, 32734, 8.6, ("34HBH", "34HCH"))
BRACKETS = {"arrival": ("2024-06-06", "2024-06-11"), "departure": ("2024-06-16", "2024-06-21")}


def across_the_line(features: list[dict[str, Any]], west: float, east: float) -> None:
    """Footprints as of tiles that lie across the antimeridian: cut in two, the box from west to east."""
    for feature in features:
        south, north = feature["bbox"][1] - 0.5, feature["bbox"][3] + 0.5
        parts = [[west, 180.0], [-180.0, east]]
        feature["geometry"] = {
            "type": "MultiPolygon",
            "coordinates": [[[[a, south], [b, south], [b, north], [a, north], [a, south]]] for a, b in parts],
        }
        feature["bbox"] = [west, south, east, north]


@pytest.mark.parametrize(
    ("place", "commands", "named"),
    [
        (TROMSO, MAPPED, "tromso"),
        (MOALA, DRAFTED, "moala"),
        (CAPE_TOWN, [line.replace("moala", "CPT").replace("NFMO", "FACT") for line in DRAFTED], "CPT"),
    ],
    ids=["mapped, at 70 N, tiles of two zones", "drafted, at the antimeridian", "drafted, in the south, two tiles"],
)
@pytest.mark.timeout(400)
def test_from_a_name_to_hits_by_the_readme_alone(
    place: Elsewhere,
    commands: list[str],
    named: str,
    tmp_path: Path,
    range_server: Callable[[Path], Server],
    script_server: Callable[[dict[str, Any]], Server],
    stac_server: Callable[[list[dict[str, Any]]], str],
) -> None:
    features = served(write_tiles(place, tmp_path / "imagery"), range_server(tmp_path / "imagery").url)
    if place is MOALA:
        across_the_line(features, 179.0, -179.5)
    servers = {
        "IMAGERY_WATCH_EARTH_SEARCH": stac_server(features),
        "IMAGERY_WATCH_OVERPASS": f"{script_server({'/api': [{'body': map_aprons(place)}]}).url}/api",
    }
    assert len(commands) == 3
    for command in commands:
        done = start(*command.split(), cwd=tmp_path, **servers)
        assert done.returncode == 0, (command, done.stdout, done.stderr)
    hits = json.loads((tmp_path / named / "hits.geojson").read_text())["features"]
    told = {hit["properties"]["kind"]: hit["properties"] for hit in hits}
    assert len(hits) == 2, [hit["properties"]["summary"] for hit in hits]
    assert {kind: (hit["before"][:10], hit["after"][:10]) for kind, hit in told.items()} == BRACKETS
    for hit in hits:
        lon, lat = shape(hit["geometry"]).centroid.coords[0]
        north, east = lat - place.stand[1], (lon - place.stand[0]) * cos(radians(lat))
        assert hypot(north, east) * METRES_PER_DEGREE < 30
