"""One look at one airfield: asked with what the record has, answered with what is new. Nothing is written here.

Question and answer are plain values, so that both may travel to another process and back.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from imagery_watch.model import Airfield, Hit, Look, Occupancy, Period, RunResult
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
class Gathered:
    """What has to be had of an airfield from elsewhere before it is judged."""

    question: Question
    found: Survey
    digest: str
    """Of settings and shapes."""
    opened: Opened | None
    """None where nothing has to be scored."""
    read: ReadPasses | None
    """The passes that `opened` wants; None where they are still to be read."""


def gather(question: Question, catalog: Catalog, progress: Progress, *, most_passes: int | None = None) -> Gathered:
    """The catalogue's list for an airfield, what was kept of it, and the pixels of its new passes.

    They are not read yet where they are more than `most_passes`. Raises what a survey raises.
    """
    airfield, settings, named = question.airfield, question.settings, _name_stages(question, progress)
    found = survey(airfield, catalog, settings, question.period, history_days=question.history_days, progress=named)
    digest = hash_settings(airfield, settings, question.history_days)
    if not _is_due(question, found, digest):
        return Gathered(question, found, digest, None, None)
    opened = open_kept(found, settings, digest, question.passes)
    gathered = Gathered(question, found, digest, opened, None)
    too_many = most_passes is not None and len(opened.wanted) > most_passes
    return gathered if too_many else replace(gathered, read=_read(gathered, opened, named))


def judge(gathered: Gathered, progress: Progress) -> Answer:
    """What is new of an airfield, scored, and kept for the next look below the home's `watch/`.

    Raises what scoring raises.
    """
    question, found, opened, digest = gathered.question, gathered.found, gathered.opened, gathered.digest
    settings, named = question.settings, _name_stages(question, progress)
    if opened is None:
        return _answer(question, found, None, ())
    read = gathered.read or _read(gathered, opened, named)
    scored = score_new(found, opened, read, settings, digest, question.passes, question.looks, question.hits, named)
    keep(scored, found, settings, digest)
    return _answer(question, found, scored.result, record_passes(found, scored.result, digest, question.passes))


def find_new(question: Question, catalog: Catalog, progress: Progress) -> Answer:
    """What is new of an airfield: gathered, then judged. Raises what either raises."""
    return judge(gather(question, catalog, progress), progress)


def _read(gathered: Gathered, opened: Opened, progress: Progress) -> ReadPasses:
    return read_passes(replace(gathered.found, acquisitions=opened.wanted), gathered.question.settings, progress)


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
