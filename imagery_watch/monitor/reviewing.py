"""Reviews put into the record, one by hand or many from a file, under the lock that sweeps hold."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from imagery_watch.errors import UsageError
from imagery_watch.model import RecordedHit, Verdict
from imagery_watch.monitor.sweep import locked
from imagery_watch.outputs.review.reviews_file import make_review, read_reviews
from imagery_watch.outputs.store.review_store import Added
from imagery_watch.outputs.store.store import open_store
from imagery_watch.recorded import read_hit


@dataclass(frozen=True)
class Reviewed:
    """A hit as it stands after a review."""

    before: str
    """Its status until then."""
    now: RecordedHit


def review_hit(text: str, verdict: Verdict, note: str, reviewer: str, home: Path, now: datetime) -> Reviewed:
    """Notes what a person says of the hit with this id, or the beginning of one; nothing is overwritten.

    Raises UsageError for an unknown hit or a reviewer without a name, LockedError where a sweep runs, StoreError.
    """
    hit = read_hit(text, home).recorded.hit
    told = {"hit": hit.id, "airfield": hit.airfield, "verdict": verdict, "note": note, "reviewer": reviewer}
    try:
        review = make_review(told | {"reviewed_at": now})
    except ValueError:
        raise UsageError("a review needs the name of who gives it: --by NAME") from None
    with locked(home), open_store(home) as store:
        store.add_reviews([review], now)
        store.back_up()
        found = [one for one in store.recorded_hits(hit.airfield) if one.hit.id == hit.id]
    return Reviewed(hit.status, found[0])


def import_reviews(path: Path, home: Path, now: datetime) -> Added:
    """Adds the reviews of a file, all or none; a second time it changes nothing.

    Raises UsageError, naming file and row, for what is no review, LockedError where a sweep runs, StoreError.
    """
    reviews = read_reviews(path, now)
    with locked(home), open_store(home) as store:
        added = store.add_reviews(reviews, now)
        if added.new:
            store.back_up()
    return added
