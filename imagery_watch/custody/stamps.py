"""The time stamps of a pack: asked of several authorities, kept beside the manifest, and checked by what is kept."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from imagery_watch.custody.authority import INSTALL, Attested, StampRefused, ask_stamp, check_stamp, need_library
from imagery_watch.custody.container import MANIFEST, STAMPS, Pack, plain_name
from imagery_watch.errors import ExitCode, PackDamaged, UsageError
from imagery_watch.model.check import Check
from imagery_watch.model.href import strip_secrets
from imagery_watch.model.reply import Exchange
from imagery_watch.outputs.values import dump_json
from imagery_watch.outputs.wording.text import iso, slug

INDEX = f"{STAMPS}timestamps.json"
"""What came of each authority that was asked."""
FORM = "https://HOST/PATH"


class Stamped(NamedTuple):
    """What came of one authority."""

    authority: str
    """Its address, without user and query."""
    reply: str
    """Name of the file of its reply; empty where it gave none that holds."""
    reply_sha256: str
    certificates: str
    """Name of the file of its certificates."""
    certificates_sha256: str
    trouble: str
    """Why it gave none; empty where it did."""


def read_authorities(text: str) -> tuple[str, ...]:
    """The addresses in a text with commas between. Raises UsageError for what is none."""
    urls = tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
    for url in urls:
        parts = urlsplit(url) if url.isascii() and url.isprintable() else urlsplit("")
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise UsageError(f"--timestamp: {strip_secrets(url)[:80]!r} is no address of a time-stamping authority; "
                             f"expected one such as {FORM}, or several with commas between")  # fmt: skip
    if not urls:
        raise UsageError(f"--timestamp: expected an address such as {FORM}")
    return urls


def stamp_manifest(
    manifest: bytes, urls: Sequence[str], exchange: Exchange, known: Sequence[bytes]
) -> tuple[dict[str, bytes], tuple[Stamped, ...]]:
    """The files below `timestamps/`, and what came of each authority: one that fails holds up nobody."""
    files, told = dict[str, bytes](), list[Stamped]()
    for number, url in enumerate(urls, start=1):
        stem = f"{STAMPS}{number:02}-{slug(str(urlsplit(url).hostname))}"
        try:
            reply, chain = ask_stamp(manifest, url, exchange, known)
        except StampRefused as error:
            told.append(Stamped(strip_secrets(url), "", "", "", "", str(error)[:400]))
            continue
        files |= {f"{stem}.tsr": reply, f"{stem}.pem": chain}
        told.append(Stamped(strip_secrets(url), f"{stem}.tsr", _sha(reply), f"{stem}.pem", _sha(chain), ""))
    if told:
        files[INDEX] = _dump(told)
    return files, tuple(told)


def check_stamps(pack: Pack, manifest: bytes, asked: Sequence[str], trusted: Sequence[bytes]) -> list[Check]:
    """What each time stamp of a pack attests, or what is wrong with it; `trusted` are the roots (DER) that count here.

    A stamp on any other root is a note, and a second one says why: whoever changes a pack can stamp it by such a root.
    """
    present = sorted(name for name in pack.sizes if name.startswith(STAMPS))
    if not present and not asked:
        what = (
            "none: when the pack was made is the word of who made it, and whoever holds the file could have rewritten "
            f"texts, pictures and {MANIFEST} alike"
        )
        return [Check("time stamp", "note", what, "compare the SHA-256 of the file with one that was published")]
    try:
        told = _parse(pack.read(INDEX))
    except (PackDamaged, ValueError) as error:
        return [_bad(INDEX, f"{error}; {len(asked)} authorities were asked")]
    checks = [check for one in told for check in _check_one(one, pack, manifest, trusted)]
    if tuple(one.authority for one in told) != tuple(asked):
        checks.append(_bad(INDEX, f"it tells of other authorities than {MANIFEST}, which names {len(asked)}"))
    known = {INDEX, *(one.reply for one in told), *(one.certificates for one in told)}
    return checks + [_bad(plain_name(name), "no authority's; it was added") for name in present if name not in known]


def tell_openssl(one: Stamped, found: Attested) -> str:
    """The line that checks a time stamp in the unpacked folder by OpenSSL alone."""
    when = int(found.when.timestamp())
    return f"openssl ts -verify -data {MANIFEST} -in {one.reply} -CAfile {one.certificates} -attime {when}"


def _check_one(one: Stamped, pack: Pack, manifest: bytes, trusted: Sequence[bytes]) -> list[Check]:
    if one.trouble:
        return [Check("time stamp", "note", f"{plain_name(one.authority)} was asked and gave none: {one.trouble}")]
    for name, digest in ((one.reply, one.reply_sha256), (one.certificates, one.certificates_sha256)):
        try:
            if pack.digest(name) != digest:
                return [_bad(plain_name(name), f"is not what {INDEX} has of the authority's answer")]
        except PackDamaged as error:
            return [_bad(plain_name(name), str(error))]
    try:
        need_library()
    except UsageError:
        what = f"{plain_name(one.authority)}: kept, and not checked: that needs one more package"
        return [Check("time stamp", "bad", what, INSTALL, ExitCode.INCOMPLETE)]
    try:
        found = check_stamp(manifest, pack.read(one.reply), pack.read(one.certificates))
    except StampRefused as error:
        return [_bad(plain_name(one.reply), str(error))]
    known = found.root_sha256 in {hashlib.sha256(der).hexdigest() for der in trusted}
    stamp = Check("time stamp", "ok" if known else "note", _describe(one, found, known), tell_openssl(one, found))
    return [stamp] if known else [stamp, _doubt_root(found)]


def _describe(one: Stamped, found: Attested, known: bool) -> str:
    said = "trusted here" if known else "not trusted here"
    root = f"{plain_name(found.root)}, SHA-256 {found.root_sha256} ({said})"
    by = f"{plain_name(found.by)} ({plain_name(one.authority)})"
    return f"{MANIFEST} existed on {iso(found.when)}, says {by}; its root is {root}"


def _doubt_root(found: Attested) -> Check:
    """That a stamp proves nothing as long as nobody knows whose root it rests on, and how to come to know."""
    what = (
        f"nobody here vouches for {plain_name(found.root)}: whoever changed this pack could have stamped it anew by a "
        "root of their own, with any name and any time"
    )
    fix = (
        "get the root certificate from the authority itself, not from the pack, and check again with "
        f"--timestamp-ca FILE; or compare its published SHA-256 with {found.root_sha256}"
    )
    return Check("time stamp's root", "note", what, fix)


def _bad(name: str, what: str) -> Check:
    return Check(name, "bad", what, "", ExitCode.STORE)


def _sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _dump(told: Sequence[Stamped]) -> bytes:
    return dump_json([one._asdict() for one in told]).encode("utf-8", errors="replace")


def _parse(data: bytes) -> tuple[Stamped, ...]:
    """Raises ValueError where it is not as `_dump` writes it."""
    rows = json.loads(data)
    if not isinstance(rows, list) or not all(_is_row(row) for row in rows):
        raise ValueError("it is not laid out as this program lays it out")
    told = tuple(Stamped(**row) for row in rows)
    if _dump(told) != data:
        raise ValueError("it is not written as this program writes it")
    return told


def _is_row(row: Any) -> bool:
    return (
        isinstance(row, Mapping) and {*row} == {*Stamped._fields} and all(isinstance(one, str) for one in row.values())
    )
