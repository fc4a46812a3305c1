"""The rules of what is told, as tables and properties: fates of hits, troubles, sights, cool-downs and silences."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from outputs.builders import make_hit
from outputs.store.test_store import make_run

from imagery_watch.monitor.alerting.composing import choose_fate, compose, hears_of_trouble, plan_troubles
from imagery_watch.monitor.alerting.troubles import find_troubles, judge_sight, tell_sight
from imagery_watch.outputs.alerts.config import WebhookConfig
from imagery_watch.outputs.alerts.message import Composed, TroubleItem
from imagery_watch.outputs.store.message_store import MessageStore, Told
from imagery_watch.outputs.store.store import Waiting, open_store
from imagery_watch.outputs.store.trouble_store import Silence, ToldTrouble, Trouble, TroubleStore
from imagery_watch.outputs.terminal.sweep_table import Outcome
from imagery_watch.outputs.terminal.sweep_table import Trouble as Kind

NOW = datetime(2024, 6, 1, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
CYCLE = timedelta(days=10)
SILENCED = (Silence("LIPB", "", NOW - DAY, NOW + DAY),)
STANDING, GONE = "provisional", "withdrawn"


def channel(**changes: object) -> WebhookConfig:
    return WebhookConfig.model_validate({"name": "desk", "kind": "webhook", "url_env": "U", **changes})


@pytest.mark.parametrize(
    ("revision", "status", "late", "told", "held", "open_fate", "silenced_fate"),
    [
        (1, STANDING, False, None, False, "new", "quiet"),
        (1, STANDING, True, None, False, "late", "quiet"),
        (3, STANDING, False, None, False, "new", "quiet"),  # withdrawn and back before anybody was told
        (2, GONE, False, None, False, "quiet", "quiet"),
        (2, GONE, False, 1, False, "withdrawn", "wait"),
        (2, GONE, True, 1, False, "quiet", "quiet"),  # a late find was only counted
        (2, GONE, False, None, True, "quiet", "quiet"),  # never told: held back
        (3, STANDING, False, None, True, "quiet", "quiet"),
        (3, STANDING, False, 2, False, "came back", "wait"),
        (3, STANDING, False, 1, False, "quiet", "quiet"),  # turned twice since it was told
        (4, GONE, False, 1, True, "withdrawn", "wait"),
        (4, GONE, False, 2, False, "quiet", "quiet"),
    ],
)
def test_what_becomes_of_a_hit_that_waits(
    revision: int, status: str, late: bool, told: int | None, held: bool, open_fate: str, silenced_fate: str
) -> None:
    waiting = Waiting(make_hit(status=status, late=late), "", revision)
    fates = [choose_fate(waiting, Told(told, held), channel(), silences) for silences in ((), SILENCED)]
    assert fates == [open_fate, silenced_fate]
    elsewhere = [channel(airfields=["EDBF"]), channel(tell=["troubles"])]
    assert [choose_fate(waiting, Told(told, held), one, ()) for one in elsewhere] == ["quiet", "quiet"]


@settings(max_examples=25)
@given(st.lists(st.tuples(st.integers(1, 72), st.booleans(), st.booleans()), max_size=9), st.integers(0, 100))
def test_each_hit_is_told_once_or_was_silenced_and_never_too_soon(
    sweeps: list[tuple[int, bool, bool]], cool_down: int
) -> None:
    """Sweeps some hours apart, with a hit or without, silenced or not; and two of quiet behind them."""
    now, one, found, silenced = NOW, channel(cool_down_hours=cool_down), set[str](), set[str]()
    with TemporaryDirectory() as home, open_store(Path(home)) as store:
        messages, troubles = MessageStore.over(store), TroubleStore.over(store)
        for number, (hours, is_hit, is_silent) in enumerate([*sweeps, (200, False, False), (200, False, False)]):
            now += timedelta(hours=hours)
            troubles.silence("LIPB", "", now, now + (HOUR if is_silent else timedelta()) / 2)
            store.save(make_run(*([make_hit(number)] if is_hit else [])), store.start_sweep(now, "", ""), now)
            found |= {make_hit(number).id} if is_hit else set()
            silenced |= {one.hit.id for one in store.outbox("desk")} if is_silent else set()
            compose(store, one, DAY, now, Path(home))
        told = [Composed(kept.id, kept.body).message for kept in messages.list_waiting()]
    heard = [item.hit.id for message in told for item in message.hits]
    assert sorted(heard) == sorted(found - silenced), "each once, and nothing else"
    times = [message.composed_at for message in told]
    assert all(later - earlier >= cool_down * HOUR for earlier, later in pairwise(times))


def outcome(name: str, trouble: Kind = "", reason: str = "why") -> Outcome:
    return Outcome(name, "failed" if trouble else "nothing new", reason=reason, trouble=trouble)


@pytest.mark.parametrize(
    ("troubles", "seen", "over"),
    [
        ((), {}, set()),
        (("", ""), {}, {"airfield A", "airfield B", "catalogue c"}),
        (("catalogue", ""), {"airfield A"}, {"airfield B", "catalogue c"}),
        (("catalogue",), {"catalogue c"}, set()),
        (("catalogue", "catalogue", ""), {"catalogue c"}, {"airfield C"}),
        (("catalogue", "catalogue", "airfield"), {"catalogue c", "airfield C"}, set()),
        (("airfield", "airfield"), {"airfield A", "airfield B"}, {"catalogue c"}),
    ],
)
def test_what_a_sweep_finds_in_trouble(troubles: tuple[str, ...], seen: set[str], over: set[str]) -> None:
    found = find_troubles([outcome(name, trouble) for name, trouble in zip("ABC", troubles, strict=False)], "c")
    assert (set(found.seen), set(found.over)) == (set(seen), over)


def trouble(ended: bool = False, hours: int = 30, seen: datetime = NOW) -> Trouble:
    return Trouble("airfield A", NOW - hours * HOUR, "why", seen, NOW if ended else None)


def told_of(*phases: tuple[str, int], hours: int = 30) -> list[ToldTrouble]:
    return [ToldTrouble("airfield A", NOW - hours * HOUR, phase, NOW - ago * HOUR) for phase, ago in phases]


@pytest.mark.parametrize(
    ("ended", "told", "phase"),
    [
        (False, (), "began"),
        (False, (("began", 23),), None),
        (False, (("began", 24),), "goes on"),
        (False, (("began", 48), ("goes on", 23)), None),
        (True, (), None),
        (True, (("began", 1),), "ended"),
        (True, (("began", 9), ("ended", 5)), None),
    ],
)
def test_a_trouble_is_told_once_repeated_and_ended_once(
    ended: bool, told: tuple[tuple[str, int], ...], phase: str | None
) -> None:
    items = plan_troubles([trouble(ended)], told_of(*told), DAY, NOW)
    assert [one.phase for one in items] == ([] if phase is None else [phase])
    another = told_of(*told, hours=99)  # of an earlier trouble of the same airfield
    assert [one.phase for one in plan_troubles([trouble()], another, DAY, NOW)] == ["began"]
    assert all(isinstance(one, TroubleItem) for one in items)


def test_nobody_is_reminded_of_what_this_sweep_did_not_look_at() -> None:
    """Such as an airfield that was removed; a channel's trouble is seen behind the composing of each sweep."""
    told, stale = told_of(("began", 25)), trouble(seen=NOW - HOUR)
    assert plan_troubles([stale], told, DAY, NOW) == ()
    desk, of_desk = replace(stale, subject="channel desk"), [replace(told[0], subject="channel desk")]
    assert [one.phase for one in plan_troubles([desk], of_desk, DAY, NOW)] == ["goes on"]


