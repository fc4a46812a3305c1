"""The folder of a run: every file replaced whole, `run.json` last, so that it vouches for the others."""

import hashlib
import json
import math
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from imagery_watch.errors import StoreError
from imagery_watch.model import RunResult
from imagery_watch.outputs.atomic import write_bytes
from imagery_watch.outputs.figures import HitPictures, hit_pictures
from imagery_watch.outputs.geojson import dump_json, hits_geojson
from imagery_watch.outputs.looks import looks_csv
from imagery_watch.outputs.report import report_html
from imagery_watch.outputs.stays import chance_properties, occupancy_properties, stays_geojson
from imagery_watch.outputs.summaries import result_counts
from imagery_watch.outputs.text import iso

SCHEMA_VERSION = 1
"""Of `run.json`; grows when a reader of it would have to change."""


def write_outputs(result: RunResult, out: Path) -> dict[str, Path]:
    """Write `hits.geojson`, `stays.geojson`, `looks.csv`, `report.html`, `chips/` and, last, `run.json` into `out`.

    Returns the paths by name, such as `{"hits.geojson": ..., "chips/LIPB-a1.png": ...}`. Pictures that an
    earlier run left there, and that its `run.json` names, are removed where they are not written again. The
    same result gives the same bytes. Raises StoreError where a file cannot be written.
    """
    earlier = _earlier_chips(out)
    pictures = draw_pictures(result)
    illustrated = with_chips(result, pictures)
    contents = file_contents(illustrated, pictures)
    for name, data in contents.items():
        write_bytes(out / name, data)
    for name in sorted(earlier - contents.keys()):
        _remove(out, name)
    write_bytes(out / "run.json", _encoded(dump_json(run_record(illustrated, contents))))
    return {name: out / name for name in [*contents, "run.json"]}


def draw_pictures(result: RunResult) -> dict[str, HitPictures]:
    """The pictures of every hit whose pixels are known, by hit id."""
    chips = {chip.hit_id: chip for chip in result.chips}
    simulated = bool(result.provenance.get("simulated"))
    return {hit.id: hit_pictures(hit, chips[hit.id], simulated=simulated) for hit in result.hits if hit.id in chips}


def with_chips(result: RunResult, pictures: Mapping[str, HitPictures]) -> RunResult:
    """The result with every hit naming its picture, or none where there is none."""
    files = {hit_id: picture.file for hit_id, picture in pictures.items()}
    return replace(result, hits=tuple(replace(hit, chip=files.get(hit.id)) for hit in result.hits))


def file_contents(result: RunResult, pictures: Mapping[str, HitPictures]) -> dict[str, bytes]:
    """Every file but `run.json`, by its name relative to the folder, in the order of writing."""
    chips = {picture.file: picture.sheet for picture in pictures.values()}
    return chips | {
        "hits.geojson": _encoded(dump_json(hits_geojson(result))),
        "stays.geojson": _encoded(dump_json(stays_geojson(result))),
        "looks.csv": _encoded(looks_csv(result.looks)),
        "report.html": _encoded(report_html(result, pictures)),
    }


def run_record(result: RunResult, contents: Mapping[str, bytes]) -> dict[str, Any]:
    """`run.json`: the provenance, what was found in numbers, surplus, chances, and the hashes of the other files."""
    provenance = plain(result.provenance)
    counted = provenance.get("counts")
    counts = counted if isinstance(counted, dict) else {}
    ours = {"hits": len(result.hits), "stays": len(result.stays), "looks": result_counts(result.looks)}
    told = {
        "occupancy": [occupancy_properties(one) for one in result.occupancy],
        "chances": [chance_properties(one) for one in result.chances],
    }
    hashes = {name: hashlib.sha256(data).hexdigest() for name, data in sorted(contents.items())}
    return {"schema_version": SCHEMA_VERSION, **provenance, "counts": counts | ours, **told, "files": hashes}


def plain(value: Any) -> Any:
    """The value in what JSON knows: times in UTC, tuples as lists, sets sorted, NaN as null, else text."""
    if isinstance(value, Mapping):
        return {str(key): plain(member) for key, member in value.items()}
    if isinstance(value, (set, frozenset)):
        return sorted((plain(member) for member in value), key=str)
    if isinstance(value, (list, tuple)):
        return [plain(member) for member in value]
    if isinstance(value, datetime):
        return iso(value)
    if hasattr(value, "item") and not isinstance(value, (str, bytes)):  # a numpy scalar
        return plain(value.item())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if value is None or isinstance(value, (bool, int, str)) else str(value)


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", errors="replace")


def _earlier_chips(out: Path) -> set[str]:
    """The pictures that the `run.json` of an earlier run names; none where it cannot be read."""
    try:
        record = json.loads((out / "run.json").read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return set()
    files = record.get("files") if isinstance(record, dict) else None
    return {name for name in files if _is_chip(name)} if isinstance(files, dict) else set()


def _is_chip(name: str) -> bool:
    """`chips/<file>.png` and nothing that leads elsewhere."""
    folder, _, file = name.partition("/")
    plain_name = file == Path(file).name and "\\" not in file and "\0" not in file
    return folder == "chips" and plain_name and file.endswith(".png")


def _remove(out: Path, name: str) -> None:
    """Remove an old picture, unless `chips` is a link that leads out of the folder."""
    path = out / name
    if (out / "chips").resolve().parent != out.resolve():
        return
    try:
        with suppress(FileNotFoundError):
            path.unlink()
    except OSError as error:
        raise StoreError(f"{path}, left by an earlier run, could not be removed: {error.strerror}.") from error
