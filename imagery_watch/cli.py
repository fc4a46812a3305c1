"""The command line: parse, call, print. Everything heavy is imported inside the command that needs it."""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from imagery_watch.errors import ExitCode, ImageryWatchError, UsageError

if TYPE_CHECKING:
    from rich.console import Console

    from imagery_watch.model import RunResult
    from imagery_watch.settings import Settings

app = typer.Typer(
    name="imagery-watch",
    help="Aircraft-sized changes on airfield aprons, from free Sentinel-2 imagery. Hedged, and honest about what "
    "could not be seen.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
airfields = typer.Typer(help="The airfields that are known, and new ones.", no_args_is_help=True)
app.add_typer(airfields, name="airfields")

Out = Annotated[Path | None, typer.Option("--out", help="Folder for the results; made where it is missing.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs instead of a table.")]
Catalog = Annotated[
    str,
    typer.Option(help="A name (earth-search), a STAC API's URL, or a path to a STAC ItemCollection or catalogue."),
]
History = Annotated[
    int, typer.Option(min=0, max=36_500, help="Days before --since that are read to know the empty apron.")
]
Name = Annotated[str | None, typer.Argument(help="ICAO code of a known airfield.")]
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
    try:
        code = app(standalone_mode=False)
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
    sys.stderr.write(f"imagery-watch: {_plain(message)}\n")
    raise SystemExit(int(code))


def _plain(message: str) -> str:
    """Without control characters: names in messages come from files of strangers."""
    return "".join(letter if letter.isprintable() or letter == "\n" else "?" for letter in message)


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


@app.command()
def demo(out: Out = None, as_json: AsJson = False) -> None:
    """The whole line, offline, in under a minute: simulated passes over real ground, and what was found of them."""
    from imagery_watch.demo import run_demo

    settings = _settings()
    with _progress(quiet=as_json) as progress:
        outcome = run_demo(out or Path("imagery-watch-demo"), settings, progress)
    if as_json:
        _print_json(outcome.as_dict())
    else:
        outcome.show(_console())


@app.command()
def run(
    airfield: Name = None,
    aoi: Aoi = None,
    catalog: Catalog = "earth-search",
    since: Since = None,
    until: Until = None,
    history: History = 365,
    false_alarms_per_year: FalseAlarms = None,
    min_length: MinLength = 0.0,
    out: Out = None,
    as_json: AsJson = False,
    exit_code: ExitOnNew = False,
) -> None:
    """One airfield: what arrived or left between passes, written to a folder and shown as a table."""
    from imagery_watch.outputs.export import write_outputs
    from imagery_watch.pipeline import run_airfield

    settings = _settings(false_alarms_per_year)
    place = _airfield(airfield, aoi, settings, "run")
    with _progress(quiet=as_json) as progress:
        result = run_airfield(
            place,
            catalog,
            settings,
            since=since,
            until=until,
            now=_now(),
            history_days=history,
            min_length_m=min_length,
            progress=progress,
        )
    folder = out or Path(f"imagery-watch-{place.id}")
    files = write_outputs(result, folder)
    _show_run(result, files, as_json)
    raise typer.Exit(int(_code(result, exit_code)))


@app.command()
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
    from imagery_watch.monitor import show_sweep, sweep

    settings = _settings(false_alarms_per_year)
    with _progress(quiet=as_json) as progress:
        report = sweep(
            names or [],
            settings,
            catalog=catalog,
            since=since,
            history_days=history,
            out=out,
            now=_now(),
            progress=progress,
        )
    if as_json:
        _print_json(report.as_dict())
    else:
        show_sweep(report, _console())
    new = exit_code and report.new_hits and report.exit_code == ExitCode.DONE
    raise typer.Exit(int(ExitCode.NEW_HITS if new else report.exit_code))


@app.command()
def passes(
    airfield: Annotated[str | None, typer.Argument(help="ICAO code; its passes in the record of `monitor`.")] = None,
    folder: Annotated[Path | None, typer.Option("--run", help="The folder of a run instead of the record.")] = None,
    since: Since = None,
    until: Until = None,
    as_json: AsJson = False,
) -> None:
    """What was looked at, what could be seen of it, what could have been missed, and when the next pass is due."""
    from imagery_watch.passes import pass_history, show_passes

    history = pass_history(airfield, _settings().home, run=folder, since=since, until=until, now=_now())
    if as_json:
        _print_json(history.as_dict())
    else:
        show_passes(history, _console())


@app.command()
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
    from imagery_watch.outputs.limits import limits_dict, show_limits
    from imagery_watch.pipeline import limits_of

    settings = _settings()
    place = _airfield(airfield, aoi, settings, "limits")
    with _progress(quiet=as_json) as progress:
        report = limits_of(
            place,
            catalog,
            settings,
            since=since,
            until=until,
            now=_now(),
            history_days=history,
            plantings=plantings,
            progress=progress,
        )
    if as_json:
        _print_json(limits_dict(report))
    else:
        show_limits(report, _console())
    raise typer.Exit(int(ExitCode.INCOMPLETE if report.incomplete else ExitCode.DONE))


@airfields.command("list")
def list_known(as_json: AsJson = False) -> None:
    """Every airfield that ships or that you added."""
    from imagery_watch.sources.airfields import list_airfields

    found = list_airfields(_settings().home)
    if as_json:
        _print_json([_airfield_facts(file.airfield) for file in found if file.airfield is not None])
    else:
        _console().print(_airfields_table([file.airfield for file in found if file.airfield is not None]))
    _report_bad([file for file in found if file.error is not None])


@airfields.command()
def show(name: Annotated[str, typer.Argument(help="ICAO code.")], as_json: AsJson = False) -> None:
    """One airfield: its aprons, their sizes, and where the shapes come from."""
    from imagery_watch.sources.airfields import find_airfield

    facts = _airfield_facts(find_airfield(name, _settings().home))
    if as_json:
        _print_json(facts)
        return
    for key, value in facts.items():
        typer.echo(f"{key}: {_plain(', '.join(value) if isinstance(value, list) else str(value))}")


@airfields.command()
def check(
    files: Annotated[list[Path], typer.Argument(help="Airfield files (GeoJSON).")], as_json: AsJson = False
) -> None:
    """Say of each airfield file whether it can be used; exit 2 where one cannot."""
    from imagery_watch.sources.airfields import check_files

    found = check_files(files)
    if as_json:
        _print_json([{"file": str(file.path), "error": str(file.error) if file.error else None} for file in found])
    else:
        for file in found:
            notes = "; ".join(file.airfield.notes) if file.airfield is not None else ""
            typer.echo(f"{file.path}: {'BAD' if file.error else 'ok'}{f' ({_plain(notes)})' if notes else ''}")
    _report_bad([file for file in found if file.error is not None])


@airfields.command()
def add(
    icao: Annotated[str, typer.Argument(help="ICAO code of the new airfield.")],
    osm: Annotated[Path, typer.Option(help="Overpass reply (JSON) or aeroway GeoJSON with aprons.")],
    name: Annotated[str | None, typer.Option(help="Name; default: from the data, else the code.")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an airfield that you added before.")] = False,
) -> None:
    """Make an airfield from OpenStreetMap data and keep it under IMAGERY_WATCH_HOME."""
    from imagery_watch.sources.airfields import add_airfield

    typer.echo(f"wrote {add_airfield(icao, osm, _settings().home, name=name, overwrite=overwrite)}")


def _airfield(name: str | None, aoi: Path | None, settings: "Settings", command: str) -> Any:
    if (name is None) == (aoi is None):
        raise UsageError(f"name one airfield: `{command} LIPB`, or `{command} --aoi FILE`")
    from imagery_watch.sources.airfields import find_airfield
    from imagery_watch.sources.aoi import read_airfield

    return read_airfield(aoi) if aoi is not None else find_airfield(str(name), settings.home)


def _settings(false_alarms_per_year: float | None = None) -> "Settings":
    from imagery_watch.settings import read_settings

    return read_settings(false_alarms_per_year=false_alarms_per_year)


def _now() -> datetime:
    return datetime.now(UTC)


def _code(result: "RunResult", on_new: bool) -> ExitCode:
    if result.incomplete:
        return ExitCode.INCOMPLETE
    return ExitCode.NEW_HITS if on_new and result.hits else ExitCode.DONE


def _show_run(result: "RunResult", files: dict[str, Path], as_json: bool) -> None:
    if as_json:
        from imagery_watch.outputs.geojson import summary_of

        _print_json(summary_of(result, files))
        return
    from imagery_watch.outputs.tables import print_stays, print_summary

    console = _console()
    print_summary(result, console)
    print_stays(result, console)
    for warning in result.provenance["warnings"]:
        console.print(f"note: {_plain(warning)}", markup=False, highlight=False)
    console.print(f"report: {files['report.html']}", markup=False, highlight=False, soft_wrap=True)


def _airfield_facts(airfield: Any) -> dict[str, Any]:
    west, south, east, north = airfield.bounds
    return {
        "id": airfield.id,
        "name": airfield.name,
        "quality": airfield.quality,
        "aprons": [apron.name for apron in airfield.aprons],
        "stands": len(airfield.stands),
        "lon": round((west + east) / 2, 4),
        "lat": round((south + north) / 2, 4),
        "source": airfield.source,
        "license": airfield.license,
        "notes": list(airfield.notes),
    }


def _airfields_table(found: list[Any]) -> Any:
    from rich.markup import escape
    from rich.table import Table

    table = Table("ICAO", "Name", "Aprons", "Stands", "Quality", "Lon", "Lat", "Shapes")
    for airfield in found:
        facts = _airfield_facts(airfield)
        cells = (facts[key] for key in ("id", "name", "aprons", "stands", "quality", "lon", "lat", "license"))
        table.add_row(*(escape(_plain(str(len(cell) if isinstance(cell, list) else cell))) for cell in cells))
    return table


def _report_bad(bad: list[Any]) -> None:
    for file in bad:
        sys.stderr.write(f"imagery-watch: {_plain(str(file.error))}\n")
    if bad:
        raise typer.Exit(int(ExitCode.USAGE))


def _console() -> "Console":
    from rich.console import Console

    return Console(width=None if sys.stdout.isatty() else 120)


def _print_json(value: Any) -> None:
    from imagery_watch.outputs.geojson import dump_json

    typer.echo(dump_json(value).rstrip("\n"))


@contextmanager
def _progress(*, quiet: bool) -> Iterator[Callable[[str, int, int], None]]:
    """A bar on stderr, one line a stage; nothing where stderr is no terminal or programs are listening."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description:<24}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, disable=quiet or not console.is_terminal, transient=True) as bar:
        tasks: dict[str, Any] = {}

        def report(stage: str, done: int, total: int) -> None:
            """Moves the stage's bar, which its first report makes."""
            if stage not in tasks:
                tasks[stage] = bar.add_task(stage, total=total)
            bar.update(tasks[stage], completed=done, total=max(total, 1))

        yield report
