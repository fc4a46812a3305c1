"""Who may import whom (the contracts in pyproject.toml), and that the package opens lightly."""

import subprocess
import sys
from pathlib import Path

import pytest

import imagery_watch

ROOT = Path(__file__).parent.parent


def test_the_contracts_between_the_floors_are_kept() -> None:
    command = [Path(sys.executable).with_name("lint-imports"), "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 broken" in done.stdout


def test_the_front_door_names_what_it_has() -> None:
    from imagery_watch import api as notebook

    assert imagery_watch.run is notebook.run
    assert imagery_watch.open_run is notebook.open_run
    assert imagery_watch.RunView is notebook.RunView
    with pytest.raises(AttributeError, match="no attribute 'runs'"):
        imagery_watch.runs  # noqa: B018
