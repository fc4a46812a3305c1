"""Who is asked, who is left alone, and what is counted."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest
import urllib3

from imagery_watch.errors import UsageError
from imagery_watch.settings import Settings, read_settings
from imagery_watch.sources.network import breaker
from imagery_watch.sources.network.breaker import FAILURES_IN_A_ROW, Breakers, HostResting
from imagery_watch.sources.network.door import Question, ask
from imagery_watch.sources.network.hosts import Allowed, HostRefused
from imagery_watch.sources.network.one_host import _ForeignHost, keep_to
from imagery_watch.sources.network.traffic import METER, Traffic

QUICK = Settings(timeout_s=2.0, retries=0)


@contextmanager
def answering(*heads: bytes) -> Iterator[tuple[str, list[bytes]]]:
    """A server that answers one connection after the other with these bytes; its address, and what it was sent."""
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(10)

        def serve() -> None:
            for head in heads:
                try:
                    client, _ = listener.accept()
                except OSError:
                    return
                with client:
                    heard.append(client.recv(65_536))
                    client.sendall(head)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/a", heard
    thread.join(10)


ALLOWED = Allowed(("stac.example", ".store.example"), public_only=True)
HOSTS = {
    "stac.example": True,
    "STAC.example.": True,
    "a.store.example": True,
    "store.example": False,
    "evilstore.example": False,
    "stac.example.evil.example": False,
    "": False,
    None: False,
}


@pytest.mark.parametrize("host", HOSTS)
def test_hosts_of_a_list(host: str | None) -> None:
    assert ALLOWED.admits(host) is HOSTS[host]


def test_a_host_that_is_not_on_the_list_is_not_asked() -> None:
    with answering(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n") as (url, heard):
        with pytest.raises(HostRefused, match=r"127\.0\.0\.1 is not among"), ask(Question(url), QUICK, ALLOWED):
            pass
        assert heard == []


def test_what_comes_is_counted() -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
    with answering(answer) as (url, _):
        before = METER.read()
        with ask(Question(url), QUICK) as got:
            assert got.read() == b"hello"
        assert METER.read().since(before)[:2] == (1, len(answer))


TOLD = {
    "nothing": (Traffic(0, 0), ""),
    "all from afar": (Traffic(12, 3_400_000), "network: 12 requests, 3.4 MB, within 8 s"),
    "all kept": (Traffic(0, 0, 30, 64.0), "30 windows were read before and came from the cache (some 2 s saved)"),
    "kept, and quick then": (Traffic(0, 0, 30, 1.0), "30 windows were read before and came from the cache"),
}


@pytest.mark.parametrize("case", TOLD)
def test_traffic_is_told(case: str) -> None:
    traffic, told = TOLD[case]
    assert traffic.tell(8.0, 32) == told


class Clock:
    """Seconds that pass only where a test says so."""

    now = 1000.0

    def monotonic(self) -> float:
        """The time."""
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(breaker, "time", clock)
    return clock


def fail(breakers: Breakers, clock: Clock, number: int, seconds: float) -> None:
    for _ in range(number):
        clock.now += seconds
        breakers.note_failure("host:1")


def test_a_host_that_is_silent_for_long_is_left_alone_for_a_while(clock: Clock) -> None:
    breakers = Breakers()
    fail(breakers, clock, FAILURES_IN_A_ROW, 5.0)
    with pytest.raises(HostResting, match="asked again in 60 s"):
        breakers.check("host:1")
    breakers.check("host:2")
    clock.now += 61
    breakers.check("host:1")
    fail(breakers, clock, 1, 1.0)
    with pytest.raises(HostResting):
        breakers.check("host:1")
    clock.now += 61
    breakers.note_answer("host:1")
    fail(breakers, clock, 1, 1.0)
    breakers.check("host:1")


@pytest.mark.parametrize(("number", "seconds"), [(FAILURES_IN_A_ROW - 1, 60.0), (100, 0.1), (32, 0.0)])
def test_few_failures_or_a_short_break_are_borne(clock: Clock, number: int, seconds: float) -> None:
    breakers = Breakers()
    fail(breakers, clock, number, seconds)
    breakers.check("host:1")


def test_a_silent_host_rests_whoever_asks(clock: Clock) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/a"
    for _ in range(FAILURES_IN_A_ROW):
        with pytest.raises(urllib3.exceptions.HTTPError), ask(Question(url), QUICK):
            pass
        clock.now += 10
    with pytest.raises(HostResting), ask(Question(url), QUICK):
        pass


@pytest.mark.parametrize(("text", "hosts"), [("A.example, .b.example.", "a.example,.b.example"), ("", "")])
def test_hosts_of_the_users_own(text: str, hosts: str) -> None:
    assert Settings(hosts=text).hosts == hosts


@pytest.mark.parametrize("text", ["https://a.example", "a.example:443", "*.a.example", "a b.example", "a.example/x"])
def test_what_is_no_host_is_told(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMAGERY_WATCH_HOSTS", text)
    with pytest.raises(UsageError, match=r"IMAGERY_WATCH_HOSTS: .* is no host"):
        read_settings()


HTTPS, HTTP = "https://stac.example/v1", "http://127.0.0.1:8080/v1"
KEPT = [
    (HTTPS, "https://stac.example/v1/search?next=2", "https://stac.example/v1/search?next=2"),
    (HTTPS, "https://stac.example:443/next", "https://stac.example:443/next"),
    (HTTPS, "http://stac.example/next?token=a", "https://stac.example/next?token=a"),
    ("http://stac.example/v1", "https://stac.example/next", "https://stac.example/next"),
    ("http://stac.example:8080/v1", "https://stac.example/next", "https://stac.example/next"),
    (HTTP, "http://127.0.0.1:8080/next", "http://127.0.0.1:8080/next"),
    (HTTPS, "https://other.example/next", None),
    (HTTPS, "https://stac.example:8443/next", None),
    (HTTPS, "https://stac.example.evil.example/next", None),
    (HTTPS, "https://stac.example@evil.example/next", None),
    (HTTPS, "ftp://stac.example/next", None),
    (HTTPS, "file:///etc/passwd", None),
    (HTTP, "http://127.0.0.1:8081/next", None),
    (HTTP, "http://localhost:8080/next", None),
]


@pytest.mark.parametrize(("base", "url", "asked"), KEPT)
def test_a_catalogue_is_asked_at_its_own_host_and_port(base: str, url: str, asked: str | None) -> None:
    if asked is not None:
        assert keep_to(urlsplit(base), url) == asked
        return
    with pytest.raises(_ForeignHost):
        keep_to(urlsplit(base), url)
