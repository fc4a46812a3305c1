"""The second simulator tells the stories that it should, and its tables count them."""

from dataclasses import replace
from itertools import combinations

import flat
import numpy as np
import pytest
import singles
from worlds import Job, Promise, Told, Watched, Wrong

from imagery_watch.evaluate.verdicts import Change, Claim, changes_in
from imagery_watch.simulate.scenario import Stay
from imagery_watch.simulate.simulator import World

CASE = "concrete, 1 % noise"


@pytest.fixture(scope="module")
def world() -> World:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(flat, "PASSES", 10)
        return flat.build(CASE, 5, traffic=True)


def test_every_type_comes_for_one_look_on_every_pass_that_has_neighbours(world: World) -> None:
    changes = changes_in(world)
    for name in flat.SINGLES:
        ours = [one for one in changes if (one.aircraft, one.looks, one.part) == (name, 1, "alone")]
        assert len(ours) == 2 * 8
    assert sum(one.kind == "replacement" for one in changes) == flat.SWAPS
    assert sum(one.part == "row" for one in changes) == 2 * 4 * 8
    assert {one.looks for one in changes} == {1, 3}


def test_nobody_stands_on_another(world: World) -> None:
    def touch(one: Stay, other: Stay) -> bool:
        together = one.first < other.gone and other.first < one.gone
        apart = np.hypot(one.place.row - other.place.row, one.place.col - other.place.col)
        return bool(together and apart < (1.5 if one.part == other.part == "row" else 14))

    assert not any(touch(one, other) for one, other in combinations(world.story.stays, 2))


def test_a_pass_shows_ground_noise_and_what_stands_on_it(world: World) -> None:
    quiet = flat.build(CASE, 5, traffic=False)
    assert not quiet.story.stays and len(quiet.story.things) > 10 * len(quiet.passes)
    apron = quiet.layout.apron_index >= 0
    steps = np.diff([one.reflectance[3][apron] for one in quiet.passes[:3]], axis=0)
    assert 0.008 < float(np.median(np.abs(steps - np.median(steps)))) / 0.6745 / 2**0.5 < 0.02
    place = next(stay.place for stay in world.story.stays if stay.place.aircraft == "An-124" and stay.first == 3)
    before, there = (world.passes[number].reflectance for number in (2, 3))
    here = np.s_[:, round(place.row) - 3 : round(place.row) + 4, round(place.col) - 3 : round(place.col) + 4]
    assert float(np.abs(there[here] - before[here]).mean()) > 0.03


def told(aircraft: str, score: float | None, stand: str = "alone", looks: int = 1) -> Told:
    change = Change("arrival", aircraft, 3, 4, 10.0, 10.0, 40.0, stand, looks)
    claim = None if score is None else Claim(3, 4, 10.3, 10.4, score, "arrival", change.length_m * 1.1, 50.0)
    return Told(change, stand, claim, bool(score and score >= 5), {})


def watched(*some: Told, traffic: bool, wrong: tuple[float, ...] = ()) -> Watched:
    false = tuple(Wrong(Claim(3, 4, 0, 0, score), bool(score >= 5), 0.05, "vehicle") for score in wrong)
    seconds = {"simulation": 1.0, "detection": 8.0, "peers": 0.0}
    return Watched(Job(CASE, 1, traffic), Promise(5.0, 0.2, 0.5), 50.0, 0, 16, 40, some, false, {}, seconds, 500.0)


def test_the_table_counts_what_was_found_at_the_rate_of_the_nulls() -> None:
    null = watched(traffic=False, wrong=tuple(np.linspace(3, 4, 11)))
    seen = [told("An-26", 3.2), told("An-26", 6.0), told("An-26", None), told("Su-30", 6.0, "row")]
    lines = list(singles.report([null, watched(*seen, traffic=True)]))
    line = next(one for one in lines if "An-26 (24 m), one look" in one)
    assert "  3  0.33 (0.06-0.79)   0.33" in line and "1.00  5.0 m     10%   10 deg" in line
    assert any("row of four, any of them" in one and "   1  1.00" in one for one in lines)
    assert any("promised 0.1 or rarer, without traffic: 11 false, 5.0 promised" in one for one in lines)
    assert "without traffic: 0 false in 50 km2 x pass, 10.0 promised" in "\n".join(lines)


def test_a_ground_that_was_not_run_is_left_out() -> None:
    other = replace(watched(told("An-26", 6.0), traffic=True), job=Job("asphalt, 1 % noise", 1, True))
    null = replace(watched(traffic=False), job=Job("asphalt, 1 % noise", 2, False))
    lines = list(singles.report([other, null]))
    assert not any("concrete" in one for one in lines) and any("asphalt" in one for one in lines)
