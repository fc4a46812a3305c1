"""A proxy of a company, for tests: it may want a user, refuse, or open https with its own certificate.

As a script: `proxy.py SPEC.json`, which prints its port. `hosts` of the spec are the ports on 127.0.0.1 behind each
name; `certificate` and `key` let it open https; `status` is what it answers to everybody instead.
"""

import asyncio
import json
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit


@contextmanager
def proxy(folder: Path, **spec: Any) -> Iterator[str]:
    """The address of a proxy that runs within the block."""
    file = folder / "proxy.json"
    file.write_text(json.dumps(spec))
    process = subprocess.Popen([sys.executable, __file__, str(file)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.terminate()
        process.wait(10)
        process.stdout.close()


def make_certificate(folder: Path, *hosts: str) -> tuple[Path, Path]:
    """A certificate for the hosts which nobody trusts who is not told to, and its key."""
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    names = ",".join(f"DNS:{host}" for host in hosts)
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", "/CN=a company", "-addext", f"subjectAltName={names}", "-keyout", str(key), "-out", str(certificate)],
        check=True, capture_output=True, timeout=60)  # fmt: skip
    return certificate, key


async def _serve(spec: dict[str, Any]) -> None:
    async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            await _answer(spec, reader, writer)
        writer.close()

    server = await asyncio.start_server(client, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


async def _answer(spec: dict[str, Any], reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    method, target, _ = head.split("\r\n")[0].split(" ")
    if spec.get("status"):
        writer.write(f"HTTP/1.1 {spec['status']} No\r\nContent-Length: 0\r\n\r\n".encode())
        return await writer.drain()
    host = target.rpartition(":")[0] if method == "CONNECT" else str(urlsplit(target).hostname)
    there, onward = await asyncio.open_connection("127.0.0.1", spec["hosts"][host])
    if method == "CONNECT":
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await writer.drain()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(spec["certificate"], spec["key"])
        await writer.start_tls(context)
    else:
        onward.write(head.replace(f"http://{urlsplit(target).netloc}", "", 1).encode())
    await asyncio.gather(_pump(reader, onward), _pump(there, writer))
    return None


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError, ssl.SSLError):
        while part := await source.read(65536):
            sink.write(part)
            await sink.drain()
        sink.close()


if __name__ == "__main__":
    asyncio.run(_serve(json.loads(Path(sys.argv[1]).read_text())))
