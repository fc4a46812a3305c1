"""Text on its way to people: times, numbers, file names, and names that other people chose."""

import hashlib
import math
import re
import unicodedata
from datetime import UTC, datetime, timedelta

from imagery_watch.model.filename import is_reserved

BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Characters that reorder what is read: an item id must not be able to look like another."""

FORMULA_STARTS = tuple("=+-@\uff1d\uff0b\uff0d\uff20")
"""What a spreadsheet takes for the start of a formula, the full-width forms included."""

_NO_LETTER = ("Cc", "Cs")
"""Unicode categories: control characters, and halves of surrogate pairs, which UTF-8 cannot hold."""
_SLUG_LENGTH = 80


def clean(text: str) -> str:
    """The text on one line: white space for tabs and line ends, nothing for control and bidi characters."""
    if text.isascii() and text.isprintable():
        return text  # nothing of the kind is in it: pictures in a report are long
    spaced = "".join(" " if char in "\t\n\r\x0b\x0c\x85\u2028\u2029" else char for char in text)
    return "".join(char for char in spaced if char not in BIDI and unicodedata.category(char) not in _NO_LETTER)


def cell(text: str) -> str:
    """A text cell that no spreadsheet runs: cleaned, an apostrophe before what looks like a formula."""
    cleaned = clean(text)
    return f"'{cleaned}" if cleaned.lstrip().startswith(FORMULA_STARTS) else cleaned


def iso(time: datetime) -> str:
    """UTC ISO 8601 with Z, losing nothing: `2020-03-05T10:30:21Z`."""
    return time.astimezone(UTC).isoformat().replace("+00:00", "Z")


def minutes(time: datetime) -> str:
    """UTC to the minute, for people: `2020-03-05 10:30`."""
    return time.astimezone(UTC).strftime("%Y-%m-%d %H:%M")


def duration(span: timedelta) -> str:
    """A length of time, for people: `5.0 days`, or hours below two days."""
    hours = span.total_seconds() / 3600
    return f"{hours:.1f} hours" if hours < 48 else f"{hours / 24:.1f} days"


def rounded(value: float | None, digits: int) -> float | None:
    """`value` rounded; None for what is not a number, because JSON has no word for it."""
    if value is None or not math.isfinite(value):
        return None
    return round(float(value), digits) + 0.0  # + 0.0: never "-0.0"


def slug(text: str) -> str:
    """A file name for any text: ASCII letters, digits, `_-.`; and a hash where anything was changed."""
    safe = re.sub(r"[^A-Za-z0-9_.-]+", "-", text).strip("-.")[:_SLUG_LENGTH]
    if safe and safe == text and not is_reserved(safe):
        return safe
    digest = hashlib.sha256(text.encode("utf-8", errors="backslashreplace")).hexdigest()[:10]
    return f"{'_' if is_reserved(safe) else ''}{safe}-{digest}" if safe else digest
