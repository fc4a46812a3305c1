"""Tables of fixes, whatever their file: which columns count, and how their rows come into the normal form."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, BinaryIO

from imagery_watch.errors import TrackError
from imagery_watch.model.flight import Box, TrackFormat
from imagery_watch.sources.flights import fr24, opensky, traffic
from imagery_watch.sources.flights.clean import DropCode, Rows, Tally
from imagery_watch.sources.flights.parsing import (
    Layout,
    Where,
    keep_near,
    read_csv,
    read_parquet,
    read_records,
    to_rows,
)
from imagery_watch.sources.flights.sniffing import Content

if TYPE_CHECKING:
    import pandas as pd

LARGEST_JSON = 1_000_000_000
"""Bytes of a JSON table, which is taken into memory as a whole."""

_ToRows = Callable[["pd.DataFrame", Where], Rows]

_ONE_FLIGHT: dict[Content, tuple[TrackFormat, tuple[str, ...], tuple[str, ...], _ToRows]] = {
    Content.FR24: (TrackFormat.FR24_CSV, ("Timestamp", "Position"), fr24.USUAL_COLUMNS, fr24.usual_rows),
    Content.FR24_BULK: (TrackFormat.FR24_CSV, fr24.BULK.needed, fr24.BULK_COLUMNS, fr24.bulk_rows),
    Content.FR24_GRANULAR: (
        *(TrackFormat.FR24_GRANULAR, (*fr24.GRANULAR.needed, "no_position", "on_ground")),
        *(fr24.GRANULAR_COLUMNS, fr24.granular_rows),
    ),
}
"""Exports of one flight: the columns without which they are none, those that are read, and how."""
_LAYOUTS = ((TrackFormat.OPENSKY, opensky.LAYOUT), (TrackFormat.TRAFFIC, traffic.LAYOUT))
_WANTED = tuple(dict.fromkeys(name for _, layout in _LAYOUTS for name in layout.wanted))


def read_table(
    stream: BinaryIO, content: Content, file: str, tally: Tally, box: Box | None
) -> Iterator[tuple[TrackFormat, Rows]]:
    """A table's format and rows, some at a time; of many aircraft, with a box, only what is in it or has no place.

    Raises TrackError where it is not what its beginning promised.
    """
    if content in _ONE_FLIGHT:
        form, needed, columns, convert = _ONE_FLIGHT[content]
        for part, where in read_csv(stream, file, columns):
            if not set(needed) <= set(part.columns):
                raise TrackError(f"{file}: columns {', '.join(needed)} were expected, as {form.label} has them")
            tally.rows += len(part)
            yield form, convert(part, where)
        return
    for part, where in _parts(stream, content, file):
        form, layout = _choose(part, file)
        tally.rows += len(part)
        near, there = keep_near(part, layout, where, box) if box is not None else (part, where)
        if len(near) < len(part):
            tally.dropped[DropCode.ELSEWHERE] += len(part) - len(near)
        yield form, to_rows(near, layout, there)


def _parts(stream: BinaryIO, content: Content, file: str) -> "Iterator[tuple[pd.DataFrame, Where]]":
    if content == Content.PARQUET:
        return read_parquet(stream, file, _WANTED)
    if content == Content.RECORDS:
        return read_records(_read_whole(stream, file), file)
    return read_csv(stream, file, _WANTED)


def _choose(part: "pd.DataFrame", file: str) -> tuple[TrackFormat, Layout]:
    for form, layout in _LAYOUTS:
        if set(layout.needed) <= set(part.columns):
            return form, layout
    wanted = " or ".join(", ".join(layout.needed) for _, layout in _LAYOUTS)
    raise TrackError(
        f"{file}: columns {wanted} were expected; it has {', '.join(map(str, part.columns))[:200] or 'none'}"
    )


def _read_whole(stream: BinaryIO, file: str) -> bytes:
    whole = stream.read(LARGEST_JSON + 1)
    if len(whole) > LARGEST_JSON:
        raise TrackError(f"{file}: more than 1 GB of JSON: write it as parquet or CSV, which are read in parts")
    return whole
