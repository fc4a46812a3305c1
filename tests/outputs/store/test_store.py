"""The record: round trips, damage of every kind, a full disk, and hits that keep their names."""

import os
import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagery_watch.errors import ExitCode, StoreError
from imagery_watch.model import Evidence, Hit, Look, LookResult, PassState, Period
from imagery_watch.outputs.reconcile.record import AirfieldRun, PassRecord, Reconciled, distance_m, reconcile
from imagery_watch.outputs.store.database import BACKUP, FILE, MARKER
from imagery_watch.outputs.store.schema import SCHEMA_VERSION
from imagery_watch.outputs.store.store import open_store, read_store
from imagery_watch.reasons import ReasonCode
from outputs.builders import START, make_hit, make_look, make_occupancy, make_stay

NOW = datetime(2022, 9, 1, tzinfo=UTC)
EVER = Period(None, None)
SEEN = PassRecord("sentinel-2a_20220306", START + timedelta(days=5), ("S2A_1 aa",), "scored", "", "hash", 22)
DATA = Path(__file__).parents[2] / "data"
VERSION_1 = DATA / "record_v1.sql"
VERSION_2 = DATA / "record_v2.sql"
VERSION_3 = DATA / "record_v3.sql"
CHANNEL = "file"


def seen_look(result: LookResult = "no_change", **changes: Any) -> Look:
    codes = (ReasonCode.FEW_PASSES, ReasonCode.SNOW_SEASON)
    return make_look(5, result, pass_id=SEEN.id, **{"reason_codes": codes, **changes})


