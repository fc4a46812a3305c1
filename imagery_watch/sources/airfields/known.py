"""The airfields that are known: the user's own under `<home>/aoi`, then those that ship with the package."""

import difflib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from imagery_watch.errors import AoiError
from imagery_watch.model.airfield import Airfield
from imagery_watch.model.filename import find_path, is_reserved
from imagery_watch.sources.airfields.documents import read_document
from imagery_watch.sources.airfields.geojson import LARGEST_FILE_MB, read_airfield
from imagery_watch.sources.airfields.geometry import quoted
from imagery_watch.sources.airfields.osm import Document, document_from_overpass, write_document

LARGEST_OSM_MB = 256
"""An Overpass reply of a large airport with everything on it takes 2 MB."""
SAME_PLACE_DEG = 0.5
_ICAO = re.compile(r"[A-Z0-9-]{2,12}")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_HOW_TO_ADD = "`imagery-watch airfields add ICAO` adds one, `run --aoi FILE` uses a file of your own"


@dataclass(frozen=True)
class AirfieldFile:
    """One airfield file: either the airfield in it, or what is wrong with it."""

    path: Path
    airfield: Airfield | None = None
    error: AoiError | None = None


def shipped_dir() -> Path:
    """The folder of the shipped airfields: inside the package in a wheel, beside it in a checkout."""
    return _shipped_beside(Path(__file__).parents[2])


def find_airfield(name: str, home: Path) -> Airfield:
    """The airfield of that id, upper or lower case; the user's own file wins. Raises AoiError."""
    if not _NAME.fullmatch(name):
        raise AoiError(f"{quoted(name)} is not an airfield's id, such as LIPB; {_HOW_TO_ADD}")
    path = _known(home).get(name.upper())
    if path is None:
        raise AoiError(f"{name}: there is no such airfield{suggest_known(name, home)}; {_HOW_TO_ADD}")
    return _read_known(path)


def is_known(name: str, home: Path) -> bool:
    """Whether an airfield of that id, upper or lower case, has a file."""
    return bool(_NAME.fullmatch(name)) and name.upper() in _known(home)


def list_airfields(home: Path) -> list[AirfieldFile]:
    """Every known airfield, by id; a file that cannot be used is listed with its error."""
    return [_try(path, known=True) for _, path in sorted(_known(home).items())]


def check_files(paths: Iterable[Path]) -> list[AirfieldFile]:
    """Each file with the airfield in it or what is wrong with it; a bad one does not stop the rest."""
    return [_try(path, known=False) for path in paths]


def add_airfield(icao: str, osm_file: Path, home: Path, *, name: str | None = None, overwrite: bool = False) -> Path:
    """Make `<home>/aoi/<ICAO>.geojson` from OpenStreetMap data (Overpass JSON or GeoJSON); return its path.

    The file is replaced whole, and only if `overwrite` is set. Raises AoiError.
    """
    path = new_path(icao, home, overwrite=overwrite)
    try:
        document = document_from_overpass(path.stem, read_document(osm_file, LARGEST_OSM_MB), name)
    except AoiError as error:
        raise error if str(osm_file) in str(error) else AoiError(f"{osm_file}: {error}") from error
    return keep_document(document, path)


def add_file(file: Path, home: Path, *, name: str | None = None, overwrite: bool = False) -> Path:
    """Keeps an airfield file of any readable kind as `<home>/aoi/<ID>.geojson`; returns its path. Raises AoiError."""
    file = Path(find_path(str(file)))
    airfield = read_airfield(file)
    path = new_path(airfield.id, home, overwrite=overwrite)
    document = read_document(file, LARGEST_FILE_MB)
    if not isinstance(document, dict) or document.get("type") != "FeatureCollection":
        raise AoiError(f"{file}: holds a single shape; expected a FeatureCollection: save it as one")
    return keep_document({**document, "id": path.stem, "name": name or airfield.name}, path)


def new_path(icao: str, home: Path, *, overwrite: bool) -> Path:
    """The path of the file of an airfield that is to be added. Raises AoiError for an odd id, or one that is there."""
    identifier = icao.upper()
    if not _ICAO.fullmatch(identifier) or is_reserved(identifier):
        raise AoiError(
            f"{quoted(icao)} is no airfield's id: 2 to 12 letters, digits and -, such as LIPB, not CON or NUL"
        )
    path = home / "aoi" / f"{identifier}.geojson"
    if path.exists() and not overwrite:
        raise AoiError(f"{path}: is there already; add --overwrite to replace it, or delete it")
    return path