@pytest.mark.parametrize(
    ("subject", "group", "silences", "hears"),
    [
        ("airfield LIPB", [], (), True),
        ("sight LIPB", ["lipb"], (), True),
        ("sight LIPB", ["EDBF"], (), False),
        ("airfield LIPB", [], SILENCED, False),
        ("airfield EDBF", [], SILENCED, True),
        ("catalogue c", ["EDBF"], SILENCED, True),
        ("catalogue c", [], (replace(SILENCED[0], airfield=""),), False),
        ("channel desk", [], (), False),
        ("channel other", [], (), True),
    ],
)
def test_who_hears_of_a_trouble(subject: str, group: list[str], silences: tuple[Silence, ...], hears: bool) -> None:
    assert hears_of_trouble(channel(airfields=group), subject, silences) is hears


def passes(*good: bool, days: float = 5.0, until: datetime = NOW) -> list[tuple[datetime, bool]]:
    """A pass every so many days, the last one a day ago, each seen well enough or not."""
    first = until - DAY - timedelta(days=days) * (len(good) - 1)
    return [(first + timedelta(days=days) * number, one) for number, one in enumerate(good)]


def test_an_airfield_that_is_looked_at_is_in_no_trouble() -> None:
    assert judge_sight([], NOW, CYCLE) == judge_sight(passes(*[True] * 9), NOW, CYCLE) == ""
    assert judge_sight(passes(*[True] * 9, *[False] * 3), NOW, CYCLE) == "", "three passes are borne"
    assert judge_sight(passes(True, False, False), NOW, CYCLE) == "", "a short history says little"
    assert tell_sight(passes(True, True), "") == "looked; the last look that saw enough was 2024-05-31 00:00 UTC"


def test_too_many_clouds_are_said_with_what_is_usual() -> None:
    words = judge_sight(passes(*[True] * 9, *[False] * 5), NOW, CYCLE)
    assert words == (
        "could not look since 2024-05-06 00:00 UTC: 5 passes came since, and none saw enough of an apron "
        "(a pass comes every 5.0 days, and the longest wait for a look was 5.0 days)"
    )
    assert tell_sight(passes(True), words) == words


def test_a_cloudy_place_may_wait_as_long_as_it_did_before() -> None:
    cloudy = [True, True, *[False] * 9, *[True] * 5]
    assert judge_sight(passes(*cloudy, *[False] * 9), NOW, CYCLE) == ""
    assert judge_sight(passes(*cloudy, *[False] * 12), NOW, CYCLE).startswith("could not look since")


def test_a_catalogue_that_is_no_longer_filled_is_told_apart_from_clouds() -> None:
    words = judge_sight(passes(*[True] * 9, until=NOW - 30 * DAY), NOW, CYCLE)
    assert "no pass has come since, although a pass comes every 5.0 days" in words and "came since, and" not in words


def test_never_once_seen_counts_from_the_first_pass() -> None:
    assert "7 passes came since" in judge_sight(passes(*[False] * 7, days=9), NOW, CYCLE)


@given(st.lists(st.booleans(), min_size=1, max_size=40), st.integers(0, 200), st.integers(1, 100))
def test_a_trouble_of_sight_ends_by_a_look_alone(good: list[bool], days: int, more: int) -> None:
    seen = passes(*good)
    if judge_sight(seen, NOW + days * DAY, CYCLE):
        assert judge_sight(seen, NOW + (days + more) * DAY, CYCLE), "waiting mends nothing"
        assert not judge_sight([*seen, (NOW + days * DAY, True)], NOW + days * DAY, CYCLE)
