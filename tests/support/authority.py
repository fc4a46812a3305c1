"""A time-stamping authority (RFC 3161) on 127.0.0.1: OpenSSL's own, with a root and an intermediate of the test's."""

import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple

CONFIG = """
[req]
distinguished_name = name
prompt = no
[name]
CN = unused
[ca]
basicConstraints = critical,CA:true
keyUsage = critical,keyCertSign
[tsa]
basicConstraints = critical,CA:false
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,timeStamping
[stamp]
serial = serial
signer_cert = authority.pem
certs = between.pem
signer_key = authority.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
ess_cert_id_alg = sha256
[strict]
serial = serial
signer_cert = authority.pem
signer_key = authority.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha512
"""


class Authority(NamedTuple):
    """A running authority."""

    url: str
    folder: Path

    @property
    def root(self) -> Path:
        """The certificate (PEM) on which all trust in it rests."""
        return self.folder / "root.pem"


def openssl(*arguments: str, folder: Path) -> bytes:
    """OpenSSL's command, to its end."""
    return subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True, timeout=60).stdout


def make_certificates(folder: Path) -> None:
    """A root, an intermediate and an authority, each signed by the one before."""
    (folder / "openssl.cnf").write_text(CONFIG)
    (folder / "serial").write_text("01\n")
    for number, (name, above, kind) in enumerate((("root", "root", "ca"), ("between", "root", "ca"),
                                                  ("authority", "between", "tsa")), start=1):  # fmt: skip
        key = ["ecparam", "-genkey", "-name", "prime256v1", "-noout", "-out", f"{name}.key"]
        openssl(*key, folder=folder)
        subject = ["-key", f"{name}.key", "-subj", f"/CN=Test {name}", "-config", "openssl.cnf"]
        if name == "root":
            openssl(
                "req", "-x509", "-new", *subject, "-extensions", kind, "-days", "30", "-out", "root.pem", folder=folder
            )
            continue
        openssl("req", "-new", *subject, "-out", f"{name}.csr", folder=folder)
        openssl("x509", "-req", "-in", f"{name}.csr", "-CA", f"{above}.pem", "-CAkey", f"{above}.key", "-set_serial",
                str(number), "-days", "30", "-extfile", "openssl.cnf", "-extensions", kind, "-out", f"{name}.pem",
                folder=folder)  # fmt: skip


@contextmanager
def running_authority(folder: Path) -> Iterator[Authority]:
    """The authority, until the block ends. Below `/page`, `/down`, `/strict` and `/other` it misbehaves."""
    make_certificates(folder)
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            query = self.rfile.read(int(self.headers["Content-Length"]))
            with lock:
                status, kind, body = answer(self.path.partition("?")[0], query, folder)
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield Authority(f"http://127.0.0.1:{server.server_port}", folder)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def answer(path: str, query: bytes, folder: Path) -> tuple[int, str, bytes]:
    """Status, type and body for a query."""
    if path == "/down":
        return 503, "text/plain", b"later"
    if path == "/page":
        return 200, "text/html", b"<html>Please log in</html>"
    (folder / "query.tsq").write_bytes(query)
    if path == "/other":
        (folder / "other").write_bytes(b"something else")
        openssl("ts", "-query", "-data", "other", "-sha256", "-cert", "-out", "query.tsq", folder=folder)
    section = "strict" if path == "/strict" else "stamp"
    files = ["-queryfile", "query.tsq", "-out", "reply.tsr"]
    openssl("ts", "-reply", "-config", "openssl.cnf", "-section", section, *files, folder=folder)
    return 200, "application/timestamp-reply", (folder / "reply.tsr").read_bytes()
