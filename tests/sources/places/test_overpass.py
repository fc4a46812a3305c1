"""OpenStreetMap asked over HTTP: a stand-in for Overpass that answers well, late, or with something else."""

import json
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import DATA
from support.servers import Server

from imagery_watch.errors import AoiError, ImageryWatchError, MapUnavailable, UsageError
from imagery_watch.settings import Settings
from imagery_watch.sources.airfields.known import find_airfield
from imagery_watch.sources.places.additions import add_from_map
from imagery_watch.sources.places.aerodrome import cut_to_aerodrome
from imagery_watch.sources.places.index import Place, load_places
from imagery_watch.sources.places.overpass import ask_overpass, build_query

REPLY = json.loads((DATA / "osm" / "ELLX_overpass.json").read_text(encoding="utf-8"))
ELLX = Place("ELLX", "LUX", "Findel", "Luxembourg", "LU", 49.6233, 6.2044)
HERE = (ELLX.lon, ELLX.lat)
KINDS = ("aerodrome", "apron")
Script = Callable[[dict[str, Any]], Server]


def settings(server: Server, home: Path, **others: Any) -> Settings:
    return Settings(overpass=f"{server.url}/api", home=home, **{"retries": 2, "timeout_s": 5.0, **others})


def aprons(reply: dict[str, Any]) -> list[int]:
    return [one["id"] for one in reply["elements"] if one["tags"]["aeroway"] == "apron"]


def moved(element: dict[str, Any], east: float, number: int) -> dict[str, Any]:
    """Another element of the same form, elsewhere."""
    points = [{"lat": one["lat"], "lon": one["lon"] + east} for one in element["geometry"]]
    return {"type": "way", "id": number, "tags": dict(element["tags"]), "geometry": points}


def test_an_airfield_is_made_of_the_answer_and_credited(script_server: Script, tmp_path: Path) -> None:
    server = script_server({"/api": [{"body": REPLY}]})
    path = add_from_map(ELLX, settings(server, tmp_path))
    airfield = find_airfield("ELLX", tmp_path)
    assert path == tmp_path / "aoi" / "ELLX.geojson"
    assert (airfield.name, len(airfield.aprons), len(airfield.stands), len(airfield.runways)) == ("Findel", 5, 3, 1)
    assert (airfield.license, airfield.quality) == ("ODbL 1.0", "mapped")
    assert json.loads(path.read_text())["attribution"] == "(c) OpenStreetMap contributors, ODbL 1.0"
    assert REPLY["osm3s"]["timestamp_osm_base"] in airfield.source
    assert [(one.method, one.path) for one in server.requests()] == [("POST", "/api")]


def test_nothing_is_asked_where_the_file_is_there(script_server: Script, tmp_path: Path) -> None:
    server = script_server({"/api": [{"body": REPLY}]})
    add_from_map(ELLX, settings(server, tmp_path))
    server.forget()
    with pytest.raises(AoiError, match="is there already"):
        add_from_map(ELLX, settings(server, tmp_path))
    assert server.requests() == []
    add_from_map(ELLX, settings(server, tmp_path), name="Anew", overwrite=True)
    assert find_airfield("ELLX", tmp_path).name == "Anew"


@pytest.mark.parametrize("status", [429, 504])
def test_a_busy_server_is_asked_again_when_it_says(status: int, script_server: Script, tmp_path: Path) -> None:
    busy = {"status": status, "body": "busy", "headers": {"retry-after": "1"}}
    server = script_server({"/api": [busy, {"body": REPLY}]})
    started = time.monotonic()
    assert len(ask_overpass("query", settings(server, tmp_path))["elements"]) == len(REPLY["elements"])
    assert time.monotonic() - started >= 1
    assert len(server.requests()) == 2


TIMED_OUT = 'runtime error: Query timed out in "query" at line 3 after 25 seconds.'
TROUBLE: dict[str, tuple[dict[str, Any], type[ImageryWatchError], str]] = {
    "busy for good": ({"status": 429, "body": "no"}, MapUnavailable, r"HTTP 429 \(it is busy"),
    "not whole": ({"body": {**REPLY, "remark": TIMED_OUT}}, MapUnavailable, "not whole, it remarks 'runtime error"),
    "a page": ({"body": "<!doctype html><title>Sign in</title>", "type": "text/html"}, MapUnavailable, "a web page"),
    "half": ({"body": json.dumps(REPLY)[:500]}, MapUnavailable, "something that is not JSON"),
    "nested": ({"body": "[" * 100_000}, MapUnavailable, "something that is not JSON"),
    "another object": ({"body": {"type": "FeatureCollection"}}, MapUnavailable, "without a list of elements"),
    "a list": ({"body": []}, MapUnavailable, "without a list of elements"),
    "another server": ({"status": 404, "body": "no"}, UsageError, "HTTP 404: is --overpass the URL"),
    "moved": ({"status": 301, "body": "", "headers": {"location": "http://10.0.0.1/x"}}, UsageError, "sends us on to"),
    "late": ({"body": REPLY, "delay_s": 5}, MapUnavailable, "did not answer"),
}


@pytest.mark.parametrize("name", TROUBLE)
def test_what_is_no_whole_answer_is_told_and_leaves_no_file(name: str, script_server: Script, tmp_path: Path) -> None:
    answer, kind, words = TROUBLE[name]
    server = script_server({"/api": [answer]})
    with pytest.raises(kind, match=words) as caught:
        add_from_map(ELLX, settings(server, tmp_path / "home", retries=0, timeout_s=1.0))
    assert caught.value.exit_code == (3 if kind is MapUnavailable else 2)
    assert "Overpass at 127.0.0.1" in str(caught.value)
    assert not (tmp_path / "home").exists()


