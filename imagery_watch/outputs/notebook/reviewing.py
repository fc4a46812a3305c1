"""Verdicts given in a notebook: kept in the run's folder, in the form that `hits review --import` takes."""

import html
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, get_args

from imagery_watch.errors import UsageError
from imagery_watch.model import Hit, Review, Verdict
from imagery_watch.outputs.review.reviews_file import make_review, read_reviews, write_reviews

FILE = "reviews.json"
"""In the run's folder; `hits review --import` brings it into the record of `monitor`."""
STYLES = {"confirmed": "success", "rejected": "danger", "unsure": "warning"}


def list_reviews(folder: Path, now: datetime) -> list[Review]:
    """The reviews in a run's folder; none where nobody gave one. Raises UsageError where the file holds none."""
    path = folder / FILE
    return read_reviews(path, now) if path.exists() else []


def note_review(folder: Path, hit: Hit, verdict: str, note: str, reviewer: str, now: datetime) -> Review:
    """Adds a review to the run's folder; nothing is overwritten.

    Raises UsageError for a verdict that is none, a reviewer without a name, and where the file is not what it was.
    """
    if verdict not in get_args(Verdict):
        raise UsageError(f"verdict={verdict!r}: expected {', '.join(get_args(Verdict))}")
    told = {"hit": hit.id, "airfield": hit.airfield, "verdict": verdict, "note": note, "reviewer": reviewer}
    try:
        review = make_review(told | {"reviewed_at": now})
    except ValueError:
        raise UsageError("a review needs the name of who gives it: by='NAME'") from None
    write_reviews(folder / FILE, [*list_reviews(folder, now), review])
    return review


@dataclass(frozen=True)
class Panel:
    """Buttons under a hit, and what was said last."""

    note: Any
    """A text field."""
    buttons: tuple[Any, ...]
    said: Any
    """An HTML label."""
    box: Any
    """All of them together."""

    def _repr_mimebundle_(self, **named: Any) -> Any:
        return self.box._repr_mimebundle_(**named)


def make_panel(hit: Hit, say: Callable[[str, str], Review], last: Review | None) -> Panel:
    """Three buttons and a note for one hit; `say` is given verdict and note. Raises UsageError without ipywidgets."""
    try:
        import ipywidgets
    except ImportError:
        advice = "pip install 'imagery-watch[notebook]'; run.review(...) works without"
        raise UsageError(f"buttons need ipywidgets: {advice}") from None
    note = ipywidgets.Text(placeholder="why: what you saw, and where", layout={"width": "24em"})
    said = ipywidgets.HTML(tell_review(last))

    def make(verdict: str) -> Any:
        """One button."""
        button = ipywidgets.Button(description=verdict, button_style=STYLES[verdict], tooltip=f"{hit.id}: {verdict}")

        def click(_: Any) -> None:
            """Notes the verdict, and says so; what keeps it from being noted is said too."""
            try:
                said.value = tell_review(say(verdict, note.value))
            except UsageError as error:
                said.value = f"<b>not noted</b>: {html.escape(str(error))}"

        button.on_click(click)
        return button

    buttons = tuple(make(verdict) for verdict in get_args(Verdict))
    return Panel(note, buttons, said, ipywidgets.HBox([*buttons, note, said]))


def tell_review(review: Review | None) -> str:
    """What was said last, as HTML."""
    if review is None:
        return "<i>no verdict yet</i>"
    note = f": {html.escape(review.note)}" if review.note else ""
    return f"<b>{review.verdict}</b> by {html.escape(review.reviewer)}, {review.reviewed_at:%Y-%m-%d %H:%M} UTC{note}"
