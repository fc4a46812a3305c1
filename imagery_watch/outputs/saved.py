"""A run's folder, read back into values: the other way of `export`."""

import csv
import hashlib
import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, cast

from imagery_watch.errors import UsageError
from imagery_watch.model import Airfield, Chance, Grid, Hit, Look, LookResult, Occupancy, RunResult, Stay
from imagery_watch.outputs.looks import COLUMNS
from imagery_watch.outputs.stays import chance_of, moment, occupancy_of, stay_of

_T = TypeVar("_T")

_TIMES = ("before", "after")
STAYS = "stays.geojson"


@dataclass(frozen=True)
class Saved:
    """What the files of a run say."""

    record: dict[str, Any]
    """`run.json`"""
    hits: tuple[Hit, ...]
    looks: tuple[Look, ...]
    changed: tuple[str, ...]
    """Files that are no longer what `run.json` vouches for."""
    stays: tuple[Stay, ...] = ()
    """None where an older version wrote the folder; so are the next two."""
    occupancy: tuple[Occupancy, ...] = ()
    chances: tuple[Chance, ...] = ()

    @property
    def airfield_id(self) -> str:
        """The airfield's id. Raises KeyError or TypeError where the record has none."""
        return str(_mapping(self.record["airfield"])["id"])


def read_saved(folder: Path) -> Saved:
    """The folder's files as values. Raises UsageError naming the file that is not what a run writes."""
    names = ["run.json", "hits.geojson", "looks.csv"]
    texts = {name: _read(folder, name) for name in names + [STAYS] * (folder / STAYS).exists()}
    record = parsed(folder / "run.json", lambda: _mapping(json.loads(texts["run.json"])))
    files = record.get("files")
    hashes = files if isinstance(files, dict) else {}
    found = {name: hashlib.sha256(text).hexdigest() for name, text in texts.items() if name != "run.json"}
    vouched = {name: hashes.get(name) for name in [*found, *({STAYS} & hashes.keys())]}
    changed = tuple(name for name, digest in vouched.items() if found.get(name) != digest)
    looks = parsed(folder / "looks.csv", lambda: _looks(texts["looks.csv"]))
    hits = parsed(folder / "hits.geojson", lambda: _hits(texts["hits.geojson"]))
    stays = parsed(folder / STAYS, lambda: _stays(texts[STAYS])) if STAYS in texts else ()
    occupancy, chances = parsed(folder / "run.json", lambda: _told(record))
    return Saved(record, hits, looks, changed, stays, occupancy, chances)


def result_of(saved: Saved, airfield: Airfield) -> RunResult:
    """The run as far as its files hold it: without pixels, and with the aprons of `airfield`."""
    grid = _mapping(saved.record["grid"])
    epsg = int(str(grid["crs"]).removeprefix("EPSG:"))
    place = Grid(epsg, float(grid["left"]), float(grid["top"]), int(grid["width"]), int(grid["height"]))
    rest = (saved.stays, saved.occupancy, saved.chances)
    return RunResult(airfield, place, saved.hits, saved.looks, (), dict(saved.record), *rest)


def _read(folder: Path, name: str) -> bytes:
    try:
        return (folder / name).read_bytes()
    except OSError as error:
        why = "there is no such file" if isinstance(error, FileNotFoundError) else error.strerror
        raise UsageError(f"{folder / name}: {why}; expected a folder that `run` or `demo` wrote") from None


def parsed(path: Path, parse: Callable[[], _T]) -> _T:
    """What `parse` gives; whatever it stumbles over in a file from elsewhere becomes one message."""
    try:
        return parse()
    except (ValueError, TypeError, KeyError, LookupError, AttributeError, RecursionError) as error:
        raise UsageError(f"{path}: not as a run writes it ({type(error).__name__}: {error})") from None


def _mapping(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise TypeError(f"expected an object, found {type(value).__name__}")
    return value


def _hits(data: bytes) -> tuple[Hit, ...]:
    return tuple(_hit(_mapping(feature)) for feature in _mapping(json.loads(data))["features"])


def _stays(data: bytes) -> tuple[Stay, ...]:
    return tuple(stay_of(_mapping(feature)) for feature in _mapping(json.loads(data))["features"])


def _told(record: Mapping[str, Any]) -> tuple[tuple[Occupancy, ...], tuple[Chance, ...]]:
    occupancy = tuple(occupancy_of(_mapping(row)) for row in record.get("occupancy", ()))
    return occupancy, tuple(chance_of(_mapping(row)) for row in record.get("chances", ()))


def _hit(feature: Mapping[str, Any]) -> Hit:
    """One Feature of `hits.geojson` as a Hit; its place on the Grid is not in the file."""
    lon, lat = (float(value) for value in feature["geometry"]["coordinates"][:2])
    told = {name: value for name, value in feature["properties"].items() if name in Hit.__dataclass_fields__}
    told |= {name: moment(told[name]) for name in _TIMES}
    told |= {name: tuple(told[name]) for name in ("before_items", "after_items")}
    nowhere = float("nan")
    return Hit(**{**told, "lon": lon, "lat": lat, "x": nowhere, "y": nowhere})


def _looks(data: bytes) -> tuple[Look, ...]:
    table = csv.DictReader(io.StringIO(data.decode("utf-8"), newline=""))
    if tuple(table.fieldnames or ()) != COLUMNS:
        raise ValueError("its columns are not those of looks.csv")
    return tuple(_look(row) for row in table)


def _look(row: Mapping[str, str]) -> Look:
    return Look(
        airfield=row["airfield"],
        apron=row["apron"],
        datetime=moment(row["datetime"]),
        item_ids=tuple(row["item_ids"].split()),
        sensor=row["sensor"],
        relative_orbit=int(row["relative_orbit"]) if row["relative_orbit"] else None,
        result=cast(LookResult, row["result"]),
        visible_fraction=_number(row["visible_fraction"]),
        smallest_detectable_m=_number(row["smallest_detectable_m"]),
        registration_error_px=_number(row["registration_error_px"]),
        reason=row["reason"],
    )


def _number(text: str) -> float | None:
    return float(text) if text else None
