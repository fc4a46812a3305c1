"""`looks.csv`: what every pass could say about every apron."""

import csv
import io
from collections.abc import Iterable

from imagery_watch.model import Look
from imagery_watch.outputs.text import cell, iso, rounded

COLUMNS = (
    "airfield",
    "apron",
    "datetime",
    "item_ids",
    "sensor",
    "relative_orbit",
    "result",
    "visible_fraction",
    "smallest_detectable_m",
    "registration_error_px",
    "reason",
)


def looks_csv(looks: Iterable[Look]) -> str:
    """The table of looks, in the order given; empty where nothing is known; no cell that a spreadsheet runs.

    Item ids are separated by a space.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(_row(look) for look in looks)
    return text.getvalue()


def _row(look: Look) -> list[str]:
    return [
        cell(look.airfield),
        cell(look.apron),
        iso(look.datetime),
        cell(" ".join(look.item_ids)),
        cell(look.sensor),
        "" if look.relative_orbit is None else str(look.relative_orbit),
        look.result,
        _number(look.visible_fraction, 3),
        _number(look.smallest_detectable_m, 1),
        _number(look.registration_error_px, 3),
        cell(look.reason),
    ]


def _number(value: float | None, digits: int) -> str:
    known = rounded(value, digits)
    return "" if known is None else str(int(known)) if known.is_integer() else str(known)
