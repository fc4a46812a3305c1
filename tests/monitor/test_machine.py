"""Any story that a watch may live: passes come, change, go and fail; clocks jump; people review; a kill may come.

The record, what is handed on and the channels are real; what a look finds is made: by `find_hits`, from what the passes
show. `SOAK_EXAMPLES` in the environment says how many stories are told (docs/reliability.md).
"""

import json
import os
from collections import defaultdict
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import NamedTuple

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule
from outputs.builders import LON, START, make_hit, make_look, make_result, pass_id
from support.kill_points import KillPoints, Point
from support.sink import Script, http_sink

from imagery_watch.model import Hit, Period, Review
from imagery_watch.monitor.alerting.desk import open_desk
from imagery_watch.monitor.alerting.desk_view import end_silences, make_silence
from imagery_watch.monitor.dispatch import write_waiting
from imagery_watch.monitor.noting import Occasion, note_result
from imagery_watch.outputs.reconcile.record import PassRecord, is_same
from imagery_watch.outputs.store.store import open_store, read_store
from imagery_watch.outputs.terminal.sweep_table import Outcome
from imagery_watch.settings import Settings

PLACES, PASSES = 3, 8
Shown = tuple[bool, ...]
"""At which places something stands."""
WEAK, OUTSIDE = 2, 1
"""The place whose hits the strict settings leave out, and the one that the narrow apron does not hold."""
CHANNELS = ("desk", "slow")
ALERTS = "".join(
    f'[[channel]]\nname = "{name}"\nkind = "webhook"\nurl_env = "{name}"\ntell = ["hits"]\ncool_down_hours = {hours}\n'
    for name, hours in zip(CHANNELS, (0, 24), strict=True)
)
KILLED = 60
"""Points of a sweep at which it may be killed."""
NUMBER, SHOWN = st.integers(0, PASSES - 1), st.tuples(*[st.booleans()] * PLACES)
THEN = st.one_of(st.none(), st.integers(0, KILLED), *[st.just(KILLED)] * 4)
"""What follows: nothing yet, a sweep that is killed, a whole one."""


class Killed(BaseException):
    """As dead as a process can be without ending this one."""


class Told(NamedTuple):
    hit: str
    turn: str
    revision: int


def when(number: int) -> datetime:
    return START + timedelta(days=5 * number)


def find_hits(passes: dict[int, Shown], places: set[int]) -> list[Hit]:
    """What a look at these passes finds: each change between two that follow one another."""
    found = []
    numbers = sorted(passes)
    for before, after in pairwise(numbers):
        for place in sorted(places):
            if passes[before][place] != passes[after][place]:
                kind = "arrival" if passes[after][place] else "departure"
                name, lon = f"LIPB-{place}-{kind}-{before}-{after}", LON + place * 0.001
                found.append(make_hit(1, id=name, kind=kind, lon=lon, before=when(before), after=when(after),
                                      before_pass=pass_id(when(before)), after_pass=pass_id(when(after)),
                                      score=20.0))  # fmt: skip
    return found


def say(hits: list[Hit]) -> list[tuple[str, float, datetime, datetime]]:
    return sorted((hit.kind, hit.lon, hit.before, hit.after) for hit in hits)


