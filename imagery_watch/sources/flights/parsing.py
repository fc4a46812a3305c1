"""Columns of text as numbers, times and flags; a value that is none of these is refused with its row."""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from functools import lru_cache
from sys import intern
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from imagery_watch.errors import TrackError
from imagery_watch.model.arrays import Doubles
from imagery_watch.model.flight import AIR, GROUND, UNTOLD, Box, States
from imagery_watch.sources.flights.clean import Rows, Texts

if TYPE_CHECKING:
    import pandas as pd

_T = TypeVar("_T")

ROWS_AT_ONCE = 100_000
"""Rows of a table that are in memory as text."""
NOTHING = frozenset({"", "NA", "NaN", "nan", "null", "NULL", "None", "<NA>", "NaT"})
FEET, KNOTS = 1 / 0.3048, 3600 / 1852
"""A metre in feet; a metre a second in knots."""
YES = frozenset({"true", "t", "1", "-1", "yes", "1.0"})
NO = frozenset({"false", "f", "0", "no", "0.0"})
MILLISECONDS_FROM = 1e11
"""Numbers above it count milliseconds since 1970: as seconds they would be of the year 5138."""
EARLIEST, LATEST = 946_684_800.0, 4_102_444_800.0
"""The years 2000 and 2100: a time outside is none of ADS-B."""
_ZONED = re.compile(r"(?:Z|[+-]\d\d:?\d\d|UTC)$")


@lru_cache(maxsize=200_000)
def clean_hex(text: str) -> str:
    """An address in six small digits, `~` before it where it is no ICAO address; empty where it is none at all."""
    small = text.strip().lower().removeprefix("0x")
    bare = small.removeprefix("~")
    if not re.fullmatch(r"[0-9a-f]{1,6}", bare):
        return ""
    return intern(("~" if small.startswith("~") else "") + bare.zfill(6))


@dataclass(frozen=True)
class Layout:
    """Which columns of a table hold what; a name is empty where the format has no such column."""

    time: str
    lat: str
    lon: str
    altitude: str
    speed: str
    on_ground: str = ""
    hex: str = ""
    callsign: str = ""
    type: str = ""
    position_time: str = ""
    """When the position was told, in seconds or milliseconds since 1970."""
    metric: bool = False
    """Whether altitudes are in metres and speeds in metres a second."""

    @property
    def needed(self) -> tuple[str, ...]:
        """Columns without which a table is not of this layout."""
        return self.time, self.lat, self.lon

    @property
    def wanted(self) -> tuple[str, ...]:
        """All columns that are read where they are there."""
        others = (self.altitude, self.speed, self.on_ground, self.hex, self.callsign, self.type, self.position_time)
        return (*self.needed, *(one for one in others if one))


class Where(NamedTuple):
    """Where a column of text stands: for messages."""

    file: str
    rows: NDArray[np.int64]
    """The rows of the file that these are."""

    def refuse(self, number: int, column: str, text: object, expected: str) -> TrackError:
        """The error for a value at a row."""
        return TrackError(f"{self.file}: row {self.rows[number]}: {column} is {str(text)[:40]!r}: {expected}")


def count_rows(file: str, first: int, count: int) -> Where:
    """So many rows of a file, from one on."""
    return Where(file, np.arange(first, first + count))


def read_csv(stream: BinaryIO, file: str, columns: Sequence[str]) -> "Iterator[tuple[pd.DataFrame, Where]]":
    """A CSV file's wanted columns as text, some rows at a time. Raises TrackError where a row is broken."""
    import pandas as pd

    wanted = frozenset(columns)
    try:
        parts = pd.read_csv(
            stream,
            dtype=str,
            keep_default_na=False,
            usecols=lambda name: name.strip() in wanted,
            index_col=False,
            chunksize=ROWS_AT_ONCE,
            encoding="utf-8-sig",
        )
        row = 2
        with parts:
            for part in parts:
                part.columns = part.columns.str.strip()
                yield part.fillna(""), count_rows(file, row, len(part))
                row += len(part)
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
        raise TrackError(f"{file}: a CSV table was expected: {' '.join(str(error).split())[:200]}") from error
    except (EOFError, OSError) as error:
        raise TrackError(f"{file}: ends early or is damaged ({error}): fetch it again") from error


