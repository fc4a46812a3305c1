"""The commands on flight tracks that a person holds as files: inspect."""

from pathlib import Path
from typing import Annotated

import typer

from imagery_watch.cli.console import AIRFIELD, AsJson, console, find_named, print_json, settings
from imagery_watch.cli.options import examples
from imagery_watch.cli.signals import stopping
from imagery_watch.cli.voice import choose_voice, telling_progress

tracks = typer.Typer(
    help="Flight tracks that you hold as files.",
    no_args_is_help=True,
    rich_markup_mode=None,
    epilog=examples("tracks inspect flight.csv", "tracks inspect day.tar --airfield LSZH"),
)


@tracks.callback()
def group() -> None:
    """Flight tracks that you hold as files."""


@tracks.command(
    short_help="What track files hold; what they show at an airfield.",
    epilog=examples(
        "tracks inspect flight.csv",
        "tracks inspect day.tar other.kml --airfield LSZH",
        "tracks inspect port30003.log --zone Europe/Zurich",
        "tracks inspect traces/ --airfield zurich --json",
    ),
)
def inspect(
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help="Files, folders or tars of tracks.")],
    airfield: Annotated[str | None, typer.Option(help=f"What they show there. {AIRFIELD}")] = None,
    zone: Annotated[
        str | None, typer.Option(metavar="ZONE", help="Zone of the local times of SBS logs: UTC, Europe/Zurich.")
    ] = None,
    as_json: AsJson = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="On stderr, a line for each file that is read; tracebacks.")
    ] = False,
) -> None:
    """What files of flight tracks hold: aircraft, times, gaps, fixes on the ground, and near which airfield.

    Files are known by their content: Flightradar24 CSV and KML, FlightAware KML, readsb traces, also as folders and
    tars, OpenSky and traffic tables, SBS logs. With --airfield: who landed, took off, stood, came near or passed, and
    in which hours others were heard, without which silence says nothing (docs/flights.md).
    """
    voice = choose_voice(verbose=verbose, quiet=False)
    with stopping(lambda: "nothing was written"):
        from imagery_watch.outputs.terminal.track_table import describe_tracks, show_tracks
        from imagery_watch.tracks import inspect_tracks

        home = settings().home
        known = find_named(airfield, home, quiet=as_json) if airfield is not None else None
        with telling_progress(voice, as_json=as_json) as progress:
            report = inspect_tracks(files, home, airfield=known, zone=zone, progress=progress)
    if as_json:
        print_json(describe_tracks(report))
    else:
        show_tracks(report, console())
