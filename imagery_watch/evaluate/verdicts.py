"""What was claimed against what happened: pairs of claims and changes, and the figures that follow from them."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from imagery_watch.simulate.aircraft import TYPES
from imagery_watch.simulate.scenario import Stay
from imagery_watch.simulate.simulator import SCL_CLOUD, SCL_SHADOW, World

PIXEL_M = 10.0
WITHIN_M = 30.0
"""A claim farther than this from a change (or 0.4 of the aircraft's length) is not a claim of it."""
BESIDE_M = 25.0
"""Beyond half an aircraft: what is claimed nearer, in the same bracket, is a second claim of it and no false alarm."""


@dataclass(frozen=True)
class Change:
    """One thing that happened, between the two looks that could have shown it."""

    kind: str
    aircraft: str
    before: int
    after: int
    row: float
    col: float
    heading_deg: float
    part: str
    looks: int
    """Passes in which the aircraft stood there and its place could be seen."""

    @property
    def length_m(self) -> float:
        """Overall length of the aircraft (of a replacement: of the one that came)."""
        return TYPES[self.aircraft].length


@dataclass(frozen=True)
class Claim:
    """One change as a detector tells it. A detector that knows no kind or size leaves them out."""

    before: int
    after: int
    row: float
    col: float
    score: float
    kind: str = ""
    length_m: float = math.nan
    heading_deg: float = math.nan


@dataclass(frozen=True)
class Verdict:
    """One change, and the claim that found it, if any."""

    change: Change
    claim: Claim | None


def changes_in(world: World) -> list[Change]:
    """What happened in a world, as far as its clouds let anyone see it; taxiing aircraft did not arrive."""
    by_site: dict[tuple[float, float], list[Change]] = {}
    for stay in world.story.stays:
        if stay.part not in ("taxiing", "parked"):
            site = (stay.place.row, stay.place.col)
            by_site.setdefault(site, []).extend(_changes_of(stay, _seen(world, stay)))
    return [change for found in by_site.values() for change in _replacements(found)]


def _seen(world: World, stay: Stay) -> list[int]:
    """Passes in which no flagged cloud or shadow of one lies over the middle of the aircraft."""
    row, col = round(stay.place.row), round(stay.place.col)
    return [n for n, one in enumerate(world.passes) if one.scl[row, col] not in (SCL_CLOUD, SCL_SHADOW)]


def _changes_of(stay: Stay, seen: Sequence[int]) -> list[Change]:
    stood = [number for number in seen if stay.first <= number < stay.gone]
    before, after = [n for n in seen if n < stay.first], [n for n in seen if n >= stay.gone]
    rest = (stay.place.row, stay.place.col, stay.place.heading_deg, stay.part, len(stood))
    found = []
    if before and stood:
        found.append(Change("arrival", stay.place.aircraft, before[-1], stood[0], *rest))
    if stood and after:
        found.append(Change("departure", stay.place.aircraft, stood[-1], after[0], *rest))
    return found


def _replacements(found: list[Change]) -> list[Change]:
    """The changes at one place, a departure and an arrival in one bracket joined."""
    gone = {(one.before, one.after): one for one in found if one.kind == "departure"}
    joined = []
    for one in found:
        bracket = (one.before, one.after)
        if one.kind == "arrival" and bracket in gone:
            del gone[bracket]
            one = Change("replacement", *(getattr(one, name) for name in Change.__dataclass_fields__ if name != "kind"))
        if one.kind != "departure":
            joined.append(one)
    return joined + list(gone.values())


def judge(changes: Sequence[Change], claims: Sequence[Claim]) -> tuple[list[Verdict], list[Claim]]:
    """Each change with the claim that is nearest to it, every claim used once; and the claims of nothing that happened.

    A second claim of one change is neither.
    """
    pairs = sorted(
        (_apart_m(change, claim), -claim.score, i, j)
        for i, change in enumerate(changes)
        for j, claim in enumerate(claims)
        if _apart_m(change, claim) <= max(WITHIN_M, 0.4 * change.length_m) and _overlap(change, claim)
    )
    claim_of: dict[int, int] = {}
    used: set[int] = set()
    for _, _, i, j in pairs:
        if i not in claim_of and j not in used:
            claim_of[i] = j
            used.add(j)
    verdicts = [Verdict(one, claims[claim_of[i]] if i in claim_of else None) for i, one in enumerate(changes)]
    false = [claim for j, claim in enumerate(claims) if j not in used and not _second(claim, changes)]
    return verdicts, false


def _second(claim: Claim, changes: Iterable[Change]) -> bool:
    return any(
        _overlap(change, claim) and _apart_m(change, claim) <= change.length_m / 2 + BESIDE_M for change in changes
    )


def _apart_m(change: Change, claim: Claim) -> float:
    return math.hypot(change.row - claim.row, change.col - claim.col) * PIXEL_M


def _overlap(change: Change, claim: Claim) -> bool:
    return change.before < claim.after and claim.before < change.after


def apron_km2(world: World) -> float:
    """Visible apron, summed over the passes."""
    apron = world.layout.apron_index >= 0
    clear = [~np.isin(one.scl[apron], (SCL_CLOUD, SCL_SHADOW)) for one in world.passes]
    return float(sum(seen.sum() for seen in clear)) * 1e-4


def threshold_at(false_scores: Sequence[float], km2: float, rate: float) -> tuple[float, bool]:
    """The score that `rate` false alarms a km2 and pass exceed, and whether it was extrapolated.

    From the sorted scores of false claims over `km2`; where fewer than three lie above it, by an exponential tail
    through the upper third of them, which is marked.
    """
    scores, wanted = np.sort(np.asarray(false_scores, float))[::-1], rate * km2
    if len(scores) > wanted >= 3:
        return float(scores[int(wanted)]), False
    if len(scores) < 6:
        return (float(scores[0]) if len(scores) else 0.0), True
    tail = scores[: max(6, len(scores) // 3)]
    scale = float(tail.mean() - tail[-1]) or 1e-9
    return float(tail[-1] + scale * math.log(len(tail) / max(wanted, 1e-9))), True


def wilson(hits: int, total: int) -> tuple[float, float]:
    """95 % Wilson interval of a proportion (Wilson, JASA 22 (1927) 209-212); 0 to 1 where there is nothing."""
    if total == 0:
        return 0.0, 1.0
    z, share = 1.96, hits / total
    middle = (share + z**2 / (2 * total)) / (1 + z**2 / total)
    half = z / (1 + z**2 / total) * math.sqrt(share * (1 - share) / total + z**2 / (4 * total**2))
    return max(0.0, middle - half), min(1.0, middle + half)
