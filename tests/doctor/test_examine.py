"""What `doctor` finds: of the machine, of a stand-in for each catalogue, and of networks that are not whole."""

import json
import os
import socket
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from support.rasters import make_item, utc, write_pass
from support.servers import Server
from support.starts import run_imagery_watch

from imagery_watch.doctor.examine import _collect, _start, examine
from imagery_watch.doctor.machine import check_machine
from imagery_watch.errors import ExitCode
from imagery_watch.model.check import Check, sum_up
from imagery_watch.outputs.store.store import open_store
from imagery_watch.settings import Settings
from imagery_watch.sources.catalogs.known import KNOWN_CATALOGS

NOW = utc("2023-06-10")
NAMES = {f"catalogue {known.name}" for known in KNOWN_CATALOGS}


def address_all(server: str, **options: Any) -> Settings:
    return Settings.model_validate({
        "earth_search": f"{server}/earth-search",
        "planetary_computer": f"{server}/planetary", "planetary_computer_tokens": f"{server}/token",
        "copernicus": f"{server}/copernicus", "copernicus_s3": server, "timeout_s": 5, **options})  # fmt: skip


def catalogues(settings: Settings, deadline_s: float = 20.0) -> dict[str, Check]:
    found = {one.name: one for one in examine(settings, NOW, deadline_s)}
    return {name.removeprefix("catalogue "): found[name] for name in NAMES}


@pytest.fixture
def server(catalogue_server: Any, tmp_path: Path) -> Server:
    """One pass over Bolzano in each of the stores."""
    features = []
    for number, (where, names) in enumerate({
        "{base}/open": {}, "{base}/account/container": {"blue": "B02"}, "s3://eodata": {"blue": "B02_10m"},
    }.items()):  # fmt: skip
        item = write_pass(tmp_path / "store", make_item(f"item-{number}", datetime=f"2023-06-0{number + 1}T10:17:00Z"))
        keys = {names.get(key, key): asset for key, asset in item["assets"].items() if not names or key in names}
        assets = {key: {**asset, "href": f"{where}/{item['id']}/B02.tif"} for key, asset in keys.items()}
        features.append({**item, "assets": assets})
    started: Server = catalogue_server(features, folder=tmp_path / "store", keys={"AK": "SK"})
    return started


def test_a_catalogue_that_works_is_told_in_one_line(server: Server) -> None:
    found = catalogues(address_all(server.url))
    assert {name: one.state for name, one in found.items() if name.startswith("earth")} == {
        "earth-search": "ok", "earth-search-c1": "bad", "earth-search-l2a": "ok"}  # fmt: skip
    line = found["earth-search"].what
    assert "search works (3 items over Bolzano in 30 days)" in line and "item-0/B02.tif in " in line
    assert found["earth-search"].fix == "" and "\n" not in line
    assert "has no collection sentinel-2-c1-l2a" in found["earth-search-c1"].what


def test_nothing_is_bad_where_what_the_program_needs_works(server: Server) -> None:
    assert sum_up(examine(address_all(server.url), NOW)) == ExitCode.DONE


def test_keys_that_are_not_set_are_a_note_with_the_way_to_them(catalogue_server: Any, tmp_path: Path) -> None:
    item = make_item("one", datetime="2023-06-01T10:17:00Z")
    item["assets"] = {"B02_10m": {"href": "s3://eodata/one/B02.jp2", "type": "image/jp2"}}
    settings = address_all(catalogue_server([item], folder=tmp_path).url)
    one = catalogues(settings)["copernicus"]
    assert one.state == "note" and "search works" in one.what
    assert one.fix.startswith("make keys at https://eodata-s3keysmanager") and "AWS_SECRET_ACCESS_KEY" in one.fix
    held = settings.model_copy(update={"s3_key": SecretStr("AK"), "s3_secret": SecretStr("CANARY")})
    wrong = catalogues(held)["copernicus"]
    assert wrong.state == "bad" and "were refused (HTTP 403)" in wrong.what and "CANARY" not in wrong.what


