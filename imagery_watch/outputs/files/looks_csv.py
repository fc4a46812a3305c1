"""`looks.csv`: what every pass could say about every apron; written, and read back."""

import csv
import io
from collections.abc import Iterable, Mapping
from typing import Any

from imagery_watch.model import Look
from imagery_watch.outputs.properties import LOOK_COLUMNS, look_row
from imagery_watch.outputs.values import load
from imagery_watch.outputs.wording.text import cell
from imagery_watch.reasons import parse_codes

COLUMNS = tuple(LOOK_COLUMNS)
FIRST_COLUMNS = COLUMNS[:-1]
"""Those of a file that an older version wrote."""
MAY_BE_EMPTY = ("relative_orbit", "visible_fraction", "smallest_detectable_m", "registration_error_px")
"""Columns whose empty cell says that something is not known."""


def looks_csv(looks: Iterable[Look]) -> str:
    """The table of looks, in the order given; empty where nothing is known; no cell that a spreadsheet runs.

    Item ids, and the codes of reasons, are separated by a space.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows([_cell(value) for value in look_row(look).values()] for look in looks)
    return text.getvalue()


def parse_looks(text: str, passes: Mapping[str, str]) -> tuple[Look, ...]:
    """The looks of a table; `passes` has the ids of passes by time, as the file writes it, as far as they are known.

    Raises ValueError for a table that is not one of looks.
    """
    table = csv.DictReader(io.StringIO(text, newline=""))
    if tuple(table.fieldnames or ()) not in (COLUMNS, FIRST_COLUMNS):
        raise ValueError("its columns are not those of looks.csv")
    return tuple(_look(row, passes) for row in table)


def _look(row: Mapping[str, str], passes: Mapping[str, str]) -> Look:
    unknown = {name: row[name] or None for name in MAY_BE_EMPTY}
    lists = {"item_ids": row["item_ids"].split(), "reason_codes": parse_codes(row.get("reason_code") or "")}
    return load(Look, {**row, **unknown, **lists, "pass_id": passes.get(row["datetime"], "")})


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else str(value)
    return cell(" ".join(value) if isinstance(value, list) else str(value))
