"""The one door for flight tracks: files, folders and archives of every format that is known, told by their content."""

import tarfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import tzinfo
from pathlib import Path
from typing import BinaryIO

from imagery_watch.errors import TrackError
from imagery_watch.model.flight import Box, Track, TrackFormat
from imagery_watch.model.progress import Progress, Stage
from imagery_watch.sources.flights.clean import Rows, Tally, clean, join_rows, keep_aircraft, make_track, split_tracks
from imagery_watch.sources.flights.kml import read_kml
from imagery_watch.sources.flights.sbs import read_sbs
from imagery_watch.sources.flights.sniffing import HEAD, Content, sniff, unpack, unpacked
from imagery_watch.sources.flights.tables import read_table
from imagery_watch.sources.flights.trace import names_one_of, read_trace, touches

LARGEST_FILE = 256_000_000
"""Bytes, unpacked, of a trace or a KML; the largest traces of a day take some 4 MB."""
MOST_ROWS = 5_000_000
"""Rows of a table of many aircraft that are kept, some 500 MB: its aircraft are not together, so all must be."""
MOST_DAMAGES = 5
ONE_FLIGHT = frozenset({TrackFormat.FR24_CSV, TrackFormat.FR24_GRANULAR})
"""Tables of one aircraft, some rows of which may name neither it nor its flight."""
MEGABYTE = 1_000_000
READING = "reading"
_ENDS_EARLY = "ends early or is damaged ({error}); an archive in parts (.tar.aa, .tar.ab) must be joined first: cat"


@dataclass(frozen=True)
class Reading:
    """What a reading of track files is given."""

    tally: Tally
    """Filled in on the way."""
    box: Box | None = None
    """Where one is given, only what lies in it is kept."""
    aircraft: frozenset[str] | None = None
    """Where given, only aircraft with these addresses are kept, and those without one."""
    zone: tzinfo | None = None
    """That of SBS logs."""
    progress: Progress = lambda *_: None


def read_tracks(paths: Sequence[Path], reading: Reading) -> Iterator[Track]:
    """The tracks in files, folders and archives, one at a time; an aircraft in several files comes several times.

    Raises TrackError for a file that cannot be read, with the row and what was expected; of a folder or an archive
    where nothing in it can be read, while single bad files in it are counted and passed over.
    """
    for path in paths:
        if path.is_dir():
            yield from _read_folder(path, reading)
        else:
            yield from _read_file(path, str(path), reading)


