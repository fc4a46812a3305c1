"""Items fold into Acquisitions: one pass, however many tiles, zones and reprocessings it comes in."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import groupby

from imagery_watch.model import Acquisition, ListedItem

SAME_PASS = timedelta(minutes=15)
"""A satellite comes back over a place after 100 minutes at the earliest, and crosses an airfield in seconds."""
SAME_DATATAKE = timedelta(hours=1)
"""Some catalogues state when the tile was sensed, others when its datatake began, up to 40 minutes before."""

_Rank = tuple[bool, int, int, str]
"""Whether anything can be read, the level, the bands that can be read, the processing baseline."""


def fold(items: Iterable[ListedItem]) -> tuple[Acquisition, ...]:
    """The passes that the items belong to, sorted by time then id; the order of the items does not matter."""
    by_platform = sorted(items, key=lambda one: (one.facts.platform, one.facts.datetime, one.id, one.facts.tile))
    passes = [
        _acquisition(group)
        for _, ours in groupby(by_platform, key=lambda one: one.facts.platform)
        for group in _cut(list(ours))
    ]
    return tuple(sorted(_distinct(passes), key=lambda acquisition: (acquisition.datetime, acquisition.id)))


def _cut(items: Sequence[ListedItem]) -> list[list[ListedItem]]:
    """Splits items of one platform, sorted by time, wherever more than `SAME_PASS` lies between two.

    So are items whose names tell of different days; those of one datatake stay together.
    """
    groups: list[list[ListedItem]] = []
    for one in items:
        near = (group for group in reversed(groups) if _is_near(one, group[-1]))
        group = next((group for group in near if all(_may_fold(one, other) for other in group)), None)
        if group is None:
            groups.append([one])
        else:
            group.append(one)
    return groups


def _is_near(one: ListedItem, other: ListedItem) -> bool:
    """Whether the later item may be of the same crossing as the earlier."""
    start = one.facts.sensing_start
    together = start is not None and start == other.facts.sensing_start
    return one.facts.datetime - other.facts.datetime <= (SAME_DATATAKE if together else SAME_PASS)


def _may_fold(one: ListedItem, other: ListedItem) -> bool:
    """Whether two items so near in time tell of the same day, or each of its own, with midnight between them."""
    days = [item.facts.named_time[:8] if item.facts.named_time else None for item in (one, other)]
    own = [f"{item.facts.datetime:%Y%m%d}" for item in (one, other)]
    return None in days or days[0] == days[1] or days == own


def _distinct(passes: Iterable[Acquisition]) -> list[Acquisition]:
    """The passes, no two of one id: everything that becomes of a pass is kept under it."""
    seen = Counter[str]()
    distinct = []
    for one in passes:
        seen[one.id] += 1
        distinct.append(one if seen[one.id] == 1 else replace(one, id=f"{one.id}-{seen[one.id]}"))
    return distinct


def _acquisition(items: Sequence[ListedItem]) -> Acquisition:
    chosen, others = choose_copies(items)
    used, superseded = current_versions(chosen)
    products = {one.same for one in used}
    starts = sorted({one.facts.sensing_start for one in items if one.facts.sensing_start is not None})
    orbits = [one.facts.relative_orbit for one in items if one.facts.relative_orbit is not None]
    platform, when = items[0].facts.platform, min(one.facts.datetime for one in used)
    return Acquisition(
        id=f"{platform}_{starts[0] if starts else _second(when)}",
        platform=platform,
        datetime=when,
        relative_orbit=orbits[0] if orbits else None,
        listed=used,
        superseded=tuple(sorted(one.id for one in superseded)),
        sensor=items[0].facts.sensor,
        elsewhere=tuple(one for one in others if one.same in products),
    )


def choose_copies(items: Sequence[ListedItem]) -> tuple[tuple[ListedItem, ...], tuple[ListedItem, ...]]:
    """Each product once, and its other copies, which other collections and catalogues list, the better first.

    The better copy is the one with more bands that can be read from here, then the one that comes first in the order
    that was asked for, then the newer. Items of one catalogue that name no product are each of their own.
    """
    chosen: dict[tuple[str, ...], ListedItem] = {}
    others = []
    for one in sorted(sorted(items, key=lambda one: one.facts.version, reverse=True), key=_copy_rank):
        if chosen.setdefault(one.same, one) is not one:
            others.append(one)
    return tuple(chosen.values()), tuple(others)


def _copy_rank(one: ListedItem) -> tuple[int, int]:
    return -one.count_open(), one.origin.order if one.origin is not None else 0


def current_versions(items: Sequence[ListedItem]) -> tuple[tuple[ListedItem, ...], tuple[ListedItem, ...]]:
    """The items to read, by tile and each tile's newest first, and the superseded rest.

    Only a lower rank is superseded: two items of one tile and rank may be the two halves of a tile that was split
    between datastrips, so both are kept and the reader takes the second where the first is empty. Whatever cannot be
    read ranks below what can (Earth Search issue 79), and of one level, fewer bands below more (its issue 36).
    """
    highest: dict[str, _Rank] = {}
    for one in items:
        highest[one.facts.tile] = max(_rank(one), highest.get(one.facts.tile, _rank(one)))
    kept = [one for one in items if _rank(one) == highest[one.facts.tile]]
    rest = [one for one in items if _rank(one) != highest[one.facts.tile]]
    newest_first = sorted(kept, key=lambda one: one.facts.version, reverse=True)
    return tuple(sorted(newest_first, key=lambda one: one.facts.tile)), tuple(rest)


def _rank(one: ListedItem) -> _Rank:
    level, baseline = one.facts.rank
    bands = one.count_open()
    return bands > 0, level, bands, baseline


def _second(when: datetime) -> str:
    return when.strftime("%Y%m%dT%H%M%S")
