"""Each hardship differs from the usual worlds by itself alone, and its table counts what a run would report."""

from dataclasses import fields

import hardships
import pytest
from worlds import Job, Promise, Told, Watched, Wrong

from imagery_watch.evaluate.verdicts import Change, Claim


@pytest.mark.parametrize("name", list(hardships.HARDSHIPS))
def test_a_hardship_changes_what_it_says_and_the_season_that_fits_it(name: str) -> None:
    usual, harder = (hardships.setting(Job(one, 5, True)) for one in ("as usual", name))
    changed = {one.name for one in fields(usual) if getattr(usual, one.name) != getattr(harder, one.name)}
    assert changed - {"latitude", "start"} == set(hardships.HARDSHIPS[name])


def test_the_same_airfields_come_under_each_hardship() -> None:
    jobs = hardships.jobs(list(hardships.HARDSHIPS), 2)
    assert len(jobs) == 2 * 2 * len(hardships.HARDSHIPS)
    worlds = {name: {(job.seed, job.traffic) for job in jobs if job.case == name} for name in hardships.HARDSHIPS}
    assert len(set(map(frozenset, worlds.values()))) == 1


def told(reported: bool, kind: str, after: int = 4) -> Told:
    claim = Claim(3, after, 10.0, 10.0, 5.0, kind, 50.0, 40.0)
    return Told(Change("arrival", "Il-62M", 3, 4, 10.0, 10.0, 40.0, "alone", 1), "alone", claim, reported, {})


def watched(traffic: bool, *some: Told, wrong: int = 0) -> Watched:
    false = tuple(Wrong(Claim(3, 4, 0, 0, 5.0), True, 0.05, "snow") for _ in range(wrong))
    seconds = {"simulation": 1.0, "detection": 8.0, "peers": 0.0}
    job = Job("snow cleared twice", 1, traffic)
    return Watched(job, Promise(5.0, 0.2, 0.5), 10.0, 0, 16, 40, some, false, {}, seconds, 500.0)


def test_the_table_has_what_a_run_reports_and_how_right_it_was() -> None:
    changes = [told(True, "arrival"), told(True, "arrival", 5), told(False, "arrival")]
    lines = list(hardships.report([watched(False, wrong=3), watched(True, *changes)]))
    assert "snow cleared twice" in lines and "eight passes" not in lines
    heavy = next(line for line in lines if line.startswith("  >= 42 m"))
    assert heavy.split()[3:5] == ["3", "0.67"] and "kind and bracket right 0.50" in heavy
    false = next(line for line in lines if "without traffic" in line)
    assert "3 in 10 km2 x pass = 0.300" in false and "realised / promised 1.50" in false and "on snow 3" in false
