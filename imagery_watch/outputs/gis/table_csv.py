"""A table as CSV that no spreadsheet runs."""

import csv
import io
import json
from typing import Any

from imagery_watch.outputs.gis.tables import Table
from imagery_watch.outputs.wording.text import cell


def to_csv(table: Table) -> str:
    """The rows under the columns' names; empty where nothing is known; text that looks like a formula is shielded."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(table.columns)
    writer.writerows([_cell(row[name]) for name in table.columns] for row in table.rows)
    return text.getvalue()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return cell(value) if isinstance(value, str) else json.dumps(value)
