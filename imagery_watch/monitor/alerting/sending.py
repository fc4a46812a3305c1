"""Messages on their way: each until it is taken, in their order, always as it was composed."""

import logging
from collections.abc import Callable
from datetime import datetime

from imagery_watch.monitor.alerting.channels import Opened
from imagery_watch.outputs.alerts.channel import Answer, Channel, next_try
from imagery_watch.outputs.alerts.message import Composed
from imagery_watch.outputs.alerts.results import ChannelResult
from imagery_watch.outputs.store.message_store import MessageStore

_log = logging.getLogger(__name__)
FAILED_OFTEN = 2
"""Tries of one message after which the other channels hear of it: one that fails may be an accident."""


def send_due(store: MessageStore, opened: Opened, clock: Callable[[], datetime], *, composed: bool) -> ChannelResult:
    """Sends what waits for a channel and is due; what is not taken is tried again in a later sweep.

    Sent first, noted then, so that none is lost: a kill between the two sends the same message again, under its id.
    """
    name, sent, said, refused = opened.config.name, 0, "", False
    for kept in store.list_waiting(name) if opened.channel is not None else ():
        now = clock()
        if opened.channel is None or kept.next_try_at > now:
            continue
        answer = try_send(opened.channel, Composed(kept.id, kept.body))
        if answer.taken == "sent":
            store.note_sent(kept.id, now)
            sent, said = sent + 1, answer.said
            continue
        until = next_try(answer, kept.tries + 1, now)
        store.note_failed(kept.id, answer.said, until)
        refused = refused or answer.taken == "refused"
        if answer.taken == "later":
            store.postpone(name, until)
            break
    left = store.list_waiting(name)
    error = opened.lack or next((one.last_error for one in left if one.last_error), said)
    needs_help = bool(opened.lack) or refused or any(one.tries >= FAILED_OFTEN for one in left)
    return ChannelResult(name, composed, sent, len(left), error, needs_help)


def try_send(channel: Channel, composed: Composed) -> Answer:
    """One try; a fault of ours in a channel must not end the sweep, nor lose the message."""
    try:
        return channel.send(composed)
    except Exception as error:
        _log.debug("channel %s: this is a fault of imagery-watch: %s", channel.name, type(error).__name__)
        return Answer("later", f"unexpected {type(error).__name__}; this is a fault of imagery-watch")
