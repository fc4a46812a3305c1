"""A webhook against a real server: what is sent, what each answer means, and that the address is told to nobody."""

import hashlib
import hmac
import json
import logging
import socket
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr
from support.sink import Script, http_sink, in_turn

from imagery_watch.errors import UsageError
from imagery_watch.outputs.alerts.channel import FIRST_WAIT, LONGEST_WAIT, REFUSED_WAIT, Answer, next_try
from imagery_watch.outputs.alerts.message import Composed, HitItem, Message
from imagery_watch.outputs.alerts.webhook import Webhook
from imagery_watch.outputs.alerts.words import write_message
from imagery_watch.settings import Settings
from imagery_watch.sources.network.outgoing import check_address, open_exchange, parse_wait
from outputs.builders import make_hit

NOW = datetime(2024, 6, 3, 6, 0, tzinfo=UTC)
CANARY = "CANARY-7f3a"
SECRET = "SIGNED-CANARY"
SETTINGS = Settings(timeout_s=2)


def message() -> Composed:
    item = HitItem("new", 1, make_hit(summary="A change “consistent with” an aircraft."), "credit")
    return write_message(Message("m1", "desk", NOW, (item,)))


def hook(url: str, secret: str | None = SECRET) -> Webhook:
    hidden = None if secret is None else SecretStr(secret)
    return Webhook("desk", SecretStr(url), hidden, open_exchange(SETTINGS), lambda: NOW)


def test_what_is_sent_is_what_was_composed_signed_and_named() -> None:
    composed = message()
    with http_sink() as sink:
        assert hook(f"{sink.url}/hooks/{CANARY}?key={CANARY}").send(composed) == Answer("sent")
        hook(f"{sink.url}/", None).send(composed)
    signed, bare = sink.got
    assert (signed.method, signed.path, signed.body) == (
        "POST",
        f"/hooks/{CANARY}?key={CANARY}",
        composed.body.encode(),
    )
    assert json.loads(signed.body)["hits"][0]["feature"]["properties"]["summary"].startswith("A change “consistent")
    assert signed.headers["Idempotency-Key"] == "m1"
    assert signed.headers["Content-Type"] == "application/json; charset=utf-8"
    stamp = signed.headers["X-Imagery-Watch-Timestamp"]
    digest = hmac.new(SECRET.encode(), stamp.encode() + b"." + signed.body, hashlib.sha256).hexdigest()
    assert (stamp, signed.headers["X-Imagery-Watch-Signature"]) == (str(int(NOW.timestamp())), f"sha256={digest}")
    assert "X-Imagery-Watch-Signature" not in bare.headers and SECRET not in str(signed.headers)


@pytest.mark.parametrize(
    ("status", "taken"),
    [
        *((code, "sent") for code in (200, 201, 202, 204)),
        *((code, "refused") for code in (301, 302, 307, 308, 400, 401, 403, 404, 405, 410, 413, 422, 451, 499)),
        *((code, "later") for code in (408, 425, 429, 500, 502, 503, 504, 599)),
    ],
)
def test_every_answer_means_one_thing(status: int, taken: str) -> None:
    with http_sink(in_turn(Script(status, {"Location": "/elsewhere"}), 200)) as sink:
        answer = hook(f"{sink.url}/{CANARY}").send(message())
    assert answer.taken == taken and len(sink.got) == 1, "asked once, and not sent on"
    assert CANARY not in answer.said and (str(status) in answer.said) == (taken != "sent")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("120", 120.0), (" 5 ", 5.0), ("", None), ("soon", None), ("-3", None), ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0)],
)
def test_a_receiver_may_ask_to_be_left_alone(text: str, seconds: float | None) -> None:
    assert parse_wait(text) == seconds
    with http_sink(in_turn(Script(503, {"Retry-After": text.strip()} if text else {}))) as sink:
        assert hook(sink.url).send(message()).wait_s == seconds


@pytest.mark.parametrize(
    ("answer", "tries", "wait"),
    [
        (Answer("later"), 1, FIRST_WAIT),
        (Answer("later"), 2, 2 * FIRST_WAIT),
        (Answer("later"), 4, 8 * FIRST_WAIT),
        (Answer("later"), 100_000, LONGEST_WAIT),
        (Answer("later", wait_s=3600.0), 1, timedelta(hours=1)),
        (Answer("later", wait_s=1.0), 1, FIRST_WAIT),
        (Answer("later", wait_s=1e12), 1, REFUSED_WAIT),
        (Answer("refused"), 1, REFUSED_WAIT),
        (Answer("refused", wait_s=1.0), 9, REFUSED_WAIT),
    ],
)
def test_when_it_is_tried_again(answer: Answer, tries: int, wait: timedelta) -> None:
    assert next_try(answer, tries, NOW) == NOW + wait


def test_nobody_there_is_a_reason_without_an_address() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    answer = hook(f"http://127.0.0.1:{port}/{CANARY}?k={CANARY}").send(message())
    assert answer.taken == "later" and "127.0.0.1 cannot be reached: Connection refused" in answer.said
    assert CANARY not in answer.said


def test_nothing_of_the_address_is_logged_at_any_level(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG), http_sink(in_turn(500, 302, 200)) as sink:
        for _ in range(3):
            one = hook(f"{sink.url}/{CANARY}?key={CANARY}")
            one.send(message())
    assert CANARY not in caplog.text and SECRET not in caplog.text
    assert CANARY not in repr(one) and SECRET not in repr(one)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("https://hooks.example.org/x", ""),
        ("https://192.168.1.9/x", ""),
        ("http://127.0.0.1:8080/x", ""),
        ("http://localhost/x", ""),
        ("http://hooks.example.org/CANARY", "expected https"),
        ("http://192.168.1.9/CANARY", "expected https"),
        ("ftp://CANARY.example.org/x", "no address"),
        ("CANARY", "no address"),
        ("https://", "no address"),
        ("https://example.org/CANARY\nX: y", "no address"),
    ],
)
def test_only_https_and_this_machine(url: str, words: str) -> None:
    if not words:
        check_address(url, "url")
        return
    with pytest.raises(UsageError, match=words) as caught:
        check_address(url, "url")
    assert "CANARY" not in str(caught.value)
