"""Detection limits, for a terminal and for programs: per apron over its looks, and why some could not be measured."""

from collections import Counter
from collections.abc import Iterable, Sequence
from math import inf
from statistics import median_high
from typing import TYPE_CHECKING, Any

from imagery_watch.model import LimitReport, LookLimit
from imagery_watch.outputs.terminal.layout import Sheet, print_text
from imagery_watch.outputs.wording.summaries import NO_REASON
from imagery_watch.outputs.wording.text import clean, iso, rounded
from imagery_watch.reasons import describe_codes

if TYPE_CHECKING:
    from rich.console import Console

COLUMNS = ("Apron", "Looks", "Measured", "Median", "Best", "Worst")
MEANING = (
    "Overall length of the smallest aircraft of which 8 of 10 plantings were found, as were longer ones: simulated "
    "aircraft on your own imagery, with random paints, headings and places. Shorter ones would likely have been "
    "missed, so a look that shows nothing does not say that they were absent. It is a best case: real aircraft also "
    "disturb what is known of the empty apron, so somewhat longer ones may be missed as well."
)
MOST_REASONS = 6


def show_limits(report: LimitReport, console: "Console") -> None:
    """Print the table (where anything was measured), what it means, and why looks could not be measured."""
    if any(one.limit is not None for one in report.looks):
        limits_table(report).show(console)
        print_text(console, [MEANING])
    print_text(console, (*unmeasured(report), *(f"note: {warning}" for warning in report.warnings)))


def limits_table(report: LimitReport) -> Sheet:
    """One row for each apron, in the looks' order."""
    rows = []
    for name, looks in _by_apron(report).items():
        measured = [one for one in looks if one.limit is not None]
        first, *others = _figures(measured)
        rows.append((name, str(len(looks)), str(len(measured)), first, *others))
    title = f"{report.airfield}: smallest aircraft that would likely have been found, by apron"
    return Sheet(COLUMNS, tuple(rows), title, right=COLUMNS[1:])


def limits_lines(report: LimitReport) -> list[str]:
    """One line for each apron: the median of its looks, the best and the worst; or why nothing could be measured."""
    told = []
    for apron, looks, measured, median, best, worst in limits_table(report).rows:
        spread = f", {best} to {worst}" if best else ""
        told.append(f"{apron}: {median}{spread} ({measured} of {looks} looks measured)")
    return told or unmeasured(report)


def unmeasured(report: LimitReport) -> list[str]:
    """In sentences: that there was no look, or how many could not be measured, and the most frequent reasons."""
    if not report.looks:
        return [
            "No pass was looked at, so no limit can be told: try other dates (--since, --until), or a catalogue that "
            "covers this airfield (--catalog)."
        ]
    silent = [one for one in report.looks if one.limit is None]
    if not silent:
        return []
    all_of_them = len(silent) == len(report.looks)
    count = f"None of {len(silent)}" if all_of_them else f"{len(silent)} of {len(report.looks)}"
    reasons = Counter(_describe_reason(one) or NO_REASON for one in silent).most_common()
    told = [f"  {number} x {reason}" for reason, number in reasons[:MOST_REASONS]]
    more = [f"  and {len(reasons) - MOST_REASONS} more reasons, see --json"] if len(reasons) > MOST_REASONS else []
    return [f"{count} looks could {'' if all_of_them else 'not '}be measured:", *told, *more]


def _describe_reason(one: LookLimit) -> str:
    return clean(describe_codes(one.reason_codes, one.reason))


def limits_dict(report: LimitReport) -> dict[str, Any]:
    """For `--json`."""
    return {
        "airfield": report.airfield,
        "meaning": MEANING,
        "plantings": report.plantings,
        "aprons": [_apron_dict(name, looks) for name, looks in _by_apron(report).items()],
        "looks": [_look_dict(one) for one in report.looks],
        "warnings": list(report.warnings),
    }


def _by_apron(report: LimitReport) -> dict[str, list[LookLimit]]:
    groups: dict[str, list[LookLimit]] = {}
    for one in report.looks:
        groups.setdefault(one.look.apron, []).append(one)
    return groups


def _spread(measured: Iterable[LookLimit]) -> tuple[float, float, float] | None:
    """Median, best and worst length; infinite where not even the longest was found; None without any."""
    lengths = [one.limit.length_m or inf for one in measured if one.limit is not None]
    return (median_high(lengths), min(lengths), max(lengths)) if lengths else None


def _figures(measured: Sequence[LookLimit]) -> tuple[str, ...]:
    """Median, best and worst in words."""
    longest = max((one.limit.tried_m for one in measured if one.limit is not None), default=0.0)
    figures = _spread(measured)
    if figures is None:
        return ("not known", "", "")
    return tuple(f"over {longest:.0f} m" if length == inf else f"{length:.0f} m" for length in figures)


def _apron_dict(name: str, looks: Sequence[LookLimit]) -> dict[str, Any]:
    measured = [one for one in looks if one.limit is not None]
    figures = _spread(measured) or (None, None, None)
    return {
        "apron": name,
        "looks": len(looks),
        "measured": len(measured),
        "found_nothing": sum(one.limit is not None and one.limit.length_m is None for one in measured),
        **{f"{key}_m": rounded(value, 1) for key, value in zip(("median", "best", "worst"), figures, strict=True)},
    }


def _look_dict(one: LookLimit) -> dict[str, Any]:
    trials = one.limit.trials if one.limit else ()
    return {
        "apron": one.look.apron,
        "datetime": iso(one.look.datetime),
        "item_ids": list(one.look.item_ids),
        "visible_fraction": rounded(one.look.visible_fraction, 3),
        "smallest_detectable_m": rounded(one.look.smallest_detectable_m, 1),
        "tried": [
            {"aircraft": trial.aircraft, "length_m": trial.length_m, "found": trial.found, "planted": trial.planted}
            for trial in trials
        ],
        "reason": one.reason or one.look.reason,
        "reason_code": list(one.reason_codes if one.reason else one.look.reason_codes),
    }
