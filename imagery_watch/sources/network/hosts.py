"""Which hosts are this machine's own, which may be asked on behalf of whom, and by which proxy."""

import ipaddress
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import urllib3

from imagery_watch.errors import UsageError

PROXY_FORM = "http://HOST:PORT"
OWN_NAMES = (".localhost", ".local", ".internal", ".lan", ".home.arpa")
"""Ends of names that no public server has (RFC 6761, 6762, 8375; `.internal` by ICANN in 2024)."""


class HostRefused(urllib3.exceptions.HTTPError):
    """A host that is not asked; its text says why."""


class PrivateHost(HostRefused):
    """A host on this machine or in its own network, named by a catalogue of elsewhere."""


@lru_cache(maxsize=1024)
def is_private(host: str | None) -> bool:
    """Whether a host's name or number is of this machine, its own network, or of nowhere."""
    name = (host or "").strip("[]").rstrip(".").lower()
    if not name or name == "localhost" or name.endswith(OWN_NAMES):
        return True
    try:
        number = ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(number, "ipv4_mapped", None) or number
    return not mapped.is_global or mapped.is_multicast


def is_loopback(host: str | None) -> bool:
    """Whether a host is this machine itself, by its number or as `localhost`."""
    if host == "localhost":
        return True
    try:
        return host is not None and ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def host_of(url: str) -> str:
    """The host of an `http` or `https` address; empty where the text is none."""
    try:
        parts = urllib3.util.parse_url(url)
    except urllib3.exceptions.LocationParseError:
        return ""
    return (parts.host or "") if parts.scheme in ("http", "https") else ""


@dataclass(frozen=True)
class Allowed:
    """Who may be asked for the files of one catalogue, or by one of the user's own addresses."""

    hosts: tuple[str, ...] | None = None
    """Names of hosts; one that begins with a dot stands for all that end so. None: whoever is named."""
    public_only: bool = False
    """Whether no host of this machine or its own network is asked, whatever its name resolves to."""

    def admits(self, host: str | None) -> bool:
        """Whether a host is on the list; one that is refused for being private is told by the connection."""
        if self.hosts is None or (not self.public_only and is_private(host)):
            return True
        name = (host or "").rstrip(".").lower()
        return any(name.endswith(one) if one.startswith(".") else name == one for one in self.hosts)

    def check(self, url: str) -> None:
        """Raises HostRefused for an address that is not on the list."""
        host = urlsplit(url).hostname
        if not self.admits(host):
            raise HostRefused(f"{(host or 'no host')[:100]} is not among the hosts that may be asked")


ANYBODY = Allowed()
"""Whoever the user named."""


def find_proxy(url: str) -> str:
    """The proxy that the environment sets for an address (HTTPS_PROXY, NO_PROXY and so on); empty where it is none.

    Hosts of this machine and its own network are asked straight. Raises UsageError for a proxy that is no address.
    """
    parts = urlsplit(url)
    if is_private(parts.hostname) or proxy_bypass(str(parts.hostname)):
        return ""
    proxies = getproxies()
    named = proxies.get(parts.scheme) or proxies.get("all") or ""
    if not named.startswith(("http://", "https://")):
        return ""
    if not host_of(named):
        raise UsageError(f"the proxy for {parts.scheme} (HTTPS_PROXY and so on): not an address such as {PROXY_FORM}")
    return named
