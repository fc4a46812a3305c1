"""Folders, archives and bad files: what is refused says why; what is near an airfield is found however it is cut."""

import gzip
import pickle
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagery_watch.errors import ExitCode, TrackError
from imagery_watch.model.flight import Box, Track
from imagery_watch.sources.flights.clean import DropCode, Tally
from imagery_watch.sources.flights.door import Reading, read_tracks
from imagery_watch.sources.flights.trace import touches
from sources.flights import files

ZURICH = Box(8.0, 47.0, 9.0, 48.0)
FAR = [(0.0, 40.0, -3.0, 3000), (60.0, 40.1, -3.0, 3000)]
DAY = {
    "./traces/01/trace_full_4b1901.json": files.trace(files.ROWS),
    "./traces/02/trace_full_3c0002.json": files.trace(FAR, "3c0002"),
    "./README.txt": b"hello",
    "./traces/03/trace_full_3c0003.json": files.trace([(0.0, 47.4, 8.5, "ground")], "3c0003")[:-20],
}


def read(*paths: Path, tally: Tally | None = None, box: Box | None = None) -> list[Track]:
    return [*read_tracks(paths, Reading(tally or Tally(), box))]


def write_folder(folder: Path) -> Path:
    for name, data in DAY.items():
        path = folder / "day" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder / "day"


def write_day(kind: str, folder: Path) -> Path:
    if kind == "folder":
        return write_folder(folder)
    return files.write_tar(folder / "day.bin", DAY, "w:gz" if kind == "packed tar" else "w")


@pytest.mark.parametrize("kind", ["folder", "tar", "packed tar"])
def test_a_day_of_traces_is_one_origin_and_a_bad_file_in_it_stops_nothing(kind: str, tmp_path: Path) -> None:
    tally, day = Tally(), write_day(kind, tmp_path)
    found = read(day, tally=tally)
    assert {track.hex: len(track) for track in found} == {"4b1901": 3, "3c0002": 2}
    assert {track.origin for track in found} == {str(day)}
    assert (tally.files, tally.passed_over, tally.damaged) == (2, 1, 1)
    assert "3c0003" in tally.damages[0] and "ends early or is damaged" in tally.damages[0]


@pytest.mark.parametrize("kind", ["folder", "tar", "packed tar"])
def test_near_an_airfield_only_its_own_are_taken_apart(kind: str, tmp_path: Path) -> None:
    tally = Tally()
    found = read(write_day(kind, tmp_path), tally=tally, box=ZURICH)
    assert [track.hex for track in found] == ["4b1901"]
    assert (tally.untouched, tally.rows) == (1, 3)


@pytest.mark.parametrize("kind", ["folder", "tar", "packed tar"])
@pytest.mark.parametrize(("asked", "found"), [({"3c0002"}, ["3c0002"]), ({"ffffff"}, []), (set(), [])])
def test_of_a_day_in_which_none_of_the_asked_flew_nothing_comes_and_nothing_is_wrong(
    kind: str, asked: set[str], found: list[str], tmp_path: Path
) -> None:
    reading = Reading(Tally(), aircraft=frozenset(asked))
    assert [track.hex for track in read_tracks([write_day(kind, tmp_path)], reading)] == found


@given(st.floats(-89.9, 89.9), st.floats(-179.9, 179.9), st.floats(-2, 2), st.floats(-2, 2))
def test_no_trace_in_a_box_is_passed_over(south: float, west: float, north: float, east: float) -> None:
    box = Box(west, south, min(west + 1.1, 180.0), min(south + 1.1, 90.0))
    lat, lon = round(south + 1.1 * abs(north) / 2, 6), round(west + 1.1 * abs(east) / 2, 6)
    text = b'{"trace":[[0.5,12.000000,13.000000,3000,1],\n[ 83411.09,%.6f,%.6f,"ground",3.1,null]]}' % (lat, lon)
    inside = box.south <= lat <= box.north and box.west <= lon <= box.east
    assert touches(text, box) or not inside


def test_a_trace_elsewhere_is_not_taken_apart() -> None:
    assert not touches(b'{"trace":[[0,40.5,8.5,3000,1],[1,47.5,108.5,300,1],[2,-47.5,8.5,1,1]]}', ZURICH)
    assert touches(b'{"trace":[[0,40.5,8.5,3000,1],[1,47.5,8.5,300,1]]}', ZURICH)


