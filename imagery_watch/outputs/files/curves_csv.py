"""`curves.csv`: how much of each stay's object every look shows, as the report draws; written, and read back."""

import csv
import io
from collections.abc import Iterable
from typing import NamedTuple

from imagery_watch.model import Dossier, Measurement
from imagery_watch.outputs.values import load
from imagery_watch.outputs.wording.text import cell, iso, rounded

CURVE_COLUMNS = ("stay", "pass", "datetime", "share", "sigma", "presence")


class CurveRow(NamedTuple):
    """One line of the file."""

    stay: str
    measurement: Measurement


def curves_csv(dossiers: Iterable[Dossier]) -> str:
    """One line for each stay and look: the share of the object's own signal, its standard deviation, what it says."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(CURVE_COLUMNS)
    for dossier in dossiers:
        for one in dossier.curve:
            writer.writerow((cell(dossier.stay_id), *("" if value is None else value for value in curve_values(one))))
    return buffer.getvalue()


def curve_values(one: Measurement) -> tuple[str, str, float | None, float | None, str]:
    """The columns of a line behind its stay."""
    share, sigma = (rounded(value, 4) for value in (one.share, one.sigma))
    return cell(one.pass_id), iso(one.datetime), share, sigma, one.presence


def parse_curves(text: str) -> tuple[CurveRow, ...]:
    """The lines of a file. Raises ValueError, TypeError or LookupError for what is none."""
    rows = csv.DictReader(io.StringIO(text, newline=""))
    return tuple(CurveRow(row["stay"], _parse_measurement(row)) for row in rows)


def _parse_measurement(row: dict[str, str]) -> Measurement:
    told = {name: row[name] or None for name in ("share", "sigma")}
    rest = {"pass_id": row["pass"], "datetime": row["datetime"], "presence": row["presence"]}
    return load(Measurement, {**told, **rest})
