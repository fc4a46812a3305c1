"""One request to an address of the user's own: sent once, never sent on, and nothing of the address told or logged."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import urllib3

from imagery_watch.errors import UsageError
from imagery_watch.model.reply import Exchange, Reply
from imagery_watch.settings import Settings
from imagery_watch.sources.network.door import Question, ask
from imagery_watch.sources.network.hosts import host_of, is_loopback
from imagery_watch.sources.network.pools import LOGGERS
from imagery_watch.sources.network.troubles import explain

TALKERS = (*LOGGERS, "urllib3.connection", "urllib3.poolmanager", "urllib3.util.ssl_", "apprise", "requests")
"""Loggers of libraries that write addresses, or parts of them, at some level."""
MOST_BYTES = 64 * 1024
"""Of an answer that are read: what a receiver has to say is in its status, and a time stamp has a tenth of that."""


def check_address(url: str, what: str) -> None:
    """Raises UsageError for what is no https address, and no http address of this machine; the address is not told."""
    parts = urlsplit(url) if url.isascii() and url.isprintable() else urlsplit("")
    if not host_of(url) or parts.scheme not in ("http", "https"):
        raise UsageError(f"{what}: what it holds is no address such as https://HOST/PATH")
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise UsageError(f"{what}: what it holds is an http address; expected https (http only to this machine)")


def open_exchange(settings: Settings) -> Exchange:
    """What sends requests with the settings' patience."""

    def exchange(method: str, url: str, body: bytes | None, headers: Mapping[str, str]) -> Reply:
        """One request; see `Exchange`."""
        return _ask(Question(url, headers, method, body), settings)

    return exchange


def _ask(question: Question, settings: Settings) -> Reply:
    try:
        with unlogged(), ask(question, settings, retries=0) as answer:
            body = answer.read(MOST_BYTES)
    except UsageError as error:  # of the proxy's setting, which is not the address
        return Reply(None, trouble=str(error))
    except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
        trouble = explain(error, host_of(question.url))
        return Reply(None, trouble=f"{trouble.what}; {trouble.fix}")
    return Reply(answer.status, parse_wait(answer.headers.get("Retry-After", "")), body=body)


def parse_wait(text: str) -> float | None:
    """Seconds that a Retry-After asks for, a number or a date; None where it says neither."""
    if text.strip().isascii() and text.strip().isdigit():
        return float(text[:12])
    try:
        when = parsedate_to_datetime(text)
    except ValueError:
        return None
    aware = when if when.tzinfo is not None else when.replace(tzinfo=UTC)
    return max(0.0, (aware - datetime.now(UTC)).total_seconds())


def _drop(_record: logging.LogRecord) -> bool:
    """False: it is not logged."""
    return False


@contextmanager
def unlogged() -> Iterator[None]:
    """Within it the libraries that would log addresses log nothing, at any level."""
    loggers = [logging.getLogger(name) for name in TALKERS]
    for logger in loggers:
        logger.addFilter(_drop)
    try:
        yield
    finally:
        for logger in loggers:
            logger.removeFilter(_drop)
