"""What a score means on this airfield: how many false hits a year it stands for, and how likely a hit is an aircraft.

Extreme-value theory: above a threshold the likelihood ratios of false hits follow a generalised Pareto law (Pickands
1975). Its shape and scale are common to all airfields of a sensor (`DetectorModel`); how many there are is each
airfield's own, and shows in what the detector nearly takes for aircraft there: detections of a ratio between 0 and 2,
which are hardly ever aircraft (docs/method.md, section 14).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from math import lgamma, log

import numpy as np

from imagery_watch.model import DetectorModel

NEAR_MISS_LLR = (0.0, 2.0)
"""Likelihood ratios against clutter of detections that are counted to know an airfield's clutter."""
PRIOR_CLUTTER, CLUTTER_KM2_PASSES = 0.2, 40.0
"""Near misses per km2 of visible apron and pass where nothing is known, and the km2 x pass that this counts for."""
MIN_FALSE_ALARM_RATE, MAX_PROBABILITY = 1e-4, 0.99
"""No rate per km2 and pass below the first and no probability above the second is reported. The first is an
extrapolation of the law: 436 km2 x pass of simulated aprons without an event would bound the rate at 0.007.
"""
PASSES_A_YEAR = 73.0
"""One pass in five days, as two satellites give (part of the contract)."""
SURE_LLR = 15.0
"""A ratio that false hits hardly reach: what lies above it tells how much traffic there is."""
SURE_LLR_SHARE = 0.7
"""Share of true hits above it."""
PRIOR_TRAFFIC, PRIOR_KM2_PASSES = 0.05, 10.0
"""Changes per km2 and pass before anything is known of an airfield, if it is a quiet one, and the km2 x pass that this
counts for."""
BUSY_TRAFFIC, BUSY_KM2_PASSES, BUSY_SHARE = 10.0, 0.1, 0.1
"""The same at busy gates, the km2 x pass that this counts for, and the share of airfields that are such."""
CHANGE_DENSITY = 0.15
"""Changes for each unit of the ratio near the least reported one, as a share of all beyond that: assumed."""
CHANGE_PRIOR_KM2_PASSES = 1.0
"""The km2 x pass without a change that an airfield's number of changes is pulled towards."""
MAX_TRUE_LLR = 300.0
"""True hits' ratios are spread evenly over the logarithm, from the tail's threshold to this."""


@dataclass(frozen=True)
class Calibration:
    """One airfield's, from its own passes."""

    law: DetectorModel = field(repr=False)
    """The sensor's, whose tail law it is."""
    apron_km2: float
    clutter: float
    """Near misses per km2 of visible apron and pass."""
    traffic: float
    """True changes per km2 and pass, estimated from the surest."""
    changes: float = 0.0
    """True changes per km2 and pass of at least the least ratio that is reported anywhere."""

    def false_alarms_per_km2(self, score: float) -> float:
        """False hits of at least this score per km2 of visible apron and pass."""
        llr, law = score_to_llr(score), self.law
        rate = self._rate_at_threshold() * self._stretch(llr) ** -self._power
        below = max(0.0, law.tail_threshold - llr) / law.tail_scale  # there the law grows as at its threshold
        return max(MIN_FALSE_ALARM_RATE, float(rate * np.exp(below)))

    def false_alarms_per_year(self, score: float) -> float:
        """False hits of at least this score in a nominal year of 73 clear passes over this airfield."""
        return self.false_alarms_per_km2(score) * self.apron_km2 * PASSES_A_YEAR

    def score_at(self, per_year: float) -> float:
        """The least score of a hit so that false ones number `per_year` in a nominal year; never below the floor's."""
        law = self.law
        rate = per_year / max(self.apron_km2 * PASSES_A_YEAR, 1e-9)
        ratio = max(self._rate_at_threshold() / max(rate, 1e-300), 1.0)
        llr = law.tail_threshold + law.tail_scale / law.tail_shape * (ratio**law.tail_shape - 1.0)
        return llr_to_score(max(law.min_reported_llr, llr))

    def probability(self, score: float) -> float:
        """That a hit of this score is an aircraft: its share among true and false hits of just that score, 0..1."""
        llr = max(self.law.tail_threshold, score_to_llr(score))
        false = self._rate_at_threshold() / self.law.tail_scale * self._stretch(llr) ** (-self._power - 1.0)
        true = self.traffic / (llr * float(np.log(MAX_TRUE_LLR / self.law.tail_threshold)))
        return min(MAX_PROBABILITY, float(true / (true + false)))

    def p_change(self, score: float) -> float:
        """That a hit of this score is no false alarm: the share of true changes of just that score, 0..1.

        Beside many sure changes a weak one is likelier to be true than on an airfield where nothing moves.
        """
        true = CHANGE_DENSITY * self.changes
        return min(MAX_PROBABILITY, true / (true + self._false_density(score_to_llr(score))))

    def _false_density(self, llr: float) -> float:
        """False hits for each unit of the ratio; below the law's threshold they fall as at it, exponentially."""
        law = self.law
        at_threshold = self._rate_at_threshold() / law.tail_scale
        if llr < law.tail_threshold:
            return at_threshold * float(np.exp((law.tail_threshold - llr) / law.tail_scale))
        return at_threshold * float(self._stretch(llr) ** (-self._power - 1.0))

    @property
    def _power(self) -> float:
        return 1.0 / self.law.tail_shape

    def _stretch(self, llr: float) -> float:
        """What the Pareto law raises to its power: 1 at the threshold, more beyond."""
        return 1.0 + self.law.tail_shape * max(0.0, llr - self.law.tail_threshold) / self.law.tail_scale

    def _rate_at_threshold(self) -> float:
        return float(self.law.tail_rate * (self.clutter / PRIOR_CLUTTER) ** self.law.clutter_power)


