"""What a scoring adds to the record: hits under their kept names, with their standing, in one transaction."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from imagery_watch.model import Chip, Hit, Period, RunResult, Stay
from imagery_watch.outputs.reconcile.record import AirfieldRun, PassRecord, Reconciled, covers, reconcile
from imagery_watch.outputs.reconcile.standing import Past, Settled, settle
from imagery_watch.outputs.reconcile.stay_record import match_stays, reconcile_stays
from imagery_watch.outputs.store.store import Store
from imagery_watch.outputs.wording.credits import attribution
from imagery_watch.outputs.wording.summaries import say_standing
from imagery_watch.sources.airfields.geojson import aoi_hash


@dataclass(frozen=True)
class Occasion:
    """The sweep in which something is noted."""

    sweep: int
    """Its number."""
    period: Period
    now: datetime


@dataclass(frozen=True)
class Noted:
    """A scoring as the record has it."""

    result: RunResult
    settled: Settled
    stays: tuple[Stay, ...]


def note_result(store: Store, result: RunResult, passes: tuple[PassRecord, ...], occasion: Occasion) -> Noted:
    """Brings a scoring into the record, all of it or nothing. Raises StoreError."""
    name, recorded = result.airfield.id, store.passes(result.airfield.id)
    result = replace(result, provenance=replace(result.provenance, created=occasion.now))
    hits = _reconciled(store, result, recorded, passes, occasion.period)
    stays = reconcile_stays(store.stays(name), result.stays, hits)
    past = Past(store.reviews(name), store.turns(name), _told_of(recorded))
    settled = settle(hits, store.hits(name), past, result.looks, stays, occasion.now)
    store.save(_run(result, passes, settled, stays), occasion.sweep, occasion.now)
    return Noted(result, settled, stays)


def _reconciled(
    store: Store, result: RunResult, recorded: dict[str, PassRecord], passes: Sequence[PassRecord], period: Period
) -> Reconciled:
    """The run's hits under the record's names; a hit is judged where every pass in its bracket was read."""
    read = {one.id for one in passes if one.state != "failed"}
    unread = [one.datetime for one in (*recorded.values(), *passes) if one.id not in read]

    def judged(hit: Hit) -> bool:
        """Whether every pass in the hit's bracket was read."""
        return not any(covers(hit, when) for when in unread)

    return reconcile(store.hits(result.airfield.id), result.hits, period, judged, _told_of(recorded))


def _told_of(recorded: dict[str, PassRecord]) -> set[str]:
    """Ids of the passes whose looks were told in earlier sweeps."""
    return {one.id for one in recorded.values() if one.state == "scored"}


def _run(result: RunResult, passes: tuple[PassRecord, ...], settled: Settled, stays: tuple[Stay, ...]) -> AirfieldRun:
    """The scoring as the record takes it."""
    airfield, hits = result.airfield, settled.hits
    return AirfieldRun(
        airfield=airfield.id,
        name=airfield.name,
        aoi_hash=aoi_hash(airfield),
        passes=passes,
        looks=result.looks,
        hits=(*hits.hits, *hits.withdrawn),
        attribution=attribution(result),
        stays=stays,
        sensor=result.provenance.sensor,
        occupancy=result.occupancy,
        turns=settled.turns,
        muted=settled.muted,
    )


def as_recorded(result: RunResult, hits: Reconciled, stays: tuple[Stay, ...]) -> RunResult:
    """The run under the record's names, with the period's recorded hits that it could not judge or no longer finds."""
    told = [say_standing(hit) for hit in (*hits.hits, *hits.kept, *hits.withdrawn)]
    every = sorted(told, key=lambda hit: (hit.after, hit.id))
    chips = tuple(_recorded_chips(result, hits))
    names = {own: kept.id for own, kept in match_stays(stays, result.stays).items()}
    dossiers = tuple(replace(one, stay_id=names[one.stay_id]) for one in result.dossiers if one.stay_id in names)
    return replace(result, hits=tuple(every), chips=chips, stays=stays, dossiers=dossiers)


def _recorded_chips(result: RunResult, hits: Reconciled) -> Iterator[Chip]:
    """The chips of hits that are recorded with the looks that the run found them in, under the record's names.

    A recorded hit that the run could not judge keeps its own looks: the run's pixels would stand under their dates.
    """
    told = {hit.id: hit for hit in (*hits.hits, *hits.kept)}
    own = {hit.id: hit for hit in result.hits}
    for chip in result.chips:
        recorded, found = told.get(hits.ids[chip.hit_id]), own[chip.hit_id]
        if recorded is not None and _looks_of(recorded) == _looks_of(found):
            yield replace(chip, hit_id=recorded.id)


def _looks_of(hit: Hit) -> tuple[str, str]:
    return hit.before_pass, hit.after_pass
