"""Sweeps without imagery: a real record that is given hits, and the real channels behind it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from outputs.builders import make_hit
from outputs.store.test_store import make_run

from imagery_watch.model import Hit
from imagery_watch.monitor.alerting.desk import open_desk
from imagery_watch.monitor.dispatch import write_waiting
from imagery_watch.outputs.alerts.config import FILE
from imagery_watch.outputs.alerts.results import AlertsResult
from imagery_watch.outputs.store.store import open_store
from imagery_watch.outputs.terminal.sweep_table import Outcome
from imagery_watch.settings import Settings

NOW = datetime(2022, 4, 1, 6, 0, tzinfo=UTC)
LOOKED = (Outcome("LIPB", "nothing new"),)
CATALOG = "earth-search"


@dataclass
class Watchman:
    """A home, its environment, and a clock that goes from sweep to sweep."""

    home: Path
    environment: dict[str, str] = field(default_factory=dict)
    now: datetime = NOW

    @property
    def out(self) -> Path:
        return self.home / "runs"

    def configure(self, text: str) -> None:
        self.home.mkdir(parents=True, exist_ok=True)
        (self.home / FILE).write_text(text)

    def sweep(
        self, *hits: Hit, outcomes: Sequence[Outcome] = LOOKED, hours: float = 6, files: bool = True
    ) -> AlertsResult:
        """Records the hits, hands them on, and moves the clock on."""
        desk = open_desk(Settings(home=self.home, timeout_s=2), self.out, self.environment, lambda: self.now)
        with desk.beating(self.now) as pulse, open_store(self.home) as store:
            number = store.start_sweep(self.now, "1", CATALOG)
            pulse.number(number)
            desk.greet(store, self.now)
            for airfield in {hit.airfield: None for hit in hits}:
                run = make_run(*(hit for hit in hits if hit.airfield == airfield))
                store.save(replace(run, airfield=airfield, looks=(), stays=(), occupancy=()), number, self.now)
            if files:
                write_waiting(store, self.out, self.now)
            result = desk.conclude(store, outcomes, CATALOG)
            pulse.end(self.now, 3 if result.failed else 0, well=not result.failed)
        self.now += timedelta(hours=hours)
        return result


def hit_at(airfield: str, number: int, **changes: object) -> Hit:
    return make_hit(number, id=f"{airfield}-{number:04d}", airfield=airfield, **changes)


def ids_of(body: bytes) -> list[str]:
    return [one["id"] for one in json.loads(body)["hits"]]
