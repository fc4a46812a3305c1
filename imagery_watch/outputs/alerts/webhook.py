"""A webhook: the message as JSON, with a key against duplicates and, where a secret is set, a signature."""

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus

from pydantic import SecretStr

from imagery_watch.model.reply import Exchange, Reply
from imagery_watch.outputs.alerts.channel import Answer
from imagery_watch.outputs.alerts.message import Composed

PASSING = (408, 425, 429)
"""Refusals that pass; every other of the four hundreds is for somebody to mend."""


@dataclass(frozen=True)
class Webhook:
    """A server that is sent JSON."""

    name: str
    url: SecretStr
    secret: SecretStr | None
    exchange: Exchange
    clock: Callable[[], datetime]
    """When it is, UTC: for the signature."""

    def send(self, composed: Composed) -> Answer:
        """Posts the message; see `Channel`."""
        body = composed.body.encode("utf-8", errors="replace")
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "imagery-watch",
            "Idempotency-Key": composed.id,
        }
        if self.secret is not None:
            headers |= sign(body, self.secret.get_secret_value(), self.clock())
        return judge_reply(self.exchange("POST", self.url.get_secret_value(), body, headers))


def sign(body: bytes, secret: str, now: datetime) -> dict[str, str]:
    """The headers by which a receiver knows that we sent this body, and when."""
    timestamp = str(int(now.timestamp()))
    digest = hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()
    return {"X-Imagery-Watch-Timestamp": timestamp, "X-Imagery-Watch-Signature": f"sha256={digest}"}


def judge_reply(reply: Reply) -> Answer:
    """Whether a message was taken: by a 2xx alone; a redirect is not followed."""
    status = reply.status
    if status is None:
        return Answer("later", reply.trouble)
    if 200 <= status < 300:
        return Answer("sent")
    named = f"answered HTTP {status} ({_phrase(status)})"
    if 300 <= status < 400:
        return Answer("refused", f"{named}: it sends us on, which is not followed; set the address that it has now")
    if 400 <= status < 500 and status not in PASSING:
        return Answer("refused", f"{named}: it does not want this; check the address and the receiver's settings")
    return Answer("later", named, reply.retry_after_s)


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "not a status of the standard"
