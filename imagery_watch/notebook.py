"""For notebooks: one run, by `run(...)` or from its folder, as tables and pictures. Looks; computes nothing of its own.

Nothing heavy is imported before it is needed.
"""

import difflib
import html
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imagery_watch.errors import ImageryWatchError, UsageError

if TYPE_CHECKING:
    from geopandas import GeoDataFrame
    from pandas import DataFrame
    from PIL import Image

    from imagery_watch.model import Airfield, Hit, RunResult

_TIMES = ("before", "after")
_NUMBERS = (
    "score",
    "false_alarms_per_year",
    "probability",
    "length_m",
    "length_low_m",
    "length_high_m",
    "heading_deg",
)
_LOOK_NUMBERS = ("visible_fraction", "smallest_detectable_m", "registration_error_px")
_STAY_TIMES = ("not_before", "seen_from", "seen_to", "not_after")
_STAY_NUMBERS = ("dwell_min_hours", "dwell_max_hours", "length_m")
_COUNTS = ("standing", "usual", "surplus")
_STYLE = """
svg { background: #f4f5f7 } text { fill: #1c1e22; font: 12px system-ui, sans-serif }
.apron { fill: #dfe3ea; stroke: #5c6470; stroke-width: 1.2 } .runway { fill: none; stroke: #c3c8d1; stroke-width: 8 }
.exclude { fill: none; stroke: #565b64; stroke-dasharray: 4 3 } .dot { fill: #b4310f; stroke: #fff; stroke-width: 1.5 }
.dot-number { font-weight: 700; paint-order: stroke; stroke: #f4f5f7; stroke-width: 3 }
.bar { stroke: #1c1e22; stroke-width: 3 } .row { stroke: #d5d8de } .tick { stroke: #d5d8de; stroke-dasharray: 2 3 }
.change { fill: #b4310f } .no_change { fill: #1f7a6d } .not_observed { fill: none; stroke: #7b808a; stroke-width: 1.3 }
.failed { fill: none; stroke: #7a2fa0; stroke-width: 2 }
"""


def run(
    airfield: str | None = None,
    *,
    aoi: str | Path | None = None,
    catalog: str | Path = "earth-search",
    since: str | None = None,
    until: str | None = None,
    history: int = 365,
    false_alarms_per_year: float | None = None,
    min_length: float = 0.0,
    out: str | Path | None = None,
    progress: Callable[[str, int, int], None] = lambda *_: None,
) -> "RunView":
    """What `imagery-watch run` does, with the same options; the files go to `out`, else to `imagery-watch-<ID>`.

    `airfield` is the id of a known one, or `aoi` a file; `progress` is told of stage, steps done, and steps in all.
    Raises what the command would print: UsageError, AoiError, CatalogError, CatalogUnavailable, StoreError. Passes
    that could not be read are looks with a reason, not errors.
    """
    from imagery_watch.outputs.export import write_outputs
    from imagery_watch.pipeline import run_airfield
    from imagery_watch.settings import read_settings

    if history < 0 or min_length < 0:
        raise UsageError("history (days) and min_length (metres) cannot be below zero")
    settings = read_settings(false_alarms_per_year=false_alarms_per_year)
    place = _chosen(airfield, aoi, settings.home)
    result = run_airfield(
        place,
        str(catalog),
        settings,
        since=since,
        until=until,
        now=datetime.now(UTC),
        history_days=history,
        min_length_m=min_length,
        progress=progress,
    )
    folder = Path(out) if out is not None else Path(f"imagery-watch-{place.id}")
    write_outputs(result, folder)
    return _opened(folder, place)


