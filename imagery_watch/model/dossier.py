"""What a person needs to check a stay: every look at its place, what was measured there, and what else was thought of.

All pixels of one dossier are squares of the same place: row and column count from the centre of their first pixel.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from imagery_watch.model.georeference import Georeference, Place

Presence = Literal["there", "not there", "another", "unsure", "hidden"]
"""`another`: another object stands there; `unsure`: seen, and too little or too much of it to tell."""
Explained = Literal["aircraft", "row of aircraft", "vehicle", "patch", "ground"]
BlobState = Literal["told", "stands throughout", "weaker", "no aircraft", "off the aprons"]

Ring = tuple[tuple[float, float], ...]
"""Corners of an outline, (row, column) in the square; the last is not the first again."""


@dataclass(frozen=True)
class Measurement:
    """How much of the object one look shows at its place."""

    pass_id: str
    """Id of the Acquisition."""
    datetime: datetime
    """UTC."""
    share: float | None
    """Of the object's own signal: about 1 where it stands, about 0 where it does not; null where hidden."""
    sigma: float | None
    """One standard deviation of the share by the look's noise alone."""
    presence: Presence
    """What the look says of the object."""


@dataclass(frozen=True)
class Frame:
    """One look at the place."""

    pass_id: str
    """Id of the Acquisition."""
    datetime: datetime
    """UTC."""
    image: NDArray[np.float32] = field(repr=False)
    """(band, y, x): registered, normalised reflectance; NaN where hidden."""
    presence: Presence
    """What the look says of the object."""
    reason: str = ""
    """Why the whole look said nothing; empty where it did."""


class Explanation(NamedTuple):
    """One way to explain what the strongest look shows, and how well it does."""

    what: Explained
    llr: float
    """Log-likelihood ratio against the empty ground."""


class Blob(NamedTuple):
    """Another place of the strongest look that stands out, and what was made of it."""

    row: float
    col: float
    sigmas: float
    """How far it stands out, in noise units."""
    state: BlobState
    """`stands throughout`: no look shows the object there coming or going; `weaker`: an aircraft explains this look
    best, and it is not told; `no aircraft`: something plainer does, or the network refuses it."""
    score: float | None
    """As of a hit; null where it was not judged."""


@dataclass(frozen=True)
class EmptyPlace:
    """The object's own shape, tried at a place of the same look where nothing was found."""

    place: Place
    llr: float
    """Log-likelihood ratio of the shape against the empty ground."""
    image: NDArray[np.float32] = field(repr=False)
    """(band, y, x): reflectance around the place, which is its middle."""


@dataclass(frozen=True)
class DetectorView:
    """The strongest look as the detector saw it."""

    pass_id: str
    """Id of the Acquisition."""
    datetime: datetime
    """UTC."""
    significance: NDArray[np.float32] = field(repr=False)
    """(y, x): what white paint, or its absence, accounts for in each pixel, in noise units; NaN where hidden."""
    outline: tuple[Ring, ...]
    """Of the fitted shape."""
    shadow: tuple[Ring, ...]
    """Where its shadow falls under that sun."""
    explanations: tuple[Explanation, ...]
    """Best first."""
    llr_vs_clutter: float
    """What decides: `shape_evidence` and `network_evidence` together."""
    shape_evidence: float | None
    """The aircraft over the best plainer one, over what the fit leaves; null where no shape was believed."""
    network_evidence: float
    """What the trained network adds, or takes away."""
    in_row: bool
    """Whether it was weighed as a member of a row."""
    reduced_chi2: float
    """How many times more than noise the fit leaves, >= 1."""
    blobs: tuple[Blob, ...]
    """Strongest first."""
    empty_places: tuple[EmptyPlace, ...]


@dataclass(frozen=True)
class Dossier:
    """The evidence for one stay."""

    stay_id: str
    """Id of the stay, whose two ends are the hits."""
    bands: tuple[str, ...]
    georeference: Georeference
    """Of the square."""
    row: float
    """Of the object's middle in the square."""
    col: float
    aprons: tuple[Ring, ...]
    """Edges of the aprons within the square, a ring each."""
    frames: tuple[Frame, ...]
    """The looks around the stay, in order of time."""
    curve: tuple[Measurement, ...]
    """Of every look near the stay that there is, in order of time; empty where looks were compared with one another."""
    quiet: tuple[Frame, ...]
    """The same place on other dates, at which the object was not there."""
    view: DetectorView | None
    """The strongest look as the detector saw it."""

    @property
    def resolution(self) -> float:
        """Metres a pixel."""
        return self.georeference.grid.resolution


@dataclass(frozen=True)
class Panorama:
    """One look at all aprons together."""

    pass_id: str
    """Id of the Acquisition."""
    datetime: datetime
    """UTC."""
    bands: tuple[str, ...]
    """Those of a true-colour picture, red first, else one."""
    image: NDArray[np.float32] = field(repr=False)
    """(band, y, x): reflectance; NaN where hidden."""
    step: int
    """Pixels of the Grid to each of its own."""
    georeference: Georeference
    """Of the window that it shows, in pixels of the Grid."""
    large: bool = False
    """Whether it is to be shown large: a look beside a hit, the first or the last."""
