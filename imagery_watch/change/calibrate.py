"""What a score means on this airfield: how many false hits a year it stands for, and how likely a hit is an aircraft.

Extreme-value theory: above a threshold the margins of false hits follow a generalised Pareto law (Pickands 1975). Its
shape and scale are common to all airfields; how many there are is each airfield's own, and shows in what the detector
nearly takes for aircraft there: sightings of a margin between 0 and 2, which are hardly ever aircraft.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

NEARLY = (0.0, 2.0)
"""Margins of sightings that are counted to know an airfield's clutter."""
USUAL_CLUTTER, USUAL_KM2 = 1.0, 10.0
"""Such sightings per km2 of visible apron and pass where nothing is known, and the km2 x pass that this counts for."""
FROM = 3.0
FALSE_AT_USUAL, CROWDING = 0.32, 2.0
"""False hits of a margin of at least `FROM` per km2 and pass at the usual clutter, and the power of it they grow with.

These and the law below were fitted to 283 false hits on 39 airfields of two simulators (845 km2 x pass, concrete and
asphalt, 1 to 2 % noise, suns from 30 to 63 degrees), whose clutter and false hits correlated by 0.83; the benchmarks
try them on others.
"""
SHAPE, SCALE = 0.16, 2.33
FLOOR = 4.0
"""Least margin that is ever reported: below it the law is not known well enough."""
RAREST, SUREST = 1e-4, 0.99
"""No rate per km2 and pass below the first and no probability above the second is told: some 500 km2 x pass of
simulated aprons do not vouch for more.
"""
PASSES_A_YEAR = 73.0
"""One pass in five days, as two satellites give (part of the contract)."""
CERTAIN = 15.0
"""A margin that false hits hardly reach: what lies above it tells how much traffic there is."""
CERTAIN_SHARE = 0.7
"""Share of true hits above it."""
USUAL_TRAFFIC = 0.05
"""Changes per km2 and pass before anything is known of an airfield."""
SPAN = np.log(300.0 / FROM)
"""True hits' margins are spread evenly over the logarithm, from `FROM` to 300."""


@dataclass(frozen=True)
class Calibration:
    """One airfield's, from its own passes."""

    apron_km2: float
    clutter: float
    """Near misses per km2 of visible apron and pass."""
    traffic: float
    """True changes per km2 and pass, estimated."""

    def false_alarms_per_km2(self, score: float) -> float:
        """False hits of at least this score per km2 of visible apron and pass."""
        beyond = max(0.0, margin_of(score) - FROM)
        return max(RAREST, float(self._at_threshold() * (1.0 + SHAPE * beyond / SCALE) ** (-1.0 / SHAPE)))

    def false_alarms_per_year(self, score: float) -> float:
        """False hits of at least this score in a nominal year of 73 clear passes over this airfield."""
        return self.false_alarms_per_km2(score) * self.apron_km2 * PASSES_A_YEAR

    def score_at(self, per_year: float) -> float:
        """The least score of a hit so that false ones number `per_year` in a nominal year; never below the floor's."""
        rate = per_year / max(self.apron_km2 * PASSES_A_YEAR, 1e-9)
        ratio = max(self._at_threshold() / max(rate, 1e-300), 1.0)
        return score_of(max(FLOOR, FROM + SCALE / SHAPE * (ratio**SHAPE - 1.0)))

    def probability(self, score: float) -> float:
        """That a hit of this score is an aircraft: its share among true and false hits of just that score, 0..1."""
        margin = max(FROM, margin_of(score))
        false = self._at_threshold() / SCALE * (1.0 + SHAPE * (margin - FROM) / SCALE) ** (-1.0 / SHAPE - 1.0)
        true = self.traffic / (margin * SPAN)
        return min(SUREST, float(true / (true + false)))

    def _at_threshold(self) -> float:
        return float(FALSE_AT_USUAL * (self.clutter / USUAL_CLUTTER) ** CROWDING)


def calibrated(apron_km2: float, seen_km2: float, sighted: Sequence[float], found: Sequence[float]) -> Calibration:
    """The calibration of an airfield whose passes saw `seen_km2` of apron in all (km2 times passes).

    `sighted` are the margins of all sightings, `found` those of all changes; both are pulled towards the usual, the
    more the less has been seen.
    """
    near = sum(NEARLY[0] <= margin < NEARLY[1] for margin in sighted)
    sure = sum(margin >= CERTAIN for margin in found) / CERTAIN_SHARE
    clutter = (near + USUAL_CLUTTER * USUAL_KM2) / (seen_km2 + USUAL_KM2)
    traffic = (sure + USUAL_TRAFFIC * USUAL_KM2) / (seen_km2 + USUAL_KM2)
    return Calibration(apron_km2, clutter, traffic)


def score_of(margin: float) -> float:
    """The score of a margin: square root of twice it, as standard deviations would be."""
    return float(np.sqrt(2.0 * max(0.0, margin)))


def margin_of(score: float) -> float:
    """The inverse of `score_of`."""
    return 0.5 * score**2
