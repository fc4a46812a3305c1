"""Bytes of local and remote files: the one place that speaks HTTP for pixels, so that no failure is ever silent.

GDAL's own network layer turns some failed reads into success with unwritten pixels, remembers errors for the life of
the process, and ignores Retry-After. Here each range is fetched by urllib3, checked for status and length, and a
failure is kept on the file object, where the reader looks before it believes any pixel.
"""

import io
import ipaddress
import os
import re
import time
from functools import lru_cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

import urllib3
from urllib3.util import Retry, Timeout

from imagery_watch.errors import ImageryWatchError, PassRefused, ReadFailed
from imagery_watch.model.href import find_file_path
from imagery_watch.reasons import ReasonCode
from imagery_watch.settings import Settings
from imagery_watch.sources.pixels.exchange import PrivateHost, is_private, set_deadlines

HEADER_BYTES = 32 * 1024
"""First range of a file: holds the directory of a 10980 x 10980 COG with its tile index (about 4 kB) and overviews'."""

GONE = (404, 410)

LONGEST_WAIT_S = 60.0
"""Longest pause that a server may ask for by Retry-After; a longer wish is for the next run to honour."""

_CONTENT_RANGE = re.compile(r"bytes (?P<start>\d+)-\d+/(?P<size>\d+)")


class PatientRetry(Retry):
    """Honours Retry-After, within reason: a day's pause asked for by a server would be a hang."""

    def get_retry_after(self, response: urllib3.BaseHTTPResponse) -> float | None:
        """Seconds to wait, at most `LONGEST_WAIT_S`; None where the server does not say."""
        seconds = super().get_retry_after(response)
        return None if seconds is None else min(seconds, LONGEST_WAIT_S)


@lru_cache(maxsize=8)
def http_pool(in_flight: int, timeout_s: float, retries: int, public_only: bool = False) -> urllib3.PoolManager:
    """One keep-alive pool for the whole process; passing failures are retried with jitter, honouring Retry-After.

    Every exchange has a deadline; with `public_only`, none is with a host of this machine or its own network.
    """
    retry = PatientRetry(
        total=retries,
        status_forcelist=(408, 429, 500, 502, 503, 504),
        backoff_factor=0.3,
        backoff_jitter=0.3,
        respect_retry_after_header=True,
        raise_on_status=False,
    )
    timeout = Timeout(connect=timeout_s, read=timeout_s)
    pool = urllib3.PoolManager(maxsize=in_flight, block=True, retries=retry, timeout=timeout)
    return set_deadlines(pool, public_only=public_only)


def check_href(href: str, local_root: Path | None, catalog: str) -> str:
    """The href, if it may be read: a URL as it is, or a resolved local path. Raises PassRefused otherwise.

    Raises ReadFailed where the file is in a store that is not open: that may change, or another catalogue has it.

    Remote: https, and plain http only to this machine or to the catalogue's own host; but nothing of this machine or
    its own network where the catalogue is of elsewhere. Local: only below `local_root`.
    """
    try:
        parts = urlsplit(href)
    except ValueError:
        raise _href_refused("asset", "the href is not a usable URL") from None
    if parts.scheme in ("http", "https"):
        if is_foreign(catalog, local_root) and is_private(_host(href)):
            raise _href_refused(public_name(href), "a host of this machine or its own network, which is not asked")
        if parts.scheme == "https" or _is_loopback(parts.hostname) or parts.hostname == urlsplit(catalog).hostname:
            return href
        raise _href_refused(public_name(href), "plain http to a host that is not the catalogue's")
    if parts.scheme == "s3" and local_root is None:
        what = f"on s3://{parts.netloc[:60]}, which is not open from here; another --catalog may have it open"
        raise read_failed(ReasonCode.NOT_OPEN, public_name(href), what=what)
    if len(parts.scheme) > 1 and parts.scheme != "file":
        raise _href_refused(public_name(href), f"{parts.scheme}:// is not read; https or a local file is")
    if local_root is None:
        raise _href_refused(public_name(href), "a local path in a remote catalogue is not read")
    path = Path(unquote(parts.path) if parts.scheme == "file" else href)
    if parts.scheme == "file" and parts.netloc not in ("", "localhost"):
        raise _href_refused(public_name(href), f"a file on another machine ({parts.netloc[:60]}) is not read")
    try:
        resolved = path.resolve()
        is_file = resolved.is_file()
    except (OSError, ValueError, RuntimeError):
        raise _href_refused(public_name(href), "not a usable path") from None
    if not resolved.is_relative_to(local_root):
        raise _href_refused(public_name(href), "lies outside the catalogue's folder, so it is not read")
    if not is_file:
        raise PassRefused(ReasonCode.FILE_GONE.because(file=public_name(href), what="the file is not there"))
    return str(resolved)


def is_foreign(catalog: str, local_root: Path | None) -> bool:
    """Whether a catalogue is of elsewhere: no file, and not on a host of this machine or its own network."""
    return local_root is None and not is_private(_host(catalog))


