"""The command that drafts an airfield from imagery."""

import re
import shlex
import time
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from imagery_watch.cli.console import AIRFIELD, find_unmapped, plain, say, settings, tell
from imagery_watch.cli.options import Force, Quiet, Verbose
from imagery_watch.cli.run import open_file
from imagery_watch.cli.signals import name_files, stopping
from imagery_watch.cli.voice import Voice, choose_voice, telling_progress
from imagery_watch.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from imagery_watch.drafting import Draft

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
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the draft and its picture.")] = Path(),
    force: Force = False,
    open_it: Annotated[bool, typer.Option("--open", help="Open the picture in the browser when it is done.")] = False,
    verbose: Verbose = False,
    quiet: Quiet = False,
) -> None:
    """Draw an airfield's aprons from the clearest recent passes: a file to correct, and a picture to correct it by."""
    voice = choose_voice(verbose=verbose, quiet=quiet)
    from imagery_watch.drafting import draft_airfield, write_draft
    from imagery_watch.outputs.files.folder import check_file

    chosen = settings()
    ends = [_read_ends(text) for text in runway or ()]
    place = find_unmapped(icao, chosen.home, quiet=voice == Voice.QUIET)
    check_file("--out", out / f"{place.icao}.geojson", force=force)  # somebody may have corrected it by hand
    kept = partial(name_files, [out / f"{place.icao}.geojson", out / f"{place.icao}.png"], time.time())
    with stopping(kept), telling_progress(voice) as progress:
        made = draft_airfield(place, catalog, chosen, since=since, until=until, now=datetime.now(UTC), runways=ends,
                              progress=progress)  # fmt: skip
        file, picture = write_draft(made, out)
    _tell_draft(made, file, picture, voice)
    if open_it:
        open_file(picture)
    raise typer.Exit(int(ExitCode.INCOMPLETE if made.incomplete else ExitCode.DONE))


def _tell_draft(made: "Draft", file: Path, picture: Path, voice: Voice) -> None:
    """What was written, and what to do with it."""
    hectares = (made.aprons > 0).sum() * made.grid.resolution**2 / 1e4
    if voice != Voice.QUIET:
        for warning in made.warnings:
            tell(f"warning: {plain(warning)}")
    aprons, runways = int(made.aprons.max()), len(made.runways)
    found = f"{aprons} apron{'s' * (aprons != 1)}, {hectares:.1f} ha, {runways} runway{'s' * (runways != 1)}"
    say(f"wrote {file}: {found}")
    if voice != Voice.QUIET:
        say(f"wrote {picture}: aprons red, runways blue, taxiways yellow, over {len(made.days)} passes")
        say(
            "This is a draft that nobody has checked: compare it with the picture, and correct it in QGIS or at "
            "geojson.io (car parks and yards beside an airfield look like aprons; small ones are missed). "
            f"Then: imagery-watch airfields add {shlex.quote(str(file))}"
        )
    if made.incomplete:
        tell("imagery-watch: not all passes were there: run it again for what is missing, with --force")


def _read_ends(text: str) -> tuple[tuple[float, float], tuple[float, float]]:
    found = _ENDS.fullmatch(text.strip())
    numbers = [float(number) for number in found.groups()] if found else []
    if not numbers or max(abs(numbers[0]), abs(numbers[2])) > 84 or numbers[:2] == numbers[2:]:
        raise UsageError(f"--runway {text[:80]!r}: expected the two ends as LAT,LON,LAT,LON in degrees")
    return (numbers[0], numbers[1]), (numbers[2], numbers[3])
