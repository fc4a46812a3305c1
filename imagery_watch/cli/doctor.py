"""The command `doctor`."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from imagery_watch.cli.console import AsJson, fold_for, plain, print_json, settings
from imagery_watch.errors import UsageError

if TYPE_CHECKING:
    from imagery_watch.model.check import Check


def doctor(
    as_json: AsJson = False,
    pack: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Check an evidence pack instead, without a network.")
    ] = None,
    timestamp_ca: Annotated[
        Path | None,
        typer.Option("--timestamp-ca", metavar="FILE", help="With --pack: root certificates (PEM) that you trust too."),
    ] = None,
) -> None:
    """What works from here: versions, disk, record, and each catalogue that has a name, asked live.

    Exit code 0: all that the program needs works. 2: a folder cannot be written, or a setting is wrong. 3: the default
    catalogue cannot be used from here, for now. 4: the record, or the pack, is damaged.
    A pack with a time stamp on a root that is not trusted here is whole as far as can be told: a note, and 0.
    """
    from imagery_watch.model.check import sum_up

    checks = _look(pack, timestamp_ca)
    if as_json:
        names = ("name", "state", "what", "fix")
        print_json([{name: getattr(one, name) for name in names} for one in checks])
    else:
        for one in checks:
            show_check(one)
    raise typer.Exit(int(sum_up(checks)))


def _look(pack: Path | None, timestamp_ca: Path | None) -> tuple["Check", ...]:
    if pack is not None:
        return _look_into(pack, timestamp_ca)
    if timestamp_ca is not None:
        raise UsageError("--timestamp-ca: goes with --pack FILE")
    from imagery_watch.doctor.examine import examine

    return examine(settings(), datetime.now(UTC))


def _look_into(pack: Path, timestamp_ca: Path | None) -> tuple["Check", ...]:
    from imagery_watch.custody.verifying import verify_pack

    if timestamp_ca is None:
        return verify_pack(pack)
    from imagery_watch.custody.authority import need_library, read_certificate_file

    need_library()
    return verify_pack(pack, read_certificate_file(timestamp_ca))


def show_check(one: "Check") -> None:
    """Prints what was found, and under it what to do."""
    lines = fold_for(sys.stdout, plain(f"{one.state:<5}{one.name}: {' '.join(one.what.split())}"), hang=5)
    lines += fold_for(sys.stdout, f"     -> {plain(one.fix)}", hang=8) if one.fix else []
    typer.echo("\n".join(lines))
