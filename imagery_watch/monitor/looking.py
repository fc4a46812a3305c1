"""One look at one airfield: asked with what the record has, answered with what is new. Nothing is written here.

Question and answer are plain values, so that both may travel to another process and back.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from imagery_watch.model import Acquisition, Airfield, Hit, Look, Occupancy, Period, RunResult
from imagery_watch.model.progress import Progress, rename_stage
from imagery_watch.monitor.due import hash_settings, is_anything_new, list_expected, record_passes
from imagery_watch.monitor.opening import Opened, open_kept
from imagery_watch.monitor.scoring import keep, score_new
from imagery_watch.outputs.reconcile.record import PassRecord
from imagery_watch.outputs.store.store import Store
from imagery_watch.pipeline import read_passes, survey
from imagery_watch.settings import Settings
from imagery_watch.sources.catalogs.catalog import Catalog
from imagery_watch.survey import ReadPasses, Survey


@dataclass(frozen=True)
class Question:
    """What is asked about an airfield, and all that the record has of it that bears on the answer."""

    airfield: Airfield
    settings: Settings
    period: Period
    history_days: int
    outputs_due: bool
    """Whether its files have to be written in any case."""
    passes: Mapping[str, PassRecord]
    looks: Sequence[tuple[Look, Occupancy | None]]
    hits: Sequence[Hit]


@dataclass(frozen=True)
class Answer:
    """What is to be noted of an airfield."""

    listed: Mapping[str, int | None]
    """The passes that the catalogue has, with their relative orbits."""
    gone: frozenset[str]
    """Passes that it had, and no longer has."""
    lack: str
    """Why passes may be missing; empty where the listing is whole."""
    warnings: tuple[str, ...]
    """What the catalogue said."""
    result: RunResult | None = None
    """What came out; None where nothing is new."""
    passes: tuple[PassRecord, ...] = ()
    """What became of each pass of it."""


def make_question(
    airfield: Airfield, store: Store, settings: Settings, period: Period, history_days: int, out: Path
) -> Question:
    """The question about an airfield, with what the record has of it. Raises StoreError."""
    due = store.outputs_due(airfield.id) or not (out / airfield.id / "run.json").is_file()
    passes, looks, hits = store.passes(airfield.id), store.looks(airfield.id), store.hits(airfield.id)
    return Question(airfield, settings, period, history_days, due, passes, looks, hits)


@dataclass(frozen=True)
class Listed:
    """What the catalogue has for a question."""

    question: Question
    found: Survey
    digest: str
    """Of settings and shapes."""


@dataclass(frozen=True)
class Ready:
    """What an airfield is judged by."""

    listed: Listed
    opened: Opened | None
    """None where nothing has to be scored."""
    read: ReadPasses | None = None
    """The passes that `opened` wants; None where they are still to be read."""

    @property
    def wanted(self) -> tuple[Acquisition, ...]:
        """The passes that have to be read."""
        return () if self.opened is None else self.opened.wanted


def ask_list(question: Question, catalog: Catalog, progress: Progress) -> Listed:
    """What the catalogue has for a question. Raises what a survey raises."""
    airfield, settings, days = question.airfield, question.settings, question.history_days
    named = _name_stages(question, progress)
    found = survey(airfield, catalog, settings, question.period, history_days=days, progress=named)
    return Listed(question, found, hash_settings(airfield, settings, days))


def open_listed(listed: Listed) -> Ready:
    """What was kept of the airfield, and what has to be read beside it."""
    question, found, digest = listed.question, listed.found, listed.digest
    if not _is_due(question, found, digest):
        return Ready(listed, None)
    return Ready(listed, open_kept(found, question.settings, digest, question.passes))


def read_wanted(ready: Ready, progress: Progress) -> Ready:
    """The same with the pixels of the passes that are wanted; what cannot be read is told by pass."""
    if ready.opened is None:
        return ready
    question, found = ready.listed.question, replace(ready.listed.found, acquisitions=ready.wanted)
    return replace(ready, read=read_passes(found, question.settings, _name_stages(question, progress)))


def judge(ready: Ready, progress: Progress) -> Answer:
    """What is new of an airfield, scored, and kept for the next look below the home's `watch/`.

    Raises what scoring raises.
    """
    question, found, digest = ready.listed.question, ready.listed.found, ready.listed.digest
    if ready.opened is None or ready.read is None:
        return _answer(question, found, None, ())
    settings, named = question.settings, _name_stages(question, progress)
    scored = score_new(found, ready.opened, ready.read, settings, digest, question.passes, question.looks,
                       question.hits, named)  # fmt: skip
    keep(scored, found, settings, digest)
    return _answer(question, found, scored.result, record_passes(found, scored.result, digest, question.passes))


def find_new(question: Question, catalog: Catalog, progress: Progress) -> Answer:
    """What is new of an airfield, all steps of a look in turn. Raises what any of them raises."""
    return judge(read_wanted(open_listed(ask_list(question, catalog, progress)), progress), progress)


def _name_stages(question: Question, progress: Progress) -> Progress:
    """The line's progress, under the airfield's name."""

    def named(stage: str, done: int, total: int) -> None:
        """One step of a stage."""
        progress(rename_stage(stage, f"{question.airfield.id} {stage}"), done, total)

    return named


def _is_due(question: Question, found: Survey, digest: str) -> bool:
    """Whether anything has to be scored, or its files were not written."""
    if not found.acquisitions:
        return False
    return question.outputs_due or is_anything_new(found.acquisitions, found.period, question.passes, digest)


def _answer(question: Question, found: Survey, result: RunResult | None, passes: tuple[PassRecord, ...]) -> Answer:
    listed = {one.id: one.relative_orbit for one in found.acquisitions}
    lack = found.listing.incomplete
    gone = set[str]() if lack else list_expected(found, question.passes) - listed.keys()
    return Answer(listed, frozenset(gone), lack, found.listing.warnings, result, passes)
