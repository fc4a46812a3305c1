"""For notebooks: one run, by `run(...)` or from its folder, as tables and pictures. Looks; computes nothing of its own.

Nothing heavy is imported before it is needed.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, SupportsFloat, SupportsIndex

from imagery_watch.errors import ImageryWatchError, UsageError
from imagery_watch.run_view import RunView

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

    from imagery_watch.model import Airfield
    from imagery_watch.model.period import Day


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
