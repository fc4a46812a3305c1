"""From files to movements: the shipped Zurich, a real trace, and, where someone has them, the samples of others."""

import os
from collections.abc import Sequence
from pathlib import Path

import pytest
from shapely.geometry import LineString, box
from sources.flights import files

from imagery_watch.errors import UsageError
from imagery_watch.model import Airfield, Apron
from imagery_watch.model.flight import Movement, MovementKind
from imagery_watch.model.track_contents import TrackReport
from imagery_watch.sources.airfields.known import find_airfield
from imagery_watch.tracks import inspect_tracks

REAL = Path(__file__).parent / "data" / "readsb_2023"
SAMPLES = os.environ.get("IMAGERY_WATCH_SAMPLES", "")
HEADER = files.OPENSKY.splitlines()[0]


def inspect(home: Path, *paths: Path, airfield: Airfield | None = None) -> TrackReport:
    return inspect_tracks(paths, home, airfield=airfield)


def zurich(home: Path) -> Airfield:
    return find_airfield("LSZH", home)


def point_on(airfield: Airfield, apron: str) -> tuple[float, float]:
    [found] = [one.geometry.representative_point() for one in airfield.aprons if one.name == apron]
    return found.x, found.y


def write_departure(path: Path, airfield: Airfield) -> Path:
    """Off apron Bravo at second 20, over the pad for de-icing at 600, into the air at 1100, as state vectors."""
    bravo, pad = point_on(airfield, "Bravo"), point_on(airfield, "De-Icing Pad F")
    ground = [(0, *bravo), (10, *bravo), (20, *bravo), (300, 8.5543, 47.4532), (600, *pad), (900, 8.5379, 47.4761),
              (1095, 8.5401, 47.4698)]  # fmt: skip
    air = [(1100, 8.5410, 47.4684), (1130, 8.5480, 47.4586), (1190, 8.5880, 47.4203)]
    rows = [
        f"{files.MIDNIGHT + second},4b0001,{lat},{lon},,,,TST24,true,,,,,,,{files.MIDNIGHT + second},"
        for second, lon, lat in ground
    ]
    rows += [
        f"{files.MIDNIGHT + second},4b0001,{lat},{lon},75,,,TST24,false,,,,{400 + second - 1100},,,,"
        for second, lon, lat in air
    ]
    path.write_text("\n".join((HEADER, *rows[5:], *rows[:5])) + "\n")
    return path


def only(report: TrackReport, kind: MovementKind) -> Movement:
    assert report.at is not None
    [found] = [one for one in report.at.movements if one.kind == kind]
    return found


def seconds(moment: object) -> float:
    return moment.timestamp() - files.MIDNIGHT


def test_a_departure_from_the_shipped_aprons_of_zurich(tmp_path: Path) -> None:
    airfield = zurich(tmp_path)
    report = inspect(tmp_path, write_departure(tmp_path / "a.csv", airfield), airfield=airfield)
    one = only(report, MovementKind.TOOK_OFF)
    assert one.last_on_apron is not None
    assert (seconds(one.last_on_apron), seconds(one.not_before), seconds(one.not_after)) == (600, 1095, 1100)
    assert (one.aprons, one.apron, one.callsign) == (("Bravo", "De-Icing Pad F"), "Bravo", "TST24")
    assert report.at is not None and report.at.elevation_ft == 1416 and "OpenStreetMap" in report.at.credit


def black_rock() -> Airfield:
    """The dry lake on which N359DG lands: its runway and where it stands, drawn around the trace's own fixes."""
    return Airfield("88NV", "Black Rock City", "approximate", "a test", "none",
                    (Apron("main", box(-119.2075, 40.7628, -119.2050, 40.7640)),),
                    runways=(LineString([(-119.1870, 40.7670), (-119.2235, 40.7574)]),))  # fmt: skip


def test_the_real_trace_lands_and_takes_off_again(tmp_path: Path) -> None:
    report = inspect(tmp_path, REAL, airfield=black_rock())
    landed, parked, left = (
        only(report, kind) for kind in (MovementKind.LANDED, MovementKind.PARKED, MovementKind.TOOK_OFF)
    )
    assert landed.not_before.isoformat()[:19] == "2023-08-30T22:58:47" == landed.not_after.isoformat()[:19]
    assert left.not_before.isoformat()[:19] == "2023-08-30T23:31:19"
    assert left.not_after.isoformat()[:19] == "2023-08-30T23:31:46"
    assert left.evidence[-2].speed_kt == 122.5 and left.evidence[-2].on_ground
    assert (parked.hex, parked.type, parked.callsign, parked.apron) == ("a4068e", "BE30", "N359DG", "main")
    assert parked.silent_s is not None and 1700 < parked.silent_s < 1705


def test_what_the_real_folder_holds(tmp_path: Path) -> None:
    [contents] = inspect(tmp_path, REAL).contents
    assert [(one.hex, one.fixes, one.ground_fixes, one.fast_ground_fixes) for one in contents.aircraft] == [
        ("a4068e", 282, 43, 5), ("4d208a", 91, 0, 0)]  # fmt: skip
    assert [one.icao for one in contents.aircraft[0].grounds] == ["88NV"]
    assert (contents.files, contents.passed_over, contents.damaged) == (2, 2, 0)


