"""All that a sweep tells: opened before it begins, so that a bad configuration is said first; concluded behind it."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from pydantic import SecretStr

from imagery_watch.errors import StoreError, UsageError
from imagery_watch.monitor.alerting.channels import Means, Opened, check_groups, open_all
from imagery_watch.monitor.alerting.composing import CHANNEL, compose
from imagery_watch.monitor.alerting.heart import FILE as HEARTBEAT
from imagery_watch.monitor.alerting.heart import Pulse, beating
from imagery_watch.monitor.alerting.sending import send_due
from imagery_watch.monitor.alerting.troubles import find_troubles, judge_sight
from imagery_watch.monitor.dispatch import clear_leftovers
from imagery_watch.outputs.alerts.config import AlertsConfig, read_config
from imagery_watch.outputs.alerts.feed import MOST_ENTRIES, write_feed
from imagery_watch.outputs.alerts.results import AlertsResult, ChannelResult
from imagery_watch.outputs.alerts.secret import find_secret
from imagery_watch.outputs.files.atomic import write_bytes
from imagery_watch.outputs.store.clock import ClockStore
from imagery_watch.outputs.store.message_store import MessageStore
from imagery_watch.outputs.store.store import Store
from imagery_watch.outputs.store.trouble_store import TroubleStore
from imagery_watch.outputs.terminal.sweep_table import Outcome
from imagery_watch.sensors.registry import find_sensor
from imagery_watch.settings import Settings
from imagery_watch.sources.network.outgoing import check_address, open_exchange

FEED = "feed.atom"
FEED_TROUBLE = "feed"
"""The subject of a feed that cannot be written."""
Clock = Callable[[], datetime]


@dataclass(frozen=True)
class Desk:
    """Who is told, and by what means."""

    config: AlertsConfig
    means: Means
    channels: tuple[Opened, ...]

    @property
    def feed(self) -> Path:
        """Where the feed is written."""
        path = self.config.feed.path
        return self.means.out / FEED if path is None else self.means.settings.home / path.expanduser()

    def beating(self, now: datetime) -> AbstractContextManager[Pulse]:
        """The pulse of a sweep that begins now."""
        path = find_heartbeat(self.config, self.means.settings.home)
        clear_leftovers(path.parent, self.feed.parent, self.means.out)
        url, lack = self._find_ping()
        return beating(Pulse(path, self.means.exchange, url, now, lack), self.means.clock)

    def _find_ping(self) -> tuple[SecretStr | None, str]:
        """The address of pings, where there is one; else why it cannot be used."""
        try:
            url = find_secret(self.config.heartbeat, "ping_url", self.means.environment, self.means.settings.home)
            if url is not None:
                check_address(url.get_secret_value(), "ping_url")
        except UsageError as error:
            return None, str(error)
        return url, ""

    def greet(self, store: Store, now: datetime) -> None:
        """Has channels that are new begin with what is found from now on, and mends what a wrong clock noted."""
        ClockStore.over(store).mend_times(now)
        MessageStore.over(store).greet((one.config.name for one in self.channels), now)

    def conclude(
        self, store: Store, outcomes: Sequence[Outcome], catalog: str, *, is_whole: bool = False
    ) -> AlertsResult:
        """Notes troubles, composes and sends what there is to tell, and writes the feed. Raises StoreError.

        `is_whole`: the sweep was over all that is watched, so that what it does not speak of is no trouble any more.
        """
        clock = self.means.clock
        now, messages, troubles = clock(), MessageStore.over(store), TroubleStore.over(store)
        note_troubles(troubles, outcomes, catalog, now)
        if is_whole:
            end_unwatched(troubles, outcomes, catalog, now)
        self._note_lacks(troubles, now)
        self._write_feed(messages, troubles, now)
        repeat = timedelta(hours=self.config.troubles.repeat_hours)
        composed = [compose(store, one.config, repeat, now, self.means.out) for one in self.channels]
        results = tuple(
            send_due(messages, one, clock, composed=told) for one, told in zip(self.channels, composed, strict=True)
        )
        for result in results:
            _note_channel(troubles, result, now)
        going_on = tuple((one.subject, one.text) for one in troubles.list_troubles())
        return AlertsResult(results, going_on, str(self.feed))

    def _note_lacks(self, store: TroubleStore, now: datetime) -> None:
        """Channels that cannot be opened are in trouble; one that is no longer configured is in none."""
        names = {f"{CHANNEL}{one.config.name}" for one in self.channels}
        for known in store.list_troubles():
            if known.subject.startswith(CHANNEL) and known.subject not in names:
                store.end_trouble(known.subject, now)
        for one in self.channels:
            if one.lack:
                store.note_trouble(f"{CHANNEL}{one.config.name}", one.lack, now)

    def _write_feed(self, store: MessageStore, troubles: TroubleStore, now: datetime) -> None:
        """Writes the feed; one that cannot be written is a trouble, and holds up no message. Raises StoreError."""
        began = store.find_beginning()
        if began is None:
            return
        content = write_feed(store.list_fed(MOST_ENTRIES), began, self.config.feed.url)
        try:
            write_bytes(self.feed, content)
        except StoreError as error:
            troubles.note_trouble(FEED_TROUBLE, str(error), now)
        else:
            troubles.end_trouble(FEED_TROUBLE, now)


def find_heartbeat(config: AlertsConfig, home: Path) -> Path:
    """Where the heartbeat is written."""
    named = config.heartbeat.file
    return home / (HEARTBEAT if named is None else named.expanduser())


def open_desk(settings: Settings, out: Path, environment: Mapping[str, str], clock: Clock) -> Desk:
    """What `alerts.toml` asks for, as far as it can be had. Raises UsageError for what it cannot mean.

    What cannot be opened (a secret is not set, a package is missing) is a trouble of the sweep, not its end.
    """
    config = read_config(settings.home)
    check_groups(config, settings.home)
    means = Means(settings, environment, out, open_exchange(settings), clock)
    return Desk(config, means, open_all(config, means))


def note_troubles(store: TroubleStore, outcomes: Sequence[Outcome], catalog: str, now: datetime) -> None:
    """Brings the record's troubles up to what a sweep found. Raises StoreError."""
    found = find_troubles(outcomes, catalog)
    seen, over = dict(found.seen), set(found.over)
    cycle = find_sensor().repeat_cycle
    for one in outcomes:
        if one.state != "failed":
            words = judge_sight(store.list_seen(one.airfield), now, cycle)
            seen |= {f"sight {one.airfield}": words} if words else {}
            over |= set() if words else {f"sight {one.airfield}"}
    for subject in sorted(over):
        store.end_trouble(subject, now)
    for subject, text in seen.items():
        store.note_trouble(subject, text, now)


def end_unwatched(store: TroubleStore, outcomes: Sequence[Outcome], catalog: str, now: datetime) -> None:
    """Ends the troubles of airfields that are watched no more, and of other catalogues. Raises StoreError."""
    names = {one.airfield for one in outcomes}
    for known in store.list_troubles():
        kind, _, name = known.subject.partition(" ")
        if (kind in ("airfield", "sight") and name not in names) or (kind == "catalogue" and name != catalog):
            store.end_trouble(known.subject, now)


def _note_channel(store: TroubleStore, result: ChannelResult, now: datetime) -> None:
    if result.needs_help:
        store.note_trouble(f"{CHANNEL}{result.name}", result.error, now)
    elif not result.failed:
        store.end_trouble(f"{CHANNEL}{result.name}", now)
