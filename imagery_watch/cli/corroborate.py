"""The command that holds flight tracks against what the looks gave: `corroborate`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from imagery_watch.cli.console import AIRFIELD, AsJson, console, plain, print_json, say, settings, tell
from imagery_watch.cli.options import Quiet, Verbose
from imagery_watch.cli.signals import stopping
from imagery_watch.cli.voice import Voice, choose_voice, telling_progress

if TYPE_CHECKING:
    from imagery_watch.corroboration import TrackFiles

Tracks = Annotated[
    list[Path] | None,
    typer.Option("--tracks", metavar="FILE", help="A file, folder or tar of flight tracks; may be given again."),
]
Aircraft = Annotated[
    list[str] | None,
    typer.Option(
        "--aircraft",
        metavar="CALLED=REG:TYPE",
        help="What you know of one: its callsign or address in the files, registration, ICAO type; may be given again.",
    ),
]
Zone = Annotated[str | None, typer.Option(metavar="ZONE", help="Zone of the local times of SBS logs: UTC, Asia/Seoul.")]


def corroborate(
    airfield: Annotated[str | None, typer.Argument(help=f"{AIRFIELD} Its hits in the record of `monitor`.")] = None,
    tracks: Tracks = None,
    folder: Annotated[Path | None, typer.Option("--run", help="The folder of a run instead of the record.")] = None,
    aircraft: Aircraft = None,
    zone: Zone = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Where corroboration.json goes; with --run, that folder.")
    ] = None,
    as_json: AsJson = False,
    verbose: Verbose = False,
    quiet: Quiet = False,
) -> None:
    """Holds hits, stays and looks against flight tracks that you have as files, in both directions.

    Who landed or left where a change was found; and who, by the tracks, stood there between two looks, or in one that
    should have shown it. Time, place and size are told apart; silence is told only where others were heard. With --run
    the folder's hits, stays, tables and report are written again with what the tracks say (docs/flights.md).
    """
    voice = choose_voice(verbose=verbose, quiet=quiet)
    from imagery_watch.corroboration import corroborate_record, corroborate_run
    from imagery_watch.outputs.properties import corroboration_record
    from imagery_watch.outputs.terminal.corroboration_table import list_sentences, show_corroboration

    files, home = gather_files(tracks, aircraft, zone), settings().home
    with stopping(lambda: "nothing was written"), telling_progress(voice, as_json=as_json) as progress:
        if folder is not None:
            told = corroborate_run(folder, airfield, files, home, out, progress)
        else:
            told = corroborate_record(airfield, files, home, out, progress)
    if as_json:
        print_json(corroboration_record(told.corroboration))
    elif voice == Voice.QUIET:
        for line in list_sentences(told.corroboration, told.hits):
            typer.echo(plain(line))
    else:
        show_corroboration(told.corroboration, told.hits, console())
        for path in told.written:
            say(f"wrote {path}")
    for note in told.notes:
        tell(f"note: {plain(note)}")


def gather_files(tracks: list[Path] | None, aircraft: list[str] | None, zone: str | None) -> "TrackFiles":
    """The files of tracks with what is known of their aircraft. Raises UsageError where there are none."""
    from imagery_watch.corroboration import TrackFiles, parse_named
    from imagery_watch.errors import UsageError

    if not tracks:
        raise UsageError("name the flight tracks: --tracks FILE, a file, folder or tar (docs/flights.md says which)")
    return TrackFiles(tuple(tracks), zone, tuple(parse_named(one) for one in aircraft or ()))
