"""A run's folder with what flight tracks say of it: only the files that tell of hits and stays are written again."""

import hashlib
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from imagery_watch.model import RunResult
from imagery_watch.outputs.files.atomic import write_bytes
from imagery_watch.outputs.files.hits_geojson import hits_geojson
from imagery_watch.outputs.files.saved_run import Saved
from imagery_watch.outputs.files.stays_geojson import stays_geojson
from imagery_watch.outputs.gis.evidence import list_outlines
from imagery_watch.outputs.gis.export import OUTLINES
from imagery_watch.outputs.gis.geopackage import to_geopackage
from imagery_watch.outputs.gis.kmz import to_kmz
from imagery_watch.outputs.gis.layers import layers_of
from imagery_watch.outputs.gis.table_csv import to_csv
from imagery_watch.outputs.properties import CORROBORATION, corroboration_record
from imagery_watch.outputs.report.flights.section import with_flights
from imagery_watch.outputs.values import dump_json

REPORT = "report.html"


def amend_run(folder: Path, saved: Saved, result: RunResult) -> dict[str, Path]:
    """Writes what tracks say into the folder of a run, `run.json` last, and returns the paths by name.

    Pictures, looks, films and curves stay as they are; in the report the part on flight tracks is put in place.
    `result` is the saved run with its corroboration. Raises StoreError where a file cannot be written.
    """
    contents = {name: text.encode("utf-8", errors="replace") for name, text in _texts(folder, result).items()}
    contents |= _for_other_tools(folder, result)
    for name, data in contents.items():
        write_bytes(folder / name, data)
    known = saved.record.get("files")
    hashes = dict(known) if isinstance(known, dict) else {}
    hashes |= {name: hashlib.sha256(data).hexdigest() for name, data in contents.items()}
    record = saved.record | {"files": dict(sorted(hashes.items()))}
    write_bytes(folder / "run.json", dump_json(record).encode("utf-8", errors="replace"))
    return {name: folder / name for name in [*contents, "run.json"]}


def _texts(folder: Path, result: RunResult) -> dict[str, str]:
    if result.corroboration is None:
        raise ValueError("a run that was joined with tracks is amended")
    texts = {
        "hits.geojson": dump_json(hits_geojson(result)),
        "stays.geojson": dump_json(stays_geojson(result)),
        CORROBORATION: dump_json(corroboration_record(result.corroboration)),
    }
    with suppress(OSError, UnicodeDecodeError):
        page = with_flights((folder / REPORT).read_text(encoding="utf-8"), result)
        texts |= {REPORT: page} if page is not None else {}
    return texts


def _for_other_tools(folder: Path, result: RunResult) -> dict[str, bytes]:
    """The tables and the KMZ anew, with the outlines and pictures that the folder has."""
    held = _read(folder, OUTLINES)
    outlines = list_outlines(result, held)
    tables = layers_of(result, outlines)
    pictures = {hit.chip: data for hit in result.hits if hit.chip and (data := _read(folder, hit.chip)) is not None}
    files: Mapping[str, bytes] = {
        "hits.csv": to_csv(tables[0]).encode("utf-8", errors="replace"),
        OUTLINES: to_geopackage(tables),
        "hits.kmz": to_kmz(result, outlines, pictures),
    }
    return {name: data for name, data in files.items() if (folder / name).is_file()}


def _read(folder: Path, name: str) -> bytes | None:
    path = folder / name
    try:
        inside = path.resolve().is_relative_to(folder.resolve())
        return path.read_bytes() if inside else None
    except OSError:
        return None