def make_run(*hits: Hit, state: PassState = "scored") -> AirfieldRun:
    one = replace(SEEN, state=state)
    look = seen_look("failed" if state == "failed" else "no_change")
    stays = tuple(make_stay(arrival_hit=hit.id, moved_to="x") for hit in hits[:1])
    return AirfieldRun(
        "LIPB", "Bolzano", "aoi", (one,), (look,), hits, "credit", stays, occupancy=(make_occupancy(5, 3, 1),)
    )


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with one hit in its record, and a backup."""
    with open_store(tmp_path) as store:
        store.save(make_run(make_hit()), store.start_sweep(NOW, "0", "a catalogue"), NOW)
        store.back_up()
    return tmp_path


def everything(home: Path) -> list[str]:
    connection = sqlite3.connect(home / FILE)
    dump = list(connection.iterdump())
    connection.close()
    return dump


def reconciled(recorded: list[Hit], found: list[Hit], *, judged: bool = True, period: Period = EVER) -> Reconciled:
    return reconcile(recorded, found, period, lambda hit: judged)


def test_what_is_saved_comes_back(home: Path) -> None:
    with open_store(home) as store:
        assert store.hits("LIPB") == [make_hit()]
        assert store.passes("LIPB") == {SEEN.id: SEEN}
        assert store.stays("LIPB") == [make_stay(moved_to="x")]
        assert store.looks("LIPB") == [(seen_look(item_ids=()), make_occupancy(5, 3, 1))]
        assert (store.stays("LOWI"), store.looks("LOWI")) == ([], [])
        assert (store.hits("LOWI"), store.passes("LOWI"), store.outputs_due("LOWI")) == ([], {}, False)
        assert store.outputs_due("LIPB")
        store.outputs_written("LIPB")
        assert not store.outputs_due("LIPB")


def test_a_hit_leaves_the_outbox_once_and_stays_out(home: Path) -> None:
    with open_store(home) as store:
        assert store.outbox(CHANNEL) == [(make_hit(), "credit", 1)]
        store.note_delivery(make_hit().id, CHANNEL, NOW)
        store.save(make_run(make_hit(score=99.0, status="revised")), 1, NOW + timedelta(days=1))
        assert store.outbox(CHANNEL) == []
        assert [one.hit.id for one in store.outbox("another channel")] == [make_hit().id]
        store.note_delivery(make_hit().id, CHANNEL, NOW)
        assert store.hits("LIPB")[0].score == 99.0
    connection = sqlite3.connect(home / FILE)
    assert connection.execute("SELECT first_seen FROM hits").fetchall() == [("2022-09-01T00:00:00Z",)]
    told = [(make_hit().id, 1, CHANNEL, "2022-09-01T00:00:00Z", None)]
    assert connection.execute("SELECT * FROM deliveries").fetchall() == told
    connection.close()


def test_a_failed_look_does_not_wipe_out_what_was_seen(home: Path) -> None:
    with open_store(home) as store:
        store.save(make_run(state="failed"), 1, NOW)
        assert store.passes("LIPB")[SEEN.id].state == "failed"
    connection = sqlite3.connect(home / FILE)
    assert connection.execute("SELECT result FROM looks").fetchall() == [("no_change",)]
    connection.close()


def test_a_transaction_is_all_or_nothing(home: Path) -> None:
    before = everything(home)
    orphan = (make_look(9, pass_id="no such pass"),)
    with open_store(home) as store, pytest.raises(StoreError):
        store.save(replace(make_run(make_hit(2)), looks=orphan), 1, NOW)
    assert everything(home) == before


def test_a_full_disk_leaves_the_record_as_it_was(home: Path) -> None:
    before = everything(home)
    with open_store(home) as store:
        store._connection.execute("PRAGMA max_page_count = 1").fetchall()
        with pytest.raises(StoreError, match=r"full.*bytes free"):
            store.save(make_run(*(make_hit(number, summary="x" * 5000) for number in range(2, 50))), 1, NOW)
    assert everything(home) == before
    with open_store(home) as store:
        assert store.hits("LIPB") == [make_hit()]


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def lost(path: Path) -> None:
    path.unlink()


def lost_with_its_backup(path: Path) -> None:
    path.unlink()
    path.with_name(BACKUP).unlink()


def lost_with_its_marker(path: Path) -> None:
    path.unlink()
    path.with_name(MARKER).unlink()


def text(path: Path) -> None:
    path.write_text("this was a record once\n" * 400)


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def another_header(path: Path) -> None:
    path.write_bytes(b"\0" * 100 + path.read_bytes()[100:])


def a_page_of_noise(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[:8192] + bytes(range(256)) * 16 + content[12288:])


def another_application(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA application_id = 7")
    connection.close()


def a_newer_schema(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()


def a_broken_row(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("UPDATE hits SET properties = '{'")
    connection.commit()
    connection.close()


def a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


DAMAGES = [
    *(emptied, lost, lost_with_its_backup, lost_with_its_marker, text, cut, another_header, a_page_of_noise),
    *(another_application, a_newer_schema, a_broken_row, a_folder),
]


@pytest.mark.parametrize("damage", DAMAGES)
def test_damage_is_refused_by_name(home: Path, damage: Callable[[Path], None]) -> None:
    damage(home / FILE)
    with pytest.raises(StoreError) as refused, open_store(home) as store:
        store.hits("LIPB")
    assert refused.value.exit_code == ExitCode.STORE
    assert str(home / FILE) in str(refused.value)


@pytest.mark.parametrize("damage", [emptied, lost, cut, text])
def test_the_advice_restores_the_backup(home: Path, damage: Callable[[Path], None]) -> None:
    damage(home / FILE)
    with pytest.raises(StoreError, match=f"copy {BACKUP} to {FILE}"), open_store(home):
        pass
    shutil.copy(home / BACKUP, home / FILE)
    with open_store(home) as store:
        assert store.hits("LIPB") == [make_hit()]


def test_a_foreign_database_is_left_as_it_was(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / FILE)
    connection.execute("CREATE TABLE mine (x)")
    connection.close()
    before = (tmp_path / FILE).read_bytes()
    with pytest.raises(StoreError, match="not a record of imagery-watch"), open_store(tmp_path):
        pass
    assert (tmp_path / FILE).read_bytes() == before


def test_an_error_of_the_caller_stays_his_own(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), open_store(tmp_path):
        raise FileNotFoundError("not the record's fault")


def test_a_read_only_home_is_named(home: Path) -> None:
    home.chmod(0o500)
    try:
        if os.access(home, os.W_OK):
            pytest.skip("this user may write anywhere")
        with pytest.raises(StoreError, match=str(home)), open_store(home) as store:
            store.start_sweep(NOW, "0", "x")
    finally:
        home.chmod(0o700)


def restored(home: Path, dump: Path) -> Path:
    """A home with the record that was dumped."""
    home.mkdir()
    connection = sqlite3.connect(home / FILE)
    connection.executescript(dump.read_text())
    connection.close()
    return home


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A home whose record was made by the first version of the schema."""
    return restored(tmp_path / "old", VERSION_1)


