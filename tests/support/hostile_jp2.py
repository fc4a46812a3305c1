"""JPEG 2000 that means harm: sizes in its header that nobody should believe, and coordinates that lead elsewhere."""

import struct
from collections.abc import Callable

FIELDS = ("width", "height", "left", "top", "tile_width", "tile_height", "tile_left", "tile_top")
GEOTIFF_BOX = bytes.fromhex("b14bf8bd083d4b43a5ae8cd7d5a6ce03")
CODE = b"urn:ogc:def:crs:EPSG::32633"


def resize(data: bytes, **fields: int) -> bytes:
    """The file with other sizes in its SIZ marker."""
    resized, at = bytearray(data), data.index(b"\xff\x51")
    for name, value in fields.items():
        struct.pack_into(">I", resized, at + 6 + 4 * FIELDS.index(name), value)
    return bytes(resized)


def lead(data: bytes, place: str) -> bytes:
    """The file with its CRS at a place, and nowhere else."""
    assert len(place) <= len(CODE)
    return data.replace(GEOTIFF_BOX, bytes(16)).replace(CODE, place.ljust(len(CODE)).encode())


HUGE = 2**31 - 1
SIZES: dict[str, Callable[[bytes], bytes]] = {
    "2^31 x 2^31": lambda data: resize(data, width=HUGE, height=HUGE),
    "a tile of 16384 x 16384": lambda data: resize(
        data, width=2**14, height=2**14, tile_width=2**14, tile_height=2**14
    ),
    "a million tiles": lambda data: resize(data, width=2**20, height=2**20, tile_width=1, tile_height=1),
    "tiles of one pixel": lambda data: resize(data, tile_width=1, tile_height=1),
    "a corner beyond the end": lambda data: resize(data, left=HUGE, top=HUGE),
    "no size": lambda data: resize(data, width=0, height=0, tile_width=0, tile_height=0),
}


def one_huge_tile(data: bytes) -> bytes:
    """Of which GDAL tells that its blocks are small."""
    return resize(data, width=2**18, height=2**18, tile_width=2**18, tile_height=2**18)
