"""From the record to `index.html`: what is new, silent, and needs a look, on one page over all airfields."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple, get_args
from urllib.parse import quote

from imagery_watch.model import Hit, Pass, Status
from imagery_watch.outputs.files.atomic import write_text
from imagery_watch.outputs.overview.page import News, Overview, Row, ToReview, write_page
from imagery_watch.outputs.store.message_store import MessageStore
from imagery_watch.outputs.store.overview_store import LastLook, OverviewStore, Scored, Standing
from imagery_watch.outputs.store.store import Store
from imagery_watch.outputs.store.trouble_store import Trouble, TroubleStore
from imagery_watch.outputs.terminal.sweep_table import FOLDERS, Outcome
from imagery_watch.outputs.wording.text import slug
from imagery_watch.sensors.orbits import RECENT, next_passes
from imagery_watch.sensors.registry import find_sensor
from imagery_watch.sources.airfields.known import AirfieldFile

INDEX = "index.html"
MOST_NEWS = 12
MOST_TO_REVIEW = 40
LARGEST_PICTURE = 90_000
"""Bytes; the sheet of a hit takes half of it. A larger one is left to the report."""
STATUSES: tuple[str, ...] = get_args(Status)
OF_AIRFIELDS = ("airfield", "sight")
"""Subjects of troubles that are those of one airfield."""


class Sweep(NamedTuple):
    """The sweep behind which the page is written."""

    number: int
    catalog: str
    outcomes: Sequence[Outcome]
    files: Sequence[AirfieldFile]
    """Those of its airfields."""


def write_index(store: Store, sweep: Sweep, out: Path, now: datetime) -> None:
    """Replaces the page in the folder of the outputs, whole. Raises StoreError."""
    write_text(out / INDEX, write_page(view_all(store, sweep, out, now)))


def view_all(store: Store, sweep: Sweep, out: Path, now: datetime) -> Overview:
    """What the record says of all airfields after a sweep. Raises StoreError."""
    glance, troubles = OverviewStore.over(store), TroubleStore.over(store).list_troubles()
    standings = glance.list_standings()
    fed = MessageStore.over(store).list_fed(MOST_NEWS)
    waiting = {one.id: one for one in standings if _waits(one)}
    reports = _Reports(out)
    to_review = tuple(
        ToReview(hit, waiting[hit.id].judgement, reports.find_hit(hit))
        for hit in glance.read_hits(list(waiting)[:MOST_TO_REVIEW])
    )
    said = {one.id: one.judgement for one in standings}
    news = tuple(
        News(one.hit, one.updated, reports.find_hit(one.hit), _read_picture(one.hit, out), said[one.hit.id])
        for one in fed
    )
    return Overview(
        made=now,
        sweep=sweep.number,
        catalog=sweep.catalog,
        rows=tuple(_make_rows(glance, sweep, standings, troubles, now, reports.find)),
        news=news,
        to_review=to_review,
        troubles=tuple((one.subject, one.since, one.text) for one in troubles),
        credits=tuple(dict.fromkeys(one.credit for one in fed)),
    )


def _waits(one: Standing) -> bool:
    """Whether people have the next word on a hit."""
    return one.status != "withdrawn" and not one.is_muted and one.judgement in ("unreviewed", "disputed")


class _Reports:
    """Where reports are, relative to the folder of the outputs."""

    def __init__(self, out: Path) -> None:
        self._out, self._known = out, dict[str, str]()

    def find(self, airfield: str) -> str:
        """The report of an airfield; empty where there is none."""
        if airfield not in self._known:
            is_there = (self._out / airfield / "report.html").is_file()
            self._known[airfield] = f"{quote(airfield, safe='')}/report.html" if is_there else ""
        return self._known[airfield]

    def find_hit(self, hit: Hit) -> str:
        """A hit in its airfield's report; empty where there is none."""
        report = self.find(hit.airfield)
        return f"{report}#{quote(hit.id, safe='')}" if report else ""


def _read_picture(hit: Hit, out: Path) -> bytes | None:
    """The picture beside the file of a hit, or in its airfield's folder; None where there is none that is small."""
    name = f"{slug(hit.id)}.png"
    for folder in (*(out / name for name in FOLDERS.values()), out / hit.airfield / "chips"):
        try:
            picture = (folder / name).read_bytes()
        except OSError:
            continue
        return picture if len(picture) <= LARGEST_PICTURE else None
    return None


def _make_rows(
    glance: OverviewStore,
    sweep: Sweep,
    standings: Iterable[Standing],
    troubles: Iterable[Trouble],
    now: datetime,
    find_report: Callable[[str], str],
) -> Iterable[Row]:
    """A row for each airfield of the record or of the sweep."""
    scored, seen, passes = glance.list_scored(), glance.list_last_looks(), glance.list_passes_since(now - RECENT)
    outcomes = {one.airfield: one for one in sweep.outcomes}
    hits: dict[str, list[Standing]] = {}
    for one in standings:
        hits.setdefault(one.airfield, []).append(one)
    told: dict[str, list[str]] = {}
    for trouble in troubles:
        kind, _, name = trouble.subject.partition(" ")
        if kind in OF_AIRFIELDS:
            told.setdefault(name, []).append(trouble.text)
    cycle = find_sensor().repeat_cycle
    names = {one.airfield.id: one.airfield.name for one in sweep.files if one.airfield is not None}
    for name in sorted({*scored, *outcomes}):
        yield _make_row(
            name, names.get(name, ""), scored.get(name), seen.get(name), hits.get(name, []),
            find_due(passes.get(name, ()), now, cycle), _tell_visit(outcomes.get(name)), tuple(told.get(name, ())),
            find_report(name))  # fmt: skip


def _make_row(
    name: str,
    title: str,
    scored: Scored | None,
    seen: LastLook | None,
    hits: Sequence[Standing],
    due: datetime | None,
    visited: str,
    troubles: tuple[str, ...],
    href: str,
) -> Row:
    statuses = Counter(one.status for one in hits if not one.is_muted)
    waiting = Counter(one.judgement for one in hits if _waits(one))
    return Row(
        id=name,
        name=scored.name if scored else title,
        href=href,
        visited=visited,
        scored=scored.when if scored else None,
        last_look=seen.when if seen else None,
        smallest_m=seen.smallest_m if seen else None,
        due=due,
        statuses={status: statuses[status] for status in STATUSES},
        unreviewed=waiting["unreviewed"],
        disputed=waiting["disputed"],
        troubles=troubles,
    )


def find_due(passes: Iterable[Pass], now: datetime, cycle: timedelta) -> datetime | None:
    """When the next pass is; None where there were none lately."""
    return next((one.due for one in next_passes(passes, now, cycle)), None)


def _tell_visit(outcome: Outcome | None) -> str:
    if outcome is None:
        return "not in it"
    return "failed" if outcome.state == "failed" else "looked at"
