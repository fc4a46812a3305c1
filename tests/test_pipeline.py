"""The whole line, as a person starts it: simulated passes over real ground, from files, over HTTP, and misdeclared."""

import json
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from urllib.request import urlopen

import numpy as np
import pytest
from support.line import BRACKETS, CLOUDED, FIRST, LIPB, PASSES, Feature, Ran, features_of, run_line, served
from support.servers import Server

HERE = Path(__file__).parent
REAL_120_M = HERE / "data" / "s2_120m"


def test_a_planted_aircraft_is_found_with_its_bracket(plain: Ran) -> None:
    assert plain.code == 0
    assert plain.brackets == BRACKETS
    assert {hit["apron"] for hit in plain.hits} == {"main-apron"}
    assert all(30 < hit["length_m"] < 65 for hit in plain.hits)
    assert all((plain.folder / hit["chip"]).read_bytes().startswith(b"\x89PNG") for hit in plain.hits)
    assert all("consistent with" in hit["summary"] and "Il-62" not in hit["summary"] for hit in plain.hits)


def test_the_stay_joins_its_hits_and_the_apron_was_fuller(plain: Ran) -> None:
    [stay] = plain.stays
    ids = {hit["kind"]: hit["id"] for hit in plain.hits}
    assert (stay["arrival_hit"], stay["departure_hit"]) == (ids["arrival"], ids["departure"])
    assert (stay["not_before"], stay["seen_from"]) == BRACKETS["arrival"]
    assert (stay["seen_to"], stay["not_after"]) == BRACKETS["departure"]
    assert stay["dwell_min_hours"] < 24 * 5 < stay["dwell_max_hours"]
    full = plain.record["occupancy"]
    assert [row["surplus"] for row in full] == [0, 0, 0, 1, 1, 0, 0]
    assert len(full) == PASSES - 1, "the clouded one says nothing"
    chances = {row["hours"]: row["probability"] for row in plain.record["chances"]}
    assert 0.2 < chances[36] < 0.35 and chances[240] > 0.99


def test_hits_that_are_surely_too_short_take_their_stay_with_them(
    one_apron: Path, archive: Path, tmp_path: Path
) -> None:
    ran = run_line(one_apron, archive, tmp_path, "--min-length", "200")
    assert (ran.code, ran.hits, ran.stays) == (0, [], [])
    assert [row["surplus"] for row in ran.record["occupancy"]] == [0, 0, 0, 1, 1, 0, 0]


def test_a_cloudy_apron_is_not_observed(plain: Ran) -> None:
    clouded = (FIRST + timedelta(days=5 * CLOUDED)).strftime("%Y-%m-%dT%H:%M:%SZ")
    results = {look["datetime"]: look["result"] for look in plain.looks}
    assert results[clouded] == "not_observed"
    assert sorted(results.values()) == ["change"] * 2 + ["no_change"] * (PASSES - 3) + ["not_observed"]


def test_a_stac_api_gives_the_same_hits_as_the_files(
    archive: Path,
    one_apron: Path,
    plain: Ran,
    tmp_path: Path,
    range_server: Callable[[Path], Server],
    stac_server: Callable[[list[Feature]], str],
) -> None:
    server = range_server(archive.parent)
    url = stac_server(served(features_of(archive), server.url))
    period = ("--since", "2022-06-01", "--until", "2022-07-08")
    first = run_line(one_apron, url, tmp_path / "one", *period)
    assert (first.code, first.brackets) == (0, BRACKETS)
    assert first.same_hits() == plain.same_hits()
    check_links(first.folder, url)
    assert not any(one["links"] for one in json.loads((plain.folder / "run.json").read_text())["passes"])
    server.forget()
    again = run_line(one_apron, url, tmp_path / "two", *period)  # from the chip cache
    assert again.same_hits() == plain.same_hits()
    assert server.requests() == []


