"""The command `doctor`."""

from datetime import UTC, datetime

import typer

from imagery_watch.cli.console import AsJson, plain, print_json, settings


def doctor(as_json: AsJson = False) -> None:
    """What works from here: versions, disk, record, and each catalogue that has a name, asked live.

    Exit code 0: all that the program needs works. 2: a folder cannot be written, or a setting is wrong. 3: the default
    catalogue cannot be used from here, for now. 4: the record is damaged.
    """
    from imagery_watch.doctor.examine import examine
    from imagery_watch.model.check import sum_up

    checks = examine(settings(), datetime.now(UTC))
    if as_json:
        names = ("name", "state", "what", "fix")
        print_json([{name: getattr(one, name) for name in names} for one in checks])
    else:
        for one in checks:
            typer.echo(f"{one.state:<5}{one.name}: {plain(' '.join(one.what.split()))}")
            if one.fix:
                typer.echo(f"     -> {plain(one.fix)}")
    raise typer.Exit(int(sum_up(checks)))
