"""Exchanges that never end are ended, and hosts that only this machine can reach are not asked."""

import time
from pathlib import Path
from typing import Any

import pytest
import urllib3
from support.drips import MODES, drip

from imagery_watch.errors import CatalogUnavailable, PassRefused, ReadFailed, UsageError
from imagery_watch.sensors.sentinel2.sensor import SENTINEL_2
from imagery_watch.settings import Settings
from imagery_watch.sources.catalogs.stac_api import ApiCatalog
from imagery_watch.sources.network.connections import set_deadlines
from imagery_watch.sources.network.hosts import PrivateHost, find_proxy, is_private
from imagery_watch.sources.pixels.hrefs import check_href
from imagery_watch.sources.pixels.ranges import RemoteFile

QUICK = Settings(timeout_s=0.5, retries=0)
ELSEWHERE = "https://stac.example/v1"


@pytest.mark.parametrize("mode", MODES)
def test_a_file_that_drips_is_given_up(mode: str) -> None:
    with drip(mode) as url:
        began = time.monotonic()
        with pytest.raises(ReadFailed):
            RemoteFile(f"{url}/B04.tif", QUICK)
        assert time.monotonic() - began < 10


@pytest.mark.parametrize("mode", MODES)
def test_a_catalogue_that_drips_is_given_up(mode: str) -> None:
    with drip(mode) as url:
        began = time.monotonic()
        with pytest.raises(CatalogUnavailable):
            ApiCatalog(url, QUICK, SENTINEL_2).search((11.3, 46.4, 11.4, 46.5), None, None)
        assert time.monotonic() - began < 10


PRIVATE = [
    "localhost", "LOCALHOST", "localhost.", "a.localhost", "printer.local", "db.internal", "127.0.0.1", "127.1.2.3",
    "::1", "[::1]", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "::",
    "fe80::1", "fe80::1%eth0", "fc00::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "224.0.0.1", "", None,
]  # fmt: skip
PUBLIC = ["stac.example", "8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "local.example", "10.example"]


@pytest.mark.parametrize("host", PRIVATE)
def test_hosts_of_ones_own(host: str | None) -> None:
    assert is_private(host)


@pytest.mark.parametrize("host", PUBLIC)
def test_hosts_of_the_world(host: str) -> None:
    assert not is_private(host)


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize(
    "host", ["127.0.0.1:8080", "localhost", "[::1]:80", "10.0.0.1", "169.254.169.254", "x.internal"]
)
def test_an_item_of_elsewhere_cannot_send_us_to_ourselves(scheme: str, host: str) -> None:
    href = f"{scheme}://{host}/B04.tif"
    with pytest.raises(PassRefused, match="of this machine or its own network"):
        check_href(href, None, ELSEWHERE)


@pytest.mark.parametrize("catalog", ["http://127.0.0.1:9/v1", "http://localhost/v1", "http://10.0.0.7/stac"])
def test_a_catalogue_of_this_network_may(catalog: str) -> None:
    assert check_href("https://127.0.0.1/B04.tif", None, catalog)


def test_a_file_of_this_machine_may(tmp_path: Path) -> None:
    assert check_href("http://127.0.0.1:8080/B04.tif", tmp_path, str(tmp_path))


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "127.1"])
def test_whatever_its_name_resolves_to(name: str) -> None:
    """Numbers in other forms, and names that resolve to this machine: refused before anything is asked."""
    with drip("body") as url:
        manager = set_deadlines(urllib3.PoolManager(retries=False, timeout=2), public_only=True)
        with pytest.raises((PrivateHost, urllib3.exceptions.NameResolutionError)):
            manager.request("GET", url.replace("127.0.0.1", name), redirect=False)


def test_a_read_that_leads_to_ourselves_is_refused_for_good() -> None:
    with drip("body") as url, pytest.raises(PassRefused, match="on this machine"):
        RemoteFile(f"{url}/B04.tif", QUICK, public_only=True)


PROXIES = {
    "none is set": ({}, "https://data.example.com/B04.tif", ""),
    "for https": ({"HTTPS_PROXY": "http://proxy:1"}, "https://data.example.com/B04.tif", "http://proxy:1"),
    "in small letters": ({"https_proxy": "http://proxy:1"}, "https://data.example.com/B04.tif", "http://proxy:1"),
    "for http alone": ({"HTTP_PROXY": "http://proxy:1"}, "https://data.example.com/B04.tif", ""),
    "for all": ({"ALL_PROXY": "http://proxy:1"}, "https://data.example.com/B04.tif", "http://proxy:1"),
    "not for this host": (
        {"HTTPS_PROXY": "http://proxy:1", "NO_PROXY": "example.com"}, "https://data.example.com/B04.tif", ""),
    "not for this machine": ({"HTTP_PROXY": "http://proxy:1"}, "http://127.0.0.1/B04.tif", ""),
    "of a kind that is not known": ({"HTTPS_PROXY": "socks5://proxy:1"}, "https://data.example.com/B04.tif", ""),
}  # fmt: skip


@pytest.fixture
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        for spelled in (name, name.lower()):
            monkeypatch.delenv(spelled, raising=False)
    return monkeypatch


@pytest.mark.parametrize("case", PROXIES)
def test_which_proxy_is_taken(no_proxies: pytest.MonkeyPatch, case: str) -> None:
    environment, url, expected = PROXIES[case]
    for name, value in environment.items():
        no_proxies.setenv(name, value)
    assert find_proxy(url) == expected


def test_a_proxy_without_an_address_is_told_without_its_secrets(no_proxies: pytest.MonkeyPatch) -> None:
    for named in ("http://[x", "http://", "http://user:CANARY@[x"):
        no_proxies.setenv("HTTPS_PROXY", named)
        with pytest.raises(UsageError, match=r"the proxy for https .*http://HOST:PORT") as caught:
            find_proxy("https://data.example.com/B04.tif")
        assert "CANARY" not in str(caught.value)


def test_a_file_is_read_by_way_of_the_proxy(no_proxies: pytest.MonkeyPatch, script_server: Any) -> None:
    """A proxy is asked with the whole address; what it answers is the file's."""
    url = "http://data.example.com/B04.tif"
    server = script_server({url: [{"status": 206, "headers": {"content-range": "bytes 0-3/4"}, "body": "II*_"}]})
    no_proxies.setenv("HTTP_PROXY", server.url)
    assert RemoteFile(url, Settings(timeout_s=5, retries=0), public_only=True).size == 4
    no_proxies.delenv("HTTP_PROXY")
    assert [(seen.path, seen.host) for seen in server.requests()] == [(url, "data.example.com")]
