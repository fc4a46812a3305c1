"""The tables of the accuracy benchmark, as lines of plain text."""

import platform
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from importlib.metadata import version

import numpy as np
from peers import PEERS
from tallies import (
    LARGE,
    OURS,
    ByDefault,
    Rule,
    Wanted,
    alone,
    area,
    errors,
    found,
    nulls,
    promised,
    rows_noticed,
    share,
    threshold,
    told,
    with_traffic,
)
from worlds import CASES, LOWEST_SCORE, Told, Watched, Wrong

from imagery_watch.simulate.scenario import SIZES

RATES = (1.0, 0.1, 0.01)
"""False alarms per km2 of visible apron and pass."""
USUAL = 0.1
PROMISES = (0.3, 0.1, 0.03)
"""Rates at which what the detector promises is held against what came."""
CLOUDY = 0.01
"""Share of apron hidden by flagged cloud, over all passes, from which a world is a cloudy one."""
RIVALS = ("CVA", "IR-MAD", "RX on median/MAD")
HEAVY = ">= 42 m"
LOOKS: dict[str, Callable[[int], bool]] = {
    "all": lambda _: True,
    "one look": lambda looks: looks == 1,
    "three or more": lambda looks: looks >= 3,
}

Case = list[Watched]


def report(watched: Sequence[Watched], *, cross: bool = False) -> list[str]:
    """All tables, headings and blank lines between them; with `cross`, sun and cloud together."""
    cases = {case: here for case in CASES if (here := [one for one in watched if one.job.case == case])}
    lines = list(_head())
    for title, table in (TABLES | {BY_LIGHT: crossed} if cross else TABLES).items():
        lines += ["", title]
        for case, here in cases.items():
            lines += ["", f"  {label(case)}", *("    " + line for line in table(here))]
    return [*lines, "", "6. Cost", "", *("    " + line for line in cost(watched))]


def label(case: str) -> str:
    """`concrete, 1.2 % noise`."""
    pavement, noise = CASES[case]
    return f"{pavement}, {noise:.1%} noise".replace("%", " %")


def versions() -> str:
    """Of what makes the figures."""
    return (
        f"imagery-watch {version('imagery-watch')}, numpy {np.__version__}, scipy {version('scipy')}, "
        f"Python {platform.python_version()}"
    )


def _head() -> Iterator[str]:
    yield f"SIMULATED: airfields, aircraft, clutter and temporal noise alike. {versions()}"
    yield "Pd: share of changes found, each an arrival or a departure, with its 95 % Wilson interval; an aircraft's two"
    yield "changes are not independent, and the intervals are too narrow by that. All grounds have the same stories."
    yield "Rates: false alarms per km2 of visible apron and pass, counted on worlds without traffic of the same ground."
    yield f"* extrapolated, or all claims made (score {LOWEST_SCORE:g} and above) where they are too few for the rate."


def detection(here: Case) -> Iterator[str]:
    """Pd by size at each rate and at the default score; then rows, replacements and busy stands."""
    without, traffic = nulls(here), with_traffic(here)
    at = [threshold(here, rate) for rate in RATES]
    rates = [f"{rate:g}{one.mark}" for rate, one in zip(RATES, at, strict=True)]
    default = sorted(one.promise.score for one in here)
    yield f"{len(traffic)} worlds with traffic, {len(without)} without: {area(without):.0f} km2 x pass without"
    yield _columns("false alarms per km2 and pass", "n", [*rates, "by default"])
    scores = [f"{one.score:.2f}" if one.score else "all claims" for one in at]
    yield _columns("score above", "", [*scores, f"{default[0]:.2f} to {default[-1]:.2f}"])
    rules = [*at, ByDefault()]
    for size in reversed(SIZES):
        for name, some in LOOKS.items():
            changes = [one for one in told(traffic, alone(size)) if some(one.change.looks)]
            yield _shares(f"{size}, {name}" if name != "all" else size, changes, rules)
    for name, wanted in OTHERS.items():
        yield _shares(name, told(traffic, wanted), rules)
    noticed = [rows_noticed(traffic, one) for one in rules]
    yield _columns("row noticed (any member)", str(noticed[0][1]), [share(*one) for one in noticed])


