"""What a sweep made of the alerts: for its table, and for programs."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class ChannelResult:
    """What became of one channel's messages."""

    name: str
    composed: bool = False
    """Whether there was something to tell."""
    sent: int = 0
    waiting: int = 0
    """Messages that were not taken yet."""
    error: str = ""
    """Why they were not, or what is worth knowing."""
    needs_help: bool = False
    """Whether somebody should look at it: it was refused, cannot be opened, or failed more than once."""

    @property
    def failed(self) -> bool:
        """Whether something waits that should be with its receiver."""
        return bool(self.error) and (self.waiting > 0 or not self.sent)

    def as_dict(self) -> dict[str, Any]:
        """For `--json`."""
        told = {"channel": self.name, "composed": self.composed, "sent": self.sent, "waiting": self.waiting}
        return told | {"failed": self.failed, "error": self.error}


@dataclass(frozen=True)
class AlertsResult:
    """What became of all channels, and the troubles that go on."""

    channels: tuple[ChannelResult, ...] = ()
    troubles: tuple[tuple[str, str], ...] = ()
    """Subject and words."""
    feed: str = ""
    """Where it is."""

    @property
    def failed(self) -> bool:
        """Whether a channel failed."""
        return any(one.failed for one in self.channels)

    @property
    def changed(self) -> bool:
        """Whether anything was composed or sent, and so recorded."""
        return any(one.composed or one.sent for one in self.channels)

    def as_dict(self) -> dict[str, Any]:
        """For `--json`."""
        return {
            "channels": [one.as_dict() for one in self.channels],
            "troubles": [{"subject": subject, "text": text} for subject, text in self.troubles],
            "feed": self.feed or None,
        }

    def list_lines(self, *, failed_only: bool = False) -> list[str]:
        """A sentence for each channel that was told something, or failed."""
        return [line for one in self.channels if (line := _tell(one)) and (one.failed or not failed_only)]


def _tell(one: ChannelResult) -> str:
    """What became of a channel, or nothing where it had nothing to do."""
    sent = f"{one.sent} message{'' if one.sent == 1 else 's'} sent" if one.sent else ""
    waits = f"{one.waiting} wait{'s' if one.waiting == 1 else ''} and will be tried again" if one.waiting else ""
    told = ", ".join(filter(None, (sent, waits)))
    if not (told or one.error):
        return ""
    return f"channel {one.name}: " + ": ".join(filter(None, (told, one.error)))
