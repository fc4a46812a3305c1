"""One door to every catalogue: a name, a STAC API's URL, a path to STAC files, or several of these."""

from pathlib import Path

from imagery_watch.errors import CatalogError
from imagery_watch.model.access import Access
from imagery_watch.model.filename import find_path
from imagery_watch.sensors.protocol import Sensor
from imagery_watch.settings import Settings
from imagery_watch.sources.catalogs.catalog import Catalog
from imagery_watch.sources.catalogs.known import KNOWN_CATALOGS, KnownCatalog, find_access, find_known, list_hosts


def open_catalog(where: str, settings: Settings, sensor: Sensor) -> Catalog:
    """The catalogue of a sensor's items behind a name, a URL or a path; nothing is asked of it yet.

    Several with commas between them are one catalogue, the preferred one first. Raises CatalogError where one is none
    of these.
    """
    parts = [part.strip() for part in where.split(",")]
    if len(parts) == 1 or _exists(Path(where).expanduser()):
        return _open_one(where, settings, sensor)
    from imagery_watch.sources.catalogs.joined import JoinedCatalog

    if not all(parts):
        raise CatalogError(f"catalogues {where[:200]!r}: one between the commas is empty")
    return JoinedCatalog([_open_one(part, settings, sensor) for part in dict.fromkeys(parts)])


def _open_one(where: str, settings: Settings, sensor: Sensor) -> Catalog:
    known = find_known(where)
    if known is not None:
        return open_known(known, settings, sensor)
    if where.startswith(("http://", "https://")):
        from imagery_watch.sources.catalogs.stac_api import ApiCatalog

        try:
            return ApiCatalog(
                where, settings, sensor, access=Access(hosts=list_hosts(settings, *KNOWN_CATALOGS, own=where))
            )
        except ValueError:
            raise CatalogError(f"catalogue {where!r}: not a usable URL") from None
    path = Path(find_path(where)).expanduser()
    if _exists(path):
        from imagery_watch.sources.catalogs.stac_files import FileCatalog

        return FileCatalog(path, sensor, Access(hosts=list_hosts(settings, *KNOWN_CATALOGS)))
    names = ", ".join(one.name for one in KNOWN_CATALOGS)
    raise CatalogError(
        f"catalogue {where[:200]!r}: neither a known name ({names}), nor an http(s) URL, nor a file that exists"
    )


def open_known(known: KnownCatalog, settings: Settings, sensor: Sensor) -> Catalog:
    """The catalogue of one row of the table, at the address that the settings hold. Raises CatalogError."""
    from imagery_watch.sources.catalogs.stac_api import ApiCatalog

    address = str(getattr(settings, known.address))
    try:
        access = find_access(known, settings)
        return ApiCatalog(address, settings, sensor, collections=known.collections, access=access)
    except ValueError:
        raise CatalogError(f"catalogue {known.name}: IMAGERY_WATCH_{known.address.upper()} is no usable URL") from None


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # longer than a path may be, or holding NUL
        return False