def calibrate(
    law: DetectorModel, apron_km2: float, seen_km2: float, detected: Sequence[float] | None, found: Sequence[float]
) -> Calibration:
    """The calibration of an airfield whose passes saw `seen_km2` of apron in all (km2 times passes).

    `detected` are the likelihood ratios against clutter of all detections (None where nobody counted them: then the
    clutter is the usual), `found` those of all changes; both are pulled towards the usual, the more the less was seen.
    """
    clutter = PRIOR_CLUTTER if detected is None else _estimate_clutter(detected, seen_km2)
    told = Calibration(law, apron_km2, clutter, estimate_traffic(sum(llr >= SURE_LLR for llr in found), seen_km2))
    expected = told.false_alarms_per_km2(llr_to_score(law.min_reported_llr)) * seen_km2
    count = sum(llr >= law.min_reported_llr for llr in found) - expected
    return replace(told, changes=max(0.0, count) / (seen_km2 + CHANGE_PRIOR_KM2_PASSES))


def _estimate_clutter(detected: Sequence[float], seen_km2: float) -> float:
    near = sum(NEAR_MISS_LLR[0] <= llr < NEAR_MISS_LLR[1] for llr in detected)
    return (near + PRIOR_CLUTTER * CLUTTER_KM2_PASSES) / (seen_km2 + CLUTTER_KM2_PASSES)


def estimate_traffic(sure: int, seen_km2: float) -> float:
    """True changes per km2 and pass, where so many sure ones were found on so many km2 x pass.

    The mean of a gamma law, of a quiet airfield's or of busy gates', each as likely as the count makes it (negative
    binomial law; Gelman et al., Bayesian Data Analysis, 2013, section 2.6).
    """
    kinds = ((1 - BUSY_SHARE, PRIOR_TRAFFIC, PRIOR_KM2_PASSES), (BUSY_SHARE, BUSY_TRAFFIC, BUSY_KM2_PASSES))
    seen = seen_km2 * SURE_LLR_SHARE
    logs, means = [], []
    for share, traffic, weight in kinds:
        expected = traffic * weight
        logs.append(
            log(share)
            + lgamma(expected + sure)
            - lgamma(expected)
            + expected * log(weight / (weight + seen))
            + sure * log(max(seen, 1e-9) / (weight + seen))
        )
        means.append((sure + expected) / (seen + weight))
    likely = np.exp(np.array(logs) - max(logs))
    return float((likely * means).sum() / likely.sum())


def llr_to_score(llr: float) -> float:
    """The score of a likelihood ratio: square root of twice it, as standard deviations would be."""
    return float(np.sqrt(2.0 * max(0.0, llr)))


def score_to_llr(score: float) -> float:
    """The inverse of `llr_to_score`."""
    return 0.5 * score**2
