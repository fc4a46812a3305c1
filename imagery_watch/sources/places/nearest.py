"""The nearest airfield to each of many places, and how high an airfield lies."""

from pathlib import Path

import numpy as np
from scipy.spatial import cKDTree

from imagery_watch.model.airfield import Airfield
from imagery_watch.model.arrays import Doubles
from imagery_watch.sources.places.index import EARTH_RADIUS_KM, Place, load_places

SAME_LEVEL_KM = 30.0
"""How far away an airfield may lie whose height stands for that of one whose height is not known."""


class NearestAirfields:
    """The airfields of the index, asked by place."""

    def __init__(self, home: Path) -> None:
        self._places = [*load_places(home).values()]
        self._by_code = {place.icao.upper(): place for place in self._places}
        lat, lon = (np.array([getattr(one, name) for one in self._places]) for name in ("lat", "lon"))
        self._tree = cKDTree(_on_sphere(lat, lon))

    def find(self, lat: Doubles, lon: Doubles) -> list[tuple[Place, float]]:
        """For each place in degrees, the nearest airfield and its kilometres."""
        chords, numbers = self._tree.query(_on_sphere(lat, lon))
        angles = 2 * np.arcsin(np.clip(np.atleast_1d(chords) / 2, 0, 1))
        pairs = zip(np.atleast_1d(numbers), angles, strict=True)
        return [(self._places[number], float(angle) * EARTH_RADIUS_KM) for number, angle in pairs]

    def find_elevation(self, airfield: Airfield) -> tuple[float, str]:
        """How high an airfield lies, in feet, and a note unless its own height is known.

        That of the nearest airfield within 30 km where its own is not known, else 0.
        """
        own = self._by_code.get(airfield.id.upper())
        if own is not None and own.elevation_ft is not None:
            return own.elevation_ft, ""
        west, south, east, north = airfield.bounds
        known = [one for one in self._places if one.elevation_ft is not None]
        tree = cKDTree(_on_sphere(np.array([one.lat for one in known]), np.array([one.lon for one in known])))
        chord, number = tree.query(_on_sphere(np.array([(south + north) / 2]), np.array([(west + east) / 2])))
        near, km = known[int(number[0])], float(chord[0]) * EARTH_RADIUS_KM
        if near.elevation_ft is not None and km <= SAME_LEVEL_KM:
            return (
                near.elevation_ft,
                f"the height of {airfield.id} is not known: that of {near.icao}, {km:.0f} km away, is taken",
            )
        return 0.0, f"the height of {airfield.id} is not known: it is taken to lie at the sea's level"


def _on_sphere(lat: Doubles, lon: Doubles) -> Doubles:
    """(place, 3): points of a sphere with a radius of 1."""
    up, east = np.radians(lat), np.radians(lon)
    points: Doubles = np.stack([np.cos(up) * np.cos(east), np.cos(up) * np.sin(east), np.sin(up)], axis=1)
    return points
