"""A share of what the commands below `benchmarks/` try for longer."""

import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


def run(name: str, *options: str) -> str:
    """What a command prints; it must end well."""
    command = [sys.executable, str(BENCHMARKS / name), *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=540)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_no_reading_among_thousands_is_silently_wrong() -> None:
    """A process may crash: GDAL's table of file systems, which every reading of rasterio's opener changes, is no
    thread's own (rasterio issue 3636). That is told, and not yet held.
    """
    said = run("faults.py", "--reads", "12000", "--seconds", "60", "--seed", "2")
    assert "silent zeros 0, stale 0, wrong 0, other exceptions 0, crashes 0" in said


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_no_header_among_many_crashes_hangs_or_fills_the_memory() -> None:
    assert "BAD" not in run("fuzz_tiff.py", "--cases", "100000", "--seed", "2")


def test_a_few_headers_neither() -> None:
    assert "BAD" not in run("fuzz_tiff.py", "--cases", "2000", "--seed", "3")