def open_run(folder: str | Path, *, aoi: str | Path | None = None) -> "RunView":
    """What an earlier run wrote to `folder`.

    The aprons of the map come from `aoi`, else from the known airfield of the same id, else from nowhere. Raises
    UsageError, naming the file, where the folder does not hold a run.
    """
    if aoi is not None:
        from imagery_watch.sources.aoi import read_airfield

        return _opened(Path(folder), read_airfield(Path(aoi)))
    return _opened(Path(folder), None)


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

    @cached_property
    def hits(self) -> "GeoDataFrame":
        """One row a hit, EPSG:4326, with the properties of `hits.geojson`; numbered as on the map, from 1."""
        from geopandas import GeoDataFrame, points_from_xy
        from pandas import RangeIndex

        from imagery_watch.outputs.geojson import hit_properties

        found = self._result.hits
        rows = [hit_properties(hit) for hit in found]
        table = _table(rows, [*_contract_columns()], times=_TIMES, numbers=_NUMBERS)
        table.index = RangeIndex(1, len(rows) + 1, name="number")
        points = points_from_xy([hit.lon for hit in found], [hit.lat for hit in found])
        return GeoDataFrame(table, geometry=points, crs="EPSG:4326")

    @cached_property
    def looks(self) -> "DataFrame":
        """One row for each pass and apron, as in `looks.csv`: what was seen, and why not."""
        from imagery_watch.outputs.looks import COLUMNS

        rows = [{name: getattr(look, name) for name in COLUMNS} for look in self._result.looks]
        table = _table(rows, [*COLUMNS], times=("datetime",), numbers=_LOOK_NUMBERS)
        return table.astype({"relative_orbit": "Int64"})

    @cached_property
    def stays(self) -> "GeoDataFrame":
        """One row a stay, EPSG:4326, numbered from 1, as `stays.geojson` has them; none if an older version ran."""
        from geopandas import GeoDataFrame, points_from_xy
        from pandas import RangeIndex

        from imagery_watch.outputs.stays import stay_properties

        found = self._result.stays
        rows = [stay_properties(stay) for stay in found]
        table = _table(rows, [*_stay_columns()], times=_STAY_TIMES, numbers=_STAY_NUMBERS)
        table.index = RangeIndex(1, len(rows) + 1, name="number")
        points = points_from_xy([stay.lon for stay in found], [stay.lat for stay in found])
        return GeoDataFrame(table, geometry=points, crs="EPSG:4326")

    @cached_property
    def occupancy(self) -> "DataFrame":
        """One row for each pass and apron that it saw: how many stood there that come and go, and what is usual."""
        from imagery_watch.outputs.stays import occupancy_properties

        rows = [occupancy_properties(one) for one in self._result.occupancy]
        table = _table(rows, ["apron", "datetime", *_COUNTS], times=("datetime",), numbers=())
        return table.astype(dict.fromkeys(_COUNTS, "int64"))

    @cached_property
    def chances(self) -> "DataFrame":
        """One row for each apron and length of stay: how likely one was under a look that could see it."""
        from imagery_watch.outputs.stays import chance_properties

        rows = [chance_properties(one) for one in self._result.chances]
        columns = ["apron", "since", "until", "hours", "probability"]
        return _table(rows, columns, times=("since", "until"), numbers=("probability",)).astype({"hours": "int64"})

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

    def map(self) -> "Drawing":
        """The aprons and the hits, north up, numbered as in `hits`. Raises UsageError where neither is known."""
        from imagery_watch.outputs.drawings import airfield_map

        airfield, hits = self._result.airfield, self._result.hits
        if not airfield.aprons and not hits:
            raise UsageError(
                f"no aprons and no hits to draw: open_run({str(self.folder)!r}, aoi=FILE) brings the aprons"
            )
        drawn = airfield_map(airfield, hits)
        return _drawing("airfield_map", drawn, airfield.name, size=(drawn.width, drawn.height))

    def timeline(self) -> "Drawing":
        """Every look, one row for each apron: diamonds changed, dots did not, empty rings could not be seen.

        Raises UsageError where no pass was looked at.
        """
        from imagery_watch.outputs.drawings import timeline

        drawn = timeline(self._result.looks, [apron.name for apron in self._result.airfield.aprons])
        if drawn is None:
            raise UsageError(f"{self.folder}: no pass was looked at, so there is no timeline")
        return _drawing("timeline", drawn, size=(drawn.width, drawn.height))

    @property
    def summary(self) -> str:
        """What was found and what could not be seen, hedged; says first where the data are simulated."""
        from imagery_watch.outputs.summaries import headline
        from imagery_watch.outputs.text import clean

        simulated = "Simulated data, nothing here was observed. " if self.provenance.get("simulated") else ""
        changed = f" Changed since the run wrote them: {', '.join(self.changed)}." if self.changed else ""
        return clean(f"{simulated}{self._result.airfield.name}: {headline(self._result)}{changed}")

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


