"""From the record's outbox to one message a sweep and channel: what is news to it, and what is passed over."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from secrets import token_hex

from imagery_watch.model import judge
from imagery_watch.outputs.alerts.config import ChannelConfig
from imagery_watch.outputs.alerts.message import Fate, HitItem, Message, TroubleItem, Turn, judge_fate
from imagery_watch.outputs.alerts.words import write_message
from imagery_watch.outputs.store.clock import AHEAD
from imagery_watch.outputs.store.message_store import Kept, MessageStore, Told
from imagery_watch.outputs.store.store import Store, Waiting
from imagery_watch.outputs.store.trouble_store import EVERYWHERE, Silence, ToldTrouble, Trouble, TroubleStore
from imagery_watch.outputs.terminal.sweep_table import FOLDERS
from imagery_watch.outputs.wording.summaries import say_standing
from imagery_watch.outputs.wording.text import slug

EVER = datetime.min.replace(tzinfo=UTC)
REMEMBERED = timedelta(days=30)
"""The end of a trouble that nobody could be told of for so long is no news any more."""
CHANNEL = "channel "
"""How the subject of a channel in trouble begins."""
NEVER_TOLD = Told(None, False)
TURNS: dict[Fate, Turn] = {"new": "new", "withdrawn": "withdrawn", "came back": "came back"}
"""The fates that are told."""


def compose(store: Store, channel: ChannelConfig, repeat: timedelta, now: datetime, out: Path) -> bool:
    """Composes a channel's message from what waits for it, and keeps it; returns whether there was one.

    What the channel will not hear of leaves its outbox. Within the cool-down nothing is composed, and all of it waits.
    """
    messages = MessageStore.over(store)
    waiting = store.outbox(channel.name)
    told = messages.list_told(channel.name, [one.hit.id for one in waiting])
    silences = TroubleStore.over(store).list_silences(now)
    rejected = {hit for hit, said in store.reviews().items() if judge(said) == "rejected"} if waiting else set()
    fates = [(one, choose_fate(one, told.get(one.hit.id, NEVER_TOLD), channel, silences)) for one in waiting]
    fates = [(one, "quiet" if one.hit.id in rejected and fate in ("new", "came back") else fate) for one, fate in fates]
    messages.hold_back(channel.name, [_key(one) for one, fate in fates if fate == "quiet"], now)
    if cools_down(channel, messages.find_last_composed(channel.name), now):
        return False
    troubles = _plan(TroubleStore.over(store), channel, silences, repeat, now)
    items = tuple(_item(one, TURNS[fate], out) for one, fate in fates if fate in TURNS)
    late = [one for one, fate in fates if fate == "late"]
    message = Message(token_hex(16), channel.name, now, items, len(late), troubles)
    if message.is_empty:
        return False
    keys = [_key(one) for one, fate in fates if fate not in ("quiet", "wait")]
    kept = Kept(message.id, channel.name, write_message(message).body, now, 0, now, "")
    messages.keep(kept, keys, {(one.subject, one.since): one.phase == "ended" for one in troubles})
    return True


def cools_down(channel: ChannelConfig, last: datetime | None, now: datetime) -> bool:
    """Whether a channel's last message is too fresh for another."""
    wait = timedelta(hours=channel.cool_down_hours)
    return bool(wait) and last is not None and now - last < wait  # without one, not even where the clock was put back


def choose_fate(one: Waiting, told: Told, channel: ChannelConfig, silences: Sequence[Silence]) -> Fate:
    """What becomes of a waiting hit: told as something, counted as late, passed over, or left to wait.

    Passed over is what is not for this channel, and what is new while its airfield is silenced. What was told and
    turned waits for the end of the silence: nobody is to believe for ever in a hit that was taken back.
    """
    if "hits" not in channel.tell or not channel.hears_of(one.hit.airfield):
        return "quiet"
    fate = judge_fate(one.hit, one.revision, told)
    if any(silence.covers(one.hit.airfield) for silence in silences):
        return "wait" if fate in ("withdrawn", "came back") else "quiet"
    return fate


def _key(one: Waiting) -> tuple[str, int]:
    return one.hit.id, one.revision


def _item(one: Waiting, turn: Turn, out: Path) -> HitItem:
    """The hit as it is told, with the path of its picture below the outputs, where there is one."""
    name = slug(one.hit.id)
    paths = (f"{FOLDERS['new']}/{name}.png", f"{FOLDERS['changed']}/{name}.png", f"{one.hit.airfield}/chips/{name}.png")
    chip = next((path for path in paths if (out / path).is_file()), None)
    return HitItem(turn, one.revision, replace(say_standing(one.hit), chip=chip), one.credit)


def _plan(
    store: TroubleStore, channel: ChannelConfig, silences: Sequence[Silence], repeat: timedelta, now: datetime
) -> tuple[TroubleItem, ...]:
    if "troubles" not in channel.tell:
        return ()
    every = store.list_troubles(ended_since=now - REMEMBERED)
    heard = [one for one in every if hears_of_trouble(channel, one.subject, silences)]
    if not heard:
        return ()
    since = min(one.since for one in heard) - AHEAD  # by a clock that was put back it is told before it began
    told = store.list_told_troubles(channel.name, since if all(one.since <= now + AHEAD for one in heard) else EVER)
    return plan_troubles(heard, told, repeat, now)


def hears_of_trouble(channel: ChannelConfig, subject: str, silences: Iterable[Silence]) -> bool:
    """Whether a channel is told of a trouble: not of its own, and not of an airfield that is silenced, or not its."""
    kind, _, name = subject.partition(" ")
    if kind in ("airfield", "sight"):
        return channel.hears_of(name) and not any(one.covers(name) for one in silences)
    return subject != f"{CHANNEL}{channel.name}" and not any(one.airfield == EVERYWHERE for one in silences)


def plan_troubles(
    troubles: Iterable[Trouble], told: Sequence[ToldTrouble], repeat: timedelta, now: datetime
) -> tuple[TroubleItem, ...]:
    """What is told of troubles now: a beginning once, what goes on after each `repeat`, an end once if it was begun.

    That it goes on is told where this sweep saw it: nobody is to be reminded of an airfield that is no longer watched.
    """
    items = []
    for one in troubles:
        is_seen = one.last_seen >= now or one.subject.startswith(CHANNEL)  # which is seen behind the composing
        mine = [each for each in told if (each.subject, each.since) == (one.subject, one.since)]
        if one.ended_at is None and not mine:
            items.append(TroubleItem(one.subject, one.since, "began", one.text))
        elif one.ended_at is None and is_seen and now - mine[-1].told_at >= repeat:
            items.append(TroubleItem(one.subject, one.since, "goes on", one.text))
        elif one.ended_at is not None and mine and mine[-1].phase != "ended":
            items.append(TroubleItem(one.subject, one.since, "ended", one.text, one.ended_at))
    return tuple(items)
