"""Merging by hand: homes and files, all or nothing; and a home that is checked, byte by byte."""

import json
import shutil
import sqlite3
import zlib
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from outputs.builders import make_hit
from outputs.reconcile.test_standing import review
from outputs.store.test_store import NOW, VERSION_1, VERSION_3, make_run

from imagery_watch.errors import ExitCode, LockedError, StoreError, UsageError
from imagery_watch.model import Grid
from imagery_watch.monitor.keeping.watch import FORM
from imagery_watch.monitor.records import merge_records, verify_home
from imagery_watch.monitor.sweep import locked
from imagery_watch.outputs.store.database import BACKUP, FILE, MARKER
from imagery_watch.outputs.store.store import open_store
from imagery_watch.settings import Settings
from imagery_watch.sources.pixels.chip_cache import ChipCache


def make_record(home: Path, days: int = 0, *numbers: int) -> Path:
    """A home whose record has one airfield, scored on a day, with hits of these numbers."""
    with open_store(home) as store:
        now = NOW + timedelta(days=days)
        store.save(make_run(*map(make_hit, numbers or (1,))), store.start_sweep(now, "0", "a catalogue"), now)
        store.back_up()
    return home


def ids(home: Path) -> list[str]:
    with open_store(home) as store:
        return [hit.id for hit in store.hits("LIPB")]


def test_the_record_that_scored_an_airfield_last_has_it_whole_and_reviews_stay(tmp_path: Path) -> None:
    old, new = make_record(tmp_path / "old", 0, 1, 2), make_record(tmp_path / "new", 1, 1)
    with open_store(old) as store:
        store.add_reviews([review("confirmed", note="a tail fin"), review("rejected", hit="LIPB-0002")], NOW)
    assert [one.newer for one in merge_records(tmp_path / "all", [new / FILE, old])] == [1, 0]
    with open_store(tmp_path / "all") as store:
        [one] = store.recorded_hits("LIPB")
        assert (one.hit.id, one.hit.status, one.judgement) == ("LIPB-0001", "confirmed", "confirmed")
        assert "a tail fin" in one.hit.evidence[-1].statement
        assert [(turn.was, turn.became, turn.reason_code) for turn in one.turns] == [
            ("provisional", "confirmed", "reviewed")
        ]
        assert set(store.reviews()) == {"LIPB-0001", "LIPB-0002"}
        assert store.outputs_due("LIPB")
    assert ids(new) == ["LIPB-0001"] and ids(old) == ["LIPB-0001", "LIPB-0002"]


def test_it_is_made_with_its_marker_and_backup_and_may_be_among_the_sources(tmp_path: Path) -> None:
    one = make_record(tmp_path / "one")
    merge_records(tmp_path / "made" / "here", [one])
    assert {path.name for path in (tmp_path / "made" / "here").iterdir()} >= {FILE, MARKER, BACKUP}
    assert [taken.newer for taken in merge_records(one, [one, one / FILE])] == [0, 0]
    assert ids(one) == ids(tmp_path / "made" / "here") == ["LIPB-0001"]


@pytest.mark.parametrize("older", [VERSION_1, VERSION_3])
def test_an_older_record_is_read_and_stays_as_it_is(older: Path, tmp_path: Path) -> None:
    path = tmp_path / "older.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(older.read_text(encoding="utf-8"))
    before = path.read_bytes()
    merge_records(tmp_path / "all", [path, path])
    assert path.read_bytes() == before
    assert verify_home(Settings(home=tmp_path / "all")).damaged == ()


