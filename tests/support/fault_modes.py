"""What a server of ranges can do wrong, by name: each mode makes one answer out of what was asked."""

import gzip
import zlib
from collections.abc import Callable
from typing import NamedTuple

SPOILT_BITS = 24
MANY = 400
"""Header lines, more than http.client takes."""


class Asked(NamedTuple):
    """One request for a range of a file."""

    first: int
    end: int
    """One past the last byte, within the file."""
    content: bytes
    """Of the whole file."""
    other: bytes
    """Of another file of the same kind."""
    count: int
    """How many requests of this reading came before, and this one."""
    here: str
    """Host and port of this server."""
    canary: str
    """Host and port that nobody may ask."""

    @property
    def body(self) -> bytes:
        """The right answer."""
        return self.content[self.first : self.end]


class Answer(NamedTuple):
    """What is sent, and what is done then."""

    head: bytes
    body: bytes = b""
    then: str = "keep"
    """`keep` the connection, `close` it, `reset` it, `hang` on it, or `drip` forever."""
    drop: bytes = b""
    """What drips."""


def head(status: str, *headers: tuple[str, object]) -> bytes:
    """A status line and headers."""
    lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in headers)]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def well(asked: Asked, body: bytes | None = None, *, status: str = "206 Partial Content", etag: str = '"one"',
         size: int | None = None, length: object = None, span: str | None = None, then: str = "keep",
         extra: tuple[tuple[str, object], ...] = ()) -> Answer:  # fmt: skip
    """The right answer, but for what is given; an empty `span` or `length` is left out."""
    body = asked.body if body is None else body
    total = len(asked.content) if size is None else size
    span = f"bytes {asked.first}-{asked.end - 1}/{total}" if span is None else span
    headers = [
        ("Content-Range", span),
        ("Content-Length", len(body) if length is None else length),
        ("ETag", etag),
        *extra,
    ]
    return Answer(head(status, *[(name, value) for name, value in headers if value != ""]), body, then)


def plainly(status: str, body: bytes = b"no", *extra: tuple[str, object], then: str = "keep") -> Answer:
    """An answer that says nothing of ranges."""
    return Answer(head(status, ("Content-Length", len(body)), *extra), body, then)


def chunked(body: bytes, end: bytes = b"0\r\n\r\n", size: bytes = b"") -> bytes:
    """A body in two chunks; `size` in place of the second one's."""
    middle = len(body) // 2
    sizes = f"{middle:x}".encode(), size or f"{len(body) - middle:x}".encode()
    return sizes[0] + b"\r\n" + body[:middle] + b"\r\n" + sizes[1] + b"\r\n" + body[middle:] + b"\r\n" + end


def in_chunks(asked: Asked, body: bytes, then: str = "keep") -> Answer:
    """The same without a length, and told to be in chunks."""
    return well(asked, body, length="", extra=(("Transfer-Encoding", "chunked"),), then=then)


def replaced(asked: Asked, content: bytes, etag: str) -> Answer:
    """The range of other content."""
    return well(asked._replace(content=content, end=min(asked.end, len(content))), etag=etag)


