"""How fast an airfield's pixels come from far away: ours beside its peers, in one interleaved run. SIMULATED imagery.

python benchmarks/acquisition.py                       60 scenes x 5 bands, mid (50 ms to the first byte), 32 in flight
python benchmarks/acquisition.py --profile far         150 ms, 64 in flight
python benchmarks/acquisition.py --peers-python PATH   an interpreter that has odc-stac, async-tiff and obstore

It builds an archive (sparse files of 10,980 x 10,980 pixels with ground around the airfield alone, below 1 GB), starts
nginx with Lua (Debian: nginx-light, libnginx-mod-http-lua), which waits before each answer and limits connections as a
far object store does, runs every way in turn in a process of its own, and prints medians. Requests and bytes are the
server's own count. All ways must give the same pixels.
"""

import argparse
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from acquisition_peers import BANDS, EPSG
from rasterio.windows import Window
from scipy import ndimage

HERE = Path(__file__).resolve().parent
LEFT, TOP, EDGE, TILE = 600_000, 5_100_000, 10_980, 1024
PROFILES = {"near": (0.025, 0.05, 60, 32), "mid": (0.05, 0.1, 20, 32), "far": (0.15, 0.3, 8, 64)}
"""Seconds to the first byte, more on a connection's first request, MB/s a connection, in flight."""
FIGURES = ("wall_s", "cpu_s", "rss_mb", "requests", "mb")
MODULES = Path("/usr/lib/nginx/modules")
CONF = """
load_module {modules}/ndk_http_module.so;
load_module {modules}/ngx_http_lua_module.so;
worker_processes 1; daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{
  log_format counts '$request_method $status $body_bytes_sent';
  access_log {folder}/access.log counts;
  client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3;
  uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
  keepalive_requests 100000; keepalive_timeout 300; sendfile on; tcp_nodelay on;
  server {{
    listen 127.0.0.1:{port}; root {root};
    location / {{
      limit_rate {rate}m;
      access_by_lua_block {{ ngx.sleep(tonumber(ngx.var.connection_requests) == 1 and {first} or {later}) }}
    }}
  }}
}}
"""


def write_archive(root: Path, scenes: int) -> None:
    """The files of all scenes; each band of each scene has a ground of its own."""
    rng = np.random.default_rng(20230801)
    ground = ndimage.gaussian_filter(rng.normal(size=(2 * TILE, 2 * TILE)), 3)
    ground = (1800 + 700 * ground / ground.std()).astype(np.float32)
    for scene in range(scenes):
        for band in BANDS:
            write_band(root / f"scene-{scene:03d}" / f"{band}.tif", ground, rng, coarse=band == "scl")


def write_band(path: Path, ground: Any, rng: np.random.Generator, *, coarse: bool) -> None:
    """One sparse file: ground in the first tile of each direction, where the airfield is."""
    path.parent.mkdir(parents=True, exist_ok=True)
    edge, pixel = (EDGE // 2, 20) if coarse else (EDGE, 10)
    row, col = rng.integers(0, TILE, 2)
    tile = ground[row : row + TILE, col : col + TILE] + rng.normal(0, 18, (TILE, TILE))
    counts = np.full((TILE, TILE), 4) if coarse else np.clip(tile, 1, 20_000)
    profile = {"driver": "GTiff", "width": edge, "height": edge, "count": 1, "dtype": "uint8" if coarse else "uint16",
               "crs": f"EPSG:{EPSG}", "transform": rasterio.Affine(pixel, 0, LEFT, 0, -pixel, TOP), "nodata": 0,
               "tiled": True, "blockxsize": TILE, "blockysize": TILE, "compress": "DEFLATE",
               "predictor": 2}  # fmt: skip
    with rasterio.open(path, "w", SPARSE_OK="TRUE", **profile) as target:
        target.write(counts.astype(profile["dtype"]), 1, window=Window(0, 0, TILE, TILE))


def write_items(path: Path, base: str, scenes: int) -> None:
    """The scenes as Earth Search lists them."""
    from pyproj import Transformer

    to_lonlat = Transformer.from_crs(EPSG, 4326, always_xy=True)
    right, bottom = LEFT + EDGE * 10, TOP - EDGE * 10
    corners = [(LEFT, bottom), (right, bottom), (right, TOP), (LEFT, TOP), (LEFT, bottom)]
    ring = [list(to_lonlat.transform(*corner)) for corner in corners]
    features = [make_item(number, base, ring) for number in range(scenes)]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))


