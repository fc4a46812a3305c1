"""Settings that the command line lays over the environment's, and text that cannot act."""

import json

import pytest

from imagery_watch.cli.console import plain, print_json, settings, tell_warning
from imagery_watch.errors import UsageError
from imagery_watch.settings import read_settings


def test_the_budget_of_the_command_line_goes_before_the_environments(monkeypatch: pytest.MonkeyPatch) -> None:
    assert settings().false_alarms_per_year == 4.0
    monkeypatch.setenv("IMAGERY_WATCH_FALSE_ALARMS_PER_YEAR", "12")
    assert settings().false_alarms_per_year == 12.0
    assert settings(0.5).false_alarms_per_year == 0.5


@pytest.mark.parametrize("budget", [0.0, -1.0, float("nan"), float("inf")])
def test_a_budget_that_is_none_is_refused(budget: float) -> None:
    with pytest.raises(UsageError, match="false alarms per year"):
        read_settings(false_alarms_per_year=budget)


def test_the_environment_is_checked_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMAGERY_WATCH_FALSE_ALARMS_PER_YEAR", "-3")
    with pytest.raises(UsageError, match="IMAGERY_WATCH_FALSE_ALARMS_PER_YEAR"):
        settings()


@pytest.mark.parametrize("evil", ["\x1b[31m", "\x9b31m", "\x9d0;title\x9c", "\x85", "\u2028", "\u202e", "\r", "\x7f"])
def test_no_way_to_the_terminals_controls(evil: str, capsys: pytest.CaptureFixture[str]) -> None:
    tell_warning(UserWarning(f"a{evil}b\nc"), UserWarning, "x.py", 1)
    print_json({"name": f"a{evil}b"})
    told = capsys.readouterr()
    assert all(letter.isprintable() or letter == "\n" for letter in told.out + told.err)
    assert told.err.count("\n") == 1
    assert json.loads(told.out) == {"name": f"a{evil}b"}


def test_control_characters_do_not_reach_the_terminal() -> None:
    assert plain("a\x1b[31mb\nc") == "a?[31mb\nc"
