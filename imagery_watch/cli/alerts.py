"""The commands on alerts: test, list, silence, unsilence."""

import os
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from imagery_watch.cli.console import AIRFIELD, AsJson, console, find_named, plain, print_json, say, settings, tell
from imagery_watch.cli.options import examples
from imagery_watch.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from imagery_watch.monitor.alerting.desk_view import DeskView

Target = Annotated[str, typer.Argument(help=f"{AIRFIELD} Or `all`.")]
HOURS = {"h": 1, "d": 24, "w": 168}
LONGEST = timedelta(days=3660)

alerts = typer.Typer(
    help="The channels that hear of new hits: list, try, silence.",
    no_args_is_help=True,
    rich_markup_mode=None,
    epilog=examples("alerts test", "alerts list", "alerts silence LIPB --for 7d --note works"),
)


@alerts.command(
    short_help="Send a trial through each channel, and say what came of it.",
    epilog=examples("alerts test", "alerts test desk", "alerts test --json"),
)
def test(
    channel: Annotated[str | None, typer.Argument(help="The channel's name. Default: all.")] = None,
    as_json: AsJson = False,
) -> None:
    """Send a message that is marked as a trial through each channel of alerts.toml, or through one.

    Exit code 0: all were taken. 2: a channel cannot be used as it is configured. 3: one was not taken this time.
    """
    from imagery_watch.monitor.alerting.trial import send_trials

    trials = send_trials(settings(), channel, os.environ, datetime.now(UTC))
    if as_json:
        print_json([{"channel": one.name, "state": one.state, "said": one.said} for one in trials])
    else:
        for one in trials:
            say(plain(f"{one.name}: {one.state}{': ' if one.said else ''}{one.said}"))
    states = {one.state for one in trials}
    bad = ExitCode.USAGE if "unusable" in states else ExitCode.INCOMPLETE
    raise typer.Exit(int(ExitCode.DONE if states == {"sent"} else bad))


@alerts.command("list", epilog=examples("alerts list", "alerts list --json"))
def list_alerts(as_json: AsJson = False) -> None:
    """The channels and what waits for them; silences, troubles, and how well each airfield can be seen."""
    from imagery_watch.monitor.alerting.desk_view import view_desk

    view = view_desk(settings().home, datetime.now(UTC))
    if as_json:
        print_json(view.as_dict())
    else:
        _show(view)


def _show(view: "DeskView") -> None:
    from imagery_watch.outputs.terminal.layout import print_text

    screen = console()
    if view.channels:
        view.table().show(screen)
    print_text(screen, map(plain, view.list_lines()))


@alerts.command(
    short_help="Send no message of an airfield for a time.",
    epilog=examples("alerts silence LIPB --for 7d --note works", "alerts silence all --for 12h --note moving"),
)
def silence(
    airfield: Target,
    span: Annotated[str, typer.Option("--for", help="How long: 12h, 7d or 2w.")],
    note: Annotated[str, typer.Option(help="Why, for those who wonder.")],
) -> None:
    """Send no message of an airfield for a time. Its new hits are in files and feed, and are not sent later."""
    ends = datetime.now(UTC) + parse_span(span)
    home, name = _find_target(airfield)
    from imagery_watch.monitor.alerting.desk_view import make_silence
    from imagery_watch.outputs.wording.text import minutes

    make_silence(home, name, " ".join(plain(note).split()), datetime.now(UTC), ends)
    say(f"{name or 'all airfields'}: silenced until {minutes(ends)} UTC")


@alerts.command(
    short_help="End the silence of an airfield.", epilog=examples("alerts unsilence LIPB", "alerts unsilence all")
)
def unsilence(airfield: Target) -> None:
    """End the silence of an airfield, or that of all (`all`), now."""
    home, name = _find_target(airfield)
    from imagery_watch.monitor.alerting.desk_view import end_silences

    number = end_silences(home, name, datetime.now(UTC))
    if number:
        say(f"{name or 'all airfields'}: no longer silenced")
    else:
        tell(f"note: {name or 'all airfields'}: nothing was silenced; `alerts list` shows what is")


def parse_span(text: str) -> timedelta:
    """A length of time as typed: `12h`, `7d`, `2w`. Raises UsageError."""
    found = re.fullmatch(r"(\d{1,5})([hdw])", text.strip(), flags=re.ASCII)
    span = timedelta(hours=int(found[1]) * HOURS[found[2]]) if found else timedelta()
    if not timedelta() < span <= LONGEST:
        raise UsageError(f"--for {text!r}: expected hours, days or weeks, such as 12h, 7d or 2w")
    return span


def _find_target(airfield: str) -> tuple[Path, str]:
    """The home, and the id of the airfield that is meant; empty for all. Raises AoiError."""
    home: Any = settings().home
    return home, "" if airfield.lower() == "all" else find_named(airfield, home).id
