"""The words of an address: what of it names a file, and what of it is a signature, which comes and goes."""

import re
from urllib.parse import unquote, urlsplit

RASTER_SUFFIXES = (".tif", ".tiff", ".jp2", ".j2k")
"""Ends of the names of files that may hold a band."""

_AZURE = "sig sv ss srt sp se st spr sip sr si ses sdd skoid sktid skt ske sks skv saoid suoid scid"
_VERSION_4 = (
    "algorithm credential date expires signedheaders signature security-token signature-version additional-headers"
)
_SIGNATURES = (
    ({"sig"}, frozenset({"sig"})),
    ({"sig", "sv"}, frozenset(_AZURE.split(" "))),
    *(({f"{who}-signature"}, frozenset(f"{who}-{what}" for what in _VERSION_4.split(" ")))
      for who in ("x-amz", "x-goog", "x-oss")),
    *(({who, "signature"}, frozenset((who, "signature", "expires", "policy", "security-token")))
      for who in ("awsaccesskeyid", "googleaccessid", "ossaccesskeyid", "key-pair-id")),
)  # fmt: skip
"""The parameters that tell whose signature it is, and all that belong to that one, in lower case.

Azure's shared access signature; version 4 of Amazon's, Google's and Alibaba's; their older ones, and CloudFront's.
"""


def strip_signature(href: str) -> str:
    """The address without the parameters of a known signature; all others, in their order, tell files apart."""
    address, mark, query = href.partition("?")
    if not mark:
        return href
    parts = query.split("&")
    names = [unquote(part.partition("=")[0]).lower() for part in parts]
    signature = frozenset[str]().union(*(belonging for needed, belonging in _SIGNATURES if needed <= set(names)))
    kept = [part for part, name in zip(parts, names, strict=True) if name not in signature]
    return f"{address}?{'&'.join(kept)}" if kept else address


def strip_secrets(href: str) -> str:
    """The address without user, query and fragment, any of which may hold a secret; a path as it is."""
    try:
        parts = urlsplit(href)
    except ValueError:
        return ""
    if len(parts.scheme) <= 1:
        return href
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def find_file_path(href: str) -> str:
    """The path that names the file, as it is written: in the query where only that names a raster, else the path."""
    try:
        parts = urlsplit(href)
    except ValueError:
        return ""
    if not parts.path.lower().endswith(RASTER_SUFFIXES):
        for value in (part.partition("=")[2] for part in parts.query.split("&")):
            if unquote(value).lower().endswith(RASTER_SUFFIXES):
                return unquote(value)
    return parts.path


def name_hosts(addresses: str) -> str:
    """The hosts of addresses with commas between, and the names of those that are files; no path, user or key."""
    return ", ".join(dict.fromkeys(_name_host(one) for one in addresses.split(",")))


def _name_host(address: str) -> str:
    try:
        parts = urlsplit(address)
        return parts.hostname or "" if len(parts.scheme) > 1 and parts.netloc else re.split(r"[/\\]", address)[-1]
    except ValueError:
        return "an address that is none"
