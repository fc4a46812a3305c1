"""Every format, told by content alone, comes to one normal form."""

import gzip
import io
import json
from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from imagery_watch.model.flight import AIR, GROUND, UNTOLD, Track, TrackFormat
from imagery_watch.sources.flights.clean import DropCode, Tally
from imagery_watch.sources.flights.door import Reading, read_tracks
from sources.flights import files

DATA = Path(__file__).parents[2] / "data" / "readsb_2023"
NO_NAME = "what-is-it.bin"


def opensky_parquet() -> bytes:
    buffer = io.BytesIO()
    pd.read_csv(io.StringIO(files.OPENSKY)).to_parquet(buffer)
    return buffer.getvalue()


def traffic(path_of: Callable[[pd.DataFrame], str | bytes | None]) -> bytes:
    table = pd.DataFrame(
        {
            "timestamp": pd.to_datetime([1700006400, 1700006520], unit="s", utc=True),
            "icao24": "4b1901",
            "callsign": "TST1",
            "latitude": [47.458, 47.50],
            "longitude": [8.548, 8.60],
            "altitude": [np.nan, 2500.0],
            "groundspeed": [12.0, 160.0],
            "onground": [True, False],
        }
    )
    told = path_of(table)
    return told.encode() if isinstance(told, str) else told or b""


FORMS: dict[str, tuple[bytes, TrackFormat]] = {
    "fr24": (files.FR24.encode(), TrackFormat.FR24_CSV),
    "fr24 bulk": (files.FR24_BULK.encode(), TrackFormat.FR24_CSV),
    "fr24 granular": (files.GRANULAR.encode(), TrackFormat.FR24_GRANULAR),
    "fr24 kml": (files.fr24_kml().encode(), TrackFormat.FR24_KML),
    "flightaware": (files.FLIGHTAWARE.encode(), TrackFormat.FLIGHTAWARE),
    "trace": (files.trace(files.ROWS), TrackFormat.READSB),
    "trace, not packed": (gzip.decompress(files.trace(files.ROWS)), TrackFormat.READSB),
    "opensky": (files.OPENSKY.encode(), TrackFormat.OPENSKY),
    "opensky, packed": (gzip.compress(files.OPENSKY.encode()), TrackFormat.OPENSKY),
    "opensky with a byte order mark": (b"\xef\xbb\xbf" + files.OPENSKY.encode(), TrackFormat.OPENSKY),
    "opensky parquet": (opensky_parquet(), TrackFormat.OPENSKY),
    "trino": (files.OPENSKY.replace("1700006402,4b", "2023-11-15 00:00:02.000 UTC,4b").encode(), TrackFormat.OPENSKY),
    "traffic json": (
        traffic(lambda one: one.assign(timestamp=[1700006400000, 1700006520000]).to_json(orient="records")),
        TrackFormat.TRAFFIC,
    ),
    "traffic csv": (traffic(lambda one: one.to_csv(index=False)), TrackFormat.TRAFFIC),
    "traffic parquet": (traffic(lambda one: one.to_parquet()), TrackFormat.TRAFFIC),
    "sbs": (files.SBS.encode(), TrackFormat.SBS),
}


def read(path: Path, tally: Tally | None = None) -> list[Track]:
    return [*read_tracks([path], Reading(tally or Tally(), zone=ZoneInfo("UTC")))]


@pytest.mark.parametrize("name", FORMS)
def test_it_comes_to_the_normal_form(name: str, tmp_path: Path) -> None:
    data, form = FORMS[name]
    path = tmp_path / NO_NAME
    path.write_bytes(data)
    [track] = read(path)
    assert track.formats == (form,)
    assert files.MIDNIGHT <= track.t[0] < files.MIDNIGHT + 5 and (np.diff(track.t) > 0).all()
    assert (track.lat[0], track.lon[0]) == (47.458, 8.548) and (track.lat[-1], track.lon[-1]) == (47.50, 8.60)
    assert track.state[[0, -1]].tolist() == ([UNTOLD] * 2 if form == TrackFormat.FLIGHTAWARE else [GROUND, AIR])
    assert track.hex == ("4b1901" if form not in (TrackFormat.FR24_CSV, TrackFormat.FR24_KML, TrackFormat.FLIGHTAWARE)
                         else None)  # fmt: skip
    assert track.origin == str(path)


@pytest.mark.parametrize(
    ("name", "feet", "knots"),
    [
        ("fr24", 2500, 160),
        ("fr24 kml", 2500, 160),
        ("opensky", 3280.84, 155.51),
        ("trace", 2500, 160),
        ("sbs", 2500, None),
    ],
)
def test_heights_are_feet_and_speeds_knots(name: str, feet: float, knots: float | None, tmp_path: Path) -> None:
    (tmp_path / NO_NAME).write_bytes(FORMS[name][0])
    [track] = read(tmp_path / NO_NAME)
    assert track.altitude_ft[-1] == pytest.approx(feet, abs=0.1)
    assert np.isnan(track.speed_kt[-1]) if knots is None else track.speed_kt[-1] == pytest.approx(knots, abs=0.1)


def test_flightaware_heights_are_metres_and_may_lie_below_the_field(tmp_path: Path) -> None:
    (tmp_path / NO_NAME).write_text(files.FLIGHTAWARE)
    [track] = read(tmp_path / NO_NAME)
    assert track.altitude_ft.tolist() == pytest.approx([173.9, 2500], abs=0.1)
    assert track.callsigns == ("TST1",)


