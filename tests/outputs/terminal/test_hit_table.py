"""Hits of the record on a terminal: what is simulated says so."""

import io
from dataclasses import dataclass
from typing import Any

import pytest
from rich.console import Console

from imagery_watch.model import RecordedHit
from imagery_watch.outputs.terminal.hit_table import show_hit, show_hits
from outputs.builders import make_hit
from outputs.store.test_store import NOW


@dataclass
class Alone:
    """A hit with nothing around it."""

    recorded: RecordedHit
    stays: tuple[Any, ...] = ()
    looks: tuple[Any, ...] = ()
    picture: None = None


@pytest.mark.parametrize("simulated", [False, True])
def test_simulated_hits_say_so(simulated: bool) -> None:
    made, seen = (RecordedHit(make_hit(n, simulated=some), NOW, "", None) for n, some in ((1, simulated), (2, False)))
    console = Console(file=(paper := io.StringIO()), width=100)
    show_hits([made, seen], [], console)
    show_hit(Alone(made), console)
    said = paper.getvalue()
    assert ("1 of 2 hits are of simulated passes" in said) is simulated
    assert ("The passes of this hit are simulated" in said) is simulated
    assert said.count("Simulated data.") == 2 * simulated
