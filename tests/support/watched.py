"""A process that takes what is hostile through the product's own doors, one case after the other, and is watched.

Run as `python -m support.watched HOME`; a case is a line of JSON, and so is what came of it: what Python opened outside
of what it may, whom it connected to, what it started. Names that end in `.example` lead to this machine, as a hostile
name server would have them. What GDAL does in C no hook sees: for that there are canaries, files that tell that they
were opened and a port that tells what was said to it.
"""

import ctypes
import json
import os
import resource
import select
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
AIRFIELD = ROOT / "aoi" / "LIPB.geojson"
MEMORY = 3 * 2**30
"""Address space of the process: libraries and threads take half of it, and no bomb finds more."""
CASE_S = 60.0
IN_ACCESS, IN_OPEN = 0x1, 0x20
MINE = ("/dev/", "/proc/", "/sys/", "/usr/", "/etc/ssl", "/etc/localtime", "/etc/mime.types", "/lib")
"""Of the system: libraries, clocks, certificates."""

_LAST = b"that is all"
STARTS = ("subprocess.Popen", "os.exec", "os.system", "os.posix_spawn", "os.fork", "sqlite3.load_extension")


class Canaries:
    """Files and a port that nobody may touch."""

    def __init__(self, *files: Path) -> None:
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._watch = self._libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        for file in files:
            self._libc.inotify_add_watch(self._watch, os.fsencode(file), IN_ACCESS | IN_OPEN)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.heard = list[bytes]()
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                client.settimeout(2)
                with client, suppress(OSError):
                    if said := client.recv(4096):
                        self.heard.append(said)

    def hear(self) -> list[bytes]:
        """What was said to the port since the last time."""
        with socket.create_connection(("127.0.0.1", self.port)) as caller:
            caller.sendall(_LAST)
        deadline = time.monotonic() + 10
        while _LAST not in self.heard and time.monotonic() < deadline:  # calls are taken one after the other
            time.sleep(0.001)
        heard = [said for said in self.heard if said != _LAST]
        self.heard.clear()
        return heard

    def touched(self) -> bool:
        """Whether a file was opened since the last time."""
        try:
            return bool(os.read(self._watch, 65_536))
        except BlockingIOError:
            return False

    def close(self) -> None:
        """Ends the watching."""
        os.close(self._watch)
        self._listener.close()


@dataclass
class Watched:
    """The process, from outside."""

    process: "subprocess.Popen[bytes]"

    def take(self, **case: Any) -> dict[str, Any]:
        """What came of a case. Raises AssertionError where the process does not answer, or died."""
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write(json.dumps(case, default=str).encode() + b"\n")
        self.process.stdin.flush()
        answered = select.select([self.process.stdout], [], [], CASE_S)[0]
        assert answered, "no answer in time"
        line = self.process.stdout.readline()
        assert line, "the process died"
        return dict(json.loads(line))


@contextmanager
def watch(home: Path) -> Iterator[Watched]:
    """Such a process with a home of its own, ended with the block."""
    for name in ("temp", "cache"):
        (home / name).mkdir(parents=True, exist_ok=True)
    environment = {
        **{name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")},
        "PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}",
        "TMPDIR": str(home / "temp"),
        "IMAGERY_WATCH_HOME": str(home),
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
    }
    command = [sys.executable, "-W", "ignore", "-m", "support.watched", str(home)]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment, cwd=home
    )
    try:
        yield Watched(process)
    finally:
        process.kill()
        process.wait(10)
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                with suppress(OSError):
                    stream.close()


class _Seen:
    """What the hook saw, while it is on."""

    def __init__(self) -> None:
        self.on = False
        self.allowed: tuple[str, ...] = ()
        self.opened, self.asked, self.started = list[str](), list[str](), list[str]()

    def hook(self, event: str, arguments: tuple[Any, ...]) -> None:
        """For `sys.addaudithook`."""
        if not self.on:
            return
        if event == "open" and isinstance(arguments[0], str | bytes):
            path = os.path.normpath(Path.cwd() / os.fsdecode(arguments[0]))
            if not f"{path}/".startswith(self.allowed):
                self.opened.append(path)
        elif event == "socket.connect":
            self.asked.append(str(arguments[1]))
        elif event in STARTS:
            self.started.append(event)


