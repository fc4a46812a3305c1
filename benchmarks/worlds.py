"""Simulated airfields watched by the detector and its peers, and what came of it: all that the tables are made of."""

import json
import resource
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from peers import PEERS, Proposal
from underneath import lies_on

from imagery_watch.change.detect import DetectionResult, detect
from imagery_watch.evaluate.verdicts import Change, Claim, Verdict, apron_km2, changes_in, judge
from imagery_watch.model import Grid
from imagery_watch.sensors.sentinel2.detector import DETECTOR
from imagery_watch.settings import Settings
from imagery_watch.simulate.daylight import sun_position
from imagery_watch.simulate.simulator import Setting, World, build, grid

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
LATITUDES = (30.0, 64.0)
FIRST_DAY, DAYS = datetime(2023, 3, 1, 10, 10, tzinfo=UTC), 365
"""Worlds begin on any day of a year on which the sun is high enough."""
LOWEST_SUN = 25.0
"""Degrees: the goals are for suns from there up."""
KEPT_FALSE = 100
"""The strongest false claims of a peer in one world; more would be 7 per km2 and pass, of which no figure is made."""


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
    reported: bool
    """Whether the claim is one that a run reports when nobody sets anything."""
    peers: dict[str, float]
    """Scores of the peers that claimed it."""


@dataclass(frozen=True)
class Wrong:
    """One claim of nothing that happened."""

    claim: Claim
    reported: bool
    promised: float
    """False alarms per km2 and pass that the detector itself expects from the claim's score on."""
    on: str
    """What lies there."""


@dataclass(frozen=True)
class Promise:
    """What the detector says of its own false alarms in one world."""

    score: float
    """From which a run reports."""
    rate: float
    """False alarms per km2 and pass from that score on."""
    most: float
    """The same of all claims: from the lowest score on."""


@dataclass(frozen=True)
class Watched:
    """One world, and all that was found and claimed in it."""

    job: Job
    promise: Promise
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
    """The world's setting: on the ground of its case."""
    pavement, noise = CASES[job.case]
    return in_season(Setting(job.seed, pavement, noise, traffic=job.traffic))


