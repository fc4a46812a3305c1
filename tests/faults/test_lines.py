"""What a line between us and a store can be: not whom it says, not secret, or wrong in single bits."""

import random
import ssl
import struct
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
import pytest
import requests
from support.fault_readings import CROPS, find_header_end, read, write_files
from support.fault_server import FaultServer, serve_faults

from imagery_watch.settings import Settings
from imagery_watch.sources.network.one_host import open_io
from imagery_watch.sources.pixels.tiff.source import open_plain

pytestmark = pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
NOW = datetime.now(UTC)
NUMBERS = count()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_files(tmp_path_factory.mktemp("lines"))


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[FaultServer]:
    with serve_faults(folder) as server:
        yield server


@pytest.fixture
def served(folder: Path) -> Iterator[Callable[..., str]]:
    """`served(certificate)`: the folder over https, or over http without one."""
    running = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            data = (folder / self.path.strip("/")).read_bytes() if self.path != "/" else b"{}"
            first, last = (self.headers.get("Range") or f"bytes=0-{len(data)}").removeprefix("bytes=").split("-")
            body = data[int(first) : int(last) + 1]
            self.send_response(206 if "Range" in self.headers else 200)
            self.send_header("Content-Range", f"bytes {first}-{int(first) + len(body) - 1}/{len(data)}")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    def serve(certificate: Path | None = None) -> str:
        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        running.append(server)
        return f"{'https' if certificate else 'http'}://localhost:{server.server_port}"

    yield serve
    for one in running:
        one.shutdown()
        one.server_close()


def make_certificate(folder: Path, name: str, begins: datetime, ends: datetime) -> Path:
    """A certificate of its own, and its key, in one file."""
    x509 = pytest.importorskip("cryptography.x509")
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    told = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    made = x509.CertificateBuilder().subject_name(told).issuer_name(told).public_key(key.public_key())
    made = made.serial_number(x509.random_serial_number()).not_valid_before(begins).not_valid_after(ends)
    made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    made = made.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    path = folder / f"{uuid.uuid4().hex}.pem"
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    held = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain)
    path.write_bytes(made.sign(key, hashes.SHA256()).public_bytes(pem) + held)
    return path


def settings() -> Settings:
    """No two alike: a pool of connections is kept for those that are, with the certificates of its day."""
    return Settings(timeout_s=5.0 + next(NUMBERS) / 1000, retries=0)


DAY = timedelta(days=1)
CERTIFICATES = {
    "trusted": ("localhost", NOW - DAY, NOW + DAY, True, "right"),
    "nobody's": ("localhost", NOW - DAY, NOW + DAY, False, "failed"),
    "another host's": ("other.example", NOW - DAY, NOW + DAY, True, "failed"),
    "run out": ("localhost", NOW - 9 * DAY, NOW - DAY, True, "failed"),
    "not yet valid": ("localhost", NOW + DAY, NOW + 9 * DAY, True, "failed"),
}


@pytest.mark.parametrize("case", CERTIFICATES)
def test_pixels_come_from_whom_the_certificate_names(
    served: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: str
) -> None:
    """Whatever the environment says of not looking."""
    for name, value in {"PYTHONHTTPSVERIFY": "0", "GDAL_HTTP_UNSAFESSL": "YES", "CURL_INSECURE": "1"}.items():
        monkeypatch.setenv(name, value)
    host, begins, ends, trusted, kind = CERTIFICATES[case]
    certificate = make_certificate(tmp_path, host, begins, ends)
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    outcome = read(f"{served(certificate)}/A.cog", settings())
    assert outcome.kind == kind, outcome
    assert kind == "right" or "certificate" in outcome.sentence


def test_a_host_that_speaks_no_tls_gives_no_pixels(served: Any) -> None:
    outcome = read(f"{served().replace('http://', 'https://')}/A.cog", settings())
    assert (outcome.kind, outcome.words) == ("failed", "server_silent")


def test_a_catalogue_on_https_leads_to_no_plain_http(served: Any) -> None:
    plain = served()
    with pytest.raises(requests.RequestException):
        open_io("https://localhost/v1", settings()).session.get(f"{plain}/")


@pytest.mark.parametrize("form", ["cog", "wide", "jp2"])
@pytest.mark.parametrize("status", [403, 404, 429, 500, 503])
def test_an_error_is_not_remembered(server: FaultServer, status: int, form: str) -> None:
    """The next attempt of the same process asks anew."""
    once, url = Settings(timeout_s=5.0, retries=0), f"{server.url}/status_{status}/open/{uuid.uuid4().hex}/A.{form}"
    assert read(url, once).kind == "failed"
    assert read(url, once).kind == "right"


TRIES = 400


def test_a_bit_that_turns_over_in_a_tile_that_is_needed_whole_is_seen(folder: Path) -> None:
    """Nine in a hundred are not: the tile unpacks to the right length, and its sum behind it would tell."""
    assert count_unseen(folder, rows=64) == 0


def test_most_bits_that_turn_over_are_seen(folder: Path) -> None:
    """Of a tile that is needed in part the sum is never reached: what is wrong then is wrong, and cannot be known."""
    assert count_unseen(folder, rows=64) < 0.15 * TRIES


def count_unseen(folder: Path, rows: int) -> int:
    """How many of some turned bits gave other pixels in the first rows of tiles, and were not told."""
    from rasterio.windows import Window

    data, begin, dice = (folder / "A.cog").read_bytes(), find_header_end(folder / "A.cog"), random.Random(1)
    plain = open_plain(data[: 8 * 1024], lambda start, end: data[start:end], len(data))
    assert plain is not None
    end = int((plain.directory.offsets + plain.directory.counts)[: plain.directory.across].max())
    truth, unseen = CROPS["A"][:rows, :192], 0
    for _ in range(TRIES):
        spoilt = bytearray(data)
        spoilt[dice.randrange(begin, end - struct.calcsize("I"))] ^= 1 << dice.randrange(8)
        other = open_plain(
            bytes(spoilt[: 8 * 1024]), lambda first, last, file=spoilt: bytes(file[first:last]), len(data)
        )
        assert other is not None
        out = np.zeros((rows, 192), np.uint16)
        try:
            other.read(1, window=Window(0, 0, 192, rows), out=out)
        except OSError:
            continue
        unseen += int((out != truth).any())
    return unseen
