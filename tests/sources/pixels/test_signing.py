"""Stores that want a token or keys: the Planetary Computer's and the Copernicus Data Space's ways, on a stand-in."""

import logging
import socket
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import urllib3
from support.rasters import BANDS, GRID, make_item, pattern, write_pass, write_raster
from support.servers import Server

from imagery_watch.errors import ReadFailed
from imagery_watch.model import Scene
from imagery_watch.model.access import Access, Keys
from imagery_watch.reasons import ReasonCode
from imagery_watch.sensors.sentinel2.sensor import SENTINEL_2
from imagery_watch.settings import Settings
from imagery_watch.sources.catalogs.acquisitions import fold
from imagery_watch.sources.catalogs.named import open_catalog
from imagery_watch.sources.network.door import Question, ask
from imagery_watch.sources.network.hosts import ANYBODY
from imagery_watch.sources.pixels.scenes import Reader, Unread, read_scenes
from imagery_watch.sources.pixels.signing import TokenSigner, find_container

HERE = (11.3, 46.4, 11.4, 46.5)
LONLAT = (11.33, 46.46)
KEYS = {"AKCANARY": "SECRETCANARY"}
NAMES = {"s3_key": "AKCANARY", "s3_secret": "SECRETCANARY"}


def placed(feature: dict[str, Any], where: str, suffix: str = "tif") -> dict[str, Any]:
    """The item, its files in a store."""
    assets = {key: dict(asset) for key, asset in feature["assets"].items()}
    for key, asset in assets.items():
        band = {**{name: band for band, name in BANDS.items()}, "scl": "SCL"}[key]
        asset["href"] = f"{where}/{feature['id']}/{band}.{suffix}"
        asset["type"] = {"tif": "image/tiff; application=geotiff", "jp2": "image/jp2"}[suffix]
    return {**feature, "assets": assets}


def settings_for(server: Server, folder: Path, **options: Any) -> Settings:
    return Settings.model_validate({
        "planetary_computer": f"{server.url}/planetary",
        "planetary_computer_tokens": f"{server.url}/token",
        "copernicus": f"{server.url}/copernicus",
        "copernicus_s3": server.url,
        "cache": folder / "cache", "timeout_s": 5, "retries": 1, "in_flight": 8, **options})  # fmt: skip


def read_all(settings: Settings, where: str) -> list[Scene | Unread]:
    catalog = open_catalog(where, settings, SENTINEL_2)
    passes = fold(catalog.search(HERE, None, None).items)
    return list(read_scenes(passes, GRID, LONLAT, Reader(settings, catalog.name, None, SENTINEL_2)))


class Planetary:
    """Passes in a store that wants tokens, one after the other; what is written and asked is kept."""

    def __init__(self, start: Any, folder: Path) -> None:
        self._start, self._folder = start, folder

    def read(self, days: int = 1, at_once: int = 8, **faults: Any) -> tuple[list[Scene | Unread], Server]:
        features = []
        for day in range(1, days + 1):
            name = f"S2A_32TPS_202306{day:02d}_0_L2A"
            item = make_item(name, datetime=f"2023-06-{day:02d}T10:17:00Z", **{"earthsearch:boa_offset_applied": None})
            features.append(placed(write_pass(self._folder / "store", item), "{base}/account/container"))
        server = self._start(features, folder=self._folder / "store", **faults)
        return read_all(settings_for(server, self._folder, in_flight=at_once), "planetary-computer"), server


@pytest.fixture
def planetary(catalogue_server: Any, tmp_path: Path) -> Planetary:
    return Planetary(catalogue_server, tmp_path)


def test_files_are_signed_with_one_token_for_all(planetary: Planetary) -> None:
    outcomes, server = planetary.read(days=3)
    assert all(isinstance(one, Scene) and one.valid.all() and len(one.bands) == 4 for one in outcomes)
    assert server.state()["token_calls"] == 1


def test_an_unsigned_question_is_a_404_and_a_wrong_signature_a_403(planetary: Planetary) -> None:
    """What the stand-in does where nobody signs: were it open, the tests here would prove nothing."""
    _, server = planetary.read()
    address = f"{server.url}/account/container/S2A_32TPS_20230601_0_L2A/B02.tif"
    with urllib3.PoolManager() as pool:
        assert [pool.request("GET", f"{address}{query}", retries=False).status for query in ("", "?sig=S0")] == [
            404,
            403,
        ]


