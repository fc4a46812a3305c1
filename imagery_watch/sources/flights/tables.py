"""Tables of fixes, whatever their file: which columns count, and how their rows come into the normal form."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, BinaryIO

from imagery_watch.errors import TrackError
from imagery_watch.model.flight import TrackFormat
from imagery_watch.sources.flights import fr24, opensky, traffic
from imagery_watch.sources.flights.clean import Rows, Tally
from imagery_watch.sources.flights.parsing import Layout, Where, read_csv, read_parquet, read_records, to_rows
from imagery_watch.sources.flights.sniffing import Content

if TYPE_CHECKING:
    import pandas as pd

LARGEST_JSON = 1_000_000_000
"""Bytes of a JSON table, which is taken into memory as a whole."""

_ToRows = Callable[["pd.DataFrame", Where], Rows]


def _by(layout: Layout) -> _ToRows:
    return partial(_rows_of, layout)


def _rows_of(layout: Layout, part: "pd.DataFrame", where: Where) -> Rows:
    return to_rows(part, layout, where)


_CSV: dict[Content, tuple[TrackFormat, tuple[str, ...], _ToRows]] = {
    Content.FR24: (TrackFormat.FR24_CSV, fr24.USUAL_COLUMNS, fr24.usual_rows),
    Content.FR24_BULK: (TrackFormat.FR24_CSV, fr24.BULK_COLUMNS, fr24.bulk_rows),
    Content.FR24_GRANULAR: (TrackFormat.FR24_GRANULAR, fr24.GRANULAR_COLUMNS, fr24.granular_rows),
    Content.OPENSKY: (TrackFormat.OPENSKY, opensky.LAYOUT.wanted, _by(opensky.LAYOUT)),
    Content.TRAFFIC: (TrackFormat.TRAFFIC, traffic.LAYOUT.wanted, _by(traffic.LAYOUT)),
}
_LAYOUTS = ((TrackFormat.OPENSKY, opensky.LAYOUT), (TrackFormat.TRAFFIC, traffic.LAYOUT))


def read_table(stream: BinaryIO, content: Content, file: str, tally: Tally) -> Iterator[tuple[TrackFormat, Rows]]:
    """A table's format and rows, some at a time. Raises TrackError where it is not what its beginning promised."""
    if content in _CSV:
        form, columns, convert = _CSV[content]
        for part, where in read_csv(stream, file, columns):
            tally.rows += len(part)
            yield form, convert(part, where)
        return
    wanted = tuple(dict.fromkeys(name for _, layout in _LAYOUTS for name in layout.wanted))
    if content == Content.PARQUET:
        parts = read_parquet(stream, file, wanted)
    else:
        parts = read_records(_read_whole(stream, file), file)
    for part, where in parts:
        form, layout = _choose(part, file)
        tally.rows += len(part)
        yield form, to_rows(part, layout, where)


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