def check_links(out: Path, url: str) -> None:
    """Where the run says that the catalogue has its items, the catalogue has them; hits are derived from those."""
    passes = json.loads((out / "run.json").read_text())["passes"]
    known = {name: link for one in passes for name, link in zip(one["items"], one["links"], strict=True)}
    assert len(known) >= PASSES
    name, link = next(iter(known.items()))
    with urlopen(link) as answer:
        assert link.startswith(url) and json.load(answer)["id"] == name
    for path in (out / "stac" / "items").iterdir():
        item = json.loads(path.read_text())
        sources = {one["title"]: one["href"] for one in item["links"] if one["rel"] == "derived_from"}
        said = item["properties"]
        named = [*said["imagery_watch:before_items"], *said["imagery_watch:after_items"]]
        assert sources == {name: known[name] for name in named}


def test_the_whole_shipped_airfield_through_an_api_reports_only_the_period(
    archive: Path, tmp_path: Path, range_server: Callable[[Path], Server], stac_server: Callable[[list[Feature]], str]
) -> None:
    url = stac_server(served(features_of(archive), range_server(archive.parent).url))
    period = ("--since", "2022-06-18", "--until", "2022-06-27")
    ran = run_line(LIPB, url, tmp_path / "out", *period, IMAGERY_WATCH_MARGIN_M="1300")  # as it is set
    assert (ran.code, ran.brackets) == (0, {"departure": BRACKETS["departure"]})  # on the last day, which is included
    assert ran.record["counts"]["read"] == PASSES - 2  # the history before is read, what comes after is not
    assert {look["datetime"][:10] for look in ran.looks} == {"2022-06-22", "2022-06-27"}
    assert {look["apron"] for look in ran.looks} == {"main-apron", "west-apron"}
    [stay] = ran.stays  # its arrival lies before the period: the times are told, the hit is not
    assert (stay["arrival_hit"], stay["departure_hit"]) == (None, ran.hits[0]["id"])
    assert (stay["not_before"], stay["seen_from"]) == BRACKETS["arrival"]


def test_the_order_of_the_items_does_not_matter(
    archive: Path, one_apron: Path, plain: Ran, tmp_path: Path, listed: Callable[[list[Feature]], Path]
) -> None:
    features = features_of(archive)
    mixed = [features[number] for number in np.random.default_rng(1).permutation(len(features))]
    assert run_line(one_apron, listed(mixed), tmp_path / "out").same_hits() == plain.same_hits()


def test_older_versions_of_a_pass_change_nothing(
    archive: Path, one_apron: Path, plain: Ran, tmp_path: Path, listed: Callable[[list[Feature]], Path]
) -> None:
    older = json.loads(json.dumps(features_of(archive)[2:5]))
    for feature, other in zip(older, features_of(archive)[5:8], strict=True):
        feature["id"] = feature["id"].replace("_L2A", "_9_L2A")
        feature["assets"] = other["assets"]  # another day's pixels: they must not be read
        uri = feature["properties"]["s2:product_uri"]
        feature["properties"] |= {
            "s2:processing_baseline": "04.00",
            "s2:product_uri": uri.replace("_N0511_", "_N0400_"),
        }
    ran = run_line(one_apron, listed([*older, *features_of(archive)]), tmp_path / "out")
    assert ran.same_hits() == plain.same_hits()
    assert sum(len(note["superseded"]) for note in ran.record["passes"]) == 3


@pytest.mark.parametrize("broken", [1, 4], ids=["a pass before", "a pass of the bracket"])
def test_a_pass_that_cannot_be_read_failed_and_adds_no_hit(
    broken: int,
    archive: Path,
    one_apron: Path,
    plain: Ran,
    tmp_path: Path,
    listed: Callable[[list[Feature]], Path],
    fault_server: Callable[[Path], Server],
) -> None:
    features = features_of(archive)
    url = fault_server(archive.parent).url
    features[broken : broken + 1] = served([features[broken]], f"{url}/code:503")
    ran = run_line(one_apron, listed(features), tmp_path / "out", IMAGERY_WATCH_TIMEOUT_S="5")
    assert ran.code == 3
    assert [look["result"] for look in ran.looks].count("failed") == 1
    assert next(look for look in ran.looks if look["result"] == "failed")["reason"]
    assert sum(look["result"] in ("change", "no_change") for look in ran.looks) == PASSES - 2
    for (
        hit
    ) in ran.hits:  # each is one of those without the failure: same kind, and a bracket that holds the same change
        before, after = plain.brackets[hit["kind"]]
        assert hit["before"] <= before
        assert hit["after"] >= after


