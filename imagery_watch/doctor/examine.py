"""All checks, the slow ones side by side, in their order."""

import queue
import threading
import time
from collections.abc import Callable
from datetime import datetime
from functools import partial

from imagery_watch.doctor.catalogues import probe_catalogue
from imagery_watch.doctor.machine import check_machine
from imagery_watch.errors import ExitCode
from imagery_watch.model.check import Check
from imagery_watch.settings import Settings
from imagery_watch.sources.catalogs.known import KNOWN_CATALOGS

DEADLINE_S = 20.0
"""For each catalogue: a landing page, one search and 32 kB take two seconds where all is well."""
DEFAULT = "earth-search"
"""The catalogue that commands ask where none is named: without it the program does not work as it is described."""

Probe = Callable[[], Check]


def examine(settings: Settings, now: datetime, deadline_s: float = DEADLINE_S) -> tuple[Check, ...]:
    """What was found of this machine and of each catalogue; ends within the deadline and a little."""
    probes: dict[str, Probe] = {
        known.name: partial(probe_catalogue, known, settings, now, needed=known.name == DEFAULT, within_s=deadline_s)
        for known in KNOWN_CATALOGS
    }
    waiting = _start(probes)
    return (*check_machine(settings), *_collect(tuple(probes), waiting, deadline_s))


def _start(probes: dict[str, Probe]) -> "queue.Queue[tuple[str, Check]]":
    """Runs the probes in threads that hold up nobody: one that never ends is left behind."""
    done: queue.Queue[tuple[str, Check]] = queue.Queue()

    def work(name: str, probe: Probe) -> None:
        """One probe; whatever goes wrong in it is what it found."""
        try:
            done.put((name, probe()))
        except Exception as error:
            what = f"the check itself failed ({type(error).__name__}: {error})"[:300]
            fix = "report this as a fault of imagery-watch"
            done.put((name, Check(f"catalogue {name}", "bad", what, fix, _code_of(name))))

    for name, probe in probes.items():
        threading.Thread(target=work, args=(name, probe), daemon=True).start()
    return done


def _collect(names: tuple[str, ...], done: "queue.Queue[tuple[str, Check]]", deadline_s: float) -> list[Check]:
    """What came before the deadline, in the names' order, and for the others that nothing did."""
    found: dict[str, Check] = {}
    end = time.monotonic() + deadline_s
    while len(found) < len(names) and (left := end - time.monotonic()) > 0:
        try:
            name, check = done.get(timeout=left)
        except queue.Empty:
            break
        found[name] = check
    return [found.get(name) or _silent(name, deadline_s) for name in names]


def _silent(name: str, deadline_s: float) -> Check:
    fix = "try again later; is the network slow, or a firewall silent?"
    return Check(f"catalogue {name}", "bad", f"no answer within {deadline_s:g} s", fix, _code_of(name))


def _code_of(name: str) -> ExitCode:
    """What `doctor` ends with where a catalogue does not work."""
    return ExitCode.INCOMPLETE if name == DEFAULT else ExitCode.DONE