def in_season(made: Setting) -> Setting:
    """The setting with a latitude and season of its own, drawn until every pass has a sun high enough."""
    rng = np.random.default_rng(made.seed + SEED_STEP // 2)
    while True:
        latitude = float(rng.uniform(*LATITUDES))
        start = FIRST_DAY + timedelta(days=int(rng.integers(DAYS)))
        # the sun rises until June and sinks from then on: it is lowest on the first pass or on the last
        ends = (start, start + timedelta(days=made.every_days * (made.passes - 1)))
        if min(sun_position(latitude, when)[1] for when in ends) >= LOWEST_SUN:
            return replace(made, latitude=latitude, start=start)


def watch(job: Job) -> Watched:
    """One world as `witness` tells it, with what the peers make of it."""
    return witness(job, lambda: build(setting(job)), with_peers=True)


def witness(job: Job, make: Callable[[], World], on: Grid | None = None, *, with_peers: bool = False) -> Watched:
    """Makes a world, lets the detector look at it, and the peers if wanted, and judges what they say."""
    clock = [time.process_time()]
    world = make()
    clock.append(time.process_time())
    detection = look_for(world, on)
    clock.append(time.process_time())
    of_peers = peer_claims(detection) if with_peers else {}
    clock.append(time.process_time())
    seconds = dict(zip(("simulation", "detection", "peers"), np.diff(clock).tolist(), strict=True))
    return judged(job, world, detection, of_peers, seconds)


def look_for(world: World, on: Grid | None = None) -> DetectionResult:
    """All that the detector claims of a world, down to what it would never report."""
    half_window = timedelta(days=Settings().baseline_half_window_days)
    return detect(world.scenes, world.areas, on or grid(), DETECTOR, half_window=half_window, min_score=LOWEST_SCORE)


def numbers(detection: DetectionResult) -> list[int]:
    """Of each pass in the stack, its number in the world: unusable passes are not in the stack."""
    return [int(one.scene.item_ids[0].removeprefix("item-")) for one in detection.stack.passes]


def claims(detection: DetectionResult) -> list[Claim]:
    """The detector's events, in pixels and passes of the world."""
    number_of, stack = numbers(detection), detection.stack
    found = []
    for event in detection.events:
        fit = event.parked.best.fit
        place = (float(fit.row + stack.georeference.top), float(fit.col + stack.georeference.left))
        measured = (float(fit.length_m), float(fit.heading_deg % 180))
        found.append(
            Claim(number_of[event.before], number_of[event.after], *place, float(event.score), event.kind, *measured)
        )
    return found


def peer_claims(detection: DetectionResult) -> dict[str, list[Claim]]:
    """What each peer claims of the same registered passes."""
    found = {name: peer(detection.stack, list(detection.residual_images)) for name, peer in PEERS.items()}
    return {name: [_peer_claim(detection, one) for one in proposals] for name, proposals in found.items()}


def _peer_claim(detection: DetectionResult, one: Proposal) -> Claim:
    number_of, stack = numbers(detection), detection.stack
    before = number_of[max(0, one.look - 1)]
    return Claim(
        before, number_of[one.look], one.row + stack.georeference.top, one.col + stack.georeference.left, one.score
    )


def promise_of(detection: DetectionResult) -> Promise:
    """From its calibration, at the settings that nobody has set."""
    known = detection.calibration
    score = known.score_at(Settings().false_alarms_per_year)
    return Promise(score, known.false_alarms_per_km2(score), known.false_alarms_per_km2(LOWEST_SCORE))


def judged(
    job: Job, world: World, detection: DetectionResult, of_peers: dict[str, list[Claim]], seconds: dict[str, float]
) -> Watched:
    """What of a world was found by whom, and what was claimed besides."""
    changes, promise = changes_in(world), promise_of(detection)
    verdicts, false = judge(changes, claims(detection))
    by_peer = {name: judge(changes, found) for name, found in of_peers.items()}
    apron = float((world.layout.apron_index >= 0).sum()) * 1e-4 * len(world.passes)
    return Watched(
        job,
        promise,
        apron_km2(world),
        1 - apron_km2(world) / apron,
        len(world.passes),
        float(np.mean([one.sun_elevation for one in world.passes])),
        tuple(_told(one, world, promise, _scores(by_peer, index)) for index, one in enumerate(verdicts)),
        tuple(_wrong(claim, world, promise, detection) for claim in false),
        {name: _strongest(wrong) for name, (_, wrong) in by_peer.items()},
        seconds,
        resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    )


def _told(one: Verdict, world: World, promise: Promise, of_peers: dict[str, float]) -> Told:
    reported = one.claim is not None and one.claim.score >= promise.score
    return Told(one.change, _stand(one.change, world), one.claim, reported, of_peers)


def _wrong(claim: Claim, world: World, promise: Promise, detection: DetectionResult) -> Wrong:
    promised = detection.calibration.false_alarms_per_km2(claim.score)
    return Wrong(claim, claim.score >= promise.score, promised, lies_on(claim, world))


def _strongest(wrong: Sequence[Claim]) -> tuple[float, ...]:
    return tuple(sorted((claim.score for claim in wrong), reverse=True)[:KEPT_FALSE])


def _scores(by_peer: dict[str, Any], index: int) -> dict[str, float]:
    found = {name: verdicts[index].claim for name, (verdicts, _) in by_peer.items()}
    return {name: claim.score for name, claim in found.items() if claim is not None}


def _stand(change: Change, world: World) -> str:
    stays = Counter((stay.place.row, stay.place.col) for stay in world.story.stays)
    if stays[change.row, change.col] > 2:
        return "busy"
    return change.part if change.part in ("row", "replaced") else "alone"


def save(watched: Sequence[Watched], path: Path) -> None:
    """All claims, as JSON."""
    path.write_text(json.dumps([asdict(one) for one in watched], allow_nan=False))


def load(path: Path) -> list[Watched]:
    """What `save` wrote."""
    return [_watched(one) for one in json.loads(path.read_text())]


def _watched(saved: dict[str, Any]) -> Watched:
    told = tuple(
        Told(**{**one, "change": Change(**one["change"]), "claim": Claim(**one["claim"]) if one["claim"] else None})
        for one in saved["told"]
    )
    wrong = tuple(Wrong(**{**one, "claim": Claim(**one["claim"])}) for one in saved["wrong"])
    of_peers = {name: tuple(scores) for name, scores in saved["wrong_of_peers"].items()}
    made = {"told": told, "wrong": wrong, "wrong_of_peers": of_peers}
    return Watched(**{**saved, **made, "job": Job(**saved["job"]), "promise": Promise(**saved["promise"])})
