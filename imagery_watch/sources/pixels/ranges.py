"""Bytes of local and remote files: the one place that speaks HTTP for pixels, so that no failure is ever silent.

GDAL's own network layer turns some failed reads into success with unwritten pixels, remembers errors for the life of
the process, and ignores Retry-After. Here each range is fetched by urllib3, checked for status and length, and a
failure is kept on the file object, where the reader looks before it believes any pixel.
"""

import io
import os
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import urllib3

from imagery_watch.errors import ImageryWatchError, ReadFailed
from imagery_watch.model.access import OPEN, Access
from imagery_watch.model.href import strip_signature
from imagery_watch.reasons import ReasonCode
from imagery_watch.settings import Settings
from imagery_watch.sources.network.door import Question, ask
from imagery_watch.sources.network.hosts import Allowed, PrivateHost, host_of
from imagery_watch.sources.network.troubles import explain
from imagery_watch.sources.pixels.hrefs import href_refused, public_name, read_failed
from imagery_watch.sources.pixels.native.turns import waiting
from imagery_watch.sources.pixels.signing import find_signer, slot_for
from imagery_watch.sources.pixels.tiff.headers import HEADERS, Header

HEADER_BYTES = 8 * 1024
"""First range of a file: holds the directory of a 10980 x 10980 COG with its tile index and overviews' (about 4 kB)."""
AHEAD_BYTES = 32 * 1024
"""GDAL, which reads other files, asks for little at a time: so much is fetched at least."""

GONE = (404, 410)
REFUSED = (401, 403)

_CONTENT_RANGE = re.compile(r"bytes (?P<start>\d+)-\d+/(?P<size>\d+)")


