"""The table of aircraft sizes: every row is sane, known lengths are right, and names are found."""

import csv
import re
from collections import defaultdict
from dataclasses import replace
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagery_watch.model.aircraft_size import AircraftSize
from imagery_watch.sources.flights import sizes
from imagery_watch.sources.flights.sizes import find_size, read_sizes, squeeze

SIZES = read_sizes()
TEXT = files(sizes).joinpath("aircraft_sizes.csv").read_text(encoding="utf-8")
ROWS = list(csv.DictReader(TEXT.splitlines()))
COLUMNS = ["designator", "name", "also", "length_m", "span_m", "height_m", "shortest_m", "longest_m", "source"]
ROTORS = {"MI8", "MI24", "MI26", "MI28", "MI6", "KA27", "KA52", "H47", "H53", "H53S", "H60", "H64", "EH10", "NH90",
          "AS32", "EC25", "S92", "V22"}  # fmt: skip
LONG_WINGS = {"U2", "Q4", "Q9", "B2"}
FT = 0.3048


def names_of(row: dict[str, str]) -> list[str]:
    return [*row["name"].split(", "), *(one for one in row["also"].split(";") if one)]


def test_the_table_is_plain_and_long_enough() -> None:
    assert TEXT.isascii() and TEXT.endswith("\n") and "\r" not in TEXT
    assert list(ROWS[0]) == COLUMNS
    assert len(SIZES) == len(ROWS) >= 150
    assert list(SIZES) == sorted(SIZES)


def faults_of(size: AircraftSize) -> list[str]:
    """What no row may be."""
    rules = {
        "designator": re.fullmatch(r"[A-Z][A-Z0-9]{1,3}", size.designator),
        "name": size.name.strip() == size.name != "",
        "lengths": 5 < size.shortest_m <= size.length_m <= size.longest_m < 90,
        "variants": size.longest_m / size.shortest_m < 1.36,
        "span": 7 <= size.span_m < 90,
        "height": 3 < size.height_m < min(25, size.length_m / 2),
        "proportions": 0.4 < size.span_m / size.length_m < 1.7 or size.designator in ROTORS | LONG_WINGS,
        "source": size.source.strip() == size.source and len(size.source) > 8,
    }
    return [rule for rule, held in rules.items() if not held]


def test_every_row_is_sane() -> None:
    assert {one.designator: faults for one in SIZES.values() if (faults := faults_of(one))} == {}


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"designator": "il62"}, "designator"),
        ({"designator": "IL62M"}, "designator"),
        ({"shortest_m": 53.2}, "lengths"),
        ({"longest_m": 53.0}, "lengths"),
        ({"span_m": 4.32}, "span"),
        ({"height_m": 53.1}, "height"),
        ({"span_m": 20.0}, "proportions"),
        ({"source": ""}, "source"),
    ],
)
def test_a_wrong_row_would_be_seen(changed: dict[str, object], fault: str) -> None:
    wrong = replace(SIZES["IL62"], **changed)  # type: ignore[arg-type]
    assert fault in faults_of(wrong)


# Type, name, length: from publications other than the row's source, or from another unit of it
KNOWN = [
    ("Il-62M", "IL62", 53.12),
    ("An-124", "A124", 69.1),
    ("An-225", "A225", 84.0),
    ("An-12", "AN12", 33.1),
    ("An-26", "AN26", 23.8),
    ("Il-76TD", "IL76", 46.59),
    ("Tu-154M", "T154", 47.9),
    ("Tu-160", "T160", 54.1),
    ("Tu-95MS", "TU95", 49.13),
    ("Tu-22M3", "T22M", 42.46),
    ("Su-24M", "SU24", 24.53),
    ("MiG-31", "MG31", 22.69),
    ("C-17", "C17", 174 * FT),
    ("B-52H", "B52", (159 + 4 / 12) * FT),
    ("B-1B", "B1", 146 * FT),
    ("B-2", "B2", 69 * FT),
    ("KC-135R", "K35R", (136 + 3 / 12) * FT),
    ("KC-10", "DC10", (181 + 7 / 12) * FT),
    ("E-3 Sentry", "E3TF", (152 + 11 / 12) * FT),
    ("P-8A", "P8", 129.5 * FT),
    ("F-22", "F22", (62 + 1 / 12) * FT),
    ("A-10", "A10", (53 + 4 / 12) * FT),
    ("A320-200", "A320", 37.57),
    ("A380", "A388", 72.72),
    ("737-800", "B738", (129 + 6 / 12) * FT),
    ("747-400", "B744", (231 + 10 / 12) * FT),
    ("757-200", "B752", (155 + 3 / 12) * FT),
    ("777-300ER", "B77W", (242 + 4 / 12) * FT),
    ("G550", "GLF5", (96 + 5 / 12) * FT),
    ("Mi-26", "MI26", 33.73),
]


