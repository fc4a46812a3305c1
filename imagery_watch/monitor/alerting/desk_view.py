"""What a person sees of the alerts between two sweeps, and the silences that a person makes and ends."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from imagery_watch.monitor.alerting.troubles import tell_sight
from imagery_watch.outputs.alerts.config import ChannelConfig, read_config
from imagery_watch.outputs.store.message_store import Kept, MessageStore
from imagery_watch.outputs.store.store import Store, open_store, read_store
from imagery_watch.outputs.store.trouble_store import Silence, Trouble, TroubleStore
from imagery_watch.outputs.terminal.layout import Sheet
from imagery_watch.outputs.wording.text import iso, minutes


@dataclass(frozen=True)
class ChannelView:
    """One channel, and what waits for it."""

    name: str
    kind: str
    """Empty: it is no longer configured."""
    airfields: tuple[str, ...]
    waiting: tuple[Kept, ...]
    unsent_hits: int
    """Hits that no message holds yet."""

    @property
    def last_error(self) -> str:
        """Why the oldest message that failed was not taken."""
        return next((one.last_error for one in self.waiting if one.last_error), "")

    @property
    def next_try_at(self) -> datetime | None:
        """When the next sweep may try again."""
        return min((one.next_try_at for one in self.waiting), default=None)

    def as_dict(self) -> dict[str, Any]:
        """For `--json`."""
        return {
            "channel": self.name,
            "kind": self.kind or None,
            "airfields": list(self.airfields),
            "messages_waiting": len(self.waiting),
            "hits_waiting": self.unsent_hits,
            "next_try_at": None if self.next_try_at is None else iso(self.next_try_at),
            "last_error": self.last_error,
        }


@dataclass(frozen=True)
class DeskView:
    """Channels, silences, troubles, and how well each airfield can be seen."""

    channels: tuple[ChannelView, ...] = ()
    silences: tuple[Silence, ...] = ()
    troubles: tuple[Trouble, ...] = ()
    sights: tuple[tuple[str, str], ...] = ()
    """Airfield and words."""

    def as_dict(self) -> dict[str, Any]:
        """For `--json`."""
        return {
            "channels": [one.as_dict() for one in self.channels],
            "silences": [
                {
                    "airfield": one.airfield or None,
                    "note": one.note,
                    "since": iso(one.made_at),
                    "until": iso(one.ends_at),
                }
                for one in self.silences
            ],
            "troubles": [
                {"subject": one.subject, "since": iso(one.since), "text": one.text, "last_seen": iso(one.last_seen)}
                for one in self.troubles
            ],
            "sights": [{"airfield": airfield, "text": text} for airfield, text in self.sights],
        }

    def table(self) -> Sheet:
        """One row a channel."""
        rows = [
            (one.name, one.kind or "not configured", ", ".join(one.airfields) or "all", str(len(one.waiting) or ""),
             "" if one.next_try_at is None else minutes(one.next_try_at), one.last_error)
            for one in self.channels
        ]  # fmt: skip
        return Sheet(("Channel", "Kind", "Airfields", "Waiting", "Next try (UTC)", "Last error"), tuple(rows))

    def list_lines(self) -> list[str]:
        """Silences, troubles and sights, a sentence each."""
        lines = [] if self.channels else ["no channel is configured (docs/alerts.md)"]
        lines += [
            f"silence: {one.airfield or 'all airfields'} until {minutes(one.ends_at)} UTC: {one.note}"
            for one in self.silences
        ]
        lines += [f"trouble: {one.subject} since {minutes(one.since)} UTC: {one.text}" for one in self.troubles]
        return [*lines, *(f"{airfield}: {text}" for airfield, text in self.sights)]


def view_desk(home: Path, now: datetime) -> DeskView:
    """What there is to see; the record is only read. Raises UsageError for a bad configuration, StoreError."""
    config = read_config(home)
    with read_store(home) as store:
        if store is None:
            return DeskView(tuple(_view(one, (), 0) for one in config.channel))
        return _view_record(store, config.channel, now)


def _view_record(store: Store, configured: tuple[ChannelConfig, ...], now: datetime) -> DeskView:
    messages, troubles = MessageStore.over(store), TroubleStore.over(store)
    waiting: dict[str, list[Kept]] = {one.name: [] for one in configured}
    for kept in messages.list_waiting():
        waiting.setdefault(kept.channel, []).append(kept)
    known = {one.name: one for one in configured}
    views = [
        _view(known[name], kept, len(store.outbox(name)))
        if name in known
        else ChannelView(name, "", (), tuple(kept), 0)
        for name, kept in waiting.items()
    ]
    going_on = troubles.list_troubles()
    blind = {one.subject.removeprefix("sight "): one.text for one in going_on if one.subject.startswith("sight ")}
    sights = [(name, tell_sight(troubles.list_seen(name), blind.get(name, ""))) for name in troubles.list_recorded()]
    return DeskView(tuple(views), tuple(troubles.list_silences(now)), tuple(going_on), tuple(sights))


def _view(config: ChannelConfig, waiting: list[Kept] | tuple[Kept, ...], hits: int) -> ChannelView:
    return ChannelView(config.name, config.kind, config.airfields, tuple(waiting), hits)


def make_silence(home: Path, airfield: str, note: str, now: datetime, ends: datetime) -> None:
    """Silences an airfield, or all where it is empty. Raises LockedError, StoreError."""
    from imagery_watch.monitor.sweep import locked

    with locked(home), open_store(home) as store:
        TroubleStore.over(store).silence(airfield, note, now, ends)


def end_silences(home: Path, airfield: str, now: datetime) -> int:
    """Ends an airfield's silences, or those of all; returns how many. Raises LockedError, StoreError."""
    from imagery_watch.monitor.sweep import locked

    with locked(home), open_store(home) as store:
        return TroubleStore.over(store).unsilence(airfield, now)
