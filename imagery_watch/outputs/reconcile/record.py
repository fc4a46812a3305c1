"""What the record says of passes and hits, and how the hits of a new run find their names in it."""

import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final, Literal

from imagery_watch.model import Hit, Look, Occupancy, PassState, Period, Status, Stay, Turn
from imagery_watch.outputs.reconcile.matching import Unlikeness, match

SAME_PLACE_M = 30.0
"""Two hits nearer than this are at one place (part of the contract)."""
SAME_TIME = timedelta(minutes=15)
"""The time of a pass may move so far when another of its tiles arrives."""
METRES_PER_DEGREE = 111_195.0
WITHDRAWN: Final[Literal["withdrawn"]] = "withdrawn"


@dataclass(frozen=True)
class PassRecord:
    """One pass over one airfield, and what became of it."""

    id: str
    """The Acquisition's."""
    datetime: datetime
    versions: tuple[str, ...]
    """Its items, as the catalogue had them; another version is another text."""
    state: PassState
    """`scored`: its own looks and hits were told; `history`: only its pixels were used; `refused`: for good;
    `failed`: to be tried again."""
    reason: str
    settings_hash: str
    """Of the settings, the code and the airfield's shapes under which this came out."""
    relative_orbit: int | None = None
    """None where no item tells."""
    sensor: str = "sentinel-2"
    reason_code: str = ""
    """The code of the reason; empty where there is none, or where an older version recorded it."""

    @property
    def platform(self) -> str:
        """Such as `sentinel-2a`: an Acquisition's id begins with it."""
        return self.id.partition("_")[0]


@dataclass(frozen=True)
class Reconciled:
    """The hits of a run under the names that the record knows them by."""

    hits: tuple[Hit, ...]
    """What the run found, sorted by time then id."""
    ids: dict[str, str]
    """From the run's own id to the kept one."""
    new: tuple[str, ...]
    """Ids that the record did not have, and that are news."""
    late: tuple[str, ...]
    """Ids that the record did not have, of changes that an earlier sweep could have seen."""
    revised: tuple[str, ...]
    """Ids whose hit says something else than the record did."""
    lost: tuple[str, ...]
    """Ids of recorded hits that came out until now, and no longer do."""
    withdrawn: tuple[Hit, ...]
    """Recorded hits of the period that do not come out: the lost ones, and those that were withdrawn before."""
    kept: tuple[Hit, ...]
    """Recorded hits of the period that this run could not judge, as they were."""


@dataclass(frozen=True)
class AirfieldRun:
    """Everything that one scoring of one airfield adds to the record, in one transaction."""

    airfield: str
    name: str
    aoi_hash: str
    passes: tuple[PassRecord, ...]
    looks: tuple[Look, ...]
    hits: tuple[Hit, ...]
    attribution: str
    stays: tuple[Stay, ...] = ()
    sensor: str = "sentinel-2"
    occupancy: tuple[Occupancy, ...] = ()
    """For those of `looks` that saw their apron."""
    turns: tuple[Turn, ...] = ()
    """How the standing of `hits` changed with it, in their order."""
    muted: Mapping[str, str] = field(default_factory=dict)
    """By the id of a new hit that is no news, the rejected one at whose place it is."""


