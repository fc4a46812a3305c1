"""What an item says of a file, held against the file itself, so that another file's bytes are not believed."""

import hashlib
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from math import isfinite
from typing import Any

from imagery_watch.model.raster import Stated
from imagery_watch.sources.pixels.native.crs import find_code
from imagery_watch.sources.pixels.ranges import RemoteFile

CLOCKS = timedelta(days=1)
"""By which the clocks of a store and of a catalogue may differ, and a day without its time."""
NEAR_PX = 0.5
"""Corners nearer than this are the same: some catalogues round them."""
MOST_SUMMED_BYTES = 1 << 20
"""Files up to this size are read whole to be held against their checksum: most of the 20 m classes, no 10 m band."""
SUMS = {"1114": "sha1", "1220": "sha256", "1340": "sha512", "d50110": "md5"}
"""Multihash prefixes, code and length, of the sums that items state (multiformats, table of codes)."""
DEGREES = (4326, 4258)
"""Codes that items state for their footprint: no band of this kind is in degrees."""


def collect_stated(asset: Mapping[str, Any], epsg: int | None, taken: datetime) -> Stated:
    """What an asset says of its file, `epsg` being what its item says; what is no usable statement is none.

    As the projection extension has it (`proj:transform`, `proj:shape`, `proj:code` or `proj:epsg`) and the file
    extension (`file:size`, `file:checksum`).
    """
    shape, size = asset.get("proj:shape"), asset.get("file:size")
    code = re.fullmatch(r"(?:EPSG:)?([0-9]{4,6})", str(asset.get("proj:code") or asset.get("proj:epsg"))[:20])
    named = int(code[1]) if code else epsg
    return Stated(
        epsg=named if named not in DEGREES else None,
        transform=_numbers(asset.get("proj:transform"))[:6],
        shape=_pair(shape),
        size=size if isinstance(size, int) and not isinstance(size, bool) else None,
        taken=taken,
        checksum=str(asset.get("file:checksum") or "")[:200].lower(),
    )


def _numbers(value: Any) -> tuple[float, ...]:
    """Six numbers or more; none where there are fewer, or one is not a number."""
    if not isinstance(value, list) or len(value) < 6:
        return ()
    return tuple(map(float, value)) if all(map(_is_number, value)) else ()


def _is_number(value: Any) -> bool:
    """Whether it is a finite number, and not one of more digits than a float can hold."""
    try:
        return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(float(value))
    except (OverflowError, ValueError):
        return False


def _pair(value: Any) -> tuple[int, int] | None:
    if not isinstance(value, list) or len(value) != 2 or not all(type(one) is int for one in value):
        return None
    return value[0], value[1]


def contradict(remote: RemoteFile, source: Any, stated: Stated) -> str:
    """What a file from elsewhere, by its store, header or bytes, says against its item; empty where nothing."""
    return contradict_store(remote, stated) or contradict_header(source, stated) or contradict_sum(remote, stated)


def contradict_store(remote: RemoteFile, stated: Stated) -> str:
    """What the store's own words say against the item's, or an empty string."""
    if stated.size is not None and stated.size != remote.size:
        return f"it has {remote.size} bytes where its item states {stated.size}"
    if remote.modified is not None and stated.taken is not None and remote.modified < stated.taken - CLOCKS:
        return f"it was last changed on {remote.modified:%Y-%m-%d}, before the pass of {stated.taken:%Y-%m-%d}"
    return ""


def contradict_header(source: Any, stated: Stated) -> str:
    """What a raster's own header says against its item, or an empty string."""
    epsg = find_code(source.crs) if source.crs is not None else None
    if stated.epsg is not None and epsg is not None and epsg != stated.epsg:
        return f"it lies in EPSG:{epsg} where its item states EPSG:{stated.epsg}"
    if stated.shape is not None and stated.shape != (source.height, source.width):
        found, said = f"{source.height} x {source.width}", f"{stated.shape[0]} x {stated.shape[1]}"
        return f"it has {found} pixels where its item states {said}"
    if not stated.transform:
        return ""
    across, _, left, _, down, top = stated.transform
    found = source.transform
    near = max(abs(found.c - left), abs(found.f - top)) <= NEAR_PX * abs(found.a)
    if near and _is_about(found.a, across) and _is_about(found.e, down):
        return ""
    return (
        f"its corner is at {found.c:.0f}, {found.f:.0f}, in pixels of {found.a:g} m, where its item states "
        f"{left:.0f}, {top:.0f} and {across:g} m"
    )


def _is_about(found: float, stated: float) -> bool:
    return abs(found - stated) <= 0.01 * abs(stated)


def contradict_sum(remote: RemoteFile, stated: Stated) -> str:
    """What a small file's bytes say against its item's checksum; empty for large files and unknown kinds."""
    prefix, kind = next(((code, name) for code, name in SUMS.items() if stated.checksum.startswith(code)), ("", ""))
    if not kind or remote.size > MOST_SUMMED_BYTES:
        return ""
    content = remote.chunk(0, remote.size)
    found = hashlib.new(kind, content, usedforsecurity=False).hexdigest()
    if remote.error is not None or found == stated.checksum.removeprefix(prefix):
        return ""
    return f"its {kind} sum is {found[:12]}... where its item states {stated.checksum.removeprefix(prefix)[:12]}..."
