"""The detector's view in words: what was weighed against what, and why the others are no hits."""

from itertools import pairwise
from math import isfinite

from imagery_watch.model import DetectorView, Dossier, Hit, Stay
from imagery_watch.outputs.wording.doubts import tell_doubt
from imagery_watch.outputs.wording.text import duration, minutes

EXPLANATION_WORDS = {
    "aircraft": "an aircraft",
    "row of aircraft": "a row of aircraft",
    "vehicle": "a vehicle and its shadow",
    "patch": "a wet, dusty or shaded patch",
    "ground": "the ground itself, moved or lit differently",
}
BLOB_WORDS = {
    "told": "another change that was found (score {blob.score:.1f})",
    "stands throughout": "an object that no look shows coming or going (score {blob.score:.1f})",
    "weaker": "an aircraft explains this look best there, and it is not told (score {blob.score:.1f} in this look)",
    "no aircraft": "a patch, a vehicle or the ground explains it better, or the trained network refuses it",
    "off the aprons": "outside the aprons: not judged",
}
ODDS_FACTOR = 3.0
"""How far false alarms were off what was promised at the worst, rounded up: on simulated airfields 2.7 times as many
came (docs/method.md, section 20)."""
MOST_GIVEN = 0.99
"""The most that a probability is given as (docs/method.md, section 14)."""
SAME_OBJECT = "a replacement, or one and the same object"


def tell_explanations(view: DetectorView) -> tuple[tuple[tuple[str, str, float], ...], str]:
    """Each explanation in words, with its log-likelihood ratio and that as a share of the best; and which one won."""
    best = max((one.llr for one in view.explanations), default=0.0)
    rows = tuple(
        (EXPLANATION_WORDS[one.what], f"{one.llr:.1f}", max(0.0, one.llr) / best if best > 0 else 0.0)
        for one in view.explanations
        if one.what in EXPLANATION_WORDS
    )
    aircraft = next((one.llr for one in view.explanations if "aircraft" in one.what), 0.0)
    plain = [one for one in view.explanations if "aircraft" not in one.what]
    rival = max(plain, key=lambda one: one.llr, default=None)
    if rival is None or rival.llr <= 0:
        return rows, f"Nothing plainer explains it at all. {tell_sum(view)}"
    name = EXPLANATION_WORDS[rival.what]
    if aircraft >= rival.llr:
        numbers = f"{aircraft:.1f} against {rival.llr:.1f}"
        verdict = f"An aircraft explains it better than {name}, the best plainer explanation: {numbers}."
    else:
        verdict = (
            f"By its shape {name} explains it as well ({rival.llr:.1f} against {aircraft:.1f}); it is told for what "
            "the trained network and the other looks add."
        )
    return rows, f"{verdict} {tell_sum(view)}"


def tell_sum(view: DetectorView) -> str:
    """How the evidence of the look comes about, to the digit."""
    whole = f"The evidence of this look, {view.llr_vs_clutter:.1f} (0 would be a draw),"
    if view.shape_evidence is None:
        return f"{whole} is the trained network's; no shape was believed there."
    weighed = "the row's shapes, weighed together," if view.in_row else "the difference of the two"
    return (
        f"{whole} is {view.shape_evidence:.1f} by shape ({weighed} over the {view.reduced_chi2:.2f} times more than "
        f"noise that the fit leaves, and brought to four bands) and {view.network_evidence:+.1f} by the trained "
        "network."
    )


def tell_probability(hit: Hit) -> str:
    """`0.99, the most that is ever given (0.97 if false alarms were three times as many), that an aircraft came`.

    Where it is undecided whether anything was replaced, that comes first.
    """
    if hit.probability is None or not isfinite(hit.probability):
        return f"undecided: {SAME_OBJECT}; not calibrated yet" if tell_doubt(hit) else "not calibrated yet"
    what = {"arrival": "came", "departure": "left", "replacement": "came in place of another"}[hit.kind]
    worse = f"{weaken(hit.probability):.2f} if false alarms were three times as many"
    if tell_doubt(hit):
        scored = f"by its score, which cannot tell them apart, it would have {hit.probability:.2f} ({worse})"
        return f"undecided: {SAME_OBJECT}; {scored}"
    most = ", the most that is ever given" if hit.probability >= MOST_GIVEN else ""
    return f"{hit.probability:.2f}{most} ({worse}), that an aircraft {what}"


def tell_odds(lead: Hit, doubt: str) -> str:
    """The probability of a stay's own hit; first that it is undecided whether its object was replaced, where it is."""
    if tell_doubt(lead):
        return tell_probability(lead)
    told = f"{tell_change(lead)}; {tell_probability(lead)}"
    if not doubt:
        return told
    return f"undecided whether it was replaced, or is one and the same object as what stood there next; {told}"


def weaken(probability: float) -> float:
    """The probability if false alarms were `ODDS_FACTOR` times as many as promised."""
    against = ODDS_FACTOR * (1.0 - probability)
    return probability / (probability + against)


def tell_change(hit: Hit) -> str:
    """`0.99 that something came or left, whatever it is`."""
    if hit.p_change is None:
        return "not judged"
    value = "over 0.99" if hit.p_change > MOST_GIVEN else f"{hit.p_change:.2f}"
    return f"{value} that something of at least some 10 m came or left, whatever it is"


def tell_established(stay: Stay, dossier: Dossier | None, lead: Hit, doubt: str = "") -> tuple[tuple[str, str], ...]:
    """What is established of a stay, what is not, and who checked it: labels and sentences.

    First of what is not is whether anything was replaced, where that is in `doubt`.
    """
    about = f"something of about {lead.length_m:.0f} m that stands out from the empty apron"
    told = [("Established", f"{_tell_presence(stay, dossier)} {about}." if dossier else f"The looks show {about}.")]
    told.append(
        (
            "Not established",
            ("that anything was replaced: it may be one and the same object; " if doubt else "")
            + "that it is an aircraft: at 10 m a tent, a large vehicle or stacked containers look alike; which "
            "aircraft; that it is one object throughout, for two alike cannot be told apart; what happened between "
            "looks.",
        )
    )
    reviews = [one for one in lead.evidence if one.source == "review"]
    told.append(("Checked by", "; ".join(one.statement for one in reviews) if reviews else "nobody yet."))
    return tuple(told)


def _tell_presence(stay: Stay, dossier: Dossier) -> str:
    """`8 of 9 looks from .. to .. show (1 hidden; at most 10 days between two that saw it)`."""
    inside = [one for one in dossier.curve if stay.seen_from <= one.datetime <= stay.seen_to]
    there = [one.datetime for one in inside if one.presence == "there"]
    hidden = sum(one.presence == "hidden" for one in inside)
    if not there:
        return "The looks of the stay show"
    first, last = minutes(there[0])[:10], minutes(there[-1])[:10]
    if len(inside) == 1:
        return f"One look, of {first}, shows"
    gap = max((after - before for before, after in pairwise(there)), default=there[-1] - there[0])
    longest = f", {hidden} hidden, at most {duration(gap)} between two that show it" if hidden else ""
    return f"{len(there)} of {len(inside)} looks from {first} to {last}{longest}, show"
