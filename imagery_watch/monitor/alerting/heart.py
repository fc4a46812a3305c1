"""A sweep's pulse: the file of the heartbeat, and the pings of a service that watches for silence."""

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from pydantic import SecretStr

from imagery_watch.errors import ExitCode, ImageryWatchError, StopAsked, StoreError
from imagery_watch.model.reply import Exchange
from imagery_watch.outputs.alerts.heartbeat import Beat, Heartbeat, ping
from imagery_watch.outputs.files.atomic import write_text
from imagery_watch.outputs.store.clock import AHEAD
from imagery_watch.outputs.values import dump_json, moment
from imagery_watch.outputs.wording.text import iso

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

    def end(self, now: datetime, exit_code: int, *, well: bool) -> None:
        """Says how the sweep ended, once."""
        last = now if well else self._beat.last_success
        self._end("success" if well else "fail", now, exit_code, last)

    def stop(self, now: datetime, exit_code: int) -> None:
        """Says that the sweep was stopped, where it did not end before. A signal leaves no time for a ping."""
        self._end("stopped", now, exit_code, self._beat.last_success)

    def _end(self, state: Beat, now: datetime, exit_code: int, last: datetime | None) -> None:
        if self._beat.ended is None:
            self._beat = replace(self._beat, state=state, ended=now, exit_code=exit_code, last_success=last)
            self._say()

    def _say(self) -> None:
        try:
            write_text(self._path, dump_json(self._beat.as_dict()))
        except StoreError as error:
            self._complain(str(error))
        if self._url is not None and self._beat.state != "stopped":
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
    except StopAsked as stop:
        pulse.stop(clock(), int(stop.exit_code))
        raise
    except BaseException:
        pulse.stop(clock(), int(ExitCode.INTERRUPTED))
        raise


def mark_stopped(path: Path, now: datetime, exit_code: int) -> None:
    """Says in the file that no sweep follows the one it tells of; does nothing where there is no such file."""
    with suppress(OSError, ValueError, TypeError, StoreError):
        told = json.loads(path.read_text(encoding="utf-8"))
        write_text(path, dump_json({**told, "state": "stopped", "ended": iso(now), "exit_code": exit_code}))


def read_last_success(path: Path, now: datetime) -> datetime | None:
    """When a sweep last ended well, as the file of the one before says; None where it does not, or by a wrong clock."""
    with suppress(OSError, ValueError, KeyError, TypeError):
        last = moment(json.loads(path.read_text(encoding="utf-8"))["last_success"])
        return last if last <= now + AHEAD else None
    return None
