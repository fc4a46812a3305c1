"""What a run says, in numbers and in hedged sentences; shared by the report and the terminal."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from statistics import median
from textwrap import shorten
from typing import get_args

from imagery_watch.model import Hit, Look, LookResult, RunResult
from imagery_watch.outputs.wording.doubts import tell_doubt
from imagery_watch.outputs.wording.text import clean
from imagery_watch.reasons import describe_codes

RESULTS: tuple[LookResult, ...] = get_args(LookResult)
NO_REASON = "no reason was given"
BLIND_WORDS = {"not_observed": "said nothing", "failed": "failed, and may do better another time"}
"""What is said of looks that said nothing, by their result."""


@dataclass(frozen=True)
class Unseen:
    """One reason why looks said nothing, or less than usual."""

    result: str
    reason: str
    looks: int
    passes: int


@dataclass(frozen=True)
class ApronSummary:
    """What became of the looks at one apron."""

    name: str
    counts: dict[str, int]
    """Looks by result, every result named."""
    smallest_m: float | None
    """Median over its looks of the smallest aircraft that would likely have been seen."""


def result_counts(looks: Iterable[Look]) -> dict[str, int]:
    """How many looks gave each result; every result is named, zeros included."""
    found = Counter(look.result for look in looks)
    return {result: found[result] for result in RESULTS}


def unseen(looks: Iterable[Look]) -> list[Unseen]:
    """The looks that said nothing, by reason, the most frequent first."""
    return _by_reason(look for look in looks if look.result in ("not_observed", "failed"))


def weaker(looks: Iterable[Look]) -> list[Unseen]:
    """The looks that did say something, but with a caveat, by reason, the most frequent first."""
    return _by_reason(look for look in looks if look.result in ("change", "no_change") and look.reason)


def describe_reason(look: Look) -> str:
    """The look's reason on one line, in words that hold for every look with it; empty where there is none."""
    return clean(describe_codes(look.reason_codes, look.reason))


def _by_reason(looks: Iterable[Look]) -> list[Unseen]:
    groups: dict[tuple[str, str], list[Look]] = {}
    for look in looks:
        groups.setdefault((look.result, describe_reason(look) or NO_REASON), []).append(look)
    rows = [
        Unseen(result, reason, len(group), len({look.datetime for look in group}))
        for (result, reason), group in groups.items()
    ]
    return sorted(rows, key=lambda row: (-row.looks, row.result, row.reason))


def apron_summaries(result: RunResult) -> list[ApronSummary]:
    """One for each apron, in the airfield's order, then any that only the looks know."""
    names = [apron.name for apron in result.airfield.aprons] + [look.apron for look in result.looks]
    return [
        _apron_summary(name, [look for look in result.looks if look.apron == name]) for name in dict.fromkeys(names)
    ]


def _apron_summary(name: str, looks: Sequence[Look]) -> ApronSummary:
    lengths = [look.smallest_detectable_m for look in looks if look.smallest_detectable_m is not None]
    return ApronSummary(clean(name), result_counts(looks), median(lengths) if lengths else None)


def missed(looks: Iterable[Look]) -> str:
    """What the looks would likely have missed, in a sentence; empty where no limit is known."""
    judged = [look for look in looks if look.result in ("change", "no_change")]
    lengths = [look.smallest_detectable_m for look in judged if look.smallest_detectable_m is not None]
    if not lengths:
        return ""
    unknown = len(judged) - len(lengths)
    others = f" For {_looks(unknown)} more no such limit is known." if unknown else ""
    spread = f"{min(lengths):.0f} m in the best look, {max(lengths):.0f} m in the worst"
    return (
        f"Aircraft shorter than about {median(lengths):.0f} m would likely have been missed (measured by planting "
        f"simulated aircraft into {_looks(len(lengths))}: {spread}).{others}"
    )


def headline(result: RunResult) -> str:
    """What was found, and how much could not be seen, in one to three sentences; withdrawn hits were not found."""
    counts = result_counts(result.looks)
    seen = counts["change"] + counts["no_change"]
    if not result.looks:
        return "No pass was looked at, so nothing can be said."
    standing = [hit for hit in result.hits if hit.status != "withdrawn"]
    if not seen and not standing:
        none = f"none of {_looks(len(result.looks))} saw enough of an apron"
        return f"Nothing can be said: {none}. {_blind(result)}"
    found = _found(standing)
    return f"{found} in {_looks(seen)} that saw enough of an apron. {_blind(result)}".strip()


