"""From events to what a person reads: hits, their ids and their sentences."""

import re
from dataclasses import replace
from functools import lru_cache

import numpy as np
import pytest
from shapely.geometry import box

from change.scenes import JET, MIDDLE, look_for, series, stand
from imagery_watch.change.detect import DetectionResult
from imagery_watch.change.false_alarms import calibrate
from imagery_watch.change.results import make_hit, make_hit_id, make_stay_id, write_summary
from imagery_watch.model import Airfield, Apron, Hit
from imagery_watch.sensors.sentinel2.detector import DETECTOR
from imagery_watch.simulate.aircraft import TYPES

AIRFIELD = Airfield("XXXX", "X", "mapped", "", "", (Apron("north", box(11.0, 46.0, 11.1, 46.1)),))


@lru_cache(maxsize=1)
def detection() -> DetectionResult:
    return look_for(series(stand("..JJ.", J=JET)))


def hits(**item_ids: tuple[str, ...]) -> list[Hit]:
    stack = detection().stack
    named = tuple(replace(item, scene=replace(item.scene, **item_ids)) for item in stack.passes)
    calibration = calibrate(DETECTOR, 0.0, 0.0, (), ())
    changed = replace(stack, passes=named)
    return [make_hit(event, changed, AIRFIELD, calibration) for event in detection().events]


def test_a_hit_carries_what_the_event_says() -> None:
    arrival, departure = hits()
    assert (arrival.kind, departure.kind) == ("arrival", "departure")
    assert arrival.before < arrival.after < departure.after and arrival.apron == "north"
    stack = detection().stack
    assert arrival.before_pass == stack.passes[1].scene.acquisition_id
    assert (arrival.after_pass, arrival.sensor) == (stack.passes[2].scene.acquisition_id, "sentinel-2")
    assert stack.georeference.grid.rowcol(arrival.x, arrival.y) == pytest.approx((MIDDLE[0], MIDDLE[1]), abs=1.0)
    assert arrival.before_items == ("item-1",) and arrival.after_items == ("item-2",)
    assert arrival.length_low_m <= 0.9 * arrival.length_m and arrival.length_high_m >= 1.1 * arrival.length_m
    assert arrival.heading_deg is not None and 0 <= arrival.heading_deg < 180
    assert arrival.false_alarms_per_year is not None and arrival.false_alarms_per_year >= 0
    assert arrival.probability is not None and 0 < arrival.probability < 1


def test_ids_depend_on_place_and_passes_not_on_the_catalogue() -> None:
    assert [hit.id for hit in hits()] == [hit.id for hit in hits(item_ids=("another-catalogue",))]
    assert len({hit.id for hit in hits()}) == 2


IDS = {"airfield": "YYYY", "kind": "departure", "x": 130.0, "y": 130.0, "before": "s_20230101", "after": "s_20230201"}


@pytest.mark.parametrize("changed", IDS)
def test_each_part_of_an_id_matters(changed: str) -> None:
    known = {
        "airfield": "XXXX",
        "kind": "arrival",
        "x": 101.0,
        "y": 99.0,
        "before": "a_20220101",
        "after": "a_20220106",
    }
    assert make_hit_id(**known) != make_hit_id(**{**known, changed: IDS[changed]})
    assert make_hit_id(**known) == make_hit_id(**{**known, "x": 103.0, "y": 97.0})
    assert re.fullmatch(r"XXXX-20220106-[0-9a-f]{10}", make_hit_id(**known))


@pytest.mark.parametrize("kind", ["arrival", "departure", "replacement"])
@pytest.mark.parametrize(("length_m", "size"), [(15.0, "small"), (37.0, "medium"), (53.0, "large")])
def test_the_summary_is_hedged(kind: str, length_m: float, size: str) -> None:
    before, after = detection().stack.passes[:2]
    text = write_summary(kind, length_m, "the north apron", before, after)
    assert text.startswith("A change consistent with ") and f" a {size} aircraft (about {length_m:.0f} m long)" in text
    told = {
        "arrival": "the arrival of a",
        "departure": "the departure of a",
        "replacement": "taking the place of another",
    }
    assert told[kind] in text
    assert "the north apron" in text and "2023-06-06 10:20 UTC" in text and "2023-06-01 10:20 UTC" in text
    assert not any(name in text for name in TYPES)


def test_nothing_is_said_of_pixels_never_seen() -> None:
    image = detection().stack.passes[0].image
    assert np.isfinite(image[:, detection().stack.passes[0].visible]).all()


@pytest.mark.parametrize(
    "changed", [("YYYY", 101.0, 99.0, "a_1"), ("XXXX", 130.0, 99.0, "a_1"), ("XXXX", 101.0, 99.0, "b_2")]
)
def test_each_part_of_the_id_of_a_stay_matters(changed: tuple[str, float, float, str]) -> None:
    known = ("XXXX", 101.0, 99.0, "sentinel-2a_20220106T102029")
    assert make_stay_id(*known) != make_stay_id(*changed)
    assert make_stay_id(*known) == make_stay_id("XXXX", 103.0, 97.0, known[-1])
    assert re.fullmatch(r"XXXX-stay-20220106-[0-9a-f]{10}", make_stay_id(*known))