NOT_TRACKS: dict[str, tuple[bytes, str]] = {
    "a pickle": (pickle.dumps({"a": 1}), "runs whatever code it holds"),
    "a packed pickle": (gzip.compress(pickle.dumps([1])), "runs whatever code it holds"),
    "nothing": (b"", "is empty"),
    "a zip": (b"PK\x03\x04....", "unpack it"),
    "a heatmap": (struct.pack("<4i", 243235997, 0, 0, 0), "heatmap"),
    "a page": (b"<html></html>", "its first line is"),
    "a list of flights": (b"flight_id,aircraft_id,reg\n1,2,3\n", "a list of flights without positions"),
    "one moment": (b'{"now": 1.0, "aircraft": []}', "one moment of many aircraft"),
    "other JSON": (b'{"a": 1}', "JSON of another kind"),
    "a cut gzip": (gzip.compress(files.OPENSKY.encode() * 50)[:200], "ends early or is damaged"),
    "a cut trace": (gzip.decompress(files.trace(files.ROWS))[:-30], "no whole JSON"),
    "a trace without a time": (files.trace(files.ROWS, timestamp=None), "`timestamp` is 'None'"),
    "a trace with a short row": (gzip.decompress(files.trace(files.ROWS)).replace(b"[60.5", b"[],[60.5"),
                                 "row 2 of `trace`"),
    "a trace with words": (gzip.decompress(files.trace([(0.0, "north", 8.0, 900)])), "words where numbers belong"),
    "a KML with entities": (b'<!DOCTYPE k [<!ENTITY a "b">]><kml></kml>', "document type"),
    "a KML without times": (b'<kml xmlns="http://www.opengis.net/kml/2.2"></kml>', "has no fixes with times"),
    "a KML with a time too few": (files.FLIGHTAWARE.replace("<when>2023-11-15T00:00:30Z</when>", "").encode(),
                                  "1 times (when) for 2 places"),
    "a latitude in words": (files.OPENSKY.replace("47.50", "north", 1).encode(), "row 2: lat is 'north': a number"),
    "a time without a zone": (files.OPENSKY.replace("1700006402,", "2023-11-15 00:00:02,").encode(), "row 2: time is"),
    "a time of another century": (files.OPENSKY.replace("1700006402,", "12,").encode(), "row 2: time is '12'"),
    "a flag in words": (files.OPENSKY.replace("TRUE", "maybe", 1).encode(), "row 3: onground is 'maybe'"),
    "a pair of one": (files.FR24.replace('"47.459,8.549"', "47.459").encode(), "row 3: Position is '47.459'"),
    "an SBS log": (files.SBS.encode(), "--zone"),
    "broken parquet": (b"PAR1" + bytes(100), "no whole parquet"),
    "records of another kind": (b'[{"a": 1}]', "columns time, lat, lon or timestamp"),
    "a list of numbers": (b"[1, 2]", "a list of records"),
}  # fmt: skip


@pytest.mark.parametrize("name", NOT_TRACKS)
def test_it_refuses_with_the_reason(name: str, tmp_path: Path) -> None:
    data, words = NOT_TRACKS[name]
    (tmp_path / "file").write_bytes(data)
    with pytest.raises(TrackError) as caught:
        read(tmp_path / "file")
    assert words in str(caught.value) and str(tmp_path / "file") in str(caught.value)
    assert caught.value.exit_code == ExitCode.USAGE


def test_an_sbs_log_without_times_is_refused_though_the_zone_is_known(tmp_path: Path) -> None:
    from zoneinfo import ZoneInfo

    (tmp_path / "log").write_text(files.sbs(3, ",", lat="47.4", lon="8.5"))
    with pytest.raises(TrackError, match=r"row 1: has no date or no time"):
        [*read_tracks([tmp_path / "log"], Reading(Tally(), zone=ZoneInfo("UTC")))]


@pytest.mark.parametrize("cut", [700, 2000])
def test_a_part_of_an_archive_is_refused_and_says_how_to_join_it(cut: int, tmp_path: Path) -> None:
    whole = files.write_tar(tmp_path / "whole", {f"trace_{n}": files.trace(files.ROWS * 30) for n in range(3)})
    (tmp_path / "part").write_bytes(whole.read_bytes()[:cut])
    with pytest.raises(TrackError, match=r"must be joined first|no file in it"):
        read(tmp_path / "part")


def test_a_folder_without_tracks_and_a_file_that_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("hello")
    with pytest.raises(TrackError, match="no file in it holds flight tracks"):
        read(tmp_path)
    with pytest.raises(TrackError, match="there is no such file"):
        read(tmp_path / "none")


def test_tracks_come_one_at_a_time(tmp_path: Path) -> None:
    day = files.write_tar(tmp_path / "day", {f"{n}": files.trace(files.ROWS, f"4b000{n}") for n in range(5)})
    tally = Tally()
    found = read_tracks([day], Reading(tally))
    assert [(next(found).hex, tally.files) for _ in range(3)] == [("4b0000", 1), ("4b0001", 2), ("4b0002", 3)]
    found.close()


def test_a_table_near_an_airfield_keeps_its_rows_apart_and_names_them_right(tmp_path: Path) -> None:
    tally, table = Tally(), tmp_path / "table"
    table.write_text(files.OPENSKY)
    [track] = read(table, tally=tally, box=Box(8.5, 47.4, 8.55, 47.48))
    assert (len(track), tally.rows, tally.dropped[DropCode.ELSEWHERE]) == (1, 5, 2)
    table.write_text(files.OPENSKY.replace("TRUE,FALSE,FALSE,1000,NA,NA,1700006399.5,1700006401", "yes!,,,,,,,"))
    with pytest.raises(TrackError, match="row 4: onground is 'yes!'"):
        read(table, box=Box(8.5, 47.4, 8.55, 47.48))


def test_progress_tells_how_far_a_day_is_read(tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    reading = Reading(Tally(), progress=lambda *one: told.append(one))
    assert len([*read_tracks([write_folder(tmp_path)], reading)]) == 2
    assert [done for _, done, _ in told] == [0, 1, 2, 3] and {total for *_, total in told} == {4}