OTHERS: dict[str, Wanted] = {
    "replacement in one bracket": lambda one: one.stand != "busy" and one.change.kind == "replacement",
    "the rest at those stands": lambda one: one.stand == "replaced" and one.change.kind != "replacement",
    "busy stand, 34-42 m": lambda one: one.stand == "busy",
    "row of four at 22 m, members": lambda one: one.stand == "row",
}


def _columns(name: str, count: str, cells: Sequence[str]) -> str:
    return (f"{name:30}{count:>5}  " + "".join(f"{cell:18}" for cell in cells)).rstrip()


def _shares(name: str, changes: Sequence[Told], at: Sequence[Rule]) -> str:
    return _columns(name, str(len(changes)), [share(found(changes, one), len(changes)) for one in at])


def marginals(here: Case) -> Iterator[str]:
    """Pd by sun and by cloud."""
    traffic = with_traffic(here)
    return _in_groups(here, {**_by_sun(traffic), **_by_cloud(traffic)})


def crossed(here: Case) -> Iterator[str]:
    """Pd by sun and cloud together: of few worlds, most of its cells hold a handful of changes."""
    by_sun = _by_sun(with_traffic(here))
    return _in_groups(
        here, {f"{sun}, {cloud}": both for sun, some in by_sun.items() for cloud, both in _by_cloud(some).items()}
    )


def _in_groups(here: Case, groups: dict[str, Case]) -> Iterator[str]:
    at = threshold(here, USUAL)
    width = max([24, *(len(name) + 3 for name in groups)])
    yield _wide("", list(groups), width)
    yield _wide("worlds", [str(len(worlds)) for worlds in groups.values()], width)
    for size in reversed(SIZES):
        picked = [told(worlds, alone(size)) for worlds in groups.values()]
        yield _wide(size, [f"{share(found(some, at), len(some))} n={len(some)}" for some in picked], width)


def _wide(name: str, cells: Sequence[str], width: int) -> str:
    return (f"{name:10}" + "".join(f"{cell:{width}}" for cell in cells)).rstrip()


def _by_sun(traffic: Case) -> dict[str, Case]:
    """In thirds, or all together where there are fewer than three worlds."""
    if len(traffic) < 3:
        return {"all suns": traffic} if traffic else {}
    edges = np.quantile([one.sun for one in traffic], (0, 1 / 3, 2 / 3, 1))
    third = np.searchsorted(edges[1:-1], [one.sun for one in traffic])
    return {
        f"sun {edges[n]:.0f}-{edges[n + 1]:.0f} deg": [one for one, own in zip(traffic, third, strict=True) if own == n]
        for n in range(3)
    }


def _by_cloud(traffic: Case) -> dict[str, Case]:
    return {
        f"{CLOUDY:.0%} or more hidden": [one for one in traffic if one.hidden >= CLOUDY],
        "clear": [one for one in traffic if one.hidden < CLOUDY],
    }


def false_alarms(here: Case) -> Iterator[str]:
    """How many a run reports by default, how many were promised, and what lies under them."""
    without, traffic, usual = nulls(here), with_traffic(here), threshold(here, USUAL).score
    for name, some in (("without traffic", without), ("beside traffic", traffic)):
        if some:
            count = sum(wrong.reported for one in some for wrong in one.wrong)
            expected = sum(one.km2 * one.promise.rate for one in some)
            yield f"reported by default, {name}: {realised(count, expected, area(some))}"
    for rate in PROMISES if without else ():
        yield f"promised {rate:g} or rarer, without traffic: {realised(*promised(without, rate), area(without))}"
    yield f"reported by default, without traffic, they lie on: {_lying(without, lambda wrong: wrong.reported)}"
    yield f"reported by default, beside traffic, they lie on: {_lying(traffic, lambda wrong: wrong.reported)}"
    above = f"score above {usual:.2f}" if usual else "all claims"
    yield f"{above}, without traffic, they lie on: {_lying(without, lambda wrong: wrong.claim.score > usual)}"


def realised(count: int, expected: float, km2: float) -> str:
    """A rate of false alarms with its 95 % interval, and what of the promised rate that is."""
    low, high = poisson(count)
    line = f"{count} in {km2:.0f} km2 x pass = {count / km2:.3f} ({low / km2:.3f}-{high / km2:.3f})"
    if expected <= 0:
        return line
    ratio = f"{count / expected:.2f} ({low / expected:.2f}-{high / expected:.2f})"
    return f"{line}; promised {expected / km2:.3f}, realised / promised {ratio}"


