"""A run's folder, read back into values: the other way of `export`."""

import csv
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from imagery_watch.errors import UsageError
from imagery_watch.model import Airfield, Chance, Grid, Hit, Look, Occupancy, Provenance, RunResult, SourceNote, Stay
from imagery_watch.model.corroboration import Corroboration
from imagery_watch.outputs.files.curves_csv import CurveRow, parse_curves
from imagery_watch.outputs.files.hits_geojson import parse_hit
from imagery_watch.outputs.files.looks_csv import parse_looks
from imagery_watch.outputs.files.run_json import parse_chances, parse_occupancy, parse_provenance, parse_sources
from imagery_watch.outputs.files.stays_geojson import parse_stay
from imagery_watch.outputs.properties import CORROBORATION, parse_corroboration
from imagery_watch.outputs.wording.text import iso

_T = TypeVar("_T")

RUN, HITS, LOOKS, STAYS, AIRFIELD = "run.json", "hits.geojson", "looks.csv", "stays.geojson", "airfield.geojson"
CURVES = "curves.csv"
LATER = (STAYS, AIRFIELD, CURVES, CORROBORATION)
"""Files that an older version did not write; the last one is there only where flight tracks were given."""


@dataclass(frozen=True)
class Saved:
    """What the files of a run say."""

    record: dict[str, Any]
    """`run.json`"""
    provenance: Provenance
    """The same as a value."""
    hits: tuple[Hit, ...]
    looks: tuple[Look, ...]
    changed: tuple[str, ...]
    """Files that are no longer what `run.json` vouches for."""
    polygons: Path | None
    """The file of the polygons that the run used; None where an older version wrote the folder."""
    stays: tuple[Stay, ...] = ()
    """None where an older version wrote the folder; so are the next three."""
    occupancy: tuple[Occupancy, ...] = ()
    chances: tuple[Chance, ...] = ()
    curves: tuple[CurveRow, ...] = ()
    attribution: str = ""
    """The credits that whoever shows the hits owes."""
    sources: tuple[SourceNote, ...] = ()
    """None where an older version, or `monitor`, wrote the folder."""
    corroboration: Corroboration | None = None
    """None where no flight tracks were given."""


def read_saved(folder: Path) -> Saved:
    """The folder's files as values. Raises UsageError naming the file that is not what a run writes."""
    later = [name for name in LATER if (folder / name).exists()]
    data = {name: _read(folder, name) for name in (RUN, HITS, LOOKS, *later)}
    record = parsed(folder / RUN, lambda: _mapping(json.loads(data[RUN])))
    provenance = parsed(folder / RUN, lambda: parse_provenance(record))
    passes = {iso(one.datetime): one.id for one in provenance.passes}
    return Saved(
        record=record,
        provenance=provenance,
        hits=parsed(folder / HITS, lambda: tuple(parse_hit(one, passes) for one in _features(data[HITS]))),
        looks=parsed(folder / LOOKS, lambda: parse_looks(data[LOOKS].decode("utf-8"), passes)),
        changed=_changed(record, data),
        polygons=folder / AIRFIELD if AIRFIELD in later else None,
        stays=parsed(
            folder / STAYS,
            lambda: tuple(parse_stay(one, passes) for one in _features(data[STAYS])) if STAYS in later else (),
        ),
        occupancy=parsed(folder / RUN, lambda: parse_occupancy(record)),
        chances=parsed(folder / RUN, lambda: parse_chances(record)),
        curves=parsed(folder / CURVES, lambda: parse_curves(data[CURVES].decode("utf-8")) if CURVES in later else ()),
        attribution=parsed(folder / HITS, lambda: str(_mapping(json.loads(data[HITS])).get("attribution", ""))),
        sources=parsed(folder / RUN, lambda: parse_sources(record)),
        corroboration=parsed(
            folder / CORROBORATION,
            lambda: parse_corroboration(_mapping(json.loads(data[CORROBORATION]))) if CORROBORATION in later else None,
        ),
    )


def result_of(saved: Saved, airfield: Airfield) -> RunResult:
    """The run as far as its files hold it: without pixels, and with the aprons of `airfield`."""
    grid = saved.provenance.grid
    epsg = int(grid.crs.removeprefix("EPSG:"))
    place = Grid(epsg, grid.left, grid.top, grid.width, grid.height, grid.resolution)
    rest = (saved.stays, saved.occupancy, saved.chances)
    result = RunResult(airfield, place, saved.hits, saved.looks, (), saved.provenance, *rest)
    return replace(result, corroboration=saved.corroboration)


def parsed(path: Path, parse: Callable[[], _T]) -> _T:
    """What `parse` gives. Raises UsageError, one message, for whatever it stumbles over in a file from elsewhere."""
    try:
        return parse()
    except (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError, csv.Error) as error:
        raise UsageError(f"{path}: not as a run writes it ({type(error).__name__}: {_first_line(error)})") from None


def _first_line(error: Exception) -> str:
    """What is wrong on one line: checks of a whole value tell a line each."""
    return " ".join(line.strip() for line in str(error).splitlines()[:3])


def _changed(record: dict[str, Any], data: dict[str, bytes]) -> tuple[str, ...]:
    """The files that are not those whose hashes the record has, the ones that are gone included."""
    files = record.get("files")
    hashes = files if isinstance(files, dict) else {}
    found = {name: hashlib.sha256(content).hexdigest() for name, content in data.items() if name != RUN}
    vouched = dict.fromkeys([*found, *(name for name in LATER if name in hashes)])
    return tuple(name for name in vouched if found.get(name) != hashes.get(name))


def _read(folder: Path, name: str) -> bytes:
    try:
        return (folder / name).read_bytes()
    except OSError as error:
        why = "there is no such file" if isinstance(error, FileNotFoundError) else error.strerror
        raise UsageError(f"{folder / name}: {why}; expected a folder that `run` or `demo` wrote") from None


def _features(data: bytes) -> list[dict[str, Any]]:
    return [_mapping(feature) for feature in _mapping(json.loads(data))["features"]]


def _mapping(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise TypeError(f"expected an object, found {type(value).__name__}")
    return value