@pytest.fixture
def second(tmp_path: Path) -> Path:
    """A home whose record the second version made: one hit handed on, two waiting."""
    return restored(tmp_path / "second", VERSION_2)


@pytest.fixture
def third(tmp_path: Path) -> Path:
    """A home whose record the third version made: the second's, brought up to date."""
    return restored(tmp_path / "third", VERSION_3)


def version(home: Path) -> int:
    connection = sqlite3.connect(home / FILE)
    number: int = connection.execute("PRAGMA user_version").fetchone()[0]
    connection.close()
    return number


def columns(home: Path) -> dict[str, list[tuple[object, ...]]]:
    connection = sqlite3.connect(home / FILE)
    names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    told = {
        name: connection.execute(f"SELECT name, type FROM pragma_table_info('{name}')").fetchall() for name in names
    }
    connection.close()
    return told


def test_a_record_of_the_first_version_is_brought_up_to_date(old: Path, home: Path) -> None:
    with open_store(old) as store:
        assert store.hits("LIPB") == [make_hit(before_pass="", after_pass=SEEN.id)]
        assert store.outbox(CHANNEL) == [(make_hit(before_pass="", after_pass=SEEN.id), "credit", 1)]
        assert store.passes("LIPB") == {SEEN.id: replace(SEEN, relative_orbit=None)}
        assert store.looks("LIPB") == [(seen_look(relative_orbit=None, item_ids=(), reason_codes=()), None)]
        assert store.stays("LIPB") == []
        store.note_listing("LIPB", gone=(), listed={SEEN.id: 22})
        assert store.passes("LIPB") == {SEEN.id: SEEN}
        store.save(make_run(make_hit()), 1, NOW)
        assert store.stays("LIPB") == [make_stay(moved_to="x")]
    assert version(old) == SCHEMA_VERSION
    assert columns(old) == columns(home)
    with open_store(old) as store:
        assert store.hits("LIPB") == [make_hit()]


def ids(home: Path, table: str) -> set[str]:
    connection = sqlite3.connect(home / FILE)
    found = {name for (name,) in connection.execute(f"SELECT id FROM {table}")}
    connection.close()
    return found


def test_a_record_of_the_second_version_keeps_every_name_and_hands_nothing_on_twice(second: Path, home: Path) -> None:
    before = {table: ids(second, table) for table in ("hits", "stays", "passes", "airfields", "sweeps")}
    with open_store(second) as store:
        assert [one.hit.kind for one in store.outbox(CHANNEL)] == ["arrival", "departure"]
        assert {one.hit.airfield for one in store.outbox(CHANNEL)} == {"TSTA"}
        [handed_on] = store.hits("EDBF")
        passes = store.passes("EDBF") | store.passes("TSTA")
        hits, stays = [*store.hits("EDBF"), *store.hits("TSTA")], [*store.stays("EDBF"), *store.stays("TSTA")]
        assert {one.sensor for one in passes.values()} == {look.sensor for look, _ in store.looks("TSTA")}
    for hit in hits:
        assert (passes[hit.before_pass].datetime, passes[hit.after_pass].datetime) == (hit.before, hit.after)
    for stay in stays:
        assert (passes[stay.first_pass].datetime, passes[stay.last_pass].datetime) == (stay.seen_from, stay.seen_to)
    assert {hit.evidence for hit in hits} == {()}
    assert {table: ids(second, table) for table in before} == before
    assert (version(second), columns(second)) == (SCHEMA_VERSION, columns(home))
    connection = sqlite3.connect(second / FILE)
    told = [(handed_on.id, 1, CHANNEL, "2022-09-01T06:00:00Z", None)]
    assert connection.execute("SELECT * FROM deliveries").fetchall() == told
    connection.close()


