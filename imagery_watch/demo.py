"""The demonstration: simulated passes over real ground, through the ordinary line, compared with what was planted."""

import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from imagery_watch.errors import StoreError
from imagery_watch.model import Hit, Kind, RunResult
from imagery_watch.model.progress import Progress
from imagery_watch.model.truth import PlantedChange
from imagery_watch.outputs.files.export import write_outputs
from imagery_watch.outputs.wording.doubts import deny_hit
from imagery_watch.outputs.wording.truth import tell_truth
from imagery_watch.pipeline import run_airfield
from imagery_watch.sensors.sun import solar_position
from imagery_watch.settings import Settings
from imagery_watch.simulate.archive import write_archive
from imagery_watch.simulate.ground import BANDS, Ground, bolzano
from imagery_watch.simulate.overpass import SimulatedPass
from imagery_watch.simulate.story import (
    FIRST,
    PASSES,
    Decoy,
    Planted,
    is_hidden,
    plant_aircraft,
    plant_decoys,
    simulate_story,
)
from imagery_watch.sources.airfields.known import find_airfield, shipped_dir

if TYPE_CHECKING:
    from rich.console import Console

    from imagery_watch.outputs.terminal.layout import Sheet

NOTE = (
    "The ground is one real Sentinel-2 image of Bolzano airport, Italy (12 June 2022). The passes are simulated from "
    "it: every date, aircraft, cloud and change of light in them was made by this program."
)
PLACE = (11.326, 46.46)
"""Longitude and latitude, for the sun."""
FOUND_WITHIN_M = 30.0
ARCHIVE = "archive"
"""The folder, beside the results, of the simulated imagery."""


@dataclass(frozen=True)
class Demonstration:
    """What was planted, what was found of it, and where the results are."""

    result: RunResult
    false: tuple[Hit, ...]
    """Hits of nothing that was planted."""
    report: Path

    @property
    def planted(self) -> tuple[PlantedChange, ...]:
        """Everything that was planted, in order of time, what is no aircraft last."""
        return self.result.truth

    def as_dict(self) -> dict[str, Any]:
        """For `--json`."""
        from imagery_watch.outputs.properties import hit_properties
        from imagery_watch.outputs.wording.text import iso

        planted = [
            {
                "kind": one.kind,
                "what": one.what,
                "is_aircraft": one.is_aircraft,
                "length_m": one.length_m,
                "before": iso(one.before),
                "after": iso(one.after),
                "verdict": one.verdict,
                "hit": one.hit_id,
            }
            for one in self.planted
        ]
        return {
            "simulated": NOTE,
            "planted": planted,
            "false": [hit_properties(hit) for hit in self.false],
            "report": str(self.report),
        }

    def show(self, console: "Console") -> None:
        """The tables of a terminal."""
        from imagery_watch.outputs.terminal.layout import print_text
        from imagery_watch.outputs.terminal.tables import print_summary

        print_summary(self.result, console)
        self.truth_table().show(console)
        print_text(console, [self.verdict])
        console.print(f"report: {self.report}", markup=False, highlight=False, soft_wrap=True)

    @property
    def verdict(self) -> str:
        """How many planted changes were found, how many of what is no aircraft were refused, and how many are false."""
        return tell_truth(self.planted)

    def truth_table(self) -> "Sheet":
        """One row for each planted change."""
        from imagery_watch.outputs.terminal.layout import Sheet

        rows = [
            (
                one.kind,
                one.what,
                "" if one.is_false else f"{one.length_m:.0f} m",
                f"{one.before:%Y-%m-%d} → {one.after:%Y-%m-%d}",
                one.verdict,
                f"{one.measured_m:.0f} m" if one.measured_m else "",
            )
            for one in self.planted
        ]
        columns = ("Planted", "What", "Length", "Between (UTC)", "Verdict", "Measured")
        return Sheet(columns, tuple(rows), "Against the truth")


def run_demo(out: Path, settings: Settings, progress: Progress, command: str = "") -> Demonstration:
    """Simulates, writes a STAC archive, runs the ordinary line on it, and compares; files go to `out`.

    `command` is what `run.json` calls the command line. Raises StoreError where the folder cannot be written.
    """
    airfield = find_airfield("LIPB", shipped_dir() / "nowhere")
    ground, aircraft, decoys = bolzano(), plant_aircraft(), plant_decoys()
    progress("simulating passes", 0, PASSES)
    passes = simulate_story(
        ground,
        aircraft,
        decoys,
        lambda when: solar_position(*PLACE, when),
        lambda done: progress("simulating passes", done, PASSES),
    )
    with tempfile.TemporaryDirectory(prefix="imagery-watch-") as folder:
        archive = write_archive(passes, BANDS, ground.grid, Path(folder))
        result = run_airfield(
            airfield, str(archive), settings, since=None, until=None, now=FIRST + timedelta(days=365), progress=progress
        )
        _keep(Path(folder), out / ARCHIVE)
    truth, false = against(result.hits, [*aircraft, *decoys], passes, ground)
    truth = (*truth, *map(_as_false, false))
    denied = {hit.id for hit in false}
    hits = tuple(deny_hit(hit) if hit.id in denied else hit for hit in result.hits)
    result = replace(_as_simulated(replace(result, hits=hits), command), truth=truth)
    files = write_outputs(result, out)
    return Demonstration(result, false, files["report.html"])


