"""`monitor --every`: what the station says of its sweeps, and what it says when it is ended."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NoReturn

import typer

from imagery_watch.cli.console import plain, say, settings, tell
from imagery_watch.cli.signals import stopping
from imagery_watch.cli.voice import Progress, Voice, tell_cause, telling_progress
from imagery_watch.errors import ImageryWatchError, StopAsked, UsageError

if TYPE_CHECKING:
    from imagery_watch.monitor.sweep import SweepReport

WAITING = "no sweep was under way, the record is whole; run it again to go on"


def keep_station(
    every: str,
    sweep_once: Callable[[Progress], "SweepReport"],
    show: Callable[["SweepReport"], None],
    name_kept: Callable[[], str],
    voice: Voice,
    *,
    as_json: bool,
    exit_code: bool,
) -> NoReturn:
    """Sweeps every so often until a signal comes. Raises Stopped then, UsageError for what cannot be kept up."""
    from imagery_watch.monitor.station import keep_watch, note_stop, parse_every

    rhythm, station = parse_every(every), _Station(sweep_once, show, voice, as_json=as_json)
    if exit_code:
        raise UsageError("--exit-code says how one sweep ended, and --every makes many: one of them, not both")
    with stopping(lambda: name_kept() if station.sweeping else WAITING):
        try:
            keep_watch(station.sweep, rhythm, complain=station.complain, on_wait=station.say_when)
        except StopAsked as stop:
            if not station.sweeping:
                note_stop(settings(), stop, datetime.now(UTC))
            raise


class _Station:
    """What is said of each sweep of a station."""

    def __init__(
        self,
        sweep_once: Callable[[Progress], "SweepReport"],
        show: Callable[["SweepReport"], None],
        voice: Voice,
        *,
        as_json: bool,
    ) -> None:
        self._sweep_once, self._show, self._voice, self._as_json = sweep_once, show, voice, as_json
        self.sweeping = False

    def sweep(self) -> None:
        """Makes one sweep, and shows it with its time; in JSON it is one line."""
        self.sweeping = True
        with telling_progress(self._voice, as_json=self._as_json) as progress:
            report = self._sweep_once(progress)
        self.sweeping = False
        if self._as_json:
            typer.echo(json.dumps(report.as_dict(), sort_keys=True))
            return
        if self._voice != Voice.QUIET:
            say(f"Sweep of {_name_time(report.started)}")
        self._show(report)

    def complain(self, error: ImageryWatchError) -> None:
        """Says why a sweep came to nothing; the station goes on."""
        self.sweeping = False
        tell_cause(error)
        tell(f"imagery-watch: {_name_time(datetime.now(UTC))}: {plain(str(error))}")

    def say_when(self, seconds: float) -> None:
        """Says when the next sweep is."""
        if self._voice != Voice.QUIET and not self._as_json:
            say(f"next sweep: {_name_time(datetime.now(UTC) + timedelta(seconds=seconds))}\n")


def _name_time(when: datetime) -> str:
    return f"{when:%Y-%m-%d %H:%M} UTC"
