"""Aircraft planted into one of two real images over Fehrbellin (one band, nothing else): how many are found.

python benchmarks/fehrbellin.py
"""

from datetime import timedelta
from itertools import product
from pathlib import Path

from imagery_watch.change.detect import detect
from imagery_watch.model import Scene
from imagery_watch.sensors.sentinel2.detector import DETECTOR
from imagery_watch.sensors.sentinel2.sensor import SENTINEL_2
from imagery_watch.settings import Settings
from imagery_watch.simulate.inject import Placement, inject
from imagery_watch.sources.airfields.grids import draw_areas, grid_for
from imagery_watch.sources.airfields.known import find_airfield, shipped_dir
from imagery_watch.sources.catalogs.acquisitions import fold
from imagery_watch.sources.catalogs.stac_files import FileCatalog
from imagery_watch.sources.pixels.scenes import Reader, read_scenes

ITEMS = Path(__file__).parent.parent / "tests" / "data" / "fehrbellin" / "items.json"
STRIP = {True: (139.0, 152.0), False: (139.0 - 1.76, 152.0 + 0.56)}
"""Middle of the strip on the Grid, in the later image and in the earlier one."""
TYPES = ("Tu-204", "Il-62M", "Il-76", "B777-200")
PAINTS = ((0.55, 0.40), (0.40, 0.30))
HEADINGS = (10.0, 55.0, 100.0, 190.0)


def main() -> None:
    """Prints a line a type: found as arrival, found as departure, and whatever else was reported."""
    settings = Settings()
    airfield = find_airfield("EDBF", shipped_dir())
    grid = grid_for(airfield, settings.margin_m, settings.max_grid_km2)
    areas = draw_areas(airfield, grid)
    catalog = FileCatalog(ITEMS, SENTINEL_2)
    items = catalog.search((12.0, 52.0, 13.5, 53.5), None, None).items
    read = read_scenes(
        fold(items), grid, (12.76, 52.79), Reader(settings, catalog.name, catalog.local_root, SENTINEL_2)
    )
    pair = [scene for scene in read if isinstance(scene, Scene)]
    half_window = timedelta(days=settings.baseline_half_window_days)
    for aircraft in TYPES:
        found, other = {True: 0, False: 0}, 0
        for later, paints, heading in product((True, False), PAINTS, HEADINGS):
            scenes = planted(pair, later, Placement(aircraft, *STRIP[later], heading, *paints))
            kinds = [event.kind for event in detect(scenes, areas, grid, DETECTOR, half_window=half_window).events]
            wanted = "arrival" if later else "departure"
            found[later] += wanted in kinds
            other += len(kinds) - (wanted in kinds)
        print(f"{aircraft:10} arrivals {found[True]} of 8, departures {found[False]} of 8, else reported {other}")


def planted(pair: list[Scene], later: bool, aircraft: Placement) -> list[Scene]:
    """The pair with an aircraft in the later image, or in the earlier one."""
    chosen = pair[1] if later else pair[0]
    image = inject(chosen.data, chosen.bands, aircraft, chosen.sun_azimuth, chosen.sun_elevation)
    return [pair[0], chosen.with_data(image)] if later else [chosen.with_data(image), pair[1]]


if __name__ == "__main__":
    main()
