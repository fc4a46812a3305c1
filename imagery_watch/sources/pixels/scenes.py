"""From Acquisitions to Scenes: every window of every pass, in parallel, complete or refused."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import time

import numpy as np
from numpy.typing import NDArray

from imagery_watch.errors import PassRefused, ReadFailed, StopAsked
from imagery_watch.model import Acquisition, BandAsset, Expected, Grid, ListedItem, Pixels, Scene, SourceNote
from imagery_watch.model.access import Origin
from imagery_watch.reasons import Reason, ReasonCode
from imagery_watch.sensors.protocol import Sensor
from imagery_watch.sensors.sun import solar_position
from imagery_watch.sources.pixels.native.turns import take_turn
from imagery_watch.sources.pixels.reader import Reader, Unread
from imagery_watch.sources.pixels.source_notes import note_source

CLASSES = "classes"
"""What the scene classification is called among the bands."""
CLOUDED_SHARE = 0.98
"""Share of the classified Grid that must be called cloud or shadow for the bands not to be read.

The change stage calls a pass clouded where less than 15 % of the ring is clear: with a ring of a seventh of the Grid
such a pass is clouded whatever its bands hold (docs/method.md, section 3).
"""
LEAST_MARGIN_M = 1000.0
"""With less around the aprons the ring may be less than that, and all bands are read."""
MOST_ASSETS = 8
"""Of an item in which no band was found, those that are named."""


def read_scenes(
    acquisitions: Sequence[Acquisition],
    grid: Grid,
    lonlat: tuple[float, float],
    reader: Reader,
    on_pass: Callable[[int, Acquisition], None] = lambda *_: None,
) -> Iterator[Scene | Unread]:
    """The Scene of each Acquisition in turn, or why there is none.

    Windows of all passes go through one pool; `on_pass` is told of each pass before it is waited for, and how many
    are done. `lonlat` is the airfield's, for the sun where items do not state it.
    """
    pool, patient = ThreadPoolExecutor(count_threads(reader.settings.in_flight), thread_name_prefix="read"), True
    try:
        plans = deque(_Plan(acquisition, grid, reader, pool) for acquisition in acquisitions)
        while plans:
            plan = plans.popleft()  # its windows are let go of as soon as they are joined
            on_pass(len(acquisitions) - len(plans) - 1, plan.acquisition)
            yield _join(plan, lonlat)
    except StopAsked:
        patient = False  # a server that hangs would be waited for
        raise
    finally:
        pool.shutdown(wait=patient, cancel_futures=True)


def count_threads(in_flight: int) -> int:
    """Threads for so many connections: while a few unpack what came, the others keep the connections busy."""
    return in_flight + 4


def _join(plan: "_Plan", lonlat: tuple[float, float]) -> Scene | Unread:
    """The Scene of a plan, or of the other copies of its products where it cannot be read; else why there is none."""
    try:
        return plan.scene(lonlat)
    except (PassRefused, ReadFailed) as error:
        other, cause = plan.elsewhere(), error
    if other is None:
        return cause
    second = _join(other, lonlat)
    if not isinstance(second, Scene):
        return min(cause, second, key=lambda error: not isinstance(error, ReadFailed))
    note = ReasonCode.READ_ELSEWHERE.because(item=", ".join(second.item_ids), what=cause)
    return replace(second, notes=(*second.notes, note))


class _Plan:
    """The windows of one pass, asked for and not yet joined."""

    def __init__(self, acquisition: Acquisition, grid: Grid, reader: Reader, pool: ThreadPoolExecutor) -> None:
        self.acquisition, self.grid, self.reader, self.pool = acquisition, grid, reader, pool
        self.listed = _own_zone_first(acquisition.listed, grid)
        held = [set(one.facts.bands) for one in self.listed]
        common = set.intersection(*held) if held else set()
        self.bands = tuple(band for band in reader.sensor.bands if band in common)
        self.failed = set[tuple[str, ...]]()
        """The products of which a window could not be read."""
        self.sources: list[SourceNote] = []
        """The windows that were read."""
        self.missing = sorted(set().union(*held) - common)
        self.windows: dict[str, Future[NDArray[np.float32]]] = {}
        """Asked for once the classes are there, which a pass under cloud is known by."""
        self.scl = pool.submit(take_turn, self._scl_first)

    def elsewhere(self) -> "_Plan | None":
        """The pass with the next copies of what could not be read; None where none of them can be opened.

        Where no window failed, but the pass as a whole, all of its products are in question.
        """
        in_question = self.failed or {one.same for one in self.listed}
        others = [one for one in reversed(self.acquisition.elsewhere) if one.count_open()]
        copies = {one.same: one for one in others if one.same in in_question}
        if not copies:
            return None
        listed = tuple(copies.get(one.same, one) for one in self.acquisition.listed)
        rest = tuple(one for one in self.acquisition.elsewhere if all(one is not copy for copy in listed))
        return _Plan(replace(self.acquisition, listed=listed, elsewhere=rest), self.grid, self.reader, self.pool)

    def scene(self, lonlat: tuple[float, float]) -> Scene:
        """The joined pixels. Raises Unread: the passing reasons first, for they hide the lasting ones."""
        if not self.bands:
            found = _describe_assets(self.listed, self.reader.sensor)
            reason = Reason(ReasonCode.NO_BANDS, f"{ReasonCode.NO_BANDS.sentence}: {found}")
            raise self._settle(reason)
        self._check_time(lonlat)
        scl, scl_note = self._classes()
        errors = [error for future in self.windows.values() if (error := future.exception()) is not None]
        for error in sorted(errors, key=lambda error: not isinstance(error, ReadFailed)):
            raise error
        data = self._stack(scl)
        if lost := _find_lost(data, scl, tuple(self.windows)):
            raise self._settle(ReasonCode.BAND_EMPTY.because(bands=lost))
        self.reader.forget(self._subject)
        stated = self.acquisition.listed[0].facts.sun
        sun = stated or solar_position(*lonlat, self.acquisition.datetime)
        notes = [*scl_note, *(() if stated else (ReasonCode.SUN_COMPUTED.because(),))]
        notes += [ReasonCode.BAND_LEFT_OUT.because(band=band) for band in self.missing]
        valid: NDArray[np.bool_] = np.asarray(np.isfinite(data).all(axis=0))
        np.copyto(data, np.float32(np.nan), where=~valid)
        if not self.windows:
            notes.append(ReasonCode.BANDS_SPARED.because(share=self._hidden(scl)))
        return Scene(
            acquisition_id=self.acquisition.id,
            item_ids=self.acquisition.item_ids,
            datetime=self.acquisition.datetime,
            platform=self.acquisition.platform,
            relative_orbit=self.acquisition.relative_orbit,
            bands=tuple(self.windows),
            data=data,
            valid=valid,
            scl=scl,
            sun_azimuth=sun.azimuth,
            sun_elevation=sun.elevation,
            offset=self.listed[0].facts.bands[self.bands[0]].offset,
            notes=tuple(notes),
            sensor=self.reader.sensor.name,
            quantity=self.reader.sensor.quantity,
            sources=tuple(sorted(self.sources, key=lambda one: (one.item, one.band, one.href))),
        )

    def _settle(self, reason: Reason) -> Unread:
        """A refusal where its items are files of the user's own, which nobody else will mend, or it was so before."""
        origins = [one.origin or Origin(self.reader.catalog, self.reader.local_root) for one in self.listed]
        if all(origin.local_root is not None for origin in origins):
            return PassRefused(reason)
        return self.reader.settle(ReadFailed(reason), self._subject)

    @property
    def _subject(self) -> str:
        """What tells the pass, as it is listed now, from all others, in notes about it as a whole."""
        return "\n".join(("pass", *(f"{one.id} {one.facts.stamp}" for one in self.listed)))

    def _check_time(self, lonlat: tuple[float, float]) -> None:
        """Reflectance is taken by day: another time is that of something else. Raises PassRefused."""
        if self.reader.sensor.quantity != "reflectance":
            return
        when = self.acquisition.datetime
        elevation = solar_position(*lonlat, when).elevation
        told = f"{when:%Y-%m-%d %H:%M}"
        if elevation < 0:
            raise PassRefused(ReasonCode.NO_SUN.because(when=told, depth=-elevation))
        named = [one.facts.named_time or "" for one in self.listed]
        if when.time() == time() and not any("T" in name for name in named):
            raise PassRefused(ReasonCode.DAY_ALONE.because(when=told))

    def _window(self, one: ListedItem, key: str, expected: Expected, band: str) -> Pixels:
        """As `Reader.window`, and notes whose could not be read, and what was."""
        try:
            chip = self.reader.window(one, key, self.grid, expected)
        except (PassRefused, ReadFailed):
            self.failed.add(one.same)
            raise
        self.sources.append(note_source(self.acquisition.id, one, key, band, chip))
        return chip.pixels

    def _band(self, band: str) -> NDArray[np.float32]:
        """The quantity of one band: the first item's pixels, and the next ones' only where there are none yet."""
        sensor, joined = self.reader.sensor, np.full(self.grid.shape, np.nan, np.float32)
        for one in self.listed:
            asset = one.facts.bands[band]
            expected = expect_scale(sensor.band_raster, asset)
            pixels = self._window(one, asset.key, expected, band)
            if asset.gain != 1.0:
                pixels = pixels.astype(np.float32) * np.float32(asset.gain)
            if why := sensor.implausible(pixels):
                self.failed.add(one.same)
                raise PassRefused(ReasonCode.COUNTS_IMPLAUSIBLE.because(band=band, item=one.id, what=why))
            gaps = np.isnan(joined)
            np.copyto(joined, sensor.to_physical(pixels, asset), where=gaps)
            if not np.isnan(joined).any():
                break
        return joined

    def _scl_first(self) -> NDArray[np.uint8] | None:
        """The classes; each band is asked for then, unless they call all of the ground cloud."""
        scl = None
        try:
            scl = self._scl()
        finally:
            if self._hidden(scl) < CLOUDED_SHARE:
                with suppress(RuntimeError):  # the pool was told to stop, and nobody waits for the pass
                    self.windows = {band: self.pool.submit(take_turn, self._band, band) for band in self.bands}
        return scl

    def _hidden(self, scl: NDArray[np.uint8] | None) -> float:
        margin_m = self.reader.settings.margin_m
        if margin_m < LEAST_MARGIN_M:
            return 0.0
        return measure_hidden(scl, self.reader.sensor.class_raster.hiding, round(margin_m / self.grid.resolution))

    def _stack(self, scl: NDArray[np.uint8] | None) -> NDArray[np.float32]:
        """(band, y, x): the bands that were read; none of a pass under cloud."""
        if not self.windows and scl is not None:
            return np.empty((0, *scl.shape), np.float32)
        return np.stack([self.windows[band].result() for band in self.windows])

    def _scl(self) -> NDArray[np.uint8] | None:
        """Classes of the first item that has them there, 0 where none has; None if no item has any."""
        joined = np.zeros(self.grid.shape, np.uint8)
        classified = [(one, one.facts.classes) for one in self.listed if one.facts.classes is not None]
        for one, key in classified:
            classes = self._window(one, key, self.reader.sensor.class_raster, CLASSES)
            joined = np.where(joined == 0, np.minimum(classes, 255).astype(np.uint8), joined)
            if joined.all():
                break
        return joined if classified else None

    def _classes(self) -> tuple[NDArray[np.uint8] | None, tuple[Reason, ...]]:
        """The scene classification is a help, not a need: a refused one leaves the pass usable, and is noted."""
        try:
            scl = self.scl.result()
        except PassRefused as error:
            return None, (ReasonCode.NO_CLASSES.because(what=f" ({error})"),)
        return scl, () if scl is not None else (ReasonCode.NO_CLASSES.because(what=" in the item"),)


