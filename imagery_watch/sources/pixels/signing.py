"""What a store wants with each request: nothing, a token in the address, or a signature in the headers.

Tokens and keys are in no message and no key of the chip cache: an address is signed just before it is asked for.
"""

import hashlib
import hmac
import json
import threading
import time
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from functools import lru_cache
from typing import Protocol
from urllib.parse import quote, urlsplit

import urllib3

from imagery_watch.errors import ReadFailed
from imagery_watch.model.access import Access, Keys
from imagery_watch.model.href import strip_signature
from imagery_watch.reasons import ReasonCode
from imagery_watch.settings import Settings
from imagery_watch.sources.network.door import Question, ask
from imagery_watch.sources.network.hosts import Allowed, host_of
from imagery_watch.sources.network.troubles import explain

AZURE_HOST = ".blob.core.windows.net"
"""End of the names of Azure's stores: ACCOUNT.blob.core.windows.net/CONTAINER/FILE."""
MARGIN_S, LEAST_USE_S = 120.0, 60.0
"""A token is renewed so long before its end (Planetary Computer issues 388 and 418: 45 minutes, or few), and kept so
long at least: by a wrong clock, or one of its issue 463, it may be over when it comes."""
DOWN_S = 180.0
"""A service that gave no token is not asked again for so long: each window would wait for it, one after the other."""
MOST_TOKEN_BYTES = 64 * 1024
REGION, ALGORITHM = "default", "AWS4-HMAC-SHA256"
"""Of the Copernicus Data Space's store (its documentation of S3 access)."""


class Signer(Protocol):
    """Makes an address one that its store answers."""

    signs: bool
    """Whether a refusal may be one of the signature."""

    def sign(self, url: str) -> tuple[str, dict[str, str]]:
        """The address to ask, and headers. Raises ReadFailed where no signature can be had."""

    def renew(self, asked: str, /) -> bool:
        """Whether another attempt is worth while after the address `asked` was refused. Raises ReadFailed."""

    def accept(self) -> None:
        """Notes that the signature was good."""


class Unsigned:
    """Asks for files as they are named."""

    signs = False

    def sign(self, url: str) -> tuple[str, dict[str, str]]:
        """The address itself."""
        return url, {}

    def renew(self, _asked: str, /) -> bool:
        """False."""
        return False

    def accept(self) -> None:
        """Nothing is noted."""


class TokenSigner:
    """Signs with one token for all files of a container, which it fetches when it needs one."""

    signs = True

    def __init__(self, address: str, settings: Settings, allowed: Allowed) -> None:
        self._address, self._settings, self._allowed = address, settings, allowed
        self._lock = threading.Lock()
        self._token, self._renew_at, self._fetched_at = "", 0.0, 0.0
        self._refused = False
        self._failure, self._failed_at = "", 0.0

    def sign(self, url: str) -> tuple[str, dict[str, str]]:
        """The address with the token behind it."""
        with self._lock:
            if not self._token or time.monotonic() >= self._renew_at:
                self._fetch()
            token = self._token
        bare = strip_signature(url)
        return f"{bare}{'&' if '?' in bare else '?'}{token}", {}

    def renew(self, asked: str, /) -> bool:
        """Whether there is another token now; one fetch for all who ask, and none after one that never worked."""
        with self._lock:
            if self._token not in asked:
                return True
            if self._refused and time.monotonic() - self._fetched_at < LEAST_USE_S:
                return False
            self._refused = True
            self._fetch()
            return True

    def accept(self) -> None:
        """The token works: it may be renewed once it no longer does."""
        self._refused = False

    def _fetch(self) -> None:
        """Another token. Raises ReadFailed, for a while as the last time."""
        if self._failure and time.monotonic() - self._failed_at < DOWN_S:
            raise _no_token(self._failure)
        try:
            self._ask()
        except _NoToken as none:
            self._failure, self._failed_at = str(none), time.monotonic()
            raise _no_token(self._failure) from None
        self._failure = ""

    def _ask(self) -> None:
        """One question to the service. Raises _NoToken."""
        try:
            with ask(Question(self._address), self._settings, self._allowed) as answer:
                body = answer.read(MOST_TOKEN_BYTES)
        except urllib3.exceptions.HTTPError as error:
            raise _NoToken(f"did not answer ({explain(error, host_of(self._address)).what})") from None
        if answer.status != 200:
            raise _NoToken(f"answered HTTP {answer.status}")
        try:
            told = json.loads(body)
            token, end = str(told["token"]).lstrip("?"), datetime.fromisoformat(told["msft:expiry"])
            lifetime_s = (end.astimezone(UTC) - datetime.now(UTC)).total_seconds()
        except (ValueError, LookupError, TypeError, RecursionError):
            raise _NoToken("answered something else than a token") from None
        self._token, self._fetched_at = token, time.monotonic()
        self._renew_at = self._fetched_at + max(lifetime_s - MARGIN_S, LEAST_USE_S)