def _found(hits: Sequence[Hit]) -> str:
    if not hits:
        return "No change of aircraft size was found"
    aircraft = [hit for hit in hits if not hit.is_open]
    told = [_count_kinds(aircraft, "consistent with aircraft")] if aircraft else []
    if len(aircraft) < len(hits):
        told.append(_count_kinds([hit for hit in hits if hit.is_open], "of other objects that may be aircraft"))
    return f"{' and '.join(told)} {'was' if len(hits) == 1 else 'were'} found"


def _count_kinds(hits: Sequence[Hit], what: str) -> str:
    kinds = Counter(hit.kind for hit in hits)
    each = ", ".join(f"{number} possible {_plural(kind, number)}" for kind, number in sorted(kinds.items()))
    undecided = sum(bool(tell_doubt(hit)) for hit in hits)  # replacements, which come last
    if undecided:
        each += ", undecided" if undecided == kinds["replacement"] else f", {undecided} of them undecided"
    return f"{len(hits)} {_plural('change', len(hits))} {what} ({each})"


def aircraft_first(hits: Iterable[Hit]) -> list[Hit]:
    """The hits in their order, those told as aircraft before the openly unidentified."""
    return sorted(hits, key=lambda hit: hit.is_open)


def size_text(hit: Hit) -> str:
    """`medium`, and that it may be none where the hit is openly unidentified."""
    return f"{hit.size_class}, may be an aircraft" if hit.is_open else hit.size_class


def _blind(result: RunResult) -> str:
    """How many looks said nothing and why; what failed, and is worth trying again, apart."""
    reasons = unseen(result.looks)
    told = (_causes([row for row in reasons if row.result == kind], words) for kind, words in BLIND_WORDS.items())
    return " ".join(sentence for sentence in told if sentence)


def _causes(reasons: Sequence[Unseen], words: str) -> str:
    if not reasons:
        return ""
    causes = "; ".join(dict.fromkeys(shorten(row.reason, 80, placeholder=" …") for row in reasons[:3]))
    more = "; and other reasons" if len(reasons) > 3 else ""
    return f"{_looks(sum(row.looks for row in reasons)).capitalize()} {words}: {causes}{more}."


def _looks(number: int) -> str:
    return f"{number} {_plural('look', number)}"


def _plural(noun: str, number: int) -> str:
    return noun if number == 1 else f"{noun}s"


def length_text(hit: Hit) -> str:
    """`31 m (90 %: 24–38 m)`."""
    return f"{hit.length_m:.0f} m (90 %: {hit.length_low_m:.0f}–{hit.length_high_m:.0f} m)"


def axis_text(heading_deg: float | None) -> str:
    """`040°/220°`: an axis has two ends, and which is the nose cannot be told."""
    if heading_deg is None:
        return "not known"
    degrees = round(heading_deg) % 180
    return f"{degrees:03d}°/{degrees + 180:03d}°"


def calibrated(value: float | None) -> str:
    """A number that calibration gives, or that there is none yet."""
    if value is None:
        return "not calibrated yet"
    return f"{value:.2g}" if value >= 0.01 else "< 0.01"


def standing_text(hit: Hit) -> str:
    """`provisional`, and what reviewers say where they say it; a rejected hit keeps its status."""
    said = {one.state for one in hit.evidence if one.source == "review"}
    if "rejected" not in said:
        return f"{hit.status} by a review" if "confirmed" in said and hit.status == "confirmed" else hit.status
    return f"{hit.status}, {'disputed' if 'confirmed' in said else 'rejected'} in review"


def say_standing(hit: Hit) -> Hit:
    """The hit, its summary saying first that it was found late, or is withdrawn, where it is so."""
    if hit.status == "withdrawn":
        return replace(hit, summary=f"Withdrawn: it no longer comes out. {hit.summary}")
    return replace(hit, summary=f"Found late: {hit.summary}") if hit.late else hit