def _host(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None


def _href_refused(file: str, what: str) -> PassRefused:
    return PassRefused(ReasonCode.HREF_REFUSED.because(file=file, what=what))


def read_failed(code: ReasonCode, file: str, **facts: object) -> ReadFailed:
    """The error of a file that could not be read this time."""
    return ReadFailed(code.because(file=file, **facts))


def public_name(href: str) -> str:
    """The last two parts of the path that names a file: enough to find it, and no secret in it."""
    parts = [part for part in find_file_path(href).split("/") if part]
    return "/".join(parts[-2:])[:120] or "asset"


def _is_loopback(host: str | None) -> bool:
    if host == "localhost":
        return True
    try:
        return host is not None and ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class RemoteFile:
    """A remote file, fetched by verified ranges; `error` keeps the first failure, whatever GDAL made of it."""

    def __init__(self, url: str, settings: Settings, *, public_only: bool = False) -> None:
        self.name = public_name(url)
        self.error: ImageryWatchError | None = None
        self.size = 0
        self._url = url
        self._pool = http_pool(settings.in_flight, settings.timeout_s, settings.retries, public_only)
        self._settings = settings
        self._version: tuple[str | None, int] | None = None
        self._last = (0, b"")
        self._header = self._fetch(0, HEADER_BYTES)

    def chunk(self, start: int, end: int) -> bytes:
        """Bytes [start, end), within the file. Never raises: after a failure it is empty, and `error` says why."""
        end = min(end, self.size)
        for base, held in ((0, self._header), self._last):
            if base <= start and end <= base + len(held):
                return held[start - base : end - base]
        if self.error is not None:
            return b""
        try:
            fetched = self._fetch(start, max(end, min(start + HEADER_BYTES, self.size)))
        except ImageryWatchError as error:
            self.error = error
            return b""
        self._last = (start, fetched)
        return fetched[: end - start]

    def _fetch(self, start: int, end: int) -> bytes:
        """Bytes [start, end) as far as the file goes, verified. Raises ReadFailed or PassRefused.

        The pool tries again what fails before the body begins; a body that ends early is tried again here.
        """
        for attempts_left in range(self._settings.retries, -1, -1):
            try:
                return self._attempt(start, end)
            except _BodyCutError as cut:
                if not attempts_left:
                    raise read_failed(ReasonCode.READ_CUT, self.name, what=cut) from None
        raise AssertionError("unreachable: the last attempt returns or raises")

    def _attempt(self, start: int, end: int) -> bytes:
        try:
            answer = self._pool.request(
                "GET", self._url, headers=_range_headers(start, end), redirect=False, preload_content=False
            )
        except PrivateHost as error:
            raise _href_refused(self.name, f"{error}, so it is not asked") from None
        except urllib3.exceptions.HTTPError as error:
            what = f"the server did not deliver ({type(error).__name__})"
            raise read_failed(ReasonCode.SERVER_SILENT, self.name, what=what) from None
        try:
            return _body(answer, self._check(answer, start, end), patience_s=2 * self._settings.timeout_s)
        finally:
            answer.close()
            answer.release_conn()

    def _check(self, answer: urllib3.BaseHTTPResponse, start: int, end: int) -> int:
        """How many bytes are due, if this is the answer to our question about an unchanged file."""
        if answer.status in GONE:
            raise PassRefused(
                ReasonCode.FILE_GONE.because(file=self.name, what=f"not on the server (HTTP {answer.status})")
            )
        if answer.status == 200:
            raise self._wrong("the server ignores ranges, or sent a page instead of the file (HTTP 200)")
        if answer.status != 206:
            raise read_failed(ReasonCode.SERVER_ERROR, self.name, status=answer.status)
        if answer.headers.get("Content-Encoding", "identity") != "identity":
            raise self._wrong("the server packed the bytes, which was not asked for")
        stated = _CONTENT_RANGE.fullmatch(answer.headers.get("Content-Range", ""))
        if stated is None or int(stated["start"]) != start:
            raise self._wrong("the server answered another range than the one asked for")
        version = (answer.headers.get("ETag"), int(stated["size"]))
        if self._version not in (None, version):
            raise self._wrong("the file changed while it was read")
        self._version, self.size = version, version[1]
        return min(end, self.size) - start

    def _wrong(self, what: str) -> ReadFailed:
        return read_failed(ReasonCode.WRONG_ANSWER, self.name, what=what)


class _BodyCutError(Exception):
    """A body that ended too early, or trickled too slowly: worth another attempt."""


def _body(answer: urllib3.BaseHTTPResponse, due: int, patience_s: float) -> bytes:
    """Exactly `due` bytes of body, as they come over the line. Raises _BodyCutError.

    The pool's timeout bounds each silence; `patience_s` bounds the whole, against a server that sends drop by drop.
    """
    deadline = time.monotonic() + patience_s
    body = bytearray()
    while len(body) < due:
        try:
            part = answer.read1(due - len(body), decode_content=False)
        except urllib3.exceptions.HTTPError as error:
            raise _BodyCutError(f"the connection broke ({type(error).__name__})") from None
        if not part:
            raise _BodyCutError(f"{len(body)} bytes where {due} were due")
        body += part
        if time.monotonic() > deadline:
            raise _BodyCutError(f"only {len(body)} of {due} bytes in {patience_s:g} s")
    return bytes(body)


class Cursor(io.RawIOBase):
    """A read position in a RemoteFile: what GDAL is given. It opens and closes as many as it likes."""

    def __init__(self, remote: RemoteFile) -> None:
        super().__init__()
        self._remote = remote
        self._position = 0

    def readable(self) -> bool:
        """True."""
        return True

    def seekable(self) -> bool:
        """True."""
        return True

    def tell(self) -> int:
        """Position in bytes."""
        return self._position

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Moves, as `io.RawIOBase.seek` does."""
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._remote.size}[whence]
        self._position = max(0, start + offset)
        return self._position

    def read(self, size: int = -1) -> bytes:
        """Up to `size` bytes; nothing after a failure."""
        end = self._remote.size if size < 0 else self._position + size
        chunk = self._remote.chunk(self._position, end) if end > self._position else b""
        self._position += len(chunk)
        return chunk


def _range_headers(start: int, end: int) -> dict[str, str]:
    return {"Range": f"bytes={start}-{end - 1}", "Accept-Encoding": "identity"}