@pytest.mark.parametrize(("uses", "at_once"), [(3, 1), (20, 8)])
def test_a_token_that_ends_is_renewed_and_nothing_is_lost(planetary: Planetary, uses: int, at_once: int) -> None:
    outcomes, server = planetary.read(days=6, at_once=at_once, token_uses=uses)
    assert all(isinstance(one, Scene) and one.valid.all() for one in outcomes), outcomes
    assert 1 < server.state()["tokens"] <= 1 + 6 * 5 * 2 / uses


def test_a_token_that_is_over_when_it_comes_is_renewed_once(planetary: Planetary) -> None:
    outcomes, server = planetary.read(born_expired=1)
    assert [isinstance(one, Scene) for one in outcomes] == [True] and server.state()["tokens"] == 2


def test_tokens_that_never_work_are_a_failure_and_asked_for_twice(planetary: Planetary) -> None:
    outcomes, server = planetary.read(days=3, born_expired=1000)
    assert all(isinstance(one, ReadFailed) and one.reason.code == ReasonCode.NO_ACCESS for one in outcomes)
    assert "a fresh token was refused (HTTP 403)" in str(outcomes[0])
    assert server.state()["tokens"] == 2


def test_a_busy_token_service_is_asked_again(planetary: Planetary) -> None:
    outcomes, server = planetary.read(token_busy=1)
    assert [isinstance(one, Scene) for one in outcomes] == [True] and server.state()["token_calls"] == 2


def test_a_token_service_that_stays_busy_is_a_failure(planetary: Planetary) -> None:
    outcomes, _ = planetary.read(token_busy=1000)
    assert isinstance(outcomes[0], ReadFailed) and "HTTP 429" in str(outcomes[0])


def test_a_token_service_that_is_down_is_asked_once_for_all_windows(planetary: Planetary) -> None:
    """Once, and again as often as a busy server is, which is once here: not by each of 15 windows."""
    outcomes, server = planetary.read(days=3, token_busy=1000)
    assert all(isinstance(one, ReadFailed) and "HTTP 429" in str(one) for one in outcomes)
    assert server.state()["token_calls"] == 2


