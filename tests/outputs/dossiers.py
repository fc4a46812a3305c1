"""A dossier with planted pixels: the chip's white cross stands in some looks of a month and not in the others."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np

from imagery_watch.model import (
    Blob,
    DetectorView,
    Dossier,
    EmptyPlace,
    Explanation,
    Frame,
    Georeference,
    Grid,
    Measurement,
    Panorama,
    Place,
    Presence,
    RunResult,
)
from outputs.builders import BANDS, LAT, LON, START, make_chip, make_result, make_stay, pass_id

GRID = Grid(32632, 676000.0, 5150000.0, 300, 300)
SQUARE = Georeference(GRID, 180, 270)
PRESENCES: tuple[Presence, ...] = ("not there", "there", "hidden", "there", "not there", "another", "unsure")
SHARES = {"not there": 0.02, "there": 1.04, "another": 0.8, "unsure": 0.45}


def make_frame(number: int, presence: Presence, seed: int = 0) -> Frame:
    chip, when = make_chip(), START + timedelta(days=5 * number)
    image = {"not there": chip.before, "hidden": np.full_like(chip.before, np.nan)}.get(presence, chip.after)
    noise = np.random.default_rng(seed).normal(0, 0.005, image.shape).astype(np.float32)
    return Frame(pass_id(when), when, image + noise, presence)


def make_measurement(number: int, presence: Presence) -> Measurement:
    when, share = START + timedelta(days=5 * number), SHARES.get(presence)
    return Measurement(pass_id(when), when, share, None if share is None else 0.05, presence)


def make_view(**changes: Any) -> DetectorView:
    chip, when = make_chip(), START + timedelta(days=5)
    empty = EmptyPlace(Place(LON, LAT, 0.0, 0.0), -31.4, chip.before[:, 3:18, 3:18])
    view = DetectorView(
        pass_id=pass_id(when),
        datetime=when,
        significance=20 * (chip.after - chip.before)[0],
        outline=(((8.0, 10.0), (12.0, 9.0), (12.0, 11.0)),),
        shadow=(((12.0, 8.0), (13.0, 7.0), (13.0, 9.0)),),
        explanations=(Explanation("aircraft", 30.4), Explanation("vehicle", 12.1), Explanation("patch", 9.0)),
        llr_vs_clutter=18.3,
        shape_evidence=15.2,
        network_evidence=3.1,
        in_row=False,
        reduced_chi2=1.2,
        blobs=(
            Blob(2.0, 3.0, 9.5, "told", 6.1),
            Blob(3.0, 17.0, 6.2, "weaker", 1.2),
            Blob(16.0, 4.0, 5.0, "no aircraft", None),
            Blob(18.0, 18.0, 4.2, "off the aprons", None),
        ),
        empty_places=(empty, empty),
    )
    return replace(view, **changes)


def make_dossier(stay_id: str = "LIPB-stay-0001", **changes: Any) -> Dossier:
    dossier = Dossier(
        stay_id=stay_id,
        bands=BANDS,
        georeference=SQUARE,
        row=10.0,
        col=10.0,
        aprons=(((0.0, 0.0), (20.0, 0.0), (20.0, 20.0), (0.0, 20.0)),),
        frames=tuple(make_frame(number, presence) for number, presence in enumerate(PRESENCES)),
        curve=tuple(make_measurement(number, presence) for number, presence in enumerate(PRESENCES)),
        quiet=(make_frame(9, "not there"),),
        view=make_view(),
    )
    return replace(dossier, **changes)


def make_panorama(day: int, **changes: Any) -> Panorama:
    when, rng = START + timedelta(days=day), np.random.default_rng(day)
    image = rng.normal(0.2, 0.02, (3, 60, 80)).astype(np.float32)
    image[:, :10] = np.nan
    panorama = Panorama(pass_id(when), when, ("B04", "B03", "B02"), image, 1, Georeference(GRID, 150, 240), True)
    return replace(panorama, **changes)


def make_evident_result(hits: int = 1, **changes: Any) -> RunResult:
    """A run whose every hit is the arrival of a stay with all of its evidence."""
    numbers = range(1, hits + 1)
    result = make_result(
        hits,
        stays=tuple(make_stay(number) for number in numbers),
        dossiers=tuple(make_dossier(f"LIPB-stay-{number:04d}") for number in numbers),
        panoramas=tuple(make_panorama(5 * day) for day in range(4)),
    )
    return replace(result, **changes)