@pytest.mark.parametrize("table", ["deliveries", "hits_of_version_2"])
def test_a_migration_from_the_second_version_that_fails_changes_nothing(second: Path, table: str) -> None:
    connection = sqlite3.connect(second / FILE)
    connection.execute(f"CREATE TABLE {table} (mine)")
    connection.close()
    before = everything(second)
    with pytest.raises(StoreError, match=table), open_store(second):
        pass
    assert (everything(second), version(second)) == (before, 2)


def test_a_record_of_the_third_version_waits_for_reviews_and_messages(third: Path, home: Path) -> None:
    before = {table: ids(third, table) for table in ("hits", "stays", "passes", "airfields", "sweeps")}
    with open_store(third) as store:
        assert [one.hit.kind for one in store.outbox(CHANNEL)] == ["arrival", "departure"]
    assert {table: ids(third, table) for table in before} == before
    assert (version(third), columns(third)) == (SCHEMA_VERSION, columns(home))


@pytest.mark.parametrize("table", ["messages", "troubles", "silences", "reviews", "turns"])
def test_a_migration_from_the_third_version_that_fails_changes_nothing(third: Path, table: str) -> None:
    connection = sqlite3.connect(third / FILE)
    connection.execute(f"CREATE TABLE {table} (mine)")
    connection.close()
    before = everything(third)
    with pytest.raises(StoreError, match=table), open_store(third):
        pass
    assert (everything(third), version(third)) == (before, 3)


def test_a_migration_that_fails_changes_nothing(old: Path) -> None:
    connection = sqlite3.connect(old / FILE)
    connection.execute("CREATE TABLE stays (mine)")  # in the way of the last step
    connection.close()
    before = everything(old)
    with pytest.raises(StoreError, match="stays"), open_store(old):
        pass
    assert everything(old) == before
    assert version(old) == 1


def test_an_older_record_is_read_without_being_changed(old: Path) -> None:
    before = (old / FILE).read_bytes()
    with read_store(old) as store:
        assert store is not None
        assert [hit.id for hit in store.hits("LIPB")] == [make_hit().id]
    assert (old / FILE).read_bytes() == before


def test_reading_needs_no_lock_and_sees_what_is_committed(home: Path, tmp_path: Path) -> None:
    with open_store(home) as writing, read_store(home) as reading:
        assert reading is not None
        writing.save(make_run(make_hit(), make_hit(2)), 1, NOW)
        assert len(reading.hits("LIPB")) == 1
        with read_store(home) as later:
            assert later is not None
            assert len(later.hits("LIPB")) == 2


def test_there_is_nothing_to_read_before_the_first_sweep(tmp_path: Path) -> None:
    with read_store(tmp_path / "nowhere") as store:
        assert store is None
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("damage", [*DAMAGES[:2], *DAMAGES[4:]])
def test_damage_is_refused_when_reading_too(home: Path, damage: Callable[[Path], None]) -> None:
    damage(home / FILE)
    with pytest.raises(StoreError, match=FILE), read_store(home) as store:
        assert store is not None
        store.hits("LIPB")


@pytest.mark.skipif(os.name != "posix", reason="permissions are others' elsewhere")
def test_a_record_in_a_folder_that_cannot_be_written_is_read(home: Path) -> None:
    home.chmod(0o500)
    try:
        with read_store(home) as store:
            assert store is not None
            assert store.hits("LIPB") == [make_hit()]
    finally:
        home.chmod(0o700)


def test_a_half_made_record_is_no_record(tmp_path: Path) -> None:
    (tmp_path / f".{FILE}.part").write_text("left by a kill")
    with open_store(tmp_path) as store:
        assert store.hits("LIPB") == []
    assert sorted(path.name for path in tmp_path.iterdir()) == [FILE, MARKER]


def test_a_hit_found_again_keeps_its_name_and_its_number_moves_quietly() -> None:
    found = make_hit(1, id="other", score=20.0, length_m=52.0, lon=make_hit().lon + 1e-4)
    result = reconciled([make_hit()], [found])
    assert (result.new, result.revised, result.lost) == ((), (), ())
    assert result.hits == (replace(found, id=make_hit().id),)
    assert result.ids == {"other": make_hit().id}


