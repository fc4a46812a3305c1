"""The commands around the record: `monitor` and `passes`; and `limits`, which writes nothing."""

import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from imagery_watch.cli.command import tell_command
from imagery_watch.cli.console import AIRFIELD, AsJson, choose_airfield, console, plain, print_json, settings
from imagery_watch.cli.options import (
    Aoi,
    Catalog,
    Dask,
    Every,
    ExitOnNew,
    FalseAlarms,
    History,
    Name,
    Out,
    Quiet,
    Shard,
    Since,
    Until,
    Verbose,
)
from imagery_watch.cli.signals import stopping
from imagery_watch.cli.station import keep_station
from imagery_watch.cli.voice import Progress, Voice, choose_voice, tell_passed_over, telling_progress, telling_traffic
from imagery_watch.errors import ExitCode

if TYPE_CHECKING:
    from imagery_watch.monitor.sweep import SweepReport
    from imagery_watch.outputs.terminal.sweep_table import Outcome


def monitor(
    names: Annotated[list[str] | None, typer.Argument(metavar="[AIRFIELD]...", help="Default: all known.")] = None,
    catalog: Catalog = "earth-search",
    since: Annotated[str, typer.Option(help="How far back hits and looks are kept up to date: 30d or a date.")] = "30d",
    history: History = 365,
    false_alarms_per_year: FalseAlarms = None,
    out: Out = None,
    as_json: AsJson = False,
    exit_code: ExitOnNew = False,
    shard: Shard = None,
    dask: Dask = None,
    every: Every = None,
    verbose: Verbose = False,
    quiet: Quiet = False,
) -> None:
    """One sweep over many airfields: scores what is new, keeps the record, writes each new hit once. Made for cron.

    Then it tells the channels of alerts.toml, and writes the feed and index.html. With --every it stays, and repeats.

    With --quiet it prints nothing but a line for each hit that is new, late, taken back or come back, and errors.
    """
    voice = choose_voice(verbose=verbose, quiet=quiet)
    from imagery_watch.monitor.machines.cluster import connected
    from imagery_watch.monitor.machines.sharding import ALL, parse_shard
    from imagery_watch.monitor.machines.sharing import Share
    from imagery_watch.monitor.sweep import sweep

    done, part = list["Outcome"](), ALL if shard is None else parse_shard(shard, os.environ)

    def sweep_once(progress: Progress) -> "SweepReport":
        """One sweep, with the settings as they are now."""
        done.clear()
        chosen = settings(false_alarms_per_year)
        with connected(dask, catalog, progress) as workers, telling_traffic(voice, chosen.in_flight):
            return sweep(names or [], chosen, catalog=catalog, since=since, history_days=history, out=out,
                         now=datetime.now(UTC), progress=progress, on_done=done.append, share=Share(part, workers),
                         command=tell_command(sys.argv[1:]))  # fmt: skip

    if every is not None:
        keep_station(every, sweep_once, lambda report: _show_sweep(report, voice, as_json=False),
                     lambda: name_recorded(done), voice, as_json=as_json, exit_code=exit_code)  # fmt: skip
    with stopping(lambda: name_recorded(done)), telling_progress(voice, as_json=as_json) as progress:
        report = sweep_once(progress)
    _show_sweep(report, voice, as_json=as_json)
    new = exit_code and report.new_hits and report.exit_code == ExitCode.DONE
    raise typer.Exit(int(ExitCode.NEW_HITS if new else report.exit_code))


def name_recorded(done: list["Outcome"]) -> str:
    """Up to where the record was brought, and how to go on."""
    if not done:
        return "no airfield was finished, the record is as it was; run it again to go on"
    number = f"{len(done)} airfield{'s' if len(done) > 1 else ''}"
    return f"the record is kept up to {done[-1].airfield} ({number} of this sweep); run it again to go on"


def _show_sweep(report: "SweepReport", voice: Voice, *, as_json: bool) -> None:
    from imagery_watch.monitor.sweep import show_sweep
    from imagery_watch.outputs.terminal.sweep_table import list_handed_on

    if voice == Voice.VERBOSE:
        for one in report.outcomes:
            tell_passed_over(one.looks)
    if as_json:
        print_json(report.as_dict())
    elif voice == Voice.QUIET:
        for line in list_handed_on(report):
            typer.echo(plain(line))
        for one in report.outcomes:
            if one.state == "failed":
                typer.echo(plain(f"imagery-watch: {one.airfield}: {one.reason}"), err=True)
        for line in report.alerts.list_lines(failed_only=True):
            typer.echo(plain(f"imagery-watch: {line}"), err=True)
    else:
        show_sweep(report, console())


def passes(
    airfield: Annotated[str | None, typer.Argument(help=f"{AIRFIELD} Its passes in the record of `monitor`.")] = None,
    folder: Annotated[Path | None, typer.Option("--run", help="The folder of a run instead of the record.")] = None,
    since: Since = None,
    until: Until = None,
    as_json: AsJson = False,
) -> None:
    """What was looked at, what could be seen of it, what could have been missed, and when the next pass is due."""
    from imagery_watch.history import pass_history, show_passes

    now = datetime.now(UTC)
    history = pass_history(airfield, settings().home, run=folder, since=since, until=until, now=now)
    if as_json:
        print_json(history.as_dict())
    else:
        show_passes(history, console())


def limits(
    airfield: Name = None,
    aoi: Aoi = None,
    catalog: Catalog = "earth-search",
    since: Since = None,
    until: Until = None,
    history: History = 365,
    plantings: Annotated[
        int, typer.Option(min=1, max=1000, help="Simulated aircraft of each size, for each apron and look.")
    ] = 20,
    as_json: AsJson = False,
    verbose: Verbose = False,
    quiet: Quiet = False,
) -> None:
    """How small an aircraft would still be found on each apron, by planting simulated ones into its own imagery."""
    voice = choose_voice(verbose=verbose, quiet=quiet)
    from imagery_watch.outputs.terminal.limit_table import limits_dict, limits_lines, show_limits
    from imagery_watch.pipeline import limits_of

    chosen = settings()
    place = choose_airfield(airfield, aoi, chosen.home, "limits", quiet=voice == Voice.QUIET)
    with stopping(lambda: "limits writes nothing"), telling_progress(voice, as_json=as_json) as progress:
        report = limits_of(place, catalog, chosen, since=since, until=until, now=datetime.now(UTC),
                           history_days=history, plantings=plantings, progress=progress)  # fmt: skip
    if as_json:
        print_json(limits_dict(report))
    elif voice == Voice.QUIET:
        for line in limits_lines(report):
            typer.echo(plain(line))
    else:
        show_limits(report, console())
    raise typer.Exit(int(ExitCode.INCOMPLETE if report.incomplete else ExitCode.DONE))
