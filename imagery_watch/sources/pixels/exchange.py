"""One deadline over each exchange with a server, and no exchange with a machine that only this one can reach.

A pool's timeout bounds each silence alone: a server that sends a header drop by drop, or `100 Continue` for ever, keeps
a reader for ever. Here every byte of an answer, its headers too, comes before one deadline.
"""

import http.client
import io
import ipaddress
import logging
import re
import socket
import threading
import time
from functools import lru_cache
from typing import Any
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.util import Retry, Timeout

from imagery_watch.errors import UsageError
from imagery_watch.settings import Settings
from imagery_watch.sources.certificates import trust

PROXY_FORM = "http://HOST:PORT"
PATIENCE = 3.0
"""Times the longest silence that is borne, for one exchange as a whole."""


LONGEST_WAIT_S = 60.0
"""Longest pause that a server may ask for by Retry-After; a longer wish is for the next run to honour."""


_ONE_AT_A_TIME = threading.Lock()

LOGGERS = ("urllib3.connectionpool", "urllib3.util.retry")
"""They log whole addresses, at WARNING where a connection breaks."""


class _WithoutQueries(logging.Filter):
    """Takes out of a message what stands behind the `?` of an address: it may hold a key or a signature."""

    def filter(self, record: logging.LogRecord) -> bool:
        """True: the message is logged, without that."""
        record.msg, record.args = re.sub(r"\?[^\s'\">]+", "?...", record.getMessage()), ()
        return True


_WITHOUT_QUERIES = _WithoutQueries()


def keep_queries_out_of_logs() -> None:
    """Once for all that urllib3 logs from here on."""
    for name in LOGGERS:
        logging.getLogger(name).addFilter(_WITHOUT_QUERIES)


class PrivateHost(urllib3.exceptions.HTTPError):
    """A host on this machine or in its own network, named by a catalogue of elsewhere."""


class _Timed(io.RawIOBase):
    """The bytes of a socket, until a deadline: later ones raise TimeoutError."""

    def __init__(self, sock: Any) -> None:
        super().__init__()
        self._raw = sock.makefile("rb", buffering=0)
        self._sock = sock
        self._silence_s = sock.gettimeout()
        self._deadline = None if self._silence_s is None else time.monotonic() + PATIENCE * self._silence_s

    def readable(self) -> bool:
        """True."""
        return True

    def readinto(self, buffer: Any) -> int | None:
        """Some bytes, as `io.RawIOBase.readinto` does. Raises TimeoutError."""
        if self._deadline is not None:
            left = self._deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError("the answer takes too long as a whole")
            self._sock.settimeout(min(self._silence_s, left))
        count: int | None = self._raw.readinto(buffer)
        return count

    def close(self) -> None:
        """Lets go of the socket."""
        self._raw.close()
        super().close()


class _TimedResponse(http.client.HTTPResponse):
    """An answer of which every byte comes before one deadline."""

    def __init__(self, sock: Any, *args: Any, **options: Any) -> None:
        super().__init__(sock, *args, **options)
        self.fp.close()
        self.fp = io.BufferedReader(_Timed(sock))


class _TimedHTTP(HTTPConnection):
    response_class = _TimedResponse


class _TimedHTTPS(HTTPSConnection):
    response_class = _TimedResponse


class _PublicHTTP(_TimedHTTP):
    def _new_conn(self) -> socket.socket:
        return _only_public(super()._new_conn(), self)


class _PublicHTTPS(_TimedHTTPS):
    def _new_conn(self) -> socket.socket:
        return _only_public(super()._new_conn(), self)


def _only_public(sock: socket.socket, connection: HTTPConnection) -> socket.socket:
    """The connected socket, before anything is asked of it. Raises PrivateHost: a name may resolve to anything."""
    if connection.proxy is None and is_private(str(sock.getpeername()[0])):
        sock.close()
        raise PrivateHost("the host is on this machine or in its own network")
    return sock


class _TimedPool(urllib3.HTTPConnectionPool):
    ConnectionCls = _TimedHTTP


class _TimedSafePool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _TimedHTTPS


class _PublicPool(urllib3.HTTPConnectionPool):
    ConnectionCls = _PublicHTTP


class _PublicSafePool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _PublicHTTPS


