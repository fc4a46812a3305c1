"""The command line: parse, call, print. Everything heavy is imported inside the command that needs it."""

import os
import signal
import sys
import warnings
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from imagery_watch.cli.airfields import airfields
from imagery_watch.cli.console import (
    AIRFIELD,
    AsJson,
    choose_airfield,
    console,
    plain,
    print_json,
    progress_bar,
    settings,
    tell_warning,
)
from imagery_watch.cli.doctor import doctor
from imagery_watch.errors import ExitCode, ImageryWatchError
from imagery_watch.sources.places.coordinates import shield_minus

if TYPE_CHECKING:
    from imagery_watch.model import RunResult

app = typer.Typer(
    name="imagery-watch",
    help="Aircraft-sized changes on airfield aprons, from free Sentinel-2 imagery. Hedged, and honest about what "
    "could not be seen.",
    no_args_is_help=True,
    # Plain help: the drawn one loads rich's Markdown, half of the time `--help` takes.
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(airfields, name="airfields")
app.command(short_help="What works from here, and how to fix what does not.")(doctor)

Out = Annotated[Path | None, typer.Option("--out", help="Folder for the results; made where it is missing.")]
Catalog = Annotated[
    str,
    typer.Option(help="A name (earth-search), a STAC API's URL, or a path to STAC files; several with commas between."),
]
History = Annotated[
    int, typer.Option(min=0, max=36_500, help="Days before --since that are read to know the empty apron.")
]
Name = Annotated[str | None, typer.Argument(help=AIRFIELD)]
Aoi = Annotated[Path | None, typer.Option(help="An airfield file (GeoJSON) instead of a known airfield.")]
Since = Annotated[str | None, typer.Option(help="First day, UTC: 2023-08-01, or 30d for days back.")]
Until = Annotated[str | None, typer.Option(help="Last day, UTC, included.")]
ExitOnNew = Annotated[bool, typer.Option("--exit-code", help="Exit with 10 where there are new hits.")]
FalseAlarms = Annotated[
    float | None,
    typer.Option(
        "--false-alarms-per-year",
        help="False hits that you can bear, an airfield and a nominal year of 73 passes; default 4. Fewer: surer hits.",
    ),
]
MinLength = Annotated[
    float, typer.Option("--min-length", min=0, help="Leave out changes surely shorter than this, in metres.")
]


def main() -> NoReturn:
    """Runs the command line; errors become one message on stderr and the contract's exit code."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(name, "1")  # passes are worked on in threads already; more would only fight them
    signal.signal(signal.SIGTERM, _terminated)
    warnings.showwarning = tell_warning
    try:
        code = app(shield_minus(sys.argv[1:]), standalone_mode=False)
    except ImageryWatchError as error:
        _fail(str(error), error.exit_code)
    except typer.Exit as stop:
        raise SystemExit(stop.exit_code) from None
    except (KeyboardInterrupt, typer.Abort):
        _fail("stopped; run it again to go on", ExitCode.INTERRUPTED)
    except Exception as error:
        _usage_error(error)
    raise SystemExit(int(code or 0))


def _usage_error(error: Exception) -> NoReturn:
    """Click's own complaints about arguments, shown as it shows them; anything else is a bug and stays one."""
    show, code = getattr(error, "show", None), getattr(error, "exit_code", None)
    if show is None or code is None:
        raise error
    show()
    raise SystemExit(int(code))


def _terminated(_signal: int, _frame: object) -> NoReturn:
    raise SystemExit(int(ExitCode.TERMINATED))


def _fail(message: str, code: ExitCode) -> NoReturn:
    sys.stderr.write(f"imagery-watch: {plain(message)}\n")
    raise SystemExit(int(code))


def _version(wanted: bool) -> None:
    if wanted:
        from imagery_watch import __version__

        typer.echo(f"imagery-watch {__version__}")
        raise typer.Exit


@app.callback()
def common(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print it.")] = False,
) -> None:
    """Options of every command."""


@app.command(short_help="The whole line, offline, in under a minute.")
def demo(out: Out = None, as_json: AsJson = False) -> None:
    """The whole line, offline, in under a minute: simulated passes over real ground, and what was found of them."""
    from imagery_watch.demo import run_demo

    chosen = settings()
    with progress_bar(quiet=as_json) as progress:
        outcome = run_demo(out or Path("imagery-watch-demo"), chosen, progress)
    if as_json:
        print_json(outcome.as_dict())
    else:
        outcome.show(console())


@app.command(short_help="One airfield: what arrived or left between passes.")
def run(
    airfield: Name = None,
    aoi: Aoi = None,
    catalog: Catalog = "earth-search",
    since: Since = None,
    until: Until = None,
    history: History = 365,
    false_alarms_per_year: FalseAlarms = None,
    min_length: MinLength = 0.0,
    objects: Annotated[bool, typer.Option("--objects", help="Show all objects that may be aircraft.")] = False,
    out: Out = None,
    force: Annotated[bool, typer.Option("--force", help="Write over a folder of another airfield's run.")] = False,
    as_json: AsJson = False,
    exit_code: ExitOnNew = False,
) -> None:
    """One airfield: what arrived or left between passes, written to a folder and shown as a table."""
    from imagery_watch.model.provenance import NOTHING_USED
    from imagery_watch.outputs.files.export import write_outputs
    from imagery_watch.outputs.files.folder import check_folder
    from imagery_watch.pipeline import run_airfield

    chosen = settings(false_alarms_per_year)
    place = choose_airfield(airfield, aoi, chosen.home, "run")
    folder = out or Path(f"imagery-watch-{place.id}")
    check_folder(folder, place, force=force)
    with progress_bar(quiet=as_json) as progress:
        result = run_airfield(
            place,
            catalog,
            chosen,
            since=since,
            until=until,
            now=_now(),
            history_days=history,
            min_length_m=min_length,
            progress=progress,
        )
    files = write_outputs(result, folder)
    _show_run(result, files, as_json, objects)
    for told in result.provenance.warnings:
        if told.startswith(NOTHING_USED):
            sys.stderr.write(f"imagery-watch: {plain(told)}\n")
    raise typer.Exit(int(_code(result, exit_code)))


@app.command(short_help="One sweep over many airfields; made for cron.")
def monitor(
    names: Annotated[list[str] | None, typer.Argument(metavar="[AIRFIELD]...", help="Default: all known.")] = None,
    catalog: Catalog = "earth-search",
    since: Annotated[str, typer.Option(help="How far back hits and looks are kept up to date: 30d or a date.")] = "30d",
    history: History = 365,
    false_alarms_per_year: FalseAlarms = None,
    out: Out = None,
    as_json: AsJson = False,
    exit_code: ExitOnNew = False,
) -> None:
    """One sweep over many airfields: scores what is new, keeps the record, writes each new hit once. Made for cron."""
    from imagery_watch.monitor.sweep import show_sweep, sweep

    chosen = settings(false_alarms_per_year)
    with progress_bar(quiet=as_json) as progress:
        report = sweep(
            names or [],
            chosen,
            catalog=catalog,
            since=since,
            history_days=history,
            out=out,
            now=_now(),
            progress=progress,
        )
    if as_json:
        print_json(report.as_dict())
    else:
        show_sweep(report, console())
    new = exit_code and report.new_hits and report.exit_code == ExitCode.DONE
    raise typer.Exit(int(ExitCode.NEW_HITS if new else report.exit_code))


@app.command(short_help="What was looked at, and when the next pass is due.")
def passes(
    airfield: Annotated[str | None, typer.Argument(help=f"{AIRFIELD} Its passes in the record of `monitor`.")] = None,
    folder: Annotated[Path | None, typer.Option("--run", help="The folder of a run instead of the record.")] = None,
    since: Since = None,
    until: Until = None,
    as_json: AsJson = False,
) -> None:
    """What was looked at, what could be seen of it, what could have been missed, and when the next pass is due."""
    from imagery_watch.history import pass_history, show_passes

    history = pass_history(airfield, settings().home, run=folder, since=since, until=until, now=_now())
    if as_json:
        print_json(history.as_dict())
    else:
        show_passes(history, console())


@app.command(short_help="How small an aircraft would still be found.")
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
) -> None:
    """How small an aircraft would still be found on each apron, by planting simulated ones into its own imagery."""
    from imagery_watch.outputs.terminal.limit_table import limits_dict, show_limits
    from imagery_watch.pipeline import limits_of

    chosen = settings()
    place = choose_airfield(airfield, aoi, chosen.home, "limits")
    with progress_bar(quiet=as_json) as progress:
        report = limits_of(
            place,
            catalog,
            chosen,
            since=since,
            until=until,
            now=_now(),
            history_days=history,
            plantings=plantings,
            progress=progress,
        )
    if as_json:
        print_json(limits_dict(report))
    else:
        show_limits(report, console())
    raise typer.Exit(int(ExitCode.INCOMPLETE if report.incomplete else ExitCode.DONE))


def _now() -> datetime:
    return datetime.now(UTC)


def _code(result: "RunResult", on_new: bool) -> ExitCode:
    if result.incomplete:
        return ExitCode.INCOMPLETE
    return ExitCode.NEW_HITS if on_new and result.hits else ExitCode.DONE


def _show_run(result: "RunResult", files: dict[str, Path], as_json: bool, all_objects: bool) -> None:
    if as_json:
        from imagery_watch.outputs.files.export import summary_of

        print_json(summary_of(result, files))
        return
    from imagery_watch.outputs.terminal.tables import print_stays, print_summary

    screen = console()
    print_summary(result, screen, all_objects=all_objects)
    print_stays(result, screen)
    for warning in result.provenance.warnings:
        screen.print(f"note: {plain(warning)}", markup=False, highlight=False)
    screen.print(f"report: {files['report.html']}", markup=False, highlight=False, soft_wrap=True)
