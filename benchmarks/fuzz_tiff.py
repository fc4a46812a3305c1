"""Headers turned over: `python benchmarks/fuzz_tiff.py --cases 1000000 --seed 1`.

Each case is a real TIFF of several kinds, of which bytes were turned, fields given extreme values, entries exchanged,
parts of another file put in, or the end cut off. The reader of plain TIFFs parses its first bytes and reads a window.
It may read, or say that the file is another's to read, or damaged; a crash, an exception of another kind, more than a
second or more than the memory that is left to it is a fault of ours, and the exit code is 1. `--only N` tries one case.
"""

import argparse
import logging
import multiprocessing
import random
import resource
import signal
import struct
import sys
import tempfile
import time
import warnings
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parent.parent
sys.path.append(str(ROOT / "tests"))

from support.rasters import pattern, write_raster  # noqa: E402

from imagery_watch.sources.pixels.tiff.directory import Directory, parse_directory  # noqa: E402
from imagery_watch.sources.pixels.tiff.source import open_plain  # noqa: E402
from imagery_watch.sources.pixels.tiff.window import read_window  # noqa: E402
from imagery_watch.sources.pixels.windows import MAX_BLOCK_BYTES  # noqa: E402

HEADER = 8 * 1024
MEMORY = 512 * 2**20
"""Beyond what the process takes before the first case."""
LONGEST_S = 1.0
PROCESSES = 2
WHOLE = 50
"""One in so many cases also looks for its CRS, which takes longer than all else."""
EXTREMES = (
    *(0, 1, 2, 3, 7, 8, 16, 255, 256, 4096, 16_384, 65_535, 65_536, 2**20, 2**20 + 1, 2**24, 2**31 - 1, 2**31),
    *(2**32 - 1, 2**32, 2**40, 2**63 - 1, 2**63, 2**64 - 1),
)
TAGS = (254, 256, 257, 258, 259, 262, 266, 274, 277, 317, 322, 323, 324, 325, 330, 338, 339, 33550, 33922, 34264, 34735,
        42112, 42113)  # fmt: skip
TILED = {"driver": "GTiff", "tiled": True, "blockxsize": 64, "blockysize": 64}
KINDS: dict[str, dict[str, Any]] = {
    "COG": {"blocksize": 128},
    "COG with overviews": {"blocksize": 128, "overviews": "AUTO"},
    "COG in BigTIFF": {"blocksize": 128, "bigtiff": "YES"},
    "COG not packed": {"blocksize": 128, "compress": "NONE", "predictor": 1},
    "tiled": {**TILED, "compress": "DEFLATE", "nodata": 0},
    "tiled, big-endian": {**TILED, "compress": "DEFLATE", "predictor": 2, "endianness": "BIG"},
    "tiled, BigTIFF, big-endian": {**TILED, "endianness": "BIG", "bigtiff": "YES"},
    "strips": {"driver": "GTiff", "tiled": False, "compress": "DEFLATE"},
    "LZW": {"blocksize": 128, "compress": "LZW"},
}


class Tally(NamedTuple):
    """What came of cases."""

    counted: Counter[str]
    slowest_s: float
    bad: list[str]


class TooLongError(BaseException):
    """A case that took too long: no handler of the reader's takes it for one of its own."""


def make_seeds(folder: Path) -> list[bytes]:
    """A file of every kind."""
    counts = pattern(300, 420) // 40 + 500
    return [
        write_raster(folder / f"{number}.tif", counts, 600_000.0, 5_100_000.0, **options).read_bytes()
        for number, options in enumerate(KINDS.values())
    ]


def mutate(seeds: list[bytes], dice: random.Random) -> bytes:
    """A file with some things turned over."""
    data = bytearray(dice.choice(seeds))
    for _ in range(dice.choice((1, 1, 1, 2, 3, 5))):
        CHANGES[dice.randrange(len(CHANGES))](data, dice, seeds)
    return bytes(data)


def turn_bytes(data: bytearray, dice: random.Random, _: list[bytes]) -> None:
    """In the directory, or anywhere in the header."""
    for _ in range(dice.randint(1, 6)):
        data[dice.randrange(min(len(data), dice.choice((16, 700, HEADER))))] = dice.randrange(256)


def set_extreme(data: bytearray, dice: random.Random, _: list[bytes]) -> None:
    """A number somewhere in the header."""
    form = dice.choice("<>") + dice.choice("HIIQd")
    value = dice.choice(EXTREMES) & (256 ** struct.calcsize(form) - 1)
    at = dice.randrange(min(len(data), 900))
    if at + struct.calcsize(form) <= len(data):
        whole: float | int = dice.choice((float("nan"), float("inf"), 1e308, -1.0)) if form[1] == "d" else value
        struct.pack_into(form, data, at, whole)


def find_entries(data: bytearray) -> tuple[str, bool, int, int]:
    """The order of bytes, whether it is BigTIFF, where the first directory's entries begin, and how many there are."""
    order, big = ("<" if data[:2] == b"II" else ">"), len(data) > 16 and 43 in data[2:4]
    try:
        first = struct.unpack_from(order + ("Q" if big else "I"), data, 8 if big else 4)[0]
        count = struct.unpack_from(order + ("Q" if big else "H"), data, first)[0]
    except (struct.error, OverflowError):
        return order, big, 0, 0
    begin = first + (8 if big else 2)
    return order, big, begin, min(count, 64) if begin + min(count, 64) * (20 if big else 12) <= len(data) else 0


