"""One door to every catalogue: a name, a STAC API's URL, or a path to STAC files."""

from pathlib import Path

from imagery_watch.errors import CatalogError
from imagery_watch.sensors.protocol import Sensor
from imagery_watch.settings import Settings
from imagery_watch.sources.catalogs.catalog import Catalog

NAMED = ("earth-search",)
"""Catalogues known by name: open, no account, no key; their addresses are settings."""


def open_catalog(where: str, settings: Settings, sensor: Sensor) -> Catalog:
    """The catalogue of a sensor's items behind a name, a URL or a path; nothing is asked of it yet.

    Raises CatalogError where it is none of these.
    """
    where = settings.earth_search if where == "earth-search" else where
    if where.startswith(("http://", "https://")):
        from imagery_watch.sources.catalogs.stac_api import ApiCatalog

        try:
            return ApiCatalog(where, settings, sensor)
        except ValueError:
            raise CatalogError(f"catalogue {where!r}: not a usable URL") from None
    path = Path(where).expanduser()
    if _exists(path):
        from imagery_watch.sources.catalogs.stac_files import FileCatalog

        return FileCatalog(path, sensor)
    raise CatalogError(
        f"catalogue {where[:200]!r}: neither a known name ({', '.join(NAMED)}), "
        "nor an http(s) URL, nor a file that exists"
    )


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # longer than a path may be, or holding NUL
        return False
