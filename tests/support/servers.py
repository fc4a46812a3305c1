"""Loopback servers for the tests, each a process of its own: in a thread of the same one they would deadlock GDAL.

Kinds: `files FOLDER`, `queried FOLDER`, `faults FOLDER`, `script ANSWERS.json` or `catalogues SPEC.json`. They are
forked from one process, this file as a script, that has loaded what they are made of.
"""

import asyncio
import atexit
import gc
import gzip
import importlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

HEADER_BYTES = 32 * 1024


class Seen(NamedTuple):
    """One request, as the server saw it."""

    method: str
    path: str
    range: str
    host: str


class Server:
    """A running server: its URL, and what it was asked."""

    def __init__(self, url: str) -> None:
        self.url = url

    def requests(self) -> list[Seen]:
        """Every request since the start or the last `forget`, in order."""
        with urllib.request.urlopen(f"{self.url}/__log__", timeout=10) as answer:
            return [Seen(*entry) for entry in json.load(answer)]

    def state(self) -> dict[str, int]:
        """What a stand-in for catalogues has counted."""
        with urllib.request.urlopen(f"{self.url}/__state__", timeout=10) as answer:
            return dict(json.load(answer))

    def forget(self) -> None:
        """Clears the log, and the counts that scripted faults go by."""
        urllib.request.urlopen(f"{self.url}/__forget__", timeout=10).close()


@contextmanager
def serve(kind: str, source: Path) -> Iterator[Server]:
    """A server process on a free port of 127.0.0.1, ended with the block."""
    with STARTING:
        parent = _parent()
        assert parent.stdin is not None and parent.stdout is not None
        print(json.dumps([kind, str(Path(source).resolve()), str(Path.cwd())]), file=parent.stdin, flush=True)
        told = parent.stdout.readline().split()
    assert len(told) == 2, f"the {kind} server did not start"
    port, number = map(int, told)
    ended = os.pidfd_open(number)
    try:
        yield Server(f"http://127.0.0.1:{port}")
    finally:
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(ended, signal.SIGTERM)
        assert select.select([ended], [], [], 10)[0], f"the {kind} server did not end"
        os.close(ended)


STARTING = threading.Lock()


@cache
def _parent() -> "subprocess.Popen[str]":
    """A process that has loaded what servers are made of, and forks one for every line that it is given."""
    process = subprocess.Popen(
        [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    atexit.register(_end, process)
    return process


def _end(process: "subprocess.Popen[str]") -> None:
    with process:  # it ends with its input
        pass


LOADED = (
    *("catalogues", "starlette.requests", "starlette.responses", "starlette.staticfiles", "uvicorn"),
    *("uvicorn.lifespan.off", "uvicorn.loops.auto", "uvicorn.protocols.http.auto"),
    "uvicorn.protocols.websockets.auto",
)


def _fork_servers() -> None:
    """Forks a server for each line; it prints its port and its number."""
    for name in LOADED:
        importlib.import_module(name)
    gc.freeze()  # what is never looked at again is never copied for a child
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them
    for line in iter(sys.stdin.readline, ""):
        if not os.fork():
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            os.close(0)
            kind, source, folder = json.loads(line)
            os.chdir(folder)
            return _main(kind, source)
    return None


def _main(kind: str, source: str) -> None:
    import uvicorn
    from catalogues import catalogues  # beside this file, which is run as a script

    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], os.getpid(), flush=True)
    os.close(1)  # the line is told; what stays open would keep a reader waiting
    apps = {"files": _files, "queried": _queried, "faults": _faults, "script": _script, "catalogues": catalogues}
    app = apps[kind](Path(source))
    config = uvicorn.Config(_logged(app), log_level="critical", lifespan="off", timeout_graceful_shutdown=1)
    uvicorn.Server(config).run(sockets=[listener])


def _logged(app: Any) -> Any:
    """The app, with `/__log__` and `/__forget__` in front of it."""
    from starlette.responses import JSONResponse

    seen: list[Seen] = []

    async def logging(scope: Any, receive: Any, send: Any) -> None:
        if scope["path"] == "/__log__":
            await JSONResponse(seen)(scope, receive, send)
        elif scope["path"] == "/__forget__":
            seen.clear()
            _COUNTS.clear()
            await JSONResponse("ok")(scope, receive, send)
        else:
            headers = {name.decode(): value.decode() for name, value in scope["headers"]}
            seen.append(Seen(scope["method"], scope["path"], headers.get("range", ""), headers.get("host", "")))
            await app(scope, receive, send)

    return logging


_COUNTS: Counter[str] = Counter()


def _files(folder: Path) -> Any:
    from starlette.staticfiles import StaticFiles

    return StaticFiles(directory=folder)


def _queried(folder: Path) -> Any:
    """Every file at one path, named in the query alone, as shares of cloud storage have it."""
    from starlette.requests import Request
    from starlette.responses import FileResponse

    async def answer(scope: Any, receive: Any, send: Any) -> None:
        await FileResponse(folder / Request(scope).query_params["files"])(scope, receive, send)

    return answer


