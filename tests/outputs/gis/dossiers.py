"""Evidence that was made up: a cross of an aircraft and its shadow around the middle of a square."""

from dataclasses import replace

import numpy as np

from imagery_watch.model import DetectorView, Dossier, Georeference, RunResult, Stay
from imagery_watch.model.dossier import Ring
from outputs.builders import BANDS, make_hit, make_result, make_stay

HALF = 24
TOP, LEFT = 166, 256
"""Of the square on the Grid of `builders.make_result`: its middle is the pixel in which the hits lie."""


def cross_of(row: float, col: float, reach: float = 2.4, width: float = 0.6) -> Ring:
    """A fuselage and wings, as one ring."""
    near = ((-1, -width), (-1, width), (-width, width), (-width, 1), (width, 1), (width, width))
    far = ((1, width), (1, -width), (width, -width), (width, -1), (-width, -1), (-width, -width))
    arms = [(r * (reach if abs(r) == 1 else 1), c * (reach if abs(c) == 1 else 1)) for r, c in near + far]
    return tuple((row + r, col + c) for r, c in arms)


def make_dossier(stay: Stay, georeference: Georeference, row: float = HALF, col: float = HALF) -> Dossier:
    """The evidence for a stay, as far as other tools take it."""
    size = 2 * HALF + 1
    significance = np.random.default_rng(7).normal(0, 1, (size, size)).astype(np.float32)
    significance[round(row) - 2 : round(row) + 3, round(col)] = 9.5
    significance[0, 0] = np.nan
    view = DetectorView(
        pass_id=stay.first_pass,
        datetime=stay.seen_from,
        significance=significance,
        outline=(cross_of(row, col),),
        shadow=(cross_of(row - 1.5, col - 1.0),),
        explanations=(),
        llr_vs_clutter=30.0,
        reduced_chi2=1.1,
        blobs=(),
        empty_places=(),
    )
    return Dossier(stay.id, BANDS, georeference, row, col, (), (), (), (), view)


def make_told_result(hits: int = 1) -> RunResult:
    """As `make_result`, each hit an arrival whose stay has its evidence, the place of its pixels known."""
    base = make_result(hits)
    grid, places = base.grid, [(TOP + HALF + 2.0 * number, LEFT + HALF) for number in range(hits)]
    told, stays, dossiers = [], [], []
    for number, (row, col) in enumerate(places, start=1):
        place = Georeference(grid).locate(row, col)
        told.append(replace(make_hit(number), lon=place.lon, lat=place.lat, x=place.x, y=place.y))
        stays.append(replace(make_stay(number), lon=place.lon, lat=place.lat))
        dossiers.append(make_dossier(stays[-1], Georeference(grid, round(row) - HALF, LEFT)))
    return replace(base, hits=tuple(told), stays=tuple(stays), dossiers=tuple(dossiers))