def test_one_aircraft_in_two_files_is_one_and_lands_once(tmp_path: Path) -> None:
    one, other = REAL / "trace_full_a4068e.json", tmp_path / "again"
    other.write_bytes(one.read_bytes())
    report = inspect(tmp_path, one, other, airfield=black_rock())
    assert only(report, MovementKind.LANDED).ground_fixes == 43
    assert (report.at is not None and report.at.coverage == ()) or not any(
        cell.witnesses() for cell in report.at.coverage
    )


def test_a_folder_with_parts_of_one_aircraft_sums_them_up(tmp_path: Path) -> None:
    for name, start in (("a", 0), ("b", 7200)):
        (tmp_path / name).write_bytes(files.trace(files.ROWS, timestamp=files.MIDNIGHT + start))
    [contents] = inspect(tmp_path, tmp_path).contents
    [one] = contents.aircraft
    assert (one.fixes, one.ground_fixes, one.gaps, one.longest_gap_s) == (6, 4, 1, 7080)
    assert one.begins is not None and one.begins.icao == "LSZH" and one.grounds[0].fixes == 4


def test_high_above_an_airfield_nothing_begins_or_ends(tmp_path: Path) -> None:
    (tmp_path / "t").write_bytes(files.trace([(0.0, 47.458, 8.548, 36_000), (9.0, 47.46, 8.55, 9_000)]))
    [one] = inspect(tmp_path, tmp_path / "t").contents[0].aircraft
    assert one.begins is None and one.ends is not None and one.ends.icao == "LSZH"


def test_others_in_the_file_make_silence_mean_something(tmp_path: Path) -> None:
    for number in range(3):
        (tmp_path / f"{number}").write_bytes(files.trace(files.ROWS, icao=f"4b000{number}"))
    report = inspect(tmp_path, tmp_path, airfield=zurich(tmp_path))
    assert report.at is not None
    assert [cell.witnesses() for cell in report.at.coverage] == [3]


def test_a_zone_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="such as UTC"):
        inspect_tracks([tmp_path], tmp_path, zone="Nowhere/Land")


def test_the_height_of_an_airfield_of_ones_own_is_its_neighbours(tmp_path: Path) -> None:
    own = Airfield("MINE", "Mine", "drafted", "", "", (Apron("a", box(8.50, 47.40, 8.51, 47.41)),))
    (tmp_path / "t").write_bytes(files.trace(files.ROWS))
    report = inspect(tmp_path, tmp_path / "t", airfield=own)
    assert report.at is not None and "the height of MINE is not known: that of L" in report.at.notes[0]
    lost = Airfield("LOST", "Lost", "drafted", "", "", (Apron("a", box(-140.0, -50.0, -139.99, -49.99)),))
    report = inspect(tmp_path, tmp_path / "t", airfield=lost)
    assert report.at is not None and "at the sea's level" in report.at.notes[0] and report.at.movements == ()


class TestSamplesOfOthers:
    """Files that may not be kept here; `docs/flights.md` says which."""

    ADSB = Path(SAMPLES)
    __test__ = bool(SAMPLES)

    def test_edelweiss_24_takes_off_from_zurich(self, tmp_path: Path) -> None:
        file = self.ADSB / "traffic" / "EDW24_LSZH_2024-04-06_opensky.csv"
        report = inspect(tmp_path, file, airfield=zurich(tmp_path))
        one = only(report, MovementKind.TOOK_OFF)
        assert (one.ground_fixes, one.apron_fixes) == (603, 21)
        assert one.last_on_apron is not None and one.last_on_apron.isoformat() == "2024-04-06T10:55:28+00:00"
        assert one.not_after.isoformat() == "2024-04-06T11:04:29+00:00"

    @pytest.mark.parametrize(
        ("name", "counts"),
        [
            ("readsb_2023", [143, 54, 43, 0, 0]),
            ("trace_full_ac671b.json", [394]),
            ("skydolly/FlightRadar24_FZ981-922b3bd.kml", [10]),
            ("skydolly/FlightAware_DLH1534_LSZH_EDDF_20210817.kml", [None]),
            ("traffic/JL516_Flightradar24_ADS-B_data_granular.csv", [0]),
            ("JL516_3376ab31.csv", [3]),
        ],
    )
    def test_their_ground_fixes(self, name: str, counts: Sequence[int | None], tmp_path: Path) -> None:
        [contents] = inspect(tmp_path, self.ADSB / name).contents
        assert [one.ground_fixes for one in contents.aircraft] == counts

    def test_zurich_in_the_autumn_of_2019(self, tmp_path: Path) -> None:
        report = inspect(tmp_path, self.ADSB / "zurich_airport.json.gz", airfield=zurich(tmp_path))
        assert report.at is not None
        landed = {one.callsign for one in report.at.movements if one.kind == MovementKind.LANDED}
        assert landed == {"EDW229", "CAI3208", "VJT796", "SWR5220"}