def spoil(body: bytes) -> bytes:
    """Some bits turned over, spread over the body."""
    spoilt = bytearray(body)
    for number in range(SPOILT_BITS if body else 0):
        spoilt[(number * 2 + 1) * len(body) // (2 * SPOILT_BITS)] ^= 1 << number % 8
    return bytes(spoilt)


def half(asked: Asked) -> bytes:
    """Half of the right body."""
    return asked.body[: len(asked.body) // 2]


def redirected(where: str, status: str = "302 Found") -> Answer:
    """To another place."""
    return plainly(status, b"", ("Location", where))


PAGE = b"<!doctype html><title>Sign in</title>"
PARTS = (("Content-Type", "multipart/byteranges; boundary=x"),)
HERE_AND_NOW = b"HTTP/1.1 206 Partial Content\r\n"

STATUS: dict[str, Callable[[Asked], Answer]] = {
    f"status_{code}": lambda _, code=code: plainly(f"{code} Whatever")  # type: ignore[misc]
    for code in (400, 401, 403, 404, 405, 408, 410, 416, 429, 451, 500, 501, 502, 503, 504, 507, 299, 999)
}
BUSY: dict[str, Callable[[Asked], Answer]] = {
    "busy_seconds": lambda _: plainly("429 Busy", b"", ("Retry-After", "1")),
    "busy_date": lambda _: plainly("429 Busy", b"", ("Retry-After", "Fri, 31 Dec 2999 23:59:59 GMT")),
    "busy_past": lambda _: plainly("503 Busy", b"", ("Retry-After", "Fri, 31 Dec 1999 23:59:59 GMT")),
    "busy_huge": lambda _: plainly("429 Busy", b"", ("Retry-After", "31536000")),
    "busy_words": lambda _: plainly("503 Busy", b"", ("Retry-After", "soon")),
}
NO_RANGE: dict[str, Callable[[Asked], Answer]] = {
    "whole_200": lambda a: plainly("200 OK", a.content),
    "part_200": lambda a: plainly("200 OK", a.body),
    "page_200": lambda _: plainly("200 OK", PAGE, ("Content-Type", "text/html")),
    "json_200": lambda _: plainly("200 OK", b'{"code": "Forbidden"}', ("Content-Type", "application/json")),
    "empty_200": lambda _: plainly("200 OK", b""),
    "nothing_204": lambda _: Answer(head("204 No Content")),
    "unchanged_304": lambda _: Answer(head("304 Not Modified")),
    "page_206": lambda a: well(a, PAGE.ljust(len(a.body))[: len(a.body)]),
    "start_elsewhere": lambda a: well(a, span=f"bytes {a.first + 512}-{a.end + 511}/{len(a.content)}"),
    "bytes_elsewhere": lambda a: well(a, a.content[a.first + 512 : a.end + 512].ljust(len(a.body), b"\0")),
    "another_size": lambda a: well(a, size=len(a.content) + 4096 * a.count),
    "no_size": lambda a: well(a, span=f"bytes {a.first}-{a.end - 1}/*"),
    "no_span": lambda a: well(a, span=""),
    "words_for_span": lambda a: well(a, span="bytes some"),
    "another_unit": lambda a: well(a, span=f"items {a.first}-{a.end - 1}/{len(a.content)}"),
    "many_parts": lambda a: well(a, b"--x\r\n\r\n" + a.body + b"\r\n--x--", span="", extra=PARTS),
}
LENGTHS: dict[str, Callable[[Asked], Answer]] = {
    "short_reset": lambda a: well(a, half(a), length=len(a.body), then="reset"),
    "short_close": lambda a: well(a, half(a), length=len(a.body), then="close"),
    "short_and_so_said": lambda a: well(a, half(a)),
    "no_bytes": lambda a: well(a, b""),
    "longer": lambda a: well(a, a.body + b"\0" * 4096),
    "longer_unsaid": lambda a: well(a, a.body + b"\0" * 4096, length=len(a.body)),
    "length_too_small": lambda a: well(a, length=len(a.body) // 3),
    "length_negative": lambda a: well(a, length=-5),
    "length_in_words": lambda a: well(a, length="all"),
    "length_twice": lambda a: well(a, extra=(("Content-Length", 7),)),
    "length_huge": lambda a: well(a, length=2**62, then="close"),
    "no_length_whole": lambda a: well(a, length="", then="close"),
    "no_length_short": lambda a: well(a, half(a), length="", then="close"),
}
CODED: dict[str, Callable[[Asked], Answer]] = {
    "gzip_said": lambda a: well(a, gzip.compress(a.body), extra=(("Content-Encoding", "gzip"),)),
    "gzip_unsaid": lambda a: well(a, gzip.compress(a.body)[: len(a.body)].ljust(len(a.body), b"\0")),
    "deflate_said": lambda a: well(a, zlib.compress(a.body), extra=(("Content-Encoding", "deflate"),)),
    "gzip_only_said": lambda a: well(a, extra=(("Content-Encoding", "gzip"),)),
    "chunks": lambda a: in_chunks(a, chunked(a.body)),
    "chunks_cut": lambda a: in_chunks(a, chunked(a.body)[: len(a.body) // 2], "close"),
    "chunks_without_end": lambda a: in_chunks(a, chunked(a.body, b""), "close"),
    "chunks_of_no_size": lambda a: in_chunks(a, chunked(a.body, size=b"zz"), "close"),
    "chunks_too_few": lambda a: in_chunks(a, chunked(half(a))),
}
SLOW: dict[str, Callable[[Asked], Answer]] = {
    "silent": lambda _: Answer(b"", then="hang"),
    "silent_body": lambda a: Answer(well(a).head, then="hang"),
    "silent_middle": lambda a: Answer(well(a).head, half(a), then="hang"),
    "drip_body": lambda a: Answer(well(a).head, then="drip", drop=b"\0"),
    "drip_header": lambda _: Answer(HERE_AND_NOW + b"X-Slow: ", then="drip", drop=b"x"),
    "drip_status": lambda _: Answer(b"HTTP/1.1 2", then="drip", drop=b"0"),
    "continue_forever": lambda _: Answer(b"", then="drip", drop=b"HTTP/1.1 100 Continue\r\n\r\n"),
    "headers_forever": lambda _: Answer(HERE_AND_NOW, then="drip", drop=b"X: y\r\n"),
}
BROKEN: dict[str, Callable[[Asked], Answer]] = {
    "giant_header": lambda a: well(a, extra=(("X-Long", "x" * 200_000),)),
    "many_headers": lambda a: well(a, extra=tuple((f"X-{number}", "y") for number in range(MANY))),
    "garbage_status": lambda _: Answer(b"\xff\xfe\x00garbage\r\n\r\n", then="close"),
    "status_in_words": lambda _: Answer(b"HTTP/1.1 OK fine\r\n\r\n", then="close"),
    "bytes_alone": lambda a: Answer(b"", a.body, "close"),
    "nothing_at_all": lambda _: Answer(b"", then="close"),
    "reset": lambda _: Answer(b"", then="reset"),
    "alert_of_tls": lambda _: Answer(b"\x15\x03\x03\x00\x02\x02\x28", then="close"),
    "headers_broken": lambda a: Answer(HERE_AND_NOW + b"no colon here\r\n\0: \r\n\r\n", a.body, "close"),
    "hints_first": lambda a: Answer(b"HTTP/1.1 103 Early Hints\r\n\r\n" + well(a).head, a.body),
    "continue_first": lambda a: Answer(b"HTTP/1.1 100 Continue\r\n\r\n" + well(a).head, a.body),
}
OTHER: dict[str, Callable[[Asked], Answer]] = {
    "another_name": lambda a: well(a, etag=f'"{a.count}"'),
    "no_name": lambda a: well(a, etag=""),
    "another_file": lambda a: replaced(a, a.other, '"two"'),
    "another_file_same_name": lambda a: replaced(a, a.other, '"one"'),
    "grown": lambda a: replaced(a, a.content + bytes(2048), '"one"'),
    "truncated": lambda a: replaced(a, a.content[: max(a.first + 1, len(a.content) * 6 // 10)], '"one"'),
    "emptied": lambda _: plainly("416 Range Not Satisfiable", b"", ("Content-Range", "bytes */0")),
    "zeros": lambda a: well(a, bytes(len(a.body))),
    "ones": lambda a: well(a, b"\xff" * len(a.body)),
    "text": lambda a: well(a, (b"Service Unavailable. " * (len(a.body) // 20 + 1))[: len(a.body)]),
    "bits": lambda a: well(a, spoil(a.body)),
    "zeros_behind": lambda a: well(a, half(a).ljust(len(a.body), b"\0")),
}
ELSEWHERE: dict[str, Callable[[Asked], Answer]] = {
    "redirect_to_another_port": lambda a: redirected(f"http://{a.canary}/B04.tif"),
    "redirect_to_a_file": lambda _: redirected("file:///etc/passwd"),
    "redirect_to_itself": lambda a: redirected(f"http://{a.here}/loop", "307 Temporary Redirect"),
    "redirect_to_metadata": lambda _: redirected("http://169.254.169.254/latest/", "308 Permanent Redirect"),
    "redirect_to_userinfo": lambda a: redirected(f"http://{a.here}@{a.canary}/B04.tif", "301 Moved Permanently"),
    "redirect_without_place": lambda _: plainly("302 Found", b""),
    "choices": lambda a: redirected(f"//{a.canary}/", "300 Multiple Choices"),
}
MODES: dict[str, Callable[[Asked], Answer]] = {
    "well": lambda a: well(a),
    **STATUS, **BUSY, **NO_RANGE, **LENGTHS, **CODED, **SLOW, **BROKEN, **OTHER, **ELSEWHERE,
}  # fmt: skip
PHASES = ("open", "header", "tiles", "passing", "again")
"""When a mode reigns: over the first request alone, over all for the header, over all for pixels, over the first of
those alone, or over all of a second reading, after a first that went well."""