def reconcile(
    recorded: Sequence[Hit],
    found: Sequence[Hit],
    period: Period,
    judged: Callable[[Hit], bool],
    told_of: Collection[str] = (),
) -> Reconciled:
    """The hits of a run and the airfield's recorded ones, brought together.

    A hit that is recorded keeps its id; it is `revised` where it says something else. A recorded hit whose whole
    bracket lies in the period is withdrawn where it does not come out. But one that was not `judged` (a pass in its
    bracket could not be read, or is gone from the catalogue) is kept as it was: failure is not change.

    `told_of` are the passes whose looks were told in earlier sweeps: a change between two of them that comes out only
    now is a late find.
    """
    pairs = match_hits(recorded, found)
    again = {hit.id: _again(pairs[hit.id], hit, judged) for hit in found if hit.id in pairs}
    found_now = [
        replace(hit, late={hit.before_pass, hit.after_pass} <= set(told_of)) for hit in found if hit.id not in pairs
    ]
    fresh = _minted(found_now, {hit.id for hit in recorded})
    named = again | fresh
    matched = {hit.id for hit in pairs.values()}
    absent = [hit for hit in recorded if hit.id not in matched and hit.after in period]
    gone = [hit for hit in absent if hit.status == WITHDRAWN or (hit.before in period and judged(hit))]
    return Reconciled(
        hits=tuple(sorted(named.values(), key=lambda hit: (hit.after, hit.id))),
        ids={own: hit.id for own, hit in named.items()},
        new=tuple(hit.id for hit in fresh.values() if not hit.late),
        late=tuple(hit.id for hit in fresh.values() if hit.late),
        revised=tuple(hit.id for own, hit in again.items() if says_else(pairs[own], hit)),
        lost=tuple(hit.id for hit in gone if hit.status != WITHDRAWN),
        withdrawn=tuple(replace(hit, status=WITHDRAWN) for hit in gone),
        kept=tuple(hit for hit in absent if hit not in gone),
    )


def match_hits(recorded: Iterable[Hit], found: Iterable[Hit]) -> dict[str, Hit]:
    """By the found hit's id, the recorded one that it is: each used once, the likest together."""
    return match(recorded, found, is_same, _unlikeness, SAME_PLACE_M)


def is_same(one: Hit, other: Hit) -> bool:
    """Whether two hits are one: the same kind, at most 30 m apart, with brackets that overlap."""
    overlap = one.before < other.after and other.before < one.after
    return one.kind == other.kind and overlap and distance_m(one, other) <= SAME_PLACE_M


def distance_m(one: Hit | Stay, other: Hit | Stay) -> float:
    """Metres between two places that are near each other, across the antimeridian too."""
    east = (one.lon - other.lon + 180.0) % 360.0 - 180.0
    return METRES_PER_DEGREE * math.hypot(east * math.cos(math.radians(one.lat)), one.lat - other.lat)


def says_else(known: Hit, hit: Hit) -> bool:
    """Whether a reader of the recorded hit was told something that this run no longer says.

    Score and length follow the baseline, which moves a little with every pass; that alone is no revision.
    """
    told = (known.apron, known.before, known.after, known.size_class, known.status == WITHDRAWN)
    within = known.length_low_m <= hit.length_m <= known.length_high_m
    return told != (hit.apron, hit.before, hit.after, hit.size_class, False) or not within


def covers(hit: Hit, when: datetime) -> bool:
    """Whether a pass at that time lies in the hit's bracket, its two looks included."""
    return hit.before - SAME_TIME <= when <= hit.after + SAME_TIME


def _unlikeness(old: Hit, new: Hit) -> Unlikeness:
    return (old.status == WITHDRAWN, old.after != new.after, old.before != new.before), distance_m(old, new)


def _again(known: Hit, hit: Hit, judged: Callable[[Hit], bool]) -> Hit:
    """A recorded hit as it came out this time, with the recorded evidence, but for what is said anew."""
    if known.status != WITHDRAWN and not judged(known):
        return known
    status: Status = "revised" if says_else(known, hit) else known.status
    anew = {(one.source, one.state) for one in hit.evidence}
    kept = (one for one in known.evidence if (one.source, one.state) not in anew)
    return replace(hit, id=known.id, status=status, evidence=(*kept, *hit.evidence), late=known.late)


def _minted(found: Sequence[Hit], taken: set[str]) -> dict[str, Hit]:
    """New hits by their own id, with a number behind it in the rare case that it belongs to another hit."""
    minted: dict[str, Hit] = {}
    for hit in sorted(found, key=lambda hit: (hit.after, hit.id)):
        number, free = 2, hit.id
        while free in taken:
            number, free = number + 1, f"{hit.id}-{number}"
        taken = taken | {free}
        minted[hit.id] = replace(hit, id=free)
    return minted