def _script(answers_file: Path) -> Any:
    """Answers from a file, path by path, in turn; the last of a path is repeated. `{base}` becomes the server's URL."""
    from starlette.responses import Response

    answers = json.loads(answers_file.read_text())

    async def scripted(scope: Any, receive: Any, send: Any) -> None:
        path = scope["path"]
        script = answers.get(path, [{"status": 404, "body": "nothing here"}])
        answer = script[min(_COUNTS[path], len(script) - 1)]
        _COUNTS[path] += 1
        base = "http://" + dict(scope["headers"])[b"host"].decode()
        body = answer["body"] if isinstance(answer["body"], str) else json.dumps(answer["body"])
        headers = {name: value.replace("{base}", base) for name, value in answer.get("headers", {}).items()}
        await asyncio.sleep(answer.get("delay_s", 0))
        response = Response(
            body.replace("{base}", base),
            status_code=answer.get("status", 200),
            media_type=answer.get("type", "application/json"),
            headers=headers,
        )
        await response(scope, receive, send)

    return scripted


def _faults(folder: Path) -> Any:
    """Files below `/MODE/` or `/MODE:N/`, misbehaving; `/late/MODE/` misbehaves only beyond the first 32 KiB.

    `plain`; `code:N` always HTTP N; `busy:N` 503 with Retry-After for the first N requests of a path, then well;
    `whole` 200 with the whole file; `html` a page with 200; `page206` a page with 206; `redirect` to `plain`;
    `cut:N` the body breaks off in the first N requests, then well; `short` half of the bytes, consistently;
    `empty` none of them; `changed` another ETag each time; `shifted` other bytes, and says so; `unnamed` no
    Content-Range; `zeros` of the right length; `squeezed` is gzip and does not say so; `packed`
    says that it is gzip; `stall` never answers; `drip` is slow.
    """

    async def faulty(scope: Any, receive: Any, send: Any) -> None:
        words = scope["path"].strip("/").split("/")
        late = words[0] == "late"
        mode, _, number = words[late].partition(":")
        content = (folder / "/".join(words[late + 1 :])).read_bytes()
        headers = dict(scope["headers"])
        start, _, last = headers.get(b"range", b"bytes=0-").decode().removeprefix("bytes=").partition("-")
        first, end = int(start), min(int(last or len(content)) + 1, len(content))
        _COUNTS[scope["path"]] += 1
        if late and first < HEADER_BYTES:
            mode = "plain"
        answer = _misbehave(mode, int(number or 0), _COUNTS[scope["path"]], content, first, end)
        if mode == "stall":
            await asyncio.sleep(60)
        if mode == "redirect":
            answer["headers"]["location"] = "/plain/" + "/".join(words[late + 1 :])
        await _send(send, answer, drip=mode == "drip")

    return faulty


def _misbehave(mode: str, number: int, count: int, content: bytes, first: int, end: int) -> dict[str, Any]:
    body = content[first:end]
    named = {"content-range": f"bytes {first}-{end - 1}/{len(content)}", "etag": '"one"'}
    well = {"status": 206, "body": body, "headers": named}
    page = b"<!doctype html><title>Sign in</title>" + b" " * len(body)
    return {
        "code": {"status": number, "body": b"no", "headers": {}},
        "busy": well if count > number else {"status": 503, "body": b"busy", "headers": {"retry-after": "1"}},
        "whole": {"status": 200, "body": content, "headers": {}},
        "html": {"status": 200, "body": page, "headers": {"content-type": "text/html"}},
        "page206": {**well, "body": page[: len(body)]},
        "redirect": {"status": 302, "body": b"", "headers": {}},
        "cut": well if count > number else {**well, "body": body[: len(body) // 2], "length": len(body)},
        "short": {**well, "body": body[: len(body) // 2]},
        "empty": {**well, "body": b""},
        "changed": {**well, "headers": {**named, "etag": f'"{count}"'}},
        "shifted": {
            **well,
            "body": content[first + 1000 : end + 1000],
            "headers": {**named, "content-range": f"bytes {first + 1000}-{end + 999}/{len(content)}"},
        },
        "unnamed": {**well, "headers": {}},
        "zeros": {**well, "body": bytes(len(body))},
        "squeezed": {**well, "body": gzip.compress(body)[: len(body)].ljust(len(body), b"\0")},
        "packed": {**well, "headers": {**named, "content-encoding": "gzip"}},
    }.get(mode, well)


async def _send(send: Any, answer: dict[str, Any], drip: bool) -> None:
    body = answer["body"]
    headers = {**answer["headers"], "content-length": str(answer.get("length", len(body)))}
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": answer["status"], "headers": raw})
    if drip:
        for byte in body[:100]:
            await send({"type": "http.response.body", "body": bytes([byte]), "more_body": True})
            await asyncio.sleep(0.1)
    await send({"type": "http.response.body", "body": body[100:] if drip else body})


if __name__ == "__main__":
    _fork_servers()
