"""Evidence whose shapes and pixels lie around the hits that they belong to: a cross of an aircraft and its shadow."""

from dataclasses import replace
from typing import Any

import numpy as np
from shapely.geometry import LineString, box

from imagery_watch.model import Apron, Dossier, Georeference, Grid, RunResult, Stay
from imagery_watch.model.dossier import Ring
from imagery_watch.model.georeference import lonlat_transformer
from imagery_watch.outputs.lonlat import wrap_lon
from outputs import dossiers
from outputs.builders import make_airfield, make_hit, make_result, make_stay

HALF = 10
TOP, LEFT = 180, 270
"""Of the first square on the Grid: its middle is the pixel in which the first hit lies."""


def cross_of(row: float, col: float, reach: float = 2.4, width: float = 0.6) -> Ring:
    """A fuselage and wings, as one ring."""
    near = ((-1, -width), (-1, width), (-width, width), (-width, 1), (width, 1), (width, width))
    far = ((1, width), (1, -width), (width, -width), (width, -1), (-width, -1), (-width, -width))
    arms = [(r * (reach if abs(r) == 1 else 1), c * (reach if abs(c) == 1 else 1)) for r, c in near + far]
    return tuple((row + r, col + c) for r, c in arms)


def place_dossier(stay: Stay, georeference: Georeference) -> Dossier:
    """The evidence for a stay in the middle of its square."""
    significance = np.random.default_rng(7).normal(0, 1, (2 * HALF + 1, 2 * HALF + 1)).astype(np.float32)
    significance[HALF - 2 : HALF + 3, HALF] = 9.5
    significance[0, 0] = np.nan
    view = dossiers.make_view(
        pass_id=stay.first_pass,
        datetime=stay.seen_from,
        significance=significance,
        outline=(cross_of(HALF, HALF),),
        shadow=(cross_of(HALF - 1.5, HALF - 1.0),),
    )
    return dossiers.make_dossier(stay.id, georeference=georeference, row=HALF, col=HALF, view=view)


def make_result_at_180(shift: float = 0.0) -> RunResult:
    """As `make_told_result`, on aprons from 179.99 to 180.01 degrees; the hit lies `shift` degrees east of 180."""
    x, y = lonlat_transformer(32701).transform(wrap_lon(180.0 + shift), -16.995)
    left, top = x - 10 * (LEFT + HALF + 0.5), y + 10 * (TOP + HALF + 0.5)
    runway = LineString([(179.985, -16.999), (180.015, -16.999)])
    aprons = (Apron("A", box(179.99, -17.0, 180.01, -16.99)),)
    airfield = make_airfield(aprons=aprons, runways=(runway,))
    return make_told_result(1, grid=Grid(32701, left, top, 600, 300), airfield=airfield)


def make_told_result(hits: int = 1, **changes: Any) -> RunResult:
    """As `make_result`, each hit an arrival whose stay has its evidence, the place of its pixels known."""
    base = make_result(hits, **changes)
    grid, places = base.grid, [(TOP + HALF + 2.0 * number, LEFT + HALF) for number in range(hits)]
    told, stays, evidence = [], [], []
    for number, (row, col) in enumerate(places, start=1):
        place = Georeference(grid).locate(row, col)
        told.append(replace(make_hit(number), lon=place.lon, lat=place.lat, x=place.x, y=place.y))
        stays.append(replace(make_stay(number), lon=place.lon, lat=place.lat))
        evidence.append(place_dossier(stays[-1], Georeference(grid, round(row) - HALF, LEFT)))
    return replace(base, hits=tuple(told), stays=tuple(stays), dossiers=tuple(evidence))
