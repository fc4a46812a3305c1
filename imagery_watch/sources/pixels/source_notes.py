"""Where the pixels of a window came from, and what they are: enough to tell them from others, and no secret."""

import hashlib
from pathlib import Path

import numpy as np

from imagery_watch.model import ListedItem, Pixels, SourceNote
from imagery_watch.model.filename import read_file_uri
from imagery_watch.model.href import strip_secrets
from imagery_watch.sources.pixels.chip_cache import Chip


def note_source(pass_id: str, one: ListedItem, key: str, band: str, chip: Chip) -> SourceNote:
    """Where the pixels of a window came from, and what they are."""
    href = name_source(one, key)
    return SourceNote(pass_id, one.id, band, href, chip.etag, chip.size, digest_pixels(chip.pixels))


def name_source(one: ListedItem, key: str) -> str:
    """The address of an asset's file without secrets, and without what only this machine knows."""
    href = strip_secrets(one.href(key))
    uri = read_file_uri(href)
    if uri is None and "://" in href:
        return href
    root, path = one.origin.local_root if one.origin is not None else None, Path(uri[1] if uri is not None else href)
    return path.relative_to(root).as_posix() if root is not None and path.is_relative_to(root) else path.name


def digest_pixels(pixels: Pixels) -> str:
    """SHA-256 of pixels row by row, little-endian: see `SourceNote.sha256`."""
    return hashlib.sha256(np.ascontiguousarray(pixels, pixels.dtype.newbyteorder("<")).data).hexdigest()
