"""A message in words: its title, and a plain text that is read once, from the top to the bottom."""

from collections.abc import Iterable, Sequence

from imagery_watch.model import Hit
from imagery_watch.outputs.alerts.message import (
    Composed,
    HitItem,
    Message,
    Phase,
    TroubleItem,
    Turn,
    dump_message,
    list_airfields,
    list_credits,
)
from imagery_watch.outputs.wording.doubts import summarise
from imagery_watch.outputs.wording.text import clean, minutes

PROGRAM = "imagery_watch"
MOST_NAMED = 5
"""Airfields that a title names."""
MOST_TOLD = 50
"""Hits of one turn that the text spells out; the JSON has all."""
HEADS: dict[Turn, str] = {
    "new": "New",
    "withdrawn": "Taken back: with what has been seen since, these no longer come out",
    "came back": "Come back: these were taken back, and come out again",
}
COUNTED: dict[Turn, str] = {"new": "new hit", "withdrawn": "hit taken back", "came back": "hit come back"}
PHASES: dict[Phase, str] = {"began": "since", "goes on": "still, since", "ended": "over; it began"}
CAVEAT = (
    "Each hit is a change consistent with an aircraft, not a sighting of one. Check the pictures and other sources "
    "before you publish."
)
TRIAL = "This is a trial: nothing was found, and nothing is wrong. It shows that this channel works."


def write_message(message: Message) -> Composed:
    """The message with its words."""
    title, text = write_title(message), write_text(message)
    return Composed(message.id, dump_message(message, title, text))


def write_title(message: Message) -> str:
    """`imagery_watch: 2 new hits (EDBF, LIPB)`, on one line."""
    if message.is_trial:
        return f"{PROGRAM}: a trial"
    parts = [_count(message.told_as(turn), words) for turn, words in COUNTED.items() if message.told_as(turn)]
    begun = [one for one in message.troubles if one.phase != "ended"]
    over = [one for one in message.troubles if one.phase == "ended"]
    parts += [f"trouble: {_subjects(begun)}"] if begun else []
    parts += [f"over: {_subjects(over)}"] if over else []
    return clean(f"{PROGRAM}: {'; '.join(parts)}")


def _count(items: Sequence[HitItem], words: str) -> str:
    noun, _, rest = words.partition("hit")
    return f"{len(items)} {noun}hit{'' if len(items) == 1 else 's'}{rest} ({_named(list_airfields(items))})"


def _subjects(troubles: Iterable[TroubleItem]) -> str:
    return _named([one.subject for one in troubles])


def _named(names: Sequence[str]) -> str:
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return ", ".join(names[:MOST_NAMED]) + more


def write_text(message: Message) -> str:
    """All that a message tells, in lines."""
    lines = [TRIAL, ""] if message.is_trial else []
    for turn, head in HEADS.items():
        items = message.told_as(turn)
        lines += [head, *(f"- {tell_hit(one)}" for one in items[:MOST_TOLD])] if items else []
        lines += [f"- and {len(items) - MOST_TOLD} more"] if len(items) > MOST_TOLD else []
        lines += [""] if items else []
    if message.troubles:
        lines += [
            "What keeps the watch from looking, or telling",
            *(f"- {tell_trouble(one)}" for one in message.troubles),
        ]
        lines.append("")
    lines += [tell_late(message.late), ""] if message.late else []
    lines += [CAVEAT, *map(clean, list_credits(message.hits)), ""] if message.hits else []
    return "\n".join([*lines, f"Message {message.id}, composed {minutes(message.composed_at)} UTC", ""])


def tell_hit(item: HitItem) -> str:
    """One hit on a line: its sentence, score, place and names."""
    hit, place = item.hit, f"{item.hit.lat:.5f}, {item.hit.lon:.5f}"
    told = f"{tell_simulated(hit)}{hit.airfield}: {summarise(hit)}"
    return clean(f"{told} Score {hit.score:.1f}; {place}; {hit.id}, revision {item.revision}")


def tell_simulated(hit: Hit) -> str:
    """`Simulated: ` before what is said of a hit in imagery that was made, lest anybody take it for news."""
    return "Simulated: " if hit.simulated else ""


def tell_trouble(item: TroubleItem) -> str:
    """One trouble on a line: what, since when, and whether it is over."""
    over = "" if item.ended_at is None else f", ended {minutes(item.ended_at)} UTC"
    return clean(f"{item.subject} ({PHASES[item.phase]} {minutes(item.since)} UTC{over}): {item.text}")


def tell_late(number: int) -> str:
    """How many late finds there were, which are no news."""
    found = "1 late find" if number == 1 else f"{number} late finds"
    return f"Also {found}, in looks that were told of before: no news; the feed and late-finds/ have them."
