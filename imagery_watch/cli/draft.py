"""The command that drafts an airfield from imagery."""

import re
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from imagery_watch.cli.console import AIRFIELD, find_unmapped, plain, progress_bar, settings
from imagery_watch.errors import ExitCode, UsageError

_ENDS = re.compile(r"\s*,\s*".join([r"([+-]?\d{1,3}(?:\.\d+)?)"] * 4))


def draft(
    icao: Annotated[str, typer.Argument(help=AIRFIELD)],
    catalog: Annotated[str, typer.Option(help="As of `run`: a name, a STAC API's URL, or a path.")] = "earth-search",
    since: Annotated[str | None, typer.Option(help="First day, UTC; default: half a year back.")] = None,
    until: Annotated[str | None, typer.Option(help="Last day, UTC, included.")] = None,
    runway: Annotated[
        list[str] | None,
        typer.Option(metavar="LAT,LON,LAT,LON", help="A runway's ends, where the image does not show it; repeatable."),
    ] = None,
    out: Annotated[Path, typer.Option("--out", help="Folder for the draft and its picture.")] = Path(),
) -> None:
    """Draw an airfield's aprons from the clearest recent passes: a file to correct, and a picture to correct it by."""
    from imagery_watch.drafting import draft_airfield, write_draft

    chosen = settings()
    ends = [_read_ends(text) for text in runway or ()]
    place = find_unmapped(icao, chosen.home)
    with progress_bar(quiet=False) as progress:
        made = draft_airfield(
            place,
            catalog,
            chosen,
            since=since,
            until=until,
            now=datetime.now(UTC),
            runways=ends,
            progress=progress,
        )
    file, picture = write_draft(made, out)
    for warning in made.warnings:
        sys.stderr.write(f"warning: {plain(warning)}\n")
    hectares = (made.aprons > 0).sum() * made.grid.resolution**2 / 1e4
    typer.echo(f"wrote {file}: {int(made.aprons.max())} aprons, {hectares:.1f} ha, {len(made.runways)} runways")
    typer.echo(f"wrote {picture}: aprons red, runways blue, taxiways yellow, over {len(made.days)} passes")
    typer.echo(
        "This is a draft that nobody has checked: compare it with the picture, and correct it in QGIS or at geojson.io "
        "(car parks and yards beside an airfield look like aprons; small ones are missed). "
        f"Then: imagery-watch airfields add {file}"
    )
    if made.incomplete:
        sys.stderr.write("imagery-watch: not all passes were there: run it again for what is missing\n")
    raise typer.Exit(int(ExitCode.INCOMPLETE if made.incomplete else ExitCode.DONE))


def _read_ends(text: str) -> tuple[tuple[float, float], tuple[float, float]]:
    found = _ENDS.fullmatch(text.strip())
    numbers = [float(number) for number in found.groups()] if found else []
    if not numbers or max(abs(numbers[0]), abs(numbers[2])) > 84 or numbers[:2] == numbers[2:]:
        raise UsageError(f"--runway {text[:80]!r}: expected the two ends as LAT,LON,LAT,LON in degrees")
    return (numbers[0], numbers[1]), (numbers[2], numbers[3])