def measure_hidden(scl: NDArray[np.uint8] | None, hiding: Sequence[int], margin_px: int) -> float:
    """Share of the classified ground that is of a class that hides it.

    0 where there are no classes, or not everywhere within the margin around the aprons: those may lie in no imagery.
    """
    if scl is None or not hiding:
        return 0.0
    core = scl[margin_px:-margin_px, margin_px:-margin_px] if 0 < 2 * margin_px < min(scl.shape) else scl
    return float(np.isin(scl[scl > 0], hiding).mean()) if core.all() else 0.0


def _describe_assets(items: Sequence[ListedItem], sensor: Sensor) -> str:
    """What was found in the items, and what was looked for; for a refusal."""
    assets = {key: asset for one in items for key, asset in one.item.assets.items()}
    found = ", ".join(f"{key} ({asset.media_type or 'no type'})" for key, asset in list(assets.items())[:MOST_ASSETS])
    more = f" and {len(assets) - MOST_ASSETS} more" if len(assets) > MOST_ASSETS else ""
    wanted = ", ".join(band for band in sensor.bands if band != "mono")
    return f"found {found[:400] or 'none'}{more}; looked for {wanted}, or their common names, as GeoTIFF"


def expect_scale(expected: Expected, asset: BandAsset) -> Expected:
    """What the raster of a band must be, its scale and offset being those that the item's words call for."""
    scale = None if expected.scale is None else expected.scale * asset.gain
    return replace(expected, scale=scale, offset=asset.offset)


def _own_zone_first(items: Sequence[ListedItem], grid: Grid) -> list[ListedItem]:
    """Items in the Grid's own UTM zone are read as they are; others would be resampled, so they only fill gaps."""
    return sorted(items, key=lambda one: one.facts.epsg not in (grid.epsg, None))


def _find_lost(data: NDArray[np.float32], scl: NDArray[np.uint8] | None, bands: Sequence[str]) -> str:
    """Bands without a single pixel where others have them: not read, but lost. Empty where there is none.

    An interrupted write leaves a GeoTIFF that opens, and reads as zeros without an error.
    """
    filled = np.asarray(np.isfinite(data).any(axis=(1, 2)))
    elsewhere = filled.any() or (scl is not None and bool((scl > 0).any()))
    return ", ".join(band for band, full in zip(bands, filled, strict=True) if elsewhere and not full)
