"""Servers that never come to an end, each a process of its own.

As a script: `drips.py MODE`; prints its port. Modes: `header` sends a header drop by drop, `status` the status line,
`continue` says `100 Continue` for ever, `body` sends a body drop by drop, `headers` sends headers without end.
"""

import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

MODES = ("header", "status", "continue", "body", "headers")
DROP_S = 0.05


@contextmanager
def drip(mode: str) -> Iterator[str]:
    """The URL of such a server on a free port of 127.0.0.1, ended with the block."""
    process = subprocess.Popen([sys.executable, __file__, mode], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
    finally:
        process.kill()
        process.wait(10)
        process.stdout.close()


def _main(mode: str) -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)
    while True:
        client, _ = listener.accept()
        threading.Thread(target=_serve, args=(client, mode), daemon=True).start()


def _serve(client: socket.socket, mode: str) -> None:
    first = {
        "header": b"HTTP/1.1 206 Partial Content\r\nX-Slow: ",
        "status": b"HTTP/1.1 2",
        "continue": b"",
        "body": b"HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-999/1000\r\nContent-Length: 1000\r\n\r\n",
        "headers": b"HTTP/1.1 206 Partial Content\r\n",
    }[mode]
    drops = {"continue": b"HTTP/1.1 100 Continue\r\n\r\n", "headers": b"X: y\r\n"}
    try:
        client.recv(65_536)
        client.sendall(first)
        while True:
            client.sendall(drops.get(mode, b"0"))
            time.sleep(DROP_S)
    except OSError:
        client.close()


if __name__ == "__main__":
    _main(sys.argv[1])
