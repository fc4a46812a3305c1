"""The demonstration: simulated passes over real ground, through the ordinary line, compared with what was planted."""

import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from imagery_watch.errors import StoreError
from imagery_watch.model import Hit, Kind, RunResult
from imagery_watch.model.progress import Progress
from imagery_watch.outputs.files.export import write_outputs
from imagery_watch.pipeline import run_airfield
from imagery_watch.sensors.sun import solar_position
from imagery_watch.settings import Settings
from imagery_watch.simulate.aircraft import TYPES
from imagery_watch.simulate.archive import write_archive
from imagery_watch.simulate.ground import BANDS, Ground, bolzano
from imagery_watch.simulate.inject import Placement
from imagery_watch.simulate.overpass import Cloud, SimulatedPass, Weather, simulate
from imagery_watch.sources.airfields.known import find_airfield, shipped_dir

if TYPE_CHECKING:
    from rich.console import Console

    from imagery_watch.outputs.terminal.layout import Sheet

NOTE = (
    "The ground is one real Sentinel-2 image of Bolzano airport, Italy (12 June 2022). The passes are simulated from "
    "it: every date, aircraft, cloud and change of light in them was made by this program."
)
FIRST = datetime(2022, 8, 21, 10, 20, 29, tzinfo=UTC)
PASSES = 16
PLACE = (11.326, 46.46)
"""Longitude and latitude, for the sun."""
ORBITS = ((65, "sentinel-2a"), (22, "sentinel-2b"))
SEED = 20220612
FOUND_WITHIN_M = 30.0
ARCHIVE = "archive"
"""The folder, beside the results, of the simulated imagery."""


@dataclass(frozen=True)
class Planted:
    """One aircraft that stands from pass `first` up to, not including, pass `gone`."""

    place: Placement
    first: int
    gone: int


@dataclass(frozen=True)
class Expected:
    """One change that was planted, and the hit that found it."""

    kind: Kind
    aircraft: str
    length_m: float
    before: datetime
    after: datetime
    hit: Hit | None

    @property
    def verdict(self) -> str:
        """`found`, with what differs, or `missed`."""
        if self.hit is None:
            return "missed"
        right = (self.hit.before, self.hit.after) == (self.before, self.after)
        return "found, same bracket" if right else "found, other bracket"


