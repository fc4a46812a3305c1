"""The one door to the network: every byte of a catalogue, a store, a map or a service comes through here.

Who may be asked is looked at before a connection is made, and again at its other end. An answer that sends us elsewhere
is given back as it is: whoever follows asks anew.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import NamedTuple
from urllib.parse import urlsplit

import urllib3

from imagery_watch.settings import Settings
from imagery_watch.sources.network.breaker import BREAKERS
from imagery_watch.sources.network.hosts import ANYBODY, Allowed, HostRefused
from imagery_watch.sources.network.pools import PASSING, Patience, make_retry, pool_for

FILES_PAUSE_S, CATALOGUE_PAUSE_S = 0.3, 0.5
"""Between two attempts at a range of a file, and at a page of a catalogue."""


class Question(NamedTuple):
    """What is asked of a server."""

    url: str
    headers: Mapping[str, str] = {}
    method: str = "GET"
    body: bytes | None = None


@contextmanager
def ask(
    question: Question,
    settings: Settings,
    allowed: Allowed = ANYBODY,
    *,
    pause_s: float = FILES_PAUSE_S,
    retries: int | None = None,
) -> Iterator[urllib3.BaseHTTPResponse]:
    """The answer while it is read: its status and headers are there, its body is not.

    `retries`: those of the settings where it is None. Raises HostRefused for who may not be asked, and is not for now;
    urllib3's HTTPError where nothing came; UsageError for a proxy without an address.
    """
    place = urlsplit(question.url).netloc.rpartition("@")[2]
    allowed.check(question.url)
    BREAKERS.check(place)
    pool = pool_for(question.url, timeout_s=settings.timeout_s, in_flight=settings.in_flight,
                    public_only=allowed.public_only)  # fmt: skip
    patience = Patience(settings.retries if retries is None else retries, pause_s)
    answer, silent = None, False
    try:
        answer = pool.request(question.method, question.url, body=question.body, headers=question.headers,
                              redirect=False, retries=make_retry(patience), preload_content=False)  # fmt: skip
        silent = answer.status in PASSING and patience.retries > 0  # else who asked once has its Retry-After to heed
        yield answer
    except urllib3.exceptions.HTTPError as error:
        silent = not isinstance(error, HostRefused)
        raise
    finally:
        if answer is not None:
            answer.close()
            answer.release_conn()
        if silent:
            BREAKERS.note_failure(place)
        elif answer is not None:
            BREAKERS.note_answer(place)
