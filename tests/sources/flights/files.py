"""Small files in the forms of each source, with numbers made up here: nobody's data."""

import gzip
import io
import json
import tarfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

MIDNIGHT = 1_700_006_400
"""2023-11-15 00:00 UTC."""

FR24 = """Timestamp,UTC,Callsign,Position,Altitude,Speed,Direction
1700006400,2023-11-15T00:00:00Z,TST1,"47.458,8.548",0,0,73
1700006460,2023-11-15T00:01:00Z,TST1,"47.459,8.549",0,12,73
1700006520,2023-11-15T00:02:00Z,TST1,"47.50,8.60",2500,160,73
"""
FR24_BULK = """snapshot_id,altitude,heading,latitude,longitude,radar_id,speed,squawk
1700006400,0,291,47.458,8.548,3517,10,13827
1700006460,2500,291,47.50,8.60,3517,160,13827
"""
GRANULAR = """network_time,receiver_time,hex,callsign,latitude,longitude,no_position,altitude,squawk,speed,track,\
vspeed,on_ground,flags,position_class,,,
2023-11-15 00:00:03Z.515,2023-11-15 00:00:02Z.997,0x4B1901,TST1,47.458,8.548,P,1400,416,12,192,0,G,4,ADS-B,P:8,
2023-11-15 00:00:04Z.015,2023-11-15 00:00:03Z.997,0x4B1901,,0.0,0.0,N,106300,416,0,192,0,N,4,ADS-B,P:8,S:ADS-B,C:25
2023-11-15 00:01:04Z.884,2023-11-15 00:01:04Z.211,0x4B1901,TST1,47.50,8.60,P,2500,0,160,192,1728,A,2,ADS-B,P:8,S:ADS-B
"""
OPENSKY = """time,icao24,lat,lon,velocity,heading,vertrate,callsign,onground,alert,spi,squawk,\
baroaltitude,geoaltitude,lastposupdate,lastcontact,hour
1700006402,4b1901,47.50,8.60,80,10,1,TST1,FALSE,FALSE,FALSE,1000,1000,NA,1700006401.5,1700006402,1700006400
1700006400,4b1901,47.458,8.548,NA,NA,NA,TST1,TRUE,FALSE,FALSE,1000,NA,NA,1700006399.5,1700006400,1700006400
1700006401,4b1901,47.458,8.548,NA,NA,NA,TST1,TRUE,FALSE,FALSE,1000,NA,NA,1700006399.5,1700006401,1700006400
1700006790,4b1901,47.50,8.60,80,10,1,TST1,FALSE,FALSE,FALSE,1000,1000,NA,1700006491.5,1700006402,1700006400
1700006400,3c0001,NA,NA,NA,NA,NA,NA,FALSE,FALSE,FALSE,NA,NA,NA,NA,1700006400,1700006400
"""
FLIGHTAWARE = """<?xml version="1.0" encoding="UTF-8"?>
<kml xmlns="http://www.opengis.net/kml/2.2" xmlns:gx="http://www.google.com/kml/ext/2.2"><Document>
<name>FlightAware</name><Placemark><name>LSZH Airport</name>
<Point><coordinates>8.55,47.46,0</coordinates></Point></Placemark>
<Placemark><name>TST1</name><gx:Track><altitudeMode>absolute</altitudeMode>
<when>2023-11-15T00:00:00Z</when><when>2023-11-15T00:00:30Z</when>
<gx:coord>8.548 47.458 53</gx:coord><gx:coord>8.60 47.50 762</gx:coord></gx:Track></Placemark></Document></kml>
"""


def fr24_kml() -> str:
    """Two fixes, and the trail of lines that has no times."""

    def point(when: str, place: str, feet: str, knots: str) -> str:
        words = f"<b>Altitude:</b></span> <span>{feet} ft</span></div><b>Speed:</b></span> <span>{knots} kt</span>"
        return (f"<Placemark><description><![CDATA[{words}]]></description><TimeStamp><when>{when}</when></TimeStamp>"
                f"<Point><coordinates>{place},0</coordinates></Point></Placemark>")  # fmt: skip

    points = point("2023-11-15T00:00:00+00:00", "8.548,47.458", "0", "12")
    points += point("2023-11-15T00:02:00+00:00", "8.60,47.50", "2,500", "160")
    trail = "<Folder><name>Trail</name><Placemark><name>P-1</name><LineString><coordinates>1,2,0 3,4,0</coordinates>"
    return ('<?xml version="1.0"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document><name>TS1/TST1</name>'
            f"<Folder><name>Route</name>{points}</Folder>{trail}</LineString></Placemark></Folder>"
            "</Document></kml>")  # fmt: skip


def sbs(kind: int, when: str, **told: str) -> str:
    """One message; `when` as `2023/11/15,00:00:00.000`."""
    cells = ["MSG", str(kind), "1", "1", "4B1901", "1", *when.split(","), *when.split(","), *[""] * 12]
    for name, value in told.items():
        cells[{"callsign": 10, "altitude": 11, "speed": 12, "lat": 14, "lon": 15, "ground": 21}[name]] = value
    return ",".join(cells)


SBS = "\n".join((
    "STA,,5,179,4B1901,10103,2023/11/15,00:00:00.000,2023/11/15,00:00:00.000,RM",
    sbs(1, "2023/11/15,00:00:00.000", callsign="TST1"),
    sbs(4, "2023/11/15,00:00:01.000", speed="12"),
    sbs(2, "2023/11/15,00:00:02.000", lat="47.458", lon="8.548", ground="-1"),
    sbs(3, "2023/11/15,00:02:02.000", altitude="2500", lat="47.50", lon="8.60", ground="0"),
)) + "\n"  # fmt: skip


def trace(rows: Sequence[Sequence[Any]], icao: str = "4b1901", timestamp: Any = MIDNIGHT, type_: str = "A320") -> bytes:
    """A trace as tar1090 keeps it: gzip, whatever the name."""
    whole = {"icao": icao, "r": "HB-TST", "t": type_, "timestamp": timestamp, "trace": [row(*one) for one in rows]}
    return gzip.compress(json.dumps(whole).encode(), mtime=0)


def row(
    second: float, lat: Any, lon: Any, altitude: Any, speed: Any = 12.0, kind: str = "adsb_icao", **details: str
) -> list[Any]:
    """A row of a trace with all its columns."""
    return [second, lat, lon, altitude, speed, 90.0, 0, 0, details or None, kind, None, None, None, None]


ROWS = [(0.0, 47.458, 8.548, "ground"), (60.5, 47.459, 8.549, "ground"), (120.0, 47.50, 8.60, 2500, 160.0)]


def write_tar(path: Path, members: dict[str, bytes], mode: str = "w") -> Path:
    """An archive with these files."""
    with tarfile.open(path, mode) as archive:
        for name, data in members.items():
            told = tarfile.TarInfo(name)
            told.size = len(data)
            archive.addfile(told, io.BytesIO(data))
    return path
