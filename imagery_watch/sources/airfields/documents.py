"""The GeoJSON document in a file of whatever kind people have: JSON in any encoding, or what a GIS saves."""

import json
from pathlib import Path

from imagery_watch.errors import AoiError
from imagery_watch.sources.airfields.vectors import name_format, read_vectors

RECORD_MARK = "\x1e"
"""Before each feature of a GeoJSON text sequence (RFC 8142)."""


def read_document(path: Path, largest_mb: int) -> object:
    """What the file holds, as a GeoJSON document. Raises AoiError if it is too large, or cannot be read.

    JSON in UTF-8, UTF-16 or UTF-32, with or without a byte order mark; a feature a line (RFC 8142, or plain lines);
    KML, KMZ, GeoPackage, Shapefile, FlatGeobuf, zipped or not, as `vectors` has them.
    """
    return parse_document(path, read_bytes(path, largest_mb))


def parse_document(path: Path, data: bytes) -> object:
    """What a file of these bytes holds, as a GeoJSON document. Raises AoiError where it is none."""
    found = name_format(path, data)
    if found.readable:
        return read_vectors(path, data, found)
    if found.name:
        raise AoiError(f"{path}: is {found.name}, not an airfield file: {found.advice}")
    text = _decode(path, data)
    if (document := _sequence(text)) is not None:
        return document
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise AoiError(f"{path}: line {error.lineno}, column {error.colno}: {_json_advice(text, error)}") from error
    except RecursionError:
        raise AoiError(f"{path}: brackets are nested thousands deep: this is not an airfield file") from None
    except ValueError as error:  # Python refuses integers of more than 4300 digits
        raise AoiError(f"{path}: holds a number of thousands of digits, which is no coordinate") from error


def read_bytes(path: Path, largest_mb: int) -> bytes:
    """The file as it is. Raises AoiError where there is none, or it is too large, or cannot be read."""
    if not path.is_file():
        kind = "is not a file" if path.exists() else "there is no such file"
        more = " (a File Geodatabase? export its layer as GeoJSON)" if path.suffix.lower() == ".gdb" else ""
        raise AoiError(f"{path}: {kind}{more}; expected a JSON file")
    try:
        with path.open("rb") as file:
            data = file.read(largest_mb * 1_000_000 + 1)
    except OSError as error:
        raise AoiError(f"{path}: cannot be read: {error.strerror}") from error
    if len(data) > largest_mb * 1_000_000:
        raise AoiError(f"{path}: is larger than {largest_mb} MB: keep only the airfield's own features")
    return data


def _decode(path: Path, data: bytes) -> str:
    """The text of the file, in the encoding that its first bytes tell."""
    encoding = json.detect_encoding(data)
    try:
        return data.decode("utf-8-sig" if encoding == "utf-8" else encoding)
    except UnicodeDecodeError as error:
        name = encoding.upper().removesuffix("-SIG")
        raise AoiError(f"{path}: is not {name} text at byte {error.start}: save it as JSON in UTF-8") from error


def _sequence(text: str) -> object | None:
    """The features of a sequence as one collection; None where the text is none."""
    mark = RECORD_MARK if text.lstrip(" \t\r\n").startswith(RECORD_MARK) else "\n"
    records = [record.strip() for record in text.split(mark) if record.strip()]
    if mark == "\n" and (len(records) < 2 or not all(record[0] + record[-1] == "{}" for record in records)):
        return None
    features: list[object] = []
    for record in records:
        try:
            part = json.loads(record)
        except (ValueError, RecursionError):
            return None
        kind = part.get("type") if isinstance(part, dict) else None
        features += part.get("features") or [] if kind == "FeatureCollection" else [part]
    return {"type": "FeatureCollection", "features": [_as_feature(feature) for feature in features]}


def _as_feature(part: object) -> object:
    if isinstance(part, dict) and "coordinates" in part:
        return {"type": "Feature", "properties": {}, "geometry": part}
    return part


def _json_advice(text: str, error: json.JSONDecodeError) -> str:
    start = text.lstrip()[:200].lower()
    if not start:
        return "the file is empty"
    if start.startswith("<"):
        if "<!doctype html" in start or "<html" in start:
            return "this is HTML, not JSON; fetch the raw file, not the page about it"
        return "this is XML of another kind than KML: save it as GeoJSON, or ask for JSON"
    if start.startswith(("polygon", "multipolygon", "geometrycollection", "srid=")):
        return "this is WKT (well-known text): save it as GeoJSON"
    if error.msg == "Extra data" and text[error.pos :].startswith("{"):
        return "a second JSON object begins (one feature a line?): make it one FeatureCollection"
    return f"not JSON: {error.msg} (a comma too many, a bracket missing, or a file cut short?)"