def _read_file(path: Path, origin: str, reading: Reading) -> Iterator[Track]:
    file = str(path)
    try:
        with path.open("rb") as raw, unpacked(raw, file) as stream:
            head = stream.read(HEAD)
            content = sniff(head, file)
            stream.seek(0)
            if content == Content.TAR:
                yield from _read_tar(stream, raw, path, reading)
            elif content in (Content.TRACE, Content.KML):
                yield from _read_one(
                    unpack(stream.read(LARGEST_FILE + 1), file, LARGEST_FILE), content, file, origin, reading
                )
            else:
                size = path.stat().st_size // MEGABYTE
                place = replace(
                    reading, progress=lambda stage, *_: reading.progress(stage, raw.tell() // MEGABYTE, size)
                )
                yield from _read_many(stream, content, file, origin, place)
    except FileNotFoundError:
        raise TrackError(f"{file}: there is no such file") from None
    except OSError as error:
        raise TrackError(f"{file}: cannot be read: {error.strerror or error}") from error


def _read_one(data: bytes, content: Content, file: str, origin: str, reading: Reading) -> Iterator[Track]:
    """The track of a file of one aircraft; none where nothing of it is left or, in a box, nothing is near."""
    tally = reading.tally
    if content == Content.KML:
        form, rows = read_kml(data, file, tally)
    elif (reading.box is not None and not touches(data, reading.box)) or (
        reading.aircraft is not None and not names_one_of(data, reading.aircraft)
    ):
        tally.untouched += 1
        tally.files += 1
        tally.formats[TrackFormat.READSB] += 1
        return
    else:
        form, rows = TrackFormat.READSB, read_trace(data, file, tally)
    tally.files += 1
    tally.formats[form] += 1
    kept = clean(rows, tally, reading.box)
    if len(kept):
        yield make_track(kept, form, origin, tally)


def _read_many(stream: BinaryIO, content: Content, file: str, origin: str, reading: Reading) -> Iterator[Track]:
    """The tracks of a table or log, whose rows are in any order."""
    tally, kept, count, form = reading.tally, list[Rows](), 0, TrackFormat.SBS
    for told, rows in _parts(stream, content, file, reading):
        form = told
        kept.append(keep_aircraft(clean(rows, tally, reading.box), reading.aircraft))
        count += len(kept[-1])
        reading.progress(Stage(READING, Path(file).name), 0, 0)
        if count > MOST_ROWS:
            raise TrackError(f"{file}: holds more than {MOST_ROWS:,} positions: name an airfield (--airfield ID), so "
                             "that only those near it are kept")  # fmt: skip
    tally.files += 1
    tally.formats[form] += 1
    whole = join_rows(kept) if kept else None
    if whole is not None and len(whole) and form in ONE_FLIGHT:
        yield make_track(whole, form, origin, tally)
    elif whole is not None:
        yield from split_tracks(whole, form, origin, tally)


def _parts(stream: BinaryIO, content: Content, file: str, reading: Reading) -> Iterator[tuple[TrackFormat, Rows]]:
    if content == Content.SBS:
        for rows in read_sbs(stream, file, reading.zone, reading.tally):
            yield TrackFormat.SBS, rows
    else:
        yield from read_table(stream, content, file, reading.tally, reading.box)


def _read_folder(folder: Path, reading: Reading) -> Iterator[Track]:
    """The tracks of all files below a folder, one file after the other."""
    files, before = sorted(path for path in folder.rglob("*") if path.is_file()), reading.tally.files
    silent = replace(reading, progress=lambda *_: None)
    for number, path in enumerate(files):
        reading.progress(Stage(READING, path.name), number, len(files))
        with path.open("rb") as raw:
            content = _try_sniff(raw.read(HEAD), str(path))
        if content is None:
            reading.tally.passed_over += 1
            continue
        origin = str(folder) if content == Content.TRACE else str(path)
        yield from _passing_over(_read_file(path, origin, silent), reading.tally)
    _check_any(str(folder), before, reading.tally)


def _read_tar(stream: BinaryIO, raw: BinaryIO, path: Path, reading: Reading) -> Iterator[Track]:
    """The tracks of an archive's traces, as they come: nothing is unpacked to the disk."""
    before, size = reading.tally.files, path.stat().st_size // MEGABYTE
    try:
        with tarfile.open(fileobj=stream, mode="r|") as archive:
            for member in archive:
                reading.progress(Stage(READING, Path(member.name).name), raw.tell() // MEGABYTE, size)
                data = archive.extractfile(member) if member.isfile() and member.size <= LARGEST_FILE else None
                if data is not None:
                    yield from _read_member(data.read(), f"{path}: {member.name}", str(path), reading)
    except (tarfile.TarError, EOFError, zlib.error) as error:
        raise TrackError(f"{path}: {_ENDS_EARLY.format(error=error)}") from error
    _check_any(str(path), before, reading.tally)


def _read_member(data: bytes, file: str, origin: str, reading: Reading) -> Iterator[Track]:
    if _try_sniff(data[:HEAD], file) != Content.TRACE:
        reading.tally.passed_over += 1
        return
    yield from _passing_over(_read_packed(data, file, origin, reading), reading.tally)


def _read_packed(data: bytes, file: str, origin: str, reading: Reading) -> Iterator[Track]:
    yield from _read_one(unpack(data, file, LARGEST_FILE), Content.TRACE, file, origin, reading)


def _try_sniff(head: bytes, file: str) -> Content | None:
    """What a file begins with, packed or not; None where it is nothing that is read."""
    try:
        if head[:2] == b"\x1f\x8b":
            head = zlib.decompressobj(wbits=31).decompress(head, HEAD)
        return sniff(head, file)
    except (TrackError, zlib.error):
        return None


def _passing_over(tracks: Iterator[Track], tally: Tally) -> Iterator[Track]:
    """The tracks of one of many files; where it is bad, that is counted, and its reason kept."""
    try:
        yield from tracks
    except TrackError as error:
        tally.damaged += 1
        if len(tally.damages) < MOST_DAMAGES:
            tally.damages.append(str(error))


def _check_any(where: str, before: int, tally: Tally) -> None:
    """Raises TrackError where no file of a folder or an archive could be read."""
    if tally.files == before:
        why = (
            f": {tally.damages[0]}" if tally.damages else ": no file in it holds flight tracks of a format that is read"
        )
        raise TrackError(f"{where}{why}")