OFFSETS = {"the step is still in the pixels": 1000, "the step was taken off twice": -1000}


@pytest.mark.parametrize("name", OFFSETS)
def test_a_misdeclared_offset_is_undone_and_noted(
    name: str, archive: Path, one_apron: Path, tmp_path: Path, plain: Ran
) -> None:
    import rasterio

    copy = Path(shutil.copytree(archive.parent, tmp_path / "archive"))
    wrong = features_of(archive)[1]["id"]
    features = features_of(archive)
    if OFFSETS[name] > 0:
        for path in (copy / wrong).glob("B*.tif"):
            with rasterio.open(path) as source:
                profile, counts = source.profile, source.read()
            profile.update(driver="GTiff")
            with rasterio.open(path, "w", **profile) as target:
                target.write(counts + OFFSETS[name])
    else:  # the pixels are well, the item says that -0.1 has still to be applied
        features[1]["properties"]["earthsearch:boa_offset_applied"] = False
        for asset in features[1]["assets"].values():
            for band in asset["raster:bands"]:
                band["offset"] = -0.1
    (copy / "items.json").write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    ran = run_line(one_apron, copy / "items.json", tmp_path / "out")
    assert (ran.code, ran.brackets) == (0, BRACKETS)
    noted = [note["id"] for note in ran.record["passes"] if any("offset" in text for text in note.get("notes", ()))]
    assert noted == ["sentinel-2b_20220607T103029"]
    assert "offset" in ran.looks[1]["reason"]


def test_two_looks_alone_work_and_say_that_they_are_weaker(
    archive: Path, one_apron: Path, tmp_path: Path, listed: Callable[[list[Feature]], Path]
) -> None:
    ran = run_line(one_apron, listed(features_of(archive)[2:4]), tmp_path / "out")
    assert ran.code == 0
    assert "weaker" in ran.said
    assert all("weaker" in look["reason"] for look in ran.looks)
    assert {hit["kind"]: hit["after"] for hit in ran.hits}.items() <= {"arrival": BRACKETS["arrival"][1]}.items()


def test_a_catalogue_without_a_pass_is_no_error(
    one_apron: Path, tmp_path: Path, listed: Callable[[list[Feature]], Path]
) -> None:
    ran = run_line(one_apron, listed([]), tmp_path / "out")
    assert (ran.code, ran.hits, ran.looks) == (0, [], [])
    assert "no pass" in ran.said
    assert "No pass was looked at" in ran.said


def test_real_passes_of_the_wrong_resolution_are_refused_one_by_one(tmp_path: Path) -> None:
    west, south, east, north = 16.020, 45.140, 16.026, 45.144
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    feature = {"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": [ring]}}
    aoi = tmp_path / "TSTB.geojson"
    aoi.write_text(json.dumps({"type": "FeatureCollection", "id": "TSTB", "name": "A field", "features": [feature]}))
    ran = run_line(aoi, REAL_120_M / "items.json", tmp_path / "out")
    assert (ran.code, ran.hits) == (0, [])
    assert len(ran.looks) == 5
    assert {look["result"] for look in ran.looks} == {"not_observed"}
    assert all(look["reason"] for look in ran.looks)
    assert {path.name for path in ran.folder.iterdir()} >= {"hits.geojson", "looks.csv", "report.html", "run.json"}
    assert all(note["state"] == "refused" and note["not_used"] for note in ran.record["passes"])
