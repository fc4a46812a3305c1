"""What Flightradar24 exports as CSV: one flight a file, without types, and mostly without addresses.

The usual one has no ground flag: on the ground its altitude is 0. The granular one has flags, and rows without a
position that hold 0, 0 and altitudes to 106,300 ft. The oldest has a row a minute (`snapshot_id`).
"""

from typing import TYPE_CHECKING

import numpy as np

from imagery_watch.model.flight import AIR, GROUND, UNTOLD
from imagery_watch.sources.flights.clean import Rows
from imagery_watch.sources.flights.parsing import Layout, Where, to_rows

if TYPE_CHECKING:
    import pandas as pd

USUAL = Layout(time="Timestamp", lat="lat", lon="lon", altitude="Altitude", speed="Speed", callsign="Callsign")
BULK = Layout(time="snapshot_id", lat="latitude", lon="longitude", altitude="altitude", speed="speed")
GRANULAR = Layout(
    time="network_time",
    lat="latitude",
    lon="longitude",
    altitude="altitude",
    speed="speed",
    hex="hex",
    callsign="callsign",
)
USUAL_COLUMNS = ("Timestamp", "UTC", "Callsign", "Position", "Altitude", "Speed")
BULK_COLUMNS = BULK.wanted
GRANULAR_COLUMNS = (*GRANULAR.wanted, "no_position", "on_ground")
_STATES = {"A": AIR, "G": GROUND, "S": GROUND}
"""Airborne, and on the surface; `N` comes with rows that have no position."""


def usual_rows(part: "pd.DataFrame", where: Where) -> Rows:
    """Rows of the usual export. Raises TrackError where `Position` is not "lat,lon"."""
    pairs = [str(one).split(",") for one in part["Position"]]
    for number, pair in enumerate(pairs):
        if len(pair) != 2:
            raise where.refuse(number, "Position", part["Position"].iloc[number], 'a pair "lat,lon" was expected')
    placed = part.assign(lat=[one[0].strip() for one in pairs], lon=[one[1].strip() for one in pairs])
    return to_rows(placed, USUAL, where, ground_at_zero=True)


def bulk_rows(part: "pd.DataFrame", where: Where) -> Rows:
    """Rows of the oldest export."""
    return to_rows(part, BULK, where, ground_at_zero=True)


def granular_rows(part: "pd.DataFrame", where: Where) -> Rows:
    """Rows of the granular export, those without a position with none."""
    moments = part["network_time"].str.replace(r"^(.*)Z\.(\d+)$", r"\1.\2Z", regex=True)
    rows = to_rows(part.assign(network_time=moments), GRANULAR, where)
    lost = (part["no_position"] == "N").to_numpy()
    rows.lat[lost] = np.nan
    rows.state[:] = [_STATES.get(one, UNTOLD) for one in part["on_ground"]]
    return rows
