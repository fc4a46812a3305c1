"""A small run with planted pixels: one bright cross with a dark shadow on one of two aprons."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from shapely.geometry import LineString, box

from imagery_watch.model import (
    Airfield,
    AirfieldNote,
    Apron,
    Chance,
    Chip,
    Grid,
    GridNote,
    Hit,
    Look,
    LookResult,
    Occupancy,
    Provenance,
    RunResult,
    Stay,
)

START = datetime(2022, 3, 1, 10, 21, 9, 24000, tzinfo=UTC)
LON, LAT = 11.32897, 46.46289
BANDS = ("B02", "B03", "B04", "B08")


def pass_id(when: datetime) -> str:
    return f"sentinel-2a_{when:%Y%m%dT%H%M%S}"


def make_airfield(name: str = "A", apron: str = "A", **changes: Any) -> Airfield:
    aprons = (
        Apron(apron, box(LON - 0.001, LAT - 0.001, LON + 0.001, LAT + 0.001)),
        Apron("West", box(LON - 0.005, LAT - 0.001, LON - 0.003, LAT + 0.001)),
    )
    runway = LineString([(LON - 0.002, LAT - 0.01), (LON - 0.002, LAT + 0.01)])
    airfield = Airfield("LIPB", name, "approximate", "drawn by hand", "CC0-1.0", aprons, runways=(runway,))
    return replace(airfield, **changes)


def make_hit(number: int = 1, **changes: Any) -> Hit:
    after = START + timedelta(days=5 * number)
    hit = Hit(
        id=f"LIPB-{number:04d}",
        airfield="LIPB",
        apron="A",
        kind="arrival",
        lon=LON + number * 1.23456789e-5,
        lat=LAT,
        x=678800.0,
        y=5148100.0,
        before=after - timedelta(days=5),
        after=after,
        before_pass=pass_id(after - timedelta(days=5)),
        after_pass=pass_id(after),
        before_items=("S2A_1", "S2A_2"),
        after_items=("S2B_1",),
        score=12.34567,
        length_m=50.04,
        length_low_m=40.0,
        length_high_m=62.5,
        heading_deg=40.0,
        summary="A change consistent with the arrival of a large aircraft.",
    )
    return replace(hit, **changes)


def make_stay(number: int = 1, **changes: Any) -> Stay:
    """From hit `number` (an arrival five days after the one before) to the next one, seen in one look."""
    seen = START + timedelta(days=5 * number)
    stay = Stay(
        id=f"LIPB-stay-{number:04d}",
        airfield="LIPB",
        apron="A",
        lon=LON + number * 1.23456789e-5,
        lat=LAT,
        arrival_hit=f"LIPB-{number:04d}",
        not_before=seen - timedelta(days=5),
        seen_from=seen,
        seen_to=seen,
        first_pass=pass_id(seen),
        last_pass=pass_id(seen),
        departure_hit=None,
        not_after=seen + timedelta(days=5),
        length_m=50.04,
    )
    return replace(stay, **changes)


def make_occupancy(day: int = 0, standing: int = 2, usual: int = 1, apron: str = "A") -> Occupancy:
    return Occupancy(apron, START + timedelta(days=day), standing, usual)


def make_chance(hours: int = 36, probability: float = 0.41, apron: str = "A") -> Chance:
    return Chance(apron, START, START + timedelta(days=30), hours, probability)


def make_look(day: int = 0, result: LookResult = "no_change", **changes: Any) -> Look:
    reason = {"not_observed": "cloud over the apron", "failed": "timed out"}.get(result, "")
    when = START + timedelta(days=day)
    look = Look(
        airfield="LIPB",
        apron="A",
        pass_id=pass_id(when),
        datetime=when,
        item_ids=(f"S2A_{day}",),
        sensor="sentinel-2",
        relative_orbit=22,
        result=result,
        visible_fraction=1.0,
        smallest_detectable_m=17.5,
        registration_error_px=0.2145,
        reason=reason,
    )
    return replace(look, **changes)


def make_chip(hit_id: str = "LIPB-0001", size: int = 21, bands: tuple[str, ...] = BANDS, **changes: Any) -> Chip:
    """Concrete with a little noise; in `after` a white cross in the middle, and its shadow below and left."""
    before = np.random.default_rng(5).normal(0.25, 0.01, (len(bands), size, size)).astype(np.float32)
    after, middle = before.copy(), size // 2
    after[:, middle + 1, middle - 3 : middle + 2] = 0.05
    after[:, middle, middle - 2 : middle + 3] = 0.6
    after[:, middle - 2 : middle + 3, middle] = 0.6
    return replace(Chip(hit_id, before, after, bands, float(middle), float(middle), 10.0), **changes)


def make_provenance(**changes: Any) -> Provenance:
    provenance = Provenance(
        created=START,
        airfield=AirfieldNote("LIPB", "approximate"),
        grid=GridNote("EPSG:32632", 676000.0, 5150000.0, 300, 300),
        catalog="earth-search",
        software={"name": "imagery-watch", "numpy": "2"},
        bands=BANDS,
        settings={"margin_m": 1300.0},
    )
    return replace(provenance, **changes)


def make_result(hits: int = 1, **changes: Any) -> RunResult:
    """`hits` arrivals five days apart, each with its chip, and a look of every result."""
    found = tuple(make_hit(number) for number in range(1, hits + 1))
    looks = tuple(make_look(5 * k, result) for k, result in enumerate(RESULTS))
    result = RunResult(
        airfield=make_airfield(),
        grid=Grid(32632, 676000.0, 5150000.0, 300, 300),
        hits=found,
        looks=looks,
        chips=tuple(make_chip(hit.id) for hit in found),
        provenance=make_provenance(),
    )
    return replace(result, **changes)


RESULTS: tuple[LookResult, ...] = ("no_change", "change", "not_observed", "failed")