def set_deadlines(manager: urllib3.PoolManager, *, public_only: bool = False) -> urllib3.PoolManager:
    """The manager, whose connections have deadlines from now on, and reach the public network only where asked.

    What is logged of them has no queries.
    """
    keep_queries_out_of_logs()
    http_pool, https_pool = (_PublicPool, _PublicSafePool) if public_only else (_TimedPool, _TimedSafePool)
    manager.pool_classes_by_scheme = {"http": http_pool, "https": https_pool}
    return manager


def is_private(host: str | None) -> bool:
    """Whether a host's name or number is of this machine, its own network, or of nowhere."""
    name = (host or "").strip("[]").rstrip(".").lower()
    if not name or name == "localhost" or name.endswith((".localhost", ".local", ".internal", ".lan", ".home.arpa")):
        return True
    try:
        number = ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(number, "ipv4_mapped", None) or number
    return not mapped.is_global or mapped.is_multicast


class PatientRetry(Retry):
    """Honours Retry-After, within reason: a day's pause asked for by a server would be a hang."""

    def get_retry_after(self, response: urllib3.BaseHTTPResponse) -> float | None:
        """Seconds to wait, at most `LONGEST_WAIT_S`; None where the server does not say."""
        seconds = super().get_retry_after(response)
        return None if seconds is None else min(seconds, LONGEST_WAIT_S)


def pool_for(url: str, settings: Settings, *, public_only: bool = False) -> urllib3.PoolManager:
    """The pool for an address: one keep-alive pool for the whole process, by way of a proxy where one is set.

    Passing failures are retried with jitter, honouring Retry-After. Every exchange has a deadline; with `public_only`,
    none is with a host of this machine or its own network.
    """
    with _ONE_AT_A_TIME:  # else each thread that comes first makes a pool of its own, with certificates of its own
        return _pool(settings.in_flight, settings.timeout_s, settings.retries, public_only, find_proxy(url))


def find_proxy(url: str) -> str:
    """The proxy that the environment sets for an address (HTTPS_PROXY, NO_PROXY and so on); empty where it is none.

    Hosts of this machine and its own network are asked straight. Raises UsageError for a proxy that is no address.
    """
    parts = urlsplit(url)
    if is_private(parts.hostname) or proxy_bypass(str(parts.hostname)):
        return ""
    proxies = getproxies()
    named = proxies.get(parts.scheme) or proxies.get("all") or ""
    if not named.startswith(("http://", "https://")):
        return ""
    if not host_of(named):
        raise UsageError(f"the proxy for {parts.scheme} (HTTPS_PROXY and so on): not an address such as {PROXY_FORM}")
    return named


def host_of(url: str) -> str:
    """The host of an `http` or `https` address; empty where the text is none."""
    try:
        parts = urllib3.util.parse_url(url)
    except urllib3.exceptions.LocationParseError:
        return ""
    return (parts.host or "") if parts.scheme in ("http", "https") else ""


@lru_cache(maxsize=8)
def _pool(in_flight: int, timeout_s: float, retries: int, public_only: bool, proxy: str) -> urllib3.PoolManager:
    """One pool for each way to be asked; its connections are kept."""
    retry = PatientRetry(
        total=retries,
        status_forcelist=(408, 429, 500, 502, 503, 504),
        backoff_factor=0.3,
        backoff_jitter=0.3,
        respect_retry_after_header=True,
        raise_on_status=False,
    )
    return open_pool(retry, timeout_s, proxy, public_only=public_only, in_flight=in_flight)


def open_pool(
    retry: Retry, timeout_s: float, proxy: str, *, public_only: bool, in_flight: int = 1
) -> urllib3.PoolManager:
    """A new pool with deadlines, by way of a proxy where one is named."""
    timeout = Timeout(connect=timeout_s, read=timeout_s)
    if not proxy:
        pool = urllib3.PoolManager(maxsize=in_flight, block=True, retries=retry, timeout=timeout, ssl_context=trust())
        return set_deadlines(pool, public_only=public_only)
    user = urllib3.util.parse_url(proxy).auth
    headers = urllib3.make_headers(proxy_basic_auth=unquote(user)) if user else None
    by_way = urllib3.ProxyManager(
        proxy,
        proxy_headers=headers,
        maxsize=in_flight,
        block=True,
        retries=retry,
        timeout=timeout,
        ssl_context=trust(),
        proxy_ssl_context=trust(),
    )
    return set_deadlines(by_way, public_only=public_only)
