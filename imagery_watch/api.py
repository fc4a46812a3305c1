"""For notebooks: one run, by `run(...)` or from its folder, as tables and pictures. Looks; computes nothing of its own.

Nothing heavy is imported before it is needed.
"""

import difflib
import html
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, SupportsFloat, SupportsIndex

from imagery_watch.errors import ImageryWatchError, UsageError

if TYPE_CHECKING:
    from geopandas import GeoDataFrame
    from pandas import DataFrame
    from PIL import Image

    from imagery_watch.model import Airfield, Hit, RunResult
    from imagery_watch.model.period import Day
    from imagery_watch.outputs.files.curves_csv import CurveRow
    from imagery_watch.outputs.notebook.film import Film
    from imagery_watch.outputs.notebook.hits_frame import HitsFrame
    from imagery_watch.outputs.report.standalone import Drawing


def run(
    airfield: str | None = None,
    *,
    aoi: str | Path | None = None,
    catalog: str | Path = "earth-search",
    since: "Day" = None,
    until: "Day" = None,
    history: int = 365,
    false_alarms_per_year: float | None = None,
    min_length: float = 0.0,
    out: str | Path | None = None,
    force: bool = False,
    progress: Callable[[str, int, int], None] = lambda *_: None,
) -> "RunView":
    """What `imagery-watch run` does, with the same options; the files go to `out`, else to `imagery-watch-<ID>`.

    `airfield` is a code, name or `lat,lon` of one with known aprons, `aoi` a file; `progress` is told of stage, steps
    done and in all; dates may be `datetime`s; `force` writes over another airfield's run. Raises what the command would
    print: UsageError, AoiError, CatalogError, CatalogUnavailable, StoreError; passes that cannot be read are looks.
    """
    from imagery_watch.outputs.files.export import write_outputs
    from imagery_watch.outputs.files.folder import check_folder
    from imagery_watch.pipeline import run_airfield
    from imagery_watch.settings import read_settings

    _check_number("history", history, "days, such as 365", whole=True)
    _check_number("min_length", min_length, "metres, such as 20")
    if false_alarms_per_year is not None:
        _check_number("false_alarms_per_year", false_alarms_per_year, "a number above zero, such as 4")
    settings = read_settings(false_alarms_per_year=false_alarms_per_year)
    place = _chosen(airfield, aoi, settings.home)
    folder = Path(out) if out is not None else Path(f"imagery-watch-{place.id}")
    check_folder(folder, place, force=force)
    result = run_airfield(
        place,
        str(catalog),
        settings,
        since=since,
        until=until,
        now=datetime.now(UTC),
        history_days=int(history),
        min_length_m=min_length,
        progress=progress,
    )
    write_outputs(result, folder)
    return _opened(folder, place)


def open_run(folder: str | Path, *, aoi: str | Path | None = None) -> "RunView":
    """What an earlier run wrote to `folder`.

    The aprons of the map come from `aoi`, else they are those that the run used. Where an older version wrote the
    folder they are those of the known airfield of the same id, else there are none. Raises UsageError, naming the
    file, where the folder does not hold a run, AoiError where the file of the aprons cannot be used.
    """
    if aoi is not None:
        from imagery_watch.sources.airfields.geojson import read_airfield

        return _opened(Path(folder), read_airfield(Path(aoi)))
    return _opened(Path(folder), None)


def hits(airfield: str | None = None) -> "GeoDataFrame":
    """The hits of `monitor`'s record with their reviews, of one airfield or of all, newest first; EPSG:4326.

    The columns are those of `hits export`. Raises UsageError where there is no record, AoiError for an airfield that
    nobody knows, StoreError where the record is damaged.
    """
    from imagery_watch.outputs.review.hits_file import make_frame
    from imagery_watch.recorded import read_hits
    from imagery_watch.settings import read_settings

    settings = read_settings()
    names = () if airfield is None else (airfield,)
    return make_frame(read_hits(names, settings.home, settings.false_alarms_per_year)[0])


