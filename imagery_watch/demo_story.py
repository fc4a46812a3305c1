"""`demo --story`: tracks and pictures of one stay, held together; all of it made, and run by the ordinary line."""

import math
import shutil
import tempfile
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imagery_watch.corroborate.ground_stays import Named
from imagery_watch.corroboration import TrackFiles, join_with_tracks
from imagery_watch.model import Airfield, Apron, Hit, RunResult
from imagery_watch.model.corroboration import Corroboration
from imagery_watch.model.progress import Progress
from imagery_watch.outputs.files.atomic import write_text
from imagery_watch.outputs.files.export import write_outputs
from imagery_watch.pipeline import run_airfield
from imagery_watch.settings import Settings
from imagery_watch.simulate.archive import write_archive
from imagery_watch.simulate.daylight import BANDS
from imagery_watch.simulate.flight import find_touchdown, fly_in, fly_out, to_fr24_csv
from imagery_watch.simulate.simulator import World
from imagery_watch.simulate.sunan import (
    CALENDARS,
    ELEVATION_FT,
    EPSG,
    LANDS,
    STOOD,
    Calendar,
    lead_way,
    list_corners,
    list_runway,
    simulate_calendar,
    square,
)

if TYPE_CHECKING:
    from rich.console import Console

NOTE = (
    "Everything here was made by this program: the ground, the aircraft, the passes and the flight tracks. Only the "
    "story is real: an Il-62M, RA-86559, stood at Pyongyang Sunan for about 36 hours around 1 August 2023."
)
CALLSIGNS = ("STORY1", "STORY2")
REGISTRATION, TYPE = "RA-86559", "IL62"
AROUND = timedelta(days=8)
"""Before the landing and after the take-off: looks are told from here to there."""
FOUND_WITHIN_M, PIXEL_M = 30.0, 10.0
TILE = "51SYD"
"""In the names of the made-up items."""


@dataclass(frozen=True)
class Chapter:
    """What came out of one calendar of passes."""

    calendar: Calendar
    result: RunResult
    report: Path
    false: int
    """Hits where nothing of aircraft size came or left."""

    @property
    def hits(self) -> dict[str, Hit]:
        """By id."""
        return {hit.id: hit for hit in self.result.hits}

    @property
    def corroboration(self) -> Corroboration:
        """What the tracks say of its looks, and they of the tracks."""
        if self.result.corroboration is None:
            raise ValueError("a chapter is joined with the tracks")
        return self.result.corroboration


@dataclass(frozen=True)
class Telling:
    """The story in its chapters, and the files of tracks."""

    chapters: tuple[Chapter, ...]
    tracks: tuple[Path, ...]

    def as_dict(self) -> dict[str, Any]:
        """For `--json`."""
        from imagery_watch.outputs.properties import corroboration_record

        return {
            "simulated": NOTE,
            "tracks": [str(path) for path in self.tracks],
            "chapters": [
                {
                    "calendar": one.calendar.name,
                    "report": str(one.report),
                    "false": one.false,
                    "corroboration": corroboration_record(one.corroboration),
                }
                for one in self.chapters
            ],
        }

    def show(self, console: "Console") -> None:
        """The sentences that an analyst could quote, a chapter after the other."""
        from imagery_watch.outputs.terminal.corroboration_table import list_sentences
        from imagery_watch.outputs.terminal.layout import print_text

        print_text(console, [NOTE])
        for number, one in enumerate(self.chapters, start=1):
            print_text(console, ["", f"{number}. {one.calendar.told}: {self._name_passes(one)}.", ""])
            print_text(console, [f"   - {line}" for line in list_sentences(one.corroboration, one.hits)])
            if one.false:
                print_text(
                    console, [f"   Known, for it was made: {one.false} of these changes are false, nothing was there."]
                )
        for one in self.chapters:
            console.print(f"report: {one.report}", markup=False, highlight=False, soft_wrap=True)

    def _name_passes(self, one: Chapter) -> str:
        """The passes around the stay."""
        times = one.calendar.times
        before = max(time for time in times if time < LANDS)
        after = min(time for time in times if time > LANDS + STOOD)
        around = [time for time in times if before <= time <= after]
        return "passes on " + ", ".join(f"{time:%Y-%m-%d %H:%M}" for time in around) + " UTC"

    @property
    def verdict(self) -> str:
        """What is told of each chapter's track, in a line each."""
        return "\n".join(told.statement for one in self.chapters for told in one.corroboration.tracks)


