"""Pools of kept connections, the patience that each kind of question has, and logs without what nobody may read."""

import logging
import re
import ssl
import threading
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import unquote

import urllib3
from urllib3.util import Retry, Timeout

from imagery_watch.sources.network.certificates import trust
from imagery_watch.sources.network.connections import set_deadlines
from imagery_watch.sources.network.hosts import find_proxy

LONGEST_WAIT_S = 60.0
"""Longest pause that a server may ask for by Retry-After; a longer wish is for the next run to honour."""
PASSING = (408, 429, 500, 502, 503, 504)
"""Statuses that may be others in a moment."""
LOGGERS = ("urllib3.connectionpool", "urllib3.util.retry")
"""They log whole addresses, at WARNING where a connection breaks."""
_ONE_AT_A_TIME = threading.Lock()


class Patience(NamedTuple):
    """How often one kind of question is asked again, and how soon."""

    retries: int
    pause_s: float
    """Before the second retry, doubled before each further one, and as much again at random (urllib3's backoff)."""


class PatientRetry(Retry):
    """Honours Retry-After, within reason: a day's pause asked for by a server would be a hang."""

    def get_retry_after(self, response: urllib3.BaseHTTPResponse) -> float | None:
        """Seconds to wait, at most `LONGEST_WAIT_S`; None where the server does not say."""
        seconds = super().get_retry_after(response)
        return None if seconds is None else min(seconds, LONGEST_WAIT_S)


@lru_cache(maxsize=16)
def make_retry(patience: Patience) -> Retry:
    """What tries again whatever failed for a passing reason, a POST too; nothing where no retries are wished for."""
    if not patience.retries:
        return PatientRetry(total=0, redirect=False, raise_on_status=False, respect_retry_after_header=False)
    return PatientRetry(
        total=patience.retries,
        status_forcelist=PASSING,
        allowed_methods=None,
        backoff_factor=patience.pause_s,
        backoff_jitter=patience.pause_s,
        respect_retry_after_header=True,
        raise_on_status=False,
    )


def pool_for(url: str, *, timeout_s: float, in_flight: int, public_only: bool) -> urllib3.PoolManager:
    """The pool for an address: one keep-alive pool for the whole process, by way of a proxy where one is set.

    It keeps at most `in_flight` connections to a host, and whoever comes then waits. Every exchange has a deadline;
    with `public_only`, none is with a host of this machine or its own network.
    """
    proxy = find_proxy(url)
    certificates = trust() if url.startswith("https:") or proxy else None  # they take a while to load
    with _ONE_AT_A_TIME:  # else each thread that comes first makes a pool of its own
        return _pool(certificates, in_flight, timeout_s, public_only, proxy)


@lru_cache(maxsize=16)
def _pool(
    certificates: ssl.SSLContext | None, in_flight: int, timeout_s: float, public_only: bool, proxy: str
) -> urllib3.PoolManager:
    keep_queries_out_of_logs()
    timeout = Timeout(connect=timeout_s, read=timeout_s)
    if not proxy:
        pool = urllib3.PoolManager(maxsize=in_flight, block=True, timeout=timeout, ssl_context=certificates)
        return set_deadlines(pool, public_only=public_only)
    return set_deadlines(_by_way_of(proxy, in_flight, timeout, certificates), public_only=public_only)


def _by_way_of(
    proxy: str, in_flight: int, timeout: Timeout, certificates: ssl.SSLContext | None
) -> urllib3.ProxyManager:
    user = urllib3.util.parse_url(proxy).auth
    headers = urllib3.make_headers(proxy_basic_auth=unquote(user)) if user else None
    return urllib3.ProxyManager(
        proxy,
        proxy_headers=headers,
        maxsize=in_flight,
        block=True,
        timeout=timeout,
        ssl_context=certificates,
        proxy_ssl_context=certificates,
    )


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
