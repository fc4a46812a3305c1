"""The head of an answer, parsed without the e-mail package, which takes half of the time of a request."""

import http.client
import re
from typing import Any

MOST_LINE_BYTES, MOST_HEADERS = 65_536, 100
"""As http.client's own."""
BODILESS = (204, 304)
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
"""A token of RFC 9110, section 5.6.2."""


class LeanHead(http.client.HTTPMessage):
    """Headers in their order, looked up in any case; what urllib3 and http.client ask of a message, and no more."""

    def __init__(self, pairs: list[tuple[str, str]]) -> None:
        super().__init__()
        self._headers = pairs  # where a message keeps them: whatever else it can do with them, it still can
        self._first = dict(reversed([(name.lower(), value) for name, value in pairs]))

    def get(self, name: str, failobj: Any = None) -> Any:
        """The first value under a name."""
        return self._first.get(name.lower(), failobj)

    def items(self) -> list[tuple[str, Any]]:
        """All names and values."""
        return list(self._headers)

    def get_payload(self, *_args: Any, **_options: Any) -> Any:
        """Nothing: a head has no body."""
        return None


def read_head(file: Any) -> LeanHead:
    """The headers up to the empty line; lines that go on below (RFC 9112, 5.2) are joined. Raises HTTPException."""
    pairs = list[tuple[str, str]]()
    while True:
        line = file.readline(MOST_LINE_BYTES + 1)
        if len(line) > MOST_LINE_BYTES:
            raise http.client.LineTooLong("header line")
        text = line.decode("iso-8859-1").rstrip("\r\n")
        if not text:
            return LeanHead(pairs)
        if len(pairs) >= MOST_HEADERS:
            raise http.client.HTTPException(f"got more than {MOST_HEADERS} headers")
        if text[0] in " \t" and pairs:
            pairs[-1] = pairs[-1][0], f"{pairs[-1][1]} {text.strip()}"
            continue
        name, colon, value = text.partition(":")
        if not colon or not _NAME.fullmatch(name):
            raise http.client.HTTPException("a header that is none")
        pairs.append((name, value.strip(" \t")))


class LeanResponse(http.client.HTTPResponse):
    """An answer whose head is read by `read_head`; all else is http.client's."""

    _begun = False

    def begin(self) -> None:
        """Reads the head, as http.client does: it has no hook for the parsing alone. Raises HTTPException."""
        if self._begun:
            return
        self._begun, status = True, http.client.CONTINUE
        while status == http.client.CONTINUE:
            version, status, reason = self._read_status()  # type: ignore[attr-defined]
            if not version.startswith(("HTTP/1.", "HTTP/0.9")):
                raise http.client.UnknownProtocol(version)
            self.headers = self.msg = read_head(self.fp)
        self.code, self.status, self.reason = status, status, reason.strip()
        self.version = 10 if version in ("HTTP/1.0", "HTTP/0.9") else 11
        self.chunked = (self.headers.get("transfer-encoding") or "").lower() == "chunked"
        self.chunk_left = None
        self.length = self._find_length(status)
        closes = self._check_close()  # type: ignore[attr-defined]
        self.will_close = closes or (not self.chunked and self.length is None)

    def _find_length(self, status: int) -> int | None:
        """Bytes of body that are due; None where only the end of the connection tells."""
        if status in BODILESS or 100 <= status < 200 or self._method == "HEAD":  # type: ignore[attr-defined]
            return 0
        stated = self.headers.get("content-length") or ""
        return None if self.chunked or not (stated.isascii() and stated.isdigit()) else int(stated[:20])