def overwrite(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[4096:8192] = b"\xa5" * 4096
    path.write_bytes(content)


def pragma(name: str, value: int) -> Callable[[Path], None]:
    def change(path: Path) -> None:
        with closing(sqlite3.connect(path)) as connection:
            connection.execute(f"PRAGMA {name} = {value}")
            connection.commit()

    return change


SPOILT: dict[str, tuple[Callable[[Path], object], str]] = {
    "a page overwritten": (overwrite, "damaged"),
    "empty": (lambda path: path.write_bytes(b""), "empty"),
    "no database": (lambda path: path.write_bytes(b"a letter" * 4000), "damaged"),
    "foreign": (pragma("application_id", 7), "not a record of imagery-watch"),
    "newer": (pragma("user_version", 99), "update imagery-watch"),
    "lost": (Path.unlink, "missing"),
}


@pytest.mark.parametrize("how", SPOILT)
def test_a_record_that_cannot_be_used_is_named_and_nothing_is_changed(how: str, tmp_path: Path) -> None:
    into, good, bad = (make_record(tmp_path / name, day) for name, day in (("into", 0), ("good", 1), ("bad", 2)))
    for home in (into, good, bad):
        with closing(sqlite3.connect(home / FILE)) as connection:
            connection.execute("PRAGMA journal_mode = DELETE")
    spoil, words = SPOILT[how]
    spoil(bad / FILE)
    before = (into / FILE).read_bytes()
    for target in (into, tmp_path / "new"):
        with pytest.raises(StoreError, match=words) as caught:
            merge_records(target, [good, bad])
        assert str(bad / FILE) in str(caught.value) and caught.value.exit_code == ExitCode.STORE
    assert (into / FILE).read_bytes() == before and not (tmp_path / "new").exists()


def test_what_is_no_record_and_who_holds_the_lock(tmp_path: Path) -> None:
    one, nothing = make_record(tmp_path / "one"), tmp_path / "nothing"
    with pytest.raises(UsageError, match="nothing: no record is there"):
        merge_records(tmp_path / "all", [one, nothing])
    with pytest.raises(UsageError, match=f"expected a home, or a file named {FILE}"):
        merge_records(one / MARKER, [one])
    with locked(one), pytest.raises(LockedError):
        merge_records(one, [one])
    with pytest.raises(UsageError, match="no record is there"):
        verify_home(Settings(home=nothing))


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with a record, one window in the cache, and the kept looks of one airfield."""
    home = make_record(tmp_path / "home")
    ChipCache(home / "cache").put("an item", "a band", Grid(32632, 0.0, 0.0, 4, 4), np.ones((4, 4), np.uint16))
    (home / "watch" / "LIPB" / "looks").mkdir(parents=True)
    for name in ("frame.f4", "looks/one.f4"):
        (home / "watch" / "LIPB" / name).write_bytes(name.encode())
    told = {"form": FORM, "frame": {"crc": zlib.crc32(b"frame.f4")},
            "looks": [{"file": "looks/one.f4", "crc": zlib.crc32(b"looks/one.f4")}]}  # fmt: skip
    (home / "watch" / "LIPB" / "watch.json.z").write_bytes(zlib.compress(json.dumps(told).encode()))
    return home


def test_a_whole_home_is_whole(home: Path) -> None:
    found = verify_home(Settings(home=home))
    assert (found.airfields, found.watches, found.chips, found.damaged) == (1, 1, 1, ())
    assert found.exit_code == ExitCode.DONE


@pytest.mark.parametrize(
    ("name", "words"),
    [
        (FILE, "damaged"),
        (BACKUP, "delete it"),
        ("watch/LIPB/watch.json.z", "judges the airfield anew"),
        ("watch/LIPB/frame.f4", "judges the airfield anew"),
        ("watch/LIPB/looks/one.f4", "judges the airfield anew"),
        ("cache/*/*.chip", "fetched again"),
    ],
)
def test_one_damaged_file_is_named_with_what_to_do(home: Path, name: str, words: str) -> None:
    [path] = home.glob(name)
    if name == FILE:
        shutil.rmtree(path.with_name("watch"))
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA journal_mode = DELETE")
    content = bytearray(path.read_bytes())
    content[len(content) // 2 :] = b"\xa5" * (len(content) - len(content) // 2)
    path.write_bytes(content)
    found = verify_home(Settings(home=home))
    [damage] = found.damaged
    assert damage.path == path and words in damage.remedy and found.exit_code == ExitCode.STORE


def test_a_kept_look_that_is_missing_is_damage_and_an_older_form_is_none(home: Path) -> None:
    (home / "watch" / "LIPB" / "looks" / "one.f4").unlink()
    assert [one.path.name for one in verify_home(Settings(home=home)).damaged] == ["one.f4"]
    (home / "watch" / "LIPB" / "watch.json.z").write_bytes(zlib.compress(json.dumps({"form": FORM - 1}).encode()))
    assert verify_home(Settings(home=home)).damaged == ()


def test_a_copy_of_a_record_is_no_home_and_its_damage_is_no_reason_to_delete_the_record(tmp_path: Path) -> None:
    home = make_record(tmp_path / "home") or tmp_path / "home"
    copy = home / "copy.sqlite"
    copy.write_bytes(b"junk")
    with pytest.raises(UsageError, match="expected a home"):
        verify_home(Settings(home=copy))
    with pytest.raises(StoreError, match="leave it out") as told:
        merge_records(tmp_path / "all", [copy])
    assert "Delete" not in str(told.value)
