"""What else speaks for or against a hit or a stay."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Evidence:
    """One statement of another source on a hit or a stay."""

    source: str
    """Where it comes from: files of flight tracks, a sensor, a reviewer."""
    state: str
    """What it amounts to, in the source's own set of words, such as `confirmed`."""
    statement: str
    """One hedged sentence, or some, that a person can quote."""
