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
from imagery_watch.outputs.files.curves_csv import CurveRow, curves_csv, parse_curves
from imagery_watch.outputs.files.hits_geojson import hits_geojson
from imagery_watch.outputs.files.looks_csv import looks_csv
from imagery_watch.outputs.files.run_json import run_record
from imagery_watch.outputs.files.stays_geojson import stays_geojson
from imagery_watch.outputs.gis.export import OUTLINES, RESIDUAL, files_for_other_tools
from imagery_watch.outputs.properties import CORROBORATION, corroboration_record
from imagery_watch.outputs.report.figures import HitPictures, hit_pictures
from imagery_watch.outputs.report.film import film_files, name_film
from imagery_watch.outputs.report.report import report_html
from imagery_watch.outputs.values import dump_json
from imagery_watch.outputs.wording.doubts import tell_doubt
from imagery_watch.outputs.wording.summaries import result_counts
from imagery_watch.outputs.wording.text import slug

ENDS_OF_HITS: dict[str, tuple[str, ...]] = {"chips": (".png", ".webp", ".tif"), "stac/items": (".json",)}
"""How the names of files end that are one hit's, or one stay's, alone, by their folder."""


def write_outputs(result: RunResult, out: Path) -> dict[str, Path]:
    """Write every file of a run into `out`, `run.json` last; see the names in `file_contents`.

    Returns the paths by name, such as `{"hits.geojson": ..., "chips/LIPB-a1.png": ...}`. Files of hits that an
    earlier run left there, and that its `run.json` names, are removed where they are not written again. The
    same result gives the same bytes. Raises StoreError where a file cannot be written.
    """
    earlier = _earlier_chips(out)
    pictures, polygons = draw_pictures(result), _encoded(airfield_geojson(result.airfield))
    complete = with_polygons(with_chips(result, pictures), polygons)
    films = _kept_films(complete, out, earlier) | draw_films(complete)
    curves = {"curves.csv": _encoded(curves_csv(complete.dossiers, _kept_curves(complete, out)))}
    held = _held_evidence(complete, out)
    contents = file_contents(complete, pictures, held) | curves | films | {"airfield.geojson": polygons}
    if complete.corroboration is not None:
        contents[CORROBORATION] = _encoded(dump_json(corroboration_record(complete.corroboration)))
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
    undecided = {hit.id for hit in result.hits if tell_doubt(hit)}
    films = []
    for one in result.dossiers:
        if (stay := stays.get(one.stay_id)) is not None:
            doubted = bool(undecided & {stay.arrival_hit, stay.departure_hit})
            films.append(film_files(one, stay, result.airfield.id, simulated=simulated, doubted=doubted))
    return {name: data for film in films for name, data in film.files.items()}


def _kept_films(result: RunResult, out: Path, earlier: set[str]) -> dict[str, bytes]:
    """Films that an earlier run left of stays that are still told, and whose evidence is not at hand now."""
    names = [name_film(stay) for stay in _not_gathered(result)]
    kept = {}
    for name in (f"{name}{ending}" for name in names for ending in (".png", ".webp")):
        with suppress(OSError):
            if name in earlier and _is_within(out, name):
                kept[name] = (out / name).read_bytes()
    return kept


def _kept_curves(result: RunResult, out: Path) -> list[CurveRow]:
    """The same of their curves; none where the file is not what a run writes."""
    wanted = set(_not_gathered(result))
    try:
        rows = parse_curves((out / "curves.csv").read_text(encoding="utf-8"))
    except (OSError, ValueError, TypeError, LookupError):
        return []
    return [row for row in rows if row.stay in wanted]


def _held_evidence(result: RunResult, out: Path) -> dict[str, bytes]:
    """Files of an earlier run that hold the evidence of such stays for other tools, and that its record vouches for."""
    hashes = _earlier_files(out) if _not_gathered(result) else {}
    held: dict[str, bytes] = {}
    for name, digest in hashes.items():
        if name == OUTLINES or (name.endswith(RESIDUAL) and _is_of_a_hit(name) and _is_within(out, name)):
            with suppress(OSError):
                data = (out / name).read_bytes()
                held |= {name: data} if hashlib.sha256(data).hexdigest() == digest else {}
    return held


def _not_gathered(result: RunResult) -> list[str]:
    """Ids of the stays whose evidence is not at hand: `monitor` gathers it when they change."""
    gathered = {one.stay_id for one in result.dossiers}
    return [stay.id for stay in result.stays if stay.id not in gathered]


def with_chips(result: RunResult, pictures: Mapping[str, HitPictures]) -> RunResult:
    """The result with every hit naming its picture, or none where there is none."""
    files = {hit_id: picture.file for hit_id, picture in pictures.items()}
    return replace(result, hits=tuple(replace(hit, chip=files.get(hit.id)) for hit in result.hits))


def file_contents(
    result: RunResult, pictures: Mapping[str, HitPictures], held: Mapping[str, bytes]
) -> dict[str, bytes]:
    """Every file but `run.json` and the polygons, by its name relative to the folder, in the order of writing.

    `held` are an earlier run's files with evidence that is not at hand now.
    """
    chips = {picture.file: picture.sheet for picture in pictures.values()}
    others = files_for_other_tools(result, chips, held)
    return chips | others | {
        "hits.geojson": _encoded(dump_json(hits_geojson(result))),
        "stays.geojson": _encoded(dump_json(stays_geojson(result))),
        "looks.csv": _encoded(looks_csv(result.looks)),
        "report.html": _encoded(report_html(result)),
    }  # fmt: skip


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
    """The files that the `run.json` of an earlier run names and not each run writes; none where it cannot be read."""
    return {name for name in _earlier_files(out) if _is_of_a_hit(name) or name == CORROBORATION}


def _earlier_files(out: Path) -> dict[str, Any]:
    """The names of an earlier run's files, and what should be their hashes; none where its `run.json` is none."""
    try:
        record = json.loads((out / "run.json").read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    files = record.get("files") if isinstance(record, dict) else None
    return files if isinstance(files, dict) else {}


def _is_of_a_hit(name: str) -> bool:
    """`chips/<file>` or `stac/items/<file>` of a kind that a run writes, and nothing that leads elsewhere."""
    folder, _, file = name.rpartition("/")
    plain_name = file == Path(file).name and "\\" not in file and "\0" not in file
    return plain_name and file.endswith(ENDS_OF_HITS.get(folder, ()))


def _is_within(out: Path, name: str) -> bool:
    """Whether the folder of a hit's file is the run's own, and no link that leads out of it."""
    return (out / name).parent.resolve() == out.resolve() / Path(name).parent


def _remove(out: Path, name: str) -> None:
    """Remove an old file of a hit, unless a link on the way to it leads out of the folder."""
    path = out / name
    if not _is_within(out, name):
        return
    try:
        with suppress(FileNotFoundError):
            path.unlink()
    except OSError as error:
        raise StoreError(f"{path}, left by an earlier run, could not be removed: {error.strerror}.") from error
