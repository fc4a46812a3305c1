"""What a file holds, by its first bytes: never by its name."""

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from io import BytesIO
from typing import BinaryIO, cast

from imagery_watch.errors import TrackError
from imagery_watch.sources.flights import opensky, traffic

HEAD = 1 << 16
"""Bytes that are looked at."""
GZIP = b"\x1f\x8b"
_HEATMAP = (243_235_997).to_bytes(4, "little")
_READ = (
    "readsb traces (trace_full, trace_recent), folders and tars of them, OpenSky and traffic tables (CSV, JSON, "
    "parquet), Flightradar24 CSV and KML, FlightAware KML and SBS logs are read"
)


class Content(Enum):
    """What files are told apart."""

    TAR = "tar"
    TRACE = "trace"
    KML = "kml"
    SBS = "sbs"
    PARQUET = "parquet"
    RECORDS = "records"
    OPENSKY = "opensky"
    TRAFFIC = "traffic"
    FR24 = "fr24"
    FR24_BULK = "fr24_bulk"
    FR24_GRANULAR = "fr24_granular"


@contextmanager
def unpacked(stream: BinaryIO, file: str) -> Iterator[BinaryIO]:
    """The bytes of a stream that can be wound back, unpacked where they are gzip. Raises TrackError where damaged."""
    packed = stream.read(2) == GZIP
    stream.seek(0)
    try:
        if packed:
            with gzip.open(stream) as inside:
                yield cast(BinaryIO, inside)
        else:
            yield stream
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise TrackError(f"{file}: gzip that ends early or is damaged ({error}): fetch it again") from error


def unpack(data: bytes, file: str, most: int) -> bytes:
    """The bytes, unpacked where they are gzip. Raises TrackError where they are damaged, or more than `most`."""
    with unpacked(BytesIO(data), file) as inside:
        whole = inside.read(most + 1)
    if len(whole) > most:
        raise TrackError(f"{file}: more than {most // 1_000_000} MB unpacked, which no file of one aircraft takes")
    return whole


def sniff(head: bytes, file: str) -> Content:
    """What begins with these bytes. Raises TrackError, with the reason, where it is nothing that is read."""
    _refuse_known(head, file)
    if head[257:262] == b"ustar":
        return Content.TAR
    if head[:4] == b"PAR1":
        return Content.PARQUET
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text[:1] == b"<" and b"kml" in text[:2000]:
        return Content.KML
    if text[:1] == b"{":
        return _sniff_object(text, file)
    if text[:1] == b"[":
        return Content.RECORDS
    if text.split(b",", 1)[0] in (b"MSG", b"SEL", b"ID", b"AIR", b"STA", b"CLK"):
        return Content.SBS
    return _sniff_table(text, file)


def _refuse_known(head: bytes, file: str) -> None:
    """Raises TrackError for what is known, and not read."""
    reasons = (
        (head[:1] == b"\x80" and head[1:2] in (b"\x02", b"\x03", b"\x04", b"\x05"),
         "a pickle, which runs whatever code it holds when it is read: write it as parquet (to_parquet)"),
        (head[:4] == b"PK\x03\x04", "a zip: unpack it, and name what is in it"),
        (head[:4] == b"\x28\xb5\x2f\xfd", "packed with zstd: unpack it first (unzstd)"),
        (head[:4] == _HEATMAP, "a heatmap of readsb, whose positions are 30 s apart: its traces are read"),
        (not head, "is empty"),
    )  # fmt: skip
    for found, reason in reasons:
        if found:
            raise TrackError(f"{file}: {reason}")


def _sniff_object(text: bytes, file: str) -> Content:
    if b'"trace"' in text or (b'"icao"' in text and b'"timestamp"' in text):
        return Content.TRACE
    if b'"aircraft"' in text or b'"states"' in text:
        raise TrackError(f"{file}: one moment of many aircraft, which is no track: {_READ}")
    raise TrackError(f"{file}: JSON of another kind: {_READ}")


def _sniff_table(text: bytes, file: str) -> Content:
    """Which table has this header."""
    line = text.split(b"\n", 1)[0].decode("utf-8", "replace")
    names = {name.strip().strip('"') for name in line.split(",")}
    known = (
        (Content.FR24, {"Timestamp", "Position"}),
        (Content.FR24_GRANULAR, {"network_time", "latitude", "no_position"}),
        (Content.FR24_BULK, {"snapshot_id", "latitude", "longitude"}),
        (Content.OPENSKY, set(opensky.LAYOUT.needed)),
        (Content.TRAFFIC, set(traffic.LAYOUT.needed)),
    )
    for content, needed in known:
        if needed <= names:
            return content
    if {"flight_id", "aircraft_id"} <= names:
        raise TrackError(f"{file}: a list of flights without positions: name the flights' own files")
    raise TrackError(f"{file}: its first line is {line[:60]!r}: {_READ}")