def _lying(some: Case, wanted: Callable[[Wrong], bool]) -> str:
    on = Counter(wrong.on for one in some for wrong in one.wrong if wanted(wrong))
    return ", ".join(f"{kind} {count}" for kind, count in on.most_common()) or "-"


def poisson(count: int) -> tuple[float, float]:
    """95 % interval of an expected count (Garwood, Biometrika 28 (1936) 437-442)."""
    from scipy.stats import chi2

    return (float(chi2.ppf(0.025, 2 * count)) / 2 if count else 0.0), float(chi2.ppf(0.975, 2 * count + 2)) / 2


def measured(here: Case) -> Iterator[str]:
    """Kind, bracket, place, length and heading of what was found."""
    at, traffic = threshold(here, USUAL), with_traffic(here)
    yield f"{'':17}{'found':>5}  {'kind right':18}{'bracket right':18}" + "   place  length  heading  within 15 deg"
    for size in reversed(SIZES):
        hits = [one for one in told(traffic, alone(size)) if at.finds(one)]
        yield (_described(size, hits) + (_off(hits) if size in LARGE and hits else "")).rstrip()
    name = "replacement in one bracket"
    yield _described("replacements", [one for one in told(traffic, OTHERS[name]) if at.finds(one)]).rstrip()


def _described(name: str, hits: Sequence[Told]) -> str:
    kinds = sum(one.claim is not None and one.claim.kind == one.change.kind for one in hits)
    brackets = sum(same_bracket(one) for one in hits)
    return f"{name:17}{len(hits):5}  {share(kinds, len(hits)):18}{share(brackets, len(hits)):18}"


def _off(hits: Sequence[Told]) -> str:
    off = errors(hits)
    return f"{off.place_m:6.1f} m{off.length:8.0%}{off.heading_deg:5.0f} deg{off.heading_right:15.2f}"


def same_bracket(one: Told) -> bool:
    """Whether the claim names the two looks between which it happened."""
    return one.claim is not None and (one.claim.before, one.claim.after) == (one.change.before, one.change.after)


def beside_peers(here: Case) -> Iterator[str]:
    """Pd of every method at its own threshold for the same rate, and what is gained over three of them."""
    traffic = with_traffic(here)
    at = [threshold(here, USUAL, method) for method in (OURS, *PEERS)]
    yield f"{'':10}{'n':>4}  " + "".join(f"{one.method + one.mark:21}" for one in at).rstrip()
    for size in reversed(SIZES):
        changes = told(traffic, alone(size))
        cells = [share(found(changes, one), len(changes)) for one in at]
        yield f"{size:10}{len(changes):4}  " + "".join(f"{cell:21}" for cell in cells).rstrip()
    heavy = told(traffic, alone(HEAVY))
    if heavy:
        gains = {
            one.method: (found(heavy, at[0]) - found(heavy, one)) / len(heavy) for one in at if one.method in RIVALS
        }
        yield f"gain in Pd at {HEAVY} over " + ", ".join(f"{name} {gain:+.2f}" for name, gain in gains.items())


def cost(watched: Sequence[Watched]) -> Iterator[str]:
    """CPU seconds of a pass, and memory."""
    passes = sum(one.passes for one in watched)
    if not passes:
        return
    total = {part: sum(one.seconds[part] for one in watched) for part in ("simulation", "detection", "peers")}
    parts = ", ".join(f"{part} {seconds / passes:.2f}" for part, seconds in total.items())
    memory = max(one.peak_mib for one in watched)
    yield f"CPU seconds per pass of 3 km x 3 km: {parts}; largest process {memory:.0f} MiB"
    yield f"{len(watched)} worlds, {passes} passes, {sum(total.values()):.0f} CPU seconds"


BY_LIGHT = f"2. Pd by sun and cloud, at {USUAL:g} false alarms per km2 and pass"
TABLES: dict[str, Callable[[Case], Iterator[str]]] = {
    "1. Pd by size, one aircraft on a stand of its own unless said otherwise": detection,
    BY_LIGHT: marginals,
    "3. False alarms": false_alarms,
    f"4. What was said of changes found, at {USUAL:g} false alarms per km2 and pass (root mean squares)": measured,
    f"5. Pd beside other methods, each at {USUAL:g} false alarms per km2 and pass": beside_peers,
}