@dataclass(frozen=True, repr=False)
class RunView:
    """One run as a person looks at it."""

    folder: Path
    """Where its files are."""
    provenance: dict[str, Any]
    """What `run.json` says: versions, settings, passes, warnings."""
    changed: tuple[str, ...]
    """Files that are no longer what `run.json` vouches for: edited, or left half replaced by a later run."""
    _result: "RunResult"
    _curves: "tuple[CurveRow, ...]" = ()

    @cached_property
    def hits(self) -> "HitsFrame":
        """One row a hit, EPSG:4326, with the properties of `hits.geojson`; numbered as on the map, from 1.

        `hits.explore()` is the report's own map: imagery, aprons and hits, to swipe and zoom, with no network.
        """
        from imagery_watch.outputs.notebook.frames import hits_frame
        from imagery_watch.outputs.notebook.hits_frame import HitsFrame

        return HitsFrame.of(hits_frame(self._result.hits), self.folder / "report.html")

    @cached_property
    def looks(self) -> "DataFrame":
        """One row for each pass and apron, as in `looks.csv`: what was seen, and why not."""
        from imagery_watch.outputs.notebook.frames import looks_frame

        return looks_frame(self._result.looks)

    @cached_property
    def stays(self) -> "GeoDataFrame":
        """One row a stay, EPSG:4326, numbered from 1, as `stays.geojson` has them; none if an older version ran."""
        from imagery_watch.outputs.notebook.frames import stays_frame

        return stays_frame(self._result.stays)

    @cached_property
    def occupancy(self) -> "DataFrame":
        """One row for each pass and apron that it saw: how many stood there that come and go, and what is usual."""
        from imagery_watch.outputs.notebook.frames import occupancy_frame

        return occupancy_frame(self._result.occupancy)

    @cached_property
    def chances(self) -> "DataFrame":
        """One row for each apron and length of stay: how likely one was under a look that could see it."""
        from imagery_watch.outputs.notebook.frames import chances_frame

        return chances_frame(self._result.chances)

    def show(self, hit_id: str) -> "Image.Image":
        """The hit's picture: before, after and their difference. Raises UsageError for an id that is not there."""
        hit = self._hit(hit_id)
        if hit.chip is None:
            raise UsageError(f"hit {hit_id}: the run has no picture of it")
        path = self.folder / hit.chip
        if not path.resolve().is_relative_to(self.folder.resolve()):
            raise UsageError(f"hit {hit_id}: its picture {hit.chip!r} lies outside {self.folder}")
        from PIL import Image

        try:
            with Image.open(path, formats=["PNG"]) as picture:
                return picture.convert("RGB")
        except (OSError, ValueError, Image.DecompressionBombError) as error:
            raise UsageError(f"{path}: the hit's picture cannot be opened ({error})") from None

    def film(self, name: str) -> "Film":
        """Every look around a hit, or a stay, as a moving picture; `.strip` has all of them side by side.

        Raises UsageError for an id that is not there, and where the run has no film of it.
        """
        from imagery_watch.outputs.notebook.film import open_film

        return open_film(self.folder, self._stay(name))

    def curve(self, name: str) -> "DataFrame":
        """How much of the object of a hit, or a stay, each look shows: `share` is about 1 where it stands there.

        Raises UsageError for an id that is not there.
        """
        from imagery_watch.outputs.notebook.frames import curve_frame

        stay = self._stay(name)
        return curve_frame([row for row in self._curves if row.stay == stay])

    def map(self) -> "Drawing":
        """The aprons and the hits, north up, numbered as in `hits`. Raises UsageError where neither is known."""
        from imagery_watch.outputs.report.standalone import draw_map

        drawn = draw_map(self._result)
        if drawn is None:
            raise UsageError(
                f"no aprons and no hits to draw: open_run({str(self.folder)!r}, aoi=FILE) brings the aprons"
            )
        return drawn

    def timeline(self) -> "Drawing":
        """Every look, one row for each apron: diamonds changed, dots did not, empty rings could not be seen.

        Raises UsageError where no pass was looked at.
        """
        from imagery_watch.outputs.report.standalone import draw_timeline

        drawn = draw_timeline(self._result)
        if drawn is None:
            raise UsageError(f"{self.folder}: no pass was looked at, so there is no timeline")
        return drawn

    @property
    def summary(self) -> str:
        """What was found and what could not be seen, hedged; says first where the data are simulated."""
        from imagery_watch.outputs.wording.summaries import headline
        from imagery_watch.outputs.wording.text import clean

        simulated = "Simulated data, nothing here was observed. " if self.provenance.get("simulated") else ""
        changed = f" Changed since the run wrote them: {', '.join(self.changed)}." if self.changed else ""
        return clean(f"{simulated}{self._result.airfield.name}: {headline(self._result)}{changed}")

    def _stay(self, name: str) -> str:
        """The id of a stay, named by itself or by one of its hits, that of the arrival first."""
        stays = self._result.stays
        if any(stay.id == name for stay in stays):
            return name
        hit = self._hit(name)
        ends = [(stay.arrival_hit, stay.id) for stay in stays] + [(stay.departure_hit, stay.id) for stay in stays]
        known = next((stay for end, stay in ends if end == hit.id), None)
        if known is None:
            raise UsageError(f"hit {name}: the run has no stay of it, and so no film or curve")
        return known

    def _hit(self, hit_id: str) -> "Hit":
        known = {hit.id: hit for hit in self._result.hits}
        if hit_id in known:
            return known[hit_id]
        near = difflib.get_close_matches(str(hit_id), known, n=3, cutoff=0.4) or list(known)[:3]
        meant = f"did you mean {' or '.join(near)}?" if near else "this run has no hits"
        raise UsageError(f"hit {hit_id!r}: not in {self.folder} ({meant})")

    def __repr__(self) -> str:
        return f"<RunView of {self.folder}: {self.summary}>"

    def _repr_html_(self) -> str:
        return f"<p>{html.escape(self.summary)} <small>{html.escape(str(self.folder))}</small></p>"


