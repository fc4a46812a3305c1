"""A sweep's pulse: the file of the heartbeat, and the pings of a service that watches for silence."""

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from pydantic import SecretStr

from imagery_watch.errors import ExitCode, ImageryWatchError, StoreError
from imagery_watch.model.reply import Exchange
from imagery_watch.outputs.alerts.heartbeat import Heartbeat, ping
from imagery_watch.outputs.files.atomic import write_text
from imagery_watch.outputs.files.hits_geojson import dump_json
from imagery_watch.outputs.store.clock import AHEAD
from imagery_watch.outputs.values import moment

FILE = "heartbeat.json"
_log = logging.getLogger(__name__)


class Pulse:
    """What is said of one sweep while it goes on. Nothing that fails here fails the sweep; it is said once."""

    def __init__(self, path: Path, exchange: Exchange, url: SecretStr | None, now: datetime, lack: str = "") -> None:
        self._path, self._exchange, self._url = path, exchange, url
        self._said, self._lack = False, lack
        self._beat = Heartbeat("running", now, last_success=read_last_success(path, now))

    def begin(self) -> None:
        """Says that the sweep runs, and what is lacking for a ping."""
        self._complain(self._lack)
        self._say()

    def number(self, sweep: int) -> None:
        """Notes the sweep's number, for what is said later."""
        self._beat = replace(self._beat, sweep=sweep)

    def end(self, now: datetime, exit_code: int, *, well: bool, pings: bool = True) -> None:
        """Says how the sweep ended, once."""
        if self._beat.ended is not None:
            return
        last = now if well else self._beat.last_success
        self._beat = replace(
            self._beat, state="success" if well else "fail", ended=now, exit_code=exit_code, last_success=last
        )
        self._say(pings=pings)

    def _say(self, *, pings: bool = True) -> None:
        try:
            write_text(self._path, dump_json(self._beat.as_dict()))
        except StoreError as error:
            self._complain(str(error))
        if pings and self._url is not None:
            self._complain(ping(self._exchange, self._url, self._beat.state))

    def _complain(self, words: str) -> None:
        if words and not self._said:
            self._said = True
            _log.warning("heartbeat: %s; the sweep goes on", words)


@contextmanager
def beating(pulse: Pulse, clock: Callable[[], datetime]) -> Iterator[Pulse]:
    """Within it the pulse beats; what ends it early is said. A signal leaves no time for a ping, but for the file."""
    pulse.begin()
    try:
        yield pulse
    except ImageryWatchError as error:
        pulse.end(clock(), int(error.exit_code), well=False)
        raise
    except Exception:
        pulse.end(clock(), 1, well=False)
        raise
    except BaseException:
        pulse.end(clock(), int(ExitCode.INTERRUPTED), well=False, pings=False)
        raise


def read_last_success(path: Path, now: datetime) -> datetime | None:
    """When a sweep last ended well, as the file of the one before says; None where it does not, or by a wrong clock."""
    with suppress(OSError, ValueError, KeyError, TypeError):
        last = moment(json.loads(path.read_text(encoding="utf-8"))["last_success"])
        return last if last <= now + AHEAD else None
    return None
