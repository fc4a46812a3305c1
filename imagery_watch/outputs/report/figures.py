"""The pictures of a hit: before, after, difference, drawn with Pillow; same pixels, same bytes."""

import io
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from imagery_watch.model import Chip, Hit
from imagery_watch.outputs.report import pixels
from imagery_watch.outputs.wording.credits import copernicus_credit
from imagery_watch.outputs.wording.text import clean, minutes, slug

PANEL = 330
"""Edge of a picture on the sheet, about, in screen pixels: a whole number of them for each of the chip's."""
GAP = 14
INK, PAPER, PALE = (26, 28, 33), (255, 255, 255), (95, 99, 107)
MARK, WARNING = (255, 214, 10), (178, 24, 43)

_Box = tuple[float, float]


@dataclass(frozen=True)
class HitPictures:
    """The pictures of one hit, as the bytes of PNG files."""

    hit_id: str
    file: str
    """Where the sheet goes, relative to `hits.geojson`, such as `chips/LIPB-a1b2.png`."""
    sheet: bytes
    """Before, after and difference side by side, with everything needed to be passed on alone."""


@dataclass(frozen=True)
class _View:
    """A chip at the scale it is drawn at."""

    chip: Chip
    length_m: float
    scale: int

    @property
    def size(self) -> tuple[int, int]:
        """Width, height on the screen."""
        rows, cols = self.chip.before.shape[1:]
        return cols * self.scale, rows * self.scale

    @property
    def px_per_m(self) -> float:
        """Picture pixels a metre."""
        return self.scale / self.chip.resolution


def hit_pictures(hit: Hit, chip: Chip, *, simulated: bool = False) -> HitPictures:
    """The picture of `hit` from the pixels in `chip`; `simulated` is written on it."""
    sheet = _sheet(hit, _view(pixels.central(chip), hit, PANEL), simulated)
    return HitPictures(hit.id, f"chips/{slug(hit.id)}.png", to_png(sheet))


