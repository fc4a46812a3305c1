"""Merging records: the same whatever the order and however often, and nothing lost that people said."""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, nullcontext
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imagery_watch.errors import StoreError
from imagery_watch.model import Evidence, Review, Turn
from imagery_watch.model.review import VERDICTS
from imagery_watch.outputs.merging.blocks import BLOCK
from imagery_watch.outputs.merging.record import MergeStore
from imagery_watch.outputs.merging.rules import UNITED
from imagery_watch.outputs.reconcile.record import AirfieldRun
from imagery_watch.outputs.store.schema import TABLES
from imagery_watch.outputs.wording.text import iso
from imagery_watch.reasons import TurnCode
from outputs.builders import make_hit, make_look, make_stay
from outputs.store.test_store import NOW, SEEN

AIRFIELDS = ("LIPB", "EDBF")
HITS = (1, 2)
HOUR = timedelta(hours=1)


class Scored(NamedTuple):
    """A sweep that scored one airfield."""

    airfield: str
    hour: int
    hits: frozenset[int]
    score: float
    withdrawn: bool = False


class Said(NamedTuple):
    """A review."""

    airfield: str
    hit: int
    verdict: str
    by: str
    hour: int
    note: str = ""


class Row(NamedTuple):
    """A row of one of the channels' tables."""

    table: str
    values: tuple[tuple[str, Any], ...]


Deed = Scored | Said | Row


def name_hit(airfield: str, number: int) -> str:
    return f"{airfield}-2022-{number}"


def at(hour: int) -> datetime:
    return NOW + hour * HOUR


def do(store: MergeStore, deed: Deed) -> None:
    """Does to a record what a sweep, a person or a channel did."""
    if isinstance(deed, Scored):
        score(store, deed)
    elif isinstance(deed, Said):
        hit = name_hit(deed.airfield, deed.hit)
        one = Review(hit, deed.airfield, deed.verdict, deed.note, deed.by, at(deed.hour))
        store.add_reviews([one], at(deed.hour))
    else:
        names, values = zip(*deed.values, strict=True)
        places = ", ".join("?" * len(values))
        sql = f"INSERT OR IGNORE INTO {deed.table} ({', '.join(names)}) VALUES ({places})"
        store._execute(sql, *values)


def score(store: MergeStore, deed: Scored) -> None:
    """One scoring, whose hits stand as the record's reviews have it, as in a sweep."""
    now, name = at(deed.hour), deed.airfield
    known = {hit.id: hit for hit in store.hits(name)}
    hits, turns = [], []
    for number in sorted(deed.hits):
        status = "withdrawn" if deed.withdrawn else "provisional"
        silence = Evidence("review", "rejected place", "no news") if number == 2 else None
        hit = make_hit(id=name_hit(name, number), airfield=name, score=deed.score, status=status,
                       evidence=() if silence is None else (silence,))  # fmt: skip
        old = known.get(hit.id)
        if old is None or old.status != status:
            was = "" if old is None else old.status
            turns.append(Turn(hit.id, now, was, hit.status, TurnCode.FIRST_SEEN, None, deed.score))
        hits.append(hit)
    one = replace(SEEN, versions=(f"{deed.score}",))
    look = make_look(5, pass_id=SEEN.id, airfield=name)
    stays = tuple(make_stay(id=f"{hit.id}-stay", airfield=name, arrival_hit=hit.id) for hit in hits)
    run = AirfieldRun(name, name, "aoi", (one,), (look,), tuple(hits), "credit", stays, turns=tuple(turns))
    store.save(run, store.start_sweep(now, "0", "a catalogue"), now)
    for hit in hits:
        if store.reviews().get(hit.id):
            store._restand(hit.id, now)


hours = st.integers(0, 3)
names = st.sampled_from(AIRFIELDS)
scorings = st.builds(
    Scored, names, hours, st.frozensets(st.sampled_from(HITS)), st.sampled_from([3.0, 7.0]), st.booleans()
)
people, notes = st.sampled_from(["Ann", "Bob"]), st.sampled_from(["", "a truck"])
sayings = st.builds(Said, names, st.sampled_from(HITS), st.sampled_from(VERDICTS), people, hours, notes)
when = hours.map(lambda hour: iso(at(hour)))
maybe = st.none() | when


def rows(table: str, **columns: st.SearchStrategy[Any]) -> st.SearchStrategy[Row]:
    return st.fixed_dictionaries(columns).map(lambda told: Row(table, tuple(told.items())))


