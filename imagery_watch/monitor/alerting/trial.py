"""Trials: a message that says of itself that it is one, through the real channels; the record is not touched."""

from collections.abc import Mapping
from datetime import datetime
from secrets import token_hex
from typing import Literal, NamedTuple

from imagery_watch.errors import UsageError
from imagery_watch.monitor.alerting.channels import Means, open_channel
from imagery_watch.monitor.alerting.sending import try_send
from imagery_watch.outputs.alerts.config import FILE, ChannelConfig, read_config
from imagery_watch.outputs.alerts.message import Message
from imagery_watch.outputs.alerts.words import write_message
from imagery_watch.settings import Settings
from imagery_watch.sources.network.outgoing import open_exchange


class Trial(NamedTuple):
    """What came of one channel's trial."""

    name: str
    state: Literal["sent", "not taken", "unusable"]
    said: str


def send_trials(settings: Settings, name: str | None, environment: Mapping[str, str], now: datetime) -> list[Trial]:
    """Sends a trial through the channel of a name, or through all. Raises UsageError where there is none."""
    config = read_config(settings.home)
    chosen = config.channel if name is None else (config.find(name),)
    if not chosen:
        raise UsageError(f"no channel is configured: expected [[channel]] in {settings.home / FILE} (docs/alerts.md)")
    means = Means(settings, environment, settings.home / "runs", open_exchange(settings), lambda: now)
    return [_try(one, means, now) for one in chosen]


def _try(config: ChannelConfig, means: Means, now: datetime) -> Trial:
    try:
        channel = open_channel(config, means)
    except UsageError as error:
        return Trial(config.name, "unusable", str(error))
    message = Message(f"trial-{token_hex(12)}", config.name, now, is_trial=True)
    answer = try_send(channel, write_message(message))
    return Trial(config.name, "sent" if answer.taken == "sent" else "not taken", answer.said)
