"""One deadline over each exchange with a server, and no exchange with a machine that only this one can reach.

A pool's timeout bounds each silence alone: a server that sends a header drop by drop, or `100 Continue` for ever, keeps
a reader for ever. Here every byte of an answer, its headers too, comes before one deadline.
"""

import http.client
import io
import socket
import time
from typing import Any

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection

from imagery_watch.sources.network.hosts import PrivateHost, is_private
from imagery_watch.sources.network.traffic import METER

PATIENCE = 3.0
"""Times the longest silence that is borne, for one exchange as a whole."""


class _Timed(io.RawIOBase):
    """The bytes of a socket, until a deadline: later ones raise TimeoutError."""

    def __init__(self, sock: Any) -> None:
        super().__init__()
        self._raw = sock.makefile("rb", buffering=0)  # which counts who still reads the socket
        self._sock, self._came = sock, 0
        self._silence_s = sock.gettimeout()
        self._deadline = None if self._silence_s is None else time.monotonic() + PATIENCE * self._silence_s

    def readable(self) -> bool:
        """True."""
        return True

    def readinto(self, buffer: Any) -> int | None:
        """Some bytes, as `io.RawIOBase.readinto` does. Raises TimeoutError."""
        if self._deadline is not None:
            left = self._deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError("the answer takes too long as a whole")
            if left < self._silence_s:  # else the socket's own patience, which costs a call of the system to set
                self._sock.settimeout(left)
        count: int = self._sock.recv_into(buffer)
        self._came += count
        return count

    def close(self) -> None:
        """Lets go of the socket."""
        if not self.closed:
            METER.add_bytes(self._came)
        self._raw.close()
        super().close()


class _TimedResponse(http.client.HTTPResponse):
    """An answer of which every byte comes before one deadline."""

    def __init__(self, sock: Any, *args: Any, **options: Any) -> None:
        super().__init__(sock, *args, **options)
        self.fp.close()
        self.fp = io.BufferedReader(_Timed(sock))
        METER.add_request()


class _TimedHTTP(HTTPConnection):
    response_class = _TimedResponse


class _TimedHTTPS(HTTPSConnection):
    response_class = _TimedResponse


class _PublicHTTP(_TimedHTTP):
    def _new_conn(self) -> socket.socket:
        _check_name(self)
        return _check_peer(super()._new_conn(), self)


class _PublicHTTPS(_TimedHTTPS):
    def _new_conn(self) -> socket.socket:
        _check_name(self)
        return _check_peer(super()._new_conn(), self)


def _check_name(connection: HTTPConnection) -> None:
    """Raises PrivateHost where a name leads home; a name that leads nowhere is the connection's to tell."""
    if connection.proxy is not None:
        return
    try:
        found = socket.getaddrinfo(connection.host, connection.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return
    if any(is_private(str(address[0])) for *_, address in found):
        raise PrivateHost(_HOME)


def _check_peer(sock: socket.socket, connection: HTTPConnection) -> socket.socket:
    """The connected socket, before anything is asked of it. Raises PrivateHost: a name may lead elsewhere by now."""
    if connection.proxy is None and is_private(str(sock.getpeername()[0])):
        sock.close()
        raise PrivateHost(_HOME)
    return sock


_HOME = "the host is on this machine or in its own network"


class _TimedPool(urllib3.HTTPConnectionPool):
    ConnectionCls = _TimedHTTP


class _TimedSafePool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _TimedHTTPS


class _PublicPool(urllib3.HTTPConnectionPool):
    ConnectionCls = _PublicHTTP


class _PublicSafePool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _PublicHTTPS


def set_deadlines(manager: urllib3.PoolManager, *, public_only: bool = False) -> urllib3.PoolManager:
    """The manager, whose connections have deadlines from now on, and reach the public network only where asked."""
    http_pool, https_pool = (_PublicPool, _PublicSafePool) if public_only else (_TimedPool, _TimedSafePool)
    manager.pool_classes_by_scheme = {"http": http_pool, "https": https_pool}
    return manager
