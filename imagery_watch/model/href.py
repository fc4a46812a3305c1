"""The words of an address: what of it names a file, and what of it is a signature, which comes and goes."""

from urllib.parse import unquote, urlsplit

RASTER_SUFFIXES = (".tif", ".tiff", ".jp2", ".j2k")
"""Ends of the names of files that may hold a band."""

_ALWAYS = ("x-amz-", "x-goog-", "x-oss-")
"""How each parameter of a signed address begins: Amazon S3 (version 4), Google and Alibaba storage."""
_AZURE = "sig sv ss srt sp se st spr sip sr si ses sdd skoid sktid skt ske sks skv saoid suoid scid"
_SIGNED_WITH = {
    "sig": frozenset(_AZURE.split(" ")),
    "awsaccesskeyid": frozenset(("awsaccesskeyid", "signature", "expires")),
    "googleaccessid": frozenset(("googleaccessid", "signature", "expires")),
    "ossaccesskeyid": frozenset(("ossaccesskeyid", "signature", "expires", "security-token")),
    "key-pair-id": frozenset(("key-pair-id", "signature", "expires", "policy")),
}
"""The parameter that tells whose signature it is, and all that belong to that one.

Azure's shared access signature, Amazon S3 (version 2), Google, Alibaba, CloudFront.
"""


def strip_signature(href: str) -> str:
    """The address without the parameters of a known signature; all others, in their order, tell files apart."""
    address, mark, query = href.partition("?")
    if not mark:
        return href
    parts = query.split("&")
    names = [unquote(part.partition("=")[0]).lower() for part in parts]
    signature = frozenset[str]().union(*(_SIGNED_WITH.get(name, ()) for name in names))
    kept = [
        part for part, name in zip(parts, names, strict=True) if name not in signature and not name.startswith(_ALWAYS)
    ]
    return f"{address}?{'&'.join(kept)}" if kept else address


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
