"""The account of a run: what each pass said of each apron, and how the run came about."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from imagery_watch.errors import PassRefused
from imagery_watch.model import (
    Acquisition,
    Airfield,
    Areas,
    Chance,
    Grid,
    Hit,
    Look,
    LookResult,
    Occupancy,
    Period,
    Scene,
)
from imagery_watch.settings import Settings

if TYPE_CHECKING:
    from imagery_watch.change.detect import Detection
    from imagery_watch.change.stays import Presence
    from imagery_watch.sources.catalog import Catalog, Listing
    from imagery_watch.sources.scenes import Unread

SENSOR = "sentinel-2"
THIN_HISTORY = 6
"""Looks of one place below which the run says that it is weaker: the spread is then the airfield's, not the pixel's."""
SMALL_RING_KM2 = 1.0
SNOW_LIES = timedelta(days=30)
"""How long heaps of cleared snow are taken to outlast the snow on the fields (an assumption)."""


@dataclass(frozen=True)
class Survey:
    """What a catalogue has for one airfield and period, history included; no pixel is read yet."""

    airfield: Airfield
    catalog: "Catalog"
    grid: Grid
    period: Period
    history_days: int
    listing: "Listing"
    acquisitions: tuple[Acquisition, ...]


@dataclass(frozen=True)
class Passes:
    """The passes over one airfield: what the catalogue has, and which of it could be read."""

    acquisitions: tuple[Acquisition, ...]
    scenes: tuple[Scene, ...]
    unread: dict[str, "Unread"]
    """Why, by acquisition id."""


def looks_of(
    passes: Passes,
    detection: "Detection",
    airfield: Airfield,
    areas: Areas,
    period: Period,
    hits: Sequence[Hit],
    min_visible: float,
) -> tuple[Look, ...]:
    """What each pass of the period said about each apron, sorted by time then apron."""
    indices = {item.scene.acquisition_id: index for index, item in enumerate(detection.stack.passes)}
    useless = {item.scene.acquisition_id: item.reason for item in detection.stack.unusable}
    changed = {(hit.after_items, hit.apron) for hit in hits}
    looks = []
    for acquisition in passes.acquisitions:
        if acquisition.datetime not in period:
            continue
        error = passes.unread.get(acquisition.id)
        index = indices.get(acquisition.id)
        for apron, name in enumerate(areas.apron_names):
            visible = detection.visible_fraction(index, apron) if index is not None else None
            if error is not None:
                result: LookResult = "not_observed" if isinstance(error, PassRefused) else "failed"
                reason = str(error)
            elif index is None:
                result, reason, visible = "not_observed", useless[acquisition.id], 0.0
            else:
                result, reason = _judged(detection, index, visible or 0.0, min_visible)
                if (acquisition.item_ids, name) in changed:
                    result = "change"
            shift = detection.stack.passes[index].registration.error_px if index is not None else None
            looks.append(
                Look(
                    airfield.id,
                    name,
                    acquisition.datetime,
                    acquisition.item_ids,
                    SENSOR,
                    acquisition.relative_orbit,
                    result,
                    visible,
                    None,
                    shift,
                    reason,
                )
            )
    return tuple(looks)


def _judged(detection: "Detection", index: int, visible: float, min_visible: float) -> tuple[LookResult, str]:
    """Whether a usable pass could speak about an apron it saw so much of, and what it must be read with."""
    item, ground = detection.stack.passes[index], detection.grounds[index]
    if visible < min_visible:
        return "not_observed", f"hidden by cloud, its shadow, or the image's edge ({visible:.0%} visible)"
    if ground is None:
        return "not_observed", "too little history: no other pass to compare it with"
    notes = list(item.scene.notes)
    if not item.registration.ok:
        notes.append(f"not registered: {item.registration.reason}")
    if len(detection.stack.passes) < THIN_HISTORY:
        notes.append("weaker: few passes to compare with")
    elif not ground.own_orbit:
        notes.append("compared with passes of all orbits: its own has too few")
    if any(timedelta(0) <= item.datetime - when <= SNOW_LIES for when in detection.stack.snowy):
        notes.append("snow lay here within a month: heaps of cleared snow can look like aircraft")
    return "no_change", "; ".join(notes)


def occupancy_of(
    detection: "Detection", found: Sequence["Presence"], looks: Sequence[Look], areas: Areas, min_visible: float
) -> tuple[Occupancy, ...]:
    """How many stood on each apron in each of `looks` that saw it, against what is usual there, in their order.

    Usual is told from all passes that saw the apron, the history included.
    """
    import numpy as np

    from imagery_watch.change.stays import standing, usual

    names, passes = areas.apron_names, detection.stack.passes
    aprons = range(len(names))
    seen = [
        [ground is not None and detection.visible_fraction(index, apron) >= min_visible for apron in aprons]
        for index, ground in enumerate(detection.grounds)
    ]
    counts = standing(found, len(passes), len(names))
    normal = usual(counts, np.array(seen, bool).reshape(counts.shape))
    indices = {item.scene.item_ids: index for index, item in enumerate(passes)}
    rows = []
    for look in looks:
        index, apron = indices.get(look.item_ids), names.index(look.apron)
        if index is not None and seen[index][apron]:
            rows.append(Occupancy(look.apron, look.datetime, int(counts[index, apron]), int(normal[apron])))
    return tuple(rows)


def chances_of(looks: Sequence[Look], period: Period, now: datetime) -> tuple[Chance, ...]:
    """How likely stays of some lengths were to be seen in the period, as far as it is past; none without looks.

    Where the period is open it ends, or begins, with a look.
    """
    if not looks:
        return ()
    from imagery_watch.change.chances import chances

    start = period.start or min(look.datetime for look in looks)
    last = max(look.datetime for look in looks)
    end = last if period.end is None else max(last, min(period.end, now))
    return chances(looks, start, end)


def provenance(
    airfield: Airfield,
    catalog: "Catalog",
    listing: "Listing",
    passes: Passes,
    detection: "Detection",
    areas: Areas,
    grid: Grid,
    settings: Settings,
    period: Period,
    history_days: int,
) -> dict[str, Any]:
    """What `run.json` says of how this came about: versions, settings, items, and what was weaker than usual."""
    from imagery_watch import __version__

    return {
        "software": {"name": "imagery-watch", "version": __version__, **_versions()},
        "created": datetime.now(UTC),
        "airfield": {"id": airfield.id, "quality": airfield.quality, "notes": list(airfield.notes)},
        "catalog": catalog.name,
        "period": {"since": period.start, "until_before": period.end, "history_days": history_days},
        "grid": {"crs": grid.crs, "left": grid.left, "top": grid.top, "width": grid.width, "height": grid.height},
        "ring_km2": round(areas.ring_km2, 2),
        "settings": scoring_settings(settings),
        "counts": {
            "items": len(listing.items),
            "passes": len(passes.acquisitions),
            "read": len(passes.scenes),
            "compared": len(detection.stack.passes),
        },
        "passes": [_pass_note(acquisition, passes, detection) for acquisition in passes.acquisitions],
        "warnings": _warnings(airfield, listing, passes, detection, areas),
        "incomplete": any(not isinstance(error, PassRefused) for error in passes.unread.values()),
    }


def _versions() -> dict[str, str]:
    from importlib.metadata import version

    return {name: version(name) for name in ("numpy", "scipy", "rasterio", "pystac")}


def scoring_settings(settings: Settings) -> dict[str, Any]:
    """The settings that decide what comes out."""
    names = (
        "margin_m",
        "baseline_half_window_days",
        "min_visible_fraction",
        "false_alarms_per_year",
        "limit_plantings",
    )
    return {name: getattr(settings, name) for name in names}


def _pass_note(acquisition: Acquisition, passes: Passes, detection: "Detection") -> dict[str, Any]:
    """One pass in `run.json`: its items, and what became of it."""
    item = next((p for p in detection.stack.passes if p.scene.acquisition_id == acquisition.id), None)
    why = passes.unread.get(acquisition.id) or next(
        (u.reason for u in detection.stack.unusable if u.scene.acquisition_id == acquisition.id), None
    )
    note: dict[str, Any] = {
        "id": acquisition.id,
        "state": _state(acquisition, passes, item is not None),
        "datetime": acquisition.datetime,
        "relative_orbit": acquisition.relative_orbit,
        "items": list(acquisition.item_ids),
        "superseded": list(acquisition.superseded),
    }
    if why is not None:
        note["not_used"] = str(why)
    if item is not None:
        shift = item.registration
        note["shift_px"] = [round(shift.rows, 3), round(shift.cols, 3)] if shift.ok else None
        note["registration_error_px"] = round(shift.error_px, 3) if shift.ok else None
        note["notes"] = list(item.scene.notes)
    return note


def _state(acquisition: Acquisition, passes: Passes, compared: bool) -> str:
    """`scored`, `refused` (for good) or `failed` (worth trying again)."""
    error = passes.unread.get(acquisition.id)
    if error is not None and not isinstance(error, PassRefused):
        return "failed"
    return "scored" if compared else "refused"


def _warnings(
    airfield: Airfield, listing: "Listing", passes: Passes, detection: "Detection", areas: Areas
) -> list[str]:
    """What a person should know before believing, or missing, a hit."""
    found = list(listing.warnings)
    compared = detection.stack.passes
    if airfield.quality == "approximate":
        found.append("The airfield's polygons are approximate: changes may lie beside real aprons, or outside them.")
    if not passes.acquisitions:
        found.append("The catalogue has no pass over this airfield in this period.")
    elif not compared:
        found.append("No pass could be used, so nothing was compared; `looks.csv` has the reason for each.")
    elif len(compared) < THIN_HISTORY:
        found.append(
            f"Only {len(compared)} usable passes: with so few, changes are judged by the airfield's average noise, "
            "and an aircraft that was there in all of them cannot be told from the ground. This is a weaker result."
        )
    if areas.ring_km2 < SMALL_RING_KM2:
        found.append(
            f"Only {areas.ring_km2:.2f} km2 around the aprons: passes were compared as they lie, unregistered."
        )
    unregistered = sum(not item.registration.ok for item in compared)
    if unregistered:
        found.append(f"{unregistered} of {len(compared)} passes could not be registered; edges may look like change.")
    return found
