"""What was detected, told: hits with their pictures, looks with their limits, stays, and how it came about."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from imagery_watch.dossiers import OF_A_RUN, Plenty, gather_dossiers, picture_looks
from imagery_watch.model import Airfield, Areas, Chip, Hit, Look, RunResult, Stay
from imagery_watch.model.progress import Progress
from imagery_watch.observability import chances_of, looks_of, occupancy_of
from imagery_watch.outputs.wording.doubts import note_doubts
from imagery_watch.provenance import describe_run
from imagery_watch.settings import Settings
from imagery_watch.survey import ReadPasses, Survey

if TYPE_CHECKING:
    from imagery_watch.change.detect import DetectionResult
    from imagery_watch.change.tracking.stays import ObjectStay


def report(
    found: Survey,
    passes: ReadPasses,
    detection: "DetectionResult",
    areas: Areas,
    settings: Settings,
    limit: Callable[[tuple[Look, ...]], tuple[Look, ...]],
    *,
    min_length_m: float = 0.0,
    plenty: Plenty = OF_A_RUN,
) -> RunResult:
    """What was detected in the passes of a survey, told as hits, looks and stays; `limit` gives looks their limits."""
    from imagery_watch.change.tracking.stays import find_object_stays

    airfield, period = found.airfield, found.period
    every = hits_of(detection, airfield)
    changes = tuple(hit for hit in every if hit.after in period)
    looks = limit(looks_of(passes, detection, airfield, areas, period, changes, settings.min_visible_fraction))
    hits = tuple(hit for hit in changes if hit.length_high_m >= min_length_m)
    objects = find_object_stays(detection.objects, detection.events)
    notes = describe_run(found, passes, detection, areas, settings)
    hits = tuple(replace(hit, simulated=notes.simulated) for hit in hits)
    stays = tuple(
        replace(stay, simulated=notes.simulated) for stay in stays_of(detection, objects, every, hits, airfield)
    )
    dossiers = gather_dossiers(detection, objects, stays, hits, airfield, plenty)
    hits = note_doubts(hits, stays, dossiers)
    return RunResult(
        airfield,
        found.grid,
        hits=tuple(sorted(hits, key=lambda hit: (hit.after, hit.id))),
        looks=looks,
        chips=chips_of(detection, every, hits),
        provenance=notes,
        stays=stays,
        occupancy=occupancy_of(detection, objects, looks, areas, settings.min_visible_fraction),
        chances=chances_of(looks, period, notes.created),
        dossiers=dossiers,
        panoramas=picture_looks(detection, looks, hits, plenty),
    )


def limited(
    looks: tuple[Look, ...], detection: "DetectionResult", areas: Areas, settings: Settings, progress: Progress
) -> tuple[Look, ...]:
    """The looks with the smallest aircraft that they would likely have shown, unless that is turned off."""
    from imagery_watch.evaluate.detection_limit import with_limits

    if not settings.limit_plantings:
        return looks
    number, workers = settings.limit_plantings, settings.workers
    return with_limits(looks, detection, areas, number, workers=workers, progress=progress)


def hits_of(detection: "DetectionResult", airfield: Airfield) -> tuple[Hit, ...]:
    """The hit of each event of a detection, in the events' order."""
    from imagery_watch.change.results import make_hit

    stack, calibration, least = detection.stack, detection.calibration, detection.min_score
    return tuple(make_hit(one, stack, airfield, calibration, least) for one in detection.events)


def chips_of(detection: "DetectionResult", every: Sequence[Hit], hits: Sequence[Hit]) -> tuple[Chip, ...]:
    """The pixels around the reported ones of every event's hit."""
    from imagery_watch.change.results import cut_chip

    wanted = {hit.id for hit in hits}
    pairs = zip(detection.events, every, strict=True)
    return tuple(cut_chip(event, hit.id, detection.stack) for event, hit in pairs if hit.id in wanted)


def stays_of(
    detection: "DetectionResult",
    objects: Sequence["ObjectStay"],
    every: Sequence[Hit],
    hits: Sequence[Hit],
    airfield: Airfield,
) -> tuple[Stay, ...]:
    """The stays of the objects that a reported hit tells of; the ends of the others are told without a hit."""
    from imagery_watch.change.results import make_stays

    reported = {hit.id for hit in hits}
    pairs = zip(detection.events, every, strict=True)
    ids = {event.key: hit.id for event, hit in pairs if hit.id in reported}
    return make_stays(objects, ids, detection.stack, airfield)
