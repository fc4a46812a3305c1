"""Records of several machines merged into one, and a home checked: its record, and all that is kept beside it."""

import json
import zlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from imagery_watch.errors import ExitCode, StoreError, UsageError
from imagery_watch.monitor.keeping.watch import FORM, FRAME, INDEX
from imagery_watch.monitor.opening import WATCHES
from imagery_watch.monitor.sweep import locked
from imagery_watch.outputs.merging.record import MergeStore, Taken, read_source
from imagery_watch.outputs.store.database import BACKUP, FILE, MARKER, copied_file, opened
from imagery_watch.outputs.store.store import Store
from imagery_watch.settings import Settings
from imagery_watch.sources.pixels.chip_cache import is_whole

CHIPS = "*.chip"


def merge_records(into: Path, sources: Sequence[Path]) -> list[Taken]:
    """Brings records into the one of a home, which is made where there is none: all of them, or nothing.

    Each is a home, or the file of a record. The same whatever their order, and however often. Raises UsageError for a
    path without a record, StoreError for a record that cannot be used, LockedError where a sweep of `into` runs.
    """
    home = into.parent if into.name == FILE else into
    if home.is_file():
        raise UsageError(f"{into}: expected a home, or a file named {FILE}, for the record to be merged into")
    paths = [find_record(source) for source in sources]
    for path in paths:  # before anything is made or locked
        with read_source(path):
            pass
    with locked(home), opened(home) as connection:
        store = MergeStore(home / FILE, connection)
        taken = store.take_all(map(read_source, paths))
        store.back_up()
    return taken


def find_record(path: Path) -> Path:
    """The record's file that a path means: itself, or that in a home. Raises UsageError where there is none."""
    file = path / FILE if path.is_dir() else path
    lost = any((path / name).exists() for name in (MARKER, BACKUP))
    if not file.is_file() and not lost:
        raise UsageError(f"{path}: no record is there; expected a home with {FILE} in it, or such a file")
    return file


class Damage(NamedTuple):
    """Something that is not what was written."""

    path: Path
    remedy: str
    """What is wrong with it, and what to do."""


@dataclass(frozen=True)
class Verified:
    """What came of checking a home."""

    home: Path
    airfields: int
    """In its record."""
    watches: int
    chips: int
    damaged: tuple[Damage, ...]

    @property
    def exit_code(self) -> ExitCode:
        """STORE where anything is damaged."""
        return ExitCode.STORE if self.damaged else ExitCode.DONE


def verify_home(settings: Settings) -> Verified:
    """Checks the record of a home, its backup, and by their checksums all kept looks and windows. Nothing is changed.

    Raises UsageError where there is no record.
    """
    file, damaged, airfields = find_record(settings.home), list[Damage](), 0
    if file.name != FILE:
        raise UsageError(
            f"{file}: expected a home, or the file {FILE} in one; a copy of a record has nothing beside it"
        )
    home = file.parent
    try:
        airfields = _check_record(home / FILE)
    except StoreError as error:
        damaged.append(Damage(home / FILE, str(error)))
    damaged += _check_backup(home / BACKUP)
    watches = sorted(path.parent for path in (home / WATCHES).glob(f"*/{INDEX}"))
    damaged += [damage for folder in watches for damage in _check_watch(folder)]
    chips = sorted(settings.cache_dir.rglob(CHIPS))
    damaged += [Damage(path, "it is not what was written: delete it, and it is fetched again")
                for path in chips if not _is_good_chip(path)]  # fmt: skip
    return Verified(home, airfields, len(watches), len(chips), tuple(damaged))


def _check_record(path: Path) -> int:
    """How many airfields a record has, all of which can be read. Raises StoreError."""
    with copied_file(path) as connection:
        if connection is None:
            raise StoreError(f"{path} is not there")
        store = Store(path, connection)
        broken = connection.execute("PRAGMA foreign_key_check").fetchall()
        if broken:
            raise StoreError(f"{path} is damaged: {len(broken)} rows refer to others that are not there")
        names = store.airfields()
        for read in (store.passes, store.looks, store.recorded_hits, store.stays):
            for name in names:
                read(name)
    return len(names)


def _check_backup(path: Path) -> list[Damage]:
    try:
        if path.exists():
            _check_record(path)
    except StoreError:
        return [
            Damage(path, "the backup is not what was written: delete it, and a sweep that finds something makes it")
        ]
    return []


def _check_watch(folder: Path) -> Iterator[Damage]:
    """What of an airfield's kept looks is not what was written."""
    remedy = f"it is not what was written: delete {folder}, and the next sweep judges the airfield anew"
    try:
        told: dict[str, Any] = json.loads(zlib.decompress((folder / INDEX).read_bytes()))
        if told["form"] != FORM:
            return
        sums = {FRAME: told["frame"]["crc"]} | {one["file"]: one["crc"] for one in told["looks"]}
    except (OSError, ValueError, KeyError, TypeError, zlib.error):
        yield Damage(folder / INDEX, remedy)
        return
    for name, crc in sums.items():
        if _sum_file(folder / name) != crc:
            yield Damage(folder / name, remedy)


def _sum_file(path: Path) -> int | None:
    with suppress(OSError):
        return zlib.crc32(path.read_bytes())
    return None


def _is_good_chip(path: Path) -> bool:
    try:
        return is_whole(path.read_bytes())
    except OSError:
        return False
