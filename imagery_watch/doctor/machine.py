"""The machine: versions, room on the disk, and the record."""

import os
import platform
import shutil
import tempfile
from importlib.metadata import version
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import getproxies

from imagery_watch.errors import ExitCode, StoreError
from imagery_watch.model.check import Check
from imagery_watch.outputs.store.store import read_store
from imagery_watch.settings import KEY_VARIABLES, Settings
from imagery_watch.sources.network.hosts import PROXY_FORM

LEAST_FREE = 500 * 2**20
"""Bytes: a year of windows over one airfield takes some 300 MB, and SQLite wants room beside."""


def check_machine(settings: Settings) -> tuple[Check, ...]:
    """Versions, folders, record, and what of the environment has to do with the network."""
    return (
        _check_versions(),
        _check_folder("home", settings.home, "IMAGERY_WATCH_HOME"),
        _check_folder("cache", settings.cache_dir, "IMAGERY_WATCH_CACHE"),
        _check_record(settings.home),
        _check_environment(settings),
    )


def _check_versions() -> Check:
    import rasterio

    with rasterio.Env() as gdal:
        drivers = gdal.drivers()
    what = (
        f"imagery-watch {version('imagery-watch')}, Python {platform.python_version()}, "
        f"GDAL {rasterio.__gdal_version__}, PROJ {rasterio.__proj_version__}, rasterio {version('rasterio')}"
    )
    if "JP2OpenJPEG" in drivers:
        return Check("versions", "ok", what)
    return Check("versions", "note", f"{what}; without JPEG 2000", "install rasterio from PyPI to read `copernicus`")


def _check_folder(name: str, folder: Path, variable: str) -> Check:
    """Whether a folder, or the one that it would be made in, can be written, and has room."""
    there = next((one for one in (folder, *folder.absolute().parents) if one.exists()), Path("/"))
    try:
        free = shutil.disk_usage(there).free
        with tempfile.TemporaryFile(dir=there):
            pass
    except OSError as error:
        fix = f"set {variable} to a folder that can be written"
        return Check(name, "bad", f"{folder}: {error.strerror or error}", fix, ExitCode.USAGE)
    what = f"{folder}: {free / 2**30:.1f} GB free{'' if there == folder else ', made when it is needed'}"
    if free < LEAST_FREE:
        fix = f"make room, or set {variable} to a folder on another disk"
        return Check(name, "bad", what, fix, ExitCode.USAGE)
    return Check(name, "ok", what)


def _check_record(home: Path) -> Check:
    try:
        with read_store(home) as store:
            if store is None:
                return Check("record", "ok", "none yet: `monitor` makes it")
            return Check("record", "ok", f"{store.path}: whole")
    except StoreError as error:
        return Check("record", "bad", str(error), "see the file's own backup beside it", ExitCode.STORE)


def _check_environment(settings: Settings) -> Check:
    """Proxies, by their hosts alone: an address may hold a password; and whether there are keys, never which."""
    proxies = {scheme: _host(url) for scheme, url in getproxies().items() if scheme != "no"}
    said = ", ".join(f"{scheme} by {host or '?'}" for scheme, host in sorted(proxies.items()))
    keys = " and ".join(KEY_VARIABLES)
    held = settings.s3_key is not None and settings.s3_secret is not None
    half = (settings.s3_key is None) != (settings.s3_secret is None)
    what = f"proxy: {said or 'none'}; {keys}: {'set' if held else 'one of them set' if half else 'not set'}"
    if not all(proxies.values()):
        fix = f"set the proxy that is told as ? to {PROXY_FORM}, or unset it"
        return Check("environment", "note", what, fix)
    if os.environ.get("GDAL_HTTP_UNSAFESSL") or half:
        fix = f"set both of {keys}, or neither" if half else "unset GDAL_HTTP_UNSAFESSL: nothing here heeds it"
        return Check("environment", "note", what, fix)
    return Check("environment", "ok", what)


def _host(url: str) -> str:
    """A proxy's host, of whatever kind the proxy is; empty where the text is no address."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