@pytest.fixture
def silent() -> Iterator[str]:
    """A host that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


def test_a_host_that_says_nothing_holds_up_nobody(silent: str) -> None:
    started = time.monotonic()
    found = catalogues(address_all(silent), deadline_s=2.0)
    assert time.monotonic() - started < 8
    assert {one.state for one in found.values()} == {"bad"}
    assert all("does not answer in time" in one.what or "no answer within 2 s" in one.what for one in found.values())
    assert found["earth-search"].code == ExitCode.INCOMPLETE and found["copernicus"].code == ExitCode.DONE


LANDINGS = {
    "a page to sign in": ({"body": "<html>sign in</html>"}, "something else than a STAC landing page", "sign-in"),
    "sent on to a page": ({"status": 302, "body": ""}, "HTTP 302", "sign-in"),
    "a proxy that wants a user": ({"status": 407, "body": ""}, "HTTP 407", "USER:PASSWORD"),
    "busy": ({"status": 503, "body": ""}, "HTTP 503", "try again later"),
    "no search": ({"body": '{"stac_version": "1.0.0"}'}, "a search does not", "try again later"),
}


@pytest.mark.parametrize("case", LANDINGS)
def test_what_is_wrong_is_told_with_what_to_do(script_server: Any, case: str) -> None:
    answer, said, fix = LANDINGS[case]
    url = script_server({path: [answer] for path in ("/earth-search", "/planetary", "/copernicus")}).url
    found = catalogues(address_all(url))
    assert all(one.state == "bad" and said in one.what and fix in one.fix for one in found.values())


NOWHERE = {
    "a name that nobody knows": ("https://nowhere.invalid/v1", "DNS: the name nowhere.invalid"),
    "a port that is closed": ("http://127.0.0.1:9/v1", "cannot be reached: Connection refused"),
}


@pytest.mark.parametrize("case", NOWHERE)
def test_a_network_that_is_not_there_is_told_at_once(case: str) -> None:
    address, said = NOWHERE[case]
    started = time.monotonic()
    one = catalogues(address_all("http://127.0.0.1:9").model_copy(update={"earth_search": address}))["earth-search"]
    assert one.state == "bad" and said in one.what and "HTTPS_PROXY" in one.fix
    assert time.monotonic() - started < 10


ADDRESSES = {"half": "http://[bad", "a word": "foo", "another kind": "ftp://127.0.0.1/v1", "no host": "https:///v1"}


@pytest.mark.parametrize("case", ADDRESSES)
def test_what_is_no_address_is_told_as_the_setting_that_it_is(case: str) -> None:
    wrong = address_all("http://127.0.0.1:9").model_copy(update={"earth_search": ADDRESSES[case]})
    found = examine(wrong, NOW)
    one = next(check for check in found if check.name == "catalogue earth-search")
    assert (one.state, one.code) == ("bad", ExitCode.USAGE) and one.what == "IMAGERY_WATCH_EARTH_SEARCH is no address"
    assert one.fix == "set IMAGERY_WATCH_EARTH_SEARCH to https://HOST/PATH, or unset it"
    assert sum_up(found) == ExitCode.USAGE


def test_a_proxy_without_an_address_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HTTPS_PROXY", "http://[x")
    one = by_name(Settings(home=tmp_path))["environment"]
    assert one.state == "note" and "https by ?" in one.what and "set the proxy that is told as ?" in one.fix
    far = catalogues(address_all("https://nowhere.invalid"))["earth-search"]
    assert (far.state, far.code) == ("bad", ExitCode.USAGE) and "the proxy for https" in far.what


def test_a_check_that_fails_itself_is_no_success_where_the_catalogue_is_needed() -> None:
    def broken() -> Check:
        raise ValueError("broken")

    waiting = _start({"earth-search": broken, "copernicus": broken})
    found = _collect(("earth-search", "copernicus"), waiting, 5.0)
    assert [one.code for one in found] == [ExitCode.INCOMPLETE, ExitCode.DONE]
    assert all("the check itself failed (ValueError: broken)" in one.what for one in found)


def by_name(settings: Settings) -> dict[str, Check]:
    return {one.name: one for one in check_machine(settings)}


def test_versions_room_and_record_are_told(tmp_path: Path) -> None:
    found = by_name(Settings(home=tmp_path))
    assert {name: one.state for name, one in found.items()} == dict.fromkeys(
        ("versions", "home", "cache", "record", "environment"), "ok")  # fmt: skip
    assert all(word in found["versions"].what for word in ("Python 3.", "GDAL 3.", "PROJ ", "rasterio "))
    assert "GB free" in found["cache"].what and "none yet" in found["record"].what
    assert list(tmp_path.iterdir()) == []


def test_a_whole_record_and_a_damaged_one(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        path = store.path
    assert by_name(Settings(home=tmp_path))["record"].what.endswith("monitor.sqlite: whole")
    path.write_bytes(b"no database at all" * 100)
    damaged = by_name(Settings(home=tmp_path))["record"]
    assert (damaged.state, damaged.code) == ("bad", ExitCode.STORE) and "monitor.sqlite" in damaged.what


def test_a_folder_that_cannot_be_written_is_bad(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    one = by_name(Settings(home=tmp_path, cache=tmp_path / "file"))["cache"]
    assert (one.state, one.code) == ("bad", ExitCode.USAGE) and "IMAGERY_WATCH_CACHE" in one.fix


def test_proxies_and_keys_are_told_without_their_secrets(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://user:CANARY@proxy.example.com:3128")
    one = by_name(Settings.model_validate({"home": tmp_path, "s3_key": "CANARY"}))["environment"]
    assert one.state == "note" and "https by proxy.example.com" in one.what and "one of them set" in one.what
    assert "CANARY" not in one.what + one.fix


CODES = [((), 0), ((ExitCode.INCOMPLETE,), 3), ((ExitCode.INCOMPLETE, ExitCode.USAGE), 2),
         ((ExitCode.USAGE, ExitCode.STORE, ExitCode.INCOMPLETE), 4)]  # fmt: skip


@pytest.mark.parametrize(("codes", "expected"), CODES)
def test_the_worst_decides_the_exit_code(codes: tuple[ExitCode, ...], expected: int) -> None:
    assert sum_up(tuple(Check("one", "bad", "", "", code) for code in (ExitCode.DONE, *codes))) == expected


def test_the_command_prints_a_line_each_or_json_and_ends_in_time(tmp_path: Path) -> None:
    places = {f"IMAGERY_WATCH_{known.address.upper()}": "http://127.0.0.1:9/v1" for known in KNOWN_CATALOGS}
    environment = {**os.environ, **places, "IMAGERY_WATCH_HOME": str(tmp_path)}
    said = run_imagery_watch("doctor", env=environment, timeout=60)
    assert (said.returncode, said.stderr) == (3, "")
    assert [line.split()[0] for line in said.stdout.splitlines()] == ["ok"] * 5 + ["bad", "->"] * len(KNOWN_CATALOGS)
    told = run_imagery_watch("doctor", "--json", env=environment, timeout=60)
    assert told.returncode == 3
    assert {one["name"] for one in json.loads(told.stdout)} >= NAMES | {"versions", "record"}


def test_a_pass_of_long_ago_is_not_the_newest(server: Server) -> None:
    """Asked a year later, the catalogue has nothing new, and that is said."""
    later = {one.name: one for one in examine(address_all(server.url), NOW + timedelta(days=365))}
    assert "lists nothing over Bolzano in the last 30 days" in later["catalogue earth-search"].what
