"""One asset on the Grid: through its catalogue's door, from the chip cache where it is known, checked, or refused."""

import time
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from imagery_watch.errors import PassRefused, ReadFailed
from imagery_watch.model import Expected, Grid, ListedItem, holds_data
from imagery_watch.model.access import Origin
from imagery_watch.model.href import strip_signature
from imagery_watch.reasons import Reason, ReasonCode
from imagery_watch.sensors.protocol import Sensor
from imagery_watch.settings import Settings
from imagery_watch.sources.doubts import Doubts
from imagery_watch.sources.network.traffic import METER
from imagery_watch.sources.pixels.chip_cache import Chip, ChipCache
from imagery_watch.sources.pixels.hrefs import check_href, is_foreign
from imagery_watch.sources.pixels.stated import collect_stated
from imagery_watch.sources.pixels.validity import collect_nodata
from imagery_watch.sources.pixels.windows import Read, read_file

MAY_PASS = frozenset(
    {
        ReasonCode.FILE_GONE,
        ReasonCode.NOT_GEOTIFF,
        ReasonCode.OTHER_FILE,
        ReasonCode.FILE_DAMAGED,
        ReasonCode.BAND_EMPTY,
        ReasonCode.NOT_OPEN,
        ReasonCode.NO_BANDS,
    }
)
"""What a server or a catalogue may get wrong for a while, and may be so for good: refused where it is seen again."""

Unread = PassRefused | ReadFailed
"""Why a pass has no Scene: for good, or for now."""


class _Asked(NamedTuple):
    """One file to be read, and how."""

    href: str
    expected: Expected
    origin: Origin

    @property
    def is_local(self) -> bool:
        """Whether it is a file of this machine."""
        return self.origin.local_root is not None and not self.href.startswith(("http://", "https://", "s3://"))


@dataclass(frozen=True)
class Reader:
    """Where pixels may come from and how they are fetched."""

    settings: Settings
    catalog: str
    """Name or URL of the catalogue of items that have no origin: plain http is allowed to its own host only."""
    local_root: Path | None
    """The only folder whose files may be read, for items that have no origin."""
    sensor: Sensor
    """Whose passes are read."""
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    """Aware: what is wrong now may pass, and is refused where it was so on an earlier day."""

    def window(self, listed: ListedItem, key: str, grid: Grid, expected: Expected) -> Chip:
        """Pixels of one asset on the Grid, from the chip cache where a remote one is known. Raises Unread."""
        subject = _subject(listed, key)
        try:
            chip = self._recall_or_read(listed, key, grid, expected)
        except ReadFailed as error:
            raise self.settle(error, subject) from None
        self.forget(subject)
        return chip

    def original(self, listed: ListedItem, key: str, grid: Grid, expected: Expected) -> Read:
        """The same, and the pixels in the file's own grid: always of the file itself. Raises Unread."""
        return self._read(self._ask(listed, key, expected), grid)

    def forget(self, subject: str) -> None:
        """All is well with a subject."""
        self._doubts.forget(subject)

    @property
    def _doubts(self) -> Doubts:
        return Doubts(self.settings.cache_dir, self.now)

    def settle(self, error: ReadFailed, subject: str) -> Unread:
        """The failure, or a refusal where the same was wrong with the same subject on an earlier day."""
        reason = error.reason
        if reason.code not in MAY_PASS or (day := self._doubts.recall(subject, reason.code)) is None:
            return error
        return PassRefused(Reason(reason.code, f"{reason.text} (the same since {day})"))

    def _ask(self, listed: ListedItem, key: str, expected: Expected) -> _Asked:
        """The address of an asset, if it may be read, and what its file must be. Raises Unread."""
        origin = listed.origin or Origin(self.catalog, self.local_root)
        href = check_href(listed.href(key), origin.local_root, origin.catalog, origin.access)
        nothing = collect_nodata(listed.item.assets[key].to_dict(), listed.item.properties)
        stated = collect_stated(listed.item.assets[key].to_dict(), listed.facts.epsg, listed.facts.datetime)
        expected = replace(expected, nodata=nothing, jpeg2000=origin.access.jpeg2000, stated=stated)
        return _Asked(href, expected, origin)

    def _read(self, asked: _Asked, grid: Grid) -> Read:
        """What the file has under the Grid. Raises Unread."""
        if asked.is_local:
            return read_file(asked.href, grid, asked.expected, self.settings)
        origin = asked.origin
        public_only = is_foreign(origin.catalog, origin.local_root)
        return read_file(asked.href, grid, asked.expected, self.settings, public_only=public_only, access=origin.access)

    def _recall_or_read(self, listed: ListedItem, key: str, grid: Grid, expected: Expected) -> Chip:
        """As `window` does, each failure as if it were the first."""
        asked = self._ask(listed, key, expected)
        if asked.is_local:
            read = self._read(asked, grid)
            return Chip(read.pixels, size=read.size)
        cache, name = ChipCache(self.settings.cache_dir), _cache_key(listed, key, asked.href, asked.expected.nodata)
        known = cache.recall(listed.id, name, grid)
        if known is not None:
            METER.add_kept(known.seconds)
            return known
        began = time.monotonic()
        read = self._read(asked, grid)
        seconds = time.monotonic() - began
        if holds_data(read.pixels):  # emptiness may be a fault that passes: it is never remembered
            cache.put(listed.id, name, grid, read.pixels, etag=read.etag, size=read.size, seconds=seconds)
        return Chip(read.pixels, read.etag, read.size)


def _subject(listed: ListedItem, key: str) -> str:
    """What tells one asset of one version of an item from all others, in notes about it."""
    return "\n".join(("asset", listed.id, str(listed.item.collection_id or ""), key, listed.facts.stamp,
                      strip_signature(listed.href(key)) if key in listed.item.assets else ""))  # fmt: skip


def _cache_key(listed: ListedItem, asset: str, href: str, nothing: tuple[float, ...]) -> str:
    """The asset of one sensor's item, its file without the signature, and all that the item says of its pixels' worth.

    Items may share an id, and files a path: their times, and what is asked for behind the path, tell them apart. A file
    replaced in place is another key.
    """
    item, facts = listed.item, listed.facts
    collection, when = str(item.collection_id or ""), facts.datetime.isoformat()
    words = (facts.sensor, collection, listed.id, when, asset, strip_signature(href), facts.stamp, repr(nothing))
    return "\n".join(words)