class _NoToken(Exception):
    """A service that gives no token, and how it failed."""


def _no_token(what: str) -> ReadFailed:
    return ReadFailed(ReasonCode.NO_ACCESS.because(file="the service that gives tokens for the files", what=what))


class KeySigner:
    """Signs with a user's keys, as S3 wants it: AWS Signature Version 4, in headers."""

    signs = True

    def __init__(self, service: str, keys: Keys) -> None:
        self._service, self._keys = service.rstrip("/"), keys

    def sign(self, url: str) -> tuple[str, dict[str, str]]:
        """The https address of an `s3://` one, and the headers that prove who asks."""
        parts = urlsplit(url)
        address = f"{self._service}/{parts.netloc}{quote(parts.path, safe='/-_.~')}"
        return address, sign_v4(address, self._keys, datetime.now(UTC))

    def renew(self, _asked: str, /) -> bool:
        """False: other keys there are none."""
        return False

    def accept(self) -> None:
        """Nothing is noted."""


def sign_v4(address: str, keys: Keys, now: datetime) -> dict[str, str]:
    """Headers of a GET without body (AWS, "Signature Version 4 signing process"); others may be added, unsigned."""
    parts, stamp = urlsplit(address), now.strftime("%Y%m%dT%H%M%SZ")
    scope = f"{stamp[:8]}/{REGION}/s3/aws4_request"
    signed = {"host": parts.netloc, "x-amz-content-sha256": hashlib.sha256(b"").hexdigest(), "x-amz-date": stamp}
    names = ";".join(signed)
    lines = ["GET", parts.path, parts.query, *(f"{name}:{value}" for name, value in signed.items()), "", names]
    request = "\n".join([*lines, signed["x-amz-content-sha256"]])
    text = "\n".join([ALGORITHM, stamp, scope, hashlib.sha256(request.encode()).hexdigest()])
    key = f"AWS4{keys.secret}".encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    signature = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    proof = f"{ALGORITHM} Credential={keys.name}/{scope}, SignedHeaders={names}, Signature={signature}"
    return {"Authorization": proof, **{name: value for name, value in signed.items() if name != "host"}}


def find_signer(url: str, access: Access, settings: Settings, *, public_only: bool) -> Signer:
    """Who signs for a file: nobody, the token of its container, or the user's keys."""
    if urlsplit(url).scheme == "s3" and access.keys is not None:
        return KeySigner(access.s3_service, access.keys)
    container = find_container(url, access.token_service) if access.token_service else ""
    if not container:
        return Unsigned()
    service = f"{access.token_service.rstrip('/')}/{container}"
    return _token_signer(service, settings, Allowed(public_only=public_only))


def find_container(url: str, token_service: str) -> str:
    """`ACCOUNT/CONTAINER` of a file in one of Azure's stores, or in a stand-in beside the token service; else empty."""
    host, words = urlsplit(url).hostname or "", urlsplit(url).path.strip("/").split("/")
    if host.endswith(AZURE_HOST):
        return f"{host.removesuffix(AZURE_HOST)}/{words[0]}"
    return "/".join(words[:2]) if host == urlsplit(token_service).hostname and len(words) > 2 else ""


@lru_cache(maxsize=64)
def _token_signer(address: str, settings: Settings, allowed: Allowed) -> TokenSigner:
    """One for all files of a container and all threads."""
    return TokenSigner(address, settings, allowed)


def slot_for(url: str, access: Access, in_flight: int) -> AbstractContextManager[object]:
    """Holds one of the requests to a file's host that are under way at once: as many as it answers, and as are wished.

    Whoever waits has not signed yet, so that no signature grows old in a queue.
    """
    host = urlsplit(url).netloc.rpartition("@")[2] if not url.startswith("s3:") else access.s3_service
    return _slots(host, min(access.at_once or in_flight, in_flight))


@lru_cache(maxsize=256)
def _slots(_host: str, at_once: int) -> threading.BoundedSemaphore:
    return threading.BoundedSemaphore(at_once)
