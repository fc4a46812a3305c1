"""From Acquisitions to Scenes: every window of every pass, in parallel, complete or refused."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from imagery_watch.errors import PassRefused, ReadFailed
from imagery_watch.model import Acquisition, Grid, Scene
from imagery_watch.sensors import sentinel2
from imagery_watch.settings import Settings
from imagery_watch.sources.chip_cache import ChipCache
from imagery_watch.sources.ranges import check_href
from imagery_watch.sources.windows import BAND, CLASSES, Expected, read_window

if TYPE_CHECKING:
    from pystac import Item

Unread = PassRefused | ReadFailed
"""Why a pass has no Scene: for good, or for now."""

Counts = NDArray[np.uint16]


@dataclass(frozen=True)
class Reader:
    """Where pixels may come from and how they are fetched."""

    settings: Settings
    catalog: str
    """The catalogue's name or URL: plain http is allowed to its own host only."""
    local_root: Path | None
    """The only folder whose files may be read."""
    band: Expected = BAND
    classes: Expected = CLASSES

    def window(self, item: "Item", asset_key: str, grid: Grid, expected: Expected) -> Counts:
        """Counts of one asset on the Grid, from the chip cache where a remote one is known. Raises Unread."""
        href = check_href(item.assets[asset_key].href, self.local_root, self.catalog)
        if self.local_root is not None and not href.startswith(("http://", "https://")):
            return read_window(href, grid, expected, self.settings)
        cache, key = ChipCache(self.settings.cache_dir), _cache_key(item, href)
        known = cache.get(key, grid)
        if known is not None:
            return known
        counts = read_window(href, grid, expected, self.settings)
        if counts.any():  # emptiness may be a fault that passes: it is never remembered
            cache.put(key, grid, counts)
        return counts


def _cache_key(item: "Item", href: str) -> str:
    """The file without its signature, and the item's own time stamp: a file replaced in place is another key."""
    stamp = item.properties.get("updated") or item.properties.get("s2:generation_time") or ""
    return f"{href.split('?')[0]}\n{item.id}\n{stamp}"


def read_scenes(
    acquisitions: Sequence[Acquisition],
    grid: Grid,
    lonlat: tuple[float, float],
    reader: Reader,
    on_pass: Callable[[], None] = lambda: None,
) -> Iterator[Scene | Unread]:
    """The Scene of each Acquisition in turn, or why there is none.

    Windows of all passes go through one pool; `on_pass` is called as each pass is done. `lonlat` is the airfield's,
    for the sun where items do not state it.
    """
    pool = ThreadPoolExecutor(reader.settings.in_flight, thread_name_prefix="read")
    try:
        plans = deque(_Plan(acquisition, grid, reader, pool) for acquisition in acquisitions)
        while plans:
            plan = plans.popleft()  # its windows are let go of as soon as they are joined
            try:
                yield plan.scene(lonlat)
            except (PassRefused, ReadFailed) as error:
                yield error
            on_pass()
    finally:
        pool.shutdown(cancel_futures=True)


