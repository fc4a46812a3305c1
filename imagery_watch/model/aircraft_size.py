"""How large the aircraft of one type are."""

from dataclasses import dataclass


@dataclass(frozen=True)
class AircraftSize:
    """What an ICAO type designator says of an aircraft's size. All lengths are metres, overall, as published."""

    designator: str
    """ICAO Doc 8643: two to four letters and digits."""
    name: str
    """The aircraft that it stands for."""
    length_m: float
    """Of the usual variant, probes on the nose included; of a helicopter, its fuselage."""
    span_m: float
    """Of the wings, spread where they swing; of a helicopter, the diameter of its main rotor."""
    height_m: float
    """From the ground to the top of the tail, or of the rotors."""
    shortest_m: float
    """Length of the shortest variant under the designator; `length_m` where there is one length only."""
    longest_m: float
    """Length of the longest variant under the designator; `length_m` where there is one length only."""
    source: str
    """Where the numbers are published."""
