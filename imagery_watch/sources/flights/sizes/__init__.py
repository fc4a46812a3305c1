"""Sizes of aircraft by type designator: a table of this project's own beside this file, each row with its source."""

import csv
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from imagery_watch.model.aircraft_size import AircraftSize

_TABLE = "aircraft_sizes.csv"


def find_size(written: str) -> AircraftSize | None:
    """The size of a type, by its designator ("IL62") or by a usual name ("Il-62M"); None where it is not known.

    Letters may be small or large; in names, letters and digits alone count.
    """
    return read_sizes().get(written.strip().upper()) or _read_names().get(squeeze(written))


@cache
def read_sizes() -> Mapping[str, AircraftSize]:
    """The whole table, by designator."""
    return MappingProxyType({row["designator"]: _build_size(row) for row in _read_rows()})


def squeeze(name: str) -> str:
    """A name's letters and digits alone, in capitals: "Il-62 m" and "IL62M" are one."""
    return "".join(one for one in name.upper() if one.isalnum())


@cache
def _read_names() -> Mapping[str, AircraftSize]:
    """Sizes by the names that the table has for them."""
    sizes = read_sizes()
    return {
        squeeze(name): sizes[row["designator"]]
        for row in _read_rows()
        for name in (*row["name"].split(", "), *row["also"].split(";"))
        if name
    }


@cache
def _read_rows() -> Sequence[Mapping[str, str]]:
    text = files(__package__ or "").joinpath(_TABLE).read_text(encoding="ascii")
    return tuple(csv.DictReader(text.splitlines()))


def _build_size(row: Mapping[str, str]) -> AircraftSize:
    return AircraftSize(
        designator=row["designator"],
        name=row["name"],
        length_m=float(row["length_m"]),
        span_m=float(row["span_m"]),
        height_m=float(row["height_m"]),
        shortest_m=float(row["shortest_m"]),
        longest_m=float(row["longest_m"]),
        source=row["source"],
    )
