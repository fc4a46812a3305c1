"""The certificates in a time stamp's reply, put into the order that DER asks for.

OpenSSL's authorities, and others, leave them as they are configured; rfc3161-client reads them in order only. Their
order is not signed, so a reply in order attests the same; what is kept is what came.
"""

from typing import NamedTuple

_CERTIFICATES = 0xA0
"""Tag of the certificates among the members of signed data."""
_DEPTH = (1, 1, 0)
"""Which member leads to the signed data: of the reply the token, of the token its content, of that the only one."""


class _Node(NamedTuple):
    """One value: where it begins, where its content begins, and where it ends."""

    tag: int
    start: int
    content: int
    end: int


def order_certificates(reply: bytes) -> bytes:
    """The reply with its certificates in order; as it is where they are, or where it is laid out otherwise."""
    try:
        return _ordered(reply)
    except (IndexError, ValueError):
        return reply


def _ordered(reply: bytes) -> bytes:
    node = _node(reply, 0)
    for number in _DEPTH:
        node = _members(reply, node)[number]
    held = next((one for one in _members(reply, node)[3:] if one.tag == _CERTIFICATES), None)
    if held is None:
        return reply
    each = [reply[one.start : one.end] for one in _members(reply, held)]
    return reply[: held.content] + b"".join(sorted(each)) + reply[held.end :]


def _members(data: bytes, node: _Node) -> list[_Node]:
    """The values inside of one. Raises ValueError where they do not fill it."""
    found, at = [], node.content
    while at < node.end:
        found.append(_node(data, at))
        at = found[-1].end
    if at != node.end:
        raise ValueError("a value ends behind what holds it")
    return found


def _node(data: bytes, at: int) -> _Node:
    """The value at a place. Raises ValueError for a length that DER does not have, IndexError behind the end."""
    tag, first = data[at], data[at + 1]
    if first < 0x80:
        return _checked(_Node(tag, at, at + 2, at + 2 + first), data)
    count = first & 0x7F
    if not 1 <= count <= 4:
        raise ValueError("a length that DER does not have")
    content = at + 2 + count
    return _checked(_Node(tag, at, content, content + int.from_bytes(data[at + 2 : content])), data)


def _checked(node: _Node, data: bytes) -> _Node:
    if node.end > len(data):
        raise ValueError("a value ends behind the end")
    return node
