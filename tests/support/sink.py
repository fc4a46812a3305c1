"""Somebody who takes messages: a real HTTP server and a real mail server, each in a thread that ends with the test."""

import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from types import MappingProxyType
from typing import Any, NamedTuple

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword


class Got(NamedTuple):
    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    status: int
    """What it was answered."""


class Script(NamedTuple):
    status: int
    headers: Mapping[str, str] = MappingProxyType({})


Choose = Callable[[int], Script]
"""What is answered to the n-th request, from 0."""


@dataclass
class Sink:
    url: str
    got: list[Got] = field(default_factory=list)

    @property
    def taken(self) -> list[Got]:
        return [one for one in self.got if 200 <= one.status < 300]


def in_turn(*answers: Script | int) -> Choose:
    """The answers one after another, the last one repeated."""
    scripts = [Script(one) if isinstance(one, int) else one for one in answers]
    return lambda number: scripts[min(number, len(scripts) - 1)]


WELL = in_turn(200)


@contextmanager
def http_sink(choose: Choose = WELL) -> Iterator[Sink]:
    """A server on a free port of 127.0.0.1 that keeps what it is sent."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            script = choose(len(sink.got))
            sink.got.append(Got(self.command, self.path, dict(self.headers), body, script.status))
            self.send_response(script.status)
            for name, value in script.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_GET = do_POST = answer  # noqa: N815 - http.server's names

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    sink = Sink(f"http://127.0.0.1:{server.server_port}")
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield sink
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


@dataclass
class Postbox:
    port: int = 0
    mails: list[EmailMessage] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    logins: list[tuple[bytes, bytes]] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    """What the next mails are answered; 250 when there is none left."""

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, server: Any, session: Any, envelope: Any
    ) -> str:
        answer = self.answers.pop(0) if self.answers else "250 taken"
        if answer.startswith("250"):
            self.raw.append(envelope.content)
            self.mails.append(message_from_bytes(envelope.content, policy=default))
        return answer


@contextmanager
def mail_sink(*, password: str = "", answers: Sequence[str] = (), **options: Any) -> Iterator[Postbox]:
    """A mail server on a free port of 127.0.0.1 that keeps what it is sent; with a password it wants a login."""
    box = Postbox(answers=list(answers))

    def login(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        assert isinstance(data, LoginPassword)
        box.logins.append((data.login, data.password))
        right = data.password.decode() == password
        return AuthResult(success=right, handled=right)  # what is not handled is answered 535

    wanted = {"authenticator": login, "auth_required": True, "auth_require_tls": False} if password else {}
    with socket.create_server(("127.0.0.1", 0)) as probe:
        box.port = probe.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=box.port, **wanted, **options)
    controller.start()
    try:
        yield box
    finally:
        controller.stop()