def test_rows_of_state_vectors_out_of_order_repeated_old_and_without_place(tmp_path: Path) -> None:
    (tmp_path / NO_NAME).write_text(files.OPENSKY)
    tally = Tally()
    [track] = read(tmp_path / NO_NAME, tally)
    assert track.t.tolist() == [1700006400, 1700006402]
    assert tally.dropped == {DropCode.NO_POSITION: 1, DropCode.STALE: 1, DropCode.REPEATED: 1}
    assert tally.out_of_order == 1


def test_granular_rows_without_a_position_are_left_out(tmp_path: Path) -> None:
    (tmp_path / NO_NAME).write_text(files.GRANULAR)
    tally = Tally()
    [track] = read(tmp_path / NO_NAME, tally)
    assert tally.dropped == {DropCode.NO_POSITION: 1}
    assert track.t.tolist() == pytest.approx([1700006403.515, 1700006464.884])


def test_an_sbs_position_has_the_speed_that_was_told_just_before(tmp_path: Path) -> None:
    (tmp_path / NO_NAME).write_text(files.SBS)
    [track] = read(tmp_path / NO_NAME)
    assert track.speed_kt[0] == 12 and np.isnan(track.speed_kt[1])
    assert track.callsigns == ("TST1",)


def test_sbs_times_are_those_of_the_zone(tmp_path: Path) -> None:
    (tmp_path / NO_NAME).write_text(files.SBS)
    [track] = read_tracks([tmp_path / NO_NAME], Reading(Tally(), zone=ZoneInfo("Europe/Zurich")))
    assert track.t[0] == files.MIDNIGHT + 2 - 3600


def test_the_real_trace_has_its_ground_rows_and_the_day_of_its_timestamp() -> None:
    [track] = read(DATA / "trace_full_a4068e.json")
    assert (track.hex, track.type, track.callsigns, len(track)) == ("a4068e", "BE30", ("N359DG",), 282)
    assert int((track.state == GROUND).sum()) == 43
    assert track.speed_kt[track.state == GROUND].max() == 122.5
    assert pd.Timestamp(track.t[0], unit="s").date().isoformat() == "2023-08-30"


def test_a_trace_goes_on_over_midnight_and_may_begin_the_day_before(tmp_path: Path) -> None:
    rows = [(-120.0, 47.45, 8.54, 3000), (10.0, 47.46, 8.54, "ground"), (86_500.0, 47.47, 8.54, None)]
    (tmp_path / "2020-01-01.json").write_bytes(files.trace(rows))
    [track] = read(tmp_path / "2020-01-01.json")
    assert track.t.tolist() == [files.MIDNIGHT - 120, files.MIDNIGHT + 10, files.MIDNIGHT + 86_500]
    assert track.state.tolist() == [AIR, GROUND, UNTOLD]


@pytest.mark.parametrize(
    ("icao", "rows", "type_", "code"),
    [
        ("~2a1234", files.ROWS, "", DropCode.NO_ADDRESS),
        ("000000", files.ROWS, "", DropCode.NO_ADDRESS),
        ("4b1901", files.ROWS, "GND", DropCode.VEHICLE),
        ("4b1901", [(0.0, 47.4, 8.5, "ground", 9.0, "adsb_icao_nt")], "", DropCode.VEHICLE),
        ("4b1901", [(0.0, 47.4, 8.5, 900, 9.0, "tisb_icao")], "", DropCode.TIS_B),
    ],
)
def test_what_is_no_aircrafts_own_word_is_left_out(
    icao: str, rows: list[tuple[float]], type_: str, code: DropCode, tmp_path: Path
) -> None:
    (tmp_path / NO_NAME).write_bytes(files.trace(rows, icao, type_=type_))
    tally = Tally()
    assert read(tmp_path / NO_NAME, tally) == []
    assert tally.dropped == {code: len(rows)}


def test_a_vehicle_is_known_by_its_category_and_a_strange_sender_that_flies_is_none(tmp_path: Path) -> None:
    told = json.loads(gzip.decompress(files.trace(files.ROWS)))
    told["trace"][0][8] = {"category": "C2"}
    (tmp_path / "vehicle").write_text(json.dumps(told))
    assert read(tmp_path / "vehicle") == []
    (tmp_path / "flies").write_bytes(
        files.trace([(*one, 9.0, "adsb_icao_nt") for one in (row[:4] for row in files.ROWS)])
    )
    assert len(read(tmp_path / "flies")) == 1


def test_one_flight_stays_one_where_its_callsign_is_told_late(tmp_path: Path) -> None:
    (tmp_path / NO_NAME).write_text(files.FR24.replace("TST1", "", 1))
    [track] = read(tmp_path / NO_NAME)
    assert len(track) == 3 and track.callsign_near(0) == "TST1"


def test_impossible_heights_places_and_jumps(tmp_path: Path) -> None:
    rows = [(0.0, 47.0, 8.0, 900), (10.0, 0.0, 0.0, 900), (20.0, 47.001, 8.0, 106_300), (30.0, 49.0, 8.0, 900),
            (40.0, 47.002, 8.0, 900), (50.0, 97.0, 8.0, 900), (60.0, None, None, 900)]  # fmt: skip
    (tmp_path / NO_NAME).write_bytes(files.trace(rows))
    tally = Tally()
    [track] = read(tmp_path / NO_NAME, tally)
    assert track.t.tolist() == [files.MIDNIGHT + second for second in (0, 20, 40)]
    assert np.isnan(track.altitude_ft).tolist() == [False, True, False]
    assert tally.dropped == {DropCode.NULL_ISLAND: 1, DropCode.ALTITUDE: 1, DropCode.JUMP: 1, DropCode.OFF_EARTH: 1,
                             DropCode.NO_POSITION: 1}  # fmt: skip
