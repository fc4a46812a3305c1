from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagery_watch.outputs.wording.text import (
    BIDI,
    FORMULA_STARTS,
    cell,
    clean,
    duration,
    iso,
    minutes,
    rounded,
    slug,
)


@pytest.mark.parametrize(
    ("given_text", "expected"),
    [
        ("plain", "plain"),
        ("=1+1", "'=1+1"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "' =1"),
        ("\r=1", "' =1"),
        ("\uff1d1", "'\uff1d1"),
        ("a\x1b[31mb", "a[31mb"),
        ("a\u202eb\u2066c", "abc"),
        ("a\nb", "a b"),
        ("Größe 飞机", "Größe 飞机"),
    ],
)
def test_cells(given_text: str, expected: str) -> None:
    assert cell(given_text) == expected


@given(st.text())
def test_no_cell_is_a_formula_or_hides_anything(text: str) -> None:
    result = cell(text)
    assert not result.lstrip().startswith(FORMULA_STARTS)
    assert not set(result) & BIDI
    assert result.replace("\xa0", " ").isprintable() or clean(result) == result
    result.encode("utf-8")


@given(st.text())
def test_a_slug_is_a_plain_file_name(text: str) -> None:
    name = slug(text)
    assert name.isascii()
    assert 0 < len(name) <= 100
    assert not set(name) & set("/\\:\0 ")
    assert not name.startswith(".")


@pytest.mark.parametrize("hostile", ["../../x", "/etc/x", "..", "", "a" * 300, "a/b", "A\0"])
def test_hostile_ids_get_a_name_of_their_own(hostile: str) -> None:
    assert slug(hostile) != hostile
    assert slug(hostile) == slug(hostile) != slug(hostile + "!")


def test_an_ordinary_id_keeps_its_name() -> None:
    assert slug("LIPB-20220301-arrival-3f2a") == "LIPB-20220301-arrival-3f2a"


def test_times_are_utc() -> None:
    rome = datetime(2022, 3, 1, 11, 21, 9, tzinfo=timezone(timedelta(hours=1)))
    assert iso(rome) == "2022-03-01T10:21:09Z"
    assert iso(datetime(2022, 3, 1, 10, 21, 9, 24000, tzinfo=UTC)) == "2022-03-01T10:21:09.024000Z"
    assert minutes(rome) == "2022-03-01 10:21"
    assert (duration(timedelta(hours=5)), duration(timedelta(days=5))) == ("5.0 hours", "5.0 days")


@pytest.mark.parametrize(
    ("value", "expected"),
    [(1.23456, 1.23), (None, None), (float("nan"), None), (float("inf"), None), (-0.001, 0.0)],
)
def test_numbers(value: float | None, expected: float | None) -> None:
    assert str(rounded(value, 2)) == str(expected)
