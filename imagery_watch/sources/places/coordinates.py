"""`lat,lon` as people type it: signs or compass letters, a comma between."""

import re

_NUMBER = r"([+-]?\d{1,3}(?:\.\d+)?)\s*°?\s*"
_PAIR = re.compile(rf"\s*{_NUMBER}([NSns])?\s*,\s*{_NUMBER}([EWOewo])?\s*")
_SOUTHERN_PAIR = re.compile(rf"-(\d{{1,3}}(?:\.\d+)?\s*°?)(\s*,\s*{_NUMBER}[EWOewo]?\s*)")


def read_coordinates(text: str) -> tuple[float, float] | None:
    """Latitude and longitude as typed, in degrees, not yet checked; None where the text is no such pair."""
    found = _PAIR.fullmatch(text)
    if found is None:
        return None
    lat, north, lon, east = found.groups()
    return float(lat) * (-1 if north in ("S", "s") else 1), float(lon) * (-1 if east in ("W", "w") else 1)


def shield_minus(arguments: list[str]) -> list[str]:
    """The arguments of a command line with southern pairs as `33.97S,18.6`: `-33.97,18.6` looks like an option.

    What holds more than one pair, such as a runway's ends, is an option's value and stays as it is.
    """
    return [f"{one[1]}S{one[2]}" if (one := _SOUTHERN_PAIR.fullmatch(text)) else text for text in arguments]
