"""The commands that look at one airfield and write a folder: `run` and `demo`."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from imagery_watch.cli.command import tell_command
from imagery_watch.cli.console import AsJson, choose_airfield, console, plain, print_json, say, settings, tell
from imagery_watch.cli.corroborate import Aircraft, Tracks, gather_files
from imagery_watch.cli.options import (
    Aoi,
    Catalog,
    ExitOnNew,
    FalseAlarms,
    History,
    MinLength,
    Name,
    Open,
    Out,
    Quiet,
    Since,
    Until,
    Verbose,
)
from imagery_watch.cli.signals import name_kept, stopping
from imagery_watch.cli.voice import Progress, Voice, choose_voice, tell_passed_over, telling_progress, telling_traffic
from imagery_watch.errors import ExitCode

if TYPE_CHECKING:
    from imagery_watch.model import RunResult

DEMO, STORY = Path("imagery-watch-demo"), Path("imagery-watch-story")


def demo(
    story: Annotated[
        bool,
        typer.Option("--story", help="Flight tracks and pictures of one stay instead, held together; all made up."),
    ] = False,
    out: Out = None,
    open_it: Open = False,
    as_json: AsJson = False,
    verbose: Verbose = False,
    quiet: Quiet = False,
) -> None:
    """The whole line, offline, in about a minute: simulated passes over real ground, and what was found of them.

    With --story: an Il-62M that stands at Sunan for 36 hours, by tracks, under a pass that sees it and under none.
    """
    voice = choose_voice(verbose=verbose, quiet=quiet)
    if story:
        _tell_story(out or STORY, voice, as_json=as_json, open_it=open_it)
        return
    from imagery_watch.demo import run_demo

    chosen, folder = settings(), out or DEMO
    with working(folder, voice, as_json=as_json) as progress:
        outcome = run_demo(folder, chosen, progress, tell_command(sys.argv[1:]))
    if as_json:
        print_json(outcome.as_dict())
    elif voice == Voice.QUIET:
        typer.echo(outcome.verdict)
    else:
        outcome.show(console())
    if open_it:
        open_file(outcome.report)


def _tell_story(folder: Path, voice: Voice, *, as_json: bool, open_it: bool) -> None:
    from imagery_watch.demo_story import run_story

    with working(folder, voice, as_json=as_json) as progress:
        telling = run_story(folder, settings(), progress, tell_command(sys.argv[1:]))
    if as_json:
        print_json(telling.as_dict())
    elif voice == Voice.QUIET:
        typer.echo(plain(telling.verdict))
    else:
        telling.show(console())
    if open_it:
        open_file(telling.chapters[0].report)


def run(
    airfield: Name = None,
    aoi: Aoi = None,
    catalog: Catalog = "earth-search",
    since: Since = None,
    until: Until = None,
    history: History = 365,
    false_alarms_per_year: FalseAlarms = None,
    min_length: MinLength = 0.0,
    tracks: Tracks = None,
    aircraft: Aircraft = None,
    objects: Annotated[bool, typer.Option("--objects", help="Show all objects that may be aircraft.")] = False,
    out: Out = None,
    force: Annotated[bool, typer.Option("--force", help="Write over a folder of another airfield's run.")] = False,
    open_it: Open = False,
    as_json: AsJson = False,
    exit_code: ExitOnNew = False,
    verbose: Verbose = False,
    quiet: Quiet = False,
) -> None:
    """One airfield: what arrived or left between passes, written to a folder and shown as a table."""
    voice = choose_voice(verbose=verbose, quiet=quiet)
    from imagery_watch.corroboration import join_with_tracks
    from imagery_watch.outputs.files.export import write_outputs
    from imagery_watch.outputs.files.folder import check_folder
    from imagery_watch.pipeline import run_airfield

    chosen = settings(false_alarms_per_year)
    place = choose_airfield(airfield, aoi, chosen.home, "run", quiet=voice == Voice.QUIET)
    folder = out or Path(f"imagery-watch-{place.id}")
    check_folder(folder, place, force=force)
    held = gather_files(tracks, aircraft, None) if tracks or aircraft else None
    with working(folder, voice, as_json=as_json) as progress, telling_traffic(voice, chosen.in_flight):
        result = run_airfield(place, catalog, chosen, since=since, until=until, now=datetime.now(UTC),
                              history_days=history, min_length_m=min_length, progress=progress)  # fmt: skip
        told = replace(result.provenance, command=tell_command(sys.argv[1:]))
        result = replace(result, provenance=told)
        if held is not None:
            result = join_with_tracks(result, held, chosen.home, progress)
        files = write_outputs(result, folder)
    _show_run(result, files, voice, as_json=as_json, all_objects=objects)
    if open_it:
        open_file(files["report.html"])
    raise typer.Exit(int(_code(result, exit_code)))


@contextmanager
def working(folder: Path, voice: Voice, *, as_json: bool) -> Iterator[Progress]:
    """Progress is told within it, and a signal says what of the run is in the folder. Raises Stopped."""
    with stopping(partial(name_kept, folder, time.time())), telling_progress(voice, as_json=as_json) as progress:
        yield progress


def open_file(path: Path) -> None:
    """Opens a file in the browser; where there is none it says so, and no more."""
    import webbrowser

    try:
        opened = webbrowser.open(path.resolve().as_uri())
    except (webbrowser.Error, OSError):
        opened = False
    if not opened:
        tell(f"note: there is no browser to open {plain(str(path))} in")


def _code(result: "RunResult", on_new: bool) -> ExitCode:
    if result.incomplete:
        return ExitCode.INCOMPLETE
    return ExitCode.NEW_HITS if on_new and result.hits else ExitCode.DONE


def _show_run(result: "RunResult", files: dict[str, Path], voice: Voice, *, as_json: bool, all_objects: bool) -> None:
    from imagery_watch.model.provenance import NOTHING_USED

    if voice == Voice.VERBOSE:
        tell_passed_over(result.looks)
    if as_json:
        from imagery_watch.outputs.files.export import summary_of

        print_json(summary_of(result, files))
    elif voice == Voice.QUIET:
        from imagery_watch.outputs.wording.summaries import headline

        typer.echo(plain(headline(result)))
    else:
        _show_tables(result, all_objects)
        say(f"report: {files['report.html']}")
    for told in result.provenance.warnings:
        if told.startswith(NOTHING_USED):
            tell(f"imagery-watch: {plain(told)}")


def _show_tables(result: "RunResult", all_objects: bool) -> None:
    from imagery_watch.outputs.terminal.corroboration_table import show_corroboration
    from imagery_watch.outputs.terminal.layout import print_text
    from imagery_watch.outputs.terminal.tables import print_stays, print_summary

    screen = console()
    print_summary(result, screen, all_objects=all_objects)
    print_stays(result, screen)
    if result.corroboration is not None:
        show_corroboration(result.corroboration, {hit.id: hit for hit in result.hits}, screen)
    print_text(screen, (f"note: {plain(warning)}" for warning in result.provenance.warnings))
