"""Silence says something only where others were heard."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from corroborate.builders import START, Row, landing, make_test_field, make_track, passing, stand
from imagery_watch.corroborate.coverage import CELL_S, is_covered, measure_coverage
from imagery_watch.model.flight import Track

FIELD = make_test_field()
BEGIN = datetime.fromtimestamp(START, UTC)
END = BEGIN + timedelta(minutes=20)


def others(rows: Sequence[Row], number: int, origin: str = "day") -> list[Track]:
    return [make_track(rows, hex_=f"{one:06x}", origin=origin) for one in range(1, number + 1)]


CASES = [
    ("forty on the ground", others(stand(5), 40), True),
    ("two that land", others(landing(), 2), True),
    ("two low within 15 km", others(passing(2000), 2), True),
    ("forty above 10,000 ft", others(passing(10_500), 40), False),
    ("low, and 16 km away", others([(*row[:2], row[2] + 16_000, *row[3:]) for row in passing(2000)], 5), False),
    ("a file of one aircraft", others(landing(), 1), False),
    ("ten files of one aircraft each", [make_track(landing(), f"{n:06x}", f"file {n}") for n in range(10)], False),
    ("nothing at all", [], False),
]


@pytest.mark.parametrize(("tracks", "covered"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_covered_by(tracks: list[Track], covered: bool) -> None:
    assert is_covered(measure_coverage(tracks, FIELD), BEGIN, END) is covered


def test_an_aircraft_is_no_witness_of_itself() -> None:
    far = make_track(passing(30_000), hex_="000002")
    cells = measure_coverage([*others(stand(5), 1), far], FIELD)
    assert is_covered(cells, BEGIN, END, "000002")
    assert not is_covered(cells, BEGIN, END, "000001")


def test_every_cell_of_the_period_needs_somebody() -> None:
    cells = measure_coverage(others(stand(5), 3), FIELD)
    assert [cell.witnesses() for cell in cells] == [3]
    assert cells[0].end - cells[0].start == timedelta(seconds=CELL_S) and cells[0].start.hour % 6 == 0
    assert not is_covered(cells, BEGIN, BEGIN + timedelta(hours=6))
    assert not is_covered(cells, BEGIN - timedelta(hours=6), END)