def _keep(archive: Path, folder: Path) -> None:
    """Copies the imagery to where it stays, so that whoever likes may run it again. Raises StoreError."""
    try:
        shutil.copytree(archive, folder, dirs_exist_ok=True)
    except OSError as error:  # shutil's own among them, which list many
        raise StoreError(
            f"{folder} could not be written: {error.strerror or error}. Make room, or name --out."
        ) from None


def _as_simulated(result: RunResult, command: str) -> RunResult:
    """The run, every hit, every stay and the whole saying that its pixels were made."""
    provenance = replace(
        result.provenance,
        catalog=f"{ARCHIVE}/items.json",
        command=command,
        simulated=True,
        simulated_note=NOTE,
        truth="imagery_watch/simulate/ground/README.md",
    )
    hits = tuple(replace(hit, simulated=True) for hit in result.hits)
    stays = tuple(replace(stay, simulated=True) for stay in result.stays)
    return replace(result, hits=hits, stays=stays, provenance=provenance)


def against(
    hits: Sequence[Hit], story: Sequence[Planted | Decoy], passes: Sequence[SimulatedPass], ground: Ground
) -> tuple[tuple[PlantedChange, ...], tuple[Hit, ...]]:
    """Each planted change with the hit that tells it, aircraft first, and the hits that tell nothing planted."""
    left = list(hits)
    found = []
    for change in sorted(_list_changes(story, passes), key=lambda one: (isinstance(one.what, Decoy), one.after)):
        hit = next((hit for hit in left if _matches(hit, change, ground)), None)
        if hit is not None:
            left.remove(hit)
        found.append(_judge(change, hit))
    return tuple(found), tuple(left)


class _Change(NamedTuple):
    """One change between the looks in which its own place could be seen."""

    kind: Kind
    what: Planted | Decoy
    before: datetime
    after: datetime


def _list_changes(story: Sequence[Planted | Decoy], passes: Sequence[SimulatedPass]) -> list[_Change]:
    changes = []
    for one in story:
        row, col = _place_of(one)
        first, gone = (one.first, one.gone) if isinstance(one, Planted) else (one.thing.first, one.thing.gone)
        seen = [number for number, a_pass in enumerate(passes) if not is_hidden(row, col, a_pass)]
        stood = [number for number in seen if first <= number < gone]
        before, after = ([n for n in seen if n < first], [n for n in seen if n >= gone])
        if before and stood:
            changes.append(_Change("arrival", one, passes[before[-1]].when, passes[stood[0]].when))
        if stood and after:
            changes.append(_Change("departure", one, passes[stood[-1]].when, passes[after[0]].when))
    return changes


def _place_of(one: Planted | Decoy) -> tuple[float, float]:
    return (one.place.row, one.place.col) if isinstance(one, Planted) else (one.thing.row, one.thing.col)


def _matches(hit: Hit, change: _Change, ground: Ground) -> bool:
    x, y = ground.grid.xy(*_place_of(change.what))
    near = float(np.hypot(hit.x - x, hit.y - y)) <= FOUND_WITHIN_M
    return near and hit.kind == change.kind and hit.before < change.after and change.before < hit.after


def _as_false(hit: Hit) -> PlantedChange:
    """A hit that tells nothing planted."""
    length = hit.length_m
    return PlantedChange(hit.kind, "nothing", 0.0, hit.before, hit.after, False, "false", hit.id, length)


def _judge(change: _Change, hit: Hit | None) -> PlantedChange:
    """The change with its verdict."""
    if isinstance(change.what, Decoy):
        verdict = "refused" if hit is None else f"told as {hit.object or 'aircraft'}"
    elif hit is None:
        verdict = "missed"
    else:
        same = (hit.before, hit.after) == (change.before, change.after)
        verdict = "found, same bracket" if same else "found, other bracket"
    return PlantedChange(
        kind=change.kind,
        what=change.what.name,
        length_m=change.what.length_m,
        before=change.before,
        after=change.after,
        is_aircraft=isinstance(change.what, Planted),
        verdict=verdict,
        hit_id=None if hit is None else hit.id,
        measured_m=None if hit is None else hit.length_m,
    )
