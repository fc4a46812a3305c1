"""The world's airfields by code, name and place: those with aprons here, and those of the `airportsdata` package."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from imagery_watch.sources.airfields.known import list_airfields
from imagery_watch.sources.places.names import split_words, strip_generic

EARTH_RADIUS_KM = 6371.0
SHORTEST_BEGINNING = 4
"""Letters of a word's beginning that may stand for the word."""


@dataclass(frozen=True)
class Place:
    """An airfield as the index knows it."""

    icao: str
    """Its code; of an airfield of the user's own, its id."""
    iata: str
    """Empty where it has none."""
    name: str
    city: str
    country: str
    """Two letters, ISO 3166; empty where it is not known."""
    lat: float
    lon: float
    """Degrees, WGS84, of its reference point, or of the middle of its aprons."""
    origin: str = ""
    """Who keeps its aprons, as of `Airfield`; empty where they are not known."""
    also: str = ""
    """Another name of it."""
    elevation_ft: float | None = None
    """Above the sea; None where it is not known."""

    @property
    def label(self) -> str:
        """Its name and codes, for a sentence."""
        codes = self.icao + (f", IATA {self.iata}" if self.iata else "")
        return f"{self.name} ({codes}{f', {self.country}' if self.country else ''})"

    @property
    def where(self) -> str:
        """Its latitude and longitude, for a sentence."""
        north, east = "N" if self.lat >= 0 else "S", "E" if self.lon >= 0 else "W"
        return f"{abs(self.lat):.4f} {north} {abs(self.lon):.4f} {east}"


def load_places(home: Path) -> dict[str, Place]:
    """Every airfield of the index by its code, those with aprons (shipped, or below `home`) among them."""
    places = dict(_load_listed())
    for file in list_airfields(home):
        if file.airfield is None:
            continue
        mine, listed = file.airfield, places.get(file.airfield.id.upper())
        west, south, east, north = mine.bounds
        iata, city, country, also = (listed.iata, listed.city, listed.country, listed.name) if listed else ("",) * 4
        lat, lon = (south + north) / 2, (west + east) / 2
        height = listed.elevation_ft if listed else None
        places[mine.id.upper()] = Place(mine.id, iata, mine.name, city, country, lat, lon, mine.origin, also, height)
    return places


@cache
def _load_listed() -> Mapping[str, Place]:
    """The airfields that `airportsdata` knows; where it writes `_MLH`, for an IATA code alone, that code is the id."""
    import airportsdata

    return {
        code: Place(
            *(code, one["iata"], one["name"], one["city"], one["country"], one["lat"], one["lon"]),
            elevation_ft=one["elevation"],
        )
        for code, one in ((key.lstrip("_"), one) for key, one in airportsdata.load("ICAO").items())
    }


def find_by_code(text: str, places: dict[str, Place]) -> Place | None:
    """The airfield whose ICAO or IATA code it is, in capitals or not; ICAO first."""
    code = text.strip().upper()
    if code in places:
        return places[code]
    found = [place for place in places.values() if place.iata == code] if len(code) == 3 else []
    return found[0] if found else None


def find_by_name(text: str, places: Iterable[Place]) -> list[Place]:
    """The airfields that a name means, by the best of these that any has: the whole name; words of name and city;
    beginnings of such words. Those with aprons, then with an IATA code, come first.

    A single word, such as a city's, is the whole name only of airfields with aprons: there is a Paris in Arkansas.
    """
    wanted = strip_generic(split_words(text))
    if not wanted:
        return []
    tiers: tuple[list[Place], ...] = ([], [], [])
    for place in places:
        tier = _tier(wanted, place)
        if tier is not None:
            tiers[tier].append(place)
    best = next((tier for tier in tiers if tier), [])
    return sorted(best, key=lambda place: (not place.origin, not place.iata, place.icao))


def _tier(wanted: tuple[str, ...], place: Place) -> int | None:
    """How well a name fits, 0 being best; None where it does not."""
    names = [split_words(place.name), *([split_words(place.also)] if place.also else [])]
    if (place.origin or len(wanted) > 1) and any(strip_generic(name) == wanted for name in names):
        return 0
    words = {word for name in (*names, split_words(place.city)) for word in name}
    if words.issuperset(wanted):
        return 1
    begun = all(len(one) >= SHORTEST_BEGINNING and any(word.startswith(one) for word in words) for one in wanted)
    return 2 if begun else None


def sort_by_distance(lat: float, lon: float, places: Iterable[Place], within_km: float) -> list[tuple[float, Place]]:
    """Those within a distance of a place in degrees, with their kilometres, the nearest first."""
    tall = math.degrees(within_km / EARTH_RADIUS_KM)
    near = (place for place in places if abs(place.lat - lat) <= tall)
    found = [(distance_km(lat, lon, place.lat, place.lon), place) for place in near]
    return sorted((one for one in found if one[0] <= within_km), key=lambda one: (one[0], one[1].icao))


def distance_km(lat: float, lon: float, other_lat: float, other_lon: float) -> float:
    """Kilometres between two places in degrees, on a sphere."""
    lats = math.radians(lat), math.radians(other_lat)
    half_lat, half_lon = (lats[1] - lats[0]) / 2, math.radians(other_lon - lon) / 2
    part = math.sin(half_lat) ** 2 + math.cos(lats[0]) * math.cos(lats[1]) * math.sin(half_lon) ** 2
    return 2 * EARTH_RADIUS_KM * math.asin(min(1.0, math.sqrt(part)))
