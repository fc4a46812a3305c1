"""How much a command says beside its result: `-q`, nothing, or `-v`; and what it says while one waits."""

import logging
import sys
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from imagery_watch.cli.console import plain, tell
from imagery_watch.errors import UsageError

if TYPE_CHECKING:
    from imagery_watch.model import Look

Progress = Callable[[str, int, int], None]

LOG = "imagery_watch"
LEAST_FOR_BAR = 100
"""Columns below which the words have the bar's room."""


class Voice(IntEnum):
    """How much is said."""

    QUIET = 0
    USUAL = 1
    VERBOSE = 2


def choose_voice(*, verbose: bool, quiet: bool) -> Voice:
    """The voice that the options ask for, to which warnings and logs keep from now on. Raises UsageError for both."""
    if verbose and quiet:
        raise UsageError("--verbose and --quiet: one of them, not both")
    if quiet:
        warnings.simplefilter("ignore")
        logging.getLogger("urllib3").setLevel(logging.ERROR)
        return Voice.QUIET
    if verbose:
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(_Plain("%(levelname)s %(name)s: %(message)s"))
        logging.getLogger().addHandler(handler)
        logging.getLogger(LOG).setLevel(logging.DEBUG)
        return Voice.VERBOSE
    return Voice.USUAL


class _Plain(logging.Formatter):
    """Without control characters: what is logged may hold a stranger's names."""

    def format(self, record: logging.LogRecord) -> str:
        """As logging does."""
        return plain(super().format(record))


def tell_cause(error: BaseException) -> None:
    """Where an error came from, with --verbose alone."""
    logging.getLogger(LOG).debug("where it came from", exc_info=error)


@contextmanager
def telling_progress(voice: Voice, *, as_json: bool = False) -> Iterator[Progress]:
    """What is told of stages: a live line on a terminal, with --verbose a line a step, else nothing."""
    if voice == Voice.VERBOSE:
        yield _tell_steps()
        return
    silent = as_json or voice == Voice.QUIET or not sys.stderr.isatty()
    with _live(silent) as progress:
        yield progress


def _tell_steps() -> Progress:
    told = ""

    def report(stage: str, done: int, total: int) -> None:
        """A line for the step, unless it is the one before again."""
        nonlocal told
        what = getattr(stage, "waits_for", "")
        line = f"{stage}: {done} of {total}" + (f", {plain(what)}" if what else "")
        if line != told:
            tell(line)
        told = line

    return report


@contextmanager
def _live(silent: bool) -> Iterator[Progress]:
    """One line a stage, which says what is waited for; it is gone when the work is done."""
    if silent:
        yield lambda *_: None
        return
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, TextColumn, TimeElapsedColumn
    from rich.table import Column

    screen = Console(stderr=True)
    words = Column(no_wrap=True, overflow="ellipsis", ratio=1)
    columns: list[ProgressColumn] = [TextColumn("{task.description}"), MofNCompleteColumn(), TimeElapsedColumn()]
    if screen.width >= LEAST_FOR_BAR:
        columns.insert(1, BarColumn(bar_width=20))
    columns.append(TextColumn("{task.fields[waits_for]}", table_column=words))
    with Progress(*columns, console=screen, transient=True, expand=True) as bar:
        tasks: dict[str, Any] = {}
        shown = set[str]()

        def report(stage: str, done: int, total: int) -> None:
            """Moves the stage's line, which its first report makes."""
            name, what = str(stage), escape(plain(getattr(stage, "waits_for", "")))
            if name not in tasks:
                tasks[name] = bar.add_task(escape(plain(name)), total=total, waits_for="")
            waits_for = what if done < total else ""
            bar.update(tasks[name], completed=done, total=max(total, 1), waits_for=waits_for)
            if waits_for and name not in shown:  # what is waited for is shown though the wait be short
                shown.add(name)
                bar.refresh()

        yield report


def tell_passed_over(looks: Iterable["Look"]) -> None:
    """A line on stderr for each pass and reason for which aprons were not judged."""
    from imagery_watch.outputs.wording.summaries import NO_REASON
    from imagery_watch.outputs.wording.text import minutes

    silent = [look for look in looks if look.result in ("failed", "not_observed")]
    counted = Counter((minutes(look.datetime), look.result, look.reason or NO_REASON) for look in silent)
    for (when, result, reason), number in counted.items():
        aprons = f" ({number} aprons)" if number > 1 else ""
        tell(f"{when} {result.replace('_', ' ')}{aprons}: {plain(reason)}")


@contextmanager
def telling_traffic(voice: Voice, in_flight: int) -> Iterator[None]:
    """At its end, what came over the network within it, and what had been read before; nothing for a quiet voice."""
    from imagery_watch.sources.network.traffic import METER

    before, began = METER.read(), time.monotonic()
    yield
    told = METER.read().since(before).tell(time.monotonic() - began, in_flight)
    if told and voice != Voice.QUIET:
        tell(told)
