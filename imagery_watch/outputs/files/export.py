"""The folder of a run: every file replaced whole, `run.json` last, so that it vouches for the others."""

import hashlib
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from imagery_watch.errors import StoreError
from imagery_watch.model import RunResult
from imagery_watch.outputs.files.airfield_geojson import airfield_geojson
from imagery_watch.outputs.files.atomic import write_bytes
from imagery_watch.outputs.files.curves_csv import curves_csv
from imagery_watch.outputs.files.hits_geojson import dump_json, hits_geojson
from imagery_watch.outputs.files.looks_csv import looks_csv
from imagery_watch.outputs.files.run_json import run_record
from imagery_watch.outputs.files.stays_geojson import stays_geojson
from imagery_watch.outputs.report.figures import HitPictures, hit_pictures
from imagery_watch.outputs.report.film import film_files
from imagery_watch.outputs.report.report import report_html
from imagery_watch.outputs.wording.summaries import result_counts
from imagery_watch.outputs.wording.text import slug

CHIP_SUFFIXES = (".png", ".webp", ".tif")


def write_outputs(result: RunResult, out: Path) -> dict[str, Path]:
    """Write every file of a run into `out`, `run.json` last; see the names in `file_contents`.

    Returns the paths by name, such as `{"hits.geojson": ..., "chips/LIPB-a1.png": ...}`. Pictures that an
    earlier run left there, and that its `run.json` names, are removed where they are not written again. The
    same result gives the same bytes. Raises StoreError where a file cannot be written.
    """
    earlier = _earlier_chips(out)
    pictures, polygons = draw_pictures(result), _encoded(airfield_geojson(result.airfield))
    complete = with_polygons(with_chips(result, pictures), polygons)
    contents = file_contents(complete, pictures) | draw_films(complete) | {"airfield.geojson": polygons}
    for name, data in contents.items():
        write_bytes(out / name, data)
    for name in sorted(earlier - contents.keys()):
        _remove(out, name)
    write_bytes(out / "run.json", _encoded(dump_json(run_record(complete, contents))))
    return {name: out / name for name in [*contents, "run.json"]}


def draw_pictures(result: RunResult) -> dict[str, HitPictures]:
    """The pictures of every hit whose pixels are known, by hit id."""
    chips = {chip.hit_id: chip for chip in result.chips}
    simulated = result.provenance.simulated
    return {hit.id: hit_pictures(hit, chips[hit.id], simulated=simulated) for hit in result.hits if hit.id in chips}


def draw_films(result: RunResult) -> dict[str, bytes]:
    """The films of the stays whose evidence is at hand, a strip and a moving picture each, by file name."""
    stays, simulated = {stay.id: stay for stay in result.stays}, result.provenance.simulated
    films = [
        film_files(one, stays[one.stay_id], result.airfield.id, simulated=simulated)
        for one in result.dossiers
        if one.stay_id in stays
    ]
    return {name: data for film in films for name, data in film.files.items()}


def with_chips(result: RunResult, pictures: Mapping[str, HitPictures]) -> RunResult:
    """The result with every hit naming its picture, or none where there is none."""
    files = {hit_id: picture.file for hit_id, picture in pictures.items()}
    return replace(result, hits=tuple(replace(hit, chip=files.get(hit.id)) for hit in result.hits))


def file_contents(result: RunResult, pictures: Mapping[str, HitPictures]) -> dict[str, bytes]:
    """Every file but `run.json` and the polygons, by its name relative to the folder, in the order of writing."""
    chips = {picture.file: picture.sheet for picture in pictures.values()}
    return chips | {
        "hits.geojson": _encoded(dump_json(hits_geojson(result))),
        "stays.geojson": _encoded(dump_json(stays_geojson(result))),
        "looks.csv": _encoded(looks_csv(result.looks)),
        "curves.csv": _encoded(curves_csv(result.dossiers)),
        "report.html": _encoded(report_html(result)),
    }


def with_polygons(result: RunResult, data: bytes) -> RunResult:
    """The result whose provenance vouches for the polygons that were used."""
    airfield = replace(result.provenance.airfield, polygons_sha256=hashlib.sha256(data).hexdigest())
    return replace(result, provenance=replace(result.provenance, airfield=airfield))


def summary_of(result: RunResult, files: Mapping[str, Path]) -> dict[str, Any]:
    """What `--json` prints of a run: hits and stays as in their files, looks by result, warnings, the files."""
    pictures = {hit.id: f"chips/{slug(hit.id)}.png" for hit in result.hits}
    hits = tuple(replace(hit, chip=pictures[hit.id] if pictures[hit.id] in files else None) for hit in result.hits)
    return {
        "airfield": result.airfield.id,
        "hits": hits_geojson(replace(result, hits=hits))["features"],
        "stays": stays_geojson(result)["features"],
        "looks": result_counts(result.looks),
        "warnings": list(result.provenance.warnings),
        "incomplete": result.incomplete,
        "files": {name: str(path) for name, path in files.items()},
    }


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
    """`chips/<file>` of a kind that a run writes, and nothing that leads elsewhere."""
    folder, _, file = name.partition("/")
    plain_name = file == Path(file).name and "\\" not in file and "\0" not in file
    return folder == "chips" and plain_name and file.endswith(CHIP_SUFFIXES)


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