@dataclass(frozen=True)
class Drawing:
    """A drawing that a notebook shows."""

    svg: str

    def _repr_svg_(self) -> str:
        return self.svg


def _chosen(name: str | None, aoi: str | Path | None, home: Path) -> "Airfield":
    if (name is None) == (aoi is None):
        raise UsageError('name one airfield: run("LIPB"), or run(aoi="FILE.geojson")')
    from imagery_watch.sources.airfields import find_airfield
    from imagery_watch.sources.aoi import read_airfield

    return read_airfield(Path(aoi)) if aoi is not None else find_airfield(str(name), home)


def _opened(folder: Path, airfield: "Airfield | None") -> RunView:
    """The folder's files as values again, with the aprons of the airfield, or of the known one of that id."""
    from imagery_watch.outputs.saved import parsed, read_saved, result_of

    saved = read_saved(folder)
    known = airfield if airfield is not None else _known(parsed(folder / "run.json", lambda: saved.airfield_id))
    return RunView(folder, saved.record, saved.changed, parsed(folder / "run.json", lambda: result_of(saved, known)))


def _known(airfield_id: str) -> "Airfield":
    """The airfield of that id; one without aprons where nobody knows it here."""
    from imagery_watch.model import Airfield
    from imagery_watch.settings import read_settings
    from imagery_watch.sources.airfields import find_airfield

    try:
        return find_airfield(airfield_id, read_settings().home)
    except ImageryWatchError:
        return Airfield(airfield_id, airfield_id, "approximate", "", "", ())


def _contract_columns() -> tuple[str, ...]:
    """The properties of a hit, in the contract's order."""
    from imagery_watch.model import Hit
    from imagery_watch.outputs.geojson import hit_properties

    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    blank = Hit("", "", "", "arrival", 0, 0, 0, 0, epoch, epoch, (), (), 0, 0, 0, 0, None, "")
    return tuple(hit_properties(blank))


def _stay_columns() -> tuple[str, ...]:
    """The properties of a stay, in the contract's order."""
    from imagery_watch.model import Stay
    from imagery_watch.outputs.stays import stay_properties

    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    return tuple(stay_properties(Stay("", "", "", 0, 0, None, None, epoch, epoch, None, None, 0)))


def _table(
    rows: list[dict[str, Any]], columns: list[str], *, times: tuple[str, ...], numbers: tuple[str, ...]
) -> "DataFrame":
    """The rows with these columns and types, also where there are none."""
    from pandas import DataFrame, to_datetime

    table = DataFrame(rows, columns=columns)
    for name in times:
        table[name] = to_datetime(table[name], utc=True, format="ISO8601").astype("datetime64[us, UTC]")
    return table.astype(dict.fromkeys(numbers, "float64"))


def _drawing(macro: str, *arguments: Any, size: tuple[int, int]) -> Drawing:
    """One of the report's drawings, with the colours that the report would give it."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    loader = PackageLoader("imagery_watch.outputs")
    templates = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    bare = str(getattr(templates.get_template("drawings.html.j2").module, macro)(*arguments)).strip()
    tag, rest = bare.split(">", 1)
    start = tag.replace("<svg ", f'<svg xmlns="http://www.w3.org/2000/svg" width="{size[0]}" height="{size[1]}" ', 1)
    return Drawing(f"{start}><style>{_STYLE}</style>{rest}")