def read_parquet(stream: BinaryIO, file: str, columns: Sequence[str]) -> "Iterator[tuple[pd.DataFrame, Where]]":
    """A parquet file's wanted columns as text, some rows at a time. Raises TrackError, without pyarrow too."""
    import pandas as pd

    try:
        from pyarrow import ArrowException, parquet
    except ImportError:
        raise TrackError(f"{file}: parquet needs pyarrow: pip install 'imagery-watch[parquet]'") from None
    try:
        table = parquet.ParquetFile(stream)
        present = [name for name in columns if name in table.schema_arrow.names]
        row = 1
        for batch in table.iter_batches(batch_size=ROWS_AT_ONCE, columns=present):
            part = _as_text(pd.DataFrame(batch.to_pydict(), dtype=object))
            yield part, count_rows(file, row, len(part))
            row += batch.num_rows
    except (ArrowException, OSError, ValueError, KeyError) as error:
        raise TrackError(f"{file}: is no whole parquet file ({' '.join(str(error).split())[:200]})") from error


def parse_json(data: bytes, file: str) -> Any:
    """What a JSON text holds. Raises TrackError."""
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise TrackError(f"{file}: is no whole JSON text ({error}): fetch it again") from error


def read_records(data: bytes, file: str) -> "Iterator[tuple[pd.DataFrame, Where]]":
    """A JSON text with a list of records, as columns of text. Raises TrackError."""
    import pandas as pd

    records = parse_json(data, file)
    if not isinstance(records, list) or not all(isinstance(one, dict) for one in records):
        raise TrackError(f"{file}: a list of records was expected, as the traffic library writes them")
    for start in range(0, len(records), ROWS_AT_ONCE):
        part = _as_text(pd.DataFrame(records[start : start + ROWS_AT_ONCE]))
        yield part, count_rows(file, start + 1, len(part))


def _as_text(part: "pd.DataFrame") -> "pd.DataFrame":
    """Every value as text, with its zone where it is a time that has one."""
    told = {name: [("" if _is_nothing(one) else str(one)) for one in part[name]] for name in part.columns}
    return type(part)(told, dtype=object)


def _is_nothing(value: object) -> bool:
    return value is None or value != value or str(value) in NOTHING


def to_rows(part: "pd.DataFrame", layout: Layout, where: Where, ground_at_zero: bool = False) -> Rows:
    """A table's part in the normal form. Raises TrackError for a value that is not what its column holds.

    With `ground_at_zero` an altitude of 0 is what the format writes for aircraft on the ground.
    """
    altitude, speed = (numbers(part, name, where) for name in (layout.altitude, layout.speed))
    t = times(part, layout.time, where)
    told_at = times(part, layout.position_time, where) if layout.position_time in part else np.full(len(part), np.nan)
    state = flags(part, layout.on_ground, where)
    if ground_at_zero:
        state = np.where(np.isnan(altitude), UNTOLD, np.where(altitude <= 0, GROUND, AIR)).astype(np.int8)
    signs, kinds = (texts(part, name) for name in (layout.callsign, layout.type))
    return Rows(
        t=t,
        age_s=np.maximum(t - told_at, 0.0),
        lat=numbers(part, layout.lat, where),
        lon=numbers(part, layout.lon, where),
        altitude_ft=altitude * FEET if layout.metric else altitude,
        state=state,
        speed_kt=speed * KNOTS if layout.metric else speed,
        hex=_translate(part, layout.hex, clean_hex),
        callsign=signs,
        type=kinds,
    )


def keep_near(part: "pd.DataFrame", layout: Layout, where: Where, box: Box) -> "tuple[pd.DataFrame, Where]":
    """The rows in a box or without a place, which are few: the other columns of the rest are never looked at."""
    lat, lon = (numbers(part, name, where) for name in (layout.lat, layout.lon))
    kept = box.holds(lat, lon) | np.isnan(lat) | np.isnan(lon)
    return part[kept], Where(where.file, where.rows[kept])


def texts(part: "pd.DataFrame", name: str) -> Texts:
    """A column without white space around; empty texts where there is no such column."""
    return _translate(part, name, lambda text: "" if text in NOTHING else intern(text))


