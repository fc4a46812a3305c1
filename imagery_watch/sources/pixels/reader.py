"""One asset on the Grid: through its catalogue's door, from the chip cache where it is known, checked, or refused."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from imagery_watch.errors import PassRefused, ReadFailed
from imagery_watch.model import Expected, Grid, ListedItem, Pixels, holds_data
from imagery_watch.model.access import Origin
from imagery_watch.model.href import strip_signature
from imagery_watch.reasons import Reason, ReasonCode
from imagery_watch.sensors.protocol import Sensor
from imagery_watch.settings import Settings
from imagery_watch.sources.doubts import Doubts
from imagery_watch.sources.pixels.chip_cache import ChipCache
from imagery_watch.sources.pixels.hrefs import check_href, is_foreign
from imagery_watch.sources.pixels.stated import collect_stated
from imagery_watch.sources.pixels.validity import collect_nodata
from imagery_watch.sources.pixels.windows import read_window

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

    def window(self, listed: ListedItem, key: str, grid: Grid, expected: Expected) -> Pixels:
        """Pixels of one asset on the Grid, from the chip cache where a remote one is known. Raises Unread."""
        subject = _subject(listed, key)
        try:
            pixels = self._read(listed, key, grid, expected)
        except ReadFailed as error:
            raise self.settle(error, subject) from None
        self.forget(subject)
        return pixels

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

    def _read(self, listed: ListedItem, key: str, grid: Grid, expected: Expected) -> Pixels:
        """As `window` does, each failure as if it were the first."""
        origin = listed.origin or Origin(self.catalog, self.local_root)
        href = check_href(listed.href(key), origin.local_root, origin.catalog, origin.access)
        nothing = collect_nodata(listed.item.assets[key].to_dict(), listed.item.properties)
        stated = collect_stated(listed.item.assets[key].to_dict(), listed.facts.epsg, listed.facts.datetime)
        expected = replace(expected, nodata=nothing, jpeg2000=origin.access.jpeg2000, stated=stated)
        if origin.local_root is not None and not href.startswith(("http://", "https://", "s3://")):
            return read_window(href, grid, expected, self.settings)
        cache, name = ChipCache(self.settings.cache_dir), _cache_key(listed, key, href, nothing)
        known = cache.get(listed.id, name, grid)
        if known is not None:
            return known
        public_only = is_foreign(origin.catalog, origin.local_root)
        pixels = read_window(href, grid, expected, self.settings, public_only=public_only, access=origin.access)
        if holds_data(pixels):  # emptiness may be a fault that passes: it is never remembered
            cache.put(listed.id, name, grid, pixels)
        return pixels


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
