"""That a start which the tests fork from a process with its libraries loaded is as any other."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.starts import run_imagery_watch

from cli.test_station import mute_server


@pytest.mark.parametrize("line", ["airfields show lipb --json", "monitor --every 1m", "nonsense", "hits list -q"])
def test_it_says_what_any_start_says(line: str, tmp_path: Path) -> None:
    environment = {**os.environ, "IMAGERY_WATCH_HOME": str(tmp_path), "COLUMNS": "60"}
    command = [sys.executable, "-m", "imagery_watch", *line.split()]
    usual = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60)
    forked = run_imagery_watch(*line.split(), cwd=tmp_path, env=environment)
    assert (forked.args, forked.returncode) == (command, usual.returncode)
    assert (forked.stdout, forked.stderr) == (usual.stdout, usual.stderr)
    assert usual.stdout + usual.stderr


def test_it_has_the_folder_and_the_environment_that_it_is_given(tmp_path: Path) -> None:
    (tmp_path / "aoi.geojson").write_text("{")
    done = run_imagery_watch("airfields", "check", "aoi.geojson", cwd=tmp_path)
    assert done.returncode == 2 and "aoi.geojson: line 1, column 2" in done.stdout + done.stderr
    done = run_imagery_watch("hits", "list", env={**os.environ, "IMAGERY_WATCH_IN_FLIGHT": "many"})
    assert done.returncode == 2 and "IMAGERY_WATCH_IN_FLIGHT" in done.stderr


def test_one_that_does_not_end_is_ended_and_the_next_goes_on(tmp_path: Path) -> None:
    with mute_server() as url, pytest.raises(subprocess.TimeoutExpired):
        run_imagery_watch("run", "LIPB", "--catalog", url, cwd=tmp_path, timeout=0.2)
    assert "LIPB" in run_imagery_watch("airfields", "list", cwd=tmp_path).stdout