class _Plan:
    """The windows of one pass, asked for and not yet joined."""

    def __init__(self, acquisition: Acquisition, grid: Grid, reader: Reader, pool: ThreadPoolExecutor) -> None:
        self.acquisition, self.grid, self.reader = acquisition, grid, reader
        assets = [{key: asset.to_dict() for key, asset in item.assets.items()} for item in acquisition.items]
        self.items = _own_zone_first(list(zip(acquisition.items, assets, strict=True)), grid)
        keys = [sentinel2.band_assets(assets) for _, assets in self.items]
        self.bands = tuple(band for band in (*sentinel2.BANDS, "mono") if keys and all(band in key for key in keys))
        self.missing = sorted({band for key in keys for band in key} - set(self.bands))
        self.windows: dict[str, Future[NDArray[np.float32]]] = {
            band: pool.submit(self._band, band, [key[band] for key in keys]) for band in self.bands
        }
        self.scl = pool.submit(self._scl)

    def scene(self, lonlat: tuple[float, float]) -> Scene:
        """The joined pixels. Raises Unread: the passing reasons first, for they hide the lasting ones."""
        if not self.bands:
            raise PassRefused("no 10 m band among the item's assets")
        errors = [error for future in self.windows.values() if (error := future.exception()) is not None]
        for error in sorted(errors, key=lambda error: not isinstance(error, ReadFailed)):
            raise error
        data = np.stack([self.windows[band].result() for band in self.bands])
        scl, scl_note = self._classes()
        _check_emptiness(data, scl, self.bands)
        azimuth, elevation, stated = sentinel2.sun_angles(
            self.acquisition.items[0].properties, *lonlat, self.acquisition.datetime
        )
        notes = [scl_note, "" if stated else "sun angles computed, not stated"]
        notes += [f"without {band}: not in every tile's item" for band in self.missing]
        valid: NDArray[np.bool_] = np.asarray(np.isfinite(data).all(axis=0))
        return Scene(
            acquisition_id=self.acquisition.id,
            item_ids=self.acquisition.item_ids,
            datetime=self.acquisition.datetime,
            platform=self.acquisition.platform,
            relative_orbit=self.acquisition.relative_orbit,
            bands=self.bands,
            data=np.where(valid, data, np.float32(np.nan)),
            valid=valid,
            scl=scl,
            sun_azimuth=azimuth,
            sun_elevation=elevation,
            offset=self._offset(0, self.bands[0]),
            notes=tuple(note for note in notes if note),
        )

    def _offset(self, index: int, band: str) -> float:
        item, assets = self.items[index]
        key = sentinel2.band_assets(assets)[band]
        return sentinel2.declared_offset(item.id, item.properties, assets[key])

    def _band(self, band: str, keys: Sequence[str]) -> NDArray[np.float32]:
        """Reflectance of one band: the first item's pixels, and the next ones' only where there are none yet."""
        joined = np.full(self.grid.shape, np.nan, np.float32)
        for index, ((item, _), key) in enumerate(zip(self.items, keys, strict=True)):
            counts = self.reader.window(item, key, self.grid, self.reader.band)
            if why := sentinel2.implausible_counts(counts):
                raise PassRefused(f"{band} of {item.id}: {why}")
            reflectance = sentinel2.to_reflectance(counts, self._offset(index, band))
            joined = np.where(np.isnan(joined), reflectance, joined)
            if not np.isnan(joined).any():
                break
        return joined

    def _scl(self) -> NDArray[np.uint8] | None:
        joined = np.zeros(self.grid.shape, np.uint8)
        found = False
        for item, assets in self.items:
            key = sentinel2.scl_asset(assets)
            if key is None:
                continue
            counts = self.reader.window(item, key, self.grid, self.reader.classes)
            joined = np.where(joined == 0, np.minimum(counts, 255).astype(np.uint8), joined)
            found = True
            if joined.all():
                break
        return joined if found else None

    def _classes(self) -> tuple[NDArray[np.uint8] | None, str]:
        """The scene classification is a help, not a need: a refused one leaves the pass usable, and is noted."""
        try:
            scl = self.scl.result()
        except PassRefused as error:
            return None, f"no scene classification ({error})"
        return scl, "" if scl is not None else "no scene classification in the item"


def _own_zone_first(
    items: "list[tuple[Item, dict[str, dict[str, object]]]]", grid: Grid
) -> "list[tuple[Item, dict[str, dict[str, object]]]]":
    """Items in the Grid's own UTM zone are read as they are; others would be resampled, so they only fill gaps."""
    return sorted(items, key=lambda pair: _stated_epsg(pair[0]) not in (grid.epsg, None))


def _stated_epsg(item: "Item") -> int | None:
    code = item.properties.get("proj:code") or item.properties.get("proj:epsg")
    digits = str(code or "").removeprefix("EPSG:")
    return int(digits) if digits.isdigit() else None


def _check_emptiness(data: NDArray[np.float32], scl: NDArray[np.uint8] | None, bands: Sequence[str]) -> None:
    """A band without a single pixel where others have them was not read, it was lost: refuse the pass.

    An interrupted write leaves a GeoTIFF that opens, and reads as zeros without an error.
    """
    filled = np.asarray(np.isfinite(data).any(axis=(1, 2)))
    elsewhere = filled.any() or (scl is not None and bool((scl > 0).any()))
    if elsewhere and not filled.all():
        lost = ", ".join(band for band, full in zip(bands, filled, strict=True) if not full)
        raise PassRefused(f"{lost} holds no data where the rest of the pass does")
