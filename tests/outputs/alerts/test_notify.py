"""Apprise, where it is installed and where it is not; and nothing of its address in any log."""

import logging
import sys
from datetime import UTC, datetime

import pytest
from pydantic import SecretStr
from support.sink import http_sink, in_turn

from imagery_watch.errors import UsageError
from imagery_watch.outputs.alerts.message import Message
from imagery_watch.outputs.alerts.notify import INSTALL, Notify, load_service
from imagery_watch.outputs.alerts.words import write_message
from imagery_watch.sources.network.outgoing import unlogged

TRIAL = write_message(Message("m1", "chat", datetime(2024, 6, 3, tzinfo=UTC), is_trial=True))
CANARY = "CANARY-7f3a"


def service(url: str) -> Notify:
    return Notify("chat", SecretStr(url), unlogged)


@pytest.mark.parametrize(("status", "taken"), [(200, "sent"), (500, "later"), (403, "later")])
def test_title_and_text_are_handed_on_and_nothing_is_logged(
    status: int, taken: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG), http_sink(in_turn(status)) as sink:
        answer = service(f"{sink.url.replace('http', 'json', 1)}/{CANARY}/?+x-key={CANARY}").send(TRIAL)
    assert answer.taken == taken and len(sink.got) == 1
    assert "imagery_watch: a trial" in sink.got[0].body.decode() and "Message m1" in sink.got[0].body.decode()
    assert CANARY not in caplog.text + answer.said


def test_an_address_that_apprise_does_not_know_is_refused(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        answer = service(f"pigeon://{CANARY}").send(TRIAL)
    assert answer.taken == "refused" and "does not know an address of this form" in answer.said
    assert CANARY not in caplog.text + answer.said


def test_without_the_package_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "apprise", None)
    with pytest.raises(UsageError, match="pip install"):
        load_service(SecretStr("json://localhost"))
    assert service("json://localhost").send(TRIAL).said == INSTALL
