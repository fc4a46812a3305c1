"""What one sweep of `monitor` did: for a terminal, and for programs."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from imagery_watch.errors import ExitCode
from imagery_watch.model import Hit, Look
from imagery_watch.outputs.files.hits_geojson import hit_feature
from imagery_watch.outputs.terminal.layout import Sheet, print_text
from imagery_watch.outputs.wording.summaries import result_counts
from imagery_watch.outputs.wording.text import iso

if TYPE_CHECKING:
    from rich.console import Console

State = Literal["scored", "nothing new", "failed"]


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
    new_hits: tuple[Hit, ...]
    """Hits that were written to the folder of new hits in this sweep, by airfield, time and id."""
    folder: Path
    """The folder of new hits: one `<hit id>.geojson` each."""

    @property
    def exit_code(self) -> ExitCode:
        """INCOMPLETE where something is worth trying again, else USAGE where an airfield's file is bad."""
        codes = {outcome.exit_code for outcome in self.outcomes}
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
            "exit_code": int(self.exit_code),
        }


def show_sweep(report: SweepReport, console: "Console") -> None:
    """Print one row an airfield, the new hits in a sentence each, and where they are."""
    sweep_table(report).show(console)
    print_text(console, (f"{hit.airfield}: {hit.summary}" for hit in report.new_hits))
    states = Counter(outcome.state for outcome in report.outcomes)
    counted = ", ".join(f"{number} {state}" for state, number in states.items()) or "no airfield is known"
    print_text(console, [f"{counted}; {len(report.new_hits)} new hits in {report.seconds:.0f} s"])
    if report.new_hits:
        console.print(f"new hits: {report.folder}", markup=False, highlight=False, soft_wrap=True)


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
