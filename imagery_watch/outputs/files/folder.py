"""Where results go, looked at before the work: whether it can be written, and what would be lost there."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from imagery_watch.errors import StoreError, UsageError
from imagery_watch.model import Airfield

Bounds = tuple[float, float, float, float]


def check_folder(folder: Path, airfield: Airfield, *, force: bool = False) -> None:
    """Raises StoreError where the folder cannot be written, UsageError where it holds another airfield's run.

    Another airfield is one of another id, or one of the same id that lies wholly elsewhere; `force` lets it go.
    """
    if os.path.lexists(folder) and not folder.is_dir():
        raise StoreError(f"{folder} cannot be written: it is a file; name a folder with --out.")
    there = next((path for path in (folder, *folder.absolute().parents) if path.exists()), folder)
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        raise StoreError(f"{folder} cannot be written: {there} does not let you; name another folder with --out.")
    if force:
        return
    held = _read(folder / "run.json")
    named = held.get("airfield") if isinstance(held.get("airfield"), dict) else {}
    other = str(named.get("id") or "") if isinstance(named, dict) else ""
    if other and other != airfield.id:
        raise UsageError(f"--out {folder}: holds a run of {other[:64]}, not of {airfield.id}; {_WAY_OUT}")
    bounds = _bounds(_read(folder / "airfield.geojson"))
    if other and bounds is not None and _apart(bounds, airfield.bounds):
        raise UsageError(
            f"--out {folder}: holds a run of another {other[:64]}, at [{bounds[0]:.3f}, {bounds[1]:.3f}]; {_WAY_OUT}"
        )


def check_file(option: str, path: Path, *, force: bool, is_ours: Callable[[Path], bool] | None = None) -> None:
    """Raises UsageError where a file is there that would be lost.

    One that an earlier command wrote, as `is_ours` tells, may be written over, and any other with `force`; a folder
    never.
    """
    if not os.path.lexists(path):
        return
    if path.is_dir():
        raise UsageError(f"{option} {path}: is a folder; name a file")
    if not force and not (is_ours is not None and is_ours(path)):
        own = "" if is_ours is None else ", and is not what this command wrote earlier"
        raise UsageError(f"{option} {path}: is there already{own}; name another file, or add --force to write over it")


_WAY_OUT = "name another folder, or add --force to write over it"


def _read(path: Path) -> dict[str, Any]:
    """The JSON object in a file; empty where there is none."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def _bounds(document: dict[str, Any]) -> Bounds | None:
    """West, south, east, north of the aprons of an earlier run's `airfield.geojson`; None where there is none."""
    from shapely.errors import ShapelyError
    from shapely.geometry import shape
    from shapely.ops import unary_union

    try:
        features = document["features"]
        aprons = [one for one in features if one["properties"].get("role", "apron") == "apron"]
        west, south, east, north = unary_union([shape(one["geometry"]) for one in aprons]).bounds
    except (ShapelyError, KeyError, TypeError, ValueError, AttributeError):
        return None
    return west, south, east, north


def _apart(one: Bounds, other: Bounds) -> bool:
    return one[0] > other[2] or other[0] > one[2] or one[1] > other[3] or other[1] > one[3]
