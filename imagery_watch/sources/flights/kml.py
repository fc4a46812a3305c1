"""KML of one flight: Flightradar24's (a Point a fix, its values in HTML) and FlightAware's (one `gx:Track`).

Flightradar24 writes an altitude of 0 on the ground. FlightAware has heights in metres, of which nobody says above
what; nothing of the ground, no speed; its last ones may lie below the field.
"""

import re
from typing import TYPE_CHECKING

import numpy as np

from imagery_watch.errors import TrackError
from imagery_watch.model.flight import AIR, GROUND, UNTOLD, TrackFormat
from imagery_watch.sources.flights.clean import Rows, Tally
from imagery_watch.sources.flights.parsing import FEET, count_rows, numbers, times

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_KML = "{http://www.opengis.net/kml/2.2}"
_GX = "{http://www.google.com/kml/ext/2.2}"
_VALUE = re.compile(r"(Altitude|Speed):(?:<[^>]*>|\s)*(-?[\d,.]+)")
NO_FIXES = "a flight's KML by Flightradar24 or FlightAware was expected; this one has no fixes with times"


def read_kml(data: bytes, file: str, tally: Tally) -> tuple[TrackFormat, Rows]:
    """Which of the two a KML is, and its rows. Raises TrackError where it is neither."""
    root = _parse(data, file)
    tracks = [*root.iter(f"{_GX}Track")]
    form = TrackFormat.FLIGHTAWARE if tracks else TrackFormat.FR24_KML
    told = _from_tracks(tracks, root, file) if tracks else _from_points(root)
    if not told:
        raise TrackError(f"{file}: {NO_FIXES}")
    tally.rows += len(told)
    return form, _to_rows(told, file, ground_at_zero=form == TrackFormat.FR24_KML)


def _parse(data: bytes, file: str) -> "Element":
    from xml.etree import ElementTree

    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise TrackError(f"{file}: has a document type, which no KML needs: it is not read")
    try:
        return ElementTree.fromstring(data)
    except ElementTree.ParseError as error:
        raise TrackError(f"{file}: is no whole XML text ({error}): fetch it again") from error


_Told = list[tuple[str, str, str, str, str, str]]
"""When, longitude, latitude, altitude in feet, speed, callsign: as text."""


def _from_tracks(tracks: list["Element"], root: "Element", file: str) -> _Told:
    names = {track: mark.findtext(f"{_KML}name", "").strip()
             for mark in root.iter(f"{_KML}Placemark") for track in mark.iter(f"{_GX}Track")}  # fmt: skip
    told: _Told = []
    for track in tracks:
        whens = [(one.text or "").strip() for one in track.iter(f"{_KML}when")]
        places = [(one.text or "").split() for one in track.iter(f"{_GX}coord")]
        if len(whens) != len(places):
            raise TrackError(
                f"{file}: {len(whens)} times (when) for {len(places)} places (gx:coord): as many were expected"
            )
        for when, place in zip(whens, places, strict=True):
            lon, lat, height = (*place, "", "", "")[:3]
            told.append((when, lon, lat, height, "", names.get(track, "")))
    return told


def _from_points(root: "Element") -> _Told:
    sign = root.findtext(f"{_KML}Document/{_KML}name", "").split("/")[-1].strip()
    told: _Told = []
    for mark in root.iter(f"{_KML}Placemark"):
        when, place = mark.findtext(f"{_KML}TimeStamp/{_KML}when"), mark.findtext(f"{_KML}Point/{_KML}coordinates")
        if when is None or place is None:
            continue
        lon, lat = (*place.strip().split(","), "", "")[:2]
        values = dict(_VALUE.findall(mark.findtext(f"{_KML}description", "")))
        altitude, speed = (values.get(name, "").replace(",", "") for name in ("Altitude", "Speed"))
        told.append((when.strip(), lon, lat, altitude, speed, sign))
    return told


def _to_rows(told: _Told, file: str, *, ground_at_zero: bool) -> Rows:
    """The rows; heights of tracks are metres."""
    import pandas as pd

    part = pd.DataFrame(told, columns=["time", "lon", "lat", "altitude", "speed", "callsign"], dtype=object)
    where, count = count_rows(f"{file}, fixes", 1, len(told)), len(told)
    altitude = numbers(part, "altitude", where) * (1 if ground_at_zero else FEET)
    state = np.where(np.isnan(altitude), UNTOLD, np.where(altitude <= 0, GROUND, AIR))
    return Rows(
        t=times(part, "time", where),
        age_s=np.full(count, np.nan),
        lat=numbers(part, "lat", where),
        lon=numbers(part, "lon", where),
        altitude_ft=altitude,
        state=(state if ground_at_zero else np.full(count, UNTOLD)).astype(np.int8),
        speed_kt=numbers(part, "speed", where),
        hex=np.full(count, "", dtype=object),
        callsign=part["callsign"].to_numpy(),
        type=np.full(count, "", dtype=object),
    )
