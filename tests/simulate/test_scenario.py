"""Stories hold what they should, on the aprons, and nobody stands on another."""

from collections import Counter, defaultdict
from itertools import combinations

import numpy as np
import pytest

from imagery_watch.simulate.aircraft import TYPES
from imagery_watch.simulate.layout import Layout, lay_out
from imagery_watch.simulate.scenario import FEWEST, MIX, SIZES, Stay, Story, any_aircraft, tell

PASSES = 16
SEEDS = (11, 22, 33)


@pytest.fixture(scope="module")
def field() -> Layout:
    return lay_out(51)


@pytest.fixture(scope="module", params=SEEDS)
def story(request: pytest.FixtureRequest, field: Layout) -> Story:
    return tell(field, request.param, PASSES, traffic=True)


def stands(story: Story) -> dict[tuple[float, float], list[Stay]]:
    by_place = defaultdict(list)
    for stay in story.stays:
        by_place[stay.place.row, stay.place.col].append(stay)
    return by_place


def test_a_seed_tells_one_story(field: Layout) -> None:
    one, again = (tell(field, 11, PASSES, traffic=True) for _ in range(2))
    assert one.stays == again.stays and [t.kind for t in one.things] == [t.kind for t in again.things]
    assert one.stays != tell(field, 12, PASSES, traffic=True).stays


def test_without_traffic_nobody_comes_to_stay(field: Layout) -> None:
    stays = tell(field, 11, PASSES, traffic=False).stays
    assert {stay.part for stay in stays} <= {"parked", "taxiing"}
    assert all((stay.first, stay.gone) == (0, PASSES) for stay in stays if stay.part == "parked")
    assert sum(stay.part == "parked" for stay in stays) == 5


def test_sizes_hold_known_types_once_and_by_their_length() -> None:
    names = [name for some in SIZES.values() for name in some]
    assert len(names) == len(set(names)) and set(names) <= set(TYPES)
    assert MIX.keys() == SIZES.keys() and sum(MIX.values()) == pytest.approx(1.0)
    shortest = [min(TYPES[name].length for name in some) for some in SIZES.values()]
    assert shortest == sorted(shortest)


def test_stays_are_within_the_passes_and_taxiing_lasts_one(story: Story) -> None:
    for stay in story.stays:
        assert 0 <= stay.first < stay.gone <= PASSES
        assert stay.part != "taxiing" or (stay.gone == stay.first + 1 and stay.place.speed_m_s >= 5)


def test_aircraft_stand_on_the_aprons(story: Story, field: Layout) -> None:
    for stay in (one for one in story.stays if one.part not in ("row", "parked")):
        assert field.apron_index[round(stay.place.row), round(stay.place.col)] >= 0


def test_no_two_stand_on_one_place_at_once(story: Story) -> None:
    for number in range(PASSES):
        places = [(one.place.row, one.place.col) for one in story.standing(number)]
        assert all(np.hypot(a[0] - b[0], a[1] - b[1]) > 1.5 for a, b in combinations(places, 2))


def test_a_row_comes_and_goes_together_wing_beside_wing(story: Story) -> None:
    row = [stay for stay in story.stays if stay.part == "row"]
    assert len(row) == 4 and len({(s.first, s.gone, s.place.aircraft, s.place.heading_deg) for s in row}) == 1
    places = np.array([(s.place.row, s.place.col) for s in row])
    steps = np.diff(places, axis=0)
    np.testing.assert_allclose(steps, np.broadcast_to(steps[0], steps.shape), atol=1e-9)
    span, apart = TYPES[row[0].place.aircraft].span, float(np.hypot(*steps[0])) * 10
    assert span + 4 <= apart <= span + 10
    nose = np.radians(row[0].place.heading_deg)
    assert abs(-steps[0][0] * np.cos(nose) + steps[0][1] * np.sin(nose)) < 1e-9


def test_one_is_replaced_by_another_between_the_same_looks(story: Story) -> None:
    first, second = (stay for stay in story.stays if stay.part == "replaced")
    assert first.gone == second.first and (first.place.row, first.place.col) == (second.place.row, second.place.col)


def test_one_moves_and_keeps_its_paint(story: Story) -> None:
    here, there = (stay for stay in story.stays if stay.part == "moved")
    assert here.gone == there.first and here.place.aircraft == there.place.aircraft
    assert here.place.fuselage_paint == there.place.fuselage_paint
    assert (here.place.row, here.place.col) != (there.place.row, there.place.col)


def test_a_busy_stand_is_empty_for_one_look_between_two_stays(story: Story) -> None:
    busy = [some for some in stands(story).values() if len(some) > 2]
    assert len(busy) == 1
    assert all(later.first == earlier.gone + 1 for earlier, later in zip(busy[0], busy[0][1:], strict=False))
    assert sum(stay.gone - stay.first for stay in busy[0]) > 0.6 * PASSES


def test_all_sizes_come_as_often_as_they_should() -> None:
    rng = np.random.default_rng(4)
    size_of = {name: size for size, names in SIZES.items() for name in names}
    drawn = Counter(size_of[any_aircraft(rng, 0, 0).aircraft] for _ in range(2000))
    for size, part in MIX.items():
        assert drawn[size] / 2000 == pytest.approx(part, abs=0.04)


def test_what_lies_flat_lies_below_what_stands_up(story: Story) -> None:
    for number in range(PASSES):
        raised = [thing.height > 0 for thing in story.lying(number)]
        assert raised == sorted(raised)
        assert all(thing.first <= number < thing.gone for thing in story.lying(number))


def test_a_story_has_room_for_what_comes_and_goes(field: Layout) -> None:
    assert all(stay.gone <= FEWEST for stay in tell(field, 5, FEWEST, traffic=True).stays)
    assert all(stay.gone == FEWEST - 1 for stay in tell(field, 5, FEWEST - 1, traffic=False, clutter=0.0).stays)
    with pytest.raises(ValueError, match="at least 7 passes, not 6"):
        tell(field, 5, FEWEST - 1, traffic=True)
