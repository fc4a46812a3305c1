"""How a run came about: versions, settings, what became of each pass, and what was weaker than usual."""

from collections import Counter
from datetime import UTC, datetime
from functools import lru_cache
from importlib.metadata import version
from typing import TYPE_CHECKING

from imagery_watch.errors import PassRefused
from imagery_watch.model import (
    Acquisition,
    AirfieldNote,
    Areas,
    CalibrationNote,
    GridNote,
    PassOutcome,
    PassState,
    PeriodNote,
    Provenance,
)
from imagery_watch.model.change import FEW_LOOKS, MIN_RING_KM2
from imagery_watch.model.provenance import NOTHING_USED
from imagery_watch.settings import Settings
from imagery_watch.survey import ReadPasses, Survey

if TYPE_CHECKING:
    from imagery_watch.change.detect import DetectionResult

LIBRARIES = ("numpy", "scipy", "rasterio", "pystac")
"""Those whose versions may change numbers."""
DECISIVE_SETTINGS = (
    "margin_m",
    "baseline_half_window_days",
    "min_visible_fraction",
    "false_alarms_per_year",
    "limit_plantings",
)


def describe_run(
    found: Survey, passes: ReadPasses, detection: "DetectionResult", areas: Areas, settings: Settings
) -> Provenance:
    """What `run.json` says of how a run came about."""
    airfield, grid = found.airfield, found.grid
    listed = [one for acquisition in passes.acquisitions for one in acquisition.listed]
    made = next((one.simulated for one in listed if one.simulated), "")
    return Provenance(
        created=datetime.now(UTC),
        airfield=AirfieldNote(airfield.id, airfield.quality, airfield.notes),
        grid=GridNote(grid.crs, grid.left, grid.top, grid.width, grid.height, grid.resolution),
        catalog=found.catalog.name,
        software=list_versions(),
        period=PeriodNote(found.period.start, found.period.end, found.history_days),
        sensor=found.catalog.sensor.name,
        bands=detection.stack.bands,
        ring_km2=round(areas.ring_km2, 2),
        settings=pick_decisive(settings),
        calibration=_note_calibration(detection),
        counts={
            "items": len(found.listing.items),
            "passes": len(passes.acquisitions),
            "read": len(passes.scenes),
            "compared": len(detection.stack.passes),
        },
        passes=tuple(_outcome(acquisition, passes, detection) for acquisition in passes.acquisitions),
        warnings=tuple(_warnings(found, passes, detection, areas)),
        incomplete_listing=found.listing.incomplete,
        simulated=bool(made),
        simulated_note=made,
    )


@lru_cache(maxsize=1)
def _list_libraries() -> dict[str, str]:
    return {name: version(name) for name in LIBRARIES}


def list_versions() -> dict[str, str]:
    """Name and version of this package, and versions of the libraries that may change numbers."""
    return {"name": "imagery-watch", "version": version("imagery-watch"), **_list_libraries()}


def pick_decisive(settings: Settings) -> dict[str, float | int]:
    """The settings that decide what comes out."""
    return {name: getattr(settings, name) for name in DECISIVE_SETTINGS}


def _note_calibration(detection: "DetectionResult") -> CalibrationNote:
    """What a score meant, as plain numbers."""
    found, law = detection.calibration, detection.calibration.law
    return CalibrationNote(
        min_score=float(detection.min_score),
        apron_km2=float(found.apron_km2),
        clutter=float(found.clutter),
        traffic=float(found.traffic),
        changes=float(found.changes),
        tail_threshold=law.tail_threshold,
        tail_rate=law.tail_rate,
        tail_scale=law.tail_scale,
        tail_shape=law.tail_shape,
        clutter_power=law.clutter_power,
        min_reported_llr=law.min_reported_llr,
    )