def test_a_token_service_that_was_down_is_asked_again_after_a_while(
    catalogue_server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = catalogue_server([], token_busy=1)
    signer = TokenSigner(f"{server.url}/token/account/container", Settings(timeout_s=5, retries=0), ANYBODY)
    for _ in range(2):
        with pytest.raises(ReadFailed, match="HTTP 429"):
            signer.sign("https://store.example.com/B02.tif")
    assert server.state()["token_calls"] == 1
    monkeypatch.setattr("imagery_watch.sources.pixels.signing.DOWN_S", 0.0)
    assert "sig=S1" in signer.sign("https://store.example.com/B02.tif")[0]


def test_no_signature_is_logged_where_a_connection_breaks(
    planetary: Planetary, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener, caplog.at_level(logging.DEBUG):
        port = listener.getsockname()[1]
        breaking = threading.Thread(target=break_connections, args=(listener, 2))
        breaking.start()
        question = Question(f"http://127.0.0.1:{port}/B02.tif?se=2026&sig=CANARY")
        with pytest.raises(urllib3.exceptions.HTTPError), ask(question, Settings(timeout_s=2, retries=1)):
            pass
        breaking.join(10)
    assert "B02.tif?..." in caplog.text and "connection broken" in caplog.text
    assert "CANARY" not in caplog.text and "sig=" not in caplog.text


def break_connections(listener: socket.socket, number: int) -> None:
    """Takes so many questions and hangs up on each."""
    for _ in range(number):
        connection, _ = listener.accept()
        connection.recv(4096)
        connection.close()


def test_no_signature_is_in_a_name_of_the_cache_or_a_message(
    planetary: Planetary, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Read again under another token, nothing is asked of the store: the windows' names hold no signature."""
    with caplog.at_level(logging.INFO):
        outcomes, server = planetary.read()
    asked = len(server.requests())
    again = read_all(settings_for(server, tmp_path), "planetary-computer")
    assert [seen.path for seen in server.requests()[asked:] if "account" in seen.path] == []
    assert isinstance(outcomes[0], Scene) and isinstance(again[0], Scene)
    np.testing.assert_array_equal(outcomes[0].data, again[0].data)
    assert "sig=" not in caplog.text


CONTAINERS = {
    "https://sentinel2l2a01.blob.core.windows.net/sentinel2-l2/32/T/MT/B02.tif": "sentinel2l2a01/sentinel2-l2",
    "https://data.example.com/sentinel2-l2/32/T/MT/B02.tif": "",
    "https://blob.core.windows.net.example.com/sentinel2-l2/B02.tif": "",
    "https://tokens.example.com/account/container/B02.tif": "account/container",
    "https://tokens.example.com/B02.tif": "",
}


@pytest.mark.parametrize("url", CONTAINERS)
def test_which_container_a_file_is_in(url: str) -> None:
    assert find_container(url, "https://tokens.example.com/token") == CONTAINERS[url]


@pytest.fixture
def copernicus(catalogue_server: Any, tmp_path: Path) -> Server:
    """Two passes as JPEG 2000 in a store that wants keys."""
    lossless = {"driver": "JP2OpenJPEG", "QUALITY": 100, "REVERSIBLE": "YES"}
    features = []
    for day in (1, 2):
        item = make_item(f"pass-{day}", datetime=f"2023-06-0{day}T10:17:00Z")
        for number, band in enumerate(BANDS):
            path = tmp_path / "store" / item["id"] / f"{band}.jp2"
            write_raster(path, pattern(*GRID.shape, seed=number + day), GRID.left, GRID.top, **lossless)
        write_raster(tmp_path / "store" / item["id"] / "SCL.jp2", np.full((24, 32), 4, np.uint8), GRID.left, GRID.top,
                     resolution=20, **lossless)  # fmt: skip
        features.append(placed(item, "s3://eodata", "jp2"))
    server: Server = catalogue_server(features, folder=tmp_path / "store", keys=KEYS, lag_s=0.02)
    return server


def test_jpeg_2000_on_s3_is_read_with_keys_to_the_last_bit(copernicus: Server, tmp_path: Path) -> None:
    outcomes = read_all(settings_for(copernicus, tmp_path, **NAMES), "copernicus")
    for day, scene in enumerate(outcomes, start=1):
        assert isinstance(scene, Scene), scene
        assert scene.scl is not None and (scene.scl == 4).all()
        for number, image in enumerate(scene.data):
            np.testing.assert_allclose(image, pattern(*GRID.shape, seed=number + day) / 10_000, atol=1e-6)


def test_the_store_is_asked_four_questions_at_once_at_the_most(copernicus: Server, tmp_path: Path) -> None:
    read_all(settings_for(copernicus, tmp_path, **NAMES), "copernicus")
    assert 1 < copernicus.state()["most_in_flight"] <= 4


def test_without_keys_it_is_said_which_variables_to_set(copernicus: Server, tmp_path: Path) -> None:
    for keys in ({}, {"s3_key": "AKCANARY"}):
        outcomes = read_all(settings_for(copernicus, tmp_path, **keys), "copernicus")
        assert all(isinstance(one, ReadFailed) and one.reason.code == ReasonCode.NO_ACCESS for one in outcomes)
        assert "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY" in str(outcomes[0])


def test_keys_that_are_refused_are_said_and_not_shown(copernicus: Server, tmp_path: Path) -> None:
    outcomes = read_all(settings_for(copernicus, tmp_path, s3_key="AKCANARY", s3_secret="WRONGCANARY"), "copernicus")
    assert isinstance(outcomes[0], ReadFailed)
    assert "the keys in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY were refused (HTTP 403)" in str(outcomes[0])
    assert "CANARY" not in str(outcomes[0])


def test_keys_come_from_the_environment_and_are_shown_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKCANARY")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "SECRETCANARY")
    settings = Settings()
    assert settings.s3_key is not None and settings.s3_key.get_secret_value() == "AKCANARY"
    catalog = open_catalog("copernicus", settings, SENTINEL_2)
    access = Access(keys=Keys("AKCANARY", "SECRETCANARY"))
    shown = [repr(settings), settings.model_dump_json(), repr(access), catalog.name]
    assert not [text for text in shown if "CANARY" in text]


def test_a_copy_on_https_is_preferred_to_one_that_wants_keys(
    copernicus: Server, catalogue_server: Any, tmp_path: Path
) -> None:
    uri = "S2A_MSIL2A_20230601T101601_N0509_R065_T32TPS_20230601T162400.SAFE"
    copies = (("open", "{base}/open", "tif"), ("keyed", "s3://eodata", "jp2"))
    features = [placed(make_item(name, **{"s2:product_uri": uri}), *place) for name, *place in copies]
    server = catalogue_server(features, folder=tmp_path)
    settings = settings_for(server, tmp_path)
    (one,) = fold(open_catalog("copernicus,planetary-computer", settings, SENTINEL_2).search(HERE, None, None).items)
    assert one.item_ids == ("open",)
