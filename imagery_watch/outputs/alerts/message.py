"""What a channel is told in one message: composed once from what waits, and the same ever after."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, Literal

from imagery_watch.model import Hit
from imagery_watch.outputs.files.hits_geojson import hit_feature, parse_hit
from imagery_watch.outputs.store.message_store import Told
from imagery_watch.outputs.values import moment
from imagery_watch.outputs.wording.text import iso

Turn = Literal["new", "withdrawn", "came back"]
Phase = Literal["began", "goes on", "ended"]
Passed = Literal["late", "quiet", "wait"]
"""Counted only; passed over for good; or left to wait."""
Fate = Turn | Passed


@dataclass(frozen=True)
class HitItem:
    """One hit that is told."""

    turn: Turn
    revision: int
    hit: Hit
    credit: str
    """The credits owed for its imagery and shapes."""


@dataclass(frozen=True)
class TroubleItem:
    """One trouble that is told."""

    subject: str
    """What is in trouble: `catalogue NAME`, `airfield ID`, `sight ID`, `channel NAME`."""
    since: datetime
    phase: Phase
    text: str
    ended_at: datetime | None = None


@dataclass(frozen=True)
class Message:
    """One message to one channel."""

    id: str
    """Its own for ever: whoever gets it twice can tell."""
    channel: str
    composed_at: datetime
    hits: tuple[HitItem, ...] = ()
    late: int = 0
    """Late finds since the last message: no news, so they are counted only."""
    troubles: tuple[TroubleItem, ...] = ()
    is_trial: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to tell; late finds alone are nothing."""
        return not (self.hits or self.troubles or self.is_trial)

    def told_as(self, turn: Turn) -> list[HitItem]:
        """The hits of one turn."""
        return [one for one in self.hits if one.turn == turn]


def judge_fate(hit: Hit, revision: int, earlier: Told) -> Fate:
    """What a channel is to hear of a hit that waits for it.

    Each revision after the first turns a standing hit into a withdrawn one, or back: what turned twice since it was
    told of is as it was. Of what was never told to a channel it need not hear that it was taken back.
    """
    if earlier.revision is not None:
        turned = (revision - earlier.revision) % 2 == 1
        return "quiet" if not turned or hit.late else "withdrawn" if hit.status == "withdrawn" else "came back"
    if hit.status == "withdrawn" or earlier.held_back:
        return "quiet"
    return "late" if hit.late else "new"


def dump_message(message: Message, title: str, text: str) -> str:
    """The message as JSON: what is kept, and what a webhook sends, to the last byte."""
    told = {
        "id": message.id,
        "kind": "trial" if message.is_trial else "digest",
        "channel": message.channel,
        "composed_at": iso(message.composed_at),
        "title": title,
        "text": text,
        "hits": [_hit_dict(one) for one in message.hits],
        "late_finds": message.late,
        "troubles": [_trouble_dict(one) for one in message.troubles],
    }
    return json.dumps(told, ensure_ascii=False, allow_nan=False)


def _hit_dict(item: HitItem) -> dict[str, Any]:
    told = {"id": item.hit.id, "revision": item.revision, "turn": item.turn}
    return told | {"attribution": item.credit, "feature": hit_feature(item.hit)}


def _trouble_dict(item: TroubleItem) -> dict[str, Any]:
    ended = None if item.ended_at is None else iso(item.ended_at)
    return {
        "subject": item.subject,
        "since": iso(item.since),
        "phase": item.phase,
        "text": item.text,
        "ended_at": ended,
    }


@dataclass(frozen=True)
class Composed:
    """A message with its words, as it is kept and sent."""

    id: str
    body: str
    """All of it as JSON, as it was composed."""

    @cached_property
    def told(self) -> dict[str, Any]:
        """What the JSON says."""
        return dict(json.loads(self.body))

    @property
    def title(self) -> str:
        """What it is about, on one line."""
        return str(self.told["title"])

    @property
    def text(self) -> str:
        """All of it in words."""
        return str(self.told["text"])

    @cached_property
    def message(self) -> Message:
        """What it tells. Raises ValueError, KeyError or TypeError where the JSON is none of a message."""
        told = self.told
        hits = (
            HitItem(one["turn"], one["revision"], parse_hit(one["feature"], {}), one["attribution"])
            for one in told["hits"]
        )
        return Message(
            id=told["id"],
            channel=told["channel"],
            composed_at=moment(told["composed_at"]),
            hits=tuple(hits),
            late=told["late_finds"],
            troubles=tuple(_parse_trouble(one) for one in told["troubles"]),
            is_trial=told["kind"] == "trial",
        )


def _parse_trouble(told: dict[str, Any]) -> TroubleItem:
    ended = None if told["ended_at"] is None else moment(told["ended_at"])
    return TroubleItem(told["subject"], moment(told["since"]), told["phase"], told["text"], ended)


def list_airfields(items: Iterable[HitItem]) -> list[str]:
    """Ids of the hits' airfields, each once, sorted."""
    return sorted({one.hit.airfield for one in items})


def list_credits(items: Sequence[HitItem]) -> list[str]:
    """The hits' credits, each once, in their order."""
    return list(dict.fromkeys(one.credit for one in items if one.credit))