def _check_number(name: str, value: object, expected: str, *, whole: bool = False) -> None:
    """Raises UsageError where an argument is no number, or below zero."""
    if not isinstance(value, SupportsFloat | SupportsIndex) or isinstance(value, bool):
        raise UsageError(f"{name}={value!r}: expected {expected}")
    if not float(value) >= 0 or (whole and float(value) % 1):
        raise UsageError(f"{name}={value!r}: expected {expected}, not below zero")


def _chosen(name: str | None, aoi: str | Path | None, home: Path) -> "Airfield":
    if (name is None) == (aoi is None):
        raise UsageError('name one airfield: run("LIPB"), or run(aoi="FILE.geojson")')
    from imagery_watch.sources.airfields.geojson import read_airfield
    from imagery_watch.sources.places.resolver import resolve_airfield

    if aoi is None:
        return resolve_airfield(str(name), home)[0]
    if not isinstance(aoi, str | PathLike):
        raise UsageError(f"aoi={type(aoi).__name__}: expected the path of an airfield file; save it as GeoJSON first")
    return read_airfield(Path(aoi))


def _opened(folder: Path, airfield: "Airfield | None") -> RunView:
    """The folder's files as values again, with the aprons of the airfield, else those that the run used."""
    from imagery_watch.outputs.files.saved_run import parsed, read_saved, result_of
    from imagery_watch.sources.airfields.geojson import read_airfield

    saved = read_saved(folder)
    if airfield is None:
        used = saved.polygons
        airfield = read_airfield(used) if used is not None else _known(saved.provenance.airfield.id)
    result = parsed(folder / "run.json", lambda: result_of(saved, airfield))
    return RunView(folder, saved.record, saved.changed, result, saved.curves)


def _known(airfield_id: str) -> "Airfield":
    """The airfield of that id; one without aprons where nobody knows it here."""
    from imagery_watch.model import Airfield
    from imagery_watch.settings import read_settings
    from imagery_watch.sources.airfields.known import find_airfield

    try:
        return find_airfield(airfield_id, read_settings().home)
    except ImageryWatchError:
        return Airfield(airfield_id, airfield_id, "approximate", "", "", ())
