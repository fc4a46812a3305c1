"""The change stage as a watch keeps it: every look is judged once, when it comes, with nothing but the past at hand.

`detect` compares each look with an empty ground learnt from all passes, later ones too, and so changes its mind as more
of them come. A watch is begun by `detect`'s steps over the history that there is. From then on a new pass is brought
into the frame of the first ones, compared with what was known before it, and joined to what was seen; no look that was
judged is judged again (docs/method.md, section 16).
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import timedelta

from imagery_watch.change.background.models import learn_background, learn_backgrounds
from imagery_watch.change.background.residuals import ResidualImage, compute_residual, compute_residuals
from imagery_watch.change.detect import DetectionResult, Judged, conclude, detect_in, detect_in_each, find_objects
from imagery_watch.change.detection.finder import Detection
from imagery_watch.change.preprocess.stack import Stack, add_pass, prepare_stack
from imagery_watch.change.tracking.answers import Answer, Answers
from imagery_watch.model import Areas, DetectorModel, Grid, Scene

LEAST_HISTORY = 10
"""Usable passes from which a watch is begun: what is learnt from fewer is not worth keeping for good."""


@dataclass(frozen=True)
class Watch:
    """What is kept of the looks that were judged."""

    judged: Judged
    answers: dict[str, Answer] = field(default_factory=dict, repr=False)
    """What the looks said of the objects so far."""

    @property
    def stack(self) -> Stack:
        """The passes that were judged."""
        return self.judged.stack


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
    with ThreadPoolExecutor(workers) as pool:
        stack = prepare_stack(scenes, areas, grid, detector, pool, on_pass)
        if len(stack.passes) < LEAST_HISTORY:
            return None
        learnt = learn_backgrounds(stack, half_window)
        images = compute_residuals(stack, learnt)
        detections = detect_in_each(images, stack, pool, on_pass)
    _forget_cutouts(images)
    return Watch(Judged(stack, tuple(None if one is None else one.model for one in learnt), images, detections))


def add_look(watch: Watch, scene: Scene, half_window: timedelta) -> Watch:
    """The watch with one pass more, judged by what is known; the looks that it had stay as they were judged.

    A pass that comes late takes its place between the others. Raises ValueError for one that the watch has.
    """
    known = watch.judged
    stack = add_pass(known.stack, scene)
    index = stack.index_of(scene.acquisition_id)
    if index is None:
        return replace(watch, judged=replace(known, stack=stack))
    learnt = learn_background(stack, index, half_window)
    image = None if learnt is None else compute_residual(stack.passes[index], learnt, stack)
    backgrounds = (*known.backgrounds[:index], None if learnt is None else learnt.model, *known.backgrounds[index:])
    images = [*known.images[:index], image, *known.images[index:]]
    detections = [*_moved(known.detections, index, 1), *detect_in(index, image, stack)]
    _forget_cutouts([image])
    return replace(watch, judged=Judged(stack, backgrounds, images, detections))


def drop_look(watch: Watch, acquisition_id: str) -> Watch:
    """The watch without one pass, such as one that was processed anew; the others stay as they were judged."""
    known = watch.judged
    index = known.stack.index_of(acquisition_id)
    unusable = tuple(one for one in known.stack.unusable if one.scene.acquisition_id != acquisition_id)
    stack = replace(known.stack, unusable=unusable)
    answers = {key: told for key, told in watch.answers.items() if acquisition_id not in key}
    if index is None:
        return Watch(replace(known, stack=stack), answers)
    stack = replace(stack, passes=(*stack.passes[:index], *stack.passes[index + 1 :]))
    backgrounds = (*known.backgrounds[:index], *known.backgrounds[index + 1 :])
    images = [*known.images[:index], *known.images[index + 1 :]]
    detections = _moved([one for one in known.detections if one.look != index], index, -1)
    return Watch(Judged(stack, backgrounds, images, detections), answers)


def tell_changes(
    watch: Watch, *, false_alarms_per_year: float, min_score: float | None = None, workers: int = 1
) -> DetectionResult:
    """What the looks of a watch show together, as `detect` tells it."""
    judged = watch.judged
    with ThreadPoolExecutor(workers) as pool:
        found = find_objects(judged, Answers(judged.images, judged.stack.names, watch.answers), pool)
    _forget_cutouts(judged.images)
    return conclude(judged, found, false_alarms_per_year=false_alarms_per_year, min_score=min_score)


def _moved(detections: Sequence[Detection], index: int, by: int) -> list[Detection]:
    """The detections, those from one place in the stack on moved by some places."""
    return [replace(one, look=one.look + by) if one.look >= index else one for one in detections]


def _forget_cutouts(images: Sequence[ResidualImage | None]) -> None:
    for image in images:
        if image is not None:
            image.kept.clear()
