"""Networks that are not whole, and those of companies, as a person at the command line meets them."""

import json
import os
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from support.catalogues import CONFORMS
from support.monitor import PASSES, QUICK, airfield_document, make_archive
from support.proxy import make_certificate, proxy
from support.starts import run_imagery_watch

from imagery_watch.sources.network.troubles import explain

CATALOGUE, PIXELS = "catalogue.example", "pixels.example"


def run(*arguments: str | Path, cwd: Path, **changes: str) -> "subprocess.CompletedProcess[str]":
    environment = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        environment.pop(name, None)
    changed = {**environment, **QUICK, "IMAGERY_WATCH_TIMEOUT_S": "10", **changes}
    done = run_imagery_watch(*arguments, cwd=cwd, env=changed)
    assert "Traceback" not in done.stderr, done.stderr
    return done


def search(cwd: Path, url: str, **changes: str) -> str:
    """What is said of a catalogue that cannot be asked."""
    done = run("run", "LIPB", "--catalog", url, cwd=cwd, **changes)
    assert done.returncode == 3, done.stderr
    assert "`imagery-watch doctor`" in done.stderr and done.stderr.count("\n") == 1
    return done.stderr


def test_a_name_that_nobody_knows_is_told_with_the_proxy_as_a_way(tmp_path: Path) -> None:
    said = search(tmp_path, "https://nowhere.invalid/v1")
    assert "DNS: the name nowhere.invalid is not known here" in said and "HTTPS_PROXY=http://HOST:PORT" in said


def test_a_closed_port_is_told_with_its_host(tmp_path: Path) -> None:
    said = search(tmp_path, "http://127.0.0.1:9/v1")
    assert "127.0.0.1 cannot be reached: Connection refused" in said


def test_a_proxy_that_is_not_there_is_told_by_its_name(tmp_path: Path) -> None:
    said = search(tmp_path, f"https://{CATALOGUE}/v1", HTTPS_PROXY="http://user:CANARY@127.0.0.1:9")
    assert "the proxy 127.0.0.1 does not answer" in said and "NO_PROXY" in said and "CANARY" not in said


@pytest.mark.parametrize(("status", "words"), [(407, ("wants a user", "USER:PASSWORD")),
                                               (403, (f"does not let us on to {CATALOGUE}", "NO_PROXY"))])  # fmt: skip
def test_a_proxy_that_says_no_is_told_by_what_it_wants(status: int, words: tuple[str, ...], tmp_path: Path) -> None:
    with proxy(tmp_path, status=status) as address:
        said = search(tmp_path, f"https://{CATALOGUE}/v1", HTTPS_PROXY=address)
    assert all(word in said for word in words), said


