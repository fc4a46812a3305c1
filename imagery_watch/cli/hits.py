"""The commands on the record's hits: list, show, review, export."""

from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from imagery_watch.cli.console import AsJson, console, plain, print_json, say, settings
from imagery_watch.cli.options import Force, Since, Until, examples
from imagery_watch.cli.packs import (
    By,
    PackCatalog,
    PackOptions,
    PackOut,
    Run,
    Timestamp,
    TimestampCa,
    export_pack,
)
from imagery_watch.cli.record import say_count
from imagery_watch.errors import UsageError

hits = typer.Typer(
    help="The hits that monitor recorded: look, judge, export.",
    no_args_is_help=True,
    rich_markup_mode=None,
    epilog=examples("hits list", "hits show LIPB-20220831-0a1b", "hits export -o hits.gpkg"),
)
Names = Annotated[list[str] | None, typer.Argument(metavar="[AIRFIELD]...", help="Default: all in the record.")]


class StatusName(StrEnum):
    """What `--status` takes."""

    PROVISIONAL = "provisional"
    CONFIRMED = "confirmed"
    REVISED = "revised"
    WITHDRAWN = "withdrawn"


class VerdictName(StrEnum):
    """What `--verdict` takes."""

    CONFIRMED = "confirmed"
    REJECTED = "rejected"
    UNSURE = "unsure"


@hits.command(
    "list",
    short_help="Recorded hits, newest first.",
    epilog=examples("hits list", "hits list LIPB --since 90d --unreviewed", "hits list --status withdrawn --json"),
)
def list_hits(
    names: Names = None,
    since: Since = None,
    until: Until = None,
    status: Annotated[StatusName | None, typer.Option(help="Only hits of this status.")] = None,
    unreviewed: Annotated[bool, typer.Option("--unreviewed", help="Only hits that nobody has judged.")] = False,
    min_score: Annotated[float, typer.Option("--min-score", help="Only hits of at least this score.")] = 0.0,
    as_json: AsJson = False,
) -> None:
    """Recorded hits, newest first, with what people said of them; and what those reviews add up to."""
    from imagery_watch.model import parse_period
    from imagery_watch.outputs.terminal.hit_table import describe_hits, show_hits
    from imagery_watch.recorded import Wanted, read_hits

    period, chosen = parse_period(since, until, datetime.now(UTC)), settings()
    wanted = Wanted(period, None if status is None else status.value, unreviewed, min_score)
    every, tallies = read_hits(names or (), chosen.home, chosen.false_alarms_per_year)
    found = [one for one in every if wanted.accepts(one)]
    if as_json:
        print_json(describe_hits(found, tallies))
    else:
        show_hits(found, tallies, console())


@hits.command(
    short_help="Everything about one hit.",
    epilog=examples("hits show LIPB-20220831-0a1b", "hits show LIPB-20220831-0a1b --json"),
)
def show(
    hit: Annotated[str, typer.Argument(metavar="ID", help="The hit's id, or enough of its beginning.")],
    as_json: AsJson = False,
) -> None:
    """Everything about one hit: words, numbers, stay, the looks around it, history, reviews, picture."""
    from imagery_watch.outputs.terminal.hit_table import describe_hit, show_hit
    from imagery_watch.recorded import read_hit

    found = read_hit(hit, settings().home)
    if as_json:
        print_json(describe_hit(found))
    else:
        show_hit(found, console())


@hits.command(
    short_help="Say what you think of a hit, or import reviews.",
    epilog=examples(
        "hits review LIPB-20220831-0a1b --verdict confirmed",
        "hits review LIPB-20220831-0a1b --verdict rejected --note van",
        "hits review --import reviews.csv",
    ),
)
def review(
    hit: Annotated[str | None, typer.Argument(metavar="[ID]", help="The hit's id, or enough of its beginning.")] = None,
    verdict: Annotated[VerdictName | None, typer.Option(help="What you think of it.")] = None,
    note: Annotated[str, typer.Option(help="Why, in your own words.")] = "",
    by: Annotated[
        str | None, typer.Option(help="Who says it; default: IMAGERY_WATCH_REVIEWER, else your user name.")
    ] = None,
    file: Annotated[
        Path | None, typer.Option("--import", help="Reviews from a .csv or .json file (hits export --reviews) instead.")
    ] = None,
) -> None:
    """Say what you think of a hit. Nobody's review is overwritten: the newest of each reviewer counts."""
    if file is not None:
        if hit is not None or verdict is not None or note or by is not None:
            raise UsageError("--import FILE takes the place of an ID, --verdict, --note and --by: leave those out")
        _import(file)
        return
    if hit is None or verdict is None:
        raise UsageError("name a hit and a verdict: `hits review ID --verdict confirmed`; or give --import FILE")
    from imagery_watch.monitor.reviewing import review_hit
    from imagery_watch.settings import name_reviewer

    chosen = settings()
    reviewer = by if by is not None else name_reviewer(chosen)
    done = review_hit(hit, verdict.value, note, reviewer, chosen.home, datetime.now(UTC))
    status = done.now.hit.status
    was = f"; until now it was {done.before}" if done.before != status else ""
    say(plain(f"{done.now.hit.id}: {verdict} by {reviewer}; its status is {status}{was}"))


