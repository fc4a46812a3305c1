"""The command line: parse, call, print. Everything heavy is imported inside the command that needs it."""

import os
import sys
import threading
import warnings
from typing import Annotated, NoReturn

import typer

from imagery_watch.cli.airfields import airfields
from imagery_watch.cli.alerts import alerts
from imagery_watch.cli.console import plain, tell, tell_warning
from imagery_watch.cli.corroborate import corroborate
from imagery_watch.cli.doctor import doctor
from imagery_watch.cli.hits import hits
from imagery_watch.cli.options import examples
from imagery_watch.cli.packs import replay
from imagery_watch.cli.record import record
from imagery_watch.cli.run import demo, run
from imagery_watch.cli.signals import Stopped, end_process, heed_signals
from imagery_watch.cli.tracks import tracks
from imagery_watch.cli.voice import tell_cause
from imagery_watch.cli.watching import limits, monitor, passes
from imagery_watch.errors import ExitCode, ImageryWatchError
from imagery_watch.sources.places.coordinates import shield_minus

app = typer.Typer(
    name="imagery-watch",
    help="Aircraft-sized changes on airfield aprons, from free Sentinel-2 imagery. Hedged, and honest about what "
    "could not be seen.",
    no_args_is_help=True,
    # Plain help: the drawn one loads rich's Markdown, half of the time `--help` takes.
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=examples("demo", "run LIPB --since 2024-06-01 --until 2024-06-30", "airfields find tromso"),
)
app.command(
    short_help="The whole line, offline, in under a minute.",
    epilog=examples("demo", "demo --story", "demo --out shown --open", "demo -o shown -q"),
)(demo)
app.command(
    short_help="One airfield: what arrived or left between passes.",
    epilog=examples(
        "run LIPB --since 2024-06-01 --until 2024-06-30 -o bolzano",
        "run bolzano --since 90d --open",
        "run 46.46,11.33 --catalog planetary-computer -v",
        "run --aoi my.geojson --catalog items.json --json",
    ),
)(run)
app.command(
    short_help="Sweeps over many airfields: by cron, or --every 6h.",
    epilog=examples(
        "monitor",
        "monitor LIPB EDBF --since 30d -o sweeps",
        "monitor -q --exit-code",
        "monitor --every 6h",
        "monitor --shard 3/8",
    ),
)(monitor)
app.command(
    short_help="What was looked at, and when the next pass is due.",
    epilog=examples("passes LIPB", "passes LIPB --since 90d", "passes --run imagery-watch-LIPB --json"),
)(passes)
app.command(
    short_help="How small an aircraft would still be found.",
    epilog=examples("limits LIPB --since 60d", "limits EDBF --catalog items.json --plantings 50"),
)(limits)
app.command(
    short_help="Hold hits against flight tracks, both ways.",
    epilog=examples(
        "corroborate --run sunan --tracks out.csv --tracks back.csv",
        "corroborate LSZH --tracks day.tar",
        "corroborate --run sunan --tracks a.csv --aircraft RFF7=RA-86559:IL62",
    ),
)(corroborate)
app.command(
    short_help="What works from here, and how to fix what does not.",
    epilog=examples("doctor", "doctor --json", "doctor --pack lipb.zip --timestamp-ca root.pem"),
)(doctor)
app.command(
    short_help="Compute the hits of an evidence pack anew.",
    epilog=examples("replay lipb.zip", "replay lipb.zip --json"),
)(replay)
app.add_typer(airfields, name="airfields")
app.add_typer(hits, name="hits")
app.add_typer(alerts, name="alerts")
app.add_typer(record, name="record")
app.add_typer(tracks, name="tracks")


def main() -> NoReturn:
    """Runs the command line; errors become one message on stderr and the contract's exit code."""
    heed_signals()
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(name, "1")  # passes are worked on in threads already; more would only fight them
    warnings.showwarning = tell_warning
    try:
        code = app(shield_minus(sys.argv[1:]), standalone_mode=False)
    except Stopped as stop:
        tell(f"imagery-watch: {plain(str(stop))}")
        end_process(stop.exit_code)
    except ImageryWatchError as error:
        tell_cause(error)
        if any(not one.daemon for one in threading.enumerate() if one is not threading.main_thread()):
            tell(f"imagery-watch: {plain(str(error))}")
            end_process(error.exit_code)  # threads that still read are not waited for
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


def _fail(message: str, code: ExitCode) -> NoReturn:
    tell(f"imagery-watch: {plain(message)}")
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
