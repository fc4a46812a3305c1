"""The commands on the record, and a sweep's share, as a user calls them."""

import json
import re
from pathlib import Path

import pytest
from monitor.test_records import make_record
from outputs.reconcile.test_standing import review
from outputs.store.test_store import NOW
from typer.testing import CliRunner, Result

from cli.test_manners import GROUP, parse
from imagery_watch.cli.main import app
from imagery_watch.errors import ExitCode, StoreError, UsageError
from imagery_watch.outputs.store.database import BACKUP, FILE
from imagery_watch.outputs.store.store import open_store

ROOT = Path(__file__).parents[2]
ITEMS = str(ROOT / "tests" / "data" / "fehrbellin" / "items.json")


def call(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Homes named by where the user is."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("IMAGERY_WATCH_HOME", "home")
    make_record(Path("home"))
    return tmp_path


def test_merging_says_what_came_of_each_record() -> None:
    first, again = (
        call("record", "merge", "all", "home"),
        call("record", "merge", "all", "home", f"home/{BACKUP}", "--json"),
    )
    assert first.stdout == f"home/{FILE}: 1 airfield, of which 1 new or newer\nmerged into all\n"
    assert [(one["airfields"], one["newer"]) for one in json.loads(again.stdout)] == [(1, 0), (1, 0)]
    assert isinstance(call("record", "merge", "all", "nowhere").exception, UsageError)
    Path("home", FILE).write_bytes(b"")
    assert isinstance(call("record", "merge", "all", "home").exception, StoreError)


def test_verifying_names_what_is_damaged() -> None:
    whole = call("record", "verify")
    assert (whole.exit_code, whole.stdout) == (0, "home: 1 airfield, kept looks of 0, 0 windows; nothing damaged\n")
    Path("home", BACKUP).write_bytes(b"torn")
    torn, told = call("record", "verify", "home"), call("record", "verify", "home", "--json")
    assert torn.exit_code == told.exit_code == ExitCode.STORE
    assert torn.stdout.startswith(f"damaged: home/{BACKUP}: ") and "1 damaged" in torn.stdout
    assert [one["path"] for one in json.loads(told.stdout)["damaged"]] == [f"home/{BACKUP}"]


def test_a_shard_by_the_environments_index_and_one_without_airfields(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOB_COMPLETION_INDEX", "0")
    asked = ("monitor", "LIPB", "EDBF", "--catalog", ITEMS, "--since", "2020-05-01")
    there = call(*asked, "--shard", "/2", "--json")
    assert [one["airfield"] for one in json.loads(there.stdout)["airfields"]] == ["EDBF"]
    none = call(*asked, "--shard", "8/8")
    assert none.exit_code == ExitCode.DONE and "none of those asked for is in this shard" in none.stdout
    assert isinstance(call(*asked, "--shard", "3").exception, UsageError)


def test_the_commands_of_the_page_are_commands() -> None:
    page = (ROOT / "docs" / "scale.md").read_text(encoding="utf-8")
    lines = re.findall(r"^\$ imagery-watch (.+)$", page, flags=re.MULTILINE)
    assert len(lines) == 2
    for line in lines:
        parse(GROUP, line.split())


def test_the_history_of_a_hit_tells_of_a_review_that_came_by_a_merge(monkeypatch: pytest.MonkeyPatch) -> None:
    make_record(Path("other"), 1)
    with open_store(Path("home")) as store:
        store.add_reviews([review("confirmed")], NOW)
    assert call("record", "merge", "other", "home").exit_code == ExitCode.DONE
    monkeypatch.setenv("IMAGERY_WATCH_HOME", "other")
    shown = " ".join(call("hits", "show", "LIPB-0001").stdout.split())
    assert "provisional → confirmed" in shown and "noted when records were merged" in shown
