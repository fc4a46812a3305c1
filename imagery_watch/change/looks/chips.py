"""What the sensor's network sees of a place: the looks around it, as numbers without a unit.

A thing that came stands out of its surroundings in the later look, and not in the earlier one. A shadow that left does
neither: it stood out, darker, in the earlier look. An edge that moved stands out in both (docs/method.md, section 6).
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from imagery_watch.change.background.residuals import ResidualImage
from imagery_watch.model.arrays import Doubles, Floats, Image, Mask
from imagery_watch.model.network import Answers, ConvolutionalNetwork

MIN_BANDS = 3
"""With fewer the network, which learnt from three and four, has no opinion."""
REACH_PX = 8
"""Pixels about the middle of a chip: 80 m, the longest aircraft and the ground beside it."""
BRIGHTNESS_UNIT = 0.02
"""Reflectance: brightness is told in so much, the noise of a used apron."""
KNOWN_PX = 3
"""The share of known pixels is that of the square so many pixels about a place."""
MIN_KNOWN = 0.8
"""Of that square: where more pixels are missing, their edges look like objects."""
DIMS = (1.0, 2.0, 4.0)
"""Times the noise at which the network is asked; the surest answer counts, for less noise must not find fewer."""
MIN_GLANCE = -1.5
"""Logit of the first answer from which a place is looked at from all sides; what is told begins near 1.3."""
IN_NOISE = (0, 3)
"""Channels that are told in noise units."""
CHANNELS = ("change_in_noise", "look", "ground", "colour_in_noise", "apron", "known", "change")
"""Of a chip, in the network's order."""
INTERVAL_SCALES = 2.303
"""Half the 90 % interval of a Laplace law, in its scales: minus the logarithm of 0.1."""


class Opinions(NamedTuple):
    """What the network makes of places."""

    llr: Doubles
    """(place,): evidence that an object the size of an aircraft came there, on the scale of the ratio against clutter.

    Minus infinity where too little around a place is known, or with fewer bands than the network learnt from.
    """
    logit: Doubles
    """(place,): its own answer, from which that follows; NaN where it has none."""
    length_m: Doubles
    """(place, 3): its length, if there is one, in metres: lower end of the 90 % interval, length, upper end."""


def judge_places(
    image: ResidualImage, aprons: Mask, places: Sequence[tuple[int, int]], network: ConvolutionalNetwork
) -> Opinions:
    """What a network makes of each row and column of an image, `aprons` (y, x) being where aircraft stand."""
    if not places:
        return Opinions(np.zeros(0), np.zeros(0), np.zeros((0, 3)))
    told = ask_network(network, cut_chips(image, aprons, places))
    length, factor = np.exp(told.log_length), np.exp(INTERVAL_SCALES * np.exp(told.log_spread))
    known = (measure_known(image, places) >= MIN_KNOWN) & (len(image.bands) >= MIN_BANDS)
    llr = np.where(known, network.llr(told.logit), -np.inf)
    logit = np.where(known, told.logit, np.nan)
    return Opinions(llr, logit, np.column_stack([length / factor, length, length * factor]))


def ask_network(network: ConvolutionalNetwork, chips: Floats) -> Answers:
    """The surest answer to each chip, dimmed or not; those that seem hopeless at a glance are asked no further."""
    glances = [network.answer(dim_chips(chips, dim), symmetries=1) for dim in DIMS]
    surest = np.argmax([one.logit for one in glances], axis=0)
    told = np.array(glances)[surest, :, np.arange(len(chips))]
    for number, dim in enumerate(DIMS):
        asked = (surest == number) & (told[:, 0] > MIN_GLANCE)
        told[asked] = np.array(network.answer(dim_chips(chips[asked], dim))).T
    return Answers(*told.T)


def cut_chips(image: ResidualImage, aprons: Mask, places: Sequence[tuple[int, int]]) -> Floats:
    """(place, channel, row, column): `CHANNELS` about rows and columns of an image that is compared with its ground.

    Beyond the image and where it is hidden all channels are zero.
    """
    known = np.isfinite(image.spread[0])
    change = np.where(known, image.residual.mean(axis=0), 0.0)
    spread = np.where(known, image.spread.mean(axis=0), 1.0)
    ground = np.where(known, image.ground.mean(axis=0), 0.0)
    usual = float(np.median(ground[aprons & known])) if (aprons & known).any() else 0.0
    colour = np.where(known, image.residual[2 % len(image.bands)] - image.residual[0], 0.0)
    drawn = np.stack(
        [
            np.arcsinh(change / spread),
            np.where(known, np.arcsinh((ground + change - usual) / BRIGHTNESS_UNIT), 0.0),
            np.where(known, np.arcsinh((ground - usual) / BRIGHTNESS_UNIT), 0.0),
            np.arcsinh(colour / spread),
            aprons,
            known,
            np.arcsinh(change / BRIGHTNESS_UNIT),
        ]
    ).astype(np.float32)
    padded = np.pad(drawn, ((0, 0), (REACH_PX, REACH_PX), (REACH_PX, REACH_PX)))
    edge = 2 * REACH_PX + 1
    return np.stack([padded[:, row : row + edge, col : col + edge] for row, col in places])


def stands_out(image: ResidualImage, aprons: Mask, places: Sequence[tuple[int, int]]) -> Mask:
    """(place,): whether the look differs more from the aprons' usual brightness there than its ground does.

    A dark spot that left looks like a bright aircraft that came, and does not.
    """
    if not places:
        return np.zeros(0, bool)
    middles = np.abs(cut_chips(image, aprons, places)[:, :, REACH_PX, REACH_PX])
    return np.asarray(middles[:, CHANNELS.index("look")] > middles[:, CHANNELS.index("ground")])


def dim_chips(chips: Floats, dim: float) -> Floats:
    """The chips as if the noise were so many times what it is."""
    if dim == 1.0:
        return chips
    dimmed = chips.copy()
    dimmed[:, IN_NOISE] = np.arcsinh(np.sinh(chips[:, IN_NOISE]) / dim)
    return dimmed


def measure_known(image: ResidualImage, places: Sequence[tuple[int, int]]) -> Doubles:
    """(place,): share of the pixels about each that are known."""
    known: Image = np.isfinite(image.spread[0]).astype(np.float32)
    squares = [
        np.s_[max(0, r - KNOWN_PX) : r + KNOWN_PX + 1, max(0, c - KNOWN_PX) : c + KNOWN_PX + 1] for r, c in places
    ]
    return np.array([known[square].mean() for square in squares], np.float64)