def run_story(out: Path, settings: Settings, progress: Progress, command: str = "") -> Telling:
    """Simulates two calendars of passes and two flights, runs the ordinary line on them, and joins it all.

    Each calendar gets a folder below `out`, as `run --tracks` writes it; the tracks lie beside. Raises StoreError where
    the folder cannot be written.
    """
    tracks = _write_tracks(out / "tracks")
    files = TrackFiles(tracks, named=tuple(Named(one, REGISTRATION, TYPE) for one in CALLSIGNS), simulated=True)
    chapters = []
    for number, calendar in enumerate(CALENDARS):
        progress(calendar.told.lower(), number, len(CALENDARS))
        chapters.append(_run_chapter(calendar, out / calendar.name, files, settings, progress, command))
    return Telling(tuple(chapters), tracks)


def _run_chapter(
    calendar: Calendar, out: Path, files: TrackFiles, settings: Settings, progress: Progress, command: str
) -> Chapter:
    world, airfield = simulate_calendar(calendar), draw_airfield()
    with tempfile.TemporaryDirectory(prefix="imagery-watch-") as folder:
        archive = write_archive(world.passes, BANDS, square(), Path(folder), tile=TILE)
        since, until = (LANDS - AROUND).date().isoformat(), (LANDS + STOOD + AROUND).date().isoformat()
        now = calendar.times[-1] + timedelta(days=30)
        result = run_airfield(airfield, str(archive), settings, since=since, until=until, now=now, progress=progress)
        shutil.copytree(folder, out / "archive", dirs_exist_ok=True)
    notes = replace(result.provenance, catalog="archive/items.json", command=command, simulated_note=NOTE)
    result = join_with_tracks(replace(result, provenance=notes), files, settings.home, progress)
    false = sum(not _is_of_an_aircraft(hit, world) for hit in result.hits)
    return Chapter(calendar, result, write_outputs(result, out)["report.html"], false)


def _is_of_an_aircraft(hit: Hit, world: World) -> bool:
    """Whether an aircraft, the visitor or one that taxies, was put where a hit is."""
    row, col = square().rowcol(hit.x, hit.y)
    places = [one.place for one in world.story.stays]
    return any(math.hypot(row - one.row, col - one.col) * PIXEL_M <= FOUND_WITHIN_M for one in places)


def _write_tracks(folder: Path) -> tuple[Path, ...]:
    """Both flights, a file each, as a person would hold them."""
    way = lead_way(_to_lonlat)
    there, back = fly_in(way, ELEVATION_FT), fly_out(way, ELEVATION_FT)
    starts = (LANDS - timedelta(seconds=find_touchdown(there)), LANDS + STOOD)
    paths = []
    for callsign, points, start in zip(CALLSIGNS, (there, back), starts, strict=True):
        path = folder / f"{callsign.lower()}.csv"
        write_text(path, to_fr24_csv(points, start, callsign))
        paths.append(path)
    return tuple(paths)


def draw_airfield() -> Airfield:
    """Sunan's place with the simulator's aprons."""
    from shapely.geometry import LineString, Polygon

    aprons = tuple(
        Apron(f"apron-{number}", Polygon(corners)) for number, corners in enumerate(list_corners(_to_lonlat), start=1)
    )
    return Airfield(
        id="ZKPY",
        name="Pyongyang Sunan",
        quality="approximate",
        source="made up for the demonstration",
        license="CC0-1.0",
        aprons=aprons,
        runways=(LineString(list_runway(_to_lonlat)),),
        notes=("the aprons are the simulator's, not Sunan's own",),
    )


def _to_lonlat(x: float, y: float) -> tuple[float, float]:
    from pyproj import Transformer

    lon, lat = Transformer.from_crs(EPSG, 4326, always_xy=True).transform(x, y)
    return float(lon), float(lat)
