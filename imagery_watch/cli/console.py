"""What every command needs of a terminal: plain text, a console, JSON, and the settings of the environment."""

import os
import shutil
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TextIO

import typer

from imagery_watch.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from rich.console import Console

    from imagery_watch.model import Airfield
    from imagery_watch.settings import Settings
    from imagery_watch.sources.places.index import Place

AIRFIELD = "ICAO or IATA code, name or city of an airfield, or LAT,LON near it."
WIDE, NARROWEST, TALL = 120, 20, 24
"""Columns where nobody says how many there are, the fewest that are believed, and lines, which nothing depends on."""
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs instead of a table.")]


def plain(message: str) -> str:
    """Without control characters: names in messages come from files of strangers."""
    return "".join(letter if letter.isprintable() or letter == "\n" else "?" for letter in message)


def tell_warning(message: Warning | str, category: type[Warning], *_where: object, **_more: object) -> None:
    """A library's warning as one line on stderr; its words may come from a stranger's catalogue."""
    sys.stderr.write(f"warning: {category.__name__}: {plain(' '.join(str(message).split()))[:500]}\n")


def settings(false_alarms_per_year: float | None = None, *, overpass: str | None = None) -> "Settings":
    """The environment's settings, the user's own budget of false hits and Overpass API among them."""
    from imagery_watch.settings import read_settings

    chosen = read_settings(false_alarms_per_year=false_alarms_per_year)
    return chosen if overpass is None else chosen.model_copy(update={"overpass": overpass})


def find_named(text: str, home: Path, *, quiet: bool = False) -> "Airfield":
    """The airfield that a person names; how the name was taken is said on stderr. Raises AoiError."""
    from imagery_watch.sources.places.resolver import resolve_airfield

    if text.lower().endswith((".geojson", ".json", ".kml", ".kmz", ".gpkg", ".fgb", ".shp")) and Path(text).is_file():
        raise UsageError(f"{text} is a file, not an airfield's name: give it as --aoi, or add it (airfields add)")
    airfield, told = resolve_airfield(text, home)
    if told and not quiet:
        tell(f"note: {plain(told)}")
    return airfield


def find_unmapped(text: str, home: Path, *, quiet: bool = False) -> "Place":
    """The airfield of the world that a person names, with aprons or without; how it was taken is said. AoiError."""
    from imagery_watch.sources.places.resolver import find_place

    found = find_place(text, home)
    if found.told and not quiet:
        tell(f"note: {plain(found.told)}")
    return found.place


def choose_airfield(name: str | None, aoi: Path | None, home: Path, command: str, *, quiet: bool = False) -> "Airfield":
    """The airfield that a command is to look at: named, or in a file. Raises UsageError for none or both, AoiError."""
    if (name is None) == (aoi is None):
        raise UsageError(f"name one airfield: `{command} LIPB`, or `{command} --aoi FILE`")
    if aoi is None:
        return find_named(str(name), home, quiet=quiet)
    from imagery_watch.sources.airfields.geojson import read_airfield

    return read_airfield(aoi)


def find_width(stream: TextIO) -> int | None:
    """Columns of a stream: what COLUMNS says, else its terminal's; None where it is none, as in a pipe or a file."""
    stated = os.environ.get("COLUMNS", "")
    if stated.isascii() and stated.isdigit() and int(stated) >= NARROWEST:
        return int(stated)
    if not stream.isatty():
        return None
    return max(NARROWEST, shutil.get_terminal_size((WIDE, TALL)).columns)


def console() -> "Console":
    """A console of the terminal's width, or of 120 columns where it is none."""
    from rich.console import Console

    class Patient(Console):
        """Whoever reads may have enough before the end, as `head` does: that is no failure."""

        def on_broken_pipe(self) -> None:
            """Ends the program, as rich does, but with 0."""
            with suppress(SystemExit):
                super().on_broken_pipe()
            raise SystemExit(int(ExitCode.DONE))

    # rich believes a width alone of no terminal that calls itself dumb
    return Patient(width=find_width(sys.stdout) or WIDE, height=TALL)


def say(text: str) -> None:
    """Prints a line of the result, folded between words on a terminal; elsewhere it stays one line."""
    _write(text, sys.stdout)


def tell(text: str) -> None:
    """Prints an error or a note on stderr, folded between words on a terminal; elsewhere it stays one line."""
    _write(text, sys.stderr)


def fold_for(stream: TextIO, text: str, *, hang: int = 0) -> list[str]:
    """The text in lines that a terminal need not break; one line where the stream is none."""
    width = find_width(stream) if stream.isatty() else None
    if width is None:
        return [text]
    from imagery_watch.outputs.terminal.layout import fold

    return fold(text, width, hang=hang)


def _write(text: str, stream: TextIO) -> None:
    for line in text.split("\n"):
        stream.write("".join(f"{part}\n" for part in fold_for(stream, line)))
    stream.flush()


def print_json(value: Any) -> None:
    """Prints a value as this package writes JSON."""
    from imagery_watch.outputs.values import dump_json

    typer.echo(dump_json(value).rstrip("\n"))
