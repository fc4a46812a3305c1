"""The commands on the record itself: merge, verify."""

from pathlib import Path
from typing import Annotated

import typer

from imagery_watch.cli.console import AsJson, plain, print_json, say, settings
from imagery_watch.cli.options import examples

record = typer.Typer(
    help="The record of monitor: merge several, check one.",
    no_args_is_help=True,
    rich_markup_mode=None,
    epilog=examples("record merge all shard-1 shard-2", "record verify"),
)


@record.command(
    short_help="Bring the records of several machines into one.",
    epilog=examples("record merge all shard-1 shard-2", "record merge all downloaded/monitor.sqlite --json"),
)
def merge(
    into: Annotated[Path, typer.Argument(metavar="INTO", help="A home, made where it is missing.")],
    sources: Annotated[list[Path], typer.Argument(metavar="FROM...", help="Homes, or files of records.")],
    as_json: AsJson = False,
) -> None:
    """Bring the records of several machines into one: all of them, or nothing. The others stay as they are.

    An airfield that several have is kept as the one has it that scored it last; what people said of hits, and what was
    handed on, is kept of all. The order of FROM does not matter, and merging again changes nothing (docs/scale.md).
    """
    from imagery_watch.monitor.records import merge_records

    taken = merge_records(into, sources)
    if as_json:
        print_json([{"from": str(one.path), "airfields": one.airfields, "newer": one.newer} for one in taken])
        return
    for one in taken:
        say(plain(f"{one.path}: {say_count(one.airfields, 'airfield')}, of which {one.newer} new or newer"))
    say(plain(f"merged into {into}"))


@record.command(
    short_help="Check the record, and all that is kept beside it.",
    epilog=examples("record verify", "record verify shard-1", "record verify --json"),
)
def verify(
    home: Annotated[Path | None, typer.Argument(metavar="[HOME]", help="Default: IMAGERY_WATCH_HOME.")] = None,
    as_json: AsJson = False,
) -> None:
    """Check the record, its backup, and by checksum each kept look and window. Exit code 4 where one is damaged."""
    from imagery_watch.monitor.records import verify_home

    chosen = settings() if home is None else settings().model_copy(update={"home": home})
    found = verify_home(chosen)
    if as_json:
        damaged = [{"path": str(one.path), "remedy": one.remedy} for one in found.damaged]
        counts = {"airfields": found.airfields, "watches": found.watches, "windows": found.chips}
        print_json({"home": str(found.home), **counts, "damaged": damaged})
    else:
        for one in found.damaged:
            say(plain(f"damaged: {one.path}: {one.remedy}"))
        airfields, windows = say_count(found.airfields, "airfield"), say_count(found.chips, "window")
        number = len(found.damaged) or "nothing"
        say(plain(f"{found.home}: {airfields}, kept looks of {found.watches}, {windows}; {number} damaged"))
    raise typer.Exit(int(found.exit_code))


def say_count(number: int, what: str) -> str:
    """A number of things in words."""
    return f"{number} {what}{'' if number == 1 else 's'}"