def _view(chip: Chip, hit: Hit, edge: int) -> _View:
    return _View(chip, hit.length_m, max(1, edge // max(chip.before.shape[1:])))


def _photographs(view: _View) -> tuple[Image.Image, Image.Image]:
    """Before and after under one contrast, marked."""
    chip = view.chip
    looks = zip(pixels.true_colour(chip), (chip.before, chip.after), strict=True)
    before, after = (Image.fromarray(pixels.enlarged(rgb, pixels.invalid(data), view.scale)) for rgb, data in looks)
    for image in (before, after):
        _brackets(image, view, MARK)
        _scale_bar(image, view)
        _north_arrow(image)
    return before, after


def _sheet(hit: Hit, view: _View, simulated: bool) -> Image.Image:
    """Three panels in a row, a title above, the colour bar and the credit below."""
    width, height = view.size
    step = max(width, 300) + GAP
    sheet = Image.new("RGB", (3 * step + GAP, height + 112), PAPER)
    draw = ImageDraw.Draw(sheet)
    draw.text((GAP, 10), _title(hit, simulated), WARNING if simulated else INK, font(18))
    change, limit = _difference_panel(view)
    panels = (*_photographs(view), change)
    for column, (panel, label) in enumerate(zip(panels, _labels(hit, view.chip), strict=True)):
        left = GAP + column * step
        draw.text((left, 40), label, INK, font(15))
        sheet.paste(panel, (left, 62))
    _colour_bar(sheet, (GAP + 2 * step, 62 + height + 8), width, limit)
    _caption(draw, hit, view.chip, 62 + height + 10)
    return sheet


def _title(hit: Hit, simulated: bool) -> str:
    start = f"SIMULATED, not observed. {hit.airfield}" if simulated else hit.airfield
    what = f"{hit.size_class} aircraft, about {hit.length_m:.0f} m"
    return to_ascii(f"{start}: possible {hit.kind}, a change consistent with a {what}")


def _labels(hit: Hit, chip: Chip) -> tuple[str, str, str]:
    before, after = f"Before: {minutes(hit.before)} UTC", f"After: {minutes(hit.after)} UTC"
    return before, after, pixels.difference(chip).label


def _caption(draw: ImageDraw.ImageDraw, hit: Hit, chip: Chip, top: int) -> None:
    colour = "true colour" if len(pixels.picture_bands(chip.bands)) == 3 else f"band {chip.bands[0]}"
    facts = f"{colour}, {chip.resolution:g} m pixels, same contrast before and after; hatched: no data"
    draw.text((GAP, top), to_ascii(facts), PALE, font(13))
    credit = copernicus_credit([hit.before, hit.after])
    draw.text((GAP, top + 20), f"{credit}. Not a sighting: check before you publish.", PALE, font(13))


def _difference_panel(view: _View) -> tuple[Image.Image, float]:
    """The difference in colours, and the reflectance at which the colours end."""
    chip = view.chip
    values = pixels.difference(chip).values
    limit = pixels.symmetric_limit(values, chip.row, chip.col, _reach_m(view) / chip.resolution)
    missing = pixels.invalid(chip.before, chip.after)
    image = Image.fromarray(pixels.enlarged(pixels.diverging(values, limit), missing, view.scale))
    _brackets(image, view, INK)
    return image, limit


def _colour_bar(sheet: Image.Image, place: tuple[int, int], width: int, limit: float) -> None:
    ramp = np.linspace(-limit, limit, width, dtype="float32")[None, :].repeat(10, axis=0)
    sheet.paste(Image.fromarray(pixels.diverging(ramp, limit)), place)
    draw, below = ImageDraw.Draw(sheet), place[1] + 13
    for share, text, anchor in (
        (0, f"-{limit:.2f}", "la"),
        (0.5, "0 (reflectance)", "ma"),
        (1, f"+{limit:.2f}", "ra"),
    ):
        draw.text((place[0] + share * width, below), text, PALE, font(13), anchor=anchor)


def _reach_m(view: _View) -> float:
    """Half the edge of the square that the brackets mark: the length, and a pixel more on either side."""
    return max(view.length_m, 20.0) / 2 + 1.5 * view.chip.resolution


def _brackets(image: Image.Image, view: _View, colour: tuple[int, int, int]) -> None:
    """Four corners around the hit, which hide none of its pixels."""
    draw, reach = ImageDraw.Draw(image), _reach_m(view) * view.px_per_m
    x, y = (view.chip.col + 0.5) * view.scale, (view.chip.row + 0.5) * view.scale
    arm = max(6.0, reach / 3)
    for dx, dy in ((-1, -1), (1, -1), (1, 1), (-1, 1)):
        corner = (x + dx * reach, y + dy * reach)
        ends = [(corner[0] - dx * arm, corner[1]), corner, (corner[0], corner[1] - dy * arm)]
        if colour == MARK:
            draw.line(ends, (0, 0, 0), 4)
        draw.line(ends, colour, 2)


def _scale_bar(image: Image.Image, view: _View) -> None:
    """100 m, or what fits into a chip that is smaller."""
    metres = next((m for m in (100, 50, 20) if m * view.px_per_m < image.width * 0.5), 10)
    left, bottom, length = 10, image.height - 12, metres * view.px_per_m
    draw = ImageDraw.Draw(image)
    draw.rectangle((left - 1, bottom - 1, left + length + 1, bottom + 4), (0, 0, 0))
    draw.rectangle((left, bottom, left + length, bottom + 3), PAPER)
    _outlined(draw, (left, bottom - 4), f"{metres} m", "ls")


def _north_arrow(image: Image.Image) -> None:
    x, y = image.width - 16, image.height - 14
    draw = ImageDraw.Draw(image)
    draw.polygon([(x, y - 22), (x - 6, y - 4), (x, y - 8), (x + 6, y - 4)], PAPER, (0, 0, 0))
    _outlined(draw, (x, y + 8), "N", "ms")


def _outlined(draw: ImageDraw.ImageDraw, place: _Box, text: str, anchor: str) -> None:
    align = "right" if anchor[0] == "r" else "left"
    black = (0, 0, 0)
    draw.text(place, text, PAPER, font(14), anchor, align=align, stroke_width=2, stroke_fill=black)


def font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Pillow's own font, which is the same everywhere."""
    return ImageFont.load_default(size)


def to_ascii(text: str) -> str:
    """What Pillow's own font can draw."""
    return clean(text).encode("ascii", errors="replace").decode("ascii")


def to_png(image: Image.Image) -> bytes:
    """The bytes of a PNG file."""
    buffer = io.BytesIO()
    image.save(buffer, format="PNG", compress_level=6)  # level 9 takes five times as long for 2 % less
    return buffer.getvalue()
