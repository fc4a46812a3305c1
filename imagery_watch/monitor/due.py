"""What is new about an airfield (passes, settings, shapes), and what became of each pass."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from importlib.metadata import version

from imagery_watch.model import Acquisition, Airfield, PassOutcome, PassState, Period, RunResult
from imagery_watch.outputs.reconcile.record import PassRecord
from imagery_watch.provenance import pick_decisive
from imagery_watch.settings import Settings
from imagery_watch.sources.airfields.geojson import aoi_hash
from imagery_watch.survey import Survey


def hash_settings(airfield: Airfield, settings: Settings, history_days: int) -> str:
    """Sixteen hex digits that stay the same while the same passes would give the same hits."""
    decisive = {"history_days": history_days, "aoi": aoi_hash(airfield), "version": version("imagery-watch")}
    return _digest({**pick_decisive(settings), **decisive})


def list_versions(acquisition: Acquisition) -> tuple[str, ...]:
    """A text for each item of a pass that changes where its pixels, or what is said of them, may have changed.

    The copies that can be opened are among them.
    """
    return tuple(sorted([*list_read_versions(acquisition), *_versions_elsewhere(acquisition)]))


def list_read_versions(acquisition: Acquisition) -> list[str]:
    """The same of the items that are read alone."""
    return [f"{one.id} {_digest(one.facts.decisive)}" for one in acquisition.listed]


def _versions_elsewhere(acquisition: Acquisition) -> list[str]:
    """Those of the copies that can be opened: of the others there is nothing to read yet."""
    return [f"{one.id} {_digest(one.facts.decisive)}" for one in acquisition.elsewhere if one.count_open()]


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()[:16]


def list_expected(found: Survey, recorded: Mapping[str, PassRecord]) -> set[str]:
    """Ids of the recorded passes of the time that was asked for."""
    wide = found.period.with_history(found.history_days)
    return {one.id for one in recorded.values() if one.datetime in wide}


def is_anything_new(
    acquisitions: Sequence[Acquisition], period: Period, recorded: Mapping[str, PassRecord], digest: str
) -> bool:
    """Whether a pass is new, has changed, failed before, or was scored under other settings."""
    return not all(_is_known(one, recorded.get(one.id), period, digest) for one in acquisitions)


def _is_known(acquisition: Acquisition, known: PassRecord | None, period: Period, digest: str) -> bool:
    """Whether the record has the pass, as it is now or with more tiles, under the same settings, and done with.

    For one that was refused a new copy is news, too; one that was read has no need of it.
    """
    if known is None or known.settings_hash != digest or known.state == "failed":
        return False
    told = known.state != "history" or acquisition.datetime not in period
    needed = list_versions(acquisition) if known.state == "refused" else list_read_versions(acquisition)
    return told and set(needed) <= set(known.versions)


def record_passes(
    found: Survey, result: RunResult, digest: str, recorded: Mapping[str, PassRecord]
) -> tuple[PassRecord, ...]:
    """What became of each pass of a survey. One that was told of before, as it is now, is not told of less."""
    outcomes = {one.id: one for one in result.provenance.passes}
    records = []
    for acquisition in found.acquisitions:
        known = recorded.get(acquisition.id)
        told = acquisition.datetime in found.period or (
            known is not None and known.state == "scored" and _is_known(acquisition, known, found.period, digest)
        )
        records.append(_record_pass(acquisition, outcomes[acquisition.id], digest, told=told))
    return tuple(records)


def _record_pass(acquisition: Acquisition, outcome: PassOutcome, digest: str, *, told: bool) -> PassRecord:
    """One pass for the record; `told`: its looks and hits were."""
    state: PassState = "history" if outcome.state == "scored" and not told else outcome.state
    return PassRecord(
        id=acquisition.id,
        datetime=acquisition.datetime,
        versions=list_versions(acquisition),
        state=state,
        reason=outcome.not_used or "",
        settings_hash=digest,
        relative_orbit=acquisition.relative_orbit,
        sensor=acquisition.sensor,
        reason_code=outcome.reason_code or "",
    )
