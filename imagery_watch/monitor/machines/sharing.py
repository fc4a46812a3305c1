"""How a sweep is shared: which airfields it takes, and whether it looks at them itself or has a Dask cluster do so.

However it is, one process has the record: the sweep's own.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from imagery_watch.monitor.machines.ahead import Ask, Found, Here, look_ahead
from imagery_watch.monitor.machines.sharding import ALL, Shard
from imagery_watch.sources.airfields.known import AirfieldFile


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
    """Who looks at the airfields; None: the process itself, which reads ahead while it judges one after the other."""

    def look(self, files: Sequence[AirfieldFile], ask: Ask, here: Here) -> Iterator[Found]:
        """Each of the files with what gives its answer; `here` is for questions that this process answers itself."""
        if self.workers is not None:
            return self.workers.look(files, ask)
        return look_ahead(files, ask, here)


ALONE = Share()
"""All airfields, in one process."""
