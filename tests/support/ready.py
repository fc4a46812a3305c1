"""A Python that has loaded what `imagery-watch` needs, and becomes it as often as it is asked: `support.starts` asks.

Each line of its input is one start. It forks, and the child is a process like any other: with its own folder,
environment, signals and files, and a command line that is imported then. What it does without is the loading of
libraries, by far the most of a start, and their unloading.
"""

import atexit
import gc
import importlib
import json
import os
import pkgutil
import runpy
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

OURS = "imagery_watch"
NEVER = (f"{OURS}.cli", f"{OURS}.__main__", f"{OURS}.monitor.machines.cluster", f"{OURS}.outputs.notebook")
"""The command line, which each start imports for itself, and what no command imports."""
LATE = (
    *("airportsdata", "rasterio.features", "rasterio.warp", "rich.console", "rich.progress", "rich.table"),
    *("rich.text", "typer", "http.client", "pystac_client"),
)
"""Libraries that are imported within functions; not pandas, whose pyarrow starts a thread."""


def load() -> None:
    """Imports everything of ours but `NEVER`, and reads the airfields that ship with packages, which never change."""
    package = importlib.import_module(OURS)
    for module in pkgutil.walk_packages(package.__path__, f"{OURS}."):
        if not module.name.startswith(NEVER):
            importlib.import_module(module.name)
    for name in LATE:
        importlib.import_module(name)
    importlib.import_module(f"{OURS}.sources.places.index").load_places(Path(os.devnull))
    assert len([*Path("/proc/self/task").iterdir()]) == 1, "a process that has threads cannot be forked"
    gc.collect()
    gc.freeze()  # what is never looked at again is never copied for a child


def answer() -> dict[str, Any]:
    """Each request's exit code as a line, until the requests end; a child comes back from here with its own."""
    for line in iter(sys.stdin.buffer.readline, b""):
        child = os.fork()
        if not child:
            return dict(json.loads(line))
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        os.write(1, f"{code}\n".encode())
    os._exit(0)


def become(asked: dict[str, Any]) -> None:
    """What `python -m imagery_watch` would be, started so."""
    os.chdir(asked["cwd"])
    os.environ.clear()
    os.environ.update(asked["environment"])
    time.tzset()
    for number, path in enumerate(asked["files"]):
        opened = os.open(path, os.O_NOCTTY | (os.O_WRONLY if number else os.O_RDONLY))
        os.dup2(opened, number)
        os.close(opened)
    sys.stdin = os.fdopen(0, encoding=sys.stdin.encoding, closefd=False)
    sys.stdout.reconfigure(line_buffering=os.isatty(1))  # type: ignore[union-attr]
    sys.path[0] = asked["cwd"]
    sys.argv = ["", *asked["arguments"]]
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        runpy.run_module(OURS, run_name="__main__", alter_sys=True)
    except SystemExit as end:
        if end.code is None or isinstance(end.code, int):
            finish(end.code or 0)
        raise


def finish(code: int) -> None:
    """The end of a process: threads first, then what is registered for it, then what is still to be written."""
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    sys.path[0] = str(Path.cwd())
    load()
    become(answer())