def keep_document(document: Document, path: Path) -> Path:
    """Writes an airfield's document, replaced whole; returns its path. Raises AoiError where it cannot be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_document(document, path)
    except OSError as error:
        raise AoiError(f"{path}: cannot be written: {error.strerror or error}") from error
    return path


def remove_airfield(name: str, home: Path) -> Path:
    """Removes the file of an airfield that the user added; returns its path. Raises AoiError."""
    mine = {path.stem.upper(): path for path in _files(home / "aoi")}
    path = mine.get(name.upper()) if _NAME.fullmatch(name) else None
    if path is None:
        ships = f": {name.upper()} ships, and stays" if _NAME.fullmatch(name) and find_shipped(name) else ""
        raise AoiError(f"{quoted(name)} is no airfield that you added{ships}; yours are {', '.join(mine) or 'none'}")
    try:
        path.unlink()
    except OSError as error:
        raise AoiError(f"{path}: cannot be removed: {error.strerror or error}") from error
    return path


def find_shipped(name: str) -> Path | None:
    """The file of the shipped airfield of that id, upper or lower case; None where none ships."""
    return next((path for path in _files(shipped_dir()) if path.stem.upper() == name.upper()), None)


def suggest_known(name: str, home: Path) -> str:
    """Which of the airfields with aprons may have been meant, for the end of a sentence."""
    known = sorted(_known(home))
    by_name = [file.airfield.id for file in list_airfields(home) if file.airfield and _mentions(file.airfield, name)]
    near = by_name or difflib.get_close_matches(name.upper(), known, n=3, cutoff=0.5)
    meant = f"did you mean {' or '.join(near)}?" if near else f"known are {', '.join(known[:20]) or 'none'}"
    return f" ({meant})"


def _shipped_beside(package: Path) -> Path:
    inside = package / "aoi"
    return inside if inside.is_dir() else package.parent / "aoi"


def _known(home: Path) -> dict[str, Path]:
    """Upper-case id to file; the user's own files hide the shipped ones."""
    return {path.stem.upper(): path for folder in (shipped_dir(), home / "aoi") for path in _files(folder)}


def _files(folder: Path) -> Iterator[Path]:
    if folder.is_dir():
        yield from sorted(path for path in folder.glob("*.geojson") if not path.name.startswith("."))


def _try(path: Path, *, known: bool) -> AirfieldFile:
    try:
        return AirfieldFile(path, airfield=_read_known(path) if known else read_airfield(path))
    except AoiError as error:
        return AirfieldFile(path, error=error)


def _read_known(path: Path) -> Airfield:
    """The airfield of a file that is found by its name, which therefore has to be the airfield's id."""
    twins = sorted(one.name for one in _files(path.parent) if one.stem.upper() == path.stem.upper())
    if len(twins) > 1:
        raise AoiError(f"{path.parent}: {' and '.join(twins)} are files of one airfield: keep one of them")
    airfield = read_airfield(path)
    if airfield.id.upper() != path.stem.upper():
        raise AoiError(f"{path}: its `id` is {airfield.id}, so it should be called {airfield.id}.geojson")
    _check_place(airfield, path)
    if path.parent == shipped_dir():
        return replace(airfield, origin="shipped")
    return replace(airfield, origin="yours" if find_shipped(path.stem) is None else "yours, instead of the shipped")


def _check_place(airfield: Airfield, path: Path) -> None:
    """Raises AoiError where a user's file puts a shipped airfield elsewhere, with lon and lat exchanged."""
    shipped = shipped_dir() / f"{airfield.id.upper()}.geojson"
    if path.parent == shipped.parent or not shipped.is_file():
        return
    west, south, east, north = airfield.bounds
    there = read_airfield(shipped).bounds
    exchanged = (abs(west - there[1]), abs(south - there[0]), abs(east - there[3]), abs(north - there[2]))
    if max(exchanged) < SAME_PLACE_DEG < max(abs(west - there[0]), abs(south - there[1])):
        raise AoiError(
            f"{path}: looks like lat,lon: {airfield.id} is near [{there[0]:.4f}, {there[1]:.4f}], "
            f"the file has [{west:.4f}, {south:.4f}]; GeoJSON puts the longitude first"
        )


def _mentions(airfield: Airfield, name: str) -> bool:
    words = [word.casefold() for word in re.split(r"\W+", airfield.name)]
    return bool(difflib.get_close_matches(name.casefold(), words, n=1, cutoff=0.75))
