"""What the looks say of objects, each question asked once (docs/method.md, section 11).

A look that was judged does not change any more, and neither does what it says of an object that another look showed. So
the answers outlive a run: whoever watches an airfield asks a new look alone.
"""

from collections.abc import Callable, Sequence
from typing import TypeVar, cast

from imagery_watch.change.background.residuals import ResidualImage
from imagery_watch.change.detection.aircraft_fit import AircraftFit
from imagery_watch.change.detection.cutout import make_cutout
from imagery_watch.change.detection.finder import Detection
from imagery_watch.change.tracking.change_point import find_change_point
from imagery_watch.change.tracking.forced import measure_share

Answer = float | int | AircraftFit | None
_T = TypeVar("_T", float | None, int | None, AircraftFit)


class Answers:
    """Asks the looks of one stack, and keeps what they said; threads may share it."""

    def __init__(
        self, images: Sequence[ResidualImage | None], names: Sequence[str], kept: dict[str, Answer] | None = None
    ) -> None:
        """`images` has None where a pass saw nothing; `names` tells each pass from all others, in every run; `kept` is
        what earlier runs were told of the same looks.
        """
        self.images, self.names = images, names
        self.kept: dict[str, Answer] = {} if kept is None else kept
        self._asked = set[str]()

    def share(self, detection: Detection, look: int) -> float | None:
        """How much of a detection's object one look shows; None where that look cannot tell."""
        image, own_image = self.images[look], self.images[detection.look]
        if image is None or own_image is None:
            return None

        def ask(own_image: ResidualImage = own_image, image: ResidualImage = image) -> float | None:
            """The same, asked."""
            own = make_cutout(own_image, round(detection.fit.row), round(detection.fit.col))
            return measure_share(detection.fit, own, image)

        return self.recall(f"share {self.name_of(detection)} in {self.names[look]}", ask)

    def change_point(self, detections: Sequence[Detection], looks: Sequence[int]) -> int | None:
        """Place among `looks` of the first that shows another object than those before it; None where one explains all.

        `detections` are what was seen on the stand, best first.
        """
        seen = [image for look in looks if (image := self.images[look]) is not None]
        key = f"change of {self._name_all(detections)} in {' '.join(self.names[look] for look in looks)}"
        return self.recall(key, lambda: find_change_point([one.fit for one in detections], seen))

    def measured(self, detections: Sequence[Detection], measure: Callable[[], AircraftFit]) -> AircraftFit:
        """The shape of an object as `measure` finds it in the looks of its detections."""
        return self.recall(f"shape of {self._name_all(detections)}", measure)

    def recall(self, key: str, ask: Callable[[], _T]) -> _T:
        """What was told under a key, or else what `ask` is told now."""
        self._asked.add(key)
        if key not in self.kept:
            self.kept[key] = ask()
        return cast(_T, self.kept[key])  # a key holds what was put there under it

    def forget_unasked(self) -> None:
        """Drops what nobody asked: each look that comes asks some questions about more looks, and never the old ones.

        Without this what is kept of an object would grow by the square of the looks that show it.
        """
        for key in self.kept.keys() - self._asked:
            del self.kept[key]

    def name_of(self, detection: Detection) -> str:
        """A text that tells a detection from every other of the airfield, in every run."""
        place = (float(detection.fit.row), float(detection.fit.col), float(detection.fit.llr_vs_clutter))
        return f"{self.names[detection.look]} {' '.join(map(repr, place))}"

    def _name_all(self, detections: Sequence[Detection]) -> str:
        return " and ".join(map(self.name_of, detections))
