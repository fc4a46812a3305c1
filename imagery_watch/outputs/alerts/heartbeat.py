"""The dead man's switch: what a file says of the last sweep, and an address that is asked when one begins and ends."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pydantic import SecretStr

from imagery_watch.model.reply import Exchange
from imagery_watch.outputs.wording.text import iso

Beat = Literal["running", "success", "fail", "stopped"]
ENDS: dict[Beat, str] = {"running": "/start", "success": "", "fail": "/fail", "stopped": "/fail"}
"""What is put behind the path of the address, as services that watch for silence expect it."""


@dataclass(frozen=True)
class Heartbeat:
    """How a sweep goes."""

    state: Beat
    started: datetime
    ended: datetime | None = None
    exit_code: int | None = None
    sweep: int | None = None
    """Its number in the record; None where it did not come so far."""
    last_success: datetime | None = None
    """When a sweep last ended well, this one included."""

    def as_dict(self) -> dict[str, object]:
        """For the file."""
        return {
            "state": self.state,
            "started": iso(self.started),
            "ended": None if self.ended is None else iso(self.ended),
            "exit_code": self.exit_code,
            "sweep": self.sweep,
            "last_success": None if self.last_success is None else iso(self.last_success),
        }


def ping(exchange: Exchange, url: SecretStr, state: Beat) -> str:
    """Asks the address of a state; returns what went wrong, in words without the address, or nothing."""
    path, mark, query = url.get_secret_value().partition("?")
    reply = exchange("GET", f"{path.rstrip('/')}{ENDS[state]}{mark}{query}", None, {"User-Agent": "imagery-watch"})
    if reply.status is None:
        return f"the ping was not sent: {reply.trouble}"
    return "" if 200 <= reply.status < 300 else f"the ping was answered HTTP {reply.status}"
