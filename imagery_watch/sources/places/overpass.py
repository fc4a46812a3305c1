"""OpenStreetMap asked for an airfield's aprons, through an Overpass API: one question, and an answer that is whole."""

import json
import time
from importlib.metadata import version
from typing import Any
from urllib.parse import urlencode, urlsplit

import urllib3

from imagery_watch.errors import MapUnavailable, UsageError
from imagery_watch.settings import Settings
from imagery_watch.sources.network.connections import PATIENCE
from imagery_watch.sources.network.door import CATALOGUE_PAUSE_S, Question, ask
from imagery_watch.sources.network.hosts import Allowed, host_of, is_private
from imagery_watch.sources.network.pools import PASSING
from imagery_watch.sources.network.troubles import explain
from imagery_watch.sources.places.index import Place

REACH_M = 5000
"""From an airfield's reference point, where its outline is not mapped: half the length of the largest airports."""
LARGEST_REPLY_MB = 64
"""The reply for one of the largest airports takes 2 MB."""
SPARE_S = 5.0
"""Before our own patience ends, so that Overpass itself can say that it gave up."""
_READ_BYTES = 1 << 16


def build_query(place: Place, timeout_s: float) -> str:
    """The question in Overpass QL: aprons, stands, runways and outlines, inside the airfield's outline or near it."""
    wanted = '["aeroway"~"^(apron|parking_position|runway|aerodrome)$"]'
    patience = max(1, round(timeout_s - SPARE_S))
    return (
        f"[out:json][timeout:{patience}];\n"
        f'area["aeroway"="aerodrome"]["icao"="{place.icao}"]->.field;\n'
        "(\n"
        f"  nwr{wanted}(area.field);\n"
        f"  nwr{wanted}(around:{REACH_M},{place.lat:.5f},{place.lon:.5f});\n"
        ");\n"
        "out geom;\n"
    )


def ask_overpass(query: str, settings: Settings) -> dict[str, Any]:
    """What the Overpass API of the settings answers, as it writes it.

    Raises MapUnavailable where it does not answer, is busy, or its answer is not whole; UsageError where there is no
    Overpass API at its address, or where the environment's proxy has no address.
    """
    url, host = _check_url(settings.overpass)
    deadline = time.monotonic() + PATIENCE * settings.timeout_s
    try:
        with ask(_make_question(url, query), settings, _find_allowed(url), pause_s=CATALOGUE_PAUSE_S) as answer:
            _check_status(answer, host)
            body = _read(answer, host, deadline)
    except urllib3.exceptions.HTTPError as error:
        trouble = explain(error, host_of(url))
        raise MapUnavailable(f"{host} did not answer ({trouble.what}): {trouble.fix}; {_LATER}") from None
    return _check_reply(body, host)


_LATER = "try again later, or another mirror with --overpass URL"


def _check_url(url: str) -> tuple[str, str]:
    """The address, and what a person would call it: without a user or a key. Raises UsageError."""
    try:
        parts = urlsplit(url)
        named = f"{parts.hostname}:{parts.port}" if parts.port else parts.hostname
    except ValueError:
        named = None
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not named:
        raise UsageError(f"Overpass at {url[:200]!r}: not a URL such as https://overpass-api.de/api/interpreter")
    return url, f"Overpass at {named}"


def _make_question(url: str, query: str) -> Question:
    headers = {
        "User-Agent": f"imagery-watch/{version('imagery-watch')}",
        "Accept": "application/json",
        "Content-Type": "application/x-www-form-urlencoded",
    }
    return Question(url, headers, "POST", urlencode({"data": query}).encode())


def _find_allowed(url: str) -> Allowed:
    """A public address leads to no private one."""
    return Allowed(public_only=not is_private(urlsplit(url).hostname))


def _check_status(answer: urllib3.BaseHTTPResponse, host: str) -> None:
    """Raises MapUnavailable for an answer that may be another later, UsageError for one that will not."""
    if answer.status == 200:
        return
    if answer.status in PASSING:
        busy = " (it is busy, or has answered us often enough)" if answer.status in (429, 504) else ""
        raise MapUnavailable(f"{host} answered HTTP {answer.status}{busy}: {_LATER}")
    there = f" (it sends us on to {answer.headers['Location'][:200]!r})" if "Location" in answer.headers else ""
    raise UsageError(f"{host} answered HTTP {answer.status}{there}: is --overpass the URL of an interpreter?")


def _read(answer: urllib3.BaseHTTPResponse, host: str, deadline: float) -> bytes:
    """The body. Raises MapUnavailable where it is endless, or comes drop by drop."""
    body = bytearray()
    while part := answer.read(_READ_BYTES, decode_content=True):
        body += part
        if len(body) > LARGEST_REPLY_MB * 1_000_000:
            raise MapUnavailable(f"{host} sent more than {LARGEST_REPLY_MB} MB: {_LATER}")
        if time.monotonic() > deadline:
            raise MapUnavailable(f"{host} takes too long: {_LATER}")
    return bytes(body)


def _check_reply(body: bytes, host: str) -> dict[str, Any]:
    """The reply in a body. Raises MapUnavailable where it is none, or says itself that it is not whole."""
    try:
        reply = json.loads(body)
    except (ValueError, RecursionError):
        kind = "a web page" if body.lstrip()[:1] == b"<" else "something that is not JSON"
        raise MapUnavailable(f"{host} answered with {kind}: {_LATER}") from None
    if not isinstance(reply, dict) or not isinstance(reply.get("elements"), list):
        raise MapUnavailable(f"{host} answered without a list of elements: {_LATER}")
    remark = " ".join(str(reply.get("remark") or "").split())[:200]
    if "error" in remark.lower() or "timed out" in remark.lower():
        raise MapUnavailable(
            f"{host}: the answer is not whole, it remarks {remark!r}: {_LATER}; "
            "IMAGERY_WATCH_TIMEOUT_S gives it more time"
        )
    return reply
