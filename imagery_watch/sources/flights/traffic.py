"""Tables of the traffic library: JSON records, parquet, CSV; feet and knots. Its pickles run code, and are refused."""

from imagery_watch.sources.flights.parsing import Layout

LAYOUT = Layout(
    time="timestamp",
    lat="latitude",
    lon="longitude",
    altitude="altitude",
    speed="groundspeed",
    on_ground="onground",
    hex="icao24",
    callsign="callsign",
    type="typecode",
    position_time="last_position",
)