def test_no_server_at_all(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        url = f"http://user:secret@127.0.0.1:{closed.getsockname()[1]}/api?key=secret"
    with pytest.raises(MapUnavailable, match=r"Overpass at 127\.0\.0\.1:.* did not answer") as caught:
        ask_overpass("query", Settings(overpass=url, home=tmp_path, retries=0))
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("url", ["overpass-api.de", "ftp://127.0.0.1/api", "http://", "http://[", "http://h:port/"])
def test_what_is_no_address(url: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="not a URL such as"):
        ask_overpass("query", Settings(overpass=url, home=tmp_path))


def test_the_question_holds_the_place_its_code_and_our_patience() -> None:
    query = build_query(ELLX, 30.0)
    for words in ("[out:json][timeout:25]", '["icao"="ELLX"]', "around:5000,49.62330,6.20440", "out geom;", "apron"):
        assert words in query


def test_what_is_on_another_airfield_is_left_out() -> None:
    field = next(one for one in REPLY["elements"] if one["tags"]["aeroway"] == "aerodrome")
    apron = next(one for one in REPLY["elements"] if one["tags"]["aeroway"] == "apron")
    far = [moved(field, 0.2, 1), moved(apron, 0.2, 2)]
    far[0]["tags"]["icao"] = "XXXX"
    both = {**REPLY, "elements": [*REPLY["elements"], *far]}
    kept, note = cut_to_aerodrome(both, "ELLX", HERE)
    assert (aprons(kept), note) == (aprons(REPLY), "")
    assert aprons(cut_to_aerodrome(both, "XXXX", HERE)[0]) == [2]
    unnamed, note = cut_to_aerodrome({**REPLY, "elements": [apron, *far]}, "ELLX", HERE)
    assert aprons(unnamed) == [apron["id"]]
    assert "no outline with icao=ELLX: all that is near" in note


def without_code(reply: dict[str, Any]) -> dict[str, Any]:
    """The reply of a map in which no outline has an ICAO code."""
    drop = lambda tags: {key: value for key, value in tags.items() if key != "icao"}  # noqa: E731
    return {**reply, "elements": [{**one, "tags": drop(one["tags"])} for one in reply["elements"]]}


def test_an_outline_without_a_code_is_the_airfields_own_where_it_is_around_its_place(
    script_server: Script, tmp_path: Path
) -> None:
    bare = without_code(REPLY)
    field, apron = (next(one for one in bare["elements"] if one["tags"]["aeroway"] == kind) for kind in KINDS)
    both = {**bare, "elements": [*bare["elements"], moved(field, 0.2, 1), moved(apron, 0.2, 2)]}
    kept, note = cut_to_aerodrome(both, "ELLX", HERE)
    assert aprons(kept) == aprons(REPLY) and len(aprons(kept)) == 5
    assert "no outline with icao=ELLX: what is in the outline around 49.6233,6.2044 is kept" in note
    nowhere, note = cut_to_aerodrome(both, "ELLX", (6.0, 49.0))
    assert aprons(nowhere) == [*aprons(REPLY), 2] and "all that is near" in note
    server = script_server({"/api": [{"body": both}]})
    add_from_map(ELLX, settings(server, tmp_path))
    assert len(find_airfield("ELLX", tmp_path).aprons) == 5


def test_an_outline_of_an_older_code_is_the_airfields_own_where_no_other_is_around_its_place() -> None:
    older = json.loads(json.dumps(REPLY).replace('"ELLX"', '"ELLA"'))
    kept, note = cut_to_aerodrome(older, "ELLX", HERE)
    assert aprons(kept) == aprons(REPLY) and "no outline with icao=ELLX" in note


def test_overpass_is_asked_by_way_of_the_proxy(
    script_server: Script, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy is asked with the whole address."""
    url = "http://overpass.example.com/api"
    proxy = script_server({url: [{"body": REPLY}]})
    for name in ("NO_PROXY", "no_proxy", "http_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HTTP_PROXY", proxy.url)
    asked = Settings(overpass=url, home=tmp_path, retries=0, timeout_s=5.0)
    assert len(ask_overpass("query", asked)["elements"]) == len(REPLY["elements"])
    monkeypatch.setenv("HTTP_PROXY", "http://[x")
    with pytest.raises(UsageError, match=r"the proxy for http .*not an address"):
        ask_overpass("query", asked)
    monkeypatch.delenv("HTTP_PROXY")
    assert [(one.method, one.path) for one in proxy.requests()] == [("POST", url)]


@pytest.mark.parametrize("elements", [[{"type": "way"}, 5], [{"type": "node", "lon": "x", "lat": 1, "tags": 5}]])
def test_elements_that_are_none(elements: list[Any]) -> None:
    with pytest.raises(AoiError, match="not as Overpass writes it"):
        cut_to_aerodrome({"elements": elements}, "ELLX", HERE)


def test_an_airfield_without_mapped_aprons_is_told_with_what_there_is(script_server: Script, tmp_path: Path) -> None:
    bare = {**REPLY, "elements": [one for one in REPLY["elements"] if one["tags"]["aeroway"] != "apron"]}
    server = script_server({"/api": [{"body": bare}]})
    with pytest.raises(AoiError, match=r"no area with aeroway=apron that can be used \(found: .*runway"):
        add_from_map(load_places(tmp_path)["ELLX"], settings(server, tmp_path))
    assert not (tmp_path / "aoi").exists()
