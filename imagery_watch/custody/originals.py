"""The pixels that a run rests on, fetched once more and cut out as they are, beside the words of their items."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from imagery_watch.custody.crops import describe_crop, write_crop
from imagery_watch.errors import CatalogUnavailable, PassRefused, ReadFailed, UsageError
from imagery_watch.model import Acquisition, Expected, Grid, ItemFacts, ListedItem, SourceNote
from imagery_watch.outputs.wording.text import slug
from imagery_watch.sensors.protocol import Sensor
from imagery_watch.sources.pixels.reader import Reader
from imagery_watch.sources.pixels.scenes import CLASSES, expect_scale
from imagery_watch.sources.pixels.source_notes import digest_pixels, name_source
from imagery_watch.sources.pixels.windows import read_window

ITEMS = "items.json"
NOT_PACKED = "not-packed"
"""A folder that no pack has: what no pixel came from is named below it."""
AGAIN = "run it again, and pack that run"

Sources = Mapping[str, Sequence[SourceNote]]
"""By pass."""


class Window(NamedTuple):
    """One window to be packed."""

    listed: ListedItem
    key: str
    """Of the asset."""
    note: SourceNote
    path: Path
    """Where its crop goes, below `originals/`."""


def plan_windows(acquisitions: Iterable[Acquisition], sources: Sources) -> dict[str, list[Window]]:
    """The windows of each pass that `sources` vouch for. Raises UsageError where the catalogue has one no longer."""
    known, folders = {one.id: one for one in acquisitions}, dict[str, ListedItem]()
    planned: dict[str, list[Window]] = {}
    for pass_id, notes in sources.items():
        if pass_id not in known:
            raise UsageError(f"pass {pass_id}: the catalogue has it no longer as the run found it; {AGAIN}")
        planned[pass_id] = [_plan(known[pass_id], note, folders) for note in notes]
    return planned


def _plan(acquisition: Acquisition, note: SourceNote, folders: dict[str, ListedItem]) -> Window:
    candidates = [one for one in (*acquisition.listed, *acquisition.elsewhere) if one.id == note.item]
    keyed = [(one, key) for one in candidates if (key := find_key(one, note.band)) is not None]
    for one, key in sorted(keyed, key=lambda pair: name_source(*pair) != note.href):  # the digest has the last word
        return Window(one, key, note, Path(_folder_for(one, folders)) / f"{slug(note.band)}.tif")
    raise UsageError(f"item {note.item}: the catalogue no longer has its {note.band} as the run read it; {AGAIN}")


def find_key(one: ListedItem, band: str) -> str | None:
    """Key of the asset of a band, or of the scene classification; None where the item has none."""
    asset = one.facts.bands.get(band)
    return one.facts.classes if band == CLASSES else None if asset is None else asset.key


def _folder_for(one: ListedItem, folders: dict[str, ListedItem]) -> str:
    """A folder of its own for each item: items may share an id."""
    name, number = slug(one.id), 1
    while folders.setdefault(name, one) is not one:
        number += 1
        name = f"{slug(one.id)}-{number}"
    return name


def fetch_windows(
    planned: Iterable[Window], reader: Reader, grid: Grid, folder: Path, on_window: Callable[[], None]
) -> None:
    """Writes each window's crop below the folder, if it still is what the run read.

    Raises UsageError for one that is not, or cannot be read for good, CatalogUnavailable where it may be read later.
    """
    with ThreadPoolExecutor(reader.settings.in_flight, thread_name_prefix="pack") as pool:
        waiting = [pool.submit(_fetch, one, reader, grid, folder) for one in planned]
        try:
            for future in waiting:
                future.result()
                on_window()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _fetch(one: Window, reader: Reader, grid: Grid, folder: Path) -> None:
    note, expected = one.note, expect(reader.sensor, one.listed, one.note.band)
    what = f"item {note.item}, {note.band}"
    try:
        read = reader.original(one.listed, one.key, grid, expected)
    except ReadFailed as error:
        raise CatalogUnavailable(f"{what}: {error}; try again later") from None
    except PassRefused as error:
        raise UsageError(f"{what}: {error}; {AGAIN}") from None
    if (found := digest_pixels(read.pixels)) != note.sha256:
        raise UsageError(f"{what}: its pixels are no longer those that the run read (SHA-256 {found[:12]}... where "
                         f"run.json has {note.sha256[:12]}...); {AGAIN}")  # fmt: skip
    path = folder / one.path
    write_crop(path, read.cut)
    if digest_pixels(read_window(str(path), grid, expected, reader.settings)) != note.sha256:
        raise UsageError(f"{what}: cannot be packed so that it is read as it was; please report this as a fault")


def expect(sensor: Sensor, one: ListedItem, band: str) -> Expected:
    """What the raster of a band, or of the scene classification, must be."""
    return sensor.class_raster if band == CLASSES else expect_scale(sensor.band_raster, one.facts.bands[band])


def write_items(
    planned: Mapping[str, Sequence[Window]],
    acquisitions: Iterable[Acquisition],
    rest: Sequence[ListedItem],
    folder: Path,
) -> None:
    """Writes the ItemCollection of all passes that were planned, its assets pointing at the crops beside it.

    `rest` are all items that the catalogue lists, in which superseded versions are found: they go in without files, so
    that a pass keeps its name and orbit.
    """
    by_id = {one.id: one for one in acquisitions}
    features: list[dict[str, Any]] = []
    for pass_id, windows in planned.items():
        acquisition, packed = by_id[pass_id], _by_item(windows)
        read = {one.same for one, _ in packed}
        unread = [one for one in acquisition.listed if one.same not in read]
        classified = any(window.note.band == CLASSES for window in windows)
        features += [_feature(one, crops, folder, classified=classified) for one, crops in packed]
        features += [_feature(one, (), folder, classified=classified) for one in unread]
        features += [_bare(one) for one in rest if one.id in acquisition.superseded and _is_near(one, acquisition)]
    features.sort(key=lambda one: (str(one["properties"].get("datetime")), one["id"], json.dumps(one, sort_keys=True)))
    collection = {"type": "FeatureCollection", "features": features}
    (folder / ITEMS).write_text(json.dumps(collection, indent=1, ensure_ascii=True) + "\n", encoding="ascii")


def _by_item(windows: Iterable[Window]) -> list[tuple[ListedItem, list[Window]]]:
    grouped = defaultdict[int, list[Window]](list)
    for window in windows:
        grouped[id(window.listed)].append(window)
    return [(group[0].listed, group) for group in grouped.values()]


def _is_near(one: ListedItem, acquisition: Acquisition) -> bool:
    return one.facts.platform == acquisition.platform and abs(one.facts.datetime - acquisition.datetime).days < 1


def _bare(one: ListedItem) -> dict[str, Any]:
    """The words of an item of which nothing was read."""
    return {**one.item.to_dict(include_self_link=False), "links": [], "assets": {}}


def _feature(one: ListedItem, crops: Iterable[Window], folder: Path, *, classified: bool) -> dict[str, Any]:
    """An item whose assets are its crops; those that were not needed have their words, and lead to no file."""
    packed = {window.key: window for window in crops}
    keys = [band.key for band in one.facts.bands.values()]
    if classified and one.facts.classes is not None:
        keys.append(one.facts.classes)
    feature = _bare(one)
    for key in keys:
        told = _words(one, key)
        window = packed.get(key)
        if window is None:
            told |= {"href": f"./{NOT_PACKED}/{slug(one.id)}/{slug(key)}.tif"}
        else:
            told |= describe_crop(folder, window.path, window.note)
            told["imagery_watch:source"] |= {"etag": window.note.etag, "size": window.note.size}
        feature["assets"][key] = told
    return feature


def _words(one: ListedItem, key: str) -> dict[str, Any]:
    """What an item says of an asset, what it says of the whole file apart from the rest: that is not what is packed."""
    told = one.item.assets[key].to_dict()
    whole = {name: told.pop(name) for name in list(told) if name.startswith(("proj:", "file:"))}
    told.pop("alternate", None)
    return {**told, "type": "image/tiff; application=geotiff; profile=cloud-optimized",
            "imagery_watch:source": {"href": name_source(one, key), **whole}}  # fmt: skip


def check_items(found: Sequence[Acquisition], planned: Mapping[str, Sequence[Window]],
                acquisitions: Iterable[Acquisition]) -> None:  # fmt: skip
    """Raises UsageError where packed items would be taken for other passes, or read otherwise, than the run's were."""
    by_id, packed = {one.id: one for one in acquisitions}, {one.id: one for one in found}
    for pass_id, windows in planned.items():
        mine, theirs = packed.get(pass_id), by_id[pass_id]
        ids = {window.listed.id for window in windows}
        same = mine is not None and (mine.datetime, mine.relative_orbit) == (theirs.datetime, theirs.relative_orbit)
        if mine is None or not same or not ids <= set(mine.item_ids) or not _read_alike(mine, windows):
            raise UsageError(f"pass {pass_id} cannot be packed so that it is read as it was; please report this")


def _read_alike(mine: Acquisition, windows: Iterable[Window]) -> bool:
    """Whether what is asked of the packed items has the answers of the catalogue's, but for where files are."""
    told = [_without_files(one) for one in mine.listed]
    return all(_without_files(window.listed) in told for window in windows)


def _without_files(one: ListedItem) -> ItemFacts:
    return replace(one.facts, decisive={}, classes=None)
