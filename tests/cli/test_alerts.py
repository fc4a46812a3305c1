"""The commands on alerts, as a user calls them."""

import json
import re
from pathlib import Path

import pytest
from support.sink import http_sink, in_turn
from typer.testing import CliRunner, Result

from cli.test_manners import GROUP, parse
from imagery_watch.cli.alerts import parse_span
from imagery_watch.cli.main import app
from imagery_watch.errors import AoiError, ExitCode, UsageError
from imagery_watch.monitor.sweep import locked

HOOK = '[[channel]]\nname = "desk"\nkind = "webhook"\nurl_env = "DESK"\n'
CANARY = "CANARY-7f3a"
PAGE = Path(__file__).parents[2] / "docs" / "alerts.md"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("IMAGERY_WATCH_HOME", str(tmp_path))
    monkeypatch.setenv("IMAGERY_WATCH_TIMEOUT_S", "2")
    return tmp_path


def call(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["alerts", *arguments])


def test_a_trial_says_that_it_is_one_and_leaves_no_trace(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "alerts.toml").write_text(HOOK + HOOK.replace("desk", "other").replace("DESK", "OTHER"))
    with http_sink(in_turn(200, 503)) as sink:
        monkeypatch.setenv("DESK", f"{sink.url}/{CANARY}")
        both = call("test")
        one = call("test", "desk")
        monkeypatch.setenv("OTHER", f"{sink.url}/{CANARY}")
        told = json.loads(call("test", "other", "--json").stdout)
    assert both.exit_code == ExitCode.USAGE
    assert both.stdout.splitlines() == [
        "desk: sent", "other: unusable: url_env: the environment variable OTHER is not set; set it where this runs"
    ]  # fmt: skip
    assert (
        one.exit_code == ExitCode.INCOMPLETE
        and one.stdout == "desk: not taken: answered HTTP 503 (Service Unavailable)\n"
    )
    assert told == [{"channel": "other", "state": "not taken", "said": "answered HTTP 503 (Service Unavailable)"}]
    message = json.loads(sink.got[0].body)
    assert (message["kind"], message["title"], message["hits"]) == ("trial", "imagery_watch: a trial", [])
    assert message["text"].startswith("This is a trial") and CANARY not in both.output + one.output
    assert not (home / "monitor.sqlite").exists()


@pytest.mark.parametrize(
    ("text", "arguments", "words"),
    [
        ("", (), "no channel is configured"),
        (HOOK, ("dsk",), "did you mean 'desk'"),
        ("[[channel]\n", (), "not TOML"),
    ],
)
def test_what_cannot_be_tried_is_named(home: Path, text: str, arguments: tuple[str, ...], words: str) -> None:
    (home / "alerts.toml").write_text(text)
    failed = call("test", *arguments)
    assert isinstance(failed.exception, UsageError) and words in str(failed.exception)


def test_a_silence_is_made_listed_and_ended(home: Path) -> None:
    assert "no channel is configured" in call("list").stdout
    assert call("silence", "bolzano", "--for", "7d", "--note", "works\non the apron").exit_code == ExitCode.DONE
    assert call("silence", "ALL", "--for", "12h", "--note", "moving").stdout.startswith("all airfields: silenced until")
    listed = json.loads(call("list", "--json").stdout)["silences"]
    assert [(one["airfield"], one["note"]) for one in listed] == [("LIPB", "works on the apron"), (None, "moving")]
    assert "silence: LIPB until" in call("list").stdout
    assert call("unsilence", "LIPB").stdout == "LIPB: no longer silenced\n"
    again = call("unsilence", "LIPB")
    assert (again.exit_code, again.stdout) == (ExitCode.DONE, "") and "nothing was silenced" in again.stderr
    assert len(json.loads(call("list", "--json").stdout)["silences"]) == 1


def test_a_silence_of_nowhere_and_one_during_a_sweep_are_refused(home: Path) -> None:
    assert isinstance(call("silence", "XXXXXXX", "--for", "7d", "--note", "").exception, AoiError)
    with locked(home):
        failed = call("silence", "LIPB", "--for", "7d", "--note", "x")
    assert getattr(failed.exception, "exit_code", None) == ExitCode.LOCKED


def test_the_commands_of_the_page_are_commands() -> None:
    lines = re.findall(r"^\$ imagery-watch (.*)$", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert {line.split()[1] for line in lines} == {"test", "list", "silence", "unsilence"}
    for line in lines:
        parse(GROUP, line.split())


@pytest.mark.parametrize(("text", "hours"), [("12h", 12), ("7d", 168), ("2w", 336), (" 1d ", 24)])
def test_spans(text: str, hours: int) -> None:
    assert parse_span(text).total_seconds() == 3600 * hours


@pytest.mark.parametrize("text", ["", "7", "d", "0d", "-1d", "1.5d", "7 d", "99999w", "7m", "٧d"])
def test_what_is_no_span_is_named(text: str) -> None:
    with pytest.raises(UsageError, match="expected hours, days or weeks"):
        parse_span(text)
