"""A Dask cluster that looks at airfields: each worker reads and scores one at a time, and none touches the record.

What is kept of an airfield between sweeps (`watch/`, and the cache of windows) is read and written by the workers, so
the home must be one folder for all of them, under the same path.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from imagery_watch.errors import AoiError, ClusterUnavailable, UsageError
from imagery_watch.model import Airfield
from imagery_watch.model.filename import find_path
from imagery_watch.model.progress import Progress
from imagery_watch.monitor.looking import Answer, Question, find_new
from imagery_watch.monitor.machines.ahead import Ask, Found
from imagery_watch.outputs.store.database import MARKER
from imagery_watch.sources.airfields.known import AirfieldFile

if TYPE_CHECKING:
    from distributed import Client, Future, as_completed

PACKAGE = "imagery-watch"
CONNECT_S = 10
"""How long a scheduler is waited for."""
LEAST_WAITING = 64
"""Questions under way at least, so that a cluster that grows with its work sees some."""


@dataclass(frozen=True)
class Cluster:
    """The workers of one scheduler, as a sweep uses them."""

    client: "Client"
    catalog: str
    """As the user named it, with whole paths: each worker opens it for itself."""
    progress: Progress = lambda *_: None
    """Is told how many airfields are answered."""

    def look(self, files: Sequence[AirfieldFile], ask: Ask) -> Iterator[Found]:
        """Each file when its answer is there, in no order; of all that are to come few are under way at once."""
        from distributed import as_completed

        usable = [(file, file.airfield) for file in files if file.airfield is not None]
        yield from ((file, _find_none) for file in files if file.airfield is None)
        waiting, asked = iter(usable), dict["Future[Answer]", AirfieldFile]()
        done = as_completed(loop=self.client.loop)
        most = max(LEAST_WAITING, 2 * sum(self.client.nthreads().values()))
        for _ in range(most):
            self._submit_next(waiting, ask, asked, done)
        self.progress("asking workers", 0, len(usable))
        for number, future in enumerate(done, 1):
            file = asked.pop(future)
            yield file, partial(fetch_answer, future)
            self.progress("asking workers", number, len(usable))
            self._submit_next(waiting, ask, asked, done)

    def _submit_next(
        self,
        waiting: Iterator[tuple[AirfieldFile, Airfield]],
        ask: Ask,
        asked: dict["Future[Answer]", AirfieldFile],
        done: "as_completed",
    ) -> None:
        for file, airfield in islice(waiting, 1):
            future = self.client.submit(
                find_on_worker, place(ask(airfield)), self.catalog, version(PACKAGE), pure=False
            )
            asked[future] = file
            done.add(future)


@contextmanager
def connected(address: str | None, catalog: str, progress: Progress = lambda *_: None) -> Iterator[Cluster | None]:
    """The cluster of a scheduler's address while it is used; None where no address is given.

    Raises UsageError where the extra is not installed or the address is none, ClusterUnavailable where nobody answers.
    """
    if address is None:
        yield None
        return
    try:
        from distributed import Client
    except ImportError:
        raise UsageError("--dask needs the package distributed: python -m pip install 'distributed>=2025.1'") from None
    try:
        client = Client(address, timeout=CONNECT_S, set_as_default=False)
    except OSError as error:
        reason = f"{error}".splitlines()[0] if str(error) else type(error).__name__
        raise ClusterUnavailable(f"--dask {address}: no scheduler answered ({reason}); is it running?") from error
    except ValueError as error:
        raise UsageError(f"--dask {address!r}: expected a scheduler's address, such as tcp://host:8786") from error
    with client:
        yield Cluster(client, place_catalog(catalog), progress)


def place(question: Question) -> Question:
    """The question with whole paths: a worker began in another folder."""
    chosen = question.settings
    whole = {"home": chosen.home.absolute(), "cache": chosen.cache_dir.absolute()}
    return replace(question, settings=chosen.model_copy(update=whole))


def place_catalog(catalog: str) -> str:
    """The catalogue as it is named, with whole paths where files are named."""
    parts = [catalog] if _find_file(catalog) else catalog.split(",")
    return ",".join(str(_find_file(part) or part) for part in parts)


def _find_file(part: str) -> Path | None:
    """The whole path of a catalogue that is a file or a folder; None where it is none."""
    path = Path(find_path(part.strip())).expanduser().absolute()
    try:
        return path if path.exists() else None
    except (OSError, ValueError):  # longer than a path may be, or holding NUL
        return None


def find_on_worker(question: Question, catalog: str, expected: str) -> Answer:
    """The answer, found on a worker. Raises UsageError for a worker of another version, or without the home."""
    if version(PACKAGE) != expected:
        raise UsageError(f"a Dask worker has imagery-watch {version(PACKAGE)}, the sweep has {expected}: make them one")
    home = question.settings.home
    if not (home / MARKER).is_file():
        raise UsageError(f"a Dask worker does not see {home}: it must be one folder, under one path, for all of them")
    from imagery_watch.sensors.registry import find_sensor
    from imagery_watch.sources.catalogs.named import open_catalog

    return find_new(question, open_catalog(catalog, question.settings, find_sensor()), lambda *_: None)


def fetch_answer(future: "Future[Answer]", airfield: Airfield) -> Answer:
    """What a worker answered, or raises what it raised. Raises ClusterUnavailable where it was lost."""
    from distributed import KilledWorker

    try:
        answer: Answer = future.result()
    except KilledWorker:
        raise ClusterUnavailable("every Dask worker that took it died; give a worker 1.5 GB or more") from None
    except CancelledError:
        raise ClusterUnavailable(f"the Dask cluster was lost before {airfield.id} was answered") from None
    return answer


def _find_none(airfield: Airfield) -> Answer:
    """Nobody asks for it: a file without a usable airfield is told as such."""
    raise AoiError(f"{airfield.id}: cannot be used")
