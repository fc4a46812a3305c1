"""Whether a pack is what was packed: every file, nothing missing, nothing added, and who attests since when."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from imagery_watch.custody.container import MANIFEST, STAMPS, Pack, open_pack, plain_name
from imagery_watch.custody.manifest import Entry, Manifest, find_repeats, parse_manifest
from imagery_watch.custody.stamps import check_stamps
from imagery_watch.errors import ExitCode, ImageryWatchError, PackDamaged
from imagery_watch.model.check import Check

OBSERVATION, DERIVATIVES = "observation/", "derivatives/"
AIRFIELD = "airfield.geojson"
TABLES = (".csv", ".json", ".geojson")
"""Ends of the names of files that say what a run found; the others show it."""
MOST_TOLD = 20
"""Faults that are told one by one."""


def verify_pack(path: Path, roots: Sequence[bytes] = ()) -> tuple[Check, ...]:
    """What was found of a pack, without a network. Raises UsageError where there is no such file.

    Time stamps may rest on the roots that this machine trusts and on `roots` (DER).
    """
    with open_pack(path) as pack:
        return tuple(_checks(pack, [*roots, *_trusted()]))


def require_whole(pack: Pack) -> Manifest:
    """The manifest of a pack whose files are all as packed; time stamps are not looked at. Raises PackDamaged."""
    manifest = _manifest_of(pack)
    faults = [*pack.faults, *_compare(pack, manifest)]
    if faults:
        more = f", and {len(faults) - 1} more faults" if len(faults) > 1 else ""
        name, what = faults[0]
        raise PackDamaged(f"{pack.path}: {name} {what}{more}; `imagery-watch doctor --pack` tells all of it")
    return manifest


def _checks(pack: Pack, trusted: Sequence[bytes]) -> list[Check]:
    faults = list(pack.faults)
    try:
        manifest, data = _manifest_of(pack), pack.read(MANIFEST)
    except PackDamaged as error:
        missing = [] if pack.archive is None else [Check(MANIFEST, "bad", str(error), "", ExitCode.STORE)]
        return [*_bad(faults), *missing]
    faults += _compare(pack, manifest)
    checks = _bad(faults)
    if not faults:
        total = sum(entry.size for entry in manifest.files)
        what = (
            f"{len(manifest.files)} files, {total / 1e6:.1f} MB: all as {MANIFEST} has them, nothing added; nothing "
            "was computed anew (`imagery-watch replay` does that for hits and texts, nothing for report and pictures)"
        )
        checks += [Check("files", "ok", what), *_bad(_contradictions(pack)), _check_zip(pack)]
    return [*checks, *check_stamps(pack, data, manifest.stamped_by, trusted)]


def _manifest_of(pack: Pack) -> Manifest:
    try:
        return parse_manifest(pack.read(MANIFEST))
    except (ValueError, RecursionError) as error:
        raise PackDamaged(f"{pack.path}: {MANIFEST} cannot be believed: {str(error)[:200]}") from None


def _compare(pack: Pack, manifest: Manifest) -> list[tuple[str, str]]:
    """Files that are not those of the manifest, and what is wrong with each."""
    listed = {entry.path for entry in manifest.files}
    faults = [(name, f"is in {MANIFEST} more than once") for name in find_repeats(manifest)]
    faults += [(entry.path, why) for entry in manifest.files if (why := _fault(pack, entry))]
    others = [name for name in pack.sizes if name != MANIFEST and not name.startswith(STAMPS)]
    return faults + [(plain_name(name), f"is not in {MANIFEST}: it was added") for name in others if name not in listed]


def _fault(pack: Pack, entry: Entry) -> str:
    if entry.path not in pack.sizes:
        return "is missing"
    if pack.sizes[entry.path] != entry.size:
        return f"was changed: it has {pack.sizes[entry.path]} bytes instead of {entry.size}"
    try:
        digest = pack.digest(entry.path)
    except PackDamaged:
        return "was changed: it cannot be read whole"
    changed = f"was changed: its SHA-256 is {digest[:12]}... instead of {entry.sha256[:12]}..."
    return "" if digest == entry.sha256 else changed


def _contradictions(pack: Pack) -> list[tuple[str, str]]:
    """Files of the run that are not those that its own `run.json` vouches for."""
    record = read_record(pack)
    hashes = record.get("files")
    faults = []
    for name, digest in (hashes if isinstance(hashes, dict) else {}).items():
        packed = find_packed(str(name))
        if packed in pack.sizes and pack.digest(packed) != digest:
            faults.append((packed, "is not the one that the run's own run.json vouches for"))
    return faults


def read_record(pack: Pack) -> Mapping[str, Any]:
    """The run's `run.json`. Raises PackDamaged."""
    try:
        record = json.loads(pack.read(f"{OBSERVATION}run.json"))
    except (ValueError, RecursionError) as error:
        raise PackDamaged(f"{pack.path}: {OBSERVATION}run.json is not as a run writes it ({error})") from None
    if not isinstance(record, dict):
        raise PackDamaged(f"{pack.path}: {OBSERVATION}run.json is not as a run writes it")
    return record


def find_packed(name: str) -> str:
    """Where a file of a run's folder is in its pack."""
    if name == AIRFIELD:
        return name
    return f"{OBSERVATION if '/' not in name and name.endswith(TABLES) else DERIVATIVES}{name}"


def _check_zip(pack: Pack) -> Check:
    try:
        if pack.is_as_written():
            return Check("zip", "ok", "byte for byte as it was packed")
    except ImageryWatchError as error:
        return Check("zip", "bad", str(error), "", ExitCode.STORE)
    what = "its files are as packed, the zip around them is not: it was packed again, or something is between them"
    return Check("zip", "note", what, "ask for the file that was packed first")


def _bad(faults: list[tuple[str, str]]) -> list[Check]:
    told = [Check(name, "bad", what, "", ExitCode.STORE) for name, what in faults[:MOST_TOLD]]
    more = len(faults) - MOST_TOLD
    return told + ([Check("files", "bad", f"{more} more of this kind", "", ExitCode.STORE)] if more > 0 else [])


def _trusted() -> list[bytes]:
    """The roots that this machine trusts (DER)."""
    from imagery_watch.sources.network.certificates import trust

    return trust().get_ca_certs(binary_form=True)
