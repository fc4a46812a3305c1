"""A whole sweep, watched from within: what it writes lies in its home, whom it asks is its receiver, wherever it is."""

import json
import subprocess
import sys
from pathlib import Path

from support.monitor import NAME, NOW, SINCE, environment, files, make_archive, make_home, record
from support.sink import http_sink

from imagery_watch.monitor.sweep import sweep
from imagery_watch.settings import Settings
from monitor.test_alerting import HOOK

TESTS = Path(__file__).parents[1]
WATCHED = """
import json, os, sys
from pathlib import Path
from imagery_watch.monitor.sweep import sweep
from imagery_watch.settings import Settings
from support.monitor import NAME, NOW, SINCE, _writes

changed, asked = set(), set()

def hook(event, arguments):
    if event in ("os.rename", "os.remove", "os.mkdir", "os.link", "os.symlink", "sqlite3.connect"):
        changed.update(str(one) for one in arguments[:2] if isinstance(one, (str, bytes, Path)))
    elif event == "open" and _writes(arguments) and not isinstance(arguments[0], int):
        changed.add(os.fsdecode(arguments[0]))
    elif event == "socket.connect":
        asked.add(str(arguments[1]))
    elif event in ("subprocess.Popen", "os.exec", "os.system", "os.posix_spawn"):
        asked.add(event)

sys.addaudithook(hook)
sweep([NAME], Settings(), catalog=sys.argv[1], since=SINCE, now=NOW)
print(json.dumps([sorted(changed), sorted(asked)]))
"""


def test_a_sweep_writes_in_its_home_asks_its_receiver_and_is_the_same_in_every_time_zone(tmp_path: Path) -> None:
    catalog = make_archive(tmp_path / "archive", 6)
    homes = [make_home(tmp_path / name) for name in ("here", "there")]
    with http_sink() as sink:
        (homes[1] / "alerts.toml").write_text(HOOK)
        variables = environment(homes[1], TZ="Pacific/Kiritimati", DESK=sink.url, PYTHONDONTWRITEBYTECODE="1")
        variables["PYTHONPATH"] = f"{TESTS.parent}:{TESTS}"
        command = [sys.executable, "-c", WATCHED, str(catalog)]
        done = subprocess.run(command, env=variables, capture_output=True, text=True, timeout=120, check=True)
    changed, asked = json.loads(done.stdout)
    port = int(sink.url.rpartition(":")[2])
    assert asked == [str(("127.0.0.1", port))] and len(sink.taken) == 1
    assert str(homes[1]) in " ".join(changed)
    assert [path for path in changed if str(homes[1]) not in path and path not in ("/dev/null", ":memory:")] == []
    settings = Settings(home=homes[0], margin_m=300, retries=0, timeout_s=2, limit_plantings=0)
    sweep([NAME], settings, catalog=str(catalog), since=SINCE, now=NOW)
    here, there = (record(home) for home in homes)
    assert {**there, "deliveries": [one for one in there["deliveries"] if one[2] == "file"]} == here
    ours, theirs = (files(home) for home in homes)
    assert [name for name in ours if ours[name] != theirs[name] and not name.endswith("report.html")] == []
