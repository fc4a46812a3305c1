"""What is wrong on the way to a host, by its kind, and what a person can do about it; no message has an address."""

from typing import Any, NamedTuple

import urllib3

from imagery_watch.sources.network.breaker import HostResting
from imagery_watch.sources.network.hosts import PROXY_FORM, HostRefused, find_proxy, host_of

LATER = "try again later"
ALLOW = "where you trust it, add it to IMAGERY_WATCH_HOSTS"
NO_NETWORK = f"is there a network? Where it wants a proxy, set HTTPS_PROXY={PROXY_FORM}"
PROXY = "check HTTPS_PROXY, or unset it where there is no proxy; NO_PROXY names the hosts that are asked straight"
CERTIFICATE = "a proxy that opens https? Set SSL_CERT_FILE to its certificate; check this machine's clock"
DEPTH = 8
"""Errors inside of errors that are looked into."""


class Trouble(NamedTuple):
    """What is wrong, and what to try."""

    what: str
    fix: str


def explain(error: BaseException, host: str) -> Trouble:
    """What keeps us from a host: its name, the proxy, a certificate, a closed port, or its silence."""
    kinds, found = urllib3.exceptions, find_root(error)
    if isinstance(found, HostResting):
        return Trouble(f"{host}: {found}", LATER)
    if isinstance(found, HostRefused):
        return Trouble(f"{host}: {found}", ALLOW)
    if isinstance(found, kinds.ProxyError):
        return _explain_proxy(found, host)
    if isinstance(found, kinds.NameResolutionError):
        return Trouble(f"DNS: the name {host} is not known here", NO_NETWORK)
    if isinstance(found, kinds.SSLError):
        said = getattr(found.args[0] if found.args else None, "verify_message", "") or "no TLS"
        return Trouble(f"{host}: its certificate is not trusted ({said})", CERTIFICATE)
    if isinstance(found, kinds.NewConnectionError):
        return Trouble(f"{host} cannot be reached: {_cause(found)}", NO_NETWORK)
    if isinstance(found, kinds.ConnectTimeoutError | kinds.ReadTimeoutError | TimeoutError):
        return Trouble(f"{host} does not answer in time", NO_NETWORK)
    return Trouble(f"{host} broke the connection ({type(found).__name__})", LATER)


def find_root(error: BaseException) -> BaseException:
    """The error of the line itself: libraries wrap it, in `reason`, as their argument, or as the cause of theirs."""
    for _ in range(DEPTH):
        inner: Any = getattr(error, "reason", None)
        if not isinstance(inner, BaseException):
            inner = next((one for one in error.args if isinstance(one, BaseException)), None)
        if inner is None and not isinstance(error, urllib3.exceptions.HTTPError):
            inner = error.__context__
        if inner is None or isinstance(error, _FINAL):
            break
        error = inner
    return error


_FINAL = (
    urllib3.exceptions.ProxyError,
    urllib3.exceptions.NewConnectionError,
    urllib3.exceptions.SSLError,
    urllib3.exceptions.TimeoutError,
)


def _explain_proxy(error: urllib3.exceptions.ProxyError, host: str) -> Trouble:
    """A proxy that is not there, one that wants a user, and one that does not let us on."""
    proxy = host_of(find_proxy(f"https://{host}")) or host_of(find_proxy(f"http://{host}"))
    named, said = f"the proxy {proxy}".strip(), str(error.original_error)
    if "407" in said:
        return Trouble(f"{named} wants a user", "set HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT")
    if "Tunnel connection failed" in said:
        return Trouble(f"{named} does not let us on to {host} ({said.partition(': ')[2][:60]})", PROXY)
    return Trouble(f"{named} does not answer", PROXY)


def _cause(error: BaseException) -> str:
    """What the system says of a connection, such as "Connection refused"."""
    cause = error.__cause__
    return (isinstance(cause, OSError) and cause.strerror) or "no connection"
