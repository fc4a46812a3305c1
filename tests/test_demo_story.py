"""The story of Sunan as `demo --story` tells it: a pass that sees the stay, and none that does."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from support.demonstration import Demonstrated
from support.schemas import check_folder
from support.starts import run_imagery_watch

from imagery_watch.demo_story import NOTE, draw_airfield
from imagery_watch.simulate.flight import find_touchdown, fly_in, fly_out
from imagery_watch.simulate.sunan import CALENDARS, ELEVATION_FT, LANDS, STOOD, lead_way
from imagery_watch.tracks import inspect_tracks

pytestmark = pytest.mark.timeout(400)


def read(sunan: Demonstrated, chapter: str, name: str = "corroboration.json") -> dict[str, Any]:
    told: dict[str, Any] = json.loads((sunan.out / chapter / name).read_text(encoding="utf-8"))
    return told


def test_it_says_first_that_everything_is_made(sunan: Demonstrated) -> None:
    assert " ".join(sunan.said.split()).startswith(NOTE)
    for chapter in CALENDARS:
        assert read(sunan, chapter.name)["simulated"] is True
        assert "Simulated: the tracks, the imagery or both were made by a program." in (
            sunan.out / chapter.name / "report.html"
        ).read_text(encoding="utf-8")


def test_the_pass_that_falls_into_the_stay_shows_it_at_both_ends(sunan: Demonstrated) -> None:
    told = read(sunan, "pass")
    [stay] = [one for one in told["stays"] if one["state"] == "seen_landing_and_departure"]
    assert [match["name"] for match in stay["matches"]] == ["RA-86559", "RA-86559"]
    [track] = told["tracks"]
    assert track["state"] == "track_seen" and len(track["hits"]) == 2
    assert "36.2 hours on the ground" in stay["statement"] and "Consistent with RA-86559" in stay["statement"]
    features = read(sunan, "pass", "hits.geojson")["features"]
    states = {one["state"] for feature in features for one in feature["properties"]["evidence"]}
    assert {"seen_landing", "seen_departing"} <= states


def test_where_no_pass_falls_into_it_the_track_is_unseen(sunan: Demonstrated) -> None:
    [track] = read(sunan, "no-pass")["tracks"]
    assert (track["state"], track["looks"], track["chance"]) == ("track_unseen", [], 0.0)
    assert 0 < track["chance_any_time"] < 0.5
    assert "No look fell into that time" in track["statement"]


def test_every_file_is_what_its_schema_says(sunan: Demonstrated) -> None:
    for chapter in CALENDARS:
        assert (sunan.out / chapter.name / "corroboration.json").exists()
        check_folder(sunan.out / chapter.name)


def test_the_files_of_tracks_are_read_as_any_others(sunan: Demonstrated, tmp_path: Path) -> None:
    paths = sorted((sunan.out / "tracks").glob("*.csv"))
    report = inspect_tracks(paths, tmp_path, airfield=draw_airfield())
    assert report.at is not None
    assert [one.kind.value for one in report.at.movements] == ["landed", "parked", "parked", "took_off"]


def test_the_command_gives_the_same_anew_from_the_folder(sunan: Demonstrated, tmp_path: Path) -> None:
    """Tracks held against the run's folder say what was said while the run was made; files without names say less."""
    tracks = [str(path) for path in sorted((sunan.out / "tracks").glob("*.csv"))]
    known = [f"--aircraft={name}=RA-86559:IL62" for name in ("STORY1", "STORY2")]
    once = corroborate(sunan.out / "pass", tmp_path / "a", *known, tracks=tracks)
    assert once["simulated"] is True, "the imagery was made, whoever made the tracks"
    kept = read(sunan, "pass")
    for name in ("hits", "stays", "tracks", "coverage"):
        assert once[name] == kept[name]
    less = corroborate(sunan.out / "pass", tmp_path / "b", tracks=tracks)
    assert {one["aircraft"]["name"] for one in less["tracks"]} == {"STORY1", "STORY2"}
    assert {match["size_fits"] for one in less["hits"] for match in one["matches"]} == {"unknown"}


def corroborate(run: Path, out: Path, *options: str, tracks: list[str]) -> dict[str, Any]:
    named = [part for path in tracks for part in ("--tracks", path)]
    done = run_imagery_watch("corroborate", "--run", run, *named, *options, "-o", out, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    said: dict[str, Any] = json.loads(done.stdout)
    assert said == json.loads((out / "corroboration.json").read_text(encoding="utf-8"))
    return said


def test_the_flight_is_one_that_could_be_flown() -> None:
    def to_lonlat(x: float, y: float) -> tuple[float, float]:
        return 125.67 + (x - 730_480) / 86_000, 39.226 + (y - 4_345_260) / 111_000

    way = lead_way(to_lonlat)
    for points in (fly_in(way, ELEVATION_FT), fly_out(way, ELEVATION_FT)):
        seconds = [one.second for one in points]
        assert seconds == sorted(seconds)
        assert timedelta(hours=6) < timedelta(seconds=seconds[-1]) < timedelta(hours=9)
        assert max(one.speed_kt for one in points) < 500
    assert 0 < find_touchdown(fly_in(way, ELEVATION_FT)) < 9 * 3600


def test_a_calendar_has_the_pass_in_the_stay_or_none() -> None:
    inside = [[time for time in one.times if LANDS <= time <= LANDS + STOOD] for one in CALENDARS]
    assert [len(times) for times in inside] == [1, 0]
    assert [one.stands_in is None for one in CALENDARS] == [False, True]