def _main(home: Path) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    import rasterio  # noqa: F401

    _mislead()
    seen = _Seen()
    ours = (ROOT / "imagery_watch", ROOT / "aoi", ROOT / "tests", home, home.resolve())
    python = (sys.prefix, sys.base_prefix, Path(sys.prefix).resolve())
    prefixes = [f"{one}/" for one in (*ours, *python)]
    sys.addaudithook(seen.hook)
    for line in sys.stdin:
        case = json.loads(line)
        seen.allowed = (*prefixes, *MINE, *(f"{one}/" for one in case.pop("allowed", ())))
        seen.opened, seen.asked, seen.started = [], [], []
        Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
        began, seen.on = time.monotonic(), True
        said = _take(case, home)
        seen.on = False
        peak = _peak_mb()
        told = {"said": said[:2000], "peak_mb": peak, "seconds": time.monotonic() - began}
        saw = {"opened": seen.opened, "asked": seen.asked, "started": seen.started}
        print(json.dumps({**told, **saw}), flush=True)


def _peak_mb() -> int:
    told = Path("/proc/self/status").read_text()
    return int(told.partition("VmHWM:")[2].split()[0]) // 1024


def _mislead() -> None:
    """Every name that ends in `.example` is this machine's, and none that ends in `.test` is known."""
    honest = socket.getaddrinfo

    def getaddrinfo(host: Any, *arguments: Any, **options: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if name and name.endswith(".test"):
            raise socket.gaierror(socket.EAI_NONAME, "nobody knows it")
        return honest("127.0.0.1" if name and name.endswith(".example") else host, *arguments, **options)

    socket.getaddrinfo = getaddrinfo


def _take(case: dict[str, Any], home: Path) -> str:
    """What a door says of a case: `refused: ...` in the product's own words, `read: ...`, or a traceback's end."""
    from imagery_watch.errors import ImageryWatchError

    try:
        return f"read: {DOORS[case.pop('door')](home=home, **case)}"
    except ImageryWatchError as error:
        return f"refused: {error}"
    except Exception as error:
        return f"EXCEPTION {type(error).__name__}: {error}"


def _files(home: Path, catalog: str) -> str:
    """A catalogue as a person names it: a file, a folder, or an API."""
    from imagery_watch.sensors.registry import find_sensor
    from imagery_watch.sources.catalogs.named import open_catalog

    return _pixels(home, open_catalog(catalog, _settings(home), find_sensor()))


def _foreign(home: Path, items: str) -> str:
    """The items of a catalogue that is of elsewhere."""
    from imagery_watch.sensors.registry import find_sensor
    from imagery_watch.sources.catalogs.catalog import Listing
    from imagery_watch.sources.catalogs.items import parse_items

    class Elsewhere:
        name = "https://stac.elsewhere.test/v1"
        sensor = find_sensor()
        local_root = None

        def search(self, *_: Any) -> Listing:
            parsed, warnings = parse_items(json.loads(Path(items).read_text())["features"], self.name, self.sensor)
            return Listing(tuple(parsed), tuple(warnings))

    return _pixels(home, Elsewhere())


def _settings(home: Path) -> Any:
    from imagery_watch.settings import Settings

    return Settings(home=home, margin_m=100, timeout_s=2, retries=0, limit_plantings=0)


def _pixels(home: Path, catalog: Any) -> str:
    import numpy as np

    from imagery_watch.model import Period
    from imagery_watch.pipeline import read_passes, survey
    from imagery_watch.sources.airfields.geojson import read_airfield

    settings = _settings(home)
    found = survey(read_airfield(AIRFIELD), catalog, settings, Period(None, None), history_days=0)
    passes = read_passes(found, settings, lambda *_: None)
    reasons = [str(one) for one in passes.unread.values()]
    most = [float(np.nan_to_num(scene.data).max()) for scene in passes.scenes]
    values = [f"pixels up to {one:.3f}" for one in most if one > 0]
    return "; ".join([f"{len(found.listing.items)} items", *values, *reasons, *found.listing.warnings])


def _airfield(home: Path, path: str) -> str:
    from imagery_watch.sources.airfields.geojson import read_airfield

    found = read_airfield(Path(path))
    return f"{found.id} {found.name} {[apron.name for apron in found.aprons]}"


def _tracks(home: Path, path: str) -> str:
    from imagery_watch.tracks import inspect_tracks

    return str(inspect_tracks([Path(path)], home))


def _jpeg2000(home: Path, path: str) -> str:
    """A file of a catalogue whose bands are that, which is given where it is: those catalogues want keys."""
    from imagery_watch.sources.pixels.windows import read_file
    from support.fault_readings import VIEW, Expected, judge_view

    pixels = read_file(path, VIEW.grid, Expected((9.0, 11.0), jpeg2000=True), _settings(home)).pixels
    return judge_view(pixels)[0]


DOORS: dict[str, Callable[..., str]] = {
    "files": _files,
    "foreign": _foreign,
    "airfield": _airfield,
    "tracks": _tracks,
    "jpeg2000": _jpeg2000,
}

if __name__ == "__main__":
    _main(Path(sys.argv[1]))