class Watch(RuleBasedStateMachine):
    """The model is the fields of this class: the catalogue, what was done, and what could ever have been true."""

    def __init__(self) -> None:
        super().__init__()
        self.home = Path(mkdtemp())
        (self.home / "alerts.toml").write_text(ALERTS)
        self.is_down = False
        self.server = http_sink(lambda number: Script(500 if self.is_down else 200))
        self.sink = self.server.__enter__()
        self.now = datetime(2022, 9, 1, tzinfo=UTC)
        self.published: dict[int, Shown] = {}
        self.deleted: set[int] = set()
        self.failing: set[int] = set()
        self.places = set(range(PLACES))
        self.true: list[Hit] = []
        self.kinds: dict[str, tuple[str, float]] = {}
        self.reviews = 0

    def teardown(self) -> None:
        try:
            self.all_is_well_at_last()
        finally:
            self.server.__exit__(None, None, None)
            rmtree(self.home)

    @initialize(shown=st.tuples(*[SHOWN] * 4))
    def begin(self, shown: tuple[Shown, ...]) -> None:
        """Every other pass; what lies between may come late."""
        self.sweep()
        self.published = dict(zip(range(0, PASSES, 2), shown, strict=True))
        self.sweep()

    @rule(number=NUMBER, shown=SHOWN, then=THEN)
    def publish(self, number: int, shown: Shown, then: int | None) -> None:
        """A new pass, early or late; or one that is there, processed anew."""
        self.published[number] = shown
        self.deleted.discard(number)
        self.go_on(then)

    @rule(number=NUMBER, then=THEN)
    def delete_or_bring_back(self, number: int, then: int | None) -> None:
        self.deleted ^= {number} & self.published.keys()
        self.go_on(then)

    @rule(number=NUMBER, then=THEN)
    def fail_or_mend(self, number: int, then: int | None) -> None:
        self.failing ^= {number}
        self.go_on(then)

    @rule(down=st.booleans())
    def the_receiver(self, down: bool) -> None:
        self.is_down = down

    @rule(days=st.sampled_from([-1, 1, 3652, -3652]))
    def jump(self, days: int) -> None:
        if 2022 <= (self.now + timedelta(days=days)).year <= 2040:
            self.now += timedelta(days=days)
            self.sweep()

    @rule(place=st.sampled_from([WEAK, OUTSIDE]))
    def edit_settings_or_apron(self, place: int) -> None:
        self.places ^= {place}
        self.sweep()

    @rule(hours=st.integers(1, 48))
    def silence(self, hours: int) -> None:
        make_silence(self.home, "LIPB", "", self.now, self.now + timedelta(hours=hours))

    @rule(verdict=st.sampled_from(["confirmed", "rejected", "unsure"]), data=st.data())
    def review(self, verdict: str, data: st.DataObject) -> None:
        hits = self.recorded()
        if hits:
            one = data.draw(st.sampled_from(hits))
            self.now += timedelta(minutes=1)
            said = Review(one.id, "LIPB", verdict, f"{self.reviews}", "somebody", self.now)
            with open_store(self.home) as store:
                self.reviews += store.add_reviews([said], self.now).new

    def go_on(self, then: int | None) -> None:
        """A sweep, or one that is killed at a point, or nothing for now."""
        if then is not None and then < KILLED:
            self.killed_sweep(then)
        elif then is not None:
            self.sweep()

    @rule()
    def sweep(self) -> None:
        before = {hit.id: hit for hit in self.recorded()}
        self.live()
        self.check(before)

    @rule(point=st.integers(0, KILLED))
    def killed_sweep(self, point: int) -> None:
        before = {hit.id: hit for hit in self.recorded()}

        def stop(one: Point) -> bool:
            if one.number >= point:  # whoever still wants to write, dies of it, too
                raise Killed
            return False

        try:
            with KillPoints(self.home, stop, lambda *_: None).counted():
                self.live()
        except Killed:
            pass
        self.check(before)

    def live(self) -> None:
        """A sweep as `monitor.sweep` has it, with what is found made."""
        listed = {number: shown for number, shown in self.published.items() if number not in self.deleted}
        read = {number: shown for number, shown in listed.items() if number not in self.failing}
        self.true += find_hits(self.published, set(range(PLACES))) + find_hits(listed, set(range(PLACES)))
        environment = dict.fromkeys(CHANNELS, "")
        environment = {name: f"{self.sink.url}/{name}" for name in environment}
        desk = open_desk(Settings(home=self.home, timeout_s=2), self.home / "runs", environment, lambda: self.now)
        with desk.beating(self.now) as pulse, open_store(self.home) as store:
            number = store.start_sweep(self.now, "1", "made")
            desk.greet(store, self.now)
            gone = {pass_id(when(one)) for one in self.published.keys() - listed.keys()}
            store.note_listing("LIPB", gone=gone, listed={pass_id(when(one)): 22 for one in listed})
            passes = tuple(
                PassRecord(pass_id(when(one)), when(one), (f"{shown}",), "scored" if one in read else "failed", "", "")
                for one, shown in listed.items()
            )
            looks = tuple(make_look(5 * one, "no_change" if one in read else "failed") for one in listed)
            result = replace(make_result(0), hits=tuple(find_hits(read, self.places)), looks=looks)
            note_result(store, result, passes, Occasion(number, Period(None, None), self.now))
            write_waiting(store, self.home / "runs", self.now)
            desk.conclude(store, [Outcome("LIPB", "scored")], "made")
            pulse.end(self.now, 0, well=True)
        self.now += timedelta(hours=6)

    def recorded(self) -> list[Hit]:
        with read_store(self.home) as store:
            return [] if store is None else store.hits("LIPB")

    def standing(self) -> list[Hit]:
        return [hit for hit in self.recorded() if hit.status != "withdrawn"]

    def check(self, before: dict[str, Hit]) -> None:
        """What holds whenever a sweep has ended, however it did."""
        after = {hit.id: hit for hit in self.recorded()}
        assert before.keys() <= after.keys(), "no hit is ever lost"
        for name, hit in after.items():
            assert self.kinds.setdefault(name, (hit.kind, hit.lon)) == (hit.kind, hit.lon), "nor becomes another"
        unread = [when(one) for one in self.published if one in self.deleted | self.failing]
        for name, hit in before.items():
            if after[name].status == "withdrawn" != hit.status:
                assert not any(hit.before <= one <= hit.after for one in unread), "failure is not change"
        with read_store(self.home) as store:
            assert self.reviews == (0 if store is None else sum(map(len, store.reviews().values())))
        for channel in CHANNELS:
            self.check_told(channel)

    def told(self, channel: str) -> list[Told]:
        """What a receiver knows that goes by the messages' ids."""
        messages: dict[str, bytes] = {}
        for one in self.sink.taken:
            if one.path == f"/{channel}":
                assert messages.setdefault(one.headers["Idempotency-Key"], one.body) == one.body
        return [Told(hit["id"], hit["turn"], hit["revision"]) for body in messages.values()
                for hit in json.loads(body)["hits"]]  # fmt: skip

    def check_told(self, channel: str) -> None:
        turns: dict[str, list[Told]] = defaultdict(list)
        for one in self.told(channel):
            turns[one.hit].append(one)
        for name, told in turns.items():
            expected = ["new", *["withdrawn", "came back"] * len(told)][: len(told)]
            assert [one.turn for one in told] == expected, "news once, then taken back and come back in turns"
            assert [one.revision for one in told] == sorted({one.revision for one in told})
            kind, lon = self.kinds[name]
            [hit] = [hit for hit in self.recorded() if hit.id == name]
            assert any((one.kind, one.lon) == (kind, lon) and is_same(one, hit) for one in self.true), "I8"

    def all_is_well_at_last(self) -> None:
        """With every pass there and read, the record is what one sweep over all of it makes; and nothing waits."""
        self.is_down, self.deleted, self.failing, self.places = False, set(), set(), set(range(PLACES))
        self.now = max(self.now.replace(year=2023), self.now - timedelta(days=3652))
        end_silences(self.home, "LIPB", self.now)
        for _ in range(5):
            self.now += timedelta(hours=30)
            self.sweep()
        assert say(self.standing()) == say(find_hits(self.published, self.places)), "in whatever order it came"
        before, told = self.standing(), [self.told(channel) for channel in CHANNELS]
        self.sweep()
        assert self.standing() == before and [self.told(channel) for channel in CHANNELS] == told
        with open_store(self.home) as store:
            for channel in CHANNELS:
                sql = "SELECT event FROM deliveries WHERE channel = ? AND message IS NULL"
                passed_over = {name for (name,) in store._connection.execute(sql, (channel,))}
                muted = {one.hit.id for one in store.recorded_hits() if one.muted_by}
                heard = {one.hit for one in self.told(channel)}
                quiet = {hit.id for hit in before if hit.late} | muted | passed_over
                assert {hit.id for hit in before} <= heard | quiet, "nobody who was to be told was not"
                last = {one.hit: one.turn for one in self.told(channel)}
                assert {last[hit.id] for hit in before if hit.id in heard} <= {"new", "came back"}


TestWatch = Watch.TestCase
TestWatch.settings = settings(
    max_examples=int(os.environ.get("SOAK_EXAMPLES", "8")),
    stateful_step_count=30,
    phases=[
        Phase.explicit,
        Phase.reuse,
        Phase.generate,
    ],  # a story that fails is told as it was: shorter ones take minutes
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
