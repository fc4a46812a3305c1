"""One door for every airfield that a person names: by ICAO or IATA code, by name or city, or by `lat,lon`."""

from dataclasses import dataclass
from pathlib import Path

from imagery_watch.errors import AoiError
from imagery_watch.model.airfield import Airfield
from imagery_watch.sources.airfields.known import find_airfield, is_known, suggest_known
from imagery_watch.sources.places.coordinates import read_coordinates
from imagery_watch.sources.places.index import (
    Place,
    find_by_code,
    find_by_name,
    load_places,
    sort_by_distance,
)

NEAR_KM = 10.0
"""How far from a place that was named its airfield may be."""
FAR_KM = 500.0
"""How far the nearest one is looked for, to name it where none is near."""
MOST_NAMED = 8
"""Candidates that a message names."""
LONGEST_QUOTED = 60


@dataclass(frozen=True)
class Found:
    """An airfield of the index, and how a person's words were taken."""

    place: Place
    told: str = ""
    """A sentence for the person, empty where the words were the airfield's own code."""


def resolve_airfield(text: str, home: Path) -> tuple[Airfield, str]:
    """The airfield, with aprons, that a person means, and how the words were taken (empty for its own id).

    Raises AoiError where nobody knows it, where several are meant, or where its aprons are not known.
    """
    if is_known(text, home):
        return find_airfield(text, home), ""
    found = find_place(text, home)
    if found.place.origin or is_known(found.place.icao, home):
        return find_airfield(found.place.icao, home), found.told
    raise AoiError(
        f"{_quoted(text)}: {found.place.label}, at {found.place.where}, is known, but its aprons are not; "
        f"{how_to_get_aprons(found.place.icao)}"
    )


def how_to_get_aprons(icao: str) -> str:
    """The ways to an airfield's aprons, for the end of a sentence."""
    return (
        f"`imagery-watch airfields add {icao}` asks OpenStreetMap for them, "
        f"`imagery-watch airfields draft {icao}` draws them from imagery"
    )


def find_place(text: str, home: Path) -> Found:
    """The airfield of the index that a person means. Raises AoiError where there is none, or more than one."""
    places = load_places(home)
    pair = read_coordinates(text)
    if pair is not None:
        return _find_near(*pair, text.strip(), places)
    by_code = find_by_code(text, places)
    if by_code is not None:
        same = text.strip().upper() == by_code.icao.upper()
        return Found(by_code, "" if same else _taken(text, by_code))
    named = find_by_name(text, places.values())
    if len(named) == 1:
        return Found(named[0], _taken(text, named[0]))
    if named:
        raise AoiError(f"{_quoted(text)}: {len(named)} airfields are called so, or are there: {_list(named)}; name one")
    raise AoiError(
        f"{_quoted(text)}: no airfield has this code, name or city{suggest_known(text, home)}; "
        "`imagery-watch airfields find TEXT` searches, `imagery-watch airfields add ID --osm FILE` adds one, "
        "`run --aoi FILE` uses a file of your own"
    )


def search_places(text: str, home: Path) -> list[tuple[float | None, Place]]:
    """Every airfield that a text may mean, with its kilometres from it where the text is `lat,lon`.

    Raises AoiError for a latitude or longitude that is none.
    """
    places = load_places(home)
    pair = read_coordinates(text)
    if pair is not None:
        _check_range(*pair, places)
        return [(km, place) for km, place in sort_by_distance(*pair, places.values(), 5 * NEAR_KM)]
    by_code = find_by_code(text, places)
    first = [by_code] if by_code is not None else []
    return [(None, place) for place in dict.fromkeys([*first, *find_by_name(text, places.values())])]


def _find_near(lat: float, lon: float, text: str, places: dict[str, Place]) -> Found:
    """The airfield nearest to a place. Raises AoiError where none is near, and suspects exchanged numbers."""
    _check_range(lat, lon, places)
    near = sort_by_distance(lat, lon, places.values(), NEAR_KM)
    if near:
        km, place = near[0]
        return Found(place, f"{text} is taken as {place.label}, {km:.1f} km from it")
    raise AoiError(f"{text}: no airfield lies within {NEAR_KM:.0f} km{_elsewhere(lat, lon, places)}")


def _check_range(lat: float, lon: float, places: dict[str, Place]) -> None:
    """Raises AoiError for a latitude or longitude that is none, and suspects exchanged numbers."""
    if abs(lat) > 90 or abs(lon) > 180:
        raise AoiError(
            f"{lat:g},{lon:g} is not on the Earth: latitude (-90 to 90) comes first, then longitude (-180 to 180)"
            f"{_exchanged(lat, lon, places)}"
        )


def _elsewhere(lat: float, lon: float, places: dict[str, Place]) -> str:
    """What may have been meant, or the nearest there is; for the end of a sentence."""
    exchanged = _exchanged(lat, lon, places)
    far = sort_by_distance(lat, lon, places.values(), FAR_KM)
    nearest = f"; the nearest is {far[0][1].label}, {far[0][0]:.0f} km away" if far else ""
    return exchanged or nearest or "; latitude comes first, then longitude"


def _exchanged(lat: float, lon: float, places: dict[str, Place]) -> str:
    """The suspicion that latitude and longitude were exchanged, where that has an airfield near."""
    near = sort_by_distance(lon, lat, places.values(), NEAR_KM) if abs(lon) <= 90 else []
    if not near:
        return ""
    return f"; are the numbers exchanged? {lon:g},{lat:g} is {near[0][1].label}: the latitude comes first"


def _taken(text: str, place: Place) -> str:
    return f"{_quoted(text)} is taken as {place.label}"


def _quoted(text: str) -> str:
    return repr(text if len(text) <= LONGEST_QUOTED else text[:LONGEST_QUOTED] + "...")


def _list(named: list[Place]) -> str:
    more = f" and {len(named) - MOST_NAMED} more" if len(named) > MOST_NAMED else ""
    return ", ".join(place.label for place in named[:MOST_NAMED]) + more