@dataclass(frozen=True)
class Demonstration:
    """What was planted, what was found of it, and where the results are."""

    result: RunResult
    expected: tuple[Expected, ...]
    false: tuple[Hit, ...]
    report: Path

    def as_dict(self) -> dict[str, Any]:
        """For `--json`."""
        from imagery_watch.outputs.files.hits_geojson import hit_properties
        from imagery_watch.outputs.wording.text import iso

        planted = [
            {
                "kind": one.kind,
                "aircraft": one.aircraft,
                "length_m": one.length_m,
                "before": iso(one.before),
                "after": iso(one.after),
                "verdict": one.verdict,
                "hit": one.hit.id if one.hit else None,
            }
            for one in self.expected
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
        """How many planted changes were found, and how many false ones."""
        found = sum(one.hit is not None for one in self.expected)
        return f"{found} of {len(self.expected)} planted changes found; {len(self.false)} false."

    def truth_table(self) -> "Sheet":
        """One row for each planted change."""
        from imagery_watch.outputs.terminal.layout import Sheet

        rows = [
            (one.kind, one.aircraft, f"{one.length_m:.0f} m", f"{one.before:%Y-%m-%d} → {one.after:%Y-%m-%d}",
             one.verdict, f"{one.hit.length_m:.0f} m" if one.hit else "")
            for one in self.expected
        ]  # fmt: skip
        columns = ("Planted", "Aircraft", "Length", "Between (UTC)", "Verdict", "Measured")
        return Sheet(columns, tuple(rows), "Against the truth")


def run_demo(out: Path, settings: Settings, progress: Progress, command: str = "") -> Demonstration:
    """Simulates, writes a STAC archive, runs the ordinary line on it, and compares; files go to `out`.

    `command` is what `run.json` calls the command line. Raises StoreError where the folder cannot be written.
    """
    airfield = find_airfield("LIPB", shipped_dir() / "nowhere")
    ground = bolzano()
    truth = planted()
    progress("simulating passes", 0, PASSES)
    passes = simulated(ground, truth, progress)
    with tempfile.TemporaryDirectory(prefix="imagery-watch-") as folder:
        archive = write_archive(passes, BANDS, ground.grid, Path(folder))
        result = run_airfield(
            airfield, str(archive), settings, since=None, until=None, now=FIRST + timedelta(days=365), progress=progress
        )
        _keep(Path(folder), out / ARCHIVE)
    result = _as_simulated(result, command)
    files = write_outputs(result, out)
    expected, false = against(result.hits, truth, passes, ground)
    return Demonstration(result, expected, false, files["report.html"])


def _keep(archive: Path, folder: Path) -> None:
    """Copies the imagery to where it stays, so that whoever likes may run it again. Raises StoreError."""
    try:
        shutil.copytree(archive, folder, dirs_exist_ok=True)
    except OSError as error:  # shutil's own among them, which list many
        raise StoreError(
            f"{folder} could not be written: {error.strerror or error}. Make room, or name --out."
        ) from None


def _as_simulated(result: RunResult, command: str) -> RunResult:
    """The run, every hit and the whole saying that its pixels were made."""
    provenance = replace(
        result.provenance,
        catalog=f"{ARCHIVE}/items.json",
        command=command,
        simulated=True,
        simulated_note=NOTE,
        truth="imagery_watch/simulate/ground/README.md",
    )
    hits = tuple(replace(hit, simulated=True) for hit in result.hits)
    return replace(result, hits=hits, provenance=provenance)


def planted() -> tuple[Planted, ...]:
    """The story: a large and two medium aircraft come and go on two aprons, one of them replaced between two looks."""
    return (
        Planted(Placement("Il-62M", 148.6, 165.8, 28.0, 0.62, 0.42), 4, 8),
        Planted(Placement("A320", 141.2, 136.1, 205.0, 0.62, 0.45), 2, 11),
        Planted(Placement("B737-800", 148.2, 165.9, 310.0, 0.60, 0.42), 11, PASSES),
    )


def simulated(ground: Ground, truth: Sequence[Planted], progress: Progress) -> list[SimulatedPass]:
    """The passes, five days apart: two of them clouded over the aprons, each a little off in place and light."""
    rng = np.random.default_rng(SEED)
    clouds = {6: (Cloud(150, 160, 40),), 13: (Cloud(120, 150, 70), Cloud(40, 220, 30)), 9: (Cloud(40, 60, 25),)}
    passes = []
    for number in range(PASSES):
        orbit, platform = ORBITS[number % 2]
        when = FIRST + timedelta(days=5 * number, minutes=10 * (number % 2))
        weather = Weather(
            shift_px=(float(rng.normal(0, 0.3)), float(rng.normal(0, 0.3))),
            gain=float(rng.normal(1, 0.03)),
            haze=float(abs(rng.normal(0, 0.01))),
            clouds=clouds.get(number, ()),
        )
        passes.append(
            simulate(
                ground.reflectance,
                ground.scl,
                BANDS,
                [one.place for one in truth if one.first <= number < one.gone],
                weather,
                when=when,
                platform=platform,
                relative_orbit=orbit,
                sun=solar_position(*PLACE, when),
                seed=SEED + number,
            )
        )
        progress("simulating passes", number + 1, PASSES)
    return passes


def against(
    hits: Sequence[Hit], truth: Sequence[Planted], passes: Sequence[SimulatedPass], ground: Ground
) -> tuple[tuple[Expected, ...], tuple[Hit, ...]]:
    """Each planted change with the hit that found it, and the hits that found nothing planted."""
    left = list(hits)
    expected = []
    for change in sorted(_changes(truth, passes), key=lambda one: one[3]):
        kind, one, before, after = change
        hit = next((hit for hit in left if _matches(hit, kind, one, before, after, ground)), None)
        if hit is not None:
            left.remove(hit)
        name = one.place.aircraft
        expected.append(Expected(kind, name, TYPES[name].length, before, after, hit))
    return tuple(expected), tuple(left)


def _changes(
    truth: Sequence[Planted], passes: Sequence[SimulatedPass]
) -> list[tuple[Kind, Planted, datetime, datetime]]:
    """The planted changes between the looks in which their own place could be seen."""
    changes: list[tuple[Kind, Planted, datetime, datetime]] = []
    for one in truth:
        seen = [number for number, a_pass in enumerate(passes) if not _hidden(one.place, a_pass)]
        stood = [number for number in seen if one.first <= number < one.gone]
        before, after = ([n for n in seen if n < one.first], [n for n in seen if n >= one.gone])
        if before and stood:
            changes.append(("arrival", one, passes[before[-1]].when, passes[stood[0]].when))
        if stood and after:
            changes.append(("departure", one, passes[stood[-1]].when, passes[after[0]].when))
    return changes


def _hidden(place: Placement, a_pass: SimulatedPass) -> bool:
    """Whether the simulator's own cloud or its shadow lies over the place."""
    return bool(a_pass.scl[round(place.row), round(place.col)] in (3, 8, 9))


def _matches(hit: Hit, kind: Kind, one: Planted, before: datetime, after: datetime, ground: Ground) -> bool:
    x, y = ground.grid.xy(one.place.row, one.place.col)
    near = float(np.hypot(hit.x - x, hit.y - y)) <= FOUND_WITHIN_M
    return near and hit.kind == kind and hit.before < after and before < hit.after
