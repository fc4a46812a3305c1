"""The table of hits, whose `explore()` needs no network."""

import html
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from geopandas import GeoDataFrame

from imagery_watch.errors import UsageError
from imagery_watch.outputs.report.standalone import cut_scenery


@dataclass(frozen=True, repr=False)
class Explorer:
    """The report's map, to swipe and to zoom."""

    page: str
    """A whole HTML page that loads nothing."""

    def __repr__(self) -> str:
        return "<Explorer: imagery, aprons and hits; show it in a notebook, or save(FILE) and open that>"

    def save(self, path: str | Path) -> Path:
        """Writes the page to a file that any browser opens, and returns its path."""
        Path(path).write_text(self.page, encoding="utf-8")
        return Path(path)

    def _repr_html_(self) -> str:
        page = html.escape(self.page, quote=True)
        size = 'sandbox="allow-scripts" width="100%" height="720" frameborder="0"'
        return f'<iframe srcdoc="{page}" title="Imagery, aprons and hits" {size}></iframe>'


class HitsFrame(GeoDataFrame):
    """A GeoDataFrame of hits that knows the report beside it."""

    _metadata: ClassVar[list[str]] = ["_geometry_column_name", "report"]
    report: Path

    @classmethod
    def of(cls, hits: GeoDataFrame, report: Path) -> "HitsFrame":
        """The table with the report that the same run wrote."""
        frame = cls(hits)
        frame.report = report
        return frame

    @property
    def _constructor(self) -> Any:
        return HitsFrame

    def explore(self, *arguments: Any, **named: Any) -> Any:
        """The report's own map with imagery under it and no network, of the hits that this table holds.

        With any argument, what geopandas makes of it.

        Raises UsageError where the report cannot be read, or has no imagery; with arguments, where what geopandas
        needs for it is not installed.
        """
        if arguments or named:
            return self._explore_by_geopandas(*arguments, **named)
        try:
            page = self.report.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"{self.report}: the report cannot be read ({error})") from None
        cut = cut_scenery(page, None if "id" not in self else {str(name) for name in self["id"]})
        if cut is None:
            raise UsageError(f"{self.report}: no image of the airfield is in it; `run.map()` draws the aprons alone")
        return Explorer(cut)

    def _explore_by_geopandas(self, *arguments: Any, **named: Any) -> Any:
        try:
            return super().explore(*arguments, **named)
        except ImportError as error:
            advice = "pip install folium mapclassify matplotlib; without arguments it shows the report's own map"
            raise UsageError(
                f"explore with arguments is geopandas' own, and needs more packages ({error}): {advice}"
            ) from None
