"""A day's archive of readsb traces, made up, scanned for one airfield: our seconds and memory, and a plain reader's.

`python benchmarks/tracks.py --traces 2000` writes the archive into a temporary folder, reads it in processes of their
own, one after the other, and prints what each took; `--only ours` leaves the other readers out. Nothing of it is
anybody's data.
"""

import argparse
import gzip
import io
import json
import math
import random
import resource
import subprocess
import sys
import tarfile
import tempfile
import time
from multiprocessing import Pool
from pathlib import Path

ROWS = 1_000
"""A trace, some 100 KB unpacked: the mean of a day's archive of 30,000 traces and 3 GB."""
NEAR = 0.02
"""Of the traces pass Zurich; the others are anywhere."""
LAT, LON = 47.457, 8.55
DAY = 1_700_006_400
DETAILS = {"type": "adsb_icao", "alt_geom": 33_825, "track": 327.8, "nic": 8, "rc": 186, "version": 2, "nac_p": 9}


def make_trace(number: int) -> bytes:
    """A flight in a straight line, as tar1090 writes it; of one number always the same."""
    dice = random.Random(number)
    near = dice.random() < NEAR
    lat, lon = (LAT, LON) if near else (math.degrees(math.asin(dice.uniform(-0.9, 0.9))), dice.uniform(-180, 180))
    heading, start = dice.uniform(0, 2 * math.pi), dice.uniform(0, 60_000)
    rows = []
    for row in range(ROWS):
        km = (row - ROWS / 2) * 0.8
        place = lat + km * math.cos(heading) / 111, lon + km * math.sin(heading) / 111 / math.cos(math.radians(lat))
        details = DETAILS | {"flight": f"TST{number:05d} "} if row % 8 == 0 else None
        altitude = "ground" if near and abs(km) < 1 else round(min(38_000, 1_400 + 300 * abs(km)))
        rows.append([round(start + 4.1 * row, 2), round(place[0], 6), round(place[1], 6), altitude, 420.5, 327.8, 0, 64,
                     details, "adsb_icao", 33_825, 32, 280, 0.1])  # fmt: skip
    told = {"icao": f"{number + 1:06x}", "r": "TEST", "t": "A320", "timestamp": DAY, "trace": rows}
    return json.dumps(told, separators=(",", ":")).encode()


def pack_trace(number: int) -> tuple[bytes, int]:
    """A trace as gzip, and its bytes unpacked."""
    text = make_trace(number)
    return gzip.compress(text, 1), len(text)


def write_archive(path: Path, traces: int) -> int:
    """The tar of so many traces, each packed; returns their bytes unpacked."""
    size = 0
    with tarfile.open(path, "w") as archive, Pool() as pool:
        for number, (data, unpacked) in enumerate(pool.imap(pack_trace, range(traces), chunksize=64)):
            size += unpacked
            told = tarfile.TarInfo(f"./traces/{number % 256:02x}/trace_full_{number + 1:06x}.json")
            told.size = len(data)
            archive.addfile(told, io.BytesIO(data))
    return size


def read_ours(path: Path) -> str:
    """With the prefilter, aircraft after aircraft."""
    from imagery_watch.settings import read_settings
    from imagery_watch.sources.airfields.known import find_airfield
    from imagery_watch.tracks import inspect_tracks

    home = read_settings().home
    [contents] = (report := inspect_tracks([path], home, airfield=find_airfield("LSZH", home))).contents
    assert report.at is not None
    return (
        f"{len(contents.aircraft)} aircraft near, {len(report.at.movements)} movements, {contents.untouched} untouched"
    )


def read_whole(path: Path) -> str:
    """Ours without an airfield: every trace is taken apart."""
    from imagery_watch.settings import read_settings
    from imagery_watch.tracks import inspect_tracks

    [contents] = inspect_tracks([path], read_settings().home).contents
    return f"{len(contents.aircraft)} aircraft, {sum(one.fixes for one in contents.aircraft):,} fixes"


def read_pandas(path: Path) -> str:
    """As a notebook would: a table a trace, all of them joined, and then the rows near Zurich."""
    import pandas as pd

    tables = []
    with tarfile.open(path) as archive:
        for member in archive:
            told = json.loads(gzip.decompress(archive.extractfile(member).read()))
            table = pd.DataFrame([row[:5] for row in told["trace"]], columns=["t", "lat", "lon", "altitude", "speed"])
            table["t"] += told["timestamp"]
            tables.append(table.assign(hex=told["icao"]))
    whole = pd.concat(tables)
    near = whole[whole.lat.between(LAT - 0.54, LAT + 0.54) & whole.lon.between(LON - 0.8, LON + 0.8)]
    return f"{near.hex.nunique()} aircraft near, of {len(whole):,} rows"


READERS = {"ours": read_ours, "ours, no airfield": read_whole, "plain pandas": read_pandas}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--traces", type=int, default=2_000)
    parser.add_argument("--only", choices=READERS, help="this reader alone")
    parser.add_argument("--read", nargs=2, metavar=("READER", "FILE"), help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.read:
        started = time.perf_counter()
        said = READERS[chosen.read[0]](Path(chosen.read[1]))
        seconds, peak = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"{chosen.read[0]:18} {seconds:6.1f} s  {peak:6.0f} MB at most  {said}")
        return
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder, "day.tar")
        size, packed = write_archive(archive, chosen.traces) / 1e6, archive.stat().st_size / 1e6
        print(f"{chosen.traces} traces of {ROWS} rows: {size:.0f} MB, packed {packed:.0f} MB", flush=True)
        for name in [chosen.only] if chosen.only else READERS:
            subprocess.run([sys.executable, __file__, "--read", name, str(archive)], check=True)


if __name__ == "__main__":
    main()
