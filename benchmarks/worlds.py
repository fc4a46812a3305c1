"""Simulated airfields watched by the detector and its peers, and what came of it: all that the tables are made of."""

import json
import resource
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from peers import PEERS, Proposal
from shapely.geometry import Point

from imagery_watch.change.compare import looks
from imagery_watch.change.detect import Detection, detect
from imagery_watch.evaluate.aircraft import TYPES
from imagery_watch.evaluate.clutter import Thing
from imagery_watch.evaluate.daylight import sun_position
from imagery_watch.evaluate.scenario import Stay
from imagery_watch.evaluate.simulator import Setting, World, build, grid
from imagery_watch.evaluate.verdicts import PIXEL_M, Change, Claim, apron_km2, changes_in, judge
from imagery_watch.settings import Settings

CASES = {
    "concrete": ("concrete", 0.012),
    "concrete-2": ("concrete", 0.02),
    "asphalt": ("asphalt", 0.012),
}
"""Pavement, and its one-sigma change from pass to pass at reflectance 0.3."""
LOWEST_SCORE = 2.0
"""Far below what is reported, so that the whole curve of found against false is seen."""
SEEDS = {"traffic": 700_000, "null": 900_000}
SHORT_SEEDS = {"traffic": 500_000, "null": 600_000}
SEED_STEP = 10
"""A world draws from its seed and the next few."""
LATITUDES = (36.0, 58.0)
FIRST_DAY, DAYS = datetime(2023, 3, 1, 10, 10, tzinfo=UTC), 214
"""Worlds begin on a day from March to September."""
LOWEST_SUN = 25.0
"""Degrees: the goals are for suns from there up."""
KEPT_FALSE = 100
"""The strongest false claims of a peer in one world; more would be 7 per km2 and pass, of which no figure is made."""
BESIDE_M, ON_M = 60.0, 20.0
"""How far a false claim may be from an aircraft to be beside it, and from a thing to lie on it."""


@dataclass(frozen=True)
class Job:
    """One world that is to be watched."""

    case: str
    seed: int
    traffic: bool


@dataclass(frozen=True)
class Told:
    """One change that happened, and who claimed it."""

    change: Change
    stand: str
    """`alone`, `row`, `replaced` (one aircraft after another in one bracket) or `busy` (more than two stays)."""
    claim: Claim | None
    peers: dict[str, float]
    """Scores of the peers that claimed it."""


@dataclass(frozen=True)
class Wrong:
    """One claim of nothing that happened."""

    claim: Claim
    on: str
    """What lies there."""


@dataclass(frozen=True)
class Watched:
    """One world, and all that was found and claimed in it."""

    job: Job
    km2: float
    """Visible apron, summed over passes."""
    hidden: float
    """Share of apron, over all passes, that clouds hid."""
    passes: int
    sun: float
    """Mean elevation, degrees."""
    told: tuple[Told, ...]
    wrong: tuple[Wrong, ...]
    wrong_of_peers: dict[str, tuple[float, ...]]
    """Scores of their false claims, strongest first."""
    seconds: dict[str, float]
    """CPU seconds of simulation, detection and peers."""
    peak_mib: float
    """Largest memory so far of the process that watched it."""


def jobs(cases: Iterable[str], worlds: int, nulls: int, seeds: dict[str, int] = SEEDS) -> list[Job]:
    """The worlds of a run: the same seeds for each case, so that grounds are compared on the same stories."""
    return [
        Job(case, seeds[kind] + SEED_STEP * number, kind == "traffic")
        for case in cases
        for kind, count in (("traffic", worlds), ("null", nulls))
        for number in range(count)
    ]


