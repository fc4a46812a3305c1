"""What every channel is: something with a name that takes a message, and says what came of it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, Protocol

from imagery_watch.outputs.alerts.message import Composed

Taken = Literal["sent", "later", "refused"]
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=5), timedelta(hours=6)
"""After a first failure that may pass, and at most; doubled with each try."""
REFUSED_WAIT = timedelta(days=1)
"""After a refusal, which somebody has to mend; and the longest wait that a receiver may ask for."""

PictureOf = Callable[[str], bytes | None]
"""From the path of a hit's picture, as the hit names it, to the PNG; None where it is not there, or too large."""


@dataclass(frozen=True)
class Answer:
    """What came of one try."""

    taken: Taken
    """`later`: it may do better another time; `refused`: it will not until somebody mends something."""
    said: str = ""
    """What happened, in words, without a secret in it; and what to try."""
    wait_s: float | None = None
    """How long the receiver wants to be left alone."""


class Channel(Protocol):
    """A way to somebody who wants to hear of hits."""

    @property
    def name(self) -> str:
        """As the configuration has it."""
        ...

    def send(self, composed: Composed) -> Answer:
        """Tries once; raises nothing."""
        ...


def next_try(answer: Answer, tries: int, now: datetime) -> datetime:
    """When a message that was not taken is tried again, after so many tries (the first is 1)."""
    if answer.taken == "refused":
        return now + REFUSED_WAIT
    doubled = min(FIRST_WAIT * 2 ** min(tries - 1, 16), LONGEST_WAIT)
    asked = min(timedelta(seconds=min(answer.wait_s or 0.0, REFUSED_WAIT.total_seconds())), REFUSED_WAIT)
    return now + max(doubled, asked)
