"""The channels of `alerts.toml`, opened: with their secrets, and with what sends."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from pathlib import Path

from imagery_watch.errors import UsageError
from imagery_watch.model.reply import Exchange
from imagery_watch.outputs.alerts.channel import Channel
from imagery_watch.outputs.alerts.config import FILE, AlertsConfig, ChannelConfig, MailConfig, WebhookConfig
from imagery_watch.outputs.alerts.mail import Mail
from imagery_watch.outputs.alerts.notify import Notify, load_service
from imagery_watch.outputs.alerts.secret import find_secret
from imagery_watch.outputs.alerts.webhook import Webhook
from imagery_watch.settings import Settings
from imagery_watch.sources.airfields.known import list_airfields
from imagery_watch.sources.network.certificates import trust
from imagery_watch.sources.network.hosts import is_loopback
from imagery_watch.sources.network.outgoing import check_address, unlogged

LARGEST_PICTURE = 300_000
"""Bytes of a hit's picture that may go into a mail."""


@dataclass(frozen=True)
class Means:
    """What opening a channel takes."""

    settings: Settings
    environment: Mapping[str, str]
    out: Path
    """The folder of the outputs, where the pictures are."""
    exchange: Exchange
    clock: Callable[[], datetime]


@dataclass(frozen=True)
class Opened:
    """A channel as far as it could be opened."""

    config: ChannelConfig
    channel: Channel | None
    lack: str = ""
    """Why it could not."""


def open_all(config: AlertsConfig, means: Means) -> tuple[Opened, ...]:
    """Every channel; one that cannot be opened says why, and the others are."""
    return tuple(_try_open(one, means) for one in config.channel)


def _try_open(config: ChannelConfig, means: Means) -> Opened:
    try:
        return Opened(config, open_channel(config, means))
    except UsageError as error:
        return Opened(config, None, str(error))


def open_channel(config: ChannelConfig, means: Means) -> Channel:
    """One channel, ready to send. Raises UsageError for a secret that is not there, or that is no address."""
    home = means.settings.home
    if isinstance(config, MailConfig):
        if config.tls == "none" and not is_loopback(config.host):
            raise UsageError('tls = "none" is for a mail server on this machine alone; expected starttls or tls')
        password = find_secret(config, "password", means.environment, home)
        return Mail(config, password, trust(), means.settings.timeout_s, lambda path: _picture(means.out, path))
    url = find_secret(config, "url", means.environment, home)
    if url is None:
        raise UsageError("expected url_env or url_file")
    if isinstance(config, WebhookConfig):
        check_address(url.get_secret_value(), "url")
        secret = find_secret(config, "secret", means.environment, home)
        return Webhook(config.name, url, secret, means.exchange, means.clock)
    with unlogged():
        load_service(url)
    return Notify(config.name, url, unlogged)


def _picture(out: Path, path: str) -> bytes | None:
    """A hit's picture below the outputs; None where it is not there, or too large for a mail."""
    try:
        file = out / path
        return file.read_bytes() if file.stat().st_size <= LARGEST_PICTURE else None
    except OSError:
        return None


def check_groups(config: AlertsConfig, home: Path) -> None:
    """Raises UsageError where a channel's group names an airfield that is not known: nobody would ever hear of it."""
    wanted = {name.upper(): one.name for one in config.channel for name in one.airfields}
    if not wanted:
        return
    files = list_airfields(home)
    known = {file.path.stem.upper() for file in files} | {
        file.airfield.id.upper() for file in files if file.airfield is not None
    }
    for name in sorted(wanted.keys() - known):
        near = get_close_matches(name, sorted(known), 1, 0.5)
        hint = f"did you mean {near[0]}?" if near else "`imagery-watch airfields list` has those that are"
        raise UsageError(f"{home / FILE}: channel {wanted[name]!r}: airfield {name} is not known; {hint}")
