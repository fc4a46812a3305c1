"""The hits of a pack computed anew from the pixels in it, by the ordinary line, and compared with those in it."""

import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from imagery_watch.custody.container import Pack, open_pack
from imagery_watch.custody.manifest import Manifest
from imagery_watch.custody.originals import ITEMS, expect, find_key
from imagery_watch.custody.packing import ORIGINALS
from imagery_watch.custody.retelling import retell
from imagery_watch.custody.settings import settings_of
from imagery_watch.custody.verifying import AIRFIELD, OBSERVATION, read_record, require_whole
from imagery_watch.errors import ImageryWatchError, PackDamaged, PassUnread
from imagery_watch.model import Airfield, Period, Provenance, RunResult, SourceNote
from imagery_watch.model.progress import Progress
from imagery_watch.outputs.files.hits_geojson import hits_geojson
from imagery_watch.outputs.files.run_json import parse_provenance, parse_sources
from imagery_watch.outputs.files.saved_run import parsed
from imagery_watch.outputs.wording.doubts import LIGHT_CURVE
from imagery_watch.pipeline import watch
from imagery_watch.provenance import list_versions
from imagery_watch.settings import Settings
from imagery_watch.sources.airfields.grids import grid_for
from imagery_watch.sources.catalogs.stac_files import FileCatalog
from imagery_watch.sources.pixels.reader import Reader
from imagery_watch.sources.pixels.source_notes import digest_pixels

NOT_COMPARED = ("chip",)
"""Properties of a hit that say where a file is, and nothing of the hit."""
PLACE = "place"


class Difference(NamedTuple):
    """One thing that did not come out as it is in the pack."""

    hit: str
    field: str
    """Empty where the whole hit is meant."""
    packed: Any
    """None where the pack has no such hit."""
    now: Any


@dataclass(frozen=True)
class Replayed:
    """What came of computing a pack's hits anew."""

    hits: int
    """In the pack."""
    differences: tuple[Difference, ...]
    windows: int
    """Windows of pixels that were held against what the run read."""
    other_windows: tuple[str, ...]
    """Those that this machine reads otherwise, by item and band."""
    libraries: Mapping[str, tuple[str, str]]
    """Versions then and now, of what may change numbers and is another."""
    texts: tuple[str, ...] = ()
    """Texts that were written anew from the hits in the pack, and are the same."""
    other_texts: tuple[str, ...] = ()
    """Those that are not the same; both are empty where another edition of the program wrote them."""
    stamped: bool = False
    """Whether any authority was asked to stamp the pack; that it did, `doctor --pack` tells."""

    @property
    def equal(self) -> bool:
        """Whether every field of every hit, and every text that was written anew, is as it is in the pack."""
        return not self.differences and not self.other_texts


def replay_pack(path: Path, settings: Settings, progress: Progress = lambda *_: None) -> Replayed:
    """Computes a pack's hits anew, offline. Nothing is read but the pack, nothing written but a temporary folder.

    Raises UsageError where there is no such file, PackDamaged where it is not whole, or cannot be run.
    """
    with open_pack(path) as pack, tempfile.TemporaryDirectory(prefix="imagery-watch-") as scratch:
        manifest, folder = require_whole(pack), Path(scratch) / "pack"
        for entry in manifest.files:
            target = folder / entry.path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(pack.read(entry.path))
        _forbid_elsewhere(pack)
        own = settings.model_copy(update={"home": Path(scratch) / "home", "cache": None, "limit_plantings": 0})
        try:
            return _replay(pack, manifest, folder, own, progress)
        except PackDamaged:
            raise
        except ImageryWatchError as error:
            said = str(error).replace(str(folder), path.name)
            raise PackDamaged(f"{path}: its files are as packed, and cannot be run: {said}") from error


def _replay(pack: Pack, manifest: Manifest, folder: Path, settings: Settings, progress: Progress) -> Replayed:
    from imagery_watch.sources.airfields.geojson import read_airfield

    record = read_record(pack)
    source = folder / OBSERVATION / "run.json"
    told = parsed(source, lambda: parse_provenance(record))
    sources = parsed(source, lambda: parse_sources(record))
    airfield = read_airfield(folder / AIRFIELD)
    chosen = settings_of({**told.settings, "limit_plantings": 0}, settings)
    retold = retell(pack, manifest, folder, told)
    result = _run(folder, airfield, told, chosen, progress)
    packed = parsed(
        folder / OBSERVATION / "hits.geojson", lambda: _by_id(json.loads(pack.read(f"{OBSERVATION}hits.geojson")))
    )
    differences = tuple(_compare(packed, _by_id(json.loads(json.dumps(hits_geojson(result))))))
    others = _find_other_windows(folder, airfield, sources, chosen) if differences else ()
    return Replayed(
        len(packed),
        differences,
        len(sources),
        others,
        _compare_versions(told),
        retold.same,
        retold.other,
        stamped=bool(manifest.stamped_by),
    )