@pytest.mark.parametrize(
    "change",
    [
        {"before": make_hit().before - timedelta(days=5)},
        {"after": make_hit().after - timedelta(days=1)},
        {"apron": "West"},
        {"length_m": 30.0},
        {"length_m": 80.0},
    ],
)
def test_a_hit_that_says_something_else_is_revised(change: dict[str, object]) -> None:
    result = reconciled([make_hit()], [replace(make_hit(), id="other", **change)])
    assert (result.revised, result.hits[0].status, result.hits[0].id) == ((make_hit().id,), "revised", make_hit().id)
    assert reconciled(list(result.hits), list(result.hits)).hits == result.hits


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "departure"},
        {"lat": make_hit().lat + 31 / 111_195},
        {"before": make_hit().after, "after": make_hit().after + timedelta(days=5)},
    ],
)
def test_another_kind_place_or_bracket_is_another_hit(change: dict[str, object]) -> None:
    result = reconciled([make_hit()], [replace(make_hit(), **change)])
    assert result.new == (f"{make_hit().id}-2",)
    assert result.lost == (make_hit().id,)


def test_evidence_is_kept_when_a_hit_is_found_again() -> None:
    flight, review = Evidence("tracks.csv", "confirmed", "A flight landed."), Evidence("review", "confirmed", "Seen.")
    known = make_hit(evidence=(flight,))
    assert reconciled([known], [make_hit()]).hits[0].evidence == (flight,)
    assert reconciled([known], [make_hit(evidence=(flight, review))]).hits[0].evidence == (flight, review)


def test_what_no_longer_comes_out_is_withdrawn_once_and_may_come_back() -> None:
    gone = reconciled([make_hit()], [])
    assert (gone.lost, gone.withdrawn[0].status) == ((make_hit().id,), "withdrawn")
    still = reconciled(list(gone.withdrawn), [])
    assert (still.lost, still.withdrawn) == ((), gone.withdrawn)
    back = reconciled(list(gone.withdrawn), [make_hit()])
    assert (back.new, back.hits[0].status) == ((), "revised")


def test_what_could_not_be_judged_stays_as_it_was() -> None:
    assert reconciled([make_hit()], [], judged=False).kept == (make_hit(),)
    wider = replace(make_hit(), id="other", before=make_hit().before - timedelta(days=5))
    result = reconciled([make_hit()], [wider], judged=False)
    assert (result.hits, result.revised, result.ids) == ((make_hit(),), (), {"other": make_hit().id})


def test_hits_that_reach_out_of_the_period_are_left_alone() -> None:
    hit = make_hit()
    later = Period(hit.after + timedelta(days=1), None)
    across = Period(hit.before + timedelta(days=1), None)
    outside = reconciled([hit], [], period=later)
    assert (outside.withdrawn, outside.kept) == ((), ())
    assert reconciled([hit], [], period=across).kept == (hit,)


def test_the_likest_hit_is_taken_first() -> None:
    near, far = make_hit(1, id="near"), make_hit(1, id="far", lon=make_hit().lon + 2e-4)
    found = [replace(far, id="b", lon=far.lon + 1e-5), replace(near, id="a", lon=near.lon + 1e-5)]
    assert reconciled([far, near], found).ids == {"a": "near", "b": "far"}


def test_places_across_the_antimeridian_are_near() -> None:
    east, west = make_hit(lon=179.9999, lat=0.0), make_hit(lon=-179.9999, lat=0.0)
    assert distance_m(east, west) == pytest.approx(22.2, abs=0.1)


@given(st.lists(st.tuples(st.integers(1, 4), st.sampled_from(["arrival", "departure"])), unique=True), st.randoms())
def test_reconciling_is_idempotent_and_blind_to_order(plan: list[tuple[int, str]], rng: Random) -> None:
    found = [make_hit(number, id=f"{kind}-{number}", kind=kind) for number, kind in plan]
    first = reconciled([], found)
    shuffled = found.copy()
    rng.shuffle(shuffled)
    assert reconciled([], shuffled) == first
    again = reconciled(list(first.hits), shuffled)
    assert (again.hits, again.new, again.revised, again.withdrawn) == (first.hits, (), (), ())
