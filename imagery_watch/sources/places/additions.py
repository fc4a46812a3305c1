"""New airfields out of the map: from a name to an airfield file below `<home>/aoi`."""

from pathlib import Path

from imagery_watch.settings import Settings
from imagery_watch.sources.airfields.known import keep_document, new_path
from imagery_watch.sources.airfields.osm import document_from_overpass
from imagery_watch.sources.places.aerodrome import cut_to_aerodrome
from imagery_watch.sources.places.index import Place
from imagery_watch.sources.places.overpass import ask_overpass, build_query


def add_from_map(place: Place, settings: Settings, *, name: str | None = None, overwrite: bool = False) -> Path:
    """Asks OpenStreetMap for an airfield's aprons and keeps them as `<home>/aoi/<ICAO>.geojson`; returns its path.

    Raises AoiError where it holds none, or where the file is there and `overwrite` is not set; MapUnavailable,
    UsageError as `ask_overpass` does.
    """
    path = new_path(place.icao, settings.home, overwrite=overwrite)
    reply = ask_overpass(build_query(place, settings.timeout_s), settings)
    reply, note = cut_to_aerodrome(reply, path.stem, (place.lon, place.lat))
    document = document_from_overpass(path.stem, reply, name or place.name)
    notes = [*document["notes"], note] if note else document["notes"]
    return keep_document({**document, "notes": notes}, path)