def _run(folder: Path, airfield: Airfield, told: Provenance, settings: Settings, progress: Progress) -> RunResult:
    """The ordinary run over the packed items, as the run was asked for; its hits say so where they are simulated."""
    from imagery_watch.sensors.registry import find_sensor

    catalog = FileCatalog(folder / ORIGINALS / ITEMS, find_sensor(told.sensor))
    period = Period(told.period.since, told.period.until_before)
    result = watch(airfield, catalog, settings, period, history_days=told.period.history_days or 0,
                   min_length_m=float(told.settings.get("min_length_m", 0.0)), progress=progress)  # fmt: skip
    hits = tuple(replace(hit, simulated=told.simulated) for hit in result.hits)
    return replace(result, hits=hits)


def _by_id(collection: Any) -> dict[str, dict[str, Any]]:
    """The properties of each hit of a FeatureCollection, its place and what its light curve says among them."""
    told = {}
    for one in collection["features"]:
        said = [each for each in one["properties"].get("evidence", ()) if each["source"] == LIGHT_CURVE]
        told[str(one["id"])] = {**one["properties"], "evidence": said, PLACE: one["geometry"]["coordinates"]}
    return told


def _compare(packed: Mapping[str, Mapping[str, Any]], now: Mapping[str, Mapping[str, Any]]) -> list[Difference]:
    found = []
    for name in sorted({*packed, *now}):
        if name not in packed or name not in now:
            found.append(Difference(name, "", packed.get(name), now.get(name)))
            continue
        fields = sorted({*packed[name], *now[name]} - {*NOT_COMPARED})
        pairs = [(field, packed[name].get(field), now[name].get(field)) for field in fields]
        found += [Difference(name, *pair) for pair in pairs if pair[1] != pair[2]]
    return found


def _find_other_windows(
    folder: Path, airfield: Airfield, sources: tuple[SourceNote, ...], settings: Settings
) -> tuple[str, ...]:
    """Windows whose pixels this machine does not read as the run did, by item and band."""
    from imagery_watch.sensors.registry import find_sensor

    catalog = FileCatalog(folder / ORIGINALS / ITEMS, find_sensor())
    grid = grid_for(airfield, settings.margin_m, settings.max_grid_km2)
    items = catalog.search((-180.0, -90.0, 180.0, 90.0), None, None).items
    reader = Reader(settings, catalog.name, catalog.local_root, catalog.sensor)
    others = []
    for note in sources:
        digests = set()
        for one in items:
            key = find_key(one, note.band) if one.id == note.item else None
            if key is not None and one.item.assets[key].to_dict().get("imagery_watch:window_sha256") == note.sha256:
                try:
                    digests.add(
                        digest_pixels(reader.window(one, key, grid, expect(catalog.sensor, one, note.band)).pixels)
                    )
                except PassUnread:
                    continue
        if note.sha256 not in digests:
            others.append(f"{note.item} {note.band}")
    return tuple(others)


def _compare_versions(told: Provenance) -> dict[str, tuple[str, str]]:
    """What of the software is of another version than it was."""
    then, now = told.software, list_versions()
    others = [name for name in then if name != "name" and then[name] != now.get(name)]
    return {"imagery-watch" if name == "version" else name: (then[name], now.get(name, "none")) for name in others}


def _forbid_elsewhere(pack: Pack) -> None:
    """Raises PackDamaged where an item leads anywhere but to a file of the pack: a pack makes nobody ask a server."""
    try:
        assets = [
            asset
            for one in json.loads(pack.read(f"{ORIGINALS}/{ITEMS}"))["features"]
            for asset in one["assets"].values()
        ]
        hrefs = [asset["href"] for asset in assets]
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise PackDamaged(f"{pack.path}: {ORIGINALS}/{ITEMS} is not as packed ({type(error).__name__})") from None
    for href in hrefs:
        if not isinstance(href, str) or not href.startswith("./") or ".." in href or urlsplit(href).scheme:
            raise PackDamaged(f"{pack.path}: {ORIGINALS}/{ITEMS} leads elsewhere ({str(href)[:80]!r})")
    if any("alternate" in asset for asset in assets):
        raise PackDamaged(f"{pack.path}: {ORIGINALS}/{ITEMS} names other copies")
