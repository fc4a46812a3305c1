"""Evidence packs on the command line: made by `hits export --pack`, computed anew by `replay`."""

import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from imagery_watch.cli.command import tell_command
from imagery_watch.cli.console import AsJson, plain, print_json, say, settings, tell
from imagery_watch.cli.options import Quiet, Verbose
from imagery_watch.cli.signals import name_files, stopping
from imagery_watch.cli.voice import choose_voice, telling_progress
from imagery_watch.errors import ExitCode, ImageryWatchError, UsageError

if TYPE_CHECKING:
    from imagery_watch.custody.packing import Authorities, Packed
    from imagery_watch.custody.replaying import Replayed
    from imagery_watch.settings import Settings

MOST_TOLD = 12
"""Differences that are told one by one."""

PackOut = Annotated[
    Path | None, typer.Option("--pack", metavar="FILE", help="An evidence pack (.zip) of a run's hits.")
]
Run = Annotated[Path | None, typer.Option(metavar="DIR", help="Hits of a run's folder instead of the record's.")]
By = Annotated[str, typer.Option(help="With --pack: who packs it.")]
Timestamp = Annotated[
    str | None,
    typer.Option(metavar="URL[,URL]", help="With --pack: time-stamping authorities (RFC 3161) that are to stamp it."),
]
TimestampCa = Annotated[
    Path | None,
    typer.Option("--timestamp-ca", metavar="FILE", help="Certificates (PEM) of an authority that few know."),
]
PackCatalog = Annotated[
    str | None,
    typer.Option("--catalog", help="With --pack: where the run's items are now; default: where it had them."),
]


class PackOptions(NamedTuple):
    """What is asked of a pack."""

    run: Path | None
    by: str
    timestamp: str | None
    timestamp_ca: Path | None
    catalog: str | None
    force: bool = False

    @property
    def of_a_pack(self) -> bool:
        """Whether anything is asked that only a pack has."""
        return bool(self.by) or any(one is not None for one in (self.timestamp, self.timestamp_ca, self.catalog))


def export_pack(ids: Sequence[str], out: Path, options: PackOptions) -> None:
    """Packs hits of a run, and says what came of it. Ends with 3 where an authority gave no time stamp."""
    if options.run is None:
        raise UsageError(_tell_first(ids))
    if options.timestamp is None and options.timestamp_ca is not None:
        raise UsageError("--timestamp-ca: goes with --timestamp URL")
    from imagery_watch.custody.packing import make_pack
    from imagery_watch.custody.statement import Occasion
    from imagery_watch.outputs.files.folder import check_file

    check_file("--pack", out, force=options.force)
    chosen = settings()
    authorities = _choose_authorities(options, chosen)
    occasion = Occasion(options.by, datetime.now(UTC), tell_command(sys.argv[1:]))
    kept = partial(name_files, [out], time.time())
    with stopping(kept), telling_progress(choose_voice(verbose=False, quiet=False)) as progress:
        packed = make_pack(options.run, ids, out, chosen, occasion, catalog=options.catalog, authorities=authorities,
                           progress=progress)  # fmt: skip
    _show_packed(packed)
    raise typer.Exit(int(ExitCode.INCOMPLETE if any(one.trouble for one in packed.stamps) else ExitCode.DONE))


def _tell_first(ids: Sequence[str]) -> str:
    """What to do first where no run is named: a pack of what `monitor` recorded could not be computed anew."""
    example = "imagery-watch run LIPB --since 2024-06-01 --until 2024-06-30 --out evidence"
    try:
        from imagery_watch.recorded import read_hit

        hit = read_hit(ids[0], settings().home).recorded.hit if ids else None
    except ImageryWatchError:
        hit = None
    if hit is not None:
        dates = f"--since {hit.before:%Y-%m-%d} --until {hit.after:%Y-%m-%d}"
        example = f"imagery-watch run {hit.airfield} {dates} --out evidence"
    return ("a pack is made from the folder of a run: its hits can be computed anew from the pixels alone, while "
            "`monitor` judges each look once, by what was known then. First "
            f"`{example}`, then `imagery-watch hits export --pack FILE.zip --run evidence` (a hit may have another id "
            "and other numbers there)")  # fmt: skip


