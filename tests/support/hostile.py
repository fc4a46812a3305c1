"""Files that mean harm, made where they are needed: each says what it would read, ask or fill if it were believed."""

import gzip
import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import NamedTuple


class Place(NamedTuple):
    """Where a case lives, and what it aims at."""

    folder: Path
    """The only one that may be read."""
    raster: Path
    """A canary: a good raster elsewhere."""
    vector: Path
    """A canary: a good airfield elsewhere."""
    port: int
    """A canary of this machine."""

    @property
    def url(self) -> str:
        """The port's."""
        return f"http://127.0.0.1:{self.port}/B04.tif"


SRS = "<SRS>EPSG:32632</SRS><GeoTransform>670000,10,0,5160000,0,-10</GeoTransform>"


def vrt(source: str, *, kind: str = "SimpleSource", band: str = "") -> bytes:
    """A raster that is made of another one."""
    inner = f"<{kind}><SourceFilename>{source}</SourceFilename><SourceBand>1</SourceBand></{kind}>"
    return (f'<VRTDataset rasterXSize="2000" rasterYSize="2000">{SRS}<VRTRasterBand dataType="UInt16" band="1" {band}>'
            f"{inner}</VRTRasterBand></VRTDataset>").encode()  # fmt: skip


def raw_vrt(source: str) -> bytes:
    """A raster made of the bytes of any file."""
    where = "<ImageOffset>0</ImageOffset><PixelOffset>2</PixelOffset><LineOffset>80</LineOffset>"
    return (f'<VRTDataset rasterXSize="40" rasterYSize="20">{SRS}<VRTRasterBand dataType="UInt16" band="1" '
            f'subClass="VRTRawRasterBand"><SourceFilename>{source}</SourceFilename>{where}</VRTRasterBand>'
            "</VRTDataset>").encode()  # fmt: skip


PYTHON = (
    'subClass="VRTDerivedRasterBand"><PixelFunctionType>f</PixelFunctionType><PixelFunctionLanguage>Python'
    '</PixelFunctionLanguage><PixelFunctionCode>import os; os.system("touch /tmp/owned")</PixelFunctionCode><x y="'
)


def laughs(root: str = "kml") -> bytes:
    """A billion of them, in XML."""
    rounds = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    return f'<?xml version="1.0"?><!DOCTYPE {root} [<!ENTITY l0 "ha">{rounds}]><{root}>&l9;</{root}>'.encode()


def xxe(source: str, root: str = "kml") -> bytes:
    """XML that names a file as an entity."""
    return (f'<?xml version="1.0"?><!DOCTYPE {root} [<!ENTITY x SYSTEM "{source}">]><{root}><Document><name>&x;</name>'
            f"<Placemark><name>&x;</name></Placemark></Document></{root}>").encode()  # fmt: skip