def _import(file: Path) -> None:
    from imagery_watch.monitor.reviewing import import_reviews

    added = import_reviews(file, settings().home, datetime.now(UTC))
    notes = [
        f"{added.known} {'was' if added.known == 1 else 'were'} there already" if added.known else "",
        f"{added.unknown_hits} of hits that this record does not have, kept" if added.unknown_hits else "",
        f"{added.contradicting} left out, for the record has another of the same person, hit and time"
        if added.contradicting
        else "",
    ]
    say("; ".join([f"{say_count(added.new, 'review')} added", *filter(None, notes)]))


@hits.command(
    short_help="Hits, or reviews, as a file; hits as evidence.",
    epilog=examples(
        "hits export -o hits.geojson",
        "hits export LIPB EDBF -o hits.gpkg",
        "hits export --run imagery-watch-demo -o hits.parquet",
        "hits export --reviews reviews.csv",
        "hits export LIPB-20220831-0a1b --pack lipb.zip --run bolzano",
        "hits export --pack lipb.zip --run bolzano --force",
    ),
)
def export(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[AIRFIELD]...", help="Default: all in the record. With --pack: ids of the run's hits."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="A .geojson, .csv, .gpkg or .parquet file of the hits.")
    ] = None,
    reviews: Annotated[Path | None, typer.Option(help="A .csv or .json file of all reviews.")] = None,
    pack: PackOut = None,
    run: Run = None,
    by: By = "",
    catalog: PackCatalog = None,
    timestamp: Timestamp = None,
    timestamp_ca: TimestampCa = None,
    force: Force = False,
) -> None:
    """All recorded hits with their reviews, or those of a run, as one file; or the reviews alone, to be imported.

    Or hits of a run with everything that they rest on, as one file that can be checked and computed anew years later
    (docs/custody.md). A file that is there is written over where it is an earlier export; a pack, or anything else,
    with --force only.
    """
    asked = PackOptions(run, by, timestamp, timestamp_ca, catalog, force)
    if pack is not None:
        if out is not None or reviews is not None:
            raise UsageError("--pack FILE takes the place of -o and --reviews: leave those out")
        export_pack(names or (), pack, asked)
    if asked.of_a_pack:
        raise UsageError("--by, --catalog, --timestamp and --timestamp-ca go with --pack FILE")
    if run is not None:
        if out is None or names or reviews is not None:
            raise UsageError("--run FOLDER takes -o FILE or --pack FILE beside it, and no airfield")
        _export_run(run, out, force=force)
        return
    if (out is None) == (reviews is None) or (reviews is not None and names):
        raise UsageError("give -o FILE for hits, airfields before it; --reviews FILE for all reviews; or --pack FILE")
    if reviews is not None:
        _export_reviews(reviews, force=force)
    elif out is not None:
        _export_record(names or (), out, force=force)


def _export_reviews(out: Path, *, force: bool) -> None:
    from imagery_watch.outputs.files.folder import check_file
    from imagery_watch.outputs.review.reviews_file import check_suffix, holds_all, write_reviews
    from imagery_watch.recorded import list_reviews

    check_suffix(out)
    told, now = list_reviews(settings().home), datetime.now(UTC)
    check_file("--reviews", out, force=force, is_ours=lambda path: holds_all(path, told, now))
    say(f"wrote {out}: {say_count(write_reviews(out, told), 'review')}")


def _export_record(names: Sequence[str], out: Path, *, force: bool) -> None:
    from imagery_watch.outputs.files.folder import check_file
    from imagery_watch.outputs.review.hits_file import check_suffix, is_export, write_hits
    from imagery_watch.recorded import read_hits

    chosen = settings()
    check_suffix(out)
    found = read_hits(names, chosen.home, chosen.false_alarms_per_year)[0][::-1]
    check_file("-o", out, force=force, is_ours=is_export)
    write_hits(out, found)
    say(f"wrote {out}: {say_count(len(found), 'hit')}")


def _export_run(run: Path, out: Path, *, force: bool) -> None:
    from imagery_watch.outputs.files.folder import check_file
    from imagery_watch.outputs.files.saved_run import read_saved
    from imagery_watch.outputs.review.hits_file import check_suffix, is_export, write_hits_of_run

    check_suffix(out)
    saved = read_saved(run)
    check_file("-o", out, force=force, is_ours=is_export)
    write_hits_of_run(out, saved)
    say(f"wrote {out}: {say_count(len(saved.hits), 'hit')}")
