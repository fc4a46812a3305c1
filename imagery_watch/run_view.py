"""One run as a person looks at it in a notebook, from its folder: tables, pictures, drawings, and what one says of it.

Nothing heavy is imported before it is needed.
"""

import difflib
import html
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imagery_watch.errors import UsageError

if TYPE_CHECKING:
    from geopandas import GeoDataFrame
    from pandas import DataFrame
    from PIL import Image

    from imagery_watch.model import Hit, Review, RunResult
    from imagery_watch.outputs.files.curves_csv import CurveRow
    from imagery_watch.outputs.notebook.film import Film
    from imagery_watch.outputs.notebook.hits_frame import HitsFrame
    from imagery_watch.outputs.notebook.reviewing import Panel
    from imagery_watch.outputs.report.standalone import Drawing


@dataclass(frozen=True, repr=False)
class RunView:
    """One run as a person looks at it."""

    folder: Path
    """Where its files are."""
    provenance: dict[str, Any]
    """What `run.json` says: versions, settings, passes, warnings."""
    changed: tuple[str, ...]
    """Files that are no longer what `run.json` vouches for: edited, or left half replaced by a later run."""
    _result: "RunResult"
    _curves: "tuple[CurveRow, ...]" = ()

    @cached_property
    def hits(self) -> "HitsFrame":
        """One row a hit, EPSG:4326, with the properties of `hits.geojson`; numbered as on the map, from 1.

        `hits.explore()` is the report's own map: imagery, aprons and hits, to swipe and zoom, with no network.
        """
        from imagery_watch.outputs.notebook.frames import hits_frame
        from imagery_watch.outputs.notebook.hits_frame import HitsFrame

        return HitsFrame.of(hits_frame(self._result.hits), self.folder / "report.html")

    @cached_property
    def looks(self) -> "DataFrame":
        """One row for each pass and apron, as in `looks.csv`: what was seen, and why not."""
        from imagery_watch.outputs.notebook.frames import looks_frame

        return looks_frame(self._result.looks)

    @cached_property
    def stays(self) -> "GeoDataFrame":
        """One row a stay, EPSG:4326, numbered from 1, as `stays.geojson` has them; none if an older version ran."""
        from imagery_watch.outputs.notebook.frames import stays_frame

        return stays_frame(self._result.stays)

    @cached_property
    def occupancy(self) -> "DataFrame":
        """One row for each pass and apron that it saw: how many stood there that come and go, and what is usual."""
        from imagery_watch.outputs.notebook.frames import occupancy_frame

        return occupancy_frame(self._result.occupancy)

    @cached_property
    def chances(self) -> "DataFrame":
        """One row for each apron and length of stay: how likely one was under a look that could see it."""
        from imagery_watch.outputs.notebook.frames import chances_frame

        return chances_frame(self._result.chances)

    @cached_property
    def tracks(self) -> "GeoDataFrame":
        """One row for each aircraft that flight tracks show on the ground, EPSG:4326, its way there as a line.

        Empty where none were given: `corroborate --run FOLDER --tracks FILE`, or `run --tracks FILE`.
        """
        from imagery_watch.outputs.notebook.tracks_frame import tracks_frame

        return tracks_frame(self._result.corroboration)

    def show(self, hit_id: str) -> "Image.Image":
        """The hit's picture: before, after and their difference. Raises UsageError for an id that is not there."""
        hit = self._hit(hit_id)
        if hit.chip is None:
            raise UsageError(f"hit {hit_id}: the run has no picture of it")
        path = self.folder / hit.chip
        if not path.resolve().is_relative_to(self.folder.resolve()):
            raise UsageError(f"hit {hit_id}: its picture {hit.chip!r} lies outside {self.folder}")
        from PIL import Image

        try:
            with Image.open(path, formats=["PNG"]) as picture:
                return picture.convert("RGB")
        except (OSError, ValueError, Image.DecompressionBombError) as error:
            raise UsageError(f"{path}: the hit's picture cannot be opened ({error})") from None

    def film(self, name: str) -> "Film":
        """Every look around a hit, or a stay, as a moving picture; `.strip` has all of them side by side.

        Raises UsageError for an id that is not there, and where the run has no film of it.
        """
        from imagery_watch.outputs.notebook.film import open_film

        return open_film(self.folder, self._stay(name))

    def curve(self, name: str) -> "DataFrame":
        """How much of the object of a hit, or a stay, each look shows: `share` is about 1 where it stands there.

        Raises UsageError for an id that is not there.
        """
        from imagery_watch.outputs.notebook.frames import curve_frame

        stay = self._stay(name)
        return curve_frame([row for row in self._curves if row.stay == stay])

    @property
    def reviews(self) -> "DataFrame":
        """What was said of this run's hits by `review`, the oldest first."""
        from pandas import DataFrame

        from imagery_watch.outputs.notebook.reviewing import list_reviews
        from imagery_watch.outputs.review.reviews_file import COLUMNS

        told = sorted(list_reviews(self.folder, datetime.now(UTC)), key=lambda one: one.reviewed_at)
        return DataFrame([[getattr(one, name) for name in COLUMNS] for one in told], columns=[*COLUMNS])

    def review(self, hit_id: str, verdict: str, note: str = "", *, by: str | None = None) -> "Review":
        """Notes `confirmed`, `rejected` or `unsure` of a hit in the folder's `reviews.json`; nothing is overwritten.

        `by` is who says so, else `IMAGERY_WATCH_REVIEWER`, else your user name. It counts in `reviews`, and in a pack
        of this run; `hits review --import` brings it into the record of `monitor`. Raises UsageError for an id or a
        verdict that is none.
        """
        from imagery_watch.outputs.notebook.reviewing import note_review
        from imagery_watch.settings import name_reviewer, read_settings

        reviewer = by or name_reviewer(read_settings())
        return note_review(self.folder, self._hit(hit_id), verdict, note, reviewer, datetime.now(UTC))

    def buttons(self, hit_id: str, *, by: str | None = None) -> "Panel":
        """Buttons for a notebook that call `review`. Raises UsageError for an id that is not there."""
        from imagery_watch.outputs.notebook.reviewing import list_reviews, make_panel

        hit = self._hit(hit_id)
        said = [one for one in list_reviews(self.folder, datetime.now(UTC)) if one.hit == hit.id]
        last = max(said, key=lambda one: one.reviewed_at, default=None)
        return make_panel(hit, lambda verdict, note: self.review(hit.id, verdict, note, by=by), last)

    def map(self) -> "Drawing":
        """The aprons and the hits, north up, numbered as in `hits`. Raises UsageError where neither is known."""
        from imagery_watch.outputs.report.standalone import draw_map

        drawn = draw_map(self._result)
        if drawn is None:
            raise UsageError(
                f"no aprons and no hits to draw: open_run({str(self.folder)!r}, aoi=FILE) brings the aprons"
            )
        return drawn

    def timeline(self) -> "Drawing":
        """Every look, one row for each apron: diamonds changed, dots did not, empty rings could not be seen.

        Raises UsageError where no pass was looked at.
        """
        from imagery_watch.outputs.report.standalone import draw_timeline

        drawn = draw_timeline(self._result)
        if drawn is None:
            raise UsageError(f"{self.folder}: no pass was looked at, so there is no timeline")
        return drawn

    @property
    def summary(self) -> str:
        """What was found and what could not be seen, hedged; says first where the data are simulated."""
        from imagery_watch.outputs.wording.summaries import headline
        from imagery_watch.outputs.wording.text import clean

        simulated = "Simulated data, nothing here was observed. " if self.provenance.get("simulated") else ""
        changed = f" Changed since the run wrote them: {', '.join(self.changed)}." if self.changed else ""
        return clean(f"{simulated}{self._result.airfield.name}: {headline(self._result)}{changed}")

    def _stay(self, name: str) -> str:
        """The id of a stay, named by itself or by one of its hits, that of the arrival first."""
        stays = self._result.stays
        if any(stay.id == name for stay in stays):
            return name
        hit = self._hit(name)
        ends = [(stay.arrival_hit, stay.id) for stay in stays] + [(stay.departure_hit, stay.id) for stay in stays]
        known = next((stay for end, stay in ends if end == hit.id), None)
        if known is None:
            raise UsageError(f"hit {name}: the run has no stay of it, and so no film or curve")
        return known

    def _hit(self, hit_id: str) -> "Hit":
        known = {hit.id: hit for hit in self._result.hits}
        if hit_id in known:
            return known[hit_id]
        near = difflib.get_close_matches(str(hit_id), known, n=3, cutoff=0.4) or list(known)[:3]
        meant = f"did you mean {' or '.join(near)}?" if near else "this run has no hits"
        raise UsageError(f"hit {hit_id!r}: not in {self.folder} ({meant})")

    def __repr__(self) -> str:
        return f"<RunView of {self.folder}: {self.summary}>"

    def _repr_html_(self) -> str:
        return f"<p>{html.escape(self.summary)} <small>{html.escape(str(self.folder))}</small></p>"