def _translate(part: "pd.DataFrame", name: str, convert: Callable[[str], _T]) -> NDArray[np.object_]:
    """A column's texts, each converted once; that of an empty text where there is no such column."""
    import pandas as pd

    if name not in part or not len(part):
        return np.full(len(part), convert(""), dtype=object)
    codes, words = pd.factorize(part[name])
    told = np.empty(len(words), dtype=object)
    told[:] = [convert(str(word).strip()) for word in words]
    return told[codes]


def numbers(part: "pd.DataFrame", name: str, where: Where) -> Doubles:
    """A column of numbers; NaN where it says nothing or is not there. Raises TrackError for other words."""
    found, told = _try_numbers(part, name)
    if len(told):
        row, text = next(iter(told.items()))
        raise where.refuse(row, name, text, "a number was expected")
    return np.where(np.isfinite(found), found, np.nan)


def _try_numbers(part: "pd.DataFrame", name: str) -> tuple[Doubles, dict[int, str]]:
    """A column's numbers, and by row the words that are none."""
    import pandas as pd

    if name not in part:
        return np.full(len(part), np.nan), {}
    found = np.array(pd.to_numeric(part[name], errors="coerce"), dtype=np.float64)
    silent = np.flatnonzero(np.isnan(found))
    words = zip(silent.tolist(), part[name].iloc[silent], strict=True)
    return found, {row: text.strip() for row, text in words if text.strip() not in NOTHING}


def times(part: "pd.DataFrame", name: str, where: Where) -> Doubles:
    """A column of times as seconds since 1970, UTC; NaN where it says nothing.

    Takes seconds, milliseconds, and dates with a zone. Raises TrackError for others: without a zone they are no times.
    """
    found, told = _try_numbers(part, name)
    found = np.where(found > MILLISECONDS_FROM, found / 1000, found)
    if told:
        dates = np.array([*told], dtype=np.int64)
        found[dates] = _parse_dates(np.array([*told.values()], dtype=object), dates, name, where)
    wrong = np.flatnonzero((found < EARLIEST) | (found > LATEST))
    if len(wrong):
        text = part[name].iloc[int(wrong[0])]
        raise where.refuse(int(wrong[0]), name, text, "seconds since 1970 or a date with its zone was expected")
    return found


def _parse_dates(told: Texts, rows: NDArray[np.int64], name: str, where: Where) -> Doubles:
    import pandas as pd

    for text, row in zip(told, rows, strict=True):
        if not _ZONED.search(text):
            raise where.refuse(
                int(row), name, text, "it has no zone, so when it was is not known; Z or +00:00 was expected"
            )
    zoned = pd.Series(told, dtype=object).str.replace(r" ?UTC$", "Z", regex=True)
    parsed = pd.to_datetime(zoned, errors="coerce", utc=True, format="ISO8601")
    wrong = np.flatnonzero(parsed.isna().to_numpy())
    if len(wrong):
        raise where.refuse(
            int(rows[wrong[0]]), name, told[wrong[0]], "a date such as 2024-04-06T11:00:09Z was expected"
        )
    seconds = (parsed - pd.Timestamp(0, tz="UTC")).dt.total_seconds()
    return np.array(seconds, dtype=np.float64)


def flags(part: "pd.DataFrame", name: str, where: Where) -> States:
    """A column of yes and no as states; UNTOLD where it says nothing. Raises TrackError for other words."""
    told = _translate(part, name, _to_state)
    wrong = np.flatnonzero(told == None)  # noqa: E711
    if len(wrong):
        raise where.refuse(int(wrong[0]), name, part[name].iloc[int(wrong[0])], "true or false was expected")
    return told.astype(np.int8)


def _to_state(text: str) -> int | None:
    """The state that a word tells; None where it is another word."""
    word = text.lower()
    return GROUND if word in YES else AIR if word in NO else UNTOLD if text in NOTHING else None


def local_time(text: str, zone: tzinfo) -> float:
    """Seconds since 1970 of a time of day in a zone, as `2024/04/06 11:00:09.123`. Raises ValueError."""
    return datetime.fromisoformat(text.replace("/", "-")).replace(tzinfo=zone).timestamp()