def make_item(number: int, base: str, ring: list[list[float]]) -> dict[str, Any]:
    """One scene as a feature."""
    when = datetime(2023, 1, 2, 10, 20, 30, tzinfo=UTC) + timedelta(days=5 * number)
    stamp = f"{when:%Y%m%dT%H%M%S}"
    assets = {}
    for band in BANDS:
        edge, pixel = (EDGE // 2, 20) if band == "scl" else (EDGE, 10)
        assets[band] = {
            "href": f"{base}/scene-{number:03d}/{band}.tif",
            "type": "image/tiff; application=geotiff; profile=cloud-optimized",
            "roles": ["data"],
            "proj:shape": [edge, edge],
            "proj:transform": [pixel, 0, LEFT, 0, -pixel, TOP],
            "raster:bands": [{"nodata": 0, "data_type": "uint8" if band == "scl" else "uint16"}],
        }
    lon, lat = zip(*ring, strict=True)
    return {
        "type": "Feature",
        "stac_version": "1.0.0",
        "id": f"S2A_32TPS_{when:%Y%m%d}_0_L2A",
        "geometry": {"type": "Polygon", "coordinates": [ring]},
        "bbox": [min(lon), min(lat), max(lon), max(lat)],
        "properties": {
            "datetime": when.isoformat().replace("+00:00", "Z"),
            "platform": "sentinel-2a",
            "constellation": "sentinel-2",
            "proj:epsg": EPSG,
            "s2:processing_baseline": "05.11",
            "s2:product_uri": f"S2A_MSIL2A_{stamp}_N0511_R065_T32TPS_{stamp}.SAFE",
            "earthsearch:boa_offset_applied": True,
        },
        "links": [],
        "assets": assets,
        "collection": "sentinel-2-l2a",
        "stac_extensions": ["https://stac-extensions.github.io/projection/v1.1.0/schema.json"],
    }


@contextmanager
def serving(root: Path, folder: Path, port: int, profile: str) -> Iterator[Path]:
    """Nginx on loopback while it is open; gives the log of what was asked."""
    later, more, rate, _ = PROFILES[profile]
    conf = folder / "nginx.conf"
    conf.write_text(CONF.format(modules=MODULES, folder=folder, port=port, root=root, rate=rate, first=later + more,
                                later=later))  # fmt: skip
    server = subprocess.Popen(["nginx", "-c", str(conf), "-p", str(folder)], stderr=subprocess.DEVNULL)
    try:
        time.sleep(0.5)
        yield folder / "access.log"
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(10)


def run_way(way: str, python: str, items: Path, in_flight: int, log: Path) -> dict[str, Any] | None:
    """One reading in a process of its own, with the server's count; None where the way is not installed."""
    before = log.stat().st_size if log.exists() else 0
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("GDAL_", "CPL_"))}
    done = subprocess.run([python, str(HERE / "acquisition_peers.py"), way, str(items), str(in_flight)],
                          capture_output=True, text=True, env=environment, timeout=600)  # fmt: skip
    if done.returncode:
        if "ModuleNotFoundError" in done.stderr:
            return None
        raise SystemExit(f"{way}: {done.stderr[-2000:]}")
    told: dict[str, Any] = json.loads(done.stdout)
    time.sleep(0.2)
    with log.open() as lines:
        lines.seek(before)
        rows = [line.split() for line in lines]
    return told | {"requests": len(rows), "mb": sum(int(row[2]) for row in rows) / 1e6}


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the table; 1 where the ways do not give the same pixels."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--profile", choices=[*PROFILES], default="mid")
    parser.add_argument("--scenes", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--port", type=int, default=18180)
    parser.add_argument("--peers-python", default=sys.executable)
    parser.add_argument("--ways", default="ours,rasterio,odc,async-tiff,odc-defaults")
    parser.add_argument("--archive", type=Path, help="kept, and used again where it is there")
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="acquisition-") as made:
        folder = Path(made)
        folder.chmod(0o755)
        root, items = chosen.archive or folder / "archive", folder / "items.json"
        if not root.exists():
            write_archive(root, chosen.scenes)
        write_items(items, f"http://127.0.0.1:{chosen.port}", chosen.scenes)
        in_flight = PROFILES[chosen.profile][3]
        found: dict[str, list[dict[str, Any]]] = {}
        with serving(root, folder, chosen.port, chosen.profile) as log:
            for _ in range(chosen.rounds):
                for way in chosen.ways.split(","):
                    python = sys.executable if way == "ours" else chosen.peers_python
                    told = run_way(way, python, items, in_flight, log)
                    if told is not None:
                        found.setdefault(way, []).append(told)
    return show(found)


def show(found: dict[str, list[dict[str, Any]]]) -> int:
    """Prints medians; 1 where pixels differ."""
    print(f"{'way':14} {'wall s':>8} {'min-max':>14} {'CPU s':>7} {'RSS MB':>7} {'requests':>9} {'MB':>7}  pixels")
    for way, rows in found.items():
        middle = {
            name: statistics.median(row[name] for row in rows)
            for name in ("wall_s", "cpu_s", "rss_mb", "requests", "mb")
        }
        span = f"{min(row['wall_s'] for row in rows):.2f}-{max(row['wall_s'] for row in rows):.2f}"
        print(f"{way:14} {middle['wall_s']:8.2f} {span:>14} {middle['cpu_s']:7.2f} {middle['rss_mb']:7.0f} "
              f"{middle['requests']:9.0f} {middle['mb']:7.1f}  {rows[0]['sha256']} x {rows[0]['windows']}")  # fmt: skip
    return 0 if len({row["sha256"] for rows in found.values() for row in rows}) == 1 else 1


if __name__ == "__main__":
    sys.exit(main())
