"""A server of ranges that goes wrong on purpose, a process of its own on 127.0.0.1, in raw bytes.

Run as `python -m support.fault_server FOLDER`; prints its ports, and ends with its input, or after an hour.
`/MODE/PHASE/KEY/NAME` is the file NAME, misbehaving as `fault_modes` has it; KEY is of one reading. `FOLDER/files.json`
tells for each name where its header ends, and which other file is of its kind. `/__arm__/KEY` begins the second
reading, `/__state__` tells how many readings met their fault, and how often the canary was asked.
"""

import json
import re
import select
import socket
import struct
import subprocess
import sys
import threading
import time
import urllib.request
from collections import Counter, OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from support.fault_modes import MODES, Answer, Asked, plainly

LONGEST_S = 3600.0
HANG_S, DROP_S = 8.0, 0.02
FIRST_BYTES = 8 * 1024
"""A header that is longer cannot come with the first request."""
MOST_KEYS = 20_000
_RANGE = re.compile(rb"(?i)\r\nrange: *bytes=(\d+)-(\d*)")


class FaultServer:
    """A running one."""

    def __init__(self, port: int, resets: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.resets = f"http://127.0.0.1:{resets}"
        """Where every connection is reset at once."""

    def state(self) -> dict[str, int]:
        """What it has counted."""
        with urllib.request.urlopen(f"{self.url}/__state__", timeout=10) as answer:
            return dict(json.load(answer))

    def arm(self, key: str) -> None:
        """From here on readings of the key are second ones."""
        urllib.request.urlopen(f"{self.url}/__arm__/{key}", timeout=10).close()


@contextmanager
def serve_faults(folder: Path) -> Iterator[FaultServer]:
    """Such a server over a folder, ended with the block."""
    process = subprocess.Popen(
        [sys.executable, "-m", "support.fault_server", str(folder.resolve())],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=Path(__file__).parents[1],
    )  # fmt: skip
    assert process.stdin is not None and process.stdout is not None
    try:
        yield FaultServer(*map(int, process.stdout.readline().split()))
    finally:
        process.stdin.close()
        with suppress(subprocess.TimeoutExpired):
            process.wait(5)
        process.kill()
        process.wait(5)
        process.stdout.close()


@dataclass
class _Reading:
    """What was asked in one reading."""

    count: int = 0
    faults: int = 0
    armed: bool = False


@dataclass
class _Host:
    """The server's files, and what it remembers."""

    folder: Path
    here: str
    canary: str
    readings: OrderedDict[str, _Reading] = field(default_factory=OrderedDict)
    counted: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        told = json.loads((self.folder / "files.json").read_text())
        self.files = {name: (self.folder / name).read_bytes() for name in told}
        self.header_end = {name: one["header_end"] for name, one in told.items()}
        self.other = {name: one["other"] for name, one in told.items()}

    def reading(self, key: str) -> _Reading:
        if key not in self.readings:
            self.readings[key] = _Reading()
            if len(self.readings) > MOST_KEYS:
                self.readings.popitem(last=False)
        return self.readings[key]

    def answer(self, path: str, span: tuple[int, int | None]) -> Answer:
        """What is sent for a path."""
        words = path.strip("/").split("/")
        if words[0] == "__state__":
            with self.lock:
                return plainly("200 OK", json.dumps(self.counted).encode())
        if words[0] == "__arm__":
            with self.lock:
                self.reading(words[1]).armed = True
            return plainly("200 OK", b"")
        mode, phase, key, name = words[:4] if len(words) > 3 else ("status_404", "open", "", next(iter(self.files)))
        content = self.files[name]
        first, last = span
        end = len(content) if last is None else min(last + 1, len(content))
        with self.lock:
            reading = self.reading(key)
            reading.count += 1
            count, faulty = reading.count, self._is_faulty(phase, reading, first, self.header_end[name])
            self.counted["readings"] += faulty and not reading.faults
            reading.faults += faulty
        asked = Asked(first, end, content, self.files[self.other[name]], count, self.here, self.canary)
        return MODES[mode if faulty else "well"](asked)

    @staticmethod
    def _is_faulty(phase: str, reading: _Reading, first: int, header_end: int) -> bool:
        if phase == "open":
            return reading.count == 1
        if phase == "header":
            return first < header_end and (first > 0 or header_end <= FIRST_BYTES)
        if phase == "again":
            return reading.armed
        return first >= header_end and (phase == "tiles" or not reading.faults)


def _main(folder: str) -> None:
    listener, canary, resets = (socket.create_server(("127.0.0.1", 0), backlog=128) for _ in range(3))
    ports = [one.getsockname()[1] for one in (listener, canary, resets)]
    host = _Host(Path(folder), f"127.0.0.1:{ports[0]}", f"127.0.0.1:{ports[1]}")
    for task in (_accept, _count, _reset_all):
        sock = {_accept: listener, _count: canary, _reset_all: resets}[task]
        threading.Thread(target=task, args=(sock, host), daemon=True).start()
    print(ports[0], ports[2], flush=True)
    select.select([sys.stdin], [], [], LONGEST_S)


def _accept(listener: socket.socket, host: _Host) -> None:
    while True:
        client, _ = listener.accept()
        threading.Thread(target=_serve, args=(client, host), daemon=True).start()


def _count(listener: socket.socket, host: _Host) -> None:
    while True:
        client, _ = listener.accept()
        host.counted["canary"] += 1
        client.close()


def _reset_all(listener: socket.socket, _: _Host) -> None:
    while True:
        client, _ = listener.accept()
        _reset(client)


def _reset(client: socket.socket) -> None:
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()


def _serve(client: socket.socket, host: _Host) -> None:
    """Answers one connection until it ends."""
    client.settimeout(HANG_S)
    with client, suppress(OSError):
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while (request := _receive(client)) and _send(client, host.answer(*_parse(request))):
            pass


def _receive(client: socket.socket) -> bytes:
    request = b""
    while b"\r\n\r\n" not in request:
        part = client.recv(65_536)
        if not part:
            return b""
        request += part
    return request


def _parse(request: bytes) -> tuple[str, tuple[int, int | None]]:
    path = request.split(b" ", 2)[1].decode().partition("?")[0]
    span = _RANGE.search(request)
    if span is None:
        return path, (0, None)
    return path, (int(span[1]), int(span[2]) if span[2] else None)


def _send(client: socket.socket, answer: Answer) -> bool:
    """Whether the connection goes on."""
    client.sendall(answer.head + answer.body)
    if answer.then == "reset":
        time.sleep(DROP_S)  # what was sent arrives first
        _reset(client)
    deadline = time.monotonic() + HANG_S
    while answer.then == "drip" and time.monotonic() < deadline:
        client.sendall(answer.drop)
        time.sleep(DROP_S)
    if answer.then == "hang":
        client.recv(1)  # until whoever asked gives up
    return answer.then == "keep"


if __name__ == "__main__":
    _main(sys.argv[1])
