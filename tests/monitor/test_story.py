"""Three airfields and six passes, killed wherever anything is written: what comes after is as if nothing had been.

Of the points every `STRIDE`-th is tried, and every one around a send. With `KILL_POINTS=1`
in the environment it is every one (half an hour; docs/reliability.md), with 10 every tenth.
"""

import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from support.desk import ids_of
from support.kill_points import KillPoints, Point
from support.monitor import NOW, SINCE, files, make_archive, make_home, record
from support.sink import Got, Sink, http_sink

from imagery_watch.monitor.sweep import SweepReport, sweep
from imagery_watch.settings import Settings

NAMES = ("TSTA", "TSTB", "TSTC")
HOOK = '[[channel]]\nname = "desk"\nkind = "webhook"\nurl_env = "DESK"\ntell = ["hits"]\n'
STRIDE = int(os.environ.get("KILL_POINTS", "101"))
BUDGETS = (4.0, 1e-200)
"""Of the two sweeps: the second finds nothing strong enough, and takes all of it back."""


@dataclass
class Killed:
    """A home as a kill at one point leaves it."""

    point: Point
    home: Path
    step: int
    """The sweep that was killed."""
    got: list[Got]
    """What had reached the receiver by then."""


@dataclass
class Story:
    """The story as it goes without a kill, and the homes of those that were killed."""

    catalog: Path
    sink: Sink
    points: list[Point] = field(default_factory=list)
    killed: list[Killed] = field(default_factory=list)
    after: list[tuple[Any, Any, Any]] = field(default_factory=list)
    """After each sweep: the record, the files, and what was told."""


def step(home: Path, catalog: Path, number: int, hours: int = 0) -> SweepReport:
    settings = Settings(home=home, margin_m=150, retries=0, timeout_s=5, false_alarms_per_year=BUDGETS[number],
                        limit_plantings=0)  # fmt: skip
    now = NOW + timedelta(hours=6 * number + hours)
    return sweep(NAMES, settings, catalog=str(catalog), since=SINCE, now=now)


def told(got: list[Got]) -> set[tuple[str, int]]:
    """Hits with their revisions."""
    return {(hit["id"], hit["revision"]) for one in got for hit in json.loads(one.body)["hits"]}


def look_at(home: Path, got: list[Got]) -> tuple[Any, Any, Any]:
    reports = {name: content for name, content in files(home).items() if not name.endswith("report.html")}
    return record(home), reports, told(got)


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    root = tmp_path_factory.mktemp("story")
    home = make_home(root / "home", *NAMES)
    (home / "alerts.toml").write_text(HOOK)
    with http_sink() as sink, pytest.MonkeyPatch.context() as patch:
        patch.setenv("DESK", sink.url)
        one = Story(make_archive(root / "archive", 6), sink)

        def keep(point: Point, copy: Path) -> None:
            one.killed.append(Killed(point, copy, len(one.after), list(sink.got)))

        def is_wanted(point: Point) -> bool:
            return point.what == "send" or point.number % STRIDE == 0 or is_behind_a_send(counter.points)

        counter = KillPoints(home, is_wanted, keep)
        for number in range(len(BUDGETS)):
            with counter.counted():
                step(home, one.catalog, number)
            one.after.append(look_at(home, sink.got))
        one.points = counter.points
        yield one


def is_behind_a_send(points: list[Point]) -> bool:
    return len(points) > 1 and points[-2].what == "send"


def check(one: Killed, story: Story) -> list[str]:
    """What is otherwise after a clean sweep than in the story without a kill."""
    before = len(story.sink.got)
    report = step(one.home, story.catalog, one.step, hours=1)
    got = [*one.got, *story.sink.got[before:]]
    now, expected = look_at(one.home, got), story.after[one.step]
    faults = [name for name, mine, right in zip(("record", "files", "told"), now, expected, strict=True)
              if mine != right]  # fmt: skip
    bodies: dict[str, set[bytes]] = {}
    for each in got:
        bodies.setdefault(each.headers["Idempotency-Key"], set()).add(each.body)
    faults += ["one id, two messages"] if any(len(same) > 1 for same in bodies.values()) else []
    faults += [f"exit {report.exit_code}"] if report.exit_code else []
    faults += [str(path) for path in one.home.rglob(".iw-*")]
    shutil.rmtree(one.home)
    return faults


def test_the_story_has_all_that_may_be_written(story: Story) -> None:
    assert {one.what for one in story.points} == {"open", "fsync", "replace", "unlink", "mkdir", "commit", "send"}
    assert len(story.points) > 300
    first, second = (after[2] for after in story.after)
    assert {revision for _, revision in first} == {1} and {revision for _, revision in second - first} == {2}
    assert len(first) == 6 and len(second) == 12 and len(ids_of(story.sink.got[0].body)) == 6


def test_killed_anywhere_a_clean_sweep_ends_where_the_other_does(story: Story) -> None:
    assert len(story.killed) >= 10
    faults = {f"{one.point}": found for one in story.killed if (found := check(one, story))}
    assert faults == {}
