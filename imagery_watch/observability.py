"""What each pass could say of each apron, how full the aprons were, and how likely a stay was to be seen."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from imagery_watch.errors import PassRefused
from imagery_watch.model import Acquisition, Airfield, Areas, Chance, Hit, Look, LookResult, Occupancy, Period
from imagery_watch.model.change import FEW_LOOKS, MIN_RING_KM2
from imagery_watch.reasons import Reason, ReasonCode, join_reasons
from imagery_watch.survey import ReadPasses

if TYPE_CHECKING:
    from imagery_watch.change.detect import DetectionResult
    from imagery_watch.change.tracking.stays import ObjectStay


def looks_of(
    passes: ReadPasses,
    detection: "DetectionResult",
    airfield: Airfield,
    areas: Areas,
    period: Period,
    hits: Sequence[Hit],
    min_visible: float,
) -> tuple[Look, ...]:
    """What each pass of the period said about each apron, sorted by time then apron."""
    changed = {(hit.after_pass, hit.apron) for hit in hits}
    looks = []
    for acquisition in passes.acquisitions:
        if acquisition.datetime not in period:
            continue
        for apron, name in enumerate(areas.apron_names):
            result, visible, reasons = _verdict(passes, detection, acquisition, apron, min_visible)
            used = acquisition.id not in passes.unread and detection.stack.index_of(acquisition.id) is not None
            if used and (acquisition.id, name) in changed:
                result = "change"  # even where less than half of the apron was seen: a hit lies in what was
            look = _look(airfield.id, name, acquisition, result, visible, reasons)
            look = replace(look, item_ids=passes.items_of(acquisition))
            looks.append(_with_registration(look, detection))
    return tuple(looks)


def _verdict(
    passes: ReadPasses, detection: "DetectionResult", acquisition: Acquisition, apron: int, min_visible: float
) -> tuple[LookResult, float | None, list[Reason]]:
    """What a pass could say of one apron, how much of it it saw (None where nothing was read), and why no more."""
    error = passes.unread.get(acquisition.id)
    if error is not None:
        return "not_observed" if isinstance(error, PassRefused) else "failed", None, [error.reason]
    index = detection.stack.index_of(acquisition.id)
    if index is None:
        return "not_observed", 0.0, [detection.stack.reason_of(acquisition.id)]
    visible = detection.visible_fraction(index, apron)
    result, reasons = _judge(detection, index, visible, min_visible), _reasons(detection, index, visible, min_visible)
    return result, visible, [*reasons, *_tell_snow(detection, index, apron, judged=result == "no_change")]


def _look(
    airfield: str,
    apron: str,
    acquisition: Acquisition,
    result: LookResult,
    visible: float | None,
    reasons: Sequence[Reason],
) -> Look:
    reason, codes = join_reasons(reasons)
    return Look(
        airfield=airfield,
        apron=apron,
        pass_id=acquisition.id,
        datetime=acquisition.datetime,
        item_ids=acquisition.item_ids,
        sensor=acquisition.sensor,
        relative_orbit=acquisition.relative_orbit,
        result=result,
        visible_fraction=visible,
        smallest_detectable_m=None,
        registration_error_px=None,
        reason=reason,
        reason_codes=codes,
    )


def _with_registration(look: Look, detection: "DetectionResult") -> Look:
    index = detection.stack.index_of(look.pass_id)
    if index is None:
        return look
    return replace(look, registration_error_px=detection.stack.passes[index].registration.error_px)


def _judge(detection: "DetectionResult", index: int, visible: float, min_visible: float) -> LookResult:
    """Whether a usable pass could speak about an apron of which it saw so much."""
    told = visible >= min_visible and detection.own_orbits[index] is not None
    return "no_change" if told else "not_observed"


def _reasons(detection: "DetectionResult", index: int, visible: float, min_visible: float) -> list[Reason]:
    """Why a usable pass could not speak about an apron, or what its word must be read with."""
    item, own_orbit = detection.stack.passes[index], detection.own_orbits[index]
    if visible < min_visible:
        return [ReasonCode.HIDDEN.because(visible=visible)]
    if own_orbit is None:
        return [ReasonCode.NO_HISTORY.because()]
    found = list(item.scene.notes)
    if not item.registration.ok:
        found.append(ReasonCode.NOT_REGISTERED.because(what=item.registration.reason))
    elif item.registration.usable_km2 < MIN_RING_KM2:
        found.append(ReasonCode.SMALL_RING.because(km2=item.registration.usable_km2))
    if len(detection.stack.passes) < FEW_LOOKS:
        found.append(ReasonCode.FEW_PASSES.because())
    elif not own_orbit:
        found.append(ReasonCode.OTHER_ORBITS.because())
    return found


def _tell_snow(detection: "DetectionResult", index: int, apron: int, *, judged: bool) -> list[Reason]:
    """That cleared snow lies about in a usable pass that judged an apron, and what was held back for that."""
    told = [ReasonCode.SNOW_SEASON.because()] if judged and detection.snow.looks[index] else []
    held = detection.count_held_back(index, apron)
    if held:
        told.append(ReasonCode.SNOW_HELD_BACK.because(changes=f"{held} change{'s' if held > 1 else ''}"))
    return told


def occupancy_of(
    detection: "DetectionResult", found: Sequence["ObjectStay"], looks: Sequence[Look], areas: Areas, min_visible: float
) -> tuple[Occupancy, ...]:
    """How many stood on each apron in each of `looks` that saw it, against what is usual there, in their order.

    Usual is told from all passes that saw the apron, the history included.
    """
    import numpy as np

    from imagery_watch.change.tracking.stays import count_standing, find_usual_counts

    names, passes = areas.apron_names, detection.stack.passes
    aprons = range(len(names))
    seen = [
        [own is not None and detection.visible_fraction(index, apron) >= min_visible for apron in aprons]
        for index, own in enumerate(detection.own_orbits)
    ]
    counts = count_standing(found, len(passes), len(names))
    usual = find_usual_counts(counts, np.array(seen, bool).reshape(counts.shape))
    rows = []
    for look in looks:
        index, apron = detection.stack.index_of(look.pass_id), names.index(look.apron)
        if index is not None and seen[index][apron]:
            rows.append(Occupancy(look.apron, look.datetime, int(counts[index, apron]), int(usual[apron])))
    return tuple(rows)


def chances_of(looks: Sequence[Look], period: Period, now: datetime) -> tuple[Chance, ...]:
    """How likely stays of some lengths were to be seen in the period, as far as it is past; none without looks.

    Where the period is open it ends, or begins, with a look.
    """
    if not looks:
        return ()
    from imagery_watch.change.coverage import compute_chances

    start = period.start or min(look.datetime for look in looks)
    last = max(look.datetime for look in looks)
    end = last if period.end is None else max(last, min(period.end, now))
    return compute_chances(looks, start, end)