events = st.builds(name_hit, names, st.sampled_from(HITS))
said_elsewhere = st.one_of(
    rows("deliveries", event=events, revision=st.just(1), channel=st.sampled_from(["file", "desk"]), sent_at=when,
         message=st.none() | st.just("m1")),
    rows("messages", id=st.sampled_from(["m1", "m2"]), channel=st.just("desk"), body=st.just("{}"),
         composed_at=st.just(iso(NOW)), tries=st.integers(0, 2), next_try_at=when, sent_at=maybe),
    rows("troubles", subject=st.just("catalogue x"), since=st.just(iso(NOW)), text=st.sampled_from(["a", "b"]),
         last_seen=when, told_at=maybe, ended_at=maybe),
    rows("silences", airfield=names, note=st.just("works"), made_at=st.just(iso(NOW)), ends_at=when),
    rows("sweeps", started_at=when, version=st.just("0"), catalog=st.just("a catalogue"),
         seconds=st.none() | st.just(2.5), exit_code=st.none() | st.just(3)),
)  # fmt: skip
lives = st.lists(st.one_of(scorings, scorings, sayings, sayings, said_elsewhere), max_size=6)


@contextmanager
def made(*lives: Sequence[Deed]) -> Iterator[list[MergeStore]]:
    """Records in memory that have lived so."""
    with ExitStack() as stack:
        stores = []
        for number, life in enumerate(lives):
            connection = stack.enter_context(closing(sqlite3.connect(":memory:", isolation_level=None)))
            connection.executescript(TABLES + "PRAGMA foreign_keys = ON;")
            store = MergeStore(Path(f"record-{number}"), connection)
            for deed in life:
                do(store, deed)
            stores.append(store)
        yield stores


def merged(*others: MergeStore) -> dict[str, list[Any]]:
    """What a new record has that takes them in, one after the other."""
    with made([]) as [store]:
        store.take_all(map(nullcontext, others))
        return content(store)


def content(store: MergeStore) -> dict[str, list[Any]]:
    """All of a record, the numbers of its rows aside."""
    sweeps = {row["id"]: [row["started_at"], row["version"]] for row in store._rows("SELECT * FROM sweeps")}
    found = {}
    for table in (*BLOCK, *UNITED, "sweeps"):
        told = store._rows(f"SELECT * FROM {table}")
        for row in told:
            row.pop("id") if table == "silences" else None
            row |= {"sweep": sweeps[row["sweep"]]} if table == "passes" else {}
        found[table] = sorted(json.dumps(row, sort_keys=True) for row in told)
    return found


def test_every_table_has_a_rule() -> None:
    with made([]) as [store]:
        tables = {row["name"] for row in store._rows("SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert tables == {*BLOCK, *UNITED, "sweeps"}


@given(lives, lives, lives)
@settings(max_examples=25, deadline=None)
def test_neither_order_nor_grouping_nor_repetition_matters(one: list[Deed], two: list[Deed], three: list[Deed]) -> None:
    with made(one, two, three, [], []) as [a, b, c, ab, bc]:
        ab.take_all(map(nullcontext, (a, b)))
        bc.take_all(map(nullcontext, (c, b)))
        wanted = merged(a, b, c)
        assert merged(c, a, b) == wanted
        assert merged(ab, c) == wanted
        assert merged(a, bc, a) == wanted
        assert merged(ab, bc, b) == wanted
        a.take_all(map(nullcontext, (c, bc)))
        assert content(a) == wanted
        a.take_all(map(nullcontext, (a, b, ab)))
        assert content(a) == wanted


@given(lives, lives)
@settings(max_examples=15, deadline=None)
def test_nothing_that_people_said_is_lost(one: list[Deed], two: list[Deed]) -> None:
    with made(one, two, []) as [a, b, both]:
        both.take_all(map(nullcontext, (a, b)))
        keys = {
            (said.hit, said.reviewer, said.reviewed_at)
            for store in (a, b)
            for ones in store.reviews().values()
            for said in ones
        }
        assert {
            (said.hit, said.reviewer, said.reviewed_at) for ones in both.reviews().values() for said in ones
        } == keys
        for recorded in both.recorded_hits():
            if recorded.judgement == "confirmed":
                assert recorded.hit.status in ("confirmed", "withdrawn")
            if not recorded.reviews:
                assert recorded.hit.status in ("provisional", "withdrawn")


def test_what_fails_on_the_way_changes_nothing() -> None:
    one = [Scored("LIPB", 0, frozenset({1}), 3.0), Said("LIPB", 1, "confirmed", "Ann", 1)]
    two = [Scored("LIPB", 2, frozenset({2}), 7.0), Said("LIPB", 2, "rejected", "Bob", 1)]

    @contextmanager
    def torn() -> Iterator[MergeStore]:
        raise StoreError("torn")
        yield

    with made(one, two) as [a, b]:
        before = content(a)
        with pytest.raises(StoreError, match="torn"):
            a.take_all([nullcontext(b), torn()])
        assert content(a) == before
        a.take_all([nullcontext(b)])
        assert content(a) != before
