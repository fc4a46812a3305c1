"""Files of flight tracks that mean harm, made where they are needed."""

import gzip
import tarfile
from pathlib import Path

from sources.flights.files import ROWS, trace, write_tar

from support.hostile import Place, gzipped, laughs, xxe

HEAD = b'{"icao": "4b1901", "timestamp": 1700006400, "trace": ['


def write_hostile_tracks(folder: Path, place: Place) -> dict[str, Path]:
    """Files of tracks that mean harm, by what they do."""
    contents = {
        "gzip that unpacks to half a gigabyte": gzipped(HEAD),
        "gzip in gzip": gzip.compress(trace(ROWS)),
        "KML that laughs": laughs(),
        "KML that names a file": xxe(place.vector.as_uri()),
        "KML that names an address": xxe(place.url),
        "brackets, 100 000 deep": HEAD + b"[" * 100_000,
        "a number of 10 000 digits": HEAD + b"[" + b"9" * 10_000 + b"]]}",
        "SQLite": b"SQLite format 3\0" + bytes(4000),
        "parquet that is cut": b"PAR1" + b"\xff" * 60 + b"PAR1",
        "a table of one endless row": b"time,icao24,lat,lon,velocity\n" + b"1," * 5_000_000,
        "bytes of nothing": bytes(100_000),
    }
    made = {}
    for number, (case, data) in enumerate(contents.items()):
        made[case] = folder / f"tracks-{number}.json"
        made[case].write_bytes(data)
    climbing = {"../../../x/trace_full_4b1901.json": trace(ROWS), "/etc/trace_full_4b1902.json": trace(ROWS)}
    made["tar that climbs"] = write_tar(folder / "climbing.tar", climbing)
    made["tar with a bomb"] = write_tar(folder / "bomb.tar", {"trace_full_4b1901.json": gzipped(HEAD)})
    made["tar that links elsewhere"] = write_links(folder / "links.tar", place)
    return made


def write_links(path: Path, place: Place) -> Path:
    with tarfile.open(path, "w") as archive:
        for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE):
            told = tarfile.TarInfo("trace_full_4b1901.json")
            told.type, told.linkname = kind, str(place.vector)
            archive.addfile(told)
    return path


TRACKS = (
    "gzip that unpacks to half a gigabyte", "gzip in gzip", "KML that laughs", "KML that names a file",
    "KML that names an address", "brackets, 100 000 deep", "a number of 10 000 digits", "SQLite", "parquet that is cut",
    "a table of one endless row", "bytes of nothing", "tar that climbs", "tar with a bomb", "tar that links elsewhere",
)  # fmt: skip
