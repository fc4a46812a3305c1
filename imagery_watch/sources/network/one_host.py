"""What a STAC API answers, for pystac-client: through the one door, from one host, and never sent on to another."""

from typing import Any
from urllib.parse import SplitResult, urlsplit, urlunsplit

import requests
from pystac_client.stac_api_io import StacApiIO
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict
from urllib3.exceptions import HTTPError

from imagery_watch.settings import Settings
from imagery_watch.sources.network.door import CATALOGUE_PAUSE_S, Question, ask
from imagery_watch.sources.network.pools import pool_for
from imagery_watch.sources.network.troubles import explain

MAX_ANSWER_BYTES = 64 * 2**20
"""A hundred items of Sentinel-2 are 3 MB at the most."""
PORTS = {"http": 80, "https": 443}


def tell_trouble(error: Exception, url: str) -> str:
    """What went wrong on the line and what to try, without the URL: it may hold a secret."""
    cause = error.__context__ or error
    if isinstance(cause, _ForeignHost):
        return "sends us on to another host or port, which is not followed"
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


def keep_to(base: SplitResult, url: str) -> str:
    """The address, if it is of the host and port of `base`, and not less safe: http where that is https becomes https.

    Raises _ForeignHost: whoever listens at another port is another server.
    """
    parts = urlsplit(url)
    if parts.scheme not in PORTS or parts.hostname != base.hostname:
        raise _ForeignHost
    port, own = parts.port or PORTS[parts.scheme], base.port or PORTS[base.scheme]
    if base.scheme == "https" and parts.scheme == "http" and port in (80, own):
        return urlunsplit(parts._replace(scheme="https", netloc=base.netloc))
    if (base.scheme == parts.scheme and port == own) or (base.scheme, port) == ("http", 443):
        return url
    raise _ForeignHost


class _Doorkeeper(BaseAdapter):
    """Sends what requests has prepared through the door, whatever redirects and `next` links say."""

    def __init__(self, url: str, settings: Settings) -> None:
        super().__init__()
        self._base, self._settings = urlsplit(url), settings

    def close(self) -> None:
        """Nothing is held: connections are the door's."""

    def send(self, request: requests.PreparedRequest, *_args: Any, **_options: Any) -> requests.Response:
        """The whole answer. Raises _ForeignHost, _TooLong, and requests' ConnectionError."""
        url = keep_to(self._base, request.url or "")
        body = request.body.encode() if isinstance(request.body, str) else request.body
        question = Question(url, dict(request.headers), request.method or "GET", body)
        answer = requests.Response()
        try:
            with ask(question, self._settings, pause_s=CATALOGUE_PAUSE_S) as raw:
                content = raw.read(MAX_ANSWER_BYTES + 1, decode_content=True)
        except HTTPError as error:
            raise requests.ConnectionError(error) from None
        if len(content) > MAX_ANSWER_BYTES:
            raise _TooLong
        answer.status_code, answer.reason, answer.url, answer.request = raw.status, raw.reason or "", url, request
        answer.headers, answer.raw, answer._content = CaseInsensitiveDict(raw.headers), raw, content
        return answer


class _OnlyRemote(StacApiIO):
    """What pystac-client takes for a file is none of a catalogue of elsewhere: it would be opened."""

    def read_text(self, source: Any, *args: Any, **options: Any) -> str:
        """As StacApiIO does. Raises _ForeignHost for what is no http or https address."""
        if not str(getattr(source, "href", source)).startswith(("http://", "https://")):
            raise _ForeignHost
        return super().read_text(source, *args, **options)


def open_io(url: str, settings: Settings) -> StacApiIO:
    """Retries POST too and honours Retry-After; pystac-client's own default retries no HTTP status.

    Raises UsageError where the environment's proxy or certificates are none.
    """
    pool_for(url, timeout_s=settings.timeout_s, in_flight=settings.in_flight, public_only=False)
    io = _OnlyRemote()
    for scheme in ("http://", "https://"):
        io.session.mount(scheme, _Doorkeeper(url, settings))
    return io
