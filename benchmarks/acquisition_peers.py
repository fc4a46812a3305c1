"""One way of reading 60 scenes x 5 bands of one airfield from a server, in a process of its own; prints a line of JSON.

python acquisition_peers.py WAY ITEMS.json IN_FLIGHT     WAY: ours, rasterio, odc, odc-defaults, async-tiff

Each tells wall and CPU seconds of the reading alone (imports and the parsing of items are left out), the process's peak
memory, and the SHA-256 of every window on the grid of 10 m, so that the ways are held to the same pixels.
"""

import asyncio
import hashlib
import json
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

WEST, SOUTH, EAST, NORTH = 606_000, 5_094_240, 608_500, 5_096_240
"""The airfield, UTM 32: 2.5 x 2 km inside one tile of 1024 pixels, its edges on 20 m."""
EPSG, SHAPE, BANDS = 32632, (200, 250), ("blue", "green", "red", "nir", "scl")
TUNED = {
    "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",
    "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": ".tif",
    "GDAL_INGESTED_BYTES_AT_OPEN": "16384",
    "CPL_VSIL_CURL_CACHE_SIZE": str(512 * 2**20),
}
Digests = dict[str, str]


def digest(pixels: Any, shape: tuple[int, int] = SHAPE) -> str:
    """SHA-256 of a window's counts on the grid of 10 m; classes of 20 m are doubled."""
    fine = np.asarray(pixels)
    if fine.shape != shape:
        fine = fine.repeat(2, axis=0).repeat(2, axis=1)
    return hashlib.sha256(np.ascontiguousarray(fine, "<u2").tobytes()).hexdigest()


def list_assets(items: Path) -> Iterator[tuple[str, str]]:
    """Name and address of every asset of every scene."""
    for one in json.loads(items.read_text())["features"]:
        yield from ((f"{one['id']} {band}", one["assets"][band]["href"]) for band in BANDS)


def prepare_ours(items: Path, in_flight: int) -> Callable[[], Digests]:
    """The ordinary line from a survey to scenes, an empty cache of chips filled on the way."""
    from acquisition_ours import read_digests, survey_at

    from imagery_watch.model import Grid
    from imagery_watch.settings import Settings

    settings = Settings(home=Path(tempfile.mkdtemp(dir=items.parent)), in_flight=in_flight)
    found = survey_at(items, Grid(EPSG, WEST, NORTH, SHAPE[1], SHAPE[0]), settings)
    return lambda: read_digests(found, settings)


def prepare_rasterio(items: Path, in_flight: int) -> Callable[[], Digests]:
    """A pool of threads, each opening and reading one asset."""
    import rasterio
    from rasterio.windows import from_bounds

    def one(job: tuple[str, str]) -> tuple[str, str]:
        with rasterio.Env(**TUNED), rasterio.open(job[1]) as source:
            window = from_bounds(WEST, SOUTH, EAST, NORTH, source.transform)
            return job[0], digest(source.read(1, window=window))

    jobs = list(list_assets(items))

    def read() -> Digests:
        with ThreadPoolExecutor(in_flight) as pool:
            return dict(pool.map(one, jobs))

    return read


def prepare_odc(items: Path, in_flight: int, *, tuned: bool = True) -> Callable[[], Digests]:
    """odc-stac with a pool, tuned or out of the box."""
    import odc.stac
    import pystac
    from odc.geo.geobox import GeoBox

    if tuned:
        os.environ.update(TUNED)
    found = [pystac.Item.from_dict(one) for one in json.loads(items.read_text())["features"]]
    box = GeoBox.from_bbox((WEST, SOUTH, EAST, NORTH), crs=f"EPSG:{EPSG}", resolution=10)

    def read() -> Digests:
        cube = odc.stac.load(found, bands=list(BANDS), geobox=box, pool=in_flight, groupby="id", dtype="uint16",
                             resampling="nearest")  # fmt: skip
        order = sorted(found, key=lambda item: item.datetime)
        return {f"{item.id} {band}": digest(cube[band].values[n]) for n, item in enumerate(order) for band in BANDS}

    return read


def prepare_async_tiff(items: Path, in_flight: int) -> Callable[[], Digests]:
    """async-tiff over obstore, whole tiles, unpacked in its own threads."""
    from async_tiff import TIFF
    from obstore.store import HTTPStore

    jobs = list(list_assets(items))
    host = jobs[0][1].split("/", 3)
    store = HTTPStore.from_url("/".join(host[:3]), client_options={"allow_http": True})

    async def one(job: tuple[str, str], gate: asyncio.Semaphore) -> tuple[str, str]:
        async with gate:
            tiff = await TIFF.open(job[1].split("/", 3)[3], store=store, prefetch=16384)
            first = tiff.ifds[0]
            scale, tie = first.model_pixel_scale[0], first.model_tiepoint
            col, row = round((WEST - tie[3]) / scale), round((tie[4] - NORTH) / scale)
            wide, tall = round((EAST - WEST) / scale), round((NORTH - SOUTH) / scale)
            edge = first.tile_width
            assert col // edge == (col + wide - 1) // edge and row // edge == (row + tall - 1) // edge
            tile = await tiff.fetch_tile(col // edge, row // edge, 0)
            whole = np.asarray(await tile.decode()).reshape(edge, edge)
            return job[0], digest(whole[row % edge : row % edge + tall, col % edge : col % edge + wide])

    async def all_of_them() -> Digests:
        gate = asyncio.Semaphore(in_flight)
        return dict(await asyncio.gather(*(one(job, gate) for job in jobs)))

    return lambda: asyncio.run(all_of_them())


def prepare_odc_defaults(items: Path, in_flight: int) -> Callable[[], Digests]:
    """odc-stac as it comes."""
    return prepare_odc(items, in_flight, tuned=False)


WAYS = {
    "ours": prepare_ours,
    "rasterio": prepare_rasterio,
    "odc": prepare_odc,
    "odc-defaults": prepare_odc_defaults,
    "async-tiff": prepare_async_tiff,
}


def main() -> None:
    """Reads once, and tells how long it took."""
    way, items, in_flight = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    read = WAYS[way](items, in_flight)
    wall, cpu = time.perf_counter(), time.process_time()
    digests = read()
    told = {
        "wall_s": time.perf_counter() - wall,
        "cpu_s": time.process_time() - cpu,
        "rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "windows": len(digests),
        "sha256": hashlib.sha256(json.dumps(sorted(digests.items())).encode()).hexdigest()[:16],
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main()
