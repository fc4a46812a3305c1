import csv
import io
from dataclasses import replace
from typing import Any

import pytest

from imagery_watch.outputs.files.looks_csv import looks_csv, parse_looks
from imagery_watch.reasons import ReasonCode
from outputs.builders import START, make_look

HEADER = (
    "airfield,apron,datetime,item_ids,sensor,relative_orbit,result,visible_fraction,"
    "smallest_detectable_m,registration_error_px,reason,reason_code"
)


def test_the_columns_of_the_contract() -> None:
    looks = [make_look(0, item_ids=("a", "b")), make_look(1, "failed", relative_orbit=None)]
    header, first, second = looks_csv(looks).splitlines()
    assert header == HEADER
    assert first == "LIPB,A,2022-03-01T10:21:09.024000Z,a b,sentinel-2,22,no_change,1,17.5,0.214,,"
    assert second.startswith("LIPB,A,2022-03-02T10:21:09.024000Z,S2A_1,sentinel-2,,failed,")


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("relative_orbit", None),
        ("visible_fraction", None),
        ("smallest_detectable_m", None),
        ("registration_error_px", None),
        ("registration_error_px", float("nan")),
    ],
)
def test_unknown_is_empty(column: str, value: Any) -> None:
    (row,) = csv.DictReader(io.StringIO(looks_csv([make_look(**{column: value})])))
    assert row[column] == ""


@pytest.mark.parametrize("column", ["airfield", "apron", "sensor", "reason", "item_ids"])
def test_hostile_text_is_harmless_and_still_one_cell(column: str) -> None:
    hostile = '=HYPERLINK("http://x","y"),\n\u202e"end'
    look = make_look(**{column: (hostile,) if column == "item_ids" else hostile})
    (row,) = csv.DictReader(io.StringIO(looks_csv([look])))
    assert row[column] == '\'=HYPERLINK("http://x","y"), "end'


def test_round_trip_and_line_ends() -> None:
    looks = [make_look(day, apron=f"Apron {day}") for day in range(5)]
    text = looks_csv(looks)
    assert "\r" not in text
    assert text.endswith("\n")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["apron"] for row in rows] == [look.apron for look in looks]
    assert rows[0]["datetime"] == START.isoformat().replace("+00:00", "Z")


def test_a_table_is_read_back_with_its_codes_and_one_of_an_older_version_without() -> None:
    codes = (ReasonCode.SNOW_SEASON, ReasonCode.FEW_PASSES)
    look = make_look(3, registration_error_px=0.214, reason="snow; few", reason_codes=codes, relative_orbit=None)
    text = looks_csv([look])
    assert text.splitlines()[1].endswith(",snow; few,snow_season few_passes")
    passes = {"2022-03-04T10:21:09.024000Z": look.pass_id}
    assert parse_looks(text, passes) == (look,)
    older = "\n".join(line.rpartition(",")[0] for line in text.splitlines())
    assert parse_looks(older, {}) == (replace(look, pass_id="", reason_codes=()),)
    newer = text.replace("snow_season few_passes", "few_passes of_tomorrow")
    assert parse_looks(newer, passes)[0].reason_codes == (ReasonCode.FEW_PASSES,)


@pytest.mark.parametrize(
    ("word", "other", "complaint"),
    [
        ("no_change", "maybe", "maybe"),
        ("2022-03-01T10:21:09.024000Z", "2022-03-01T10:21:09", "without a zone"),
        (",22,", ",,x22,", "no_change"),
    ],
)
def test_what_is_no_look_is_refused(word: str, other: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        parse_looks(looks_csv([make_look(0)]).replace(word, other), {})


def test_no_looks_is_a_header() -> None:
    assert looks_csv([]) == HEADER + "\n"
