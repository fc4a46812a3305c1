"""Eight monitors over one home: one works, the others leave with their exit code, and nothing is told twice.

That a killed holder frees the lock at once is in `monitor.test_sweep`.
"""

import json
import subprocess
from collections import Counter
from pathlib import Path

from support.monitor import NAME, command, environment, make_archive, make_home, record
from support.sink import http_sink

from imagery_watch.errors import ExitCode
from monitor.test_alerting import HOOK

MANY = 8


def start(home: Path, catalog: Path, url: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        command(catalog), env=environment(home, DESK=url), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def test_of_eight_at_once_one_works_and_nothing_is_told_twice(tmp_path: Path) -> None:
    catalog, home = make_archive(tmp_path / "archive", 6), make_home(tmp_path / "home")
    (home / "alerts.toml").write_text(HOOK + 'tell = ["hits"]\n')
    with http_sink() as sink:
        crowd = [start(home, catalog, sink.url) for _ in range(MANY)]
        said = [one.communicate(timeout=120) for one in crowd]
        codes = [one.returncode for one in crowd]
        assert set(codes) <= {ExitCode.DONE, ExitCode.LOCKED} and ExitCode.DONE in codes and ExitCode.LOCKED in codes
        for (out, err), code in zip(said, codes, strict=True):
            assert code == ExitCode.DONE or (out == "" and "another sweep is running" in err)
    told = Counter(hit["id"] for got in sink.got for hit in json.loads(got.body)["hits"])
    assert len(told) == 2 and set(told.values()) == {1}
    assert {row[0] for row in record(home)["hits"]} == told.keys()
    assert {row[0] for row in record(home)["airfields"]} == {NAME}
