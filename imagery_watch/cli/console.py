"""What every command needs of a terminal: plain text, a console, JSON, a bar, and the settings of the environment."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from imagery_watch.errors import UsageError

if TYPE_CHECKING:
    from rich.console import Console

    from imagery_watch.model import Airfield
    from imagery_watch.settings import Settings
    from imagery_watch.sources.places.index import Place

AIRFIELD = "ICAO or IATA code, name or city of an airfield, or LAT,LON near it."
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


def find_named(text: str, home: Path) -> "Airfield":
    """The airfield that a person names; how the name was taken is said on stderr. Raises AoiError."""
    from imagery_watch.sources.places.resolver import resolve_airfield

    airfield, told = resolve_airfield(text, home)
    if told:
        sys.stderr.write(f"note: {plain(told)}\n")
    return airfield


def find_unmapped(text: str, home: Path) -> "Place":
    """The airfield of the world that a person names, with aprons or without; how it was taken is said. AoiError."""
    from imagery_watch.sources.places.resolver import find_place

    found = find_place(text, home)
    if found.told:
        sys.stderr.write(f"note: {plain(found.told)}\n")
    return found.place


def choose_airfield(name: str | None, aoi: Path | None, home: Path, command: str) -> "Airfield":
    """The airfield that a command is to look at: named, or in a file. Raises UsageError for none or both, AoiError."""
    if (name is None) == (aoi is None):
        raise UsageError(f"name one airfield: `{command} LIPB`, or `{command} --aoi FILE`")
    if aoi is None:
        return find_named(str(name), home)
    from imagery_watch.sources.airfields.geojson import read_airfield

    return read_airfield(aoi)


def console() -> "Console":
    """A console of the terminal's width, or of 120 columns where it is none."""
    from rich.console import Console

    return Console(width=None if sys.stdout.isatty() else 120)


def print_json(value: Any) -> None:
    """Prints a value as this package writes JSON."""
    from imagery_watch.outputs.files.hits_geojson import dump_json

    typer.echo(dump_json(value).rstrip("\n"))


@contextmanager
def progress_bar(*, quiet: bool) -> Iterator[Callable[[str, int, int], None]]:
    """A bar on stderr, one line a stage; nothing where stderr is no terminal or programs are listening."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description:<24}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    screen = Console(stderr=True)
    with Progress(*columns, console=screen, disable=quiet or not screen.is_terminal, transient=True) as bar:
        tasks: dict[str, Any] = {}

        def report(stage: str, done: int, total: int) -> None:
            """Moves the stage's bar, which its first report makes."""
            if stage not in tasks:
                tasks[stage] = bar.add_task(stage, total=total)
            bar.update(tasks[stage], completed=done, total=max(total, 1))

        yield report
