"""How a sweep is shared: which airfields it takes, and whether it looks at them itself or has a Dask cluster do so.

However it is, one process has the record: the sweep's own.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from imagery_watch.model import Airfield
from imagery_watch.monitor.looking import Answer, Question
from imagery_watch.monitor.machines.sharding import ALL, Shard
from imagery_watch.sources.airfields.known import AirfieldFile

Ask = Callable[[Airfield], Question]
Found = tuple[AirfieldFile, Callable[[Airfield], Answer]]
"""An airfield file, and what gives the answer for its airfield, or raises what kept it from being found."""


class Workers(Protocol):
    """Others who look at airfields."""

    def look(self, files: Sequence[AirfieldFile], ask: Ask) -> Iterator[Found]:
        """Each file when its answer is there; those without a usable airfield are among them."""
        ...


@dataclass(frozen=True)
class Share:
    """What one process does of a sweep."""

    shard: Shard = ALL
    workers: Workers | None = None
    """Who looks at the airfields; None: the process itself, one after the other."""

    def look(self, files: Sequence[AirfieldFile], ask: Ask, find: Callable[[Question], Answer]) -> Iterator[Found]:
        """Each of the files with what gives its answer; `find` is for questions that this process answers itself."""
        if self.workers is not None:
            return self.workers.look(files, ask)
        return ((file, lambda airfield: find(ask(airfield))) for file in files)


ALONE = Share()
"""All airfields, in one process."""
