"""`index.html`: all airfields of a record on one page that opens with no network, what needs attention first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from jinja2 import Environment
from markupsafe import Markup

from imagery_watch.model import Hit, Judgement
from imagery_watch.outputs.alerts.feed import tell_title
from imagery_watch.outputs.report.paper import content_policy, open_templates, read_part
from imagery_watch.outputs.wording import summaries
from imagery_watch.outputs.wording.text import minutes

HERE = "imagery_watch.outputs.overview"
RANKS = ("to review", "in trouble", "not seen yet", "quiet")
"""What an airfield is, the most urgent first."""


@dataclass(frozen=True)
class News:
    """A hit that was handed on."""

    hit: Hit
    """As it stands now."""
    told: datetime
    """When it was last handed on: new, taken back, or come back."""
    href: str
    """Where it is in its airfield's report; empty where there is none."""
    picture: bytes | None
    """PNG."""
    judgement: Judgement = "unreviewed"
    """What people said of it."""


@dataclass(frozen=True)
class ToReview:
    """A hit on which people have the next word."""

    hit: Hit
    judgement: Judgement
    href: str


@dataclass(frozen=True)
class Row:
    """One airfield."""

    id: str
    name: str
    """Empty where it is not known."""
    href: str
    """Its report; empty where there is none."""
    visited: str
    """What the last sweep did: `looked at`, `failed`, `not in it`."""
    scored: datetime | None
    """When anything new was last judged."""
    last_look: datetime | None
    """The last pass that saw enough of an apron."""
    smallest_m: tuple[float, float] | None
    """Length below which an aircraft would likely have been missed in that look: on the best apron, on the worst."""
    due: datetime | None
    """The next pass."""
    statuses: dict[str, int]
    """Hits by status; those at rejected places left out."""
    unreviewed: int
    """Hits that stand, and of which nobody said anything."""
    disputed: int
    troubles: tuple[str, ...]

    @property
    def rank(self) -> int:
        """Its place among `RANKS`."""
        if self.unreviewed or self.disputed:
            return 0
        if self.troubles or self.visited == "failed":
            return 1
        return 3 if self.last_look is not None else 2


@dataclass(frozen=True)
class Overview:
    """All that the page tells."""

    made: datetime
    sweep: int
    catalog: str
    rows: tuple[Row, ...]
    news: tuple[News, ...]
    to_review: tuple[ToReview, ...]
    """The newest of them."""
    troubles: tuple[tuple[str, datetime, str], ...]
    """Subject, since when, and words; the oldest first."""
    credits: tuple[str, ...]


def write_page(overview: Overview) -> str:
    """The page. Only the line that says when it was made differs where nothing else does."""
    rows = sort_rows(overview.rows)
    css, script = _read_style(), _read_script() if rows else Markup("")
    counts = {word: sum(row.rank == rank for row in rows) for rank, word in enumerate(RANKS)}
    return (
        _templates()
        .get_template("index.html.j2")
        .render(
            told=overview,
            rows=rows,
            ranks=RANKS,
            headline=write_headline(counts),
            silent=sum(row.visited == "looked at" and not any(row.statuses.values()) for row in rows),
            unseen=counts["not seen yet"],
            waiting=sum(row.unreviewed + row.disputed for row in rows),
            simulated=any(hit.simulated for hit in list_hits(overview)),
            css=css,
            script=script,
            policy=content_policy(css, script),
        )
    )


def list_hits(overview: Overview) -> list[Hit]:
    """The hits that the page shows."""
    return [*(one.hit for one in overview.news), *(one.hit for one in overview.to_review)]


def sort_rows(rows: Sequence[Row]) -> list[Row]:
    """What needs attention first, and where most of it is, then by id."""
    return sorted(rows, key=lambda row: (row.rank, -row.disputed, -row.unreviewed, row.id))


def write_headline(counts: dict[str, int]) -> str:
    """How the airfields stand, in a sentence."""
    total = sum(counts.values())
    if not total:
        return "No airfield is recorded yet."
    words = {
        "to review": "with hits to review",
        "in trouble": "in trouble",
        "not seen yet": "not seen well enough yet",
        "quiet": "looked at, and nothing to do",
    }
    told = ", ".join(f"{counts[rank]} {words[rank]}" for rank in RANKS if counts[rank])
    return f"{total} airfield{'' if total == 1 else 's'}: {told}."


@cache
def _templates() -> Environment:
    environment = open_templates(HERE)
    environment.filters |= {
        "minutes": minutes,
        "day": lambda when: minutes(when)[:10],
        "title": tell_title,
        "length_text": summaries.length_text,
        "metres": _tell_span,
    }
    return environment


def _tell_span(span: tuple[float, float]) -> str:
    low, high = f"{span[0]:.0f}", f"{span[1]:.0f}"
    return f"{low} m" if low == high else f"{low}–{high} m"


def _read_style() -> Markup:
    return Markup(read_part("templates", "report.css") + read_part("templates", "index.css", package=HERE))


def _read_script() -> Markup:
    return Markup(read_part("templates", "index.js", package=HERE))
