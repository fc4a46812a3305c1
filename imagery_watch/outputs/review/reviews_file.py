"""Reviews as a file, CSV or JSON by its suffix: written for others, and read from them."""

import csv
import io
import json
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from imagery_watch.errors import UsageError
from imagery_watch.model import Review
from imagery_watch.outputs.files.atomic import write_text
from imagery_watch.outputs.values import dump, dump_json, load
from imagery_watch.outputs.wording.text import FORMULA_STARTS, clean

COLUMNS = ("hit", "airfield", "verdict", "note", "reviewer", "reviewed_at")
TEXTS = ("hit", "airfield", "note", "reviewer")
NEVER_EMPTY = ("hit", "airfield", "reviewer")
SUFFIXES = (".csv", ".json")
MOST_AHEAD = timedelta(days=1)
"""Clocks differ; a review from further ahead would count as the newest for ever."""


def make_review(told: Mapping[str, Any]) -> Review:
    """A review, its texts on one line each. Raises ValueError where a field is missing, empty or not of its kind."""
    texts = {name: clean(told[name]).strip() for name in TEXTS if isinstance(told.get(name), str)}
    for name in NEVER_EMPTY:
        if texts.get(name) == "":
            raise ValueError(f"{name} is empty")
    return load(Review, {**told, **texts})


def check_suffix(path: Path) -> str:
    """`.csv` or `.json`. Raises UsageError for another end of the name."""
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise UsageError(f"{path}: reviews are a .csv or a .json file; name it so")
    return suffix


def write_reviews(path: Path, reviews: Iterable[Review]) -> int:
    """Writes all reviews, sorted by hit, time and reviewer, and returns how many. Raises UsageError, StoreError."""
    suffix = check_suffix(path)
    ordered = sorted(reviews, key=lambda one: (one.hit, one.reviewed_at, one.reviewer))
    rows = _rows_of(ordered)
    write_text(path, _to_csv(rows) if suffix == ".csv" else dump_json(rows))
    return len(rows)


def holds_all(path: Path, reviews: Iterable[Review], now: datetime) -> bool:
    """Whether all that a file of reviews says is among these, so that it can be written over."""
    try:
        return set(read_reviews(path, now)) <= {make_review(row) for row in _rows_of(reviews)}
    except (UsageError, ValueError):
        return False


def read_reviews(path: Path, now: datetime) -> list[Review]:
    """The reviews of a file, sorted by hit, time and reviewer; each once.

    Raises UsageError, naming file and row, for what is no review, or what was reviewed after `now`.
    """
    suffix = check_suffix(path)
    try:
        text = path.read_bytes().decode("utf-8-sig")
        rows = _from_csv(text) if suffix == ".csv" else json.loads(text)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror or error}") from None
    except (ValueError, csv.Error, RecursionError) as error:
        advice = "`hits export --reviews` writes one"
        raise UsageError(f"{path}: not a {suffix} file of reviews ({error}); {advice}") from None
    if not isinstance(rows, list):
        raise UsageError(f"{path}: expected a list of reviews, each with {', '.join(COLUMNS)}")
    found = [_checked(path, number, row, now) for number, row in enumerate(rows, start=1)]
    return sorted(dict.fromkeys(found), key=lambda one: (one.hit, one.reviewed_at, one.reviewer, one.verdict, one.note))


def _rows_of(reviews: Iterable[Review]) -> list[dict[str, str]]:
    return [{name: clean(str(value)) for name, value in dump(one).items()} for one in reviews]


def _checked(path: Path, number: int, row: object, now: datetime) -> Review:
    where = f"{path}, review {number}"
    if not isinstance(row, dict):
        raise UsageError(f"{where}: expected {', '.join(COLUMNS)}")
    try:
        review = make_review(row)
    except ValueError as error:
        raise UsageError(f"{where}: {_in_a_line(error)}; expected {', '.join(COLUMNS)}") from None
    if review.reviewed_at > now + MOST_AHEAD:
        raise UsageError(f"{where}: reviewed_at lies ahead, on {review.reviewed_at:%Y-%m-%d}; correct the date")
    return review


def _in_a_line(error: ValueError) -> str:
    """What is wrong: pydantic's first complaint, or our own."""
    told = getattr(error, "errors", None)
    if told is None:
        return str(error)
    first = told()[0]
    return f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}"


def _to_csv(rows: Iterable[Mapping[str, str]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows([_shield(row[name]) for name in COLUMNS] for row in rows)
    return text.getvalue()


def _from_csv(text: str) -> list[dict[str, str]]:
    table = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    missing = [name for name in COLUMNS if name not in (table.fieldnames or ())]
    if missing:
        raise ValueError(f"it has no column {', '.join(missing)}")
    return [{name: _unshield(row[name] or "") for name in COLUMNS} for row in table]


def _shield(text: str) -> str:
    """A cell that no spreadsheet runs, as in `looks.csv`; an apostrophe of its own gets one before it, too."""
    return f"'{text}" if text.startswith("'") or text.lstrip().startswith(FORMULA_STARTS) else text


def _unshield(text: str) -> str:
    """The text of a cell, without the apostrophe that shields it."""
    inner = text[1:]
    shielded = inner.startswith("'") or inner.lstrip().startswith(FORMULA_STARTS)
    return inner if text.startswith("'") and shielded else text
