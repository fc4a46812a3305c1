"""The looks around a stay, and how much of its object each of them shows (docs/method.md, section 20)."""

from collections.abc import Iterable, Sequence
from itertools import islice

import numpy as np

from imagery_watch.change.background.residuals import ResidualImage
from imagery_watch.change.detect import DetectionResult
from imagery_watch.change.detection.cutout import make_cutout
from imagery_watch.change.evidence.square import Square
from imagery_watch.change.preprocess.stack import Stack, UnusablePass
from imagery_watch.change.tracking.forced import ABSENT_SHARE, measure_signal
from imagery_watch.change.tracking.objects import PRESENT_SHARE, ParkedObject
from imagery_watch.model import Frame, Measurement, Presence

CURVE_LOOKS = 30
"""Looks on either side of a stay that its curve reaches: half a year of one satellite in one orbit."""
QUIET_LOOKS, BESIDE_LOOKS = 3, 7
"""A film shows so many looks without the object on either side, and so many at most, hidden ones among them."""
STAY_LOOKS = 10
"""Looks of the stay itself that a film shows: its first, its last, and others evenly between them."""
BLIND_LOOKS = 4
"""Looks that said nothing, of each bracket, that a film shows."""
QUIET_CONTROLS = 4
"""Quiet dates that are shown beside a film."""


def measure_curve(parked: ParkedObject, detection: DetectionResult) -> list[Measurement]:
    """How much of an object each look shows, from `CURVE_LOOKS` before its stay to as many after; in order of time.

    Empty where looks were compared with one another: then none knows the empty ground.
    """
    own_image = detection.residual_images[parked.best.look]
    if detection.few_looks or own_image is None:
        return []
    first, last = parked.first - CURVE_LOOKS, parked.last + CURVE_LOOKS
    looks = range(max(0, first), min(len(detection.stack.passes), last + 1))
    found = [_measure(parked, own_image, detection, index) for index in looks]
    for image in (own_image, *(detection.residual_images[index] for index in looks)):
        if image is not None:
            image.kept.clear()
    said_nothing = [
        Measurement(one.scene.acquisition_id, one.scene.datetime, None, None, "hidden")
        for one in detection.stack.unusable
        if found[0].datetime <= one.scene.datetime <= found[-1].datetime
    ]
    return sorted([*found, *said_nothing], key=lambda one: one.datetime)


def _measure(parked: ParkedObject, own_image: ResidualImage, detection: DetectionResult, index: int) -> Measurement:
    """How much of an object one look shows."""
    item, image, fit = detection.stack.passes[index], detection.residual_images[index], parked.best.fit
    if image is None:
        return Measurement(item.scene.acquisition_id, item.datetime, None, None, "hidden")
    own = make_cutout(own_image, round(fit.row), round(fit.col))
    signal = measure_signal(fit, own, image)
    if signal.share is None:
        presence: Presence = "hidden" if signal.hidden else "unsure"
        return Measurement(item.scene.acquisition_id, item.datetime, None, None, presence)
    presence = _judge(signal.share, is_of_stay=parked.first <= index <= parked.last)
    return Measurement(item.scene.acquisition_id, item.datetime, signal.share, signal.sigma, presence)


def _judge(share: float, *, is_of_stay: bool) -> Presence:
    """What a share says; what stands there before or after the stay was taken for another, alike or not."""
    if share <= ABSENT_SHARE:
        return "not there"
    if share < PRESENT_SHARE:
        return "unsure"
    return "there" if is_of_stay else "another"


def make_frames(
    parked: ParkedObject, curve: Sequence[Measurement], stack: Stack, square: Square
) -> tuple[list[Frame], list[Frame]]:
    """The film of a stay in order of time, and quiet looks beyond it."""
    said = {one.pass_id: one.presence for one in curve}
    presences: list[Presence] = [said.get(name) or _see(stack, parked, index) for index, name in enumerate(stack.names)]
    shown = _choose_looks(presences, parked)
    quiet = _choose_quiet(presences, shown)
    film, controls = (
        [_cut_frame(stack, square, index, presences[index]) for index in chosen] for chosen in (shown, quiet)
    )
    return sorted([*film, *_list_blind(parked, stack, square)], key=lambda one: one.datetime), controls


def _list_blind(parked: ParkedObject, stack: Stack, square: Square) -> list[Frame]:
    """The looks that said nothing at all while the object came, and while it left: those nearest to its stay."""
    times = [one.datetime for one in stack.passes]
    came = None if parked.before is None else (times[parked.before], times[parked.first])
    left = None if parked.after is None else (times[parked.last], times[parked.after])
    found: list[Frame] = []
    for gap, nearest in ((came, slice(-BLIND_LOOKS, None)), (left, slice(BLIND_LOOKS))):
        if gap is not None:
            blind = [one for one in stack.unusable if gap[0] < one.scene.datetime < gap[1]]
            blind.sort(key=lambda one: one.scene.datetime)
            found += [_blind_frame(one, stack, square) for one in blind[nearest]]
    return found


def _blind_frame(one: UnusablePass, stack: Stack, square: Square) -> Frame:
    shape = (len(stack.bands), square.rows.stop - square.rows.start, square.cols.stop - square.cols.start)
    nothing = np.full(shape, np.nan, np.float32)
    return Frame(one.scene.acquisition_id, one.scene.datetime, nothing, "hidden", one.reason.text)


def _see(stack: Stack, parked: ParkedObject, index: int) -> Presence:
    """What a look that was not measured says: as the object's own looks tell, unless its middle was hidden."""
    fit = parked.best.fit
    if not stack.passes[index].visible[round(fit.row), round(fit.col)]:
        return "hidden"
    return "there" if parked.first <= index <= parked.last else "not there"


def _choose_looks(presences: Sequence[Presence], parked: ParkedObject) -> list[int]:
    """The looks of a film, in order of time, the one that shows the object best among them."""
    first, last = parked.first, parked.last
    stay = {round(at) for at in np.linspace(first, last, min(STAY_LOOKS, last - first + 1))}
    before = _walk(presences, range(first - 1, -1, -1))
    return sorted({*before, *stay, parked.best.look, *_walk(presences, range(last + 1, len(presences)))})


def _walk(presences: Sequence[Presence], outward: Iterable[int]) -> list[int]:
    """The looks outward from a stay, up to the third that saw the place without the object."""
    looks = list(islice(outward, BESIDE_LOOKS))
    quiet = np.cumsum([presences[index] == "not there" for index in looks])
    return looks[: int(np.searchsorted(quiet, QUIET_LOOKS)) + 1]


def _choose_quiet(presences: Sequence[Presence], shown: Sequence[int]) -> list[int]:
    """Looks without the object, none of the film's where there are others, evenly through time."""
    empty = [index for index, one in enumerate(presences) if one == "not there"]
    beyond = [index for index in empty if index not in shown] or empty
    if len(beyond) <= QUIET_CONTROLS:
        return beyond
    return sorted({beyond[round(at)] for at in np.linspace(0, len(beyond) - 1, QUIET_CONTROLS)})


def _cut_frame(stack: Stack, square: Square, index: int, presence: Presence) -> Frame:
    item = stack.passes[index]
    return Frame(item.scene.acquisition_id, item.datetime, square.cut(item.image).copy(), presence)
