"""Where to look further: the place of a hit in other people's maps, and its two dates in the Copernicus Browser."""

from collections.abc import Sequence
from datetime import UTC, date
from typing import NamedTuple
from urllib.parse import urlencode

from imagery_watch.model import Hit

BROWSER = "https://browser.dataspace.copernicus.eu/"


class Link(NamedTuple):
    """One link and its words."""

    words: str
    url: str


def list_links(hits: Sequence[Hit]) -> tuple[Link, ...]:
    """The dates on either side of each hit, and the place on maps; without the dates where the hits are simulated."""
    first = hits[0]
    dates = sorted({time.astimezone(UTC).date() for hit in hits for time in (hit.before, hit.after)})
    links = [] if first.simulated else [_link_date(first, day) for day in dates]
    return (*links, *link_maps(first.lat, first.lon))


def _link_date(hit: Hit, day: date) -> Link:
    """True colour of that day at the place, in the Copernicus Browser."""
    asked = {
        "zoom": "16",
        "lat": f"{hit.lat:.5f}",
        "lng": f"{hit.lon:.5f}",
        "themeId": "DEFAULT-THEME",
        "datasetId": "S2_L2A_CDAS",
        "layerId": "1_TRUE_COLOR",
        "fromTime": f"{day:%Y-%m-%d}T00:00:00.000Z",
        "toTime": f"{day:%Y-%m-%d}T23:59:59.999Z",
    }
    return Link(f"Copernicus Browser, {day:%Y-%m-%d}", f"{BROWSER}?{urlencode(asked)}")


def link_maps(lat: float, lon: float) -> tuple[Link, ...]:
    """A place on OpenStreetMap, and on sharper pictures of unknown date."""
    google = {"api": 1, "map_action": "map", "center": f"{lat:.6f},{lon:.6f}", "zoom": 18, "basemap": "satellite"}
    bing = {"cp": f"{lat:.6f}~{lon:.6f}", "lvl": 18, "style": "h"}
    mark = f"?mlat={lat:.6f}&mlon={lon:.6f}#map=17/{lat:.6f}/{lon:.6f}"
    return (
        Link("OpenStreetMap", f"https://www.openstreetmap.org/{mark}"),
        Link("Google satellite", f"https://www.google.com/maps/@?{urlencode(google)}"),
        Link("Bing aerial", f"https://www.bing.com/maps?{urlencode(bing)}"),
    )
