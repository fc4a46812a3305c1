"""What people said of a run's hits in its folder, as a pack has it: beside the hits, and as their evidence."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from imagery_watch.model import Hit, Review
from imagery_watch.outputs.notebook.reviewing import list_reviews
from imagery_watch.outputs.reconcile.standing import weigh_reviews


def pick_reviews(folder: Path, hits: Sequence[Hit], now: datetime) -> tuple[Review, ...]:
    """The reviews of these hits in a folder's `reviews.json`; none where there is no such file. Raises UsageError."""
    ids = {hit.id for hit in hits}
    return tuple(one for one in list_reviews(folder, now) if one.hit in ids)


def add_reviews(hits: Sequence[Hit], reviews: Sequence[Review]) -> tuple[Hit, ...]:
    """The hits, each with those of its reviews that count as evidence."""
    return tuple(
        replace(hit, evidence=(*hit.evidence, *weigh_reviews(one for one in reviews if one.hit == hit.id)))
        for hit in hits
    )
