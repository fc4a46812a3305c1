"""What speaks against a hit, as evidence of it: said once, so that whoever tells the hit has it at hand."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from imagery_watch.model import Dossier, Evidence, Hit, Stay

LIGHT_CURVE, UNDECIDED = "light curve", "same_object_undecided"
PLANTED, FALSE = "what was planted", "false"
"""Sources of evidence, and the states that they have."""
ALIKE_SHARE = 0.8
"""Of an object's signal, from which what stands on the other side of a replacement looks like the same again."""


def note_doubts(hits: Iterable[Hit], stays: Sequence[Stay], dossiers: Sequence[Dossier]) -> tuple[Hit, ...]:
    """The hits, those replacements that may be one and the same object with evidence that says so."""
    curves = {one.stay_id: one for one in dossiers}
    noted = []
    for hit in hits:
        said = _doubt_replacement(hit, stays, curves) if hit.kind == "replacement" else ""
        more = (Evidence(LIGHT_CURVE, UNDECIDED, said),) if said else ()
        noted.append(replace(hit, evidence=(*hit.evidence, *more)))
    return tuple(noted)


def _doubt_replacement(hit: Hit, stays: Sequence[Stay], curves: dict[str, Dossier]) -> str:
    """That a look beyond a replacement shows the same again, where one does; empty where none does."""
    told = []
    for stay in stays:
        before = stay.arrival_hit == hit.id
        if (before or stay.departure_hit == hit.id) and stay.id in curves:
            beyond = hit.before_pass if before else hit.after_pass
            told += [_tell_share(before, one.share) for one in curves[stay.id].curve if one.pass_id == beyond]
    alike = " and ".join(filter(None, told))
    if not alike:
        return ""
    return (
        f"Undecided: a replacement, or one and the same object. {alike[0].upper()}{alike[1:]}: one and the same "
        "object, seen a little differently, cannot be ruled out."
    )


def _tell_share(before: bool, share: float | None) -> str:
    """What one look shows of the object on the other side of the change; empty where that is too little."""
    if share is None or share < ALIKE_SHARE:
        return ""
    if before:
        return f"the look before it already shows {100 * share:.0f} % of the signal of what stands there after it"
    return f"the look after it still shows {100 * share:.0f} % of the signal of what stood there before it"


def deny_hit(hit: Hit) -> Hit:
    """The hit with evidence that nothing of the kind was planted: it is known to be false."""
    said = f"Known from what was planted: this {hit.kind} is false, for nothing planted came or left then."
    return replace(hit, evidence=(*hit.evidence, Evidence(PLANTED, FALSE, said)))


def tell_doubt(hit: Hit) -> str:
    """Why it is undecided whether anything was replaced; empty where that is not in doubt."""
    return _tell(hit, LIGHT_CURVE, UNDECIDED)


def summarise(hit: Hit) -> str:
    """The hit's sentence, and behind it its doubt, where there is one."""
    return " ".join(filter(None, (hit.summary, tell_doubt(hit))))


def tell_denial(hit: Hit) -> str:
    """That the hit is known to be false; empty where that is not known."""
    return _tell(hit, PLANTED, FALSE)


def _tell(hit: Hit, source: str, state: str) -> str:
    return " ".join(one.statement for one in hit.evidence if (one.source, one.state) == (source, state))


def list_others(hit: Hit) -> tuple[Evidence, ...]:
    """The evidence of a hit that is neither its doubt nor its denial."""
    return tuple(
        one for one in hit.evidence if (one.source, one.state) not in ((LIGHT_CURVE, UNDECIDED), (PLANTED, FALSE))
    )


def join_undecided(stay: Stay, hits: Iterable[Hit], stays: Sequence[Stay]) -> Stay:
    """The stay with those before and after it that may be of one and the same object; itself where none may be."""
    undecided = {hit.id for hit in hits if tell_doubt(hit)}
    arrivals: dict[str | None, Stay] = {one.arrival_hit: one for one in stays if one.arrival_hit in undecided}
    departures: dict[str | None, Stay] = {one.departure_hit: one for one in stays if one.departure_hit in undecided}
    first = last = stay
    while (earlier := departures.get(first.arrival_hit)) is not None and earlier.seen_from < first.seen_from:
        first = earlier
    while (later := arrivals.get(last.departure_hit)) is not None and later.seen_to > last.seen_to:
        last = later
    return replace(
        stay,
        arrival_hit=first.arrival_hit,
        not_before=first.not_before,
        seen_from=first.seen_from,
        departure_hit=last.departure_hit,
        not_after=last.not_after,
        seen_to=last.seen_to,
    )