def tiff(width: int, height: int, tile: tuple[int, int], data: bytes) -> bytes:
    """A TIFF of one band of 16 bits in UTM, DEFLATE, every tile of it the same bytes."""
    tiles = -(-width // tile[0]) * -(-height // tile[1])
    entries: list[tuple[int, int, int, bytes]] = [
        (256, 4, 1, struct.pack("<I", width)), (257, 4, 1, struct.pack("<I", height)),
        (258, 3, 1, struct.pack("<HH", 16, 0)), (259, 3, 1, struct.pack("<HH", 8, 0)),
        (262, 3, 1, struct.pack("<HH", 1, 0)), (277, 3, 1, struct.pack("<HH", 1, 0)),
        (322, 4, 1, struct.pack("<I", tile[0])), (323, 4, 1, struct.pack("<I", tile[1])),
        (324, 4, tiles, b"OFFSETS"), (325, 4, tiles, b"COUNTS"), (339, 3, 1, struct.pack("<HH", 1, 0)),
        (33550, 12, 3, struct.pack("<3d", 10, 10, 0)), (33922, 12, 6, struct.pack("<6d", 0, 0, 0, 670000, 5160000, 0)),
        (34735, 3, 16, struct.pack("<16H", 1, 1, 0, 3, 1024, 0, 1, 1, 1025, 0, 1, 1, 3072, 0, 1, 32632)),
    ]  # fmt: skip
    start = 8 + 2 + 12 * len(entries) + 4
    body, placed = bytearray(), []
    sizes = {b"OFFSETS": 4 * tiles, b"COUNTS": 4 * tiles}
    total = start + sum(size for *_, one in entries if (size := sizes.get(one, len(one))) > 4)
    for tag, kind, count, value in entries:
        if value == b"OFFSETS":
            value = struct.pack("<I", total) * tiles
        elif value == b"COUNTS":
            value = struct.pack("<I", len(data)) * tiles
        if len(value) > 4:
            placed.append(struct.pack("<HHII", tag, kind, count, start + len(body)))
            body += value
        else:
            placed.append(struct.pack("<HHI", tag, kind, count) + value)
    directory = struct.pack("<H", len(entries)) + b"".join(placed) + b"\0" * 4
    return b"II*\0\x08\0\0\0" + directory + bytes(body) + data


MUCH = 2**29
"""Bytes that a bomb unpacks to."""


@cache
def deflated(size: int = MUCH) -> bytes:
    """So many zeros, packed, without holding them."""
    packer, part = zlib.compressobj(1), bytes(1 << 20)
    return b"".join(packer.compress(part) for _ in range(size >> 20)) + packer.flush()


@cache
def gzipped(head: bytes = b"", size: int = MUCH) -> bytes:
    """So many spaces as gzip has them, behind something."""
    packer, part = zlib.compressobj(1, wbits=31), b" " * (1 << 20)
    return packer.compress(head) + b"".join(packer.compress(part) for _ in range(size >> 20)) + packer.flush()


def zipped(files: dict[str, bytes]) -> bytes:
    """An archive of these."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return held.getvalue()


@cache
def zip_bomb(size: int = MUCH) -> bytes:
    """An archive of one KML that unpacks to so many spaces."""
    held = io.BytesIO()
    with (
        zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open("a.kml", "w") as file,
    ):
        for _ in range(size >> 20):
            file.write(b" " * (1 << 20))
    return held.getvalue()


def lying_zip() -> bytes:
    """The same, and it says that they are a thousand."""
    whole = bytearray(zip_bomb())
    struct.pack_into("<I", whole, whole.rindex(b"PK\x01\x02") + 24, 1000)
    return bytes(whole)


WMS = (
    "<GDAL_WMS><Service name='TMS'><ServerUrl>{url}</ServerUrl></Service><DataWindow><SizeX>2000</SizeX>"
    "<SizeY>2000</SizeY></DataWindow><BandsCount>1</BandsCount></GDAL_WMS>"
)
MRF = (
    "<MRF_META><Raster><Size x='512' y='512'/><PageSize x='512' y='512'/><DataFile>{file}</DataFile><IndexFile>"
    "{file}</IndexFile></Raster><CachedSource><Source>{file}</Source></CachedSource></MRF_META>"
)

TILES = "<GDALTileIndexDataset><IndexDataset>{file}</IndexDataset></GDALTileIndexDataset>"
STAC_ITEMS = '{"stac_version": "1.0.0", "features": [{"assets": {"a": {"href": "/vsicurl/{url}"}}}]}'
CONTENTS: dict[str, Callable[[Place], bytes]] = {
    "VRT of a file": lambda p: vrt(str(p.raster)),
    "VRT of a file, complex": lambda p: vrt(str(p.raster), kind="ComplexSource"),
    "VRT of an address": lambda p: vrt(f"/vsicurl/{p.url}"),
    "VRT of any bytes": lambda p: raw_vrt(str(p.vector)),
    "VRT of /etc/passwd": lambda _: raw_vrt("/etc/passwd"),
    "VRT with Python": lambda p: vrt(str(p.raster), band=PYTHON),
    "VRT behind spaces": lambda p: b" " * 300 + vrt(str(p.raster)),
    "VRT, warped": lambda p: vrt(str(p.raster)).replace(b"<VRTDataset", b'<VRTDataset subClass="VRTWarpedDataset"'),
    "MRF": lambda p: MRF.format(file=p.raster).encode(),
    "MRF of an address": lambda p: MRF.format(file=f"/vsicurl/{p.url}").encode(),
    "WMS": lambda p: WMS.format(url=p.url).encode(),
    "WCS": lambda p: f"<WCS_GDAL><ServiceURL>{p.url}?</ServiceURL><CoverageName>x</CoverageName></WCS_GDAL>".encode(),
    "WMTS": lambda p: f"<GDAL_WMTS><GetCapabilitiesUrl>{p.url}</GetCapabilitiesUrl></GDAL_WMTS>".encode(),
    "STAC items": lambda p: STAC_ITEMS.replace("{url}", p.url).encode(),
    "tile index": lambda p: TILES.format(file=p.vector).encode(),
    "GPKG": lambda _: b"SQLite format 3\0" + bytes(2000),
    "HDF5": lambda _: b"\x89HDF\r\n\x1a\n" + bytes(2000),
    "HDF4": lambda _: b"\x0e\x03\x13\x01" + bytes(2000),
    "netCDF": lambda _: b"CDF\x01" + bytes(2000),
    "GRIB": lambda _: b"GRIB" + bytes(2000),
    "NITF": lambda _: b"NITF02.10" + bytes(2000),
    "PNG": lambda _: b"\x89PNG\r\n\x1a\n" + bytes(2000),
    "PDF": lambda _: b"%PDF-1.7 " + bytes(2000),
    "grid in text": lambda _: b"ncols 2\nnrows 2\nxllcorner 0\nyllcorner 0\ncellsize 1\n1 2\n3 4\n",
    "zip": lambda p: zipped({"B04.tif": p.folder.joinpath("good.tif").read_bytes()}),
    "gzip": lambda p: gzip.compress(p.folder.joinpath("good.tif").read_bytes()),
    "raw bytes": lambda _: bytes(range(256)) * 1000,
    "nothing": lambda _: b"",
    "four bytes of a TIFF": lambda _: b"II*\0",
    "TIFF, directory in a ring": lambda _: b"II*\0\x08\0\0\0\x01\0" + bytes(12) + b"\x08\0\0\0",
    "TIFF of one tile of 16384 x 16384": lambda _: tiff(16384, 16384, (16384, 16384), b"x" * 600),
    "TIFF of 400000 x 400000": lambda _: tiff(400_000, 400_000, (16384, 16384), b"x" * 600),
    "TIFF of 2^31 pixels in a row": lambda _: tiff(2**31 - 1, 16, (2**31 - 16, 16), b"x"),
    "TIFF whose tile unpacks to half a gigabyte": lambda _: tiff(2048, 2048, (512, 512), deflated()),
}  # fmt: skip
SIDECARS: dict[str, tuple[str, Callable[[Place], bytes]]] = {
    "notes that name a file": (".aux.xml", lambda p: xxe(str(p.vector), "PAMDataset")),
    "notes that laugh": (".aux.xml", lambda _: laughs("PAMDataset")),
    "notes of 5 MB": (".aux.xml", lambda _: b"<PAMDataset>" + b" " * 5_000_000 + b"</PAMDataset>"),
    "a mask that is a VRT": (".msk", lambda p: vrt(str(p.raster))),
    "overviews that are a VRT": (".ovr", lambda p: vrt(str(p.raster))),
}