def _outcome(acquisition: Acquisition, passes: ReadPasses, detection: "DetectionResult") -> PassOutcome:
    """What became of one pass."""
    stack, error = detection.stack, passes.unread.get(acquisition.id)
    index, items = stack.index_of(acquisition.id), passes.items_of(acquisition)
    shift = None if index is None else stack.passes[index].registration
    reason = error.reason if error is not None else stack.reason_of(acquisition.id) if index is None else None
    registered = shift is not None and shift.ok
    return PassOutcome(
        id=acquisition.id,
        state=_state(error, index is not None),
        datetime=acquisition.datetime,
        relative_orbit=acquisition.relative_orbit,
        items=items,
        links=_links(acquisition, items),
        superseded=acquisition.superseded,
        not_used=None if reason is None else reason.text,
        reason_code=None if reason is None else reason.code.value,
        shift_px=(round(shift.rows, 3), round(shift.cols, 3)) if shift is not None and registered else None,
        registration_error_px=round(shift.error_px, 3) if shift is not None and registered else None,
        notes=() if index is None else tuple(note.text for note in stack.passes[index].scene.notes),
    )


def _links(acquisition: Acquisition, items: tuple[str, ...]) -> tuple[str | None, ...]:
    """Where the catalogues have these items of a pass; none where files list them all."""
    known = {one.id: one.link for one in (*acquisition.elsewhere, *acquisition.listed)}
    links = tuple(known.get(name) for name in items)
    return links if any(links) else ()


def _state(error: Exception | None, compared: bool) -> PassState:
    """`scored`, `refused` (for good) or `failed` (worth trying again)."""
    if error is not None and not isinstance(error, PassRefused):
        return "failed"
    return "scored" if compared else "refused"


def _nothing_used(passes: ReadPasses, detection: "DetectionResult") -> str:
    """That nothing was compared, and the reason of most passes."""
    reasons = [
        error.reason if error is not None else detection.stack.reason_of(one.id)
        for one in passes.acquisitions
        for error in [passes.unread.get(one.id)]
    ]
    codes = Counter(reason.code for reason in reasons if reason is not None)
    if not codes:
        return f"{NOTHING_USED}; `looks.csv` has the reason for each."
    code, number = codes.most_common(1)[0]
    first = next(reason.text for reason in reasons if reason is not None and reason.code == code)
    return f"{NOTHING_USED}: {number} of {len(reasons)} because of this: {first}. `looks.csv` has the reason for each."


def _warnings(found: Survey, passes: ReadPasses, detection: "DetectionResult", areas: Areas) -> list[str]:
    """What a person should know before believing, or missing, a hit."""
    told = [*found.listing.warnings, *([found.listing.incomplete] if found.listing.incomplete else [])]
    compared = detection.stack.passes
    if found.airfield.origin == "yours, instead of the shipped":
        told.append(f"{found.airfield.id} is the airfield that you added, instead of the one that ships.")
    if found.airfield.quality == "approximate":
        told.append("The airfield's polygons are approximate: changes may lie beside real aprons, or outside them.")
    if found.airfield.quality == "drafted":
        told.append("The airfield's polygons were drafted from imagery: yards and car parks may be among them.")
    if not passes.acquisitions:
        told.append("The catalogue has no pass over this airfield in this period.")
    elif not compared:
        told.append(_nothing_used(passes, detection))
    elif len(compared) < FEW_LOOKS:
        told.append(
            f"Only {len(compared)} usable passes: with so few, looks are compared with one another, "
            "and an aircraft that was there in all of them cannot be told from the ground. This is a weaker result."
        )
    if areas.ring_km2 < MIN_RING_KM2:
        told.append(
            f"Only {areas.ring_km2:.2f} km2 around the aprons: passes were registered on little, or not at all."
        )
    held = sum(
        detection.count_held_back(index, apron)
        for index in range(len(compared))
        for apron in range(len(areas.apron_names))
    )
    if held:
        told.append(
            f"Snow season: {held} changes were held back that heaps of cleared snow explain as well as aircraft."
        )
    unregistered = sum(not item.registration.ok for item in compared)
    if unregistered:
        told.append(f"{unregistered} of {len(compared)} passes could not be registered; edges may look like change.")
    return told
