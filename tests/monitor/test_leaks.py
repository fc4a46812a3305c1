"""A watch that goes on for long: memory, open files and what lies beside the record do not grow with the sweeps."""

import gc
from pathlib import Path

import psutil
import pytest
from outputs.builders import make_hit
from support.desk import Watchman
from support.sink import http_sink

from monitor.test_alerting import DOWN, HOOK, WELL

WARM, SWEEPS = 60, 300
MOST_BYTES = 5_000_000


@pytest.mark.slow
def test_three_hundred_sweeps_leave_nothing_behind(tmp_path: Path) -> None:
    """The same hits, that turn, with troubles and a receiver that fails: what grows is in the record alone."""
    process = psutil.Process()
    with http_sink() as sink:
        one = Watchman(tmp_path, {"DESK": sink.url})
        one.configure(HOOK)
        for number in range(WARM + SWEEPS):
            if number == WARM:
                gc.collect()
                before = process.memory_info().rss, process.num_fds(), sorted(tmp_path.iterdir())
            status = "withdrawn" if number % 2 else "revised"
            one.sweep(make_hit(1), make_hit(2, status=status), outcomes=DOWN if number % 5 == 0 else WELL)
            del sink.got[:]
        gc.collect()
    after = process.memory_info().rss, process.num_fds(), sorted(tmp_path.iterdir())
    assert after[0] - before[0] < MOST_BYTES
    assert after[1] <= before[1] + 2
    assert after[2] == before[2]
    assert not [path for path in tmp_path.rglob("*") if path.name.startswith(".") or path.suffix == ".part"]
