"""What one check of the machine or the network found."""

from dataclasses import dataclass
from typing import Literal

from imagery_watch.errors import ExitCode

CheckState = Literal["ok", "note", "bad"]


@dataclass(frozen=True)
class Check:
    """One thing that was looked at."""

    name: str
    state: CheckState
    """`note`: works in part, or is not needed here."""
    what: str
    """What was found, in one line."""
    fix: str = ""
    """What to do about it; empty where nothing has to be done."""
    code: ExitCode = ExitCode.DONE
    """With which `doctor` ends because of it: not 0 only where the program needs it and it is bad."""


def sum_up(checks: tuple[Check, ...]) -> ExitCode:
    """The exit code of all: that of the worst, the record's before the configuration's before the network's."""
    order = (ExitCode.STORE, ExitCode.USAGE, ExitCode.INCOMPLETE)
    codes = {one.code for one in checks}
    return next((code for code in order if code in codes), ExitCode.DONE)