def _choose_authorities(options: PackOptions, chosen: "Settings") -> "Authorities | None":
    if options.timestamp is None:
        return None
    from imagery_watch.custody.authority import need_library, read_certificate_file
    from imagery_watch.custody.packing import Authorities
    from imagery_watch.custody.stamps import read_authorities
    from imagery_watch.sources.network.certificates import trust
    from imagery_watch.sources.network.outgoing import open_exchange

    urls = read_authorities(options.timestamp)
    need_library()
    known = trust().get_ca_certs(binary_form=True)
    if (file := options.timestamp_ca) is not None:
        known = [*read_certificate_file(file), *known]
    return Authorities(urls, open_exchange(chosen), known)


def _show_packed(packed: "Packed") -> None:
    from imagery_watch.cli.record import say_count

    hits, passes = say_count(len(packed.hits), "hit"), f"{packed.passes} pass{'' if packed.passes == 1 else 'es'}"
    say(plain(f"wrote {packed.path}: {hits}, {passes}, {packed.windows} windows of pixels, {packed.size / 1e6:.1f} MB"))
    say(f"SHA-256 {packed.sha256}")
    for one in packed.stamps:
        if one.trouble:
            tell(plain(f"note: {one.authority} gave no time stamp: {one.trouble}"))
        else:
            say(plain(f"stamped by {one.authority}"))


def replay(
    pack: Annotated[Path, typer.Argument(metavar="PACK", help="A file that `hits export --pack` wrote.")],
    as_json: AsJson = False,
    verbose: Verbose = False,
    quiet: Quiet = False,
) -> None:
    """Compute the hits of an evidence pack anew from the pixels in it, offline, and say whether they are the same.

    Its texts are written anew from its hits, and compared too; report, pictures and other tables are not.
    Exit code 0: every field of every hit, and every such text, is the same. 4: one is not, or the pack is damaged.
    """
    voice = choose_voice(verbose=verbose, quiet=quiet)
    from imagery_watch.custody.replaying import replay_pack

    with stopping(lambda: "nothing was written"), telling_progress(voice, as_json=as_json) as progress:
        found = replay_pack(pack, settings(), progress)
    if as_json:
        print_json(_describe(found))
    else:
        _show(found)
    raise typer.Exit(int(ExitCode.DONE if found.equal else ExitCode.STORE))


def _describe(found: "Replayed") -> dict[str, object]:
    libraries = {name: {"then": then, "now": now} for name, (then, now) in found.libraries.items()}
    told = asdict(found) | {"differences": [one._asdict() for one in found.differences], "libraries": libraries}
    return {"equal": found.equal, **told}


def _show(found: "Replayed") -> None:
    from imagery_watch.cli.record import say_count

    hits = say_count(found.hits, "hit")
    versions = [f"{name} {then} then, {now} now" for name, (then, now) in found.libraries.items()]
    if found.equal:
        say(f"equal: {hits} came out the same, field by field, from {found.windows} windows of pixels")
    elif not found.differences:
        say(f"not equal: {hits} came out the same from {found.windows} windows of pixels, and texts did not")
    else:
        say(f"not equal: {say_count(len(found.differences), 'difference')} in {hits}")
    for hit, field, packed, now in found.differences[:MOST_TOLD]:
        what = f"{field}: {packed} in the pack, {now} now" if field else _whole(packed)
        say(plain(f"  {hit}: {what}"))
    if len(found.differences) > MOST_TOLD:
        say(f"  and {len(found.differences) - MOST_TOLD} more: --json has all of them")
    if found.other_windows:
        say(plain(f"pixels that are read otherwise here: {', '.join(found.other_windows[:MOST_TOLD])}"))
    if versions:
        say(f"other versions: {'; '.join(versions)}")
    _show_words(found)


def _show_words(found: "Replayed") -> None:
    """What was made of the pack's words, and what was not looked at."""
    if found.other_texts:
        names = ", ".join(found.other_texts)
        say(f"not what this program writes of these hits: {names}: they, or the hits, were changed")
    if found.texts:
        say(f"written anew, and the same: {', '.join(found.texts)}")
    if not found.texts and not found.other_texts:
        say("not written anew: README.txt, inference.md, method.md, which another edition of this program wrote")
    say("not made anew: the report, pictures, stays and other tables, and what people say of the hits")
    if not found.stamped:
        say("It has no time stamp: whoever holds the file could have rewritten all of these and manifest.json alike. "
            "Compare its SHA-256 with one that was published.")  # fmt: skip


def _whole(packed: object) -> str:
    return "in the pack, and does not come out now" if packed is not None else "comes out now, and is not in the pack"