class RemoteFile:
    """A remote file, fetched by verified ranges; `error` keeps the first failure, whatever GDAL made of it."""

    def __init__(
        self,
        url: str,
        settings: Settings,
        *,
        public_only: bool = False,
        access: Access = OPEN,
        remembered: bool = True,
    ) -> None:
        """Raises ReadFailed, PassRefused; `remembered`: a header that was read for another airfield will do."""
        self.name = public_name(url)
        self.error: ImageryWatchError | None = None
        self.size = 0
        self.modified: datetime | None = None
        """When the store says that the file was last changed."""
        self.etag = ""
        """The store's own name for this content of the file; empty where it gives none."""
        self._url = url
        self._allowed = Allowed(access.hosts, public_only=public_only)
        self._access, self._signer = access, find_signer(url, access, settings, public_only=public_only)
        self._settings = settings
        self._version: tuple[str | None, int] | None = None
        self._last = (0, b"")
        self.replaced = False
        """Whether the file is no longer the one whose header was remembered: whoever reads must begin anew."""
        self.ahead = AHEAD_BYTES
        """Bytes that are fetched at least; none where whoever reads knows what it needs."""
        self.is_offline = False
        """Whether nothing is fetched for now: what is not there yet is noted as missing."""
        self.missing: tuple[int, int] | None = None
        """The bytes that were asked for meanwhile."""
        self._held = list[tuple[int, bytes]]()
        self._remembered = False
        self._header = (self._recall() if remembered else b"") or self._remember(self._fetch(0, HEADER_BYTES))

    def _recall(self) -> bytes:
        """The header as it was read for another airfield; empty where it was not. The next answer must bear it out."""
        known = HEADERS.get(strip_signature(self._url))
        if known is None:
            return b""
        self._remembered = True
        self._version, self.modified = known.version, known.modified
        self.size, self.etag = known.version[1], known.etag
        return known.data

    def _remember(self, data: bytes) -> bytes:
        version = self._version
        if version is not None and version[0] and self.size > len(data):  # else nothing tells one file from the next
            HEADERS.put(strip_signature(self._url), Header(data, version, self.modified, self.etag))
        return data

    @property
    def header(self) -> bytes:
        """The first bytes of the file, as many as were fetched at once."""
        return self._header

    @property
    def is_borne_out(self) -> bool:
        """Whether the store itself said in this reading which file this is, not its remembered header alone."""
        return not self._remembered

    def forget(self) -> None:
        """Forgets the header that was remembered."""
        HEADERS.forget(strip_signature(self._url))

    def chunk(self, start: int, end: int) -> bytes:
        """Bytes [start, end), within the file. Never raises: after a failure it is empty, and `error` says why."""
        end = min(end, self.size)
        for base, held in ((0, self._header), self._last, *self._held):
            if base <= start and end <= base + len(held):
                return held[start - base : end - base]
        if self.is_offline:
            self.missing = start, end
        if self.error is not None or self.is_offline:
            return b""
        try:
            fetched = self._fetch(start, max(end, min(start + self.ahead, self.size)))
        except _ReplacedError:
            self.replaced = True
            return b""
        except ImageryWatchError as error:
            self.error = error
            return b""
        self._last = (start, fetched)
        return fetched[: end - start]

    def fetch_missing(self) -> bool:
        """Whether bytes were missing that are there now, and stay. Where they do not come, `error` says why."""
        if self.missing is None or self.error is not None:
            return False
        self.chunk(*self.missing)
        self.missing = None
        self._held.append(self._last)
        return self.error is None and not self.replaced

    def _fetch(self, start: int, end: int) -> bytes:
        """Bytes [start, end) as far as the file goes, verified. Raises ReadFailed or PassRefused.

        The pool tries again what fails before the body begins; a body that ends early is tried again here.
        """
        for attempts_left in range(self._settings.retries, -1, -1):
            try:
                with waiting(), slot_for(self._url, self._access, self._settings.in_flight):
                    return self._attempt(start, end)
            except _BodyCutError as cut:
                if not attempts_left:
                    raise read_failed(ReasonCode.READ_CUT, self.name, what=cut) from None
        raise AssertionError("unreachable: the last attempt returns or raises")

    def _attempt(self, start: int, end: int) -> bytes:
        """One answer, or a second under another signature where the first was refused."""
        url, headers = self._signer.sign(self._url)
        try:
            return self._ask(url, headers, start, end)
        except _SignatureRefused as refused:
            if not self._signer.renew(url):
                raise self._refused(refused) from None
        try:
            return self._ask(*self._signer.sign(self._url), start, end)
        except _SignatureRefused as refused:
            raise self._refused(refused) from None

    def _refused(self, refused: "_SignatureRefused") -> ReadFailed:
        name, secret = self._access.key_variables
        whose = f"the keys in {name} and {secret} were" if name else "a fresh token was"
        return read_failed(ReasonCode.NO_ACCESS, self.name, what=f"{whose} refused (HTTP {refused.status})")

    def _ask(self, url: str, headers: dict[str, str], start: int, end: int) -> bytes:
        due, asked = 0, {**headers, "Range": f"bytes={start}-{end - 1}", "Accept-Encoding": "identity"}
        try:
            with ask(Question(url, asked), self._settings, self._allowed) as answer:
                due = self._check(answer, start, end)
                body = answer.read(due, decode_content=False)
        except PrivateHost as error:
            raise href_refused(self.name, f"{error}, so it is not asked") from None
        except urllib3.exceptions.HTTPError as error:
            if due:
                late = isinstance(error, urllib3.exceptions.TimeoutError)
                what = f"{due} bytes did not come in time" if late else f"the connection broke ({type(error).__name__})"
                raise _BodyCutError(what) from None
            what = f"the server did not deliver ({explain(error, host_of(url)).what})"
            raise read_failed(ReasonCode.SERVER_SILENT, self.name, what=what) from None
        if len(body) < due:
            raise _BodyCutError(f"the connection broke: {len(body)} bytes where {due} were due")
        return body

    def _check(self, answer: urllib3.BaseHTTPResponse, start: int, end: int) -> int:
        """How many bytes are due, if this is the answer to our question about an unchanged file."""
        if self._signer.signs and answer.status in REFUSED:
            raise _SignatureRefused(answer.status)
        if answer.status in GONE:
            raise read_failed(ReasonCode.FILE_GONE, self.name, what=f"not on the server (HTTP {answer.status})")
        if answer.status == 200:
            raise self._wrong("the server ignores ranges, or sent a page instead of the file (HTTP 200)")
        if answer.status != 206:
            raise read_failed(ReasonCode.SERVER_ERROR, self.name, status=answer.status)
        if answer.headers.get("Content-Encoding", "identity") != "identity":
            raise self._wrong("the server packed the bytes, which was not asked for")
        stated = _CONTENT_RANGE.fullmatch(answer.headers.get("Content-Range", ""))
        if stated is None or int(stated["start"]) != start:
            raise self._wrong("the server answered another range than the one asked for")
        changed = answer.headers.get("Last-Modified")
        version = (answer.headers.get("ETag") or changed, int(stated["size"]))
        if self._version not in (None, version):
            if self._remembered:
                self.forget()
                raise _ReplacedError
            raise self._wrong("the file changed while it was read")
        self._remembered = False
        self._version, self.size, self.modified = version, version[1], _parse_time(changed)
        self.etag = answer.headers.get("ETag", "")
        self._signer.accept()
        return min(end, self.size) - start

    def _wrong(self, what: str) -> ReadFailed:
        return read_failed(ReasonCode.WRONG_ANSWER, self.name, what=what)


class _SignatureRefused(Exception):
    """A store that does not accept a signature, for now or at all."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class _ReplacedError(Exception):
    """A file that is not the one whose header was remembered."""


class _BodyCutError(Exception):
    """A body that ended too early, or trickled too slowly: worth another attempt."""


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


def _parse_time(text: str | None) -> datetime | None:
    """Aware time of an HTTP date; None where there is none, or it is not one."""
    try:
        return parsedate_to_datetime(text).astimezone(UTC) if text else None
    except (ValueError, TypeError):
        return None