def test_a_host_that_speaks_no_tls_is_told(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        said = search(tmp_path, f"https://127.0.0.1:{silent.getsockname()[1]}", IMAGERY_WATCH_TIMEOUT_S="1")
    assert "127.0.0.1 does not answer in time" in said


def make_api(base: str, features: list[dict[str, Any]]) -> dict[str, Any]:
    """The answers of a catalogue that has one page of items."""
    link = {"rel": "search", "href": f"{base}/search", "method": "POST", "type": "application/geo+json"}
    landing = {"type": "Catalog", "stac_version": "1.0.0", "id": "one", "description": "", "links": [link],
               "conformsTo": CONFORMS}  # fmt: skip
    page = {"type": "FeatureCollection", "features": features, "links": []}
    return {"/": [{"body": landing}], "/search": [{"body": page}]}


@pytest.fixture
def company(
    tmp_path: Path, script_server: Callable[[dict[str, Any]], Any], range_server: Callable[[Path], Any]
) -> Iterator[dict[str, str]]:
    """The environment of a network that lets nobody out but by a proxy, which opens https with its own certificate.

    Behind it are a catalogue and the store of its pixels, both on https.
    """
    archive = make_archive(tmp_path / "archive")
    features = json.loads(archive.read_text())["features"]
    for asset in (asset for feature in features for asset in feature["assets"].values()):
        asset["href"] = f"https://{PIXELS}/{asset['href'].removeprefix('./')}"
    api = script_server(make_api(f"https://{CATALOGUE}", features))
    places = {CATALOGUE: api.url, PIXELS: range_server(archive.parent).url}
    certificate, key = make_certificate(tmp_path, *places)
    hosts = {name: urlsplit(url).port for name, url in places.items()}
    with proxy(tmp_path, hosts=hosts, certificate=str(certificate), key=str(key)) as address:
        trusted = {"SSL_CERT_FILE": str(certificate), "IMAGERY_WATCH_HOSTS": PIXELS}
        yield {"HTTPS_PROXY": address, "HTTP_PROXY": address, **trusted}


def ask(cwd: Path, environment: dict[str, str], *more: str) -> "subprocess.CompletedProcess[str]":
    aoi = cwd / "TSTA.geojson"
    aoi.write_text(json.dumps(airfield_document("TSTA")))
    dates = ("--since", "2022-06-01", "--until", "2022-08-01")
    return run("run", "--aoi", aoi, "--catalog", f"https://{CATALOGUE}", *dates, "-o", cwd / "out", *more,
               cwd=cwd, **environment)  # fmt: skip


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"])
def test_catalogue_and_pixels_come_by_way_of_a_companys_proxy(
    variable: str, company: dict[str, str], tmp_path: Path
) -> None:
    company[variable] = company.pop("SSL_CERT_FILE")
    done = ask(tmp_path, company, "-v")
    assert done.returncode == 0, done.stderr
    assert len(json.loads((tmp_path / "out" / "hits.geojson").read_text())["features"]) == 2
    assert f"searching: 0 of 1, {CATALOGUE}" in done.stderr
    assert f"reading: {PASSES - 1} of {PASSES}, " in done.stderr and f"from {PIXELS}" in done.stderr


def test_a_store_that_nobody_trusts_is_named_and_not_asked(company: dict[str, str], tmp_path: Path) -> None:
    del company["IMAGERY_WATCH_HOSTS"]
    done = ask(tmp_path, company)
    assert done.returncode == 3, done.stderr
    looks = (tmp_path / "out" / "looks.csv").read_text()
    assert f"lies on {PIXELS}" in looks and "add it to IMAGERY_WATCH_HOSTS" in looks, looks


def test_a_companys_certificate_that_nobody_named_is_told_with_the_variable(
    company: dict[str, str], tmp_path: Path
) -> None:
    del company["SSL_CERT_FILE"]
    done = ask(tmp_path, company)
    assert done.returncode == 3
    assert f"{CATALOGUE}: its certificate is not trusted" in done.stderr and "Set SSL_CERT_FILE" in done.stderr


def test_a_variable_that_names_no_certificate_is_named(tmp_path: Path) -> None:
    done = run("run", "LIPB", "--catalog", "https://nowhere.invalid", cwd=tmp_path, SSL_CERT_FILE="missing.pem")
    assert (done.returncode, "SSL_CERT_FILE=missing.pem" in done.stderr) == (2, True), done.stderr
    (tmp_path / "none.pem").write_text("no certificate")
    done = run("run", "LIPB", "--catalog", "https://nowhere.invalid", cwd=tmp_path, REQUESTS_CA_BUNDLE="none.pem")
    assert (done.returncode, "REQUESTS_CA_BUNDLE=none.pem" in done.stderr) == (2, True), done.stderr


def test_an_error_that_is_of_no_known_kind_is_told_by_its_kind() -> None:
    assert explain(ValueError("https://host/?key=CANARY"), "host").what == "host broke the connection (ValueError)"


def test_this_machine_is_asked_straight(script_server: Callable[[dict[str, Any]], Any], tmp_path: Path) -> None:
    server = script_server(make_api("{base}", []))
    done = run("run", "LIPB", "--catalog", server.url, cwd=tmp_path, HTTP_PROXY="http://127.0.0.1:9")
    assert done.returncode == 0, done.stderr
    assert {seen.path for seen in server.requests()} >= {"/", "/search"}