@pytest.mark.parametrize(("name", "designator", "length_m"), KNOWN)
def test_known_lengths_are_right(name: str, designator: str, length_m: float) -> None:
    found = find_size(name)
    assert found is SIZES[designator]
    assert found.length_m == pytest.approx(length_m, abs=0.1)


@pytest.mark.parametrize(
    ("variant", "designator", "length_m"),
    [
        ("C-130H-30", "C130", 34.4),
        ("C-130J", "C30J", 29.8),
        ("Il-76MF", "IL76", 53.2),
        ("Tu-142", "TU95", 53.1),
        ("Su-34", "SU27", 23.3),
        ("KC-46", "B762", 50.5),
        ("L-1011-500", "L101", 50.05),
        ("Tu-134UBL", "T134", 41.9),
    ],
)
def test_the_bounds_hold_variants_of_other_lengths(variant: str, designator: str, length_m: float) -> None:
    found = find_size(variant)
    assert found is SIZES[designator]
    assert found.shortest_m - 0.05 <= length_m <= found.longest_m + 0.05
    assert found.longest_m - found.shortest_m > 1


@pytest.mark.parametrize(
    "written", ["IL62", "il62", " IL62 ", "Il-62M", "il 62 m", "IL-62", "Ilyushin Il-62", "il\u201162m"]
)
def test_a_type_is_found_however_it_is_written(written: str) -> None:
    assert find_size(written) is SIZES["IL62"]


@pytest.mark.parametrize(
    ("written", "designator"),
    [("Ilyushin Il-76", "IL76"), ("Il-78", "IL76"), ("antonov an 12", "AN12"), ("Xian H-6", "TU16"), ("kc2", "KC2")],
)
def test_each_aircraft_of_a_row_is_found_by_its_name(written: str, designator: str) -> None:
    assert find_size(written) is SIZES[designator]


@pytest.mark.parametrize("written", ["", "  ", "-", "ZZZZ", "Il-", "Il-6", "C-2", "il62x", "GRIF", "\u0418\u043b-62"])
def test_what_is_not_known_is_none(written: str) -> None:
    assert find_size(written) is None


@given(st.text(max_size=12))
def test_any_text_is_a_known_type_or_none(written: str) -> None:
    found = find_size(written)
    assert found is None or found is SIZES[found.designator]


def test_a_name_belongs_to_one_row_and_is_no_other_rows_designator() -> None:
    owners: dict[str, set[str]] = defaultdict(set)
    for row in ROWS:
        for name in names_of(row):
            owners[squeeze(name)].add(row["designator"])
    assert {name: rows for name, rows in owners.items() if len(rows) > 1} == {}
    assert {name: rows for name, rows in owners.items() if name in SIZES and rows != {name}} == {}


def test_every_name_of_the_table_is_found() -> None:
    wrong = [name for row in ROWS for name in names_of(row) if find_size(name) is not SIZES[row["designator"]]]
    assert wrong == []


def test_the_table_cannot_be_changed_by_those_who_read_it() -> None:
    with pytest.raises(TypeError):
        SIZES["IL62"] = SIZES["A124"]  # type: ignore[index]
