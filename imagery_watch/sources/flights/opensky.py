"""State vectors of The OpenSky Network: CSV files, exports from Trino, and parquet.

Metres and metres a second; a row each second, whether or not the aircraft was heard, so positions repeat for up to
300 s (`lastposupdate` tells their time); rows not in order of time; `NA` and `TRUE` where R wrote them.
"""

from imagery_watch.sources.flights.parsing import Layout

LAYOUT = Layout(
    time="time",
    lat="lat",
    lon="lon",
    altitude="baroaltitude",
    speed="velocity",
    on_ground="onground",
    hex="icao24",
    callsign="callsign",
    position_time="lastposupdate",
    metric=True,
)
