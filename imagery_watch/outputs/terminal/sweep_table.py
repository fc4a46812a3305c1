"""What one sweep of `monitor` did: for a terminal, and for programs."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from imagery_watch.errors import ExitCode
from imagery_watch.model import Hit, Look
from imagery_watch.outputs.alerts.results import AlertsResult
from imagery_watch.outputs.files.hits_geojson import hit_feature
from imagery_watch.outputs.terminal.layout import Sheet, print_text
from imagery_watch.outputs.wording.doubts import summarise
from imagery_watch.outputs.wording.summaries import result_counts
from imagery_watch.outputs.wording.text import iso

if TYPE_CHECKING:
    from rich.console import Console

State = Literal["scored", "nothing new", "failed"]
Matter = Literal["new", "late", "changed"]
Trouble = Literal["", "catalogue", "airfield"]
FOLDERS: dict[Matter, str] = {"new": "new-hits", "late": "late-finds", "changed": "changed-hits"}
"""Where the files of hits are written, by what there is to say of them."""


class HandedOn(NamedTuple):
    """One hit that was handed on."""

    matter: Matter
    """News; found late; or told before, and now taken back or come back."""
    hit: Hit
    """As it was written."""


@dataclass(frozen=True)
class Outcome:
    """What a sweep did for one airfield."""

    airfield: str
    state: State
    new: int = 0
    late: int = 0
    """Hits of passes that were told of before."""
    revised: int = 0
    withdrawn: int = 0
    looks: tuple[Look, ...] = ()
    """Those of this scoring; none where nothing was new."""
    reason: str = ""
    """Why it failed, or what is worth knowing."""
    exit_code: ExitCode = ExitCode.DONE
    trouble: Trouble = ""
    """What kept the sweep from looking at it, or at all of it: its catalogue, or something of its own."""

    def as_dict(self) -> dict[str, Any]:
        """For `--json`."""
        hits = {"new": self.new, "late": self.late, "revised": self.revised, "withdrawn": self.withdrawn}
        counts = {"hits": hits, "looks": result_counts(self.looks)}
        return {"airfield": self.airfield, "state": self.state, **counts, "reason": self.reason}


@dataclass(frozen=True)
class SweepReport:
    """One sweep, airfield by airfield, and the hits that were handed on."""

    started: datetime
    seconds: float
    outcomes: tuple[Outcome, ...]
    handed_on: tuple[HandedOn, ...]
    """Hits that were written to files in this sweep, by airfield, time and id."""
    out: Path
    """The folder below which they were."""
    alerts: AlertsResult = field(default_factory=AlertsResult)
    """What became of the channels."""

    @property
    def new_hits(self) -> tuple[Hit, ...]:
        """The news."""
        return self.told_as("new")

    @property
    def folder(self) -> Path:
        """The folder of new hits: one `<hit id>.geojson` each."""
        return self.out / FOLDERS["new"]

    def told_as(self, matter: Matter) -> tuple[Hit, ...]:
        """The hits that were handed on as one matter."""
        return tuple(one.hit for one in self.handed_on if one.matter == matter)

    @property
    def exit_code(self) -> ExitCode:
        """INCOMPLETE where something is worth trying again, else USAGE where an airfield's file is bad."""
        codes = {outcome.exit_code for outcome in self.outcomes}
        codes |= {ExitCode.INCOMPLETE} if self.alerts.failed else set()
        worst = (ExitCode.INCOMPLETE, ExitCode.USAGE)
        return next((code for code in worst if code in codes), ExitCode.DONE)

    def as_dict(self) -> dict[str, Any]:
        """For `--json`."""
        return {
            "started": iso(self.started),
            "seconds": round(self.seconds, 1),
            "airfields": [outcome.as_dict() for outcome in self.outcomes],
            "new_hits": [hit_feature(hit) for hit in self.new_hits],
            "new_hits_folder": str(self.folder),
            "late_finds": [hit_feature(hit) for hit in self.told_as("late")],
            "changed_hits": [hit_feature(hit) for hit in self.told_as("changed")],
            "alerts": self.alerts.as_dict(),
            "exit_code": int(self.exit_code),
        }

    @property
    def went_well(self) -> bool:
        """Whether the watch is alive: something was looked at, and whoever was to be told was."""
        usable = not self.outcomes or any(outcome.state != "failed" for outcome in self.outcomes)
        return usable and not self.alerts.failed


def show_sweep(report: SweepReport, console: "Console") -> None:
    """Print one row an airfield, what was handed on in a sentence each, and where that is."""
    sweep_table(report).show(console)
    print_text(console, list_handed_on(report))
    states = Counter(outcome.state for outcome in report.outcomes)
    counted = (
        ", ".join(f"{number} {state}" for state, number in states.items())
        or "no airfield is known here, or none of those asked for is in this shard"
    )
    print_text(console, [f"{counted}; {len(report.new_hits)} new hits in {report.seconds:.0f} s"])
    for matter, name in FOLDERS.items():
        if report.told_as(matter):
            where = f"{name.replace('-', ' ')}: {report.out / name}"
            console.print(where, markup=False, highlight=False, soft_wrap=True)
    console.print(f"all airfields: {report.out / 'index.html'}", markup=False, highlight=False, soft_wrap=True)
    print_text(console, report.alerts.list_lines())


def list_handed_on(report: SweepReport) -> list[str]:
    """A line for each hit that was handed on: the news, late finds, and what was taken back or came back."""
    return [
        f"{hit.airfield}: {summarise(hit)} Score {hit.score:.1f}; {hit.id}"
        for matter in FOLDERS
        for hit in report.told_as(matter)
    ]


def sweep_table(report: SweepReport) -> Sheet:
    """One row an airfield."""
    rows = [
        (one.airfield, one.state, *(str(number or "") for number in (one.new, one.late, one.revised, one.withdrawn)),
         _looks_text(one), one.reason)
        for one in report.outcomes
    ]  # fmt: skip
    return Sheet(("Airfield", "Result", "New", "Late", "Revised", "Withdrawn", "Looks", "Note"), tuple(rows))


def _looks_text(outcome: Outcome) -> str:
    counts = result_counts(outcome.looks)
    return ", ".join(f"{number} {name.replace('_', ' ')}" for name, number in counts.items() if number)
