"""HTTP to one host, for what a STAC API answers: bounded, tried again, and never sent on to somebody else."""

from typing import Any
from urllib.parse import urlsplit

import requests
from pystac_client.stac_api_io import StacApiIO
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError
from urllib3.util import Retry

from imagery_watch.settings import Settings
from imagery_watch.sources.certificates import trust
from imagery_watch.sources.pixels.exchange import PatientRetry, find_proxy, set_deadlines
from imagery_watch.sources.troubles import explain

MAX_ANSWER_BYTES = 64 * 2**20
"""A hundred items of Sentinel-2 are 3 MB at the most."""


def tell_trouble(error: Exception, url: str) -> str:
    """What went wrong on the line and what to try, without the URL: it may hold a secret."""
    cause = error.__context__ or error
    if isinstance(cause, _ForeignHost):
        return "sends us on to another host, which is not followed"
    if isinstance(cause, _TooLong):
        return f"sends more than {MAX_ANSWER_BYTES // 2**20} MB in one answer, which is not read"
    status = getattr(error, "status_code", None)
    if status:
        return f"answered HTTP {status}"
    if not isinstance(cause, requests.ConnectionError | requests.Timeout):
        return f"did not answer ({type(cause).__name__})"
    trouble = explain(cause, urlsplit(url).hostname or "the host")
    return f"did not answer ({trouble.what}); {trouble.fix}; `imagery-watch doctor` looks closer"


class _ForeignHost(requests.RequestException):
    """A redirect or a `next` link that leaves the catalogue's host."""


class _TooLong(requests.RequestException):
    """An answer of more bytes than a page of items has."""


class _OneHost(HTTPAdapter):
    """Speaks to one host only, whatever redirects and `next` links say."""

    def __init__(self, url: str, retry: Retry) -> None:
        self._trust = trust()
        super().__init__(max_retries=retry)
        self._host = urlsplit(url).hostname
        set_deadlines(self.poolmanager)

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        """As HTTPAdapter does, with the certificates that everything here trusts."""
        super().init_poolmanager(*args, **{**options, "ssl_context": self._trust})

    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
        """As HTTPAdapter does, with deadlines and the same certificates."""
        return set_deadlines(super().proxy_manager_for(proxy, **{**options, "ssl_context": self._trust}))

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
        """As HTTPAdapter does, by the proxy that files come by; all of it is read. Raises _ForeignHost, _TooLong."""
        if urlsplit(request.url or "").hostname != self._host:
            raise _ForeignHost
        proxy = find_proxy(str(request.url))
        proxies = {urlsplit(request.url).scheme: proxy} if proxy else {}
        answer = super().send(request, *args, **{**options, "stream": True, "verify": True, "proxies": proxies})
        try:
            content = answer.raw.read(MAX_ANSWER_BYTES + 1, decode_content=True)
        except HTTPError as error:
            raise requests.ConnectionError(error) from None
        if len(content) > MAX_ANSWER_BYTES:
            answer.close()
            raise _TooLong
        answer._content = content
        return answer


def open_io(url: str, settings: Settings) -> StacApiIO:
    """Retries POST too and honours Retry-After; pystac-client's own default retries no HTTP status."""
    retry = PatientRetry(
        total=settings.retries,
        status_forcelist=(429, 500, 502, 503, 504),
        allowed_methods=None,
        backoff_factor=0.5,
        backoff_jitter=0.5,
        respect_retry_after_header=True,
        raise_on_status=False,
    )
    io = StacApiIO()
    for scheme in ("http://", "https://"):
        io.session.mount(scheme, _OneHost(url, retry))
    return io
