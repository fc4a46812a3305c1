"""A watch among faults: `python benchmarks/soak.py --airfields 3 --passes 10 --minutes 2`. SIMULATED, real files.

Passes come one after another. In each sweep some files cannot be reached, half of the sweeps are killed at a random
moment (SIGKILL), and the receiver of alerts fails every third time. When the time is up one sweep is left alone, and
what the record has is held against one sweep over everything that no fault met. Expected: nothing lost or told twice.
"""

import argparse
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from shutil import copytree
from threading import Thread
from typing import Any

from monitor import ROOT, write_airfields

NOWHERE = "http://127.0.0.1:9/gone.tif"
"""Where nobody listens."""
UNREACHED, KILLED, REFUSED = 0.05, 0.5, 0.33
"""Shares: of the items in each sweep, of the sweeps, of the messages."""
ALERTS = '[[channel]]\nname = "desk"\nkind = "webhook"\nurl_env = "SOAK_URL"\ntell = ["hits"]\n'
QUICK = {"IMAGERY_WATCH_RETRIES": "0", "IMAGERY_WATCH_TIMEOUT_S": "2", "IMAGERY_WATCH_LIMIT_PLANTINGS": "0"}


@dataclass
class Receiver:
    """Takes messages, and fails at random."""

    dice: random.Random
    is_kind: bool = False
    taken: dict[str, bytes] = field(default_factory=dict)

    def start(self) -> str:
        """Its address."""
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                refused = not receiver.is_kind and receiver.dice.random() < REFUSED
                if not refused:
                    receiver.taken[self.headers["Idempotency-Key"]] = body
                self.send_response(503 if refused else 200)
                self.end_headers()

            def log_message(self, *args: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        Thread(target=server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}"

    def count_told(self) -> Counter[tuple[str, int]]:
        """How often each hit's revision was told, whatever the message."""
        return Counter((hit["id"], hit["revision"]) for body in self.taken.values() for hit in json.loads(body)["hits"])


def write_listing(path: Path, items: list[list[dict[str, Any]]], passes: int, dice: random.Random | None) -> Path:
    """The first passes of each airfield; with dice some have a file that cannot be reached."""
    features = json.loads(json.dumps([item for some in items for item in some[:passes]]))
    for one in features:
        if dice is not None and dice.random() < UNREACHED:
            one["assets"][dice.choice(sorted(one["assets"]))]["href"] = NOWHERE
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return path


def sweep(home: Path, catalog: Path, since: str, url: str, kill_after_s: float | None = None) -> int:
    """One sweep by the command line; returns its exit code."""
    names = [path.stem for path in sorted((home / "aoi").iterdir())]
    command = [sys.executable, "-m", "imagery_watch", "monitor", *names, "--catalog", str(catalog), "--since", since]
    environment = os.environ | QUICK | {"IMAGERY_WATCH_HOME": str(home), "PYTHONPATH": str(ROOT), "SOAK_URL": url}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        return process.wait(kill_after_s)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        return process.wait()


def read_standing(home: Path) -> list[dict[str, Any]]:
    """The hits that stand in the record."""
    connection = sqlite3.connect(home / "monitor.sqlite")
    rows = connection.execute("SELECT properties FROM hits WHERE status != 'withdrawn'").fetchall()
    connection.close()
    return [json.loads(row[0]) for row in rows]


def list_standing(home: Path) -> Counter[tuple[str, ...]]:
    """What stands: airfield, kind and bracket of each hit."""
    return Counter((hit["airfield"], hit["kind"], hit["before"], hit["after"]) for hit in read_standing(home))


def untie(home: Path) -> None:
    """What waits for its next try is due at once: nobody wants to watch it wait."""
    if (home / "monitor.sqlite").exists():
        connection = sqlite3.connect(home / "monitor.sqlite")
        connection.execute("UPDATE messages SET next_try_at = '2000-01-01T00:00:00Z' WHERE sent_at IS NULL")
        connection.commit()
        connection.close()


def soak(folder: Path, airfields: int, passes: int, minutes: float, seed: int) -> bool:
    """Lives it, and prints what came of it; returns whether nothing was lost or told twice."""
    dice, images, home = random.Random(seed), folder / "imagery", folder / "home"
    images.mkdir()
    items = write_airfields(images, home, airfields, passes)
    (home / "alerts.toml").write_text(ALERTS)
    since, calm = items[0][0]["properties"]["datetime"][:10], copytree(home, folder / "calm")
    receiver, codes = Receiver(dice), Counter[int]()
    url, until, number = receiver.start(), time.monotonic() + 60 * minutes, 0
    while time.monotonic() < until:
        there = min(passes, passes // 2 + number // 2)
        catalog = write_listing(images / "items.json", items, there, dice)
        codes[sweep(home, catalog, since, url, dice.uniform(0.5, 12) if dice.random() < KILLED else None)] += 1
        untie(home)
        number += 1
    receiver.is_kind, catalog = True, write_listing(images / "items.json", items, passes, None)
    last = [sweep(one, catalog, since, url if one == home else "") for one in (home, calm)]
    found, expected = list_standing(home), list_standing(calm)
    again = {hit: times for hit, times in receiver.count_told().items() if times > 1}
    print(f"{number} sweeps, of which killed: {codes[-signal.SIGKILL]}, with something failed: {codes[3]}")
    print(f"exit codes: {dict(codes)}; of the last sweep: {last[0]}")
    lost, extra = expected - found, found - expected
    print(f"hits: {expected.total()} expected, {lost.total()} lost, {extra.total()} too many")
    told = {hit for hit, _ in receiver.count_told()}
    untold = [hit["id"] for hit in read_standing(home) if not hit["late"] and hit["id"] not in told]
    count = receiver.count_told().total()
    print(f"revisions told: {count}, of which told twice: {len(again)}; hits not told: {len(untold)}")
    return not (lost or extra or again or untold or last[0])


def main() -> None:
    """Prints what was lost or told twice; exit code 1 where anything was."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--airfields", type=int, default=3)
    parser.add_argument("--passes", type=int, default=10)
    parser.add_argument("--minutes", type=float, default=2.0)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        well = soak(Path(name), asked.airfields, asked.passes, asked.minutes, asked.seed)
    sys.exit(0 if well else 1)


if __name__ == "__main__":
    main()
