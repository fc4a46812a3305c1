"""An object store far away, on this machine: made archives, nginx that answers late and slowly, and what it counted.

nginx with Lua (Debian: nginx-light, libnginx-mod-http-lua) sleeps before each answer, longer before a connection's
first, and sends no faster than a connection does. It paces by pieces of 128 KiB: with its usual pieces of 2 MiB a whole
tile would be sent at once, and the pause would come after it. Left out: TLS, HTTP/2, errors, a limit of all connections
together; and server and client share the machine's cores.
"""

import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
MODULES = Path("/usr/lib/nginx/modules")
CONF = """
load_module {modules}/ndk_http_module.so;
load_module {modules}/ngx_http_lua_module.so;
worker_processes 1; daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{
  log_format counts '$request_method $status $body_bytes_sent $connection';
  access_log {folder}/access.log counts;
  client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3;
  uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
  keepalive_requests 100000; keepalive_timeout 300; sendfile on; sendfile_max_chunk 128k; tcp_nodelay on;
  server {{
    listen 127.0.0.1:{port}; root {root};
    location / {{
      limit_rate {rate}m;
      access_by_lua_block {{ ngx.sleep(tonumber(ngx.var.connection_requests) == 1 and {first} or {later}) }}
    }}
  }}
}}
"""


@dataclass(frozen=True)
class Profile:
    """How far away the store is."""

    latency_s: float
    """To the first byte."""
    connect_s: float
    """More on a connection's first request."""
    rate: int
    """MiB/s a connection."""
    in_flight: int
    """Requests at once, for which the floor is."""

    def find_floor(self, requests: float, mb: float, in_flight: int | None = None) -> float:
        """Least seconds in which these requests and megabytes can come: nothing waits but for the store."""
        at_once = in_flight or self.in_flight
        rate_mb = self.rate * 2**20 / 1e6
        return self.connect_s + requests / at_once * self.latency_s + mb / (at_once * rate_mb)


PROFILES = {
    "near": Profile(0.025, 0.05, 60, 32),
    "mid": Profile(0.05, 0.1, 20, 32),
    "far": Profile(0.15, 0.3, 8, 64),
}


class Served(NamedTuple):
    """What the server counted."""

    requests: int
    mb: float
    connections: int
    failed: int
    """Answers that were neither 200 nor 206."""


class Log:
    """What the server was asked, from some moment on."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.mark()

    def mark(self) -> None:
        """Counts from here on."""
        self._start = self._size()

    def _size(self) -> int:
        return self._path.stat().st_size if self._path.exists() else 0

    def count(self) -> Served:
        """What came since the mark, when the server has written it all down."""
        known = -1
        while known != (known := self._size()):
            time.sleep(0.2)
        if not known:
            return Served(0, 0.0, 0, 0)
        with self._path.open() as lines:
            lines.seek(self._start)
            rows = [line.split() for line in lines]
        mb = sum(int(row[2]) for row in rows) / 1e6
        return Served(len(rows), mb, len({row[3] for row in rows}), sum(row[1] not in ("200", "206") for row in rows))


@contextmanager
def serving(root: Path, folder: Path, port: int, profile: Profile) -> Iterator[Path]:
    """Nginx on loopback while it is open; gives the path of its log."""
    folder.chmod(0o755)
    later, first = profile.latency_s, profile.latency_s + profile.connect_s
    conf = folder / "nginx.conf"
    conf.write_text(CONF.format(modules=MODULES, folder=folder, port=port, root=root, rate=profile.rate, first=first,
                                later=later))  # fmt: skip
    server = subprocess.Popen(["nginx", "-c", str(conf), "-p", str(folder)], stderr=subprocess.DEVNULL)
    try:
        while not (folder / "nginx.pid").exists():  # it has its port by then
            if server.poll() is not None:
                raise SystemExit(f"nginx ended at once: is it there with its Lua, and is port {port} free?")
            time.sleep(0.05)
        yield folder / "access.log"
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(10)


def find_port() -> int:
    """One that nobody listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


class Ended(NamedTuple):
    """A process that is over."""

    out: str
    error: str
    code: int
    seconds: float
    """From its start to its end."""


def make_environment(checkout: Path | None) -> dict[str, str]:
    """The environment without what is set for GDAL or for this program; `checkout`: whose package is imported."""
    kept = {name: value for name, value in os.environ.items() if not re.match("(GDAL|CPL|IMAGERY_WATCH)_", name)}
    kept.pop("PYTHONPATH", None)
    return kept if checkout is None else kept | {"PYTHONPATH": str(checkout)}


def run_python(python: str, arguments: list[str], checkout: Path | None, timeout_s: float = 1800,
               **variables: str) -> Ended:  # fmt: skip
    """A script in a process of its own, with the environment of `make_environment` and more variables."""
    clock, environment = time.perf_counter(), make_environment(checkout) | variables
    done = subprocess.run([python, *arguments], capture_output=True, text=True, env=environment, timeout=timeout_s)
    return Ended(done.stdout, done.stderr, done.returncode, time.perf_counter() - clock)