def change_entry(data: bytearray, dice: random.Random, _: list[bytes]) -> None:
    """The tag, type, count or value of an entry."""
    order, big, begin, count = find_entries(data)
    if not count:
        return
    at, wide = begin + dice.randrange(count) * (20 if big else 12), "Q" if big else "I"
    where = dice.randrange(4)
    if where == 0:
        struct.pack_into(f"{order}H", data, at, dice.choice(TAGS))
    elif where == 1:
        struct.pack_into(f"{order}H", data, at + 2, dice.randrange(20))
    else:
        value = dice.choice((*EXTREMES, dice.randrange(2000))) & (256 ** struct.calcsize(f"={wide}") - 1)
        struct.pack_into(order + wide, data, at + (4 if where == 2 else 4 + struct.calcsize(f"={wide}")), value)


def exchange_entries(data: bytearray, dice: random.Random, _: list[bytes]) -> None:
    """Two entries change places, or one is there twice."""
    _order, big, begin, count = find_entries(data)
    if count:
        size = 20 if big else 12
        one, two = (begin + dice.randrange(count) * size for _ in range(2))
        kept = bytes(data[one : one + size])
        if dice.random() < 0.5:
            data[one : one + size] = data[two : two + size]
        data[two : two + size] = kept


def splice(data: bytearray, dice: random.Random, seeds: list[bytes]) -> None:
    """A part of another file."""
    other = dice.choice(seeds)
    length, source = dice.randrange(1, 400), dice.randrange(min(len(other), HEADER))
    at = dice.randrange(min(len(data), 900))
    part = other[source : source + length]
    data[at : at + len(part)] = part


def cut(data: bytearray, dice: random.Random, _: list[bytes]) -> None:
    """The end is not there."""
    del data[dice.randrange(8, dice.choice((64, 1024, max(9, len(data))))) :]


CHANGES = (turn_bytes, turn_bytes, set_extreme, change_entry, change_entry, exchange_entries, splice, cut)


def try_case(data: bytes, dice: random.Random) -> str:
    """What the reader makes of a file. Raises whatever it raises, and should not."""
    directory = parse_directory(data[:HEADER])
    if directory is None:
        return "of another kind"
    if directory.tile_width * directory.tile_height * directory.dtype.itemsize > MAX_BLOCK_BYTES:
        return "blocks too large, refused"
    if dice.randrange(WHOLE) == 0 and not has_crs(data):
        return "of a CRS that nobody knows"
    row, col = dice.randrange(directory.height), dice.randrange(directory.width)
    shape = min(dice.randint(1, 200), directory.height - row), min(dice.randint(1, 200), directory.width - col)
    return read_some(directory, data, (row, col), shape)


def has_crs(data: bytes) -> bool:
    """Whether the file's CRS is known."""
    import rasterio

    with rasterio.Env():  # else PROJ says on stderr what it does not find
        return open_plain(data[:HEADER], lambda start, end: data[start:end], len(data)) is not None


def read_some(directory: Directory, data: bytes, corner: tuple[int, int], shape: tuple[int, int]) -> str:
    """What comes of a window."""
    try:
        pixels = read_window(directory, lambda start, end: data[start:end], len(data), corner, shape, 0)
    except OSError:
        return "damaged"
    if pixels.shape != shape or pixels.dtype.newbyteorder("=") != directory.dtype.newbyteorder("="):
        raise AssertionError(f"{pixels.shape} of {pixels.dtype} where {shape} of {directory.dtype} is due")
    return "read"


def run(seed: int, first: int, last: int) -> Tally:
    """The cases of one process."""
    warnings.simplefilter("ignore")
    signal.signal(signal.SIGALRM, _too_long)
    logging.getLogger("rasterio").setLevel(logging.CRITICAL)
    with tempfile.TemporaryDirectory() as folder:
        seeds = make_seeds(Path(folder))
    taken = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    most = taken + MEMORY if hard == resource.RLIM_INFINITY else min(taken + MEMORY, hard)
    resource.setrlimit(resource.RLIMIT_AS, (most, hard))
    counted, slowest, bad = Counter[str](), 0.0, list[str]()
    for number in range(first, last):
        dice = random.Random(seed * 10**9 + number)
        data, began = mutate(seeds, dice), time.perf_counter()
        signal.setitimer(signal.ITIMER_REAL, LONGEST_S)
        try:
            what = try_case(data, dice)
        except (Exception, TooLongError) as error:
            what = f"BAD {type(error).__name__}"
            bad.append(f"case {number}: {what}: {error}"[:200])
        signal.setitimer(signal.ITIMER_REAL, 0)
        counted[what] += 1
        slowest = max(slowest, time.perf_counter() - began)
    return Tally(counted, slowest, bad)


def _too_long(*_: object) -> None:
    raise TooLongError


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", type=int)
    options = parser.parse_args()
    began = time.monotonic()
    if options.only is not None:
        tallies = [run(options.seed, options.only, options.only + 1)]
    else:
        edges = [options.cases * number // PROCESSES for number in range(PROCESSES + 1)]
        with multiprocessing.get_context("spawn").Pool(PROCESSES) as pool:
            tallies = pool.starmap(run, [(options.seed, *edges[number : number + 2]) for number in range(PROCESSES)])
    counted = sum((one.counted for one in tallies), Counter[str]())
    took = time.monotonic() - began
    for name, count in counted.most_common():
        print(f"{count:9d}  {count / counted.total():6.2%}  {name}")
    print(f"{counted.total():9d}  cases in {took:.0f} s, {counted.total() / took:.0f} a second; slowest "
          f"{1000 * max(one.slowest_s for one in tallies):.0f} ms")  # fmt: skip
    bad = [text for one in tallies for text in one.bad]
    print(*bad[:20], sep="\n")
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
