"""One catalogue asked live: its landing page, one search, and one range of one file."""

import time
from datetime import datetime, timedelta

import urllib3

from imagery_watch.errors import CatalogError, CatalogUnavailable, ExitCode, PassRefused, ReadFailed, UsageError
from imagery_watch.model import ListedItem
from imagery_watch.model.check import Check
from imagery_watch.reasons import ReasonCode
from imagery_watch.sensors.registry import find_sensor
from imagery_watch.settings import Settings
from imagery_watch.sources.catalogs.known import KnownCatalog, find_access
from imagery_watch.sources.catalogs.named import open_known
from imagery_watch.sources.network.door import Question, ask
from imagery_watch.sources.network.hosts import PROXY_FORM, host_of, is_private
from imagery_watch.sources.network.troubles import explain
from imagery_watch.sources.pixels.hrefs import check_href, public_name
from imagery_watch.sources.pixels.ranges import RemoteFile

PLACE = (11.32, 46.45, 11.34, 46.47)
"""Bolzano airport, west, south, east, north: two relative orbits, so some twelve passes in thirty days."""
DAYS = timedelta(days=30)
LATER = "try again later; another catalogue of the table may do meanwhile (--catalog NAME)"
MOST_LANDING_BYTES = 256 * 1024


class _Trouble(Exception):
    """What does not work, and what to do about it."""

    def __init__(self, what: str, fix: str, code: ExitCode | None = None) -> None:
        super().__init__(what)
        self.what, self.fix, self.code = what, fix, code


def probe_catalogue(known: KnownCatalog, settings: Settings, now: datetime, *, needed: bool, within_s: float) -> Check:
    """What works of one catalogue from here; nothing is tried twice. `needed`: without it `doctor` ends with 3."""
    quick = settings.model_copy(update={"timeout_s": min(settings.timeout_s, within_s / 4), "retries": 0})
    name = f"catalogue {known.name}"
    try:
        return Check(name, "ok", _probe(known, quick, now))
    except _Trouble as trouble:
        wants_keys = known.needs and quick.s3_key is None
        if wants_keys and trouble.what.startswith("search works"):
            return Check(name, "note", trouble.what, trouble.fix)
        code = ExitCode.INCOMPLETE if needed else ExitCode.DONE
        return Check(name, "bad", trouble.what, trouble.fix, code if trouble.code is None else trouble.code)


def _probe(known: KnownCatalog, settings: Settings, now: datetime) -> str:
    """One line of what works. Raises _Trouble."""
    address = str(getattr(settings, known.address))
    if not host_of(address):
        variable = f"IMAGERY_WATCH_{known.address.upper()}"
        raise _Trouble(f"{variable} is no address", f"set {variable} to https://HOST/PATH, or unset it", ExitCode.USAGE)
    _reach(address, settings)
    try:
        listing = open_known(known, settings, find_sensor()).search(PLACE, now - DAYS, now)
    except (CatalogError, CatalogUnavailable) as error:
        raise _Trouble(f"its landing page answers; a search does not: {error}", LATER) from None
    if not listing.items:
        raise _Trouble("answers, and lists nothing over Bolzano in the last 30 days", LATER)
    newest = max(listing.items, key=lambda one: (one.count_open(), one.facts.datetime))
    found = f"search works ({len(listing.items)} items over Bolzano in 30 days)"
    return f"{found}; {_read(newest, known, settings, found)}"


def _read(one: ListedItem, known: KnownCatalog, settings: Settings, found: str) -> str:
    """One range of one band's file, through its store's own door. Raises _Trouble."""
    key = known.bands["B02"] if known.bands["B02"] in one.item.assets else next(iter(one.item.assets), "")
    href, access, started = one.href(key), find_access(known, settings), time.monotonic()
    origin = str(getattr(settings, known.address))
    try:
        address = check_href(href, None, origin, access)
        remote = RemoteFile(address, settings, public_only=not is_private(host_of(origin)), access=access)
    except (ReadFailed, PassRefused) as error:
        fix = LATER
        if error.reason.code == ReasonCode.NO_ACCESS and access.key_source:
            names = " and ".join(access.key_variables)
            fix = f"make keys at {access.key_source}, and set {names}"
        raise _Trouble(f"{found}, files are not read: {error}", fix) from None
    seconds = time.monotonic() - started
    return f"{len(remote.header) / 1024:.0f} kB of {public_name(href)} in {seconds:.1f} s"


def _reach(address: str, settings: Settings) -> None:
    """Asks for the landing page. Raises _Trouble, which tells a name that is not known from a proxy that is closed."""
    host = host_of(address)
    try:
        with ask(Question(address), settings) as answer:
            body = answer.read(MOST_LANDING_BYTES)
    except UsageError as error:
        raise _Trouble(str(error), f"set it to {PROXY_FORM}, or unset it", ExitCode.USAGE) from None
    except urllib3.exceptions.HTTPError as error:
        trouble = explain(error, host)
        raise _Trouble(trouble.what, trouble.fix) from None
    if answer.status != 200:
        raise _Trouble(f"{host} answered HTTP {answer.status}", _fix_for(answer.status))
    if b"stac_version" not in body:
        raise _Trouble(f"{host} answered something else than a STAC landing page", "does the network want a sign-in?")


def _fix_for(status: int) -> str:
    if status == 407:
        return "the proxy wants a user: HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT"
    if 300 <= status < 400:
        return "does the network want a sign-in? A mirror's address must be its landing page"
    return LATER