def setting(job: Job) -> Setting:
    """The world's setting; latitude and season are drawn until every pass has a sun high enough."""
    pavement, noise = CASES[job.case]
    rng = np.random.default_rng(job.seed + SEED_STEP // 2)
    while True:
        latitude = float(rng.uniform(*LATITUDES))
        start = FIRST_DAY + timedelta(days=int(rng.integers(DAYS)))
        made = Setting(job.seed, pavement, noise, latitude=latitude, start=start, traffic=job.traffic)
        # the sun rises until June and sinks from then on: it is lowest on the first pass or on the last
        ends = (start, start + timedelta(days=made.every_days * (made.passes - 1)))
        if min(sun_position(latitude, when)[1] for when in ends) >= LOWEST_SUN:
            return made


def watch(job: Job) -> Watched:
    """Builds one world, lets the detector and the peers look at it, and judges what they say."""
    clock = [time.process_time()]
    world = build(setting(job))
    clock.append(time.process_time())
    half_window = timedelta(days=Settings().baseline_half_window_days)
    detection = detect(world.scenes, world.areas, grid(), half_window=half_window, min_score=LOWEST_SCORE)
    clock.append(time.process_time())
    of_peers = peer_claims(detection)
    clock.append(time.process_time())
    seconds = dict(zip(("simulation", "detection", "peers"), np.diff(clock).tolist(), strict=True))
    return judged(job, world, claims(detection), of_peers, seconds)


def numbers(detection: Detection) -> list[int]:
    """Of each pass in the stack, its number in the world: unusable passes are not in the stack."""
    return [int(one.scene.item_ids[0].removeprefix("item-")) for one in detection.stack.passes]


def claims(detection: Detection) -> list[Claim]:
    """The detector's events, in pixels and passes of the world."""
    number_of, stack = numbers(detection), detection.stack
    found = []
    for event in detection.events:
        fit = event.track.sighting.fit
        place = (float(fit.row + stack.top), float(fit.col + stack.left))
        measured = (float(fit.length_m), float(fit.heading_deg % 180))
        found.append(
            Claim(number_of[event.before], number_of[event.after], *place, float(event.score), event.kind, *measured)
        )
    return found


def peer_claims(detection: Detection) -> dict[str, list[Claim]]:
    """What each peer claims of the same registered passes."""
    compared = getattr(detection, "looks", None) or looks(detection.stack, detection.grounds)
    found = {name: peer(detection.stack, list(compared)) for name, peer in PEERS.items()}
    return {name: [_peer_claim(detection, one) for one in proposals] for name, proposals in found.items()}


def _peer_claim(detection: Detection, one: Proposal) -> Claim:
    number_of, stack = numbers(detection), detection.stack
    before = number_of[max(0, one.look - 1)]
    return Claim(before, number_of[one.look], one.row + stack.top, one.col + stack.left, one.score)


def judged(
    job: Job, world: World, ours: Sequence[Claim], of_peers: dict[str, list[Claim]], seconds: dict[str, float]
) -> Watched:
    """What of a world was found by whom, and what was claimed besides."""
    changes = changes_in(world)
    verdicts, false = judge(changes, ours)
    by_peer = {name: judge(changes, found) for name, found in of_peers.items()}
    stands = _stands(world)
    told = tuple(
        Told(one.change, _stand(one.change, stands), one.claim, _scores(by_peer, index))
        for index, one in enumerate(verdicts)
    )
    apron = float((world.layout.apron_index >= 0).sum()) * 1e-4 * len(world.passes)
    km2 = apron_km2(world)
    return Watched(
        job,
        km2,
        1 - km2 / apron,
        len(world.passes),
        float(np.mean([one.sun_elevation for one in world.passes])),
        told,
        tuple(Wrong(claim, lies_on(claim, world)) for claim in false),
        {
            name: tuple(sorted((c.score for c in wrong), reverse=True)[:KEPT_FALSE])
            for name, (_, wrong) in by_peer.items()
        },
        seconds,
        resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    )


def _scores(by_peer: dict[str, Any], index: int) -> dict[str, float]:
    found = {name: verdicts[index].claim for name, (verdicts, _) in by_peer.items()}
    return {name: claim.score for name, claim in found.items() if claim is not None}


def _stands(world: World) -> Counter[tuple[float, float]]:
    return Counter((stay.place.row, stay.place.col) for stay in world.story.stays)


def _stand(change: Change, stands: Counter[tuple[float, float]]) -> str:
    if stands[change.row, change.col] > 2:
        return "busy"
    return change.part if change.part in ("row", "replaced") else "alone"


def lies_on(claim: Claim, world: World) -> str:
    """What a false claim lies on: a thing that came or went, an aircraft that taxied or stood still, or nothing."""
    stays = [(stay, _from_stay_m(claim, stay)) for stay in world.story.stays if _there(claim, stay)]
    if any(stay.part == "taxiing" and away <= ON_M for stay, away in stays):
        return "taxiing aircraft"
    things = [(_from_thing_m(claim, one), one.kind) for one in world.story.things if _changes(claim, one)]
    nearest = min(things, default=(np.inf, ""))
    if nearest[0] <= ON_M:
        return nearest[1]
    beside = min((away for _, away in stays), default=np.inf)
    if beside <= 0:
        return "parked aircraft"
    return "beside an aircraft" if beside <= BESIDE_M else "nothing"


def _there(claim: Claim, one: Stay | Thing) -> bool:
    return one.first <= claim.after and one.gone > claim.before


def _changes(claim: Claim, one: Thing) -> bool:
    """Whether it is there for some of the passes of the bracket, but not for all of them."""
    return _there(claim, one) and (one.first > claim.before or one.gone <= claim.after)


def _from_stay_m(claim: Claim, stay: Stay) -> float:
    """Metres beyond half the aircraft's length; 0 or less is on it."""
    away = float(np.hypot(claim.row - stay.place.row, claim.col - stay.place.col)) * PIXEL_M
    return away - TYPES[stay.place.aircraft].length / 2


def _from_thing_m(claim: Claim, thing: Thing) -> float:
    east, north = (claim.col - thing.col) * PIXEL_M, (thing.row - claim.row) * PIXEL_M
    return float(thing.shape.distance(Point(east, north)))


def save(watched: Sequence[Watched], path: Path) -> None:
    """All claims, as JSON."""
    path.write_text(json.dumps([asdict(one) for one in watched], allow_nan=False))


def load(path: Path) -> list[Watched]:
    """What `save` wrote."""
    return [_watched(one) for one in json.loads(path.read_text())]


def _watched(saved: dict[str, Any]) -> Watched:
    told = tuple(
        Told(Change(**one["change"]), one["stand"], Claim(**one["claim"]) if one["claim"] else None, one["peers"])
        for one in saved["told"]
    )
    wrong = tuple(Wrong(Claim(**one["claim"]), one["on"]) for one in saved["wrong"])
    of_peers = {name: tuple(scores) for name, scores in saved["wrong_of_peers"].items()}
    made = {"job": Job(**saved["job"]), "told": told, "wrong": wrong, "wrong_of_peers": of_peers}
    return Watched(**{**saved, **made})
