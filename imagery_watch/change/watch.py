"""The change stage as a watch keeps it: every look is judged once, when it comes, with nothing but the past at hand.

`detect` compares each look with an empty ground learnt from all passes, later ones too, and so changes its mind as more
of them come. A watch is begun by `detect`'s steps over the history that there is. From then on a new pass is brought
into the frame of the first ones, compared with what was known before it, and joined to what was seen; no look that was
judged is judged again (docs/method.md, section 16).
"""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import timedelta

from imagery_watch.change.background.models import learn_background, learn_backgrounds
from imagery_watch.change.background.residuals import ResidualImage, compute_residual, compute_residuals
from imagery_watch.change.detect import DetectionResult, Judged, conclude, detect_in, detect_in_each, find_objects
from imagery_watch.change.detection.finder import Detection
from imagery_watch.change.kept import Later
from imagery_watch.change.preprocess.stack import Stack, add_pass, prepare_stack
from imagery_watch.change.tracking.answers import Answer, Answers
from imagery_watch.change.tracking.events import Standing
from imagery_watch.model import Areas, DetectorModel, Grid, Scene

LEAST_HISTORY = 10
"""Usable passes from which a watch is begun: what is learnt from fewer is not worth keeping for good."""
SETTLED_LOOKS = 2
"""Looks after which a change that was told, and that they did not take back, is settled."""


@dataclass(frozen=True)
class Watch:
    """What is kept of the looks that were judged."""

    stack: Stack
    """The passes, in the frame of the first ones."""
    own_orbits: tuple[bool | None, ...]
    """Of each pass: whether its background is its own orbit's; None where it had none."""
    images: Later[ResidualImage | None] = field(repr=False)
    """Of each pass, as it was compared when it came."""
    detections: tuple[Detection, ...] = field(repr=False)
    answers: dict[str, Answer] = field(default_factory=dict, repr=False)
    """What the looks said of the objects so far."""


def begin_watch(
    scenes: Sequence[Scene],
    areas: Areas,
    grid: Grid,
    detector: DetectorModel,
    *,
    half_window: timedelta,
    workers: int = 1,
    on_pass: Callable[[], None] = lambda: None,
) -> Watch | None:
    """A watch whose history these scenes are, each judged among all of them; None where they are too few for one."""
    if len(scenes) < LEAST_HISTORY:
        return None
    with ThreadPoolExecutor(workers) as pool:
        stack = prepare_stack(scenes, areas, grid, detector, pool, on_pass)
        if len(stack.passes) < LEAST_HISTORY:
            return None
        learnt = learn_backgrounds(stack, half_window)
        images = compute_residuals(stack, learnt)
        detections = detect_in_each(images, stack, workers, on_pass)
    _forget_cutouts(images)
    orbits = tuple(None if one is None else one.model.own_orbit for one in learnt)
    return Watch(stack, orbits, Later.of(images), tuple(detections))


def add_look(watch: Watch, scene: Scene, half_window: timedelta) -> Watch:
    """The watch with one pass more, judged by what is known; the looks that it had stay as they were judged.

    A pass that comes late takes its place between the others. Raises ValueError for one that the watch has.
    """
    stack = add_pass(watch.stack, scene)
    index = stack.index_of(scene.acquisition_id)
    if index is None:
        return replace(watch, stack=stack)
    learnt = learn_background(stack, index, half_window)
    image = None if learnt is None else compute_residual(stack.passes[index], learnt, stack)
    own_orbit = None if learnt is None else learnt.model.own_orbit
    detections = (*_moved(watch.detections, index, 1), *detect_in(index, image, stack.apron_index))
    _forget_cutouts([image])
    return replace(
        watch,
        stack=stack,
        own_orbits=(*watch.own_orbits[:index], own_orbit, *watch.own_orbits[index:]),
        images=watch.images.inserted(index, image),
        detections=detections,
    )


def drop_look(watch: Watch, acquisition_id: str) -> Watch:
    """The watch without one pass, such as one that was processed anew; the others stay as they were judged."""
    index = watch.stack.index_of(acquisition_id)
    scenes = (*(one.scene for one in watch.stack.passes), *(one.scene for one in watch.stack.unusable))
    gone = {one.datetime for one in scenes if one.acquisition_id == acquisition_id}
    snowy = tuple(when for when in watch.stack.snowy if when not in gone)
    unusable = tuple(one for one in watch.stack.unusable if one.scene.acquisition_id != acquisition_id)
    answers = {key: told for key, told in watch.answers.items() if acquisition_id not in key}
    watch = replace(watch, stack=replace(watch.stack, unusable=unusable, snowy=snowy), answers=answers)
    if index is None:
        return watch
    passes = (*watch.stack.passes[:index], *watch.stack.passes[index + 1 :])
    return replace(
        watch,
        stack=replace(watch.stack, passes=passes),
        own_orbits=(*watch.own_orbits[:index], *watch.own_orbits[index + 1 :]),
        images=watch.images.without(index),
        detections=tuple(_moved([one for one in watch.detections if one.look != index], index, -1)),
    )


def tell_changes(
    watch: Watch, *, false_alarms_per_year: float, standing: Sequence[Standing] = (), workers: int = 1
) -> DetectionResult:
    """What the looks of a watch show together, as `detect` tells it; its answers are those that this asked for.

    `standing` is what was told of earlier. What of it `SETTLED_LOOKS` more looks saw and did not take back is settled:
    objects are followed up to it, not over it.
    """
    settled = [one.boundary for one in standing if count_looks_since(watch.stack, one) >= SETTLED_LOOKS]
    judged = Judged(watch.stack, watch.own_orbits, watch.images, watch.detections)
    answers = Answers(watch.images, watch.stack.names, watch.answers)
    with ThreadPoolExecutor(workers) as pool:
        found = find_objects(judged, answers, pool, settled)
    answers.forget_unasked()
    _forget_cutouts(watch.images.made())
    return conclude(judged, found, false_alarms_per_year=false_alarms_per_year, min_score=None, standing=standing)


def count_looks_since(stack: Stack, told: Standing) -> int:
    """Looks behind a change that saw its place."""
    row, col = round(told.row), round(told.col)
    return sum(bool(one.visible[row, col]) for one in stack.passes[told.after + 1 :])


def _moved(detections: Sequence[Detection], index: int, by: int) -> list[Detection]:
    """The detections, those from one place in the stack on moved by some places."""
    return [replace(one, look=one.look + by) if one.look >= index else one for one in detections]


def _forget_cutouts(images: Iterable[ResidualImage | None]) -> None:
    for image in images:
        if image is not None:
            image.kept.clear()
