"""STAC on disk: an ItemCollection, one item, or a static catalogue, read without leaving its folder."""

import json
import threading
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from imagery_watch.errors import CatalogError
from imagery_watch.model import ListedItem
from imagery_watch.model.access import OPEN, Access, Origin
from imagery_watch.model.filename import find_share, read_file_uri
from imagery_watch.sensors.protocol import Sensor
from imagery_watch.sources.catalogs.catalog import BBox, Listing, describe_coverage, tell_namesakes, tidy
from imagery_watch.sources.catalogs.items import Remark, find_local_name, parse_each, tell_remarks
from imagery_watch.sources.catalogs.stac_pages import find_lack

MAX_BYTES = 256 * 2**20
MAX_FILES = 100_000


Marks = dict[Path, tuple[int, int] | None]
"""When each file was last changed, in nanoseconds, and its bytes; None where it was not there."""


class _Content(NamedTuple):
    """What the files of a catalogue held when they were parsed."""

    items: tuple[ListedItem, ...]
    warnings: tuple[str, ...]
    marks: Marks


class FileCatalog:
    """A STAC file and what it links to below its own folder."""

    def __init__(self, path: Path, sensor: Sensor, access: Access = OPEN) -> None:
        """`access`: who may be asked for files that are not below the folder. Raises CatalogError."""
        self._access, self._lock = access, threading.Lock()
        self._content_known: _Content | None = None
        self.path = path / "catalog.json" if path.is_dir() else path
        if not self.path.is_file():
            raise CatalogError(f"catalogue {path}: a folder without a catalog.json; name the STAC file itself")
        self.name = str(path)
        self.sensor = sensor
        self.local_root: Path | None = self.path.resolve().parent

    def search(self, bbox: BBox, start: datetime | None, end: datetime | None) -> Listing:
        """See `Catalog.search`. Raises CatalogError where the file is not STAC.

        Files are parsed again only where one of them has changed since: a sweep searches them for each airfield.
        """
        with self._lock:
            if self._content_known is None or _mark(self._content_known.marks) != self._content_known.marks:
                self._content_known = self._parse()
            known = self._content_known
        if not known.items and known.warnings:
            raise CatalogError(f"catalogue {self.name}: no usable item in it; first: {known.warnings[0]}")
        return Listing(tidy(list(known.items), bbox, start, end), known.warnings, describe_coverage(known.items))

    def _parse(self) -> _Content:
        items: list[ListedItem] = []
        warnings: list[str] = []
        remarks: list[Remark] = []
        marks: Marks = {}
        for features, folder in self._walk(warnings, marks):
            parsed, misfits = parse_each(features, folder, self.sensor)
            items += parsed
            remarks += misfits
        warnings += [*tell_remarks(remarks), *tell_namesakes(items)]
        origin = Origin(self.name, self.local_root, self._access)
        return _Content(tuple(replace(one, origin=origin) for one in items), tuple(warnings), marks)

    def _walk(self, warnings: list[str], marks: Marks) -> Iterator[tuple[list[Any], Path]]:
        """Features and the folder that their hrefs are relative to, file by file, links followed once.

        Each file that is opened is noted in `marks`, as it was before.
        """
        queue = [self.path.resolve()]
        while queue:
            path = queue.pop(0)
            if path in marks or len(marks) > MAX_FILES:
                continue
            marks.update(_mark([path]))
            content = self._content(path, warnings)
            if content is None:
                continue
            features, links = _parts(content)
            if content["type"] == "FeatureCollection" and (lack := find_lack([content])):
                warnings.append(f"{path.name}: {lack}")
            if features:
                yield features, path.parent
            queue += [target for link in links if (target := self._target(link, path)) is not None]

    def _content(self, path: Path, warnings: list[str]) -> dict[str, Any] | None:
        """Parsed JSON; a linked file that is missing or broken is a warning, the first one an error."""
        try:
            content = _read_json(path)
            if content.get("type") not in ("FeatureCollection", "Feature", "Catalog", "Collection"):
                raise ValueError(f"its type is {content.get('type')!r}, not STAC")
            if content["type"] == "FeatureCollection" and not isinstance(content.get("features"), list):
                raise ValueError("a FeatureCollection without its list of features")
        except (OSError, ValueError, RecursionError) as error:
            if path == self.path.resolve():
                raise CatalogError(
                    f"catalogue {self.name}: not a STAC ItemCollection or catalogue ({type(error).__name__}: {error})"
                ) from None
            warnings.append(f"{path.name}: linked from the catalogue, but {_why(error)}; passed over")
            return None
        return content

    def _target(self, href: str, source: Path) -> Path | None:
        """The linked file where it lies below the catalogue's own folder."""
        try:
            scheme, uri = urlsplit(href).scheme, read_file_uri(href)
            if len(scheme) > 1 and uri is None:
                return None
            name = uri[1] if uri is not None else find_local_name(href, source.parent)
            if (uri is not None and uri[0]) or find_share(name):
                return None
            target = (source.parent / name).resolve()
        except (OSError, ValueError, RuntimeError):
            return None
        return target if self.local_root is not None and target.is_relative_to(self.local_root) else None


def _mark(paths: Iterable[Path]) -> Marks:
    marks: Marks = {}
    for path in paths:
        try:
            told = path.stat()
        except OSError:
            marks[path] = None
        else:
            marks[path] = told.st_mtime_ns, told.st_size
    return marks


def _read_json(path: Path) -> dict[str, Any]:
    if path.stat().st_size > MAX_BYTES:
        raise ValueError(f"larger than {MAX_BYTES // 2**20} MB")
    content = json.loads(path.read_bytes().decode("utf-8-sig"))
    if not isinstance(content, dict):
        raise ValueError("not a JSON object")
    return content


def _parts(content: dict[str, Any]) -> tuple[list[Any], list[str]]:
    """Features in the file itself, and hrefs of the files it links to."""
    if content["type"] == "FeatureCollection":
        features = content.get("features")
        return (features if isinstance(features, list) else []), []
    if content["type"] == "Feature":
        return [content], []
    listed = content.get("links")
    links = [link for link in listed if isinstance(link, dict)] if isinstance(listed, list) else []
    return [], [str(link.get("href", "")) for link in links if link.get("rel") in ("child", "item", "items")]


def _why(error: Exception) -> str:
    return "it is not there" if isinstance(error, FileNotFoundError) else f"unreadable ({type(error).__name__})"
