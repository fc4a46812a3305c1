"""Which addresses of files may be read, what a file is called in messages, and how its failure is."""

import re
from functools import lru_cache
from pathlib import Path
from urllib.parse import urlsplit

from imagery_watch.errors import PassRefused, ReadFailed
from imagery_watch.model.access import OPEN, Access
from imagery_watch.model.filename import find_share, read_file_uri
from imagery_watch.model.href import find_file_path
from imagery_watch.reasons import ReasonCode
from imagery_watch.sources.network.hosts import Allowed, is_loopback, is_private


def check_href(href: str, local_root: Path | None, catalog: str, access: Access = OPEN) -> str:
    """The href, if it may be read: a URL as it is, or a resolved local path. Raises PassRefused otherwise.

    Raises ReadFailed where the file is in a store that is not open: that may change, or another catalogue has it.

    Remote: https, and plain http only to this machine or to the catalogue's own host; but nothing of this machine or
    its own network where the catalogue is of elsewhere. Local: only below `local_root`.
    """
    try:
        parts = urlsplit(href)
    except ValueError:
        raise href_refused("asset", "the href is not a usable URL") from None
    if parts.scheme in ("http", "https"):
        _check_host(href, find_allowed(catalog, local_root, access))
        if parts.scheme == "https" or is_loopback(parts.hostname) or parts.hostname == urlsplit(catalog).hostname:
            return href
        raise href_refused(public_name(href), "plain http to a host that is not the catalogue's")
    if parts.scheme == "s3" and local_root is None:
        return _check_store(href, parts.netloc, access)
    if len(parts.scheme) > 1 and parts.scheme != "file":
        raise href_refused(public_name(href), f"{parts.scheme}:// is not read; https or a local file is")
    if local_root is None:
        raise href_refused(public_name(href), "a local path in a remote catalogue is not read")
    host, name = read_file_uri(href) or ("", href)
    elsewhere = host or find_share(name)
    if host or (elsewhere and elsewhere.lower() != find_share(str(local_root)).lower()):
        raise href_refused(public_name(href), f"a file on another machine ({elsewhere[:60]}) is not read")
    try:
        resolved = Path(name).resolve()
        is_file = resolved.is_file()
    except (OSError, ValueError, RuntimeError):
        raise href_refused(public_name(href), "not a usable path") from None
    if not resolved.is_relative_to(local_root):
        raise href_refused(public_name(href), "lies outside the catalogue's folder, so it is not read")
    if not is_file:
        raise PassRefused(ReasonCode.FILE_GONE.because(file=public_name(href), what="the file is not there"))
    return str(resolved)


def find_allowed(catalog: str, local_root: Path | None, access: Access) -> Allowed:
    """Who may be asked for the files that a catalogue names."""
    return Allowed(access.hosts, public_only=is_foreign(catalog, local_root))


def _check_host(href: str, allowed: Allowed) -> None:
    """Raises PassRefused for a host of ours that a catalogue of elsewhere names, ReadFailed for one not on its list."""
    host = _host(href)
    if allowed.public_only and is_private(host):
        raise href_refused(public_name(href), "a host of this machine or its own network, which is not asked")
    if not allowed.admits(host):
        named = (host or "")[:100]
        what = f"lies on {named}, which is not among the hosts of its catalogue's files; where you trust it, add "
        raise read_failed(ReasonCode.NO_ACCESS, public_name(href), what=f"{what}it to IMAGERY_WATCH_HOSTS")


def _check_store(href: str, bucket: str, access: Access) -> str:
    """The `s3://` address, where its store is open. Raises ReadFailed."""
    if access.s3_service and access.keys is not None:
        return href
    what = f"on s3://{bucket[:60]}, which is not open from here; another --catalog may have it open"
    if access.s3_service:
        name, secret = access.key_variables
        what = f"needs keys: set {name} and {secret} ({access.key_source}), or choose another --catalog"
    code = ReasonCode.NO_ACCESS if access.s3_service else ReasonCode.NOT_OPEN
    raise read_failed(code, public_name(href), what=what)


def is_foreign(catalog: str, local_root: Path | None) -> bool:
    """Whether a catalogue is of elsewhere: no file, and not on a host of this machine or its own network."""
    return local_root is None and not is_private(_host(catalog))


def _host(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None


def href_refused(file: str, what: str) -> PassRefused:
    """The error of an address from which nothing is read."""
    return PassRefused(ReasonCode.HREF_REFUSED.because(file=file, what=what))


def read_failed(code: ReasonCode, file: str, **facts: object) -> ReadFailed:
    """The error of a file that could not be read this time."""
    return ReadFailed(code.because(file=file, **facts))


@lru_cache(maxsize=1024)
def public_name(href: str) -> str:
    """The last two parts of the path that names a file: enough to find it, and no secret in it."""
    parts = [part for part in re.split(r"[/\\]", find_file_path(href)) if part]
    return "/".join(parts[-2:])[:120] or "asset"
