"""The command `demo` as a user runs it, without any network."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

OFFLINE = """
import socket, sys
def refused(*_, **__): raise OSError("the demonstration asked for the network")
socket.socket.connect = socket.socket.connect_ex = socket.getaddrinfo = socket.create_connection = refused
from imagery_watch.cli.main import main
main()
"""
NAME, STORY = "imagery-watch-demo", "imagery-watch-story"
"""Where the demonstration, and the story of Sunan, put their files when nothing is said."""


@dataclass(frozen=True)
class Demonstrated:
    """What one run of it said and wrote."""

    said: str
    out: Path


def demonstrate(folder: Path, *options: str) -> Demonstrated:
    """Runs the demonstration in a folder, or reads what an earlier run there said."""
    said, out = folder / "said.txt", folder / (STORY if "--story" in options else NAME)
    if not said.exists():
        folder.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(
            [sys.executable, "-c", OFFLINE, "demo", *options],
            cwd=folder,
            env={**os.environ, "COLUMNS": "120", "IMAGERY_WATCH_WORKERS": "2"},  # with processes, as on most machines
            capture_output=True,
            text=True,
            timeout=150,
        )
        assert (done.returncode, done.stderr) == (0, "")
        said.write_text(done.stdout, encoding="utf-8")
    return Demonstrated(said.read_text(encoding="utf-8"), out)
