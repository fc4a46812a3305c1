"""The film of a stay, as a notebook shows it."""

import html
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from imagery_watch.errors import UsageError
from imagery_watch.outputs.report.film import name_film
from imagery_watch.outputs.report.paper import data_url

if TYPE_CHECKING:
    from PIL import Image


@dataclass(frozen=True, repr=False)
class Film:
    """Every look around a stay, one after the other."""

    stay_id: str
    moving: Path
    """A WebP that any browser plays."""
    still: Path
    """A PNG: all looks side by side, the light curve below them."""

    @property
    def strip(self) -> "Image.Image":
        """All looks side by side, the light curve below them. Raises UsageError where the file cannot be opened."""
        from PIL import Image

        try:
            with Image.open(self.still, formats=["PNG"]) as picture:
                return picture.convert("RGB")
        except (OSError, ValueError, Image.DecompressionBombError) as error:
            raise UsageError(f"{self.still}: the film's strip cannot be opened ({error})") from None

    def __repr__(self) -> str:
        return f"<Film of {self.stay_id}: {self.moving}>"

    def _repr_html_(self) -> str:
        try:
            data = self.moving.read_bytes()
        except OSError as error:
            raise UsageError(f"{self.moving}: the film cannot be opened ({error.strerror})") from None
        return f'<img src="{data_url(data)}" alt="Film of {html.escape(self.stay_id)}">'


def open_film(folder: Path, stay_id: str) -> Film:
    """The film of a stay in a run's folder. Raises UsageError where there is none, or it lies elsewhere."""
    moving, still = (folder / f"{name_film(stay_id)}{ending}" for ending in (".webp", ".png"))
    if not moving.resolve().is_relative_to(folder.resolve()):
        raise UsageError(f"stay {stay_id!r}: its film would lie outside {folder}")
    if not moving.is_file():
        raise UsageError(f"stay {stay_id}: {moving} is not there; only the strongest stays of a run have a film")
    return Film(stay_id, moving, still)
