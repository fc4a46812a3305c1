"""Reviews and changes of status in the record: kept, counted, never overwritten."""

import sqlite3
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imagery_watch.model import Review, Turn
from imagery_watch.model.review import VERDICTS
from imagery_watch.outputs.store.database import FILE
from imagery_watch.outputs.store.review_store import Added
from imagery_watch.outputs.store.store import open_store
from imagery_watch.reasons import TurnCode
from outputs.builders import make_hit
from outputs.reconcile.test_standing import review
from outputs.store.test_store import CHANNEL, NOW, VERSION_3, make_run

HIT = make_hit()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with one hit in its record, whose files are written."""
    with open_store(tmp_path) as store:
        store.save(make_run(HIT), store.start_sweep(NOW, "0", "a catalogue"), NOW)
        store.outputs_written("LIPB")
    return tmp_path


def test_a_review_is_kept_turns_the_hit_and_makes_its_files_due(home: Path) -> None:
    with open_store(home) as store:
        assert store.add_reviews([review("confirmed", note="a tail fin")], NOW) == Added(new=1)
        [one] = store.recorded_hits("LIPB")
        assert (one.hit.status, one.judgement, store.outputs_due("LIPB")) == ("confirmed", "confirmed", True)
        assert one.reviews == (review("confirmed", note="a tail fin"),)
        score = HIT.score
        assert one.turns == (Turn(HIT.id, NOW, "provisional", "confirmed", TurnCode.REVIEWED, score, score),)
        assert "a tail fin" in one.hit.evidence[0].statement
        store.add_reviews([review("rejected", by="Bob"), review("unsure", hours=1)], NOW + timedelta(hours=2))
        [one] = store.recorded_hits()
        assert (one.hit.status, one.judgement, len(one.reviews)) == ("provisional", "rejected", 3)


def test_what_is_there_stays_and_contradictions_are_counted(home: Path) -> None:
    with open_store(home) as store:
        store.add_reviews([review("confirmed")], NOW)
        assert store.add_reviews([review("confirmed"), review("rejected")], NOW) == Added(known=1, contradicting=1)
        assert store.reviews() == {HIT.id: (review("confirmed"),)}


def test_reviews_of_unknown_hits_are_kept_and_count_when_the_hit_comes(home: Path) -> None:
    with open_store(home) as store:
        assert store.add_reviews([review("rejected", hit="LIPB-0002")], NOW) == Added(new=1, unknown_hits=1)
        assert not store.outputs_due("LIPB")
        store.save(make_run(make_hit(2)), 1, NOW)
        assert [one.judgement for one in store.recorded_hits("LIPB")] == ["unreviewed", "rejected"]


def test_a_review_counts_for_its_hit_however_it_spells_the_airfield(home: Path) -> None:
    with open_store(home) as store:
        store.add_reviews([replace(review("rejected"), airfield="Bolzano")], NOW)
        assert [one.judgement for one in store.recorded_hits("LIPB")] == ["rejected"]
        assert store.reviews("LOWI") == {}


def test_a_muted_hit_waits_for_no_channel(home: Path) -> None:
    with open_store(home) as store:
        store.save(replace(make_run(make_hit(2)), muted={"LIPB-0002": HIT.id}), 1, NOW)
        assert [one.hit.id for one in store.outbox(CHANNEL)] == [HIT.id]
        store.save(make_run(make_hit(2, status="withdrawn")), 1, NOW)
        assert [one.muted_by for one in store.recorded_hits()] == [None, HIT.id]
        assert [one.hit.id for one in store.outbox(CHANNEL)] == [HIT.id]


def test_a_record_of_the_third_version_takes_reviews(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / FILE)
    connection.executescript(VERSION_3.read_text())
    [name, airfield] = connection.execute("SELECT id, airfield FROM hits WHERE status != 'withdrawn'").fetchone()
    connection.close()
    with open_store(tmp_path) as store:
        assert store.add_reviews([replace(review("confirmed", hit=name), airfield=airfield)], NOW).new == 1
        [one] = [one for one in store.recorded_hits() if one.hit.id == name]
        assert (one.hit.status, [turn.reason_code for turn in one.turns]) == ("confirmed", [TurnCode.REVIEWED])


SAID = st.builds(
    review,
    st.sampled_from(VERDICTS),
    hit=st.sampled_from([HIT.id, "LIPB-0009"]),
    by=st.sampled_from(["Ann", "Bob"]),
    hours=st.integers(0, 5),
    note=st.sampled_from(["", "a van"]),
)
STORIES = st.lists(SAID, max_size=6, unique_by=lambda one: (one.hit, one.reviewer, one.reviewed_at))


@settings(max_examples=15)
@given(STORIES, st.randoms(use_true_random=False))
def test_adding_is_idempotent_and_blind_to_order_and_a_sweep_changes_no_review(said: list[Review], rng: Random) -> None:
    shuffled = said.copy()
    rng.shuffle(shuffled)

    def one_by_one(home: Path) -> list[object]:
        """The record after the reviews came singly, in another order, each twice, with a sweep between them."""
        with open_store(home) as store:
            store.save(make_run(HIT), store.start_sweep(NOW, "0", "a catalogue"), NOW)
            for one in shuffled:
                assert store.add_reviews([one], NOW).new == 1
                before = store.reviews()
                store.save(make_run(*store.hits("LIPB")), 1, NOW)
                assert store.reviews() == before
                assert store.add_reviews([one], NOW) == Added(known=1)
            return [store.reviews(), store.hits("LIPB")]

    def at_once(home: Path) -> list[object]:
        with open_store(home) as store:
            store.save(make_run(HIT), store.start_sweep(NOW, "0", "a catalogue"), NOW)
            store.add_reviews(said, NOW)
            return [store.reviews(), store.hits("LIPB")]

    assert in_a_folder(one_by_one) == in_a_folder(at_once)


def in_a_folder(work: Callable[[Path], list[object]]) -> list[object]:
    with TemporaryDirectory() as folder:
        return work(Path(folder))
