"""Values to JSON's words and back."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagery_watch.model import Evidence, Hit, Look, Provenance, Stay
from imagery_watch.outputs.values import dump, load, moment, pick
from imagery_watch.reasons import ReasonCode
from outputs.builders import make_hit, make_look, make_provenance, make_stay

EVIDENCE = (Evidence("review", "confirmed", "Seen by a person."),)
CODES = (ReasonCode.SNOW, ReasonCode.CLOUDED)


@pytest.mark.parametrize(
    "value", [make_hit(evidence=EVIDENCE), make_stay(), make_look(reason_codes=CODES), make_provenance(ring_km2=3.5)]
)
def test_there_and_back_again_through_json(value: Hit | Stay | Look | Provenance) -> None:
    back = load(type(value), json.loads(json.dumps(dump(value))))
    assert back == value


def test_times_are_utc_both_ways() -> None:
    east = timezone(timedelta(hours=2))
    hit = make_hit(before=datetime(2022, 3, 1, 12, 0, tzinfo=east))
    assert dump(hit)["before"] == "2022-03-01T10:00:00Z"
    again = load(Hit, dump(hit) | {"before": "2022-03-01T12:00:00+02:00"})
    assert (again.before, again.before.tzinfo) == (hit.before, UTC)
    assert moment("2022-03-01T12:00:00+02:00") == hit.before


@pytest.mark.parametrize(
    "wrong",
    [
        {"before": None},
        {"kind": "landing"},
        {"score": "high"},
        {"before_items": "S2A"},
        {"evidence": [{"source": "x"}]},
        {"status": "gone"},
    ],
)
def test_what_is_no_hit_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        load(Hit, dump(make_hit()) | wrong)


def test_a_time_without_a_zone_is_refused() -> None:
    for read in (lambda text: load(Hit, dump(make_hit()) | {"before": text}), moment):
        with pytest.raises(ValueError, match="without a zone"):
            read("2022-03-01T10:00:00")


def test_a_missing_field_is_refused_and_an_unknown_one_passed_over() -> None:
    told = dump(make_hit())
    assert load(Hit, told | {"of tomorrow": 1}) == make_hit()
    del told["score"]
    with pytest.raises(ValueError, match="score"):
        load(Hit, told)


def test_what_is_no_number_is_null() -> None:
    assert dump(make_hit(x=float("nan")))["x"] is None
    assert dump(make_provenance(ring_km2=float("inf")))["ring_km2"] is None


def test_columns_are_picked_in_order_and_rounded() -> None:
    told = {"a": 1.23456, "b": None, "c": "x", "d": 0}
    assert list(pick(told, {"c": None, "a": 2, "b": 1}).items()) == [("c", "x"), ("a", 1.23), ("b", None)]


@given(st.text(), st.lists(st.text()).map(tuple))
def test_any_text_survives(text: str, items: tuple[str, ...]) -> None:
    hit = replace(make_hit(), summary=text, before_items=items)
    assert load(Hit, dump(hit)) == hit
