"""The film of a stay as pictures: each look as a small image, and all of them as a strip and as a moving WebP."""

import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from imagery_watch.model import Dossier, Frame, Stay
from imagery_watch.outputs.report import pixels
from imagery_watch.outputs.report.curve import PRESENCE_WORDS, WIDE, Curve, draw_curve
from imagery_watch.outputs.report.figures import GAP, INK, PALE, PAPER, WARNING, font, to_ascii, to_png
from imagery_watch.outputs.wording.credits import copernicus_credit
from imagery_watch.outputs.wording.text import minutes, slug

STRIP_PX, STRIP_COLUMNS = 189, 5
"""Edge of a look on the strip, and looks beside one another."""
LINE_PX = 18
"""From a line of small print to the next."""
MOVING_PX, MOVING_MS = 270, 900
"""Edge of the moving picture, and how long each look stands."""
PRESENCE_INK = {
    "there": (180, 49, 15),
    "not there": (31, 122, 109),
    "another": (122, 47, 160),
    "unsure": (123, 128, 138),
    "hidden": (123, 128, 138),
}


@dataclass(frozen=True)
class FilmFiles:
    """The film of one stay as files."""

    stay_id: str
    strip: bytes
    """A PNG: every look, and the light curve below."""
    moving: bytes
    """A WebP: look after look."""

    @property
    def files(self) -> dict[str, bytes]:
        """By name relative to `hits.geojson`, such as `chips/LIPB-stay-20220831-a1b2-film.png`."""
        name = name_film(self.stay_id)
        return {f"{name}.png": self.strip, f"{name}.webp": self.moving}


def name_film(stay_id: str) -> str:
    """The name of a stay's film, without its ending, relative to `hits.geojson`."""
    return f"chips/{slug(stay_id)}-film"


def film_files(
    dossier: Dossier, stay: Stay, airfield: str, *, simulated: bool = False, doubted: bool = False
) -> FilmFiles:
    """The strip (PNG, the light curve below it) and the moving picture (WebP) of a stay.

    `doubted`: it is undecided whether its object was replaced, or took the place of another.
    """
    limits = stretch_of(dossier)
    heading = f"{'SIMULATED, not observed. ' if simulated else ''}{airfield}: {stay.apron}, about {stay.length_m:.0f} m"
    strip = _strip(dossier, stay, limits, heading, simulated, tell_legend(dossier, doubted=doubted))
    return FilmFiles(stay.id, to_png(strip), _moving(dossier, limits, simulated))


def stretch_of(dossier: Dossier) -> tuple[float, float]:
    """One contrast for all pictures of a stay, so that they can be compared."""
    picked = [dossier.bands.index(name) for name in pixels.picture_bands(dossier.bands)]
    return pixels.stretch_limits(*(frame.image[picked] for frame in (*dossier.frames, *dossier.quiet)))


def frame_image(frame: Frame, dossier: Dossier, limits: tuple[float, float]) -> pixels.Rgb:
    """One look in colour, a pixel for a pixel; paler where it could not see the object."""
    rgb = pixels.paint(frame.image, dossier.bands, limits)
    if frame.presence != "hidden":
        return rgb
    grey = rgb.mean(axis=-1, keepdims=True)
    return np.asarray(np.broadcast_to(0.4 * grey + 0.6 * 200, rgb.shape), np.uint8)


def to_webp(rgb: pixels.Rgb, *, lossless: bool = True) -> bytes:
    """A small image as WebP, every pixel kept; or as a photograph, some ten times smaller."""
    buffer = io.BytesIO()
    Image.fromarray(rgb).save(buffer, format="WEBP", lossless=lossless, quality=80, method=1)
    return buffer.getvalue()


def smooth(rgb: pixels.Rgb, edge: int) -> pixels.Rgb:
    """The image resampled (Lanczos) so that its longer edge is about `edge` pixels."""
    scale = max(1, round(edge / max(rgb.shape[:2])))
    size = (rgb.shape[1] * scale, rgb.shape[0] * scale)
    return np.asarray(Image.fromarray(rgb).resize(size, Image.Resampling.LANCZOS))


def tell_legend(dossier: Dossier, *, doubted: bool) -> list[str]:
    """What the strip says of purple looks, where it has some, and of a replacement that is in doubt."""
    presences = [*(frame.presence for frame in dossier.frames), *(one.presence for one in dossier.curve)]
    purple = "Purple, something stands there: another object, or one like it, before or after this stay."
    doubt = "Undecided: whether it was replaced, or is one and the same object as what stood there."
    return [*([purple] if "another" in presences else []), *([doubt] if doubted else [])]


def _strip(
    dossier: Dossier,
    stay: Stay,
    limits: tuple[float, float],
    heading: str,
    simulated: bool,
    legend: Sequence[str],
) -> Image.Image:
    curve = draw_curve(dossier, stay, WIDE)
    columns = min(STRIP_COLUMNS, max(1, len(dossier.frames)))
    rows = -(-len(dossier.frames) // columns)
    step = STRIP_PX + GAP
    width = max(columns * step, curve.width if curve else 0, 560) + GAP
    top, each = 40, STRIP_PX + 44
    height = top + rows * each + (curve.height + 26 if curve else 0) + 44 + LINE_PX * len(legend)
    sheet = Image.new("RGB", (width, height), PAPER)
    draw = ImageDraw.Draw(sheet)
    draw.text((GAP, 10), to_ascii(heading), WARNING if simulated else INK, font(18))
    for number, frame in enumerate(dossier.frames):
        place = (GAP + number % columns * step, top + number // columns * each)
        _paste_frame(sheet, place, frame, dossier, limits)
    below = top + rows * each
    if curve:
        draw.text((GAP, below), "How much of the object each look shows (bars: two standard deviations)", INK, font(14))
        _draw_curve(draw, curve, (GAP, below + 20))
        below += curve.height + 26
    for line in legend:
        draw.text((GAP, below), line, PRESENCE_INK["another"] if line.startswith("Purple") else INK, font(13))
        below += LINE_PX
    _credit(draw, dossier.frames, dossier.resolution, below)
    return sheet


def _paste_frame(
    sheet: Image.Image, place: tuple[int, int], frame: Frame, dossier: Dossier, limits: tuple[float, float]
) -> None:
    rgb = frame_image(frame, dossier, limits)
    scale = STRIP_PX // max(rgb.shape[:2])
    picture = _marked(Image.fromarray(rgb.repeat(scale, axis=0).repeat(scale, axis=1)), dossier, scale)
    sheet.paste(picture, place)
    draw = ImageDraw.Draw(sheet)
    draw.text((place[0], place[1] + STRIP_PX + 4), minutes(frame.datetime), INK, font(13))
    ink = PRESENCE_INK[frame.presence]
    draw.text((place[0], place[1] + STRIP_PX + 20), PRESENCE_WORDS[frame.presence], ink, font(13))


def _marked(image: Image.Image, dossier: Dossier, scale: int) -> Image.Image:
    """The picture with four ticks around the object's place, none over it."""
    draw, x, y = ImageDraw.Draw(image), (dossier.col + 0.5) * scale, (dossier.row + 0.5) * scale
    inner, outer = 5 * scale, 6.5 * scale
    for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1)):
        ends = [(x + dx * inner, y + dy * inner), (x + dx * outer, y + dy * outer)]
        draw.line(ends, (0, 0, 0), 3)
        draw.line(ends, (255, 214, 10), 1)
    return image


def _draw_curve(draw: ImageDraw.ImageDraw, curve: Curve, place: tuple[int, int]) -> None:
    left, top = place
    for start, end, word in curve.gaps:
        draw.rectangle((left + start, top + curve.top, left + end, top + curve.bottom), (255, 240, 200))
        draw.text((left + start + 2, top + curve.top), word, PALE, font(12))
    for level, label in curve.levels:
        draw.line((left + curve.left, top + level, left + curve.right, top + level), (213, 216, 222), 1)
        draw.text((left + curve.left - 4, top + level), label, PALE, font(12), anchor="rm")
    for level in (curve.absent_y, curve.present_y):
        draw.line((left + curve.left, top + level, left + curve.right, top + level), (160, 164, 172), 1)
    for x, label in curve.ticks:
        draw.text((left + x, top + curve.bottom + 18), label, PALE, font(12), anchor="ms")
    for x, _ in curve.hidden:
        draw.line((left + x, top + curve.bottom - 6, left + x, top + curve.bottom), (150, 155, 165), 2)
    for point in curve.points:
        ink = PRESENCE_INK[point.presence]
        x = left + point.x
        draw.line((x, top + point.high, x, top + point.low), ink, 1)
        draw.ellipse((x - 4, top + point.y - 4, x + 4, top + point.y + 4), ink)


def _moving(dossier: Dossier, limits: tuple[float, float], simulated: bool) -> bytes:
    pictures = [_moving_frame(frame, dossier, limits, simulated) for frame in dossier.frames]
    buffer = io.BytesIO()
    pictures[0].save(
        buffer, format="WEBP", save_all=True, append_images=pictures[1:], duration=MOVING_MS, loop=0, lossless=True,
        quality=50, method=0,
    )  # fmt: skip
    return buffer.getvalue()


def _moving_frame(frame: Frame, dossier: Dossier, limits: tuple[float, float], simulated: bool) -> Image.Image:
    rgb = frame_image(frame, dossier, limits)
    scale = MOVING_PX // max(rgb.shape[:2])
    picture = _marked(Image.fromarray(rgb.repeat(scale, axis=0).repeat(scale, axis=1)), dossier, scale)
    sheet = Image.new("RGB", (picture.width, picture.height + 40), PAPER)
    sheet.paste(picture, (0, 0))
    draw = ImageDraw.Draw(sheet)
    words = f"{minutes(frame.datetime)} UTC: {PRESENCE_WORDS[frame.presence]}"
    draw.text((4, picture.height + 4), words, PRESENCE_INK[frame.presence], font(14))
    credit = f"{'SIMULATED. ' if simulated else ''}{copernicus_credit([frame.datetime])}"
    draw.text((4, picture.height + 23), credit, WARNING if simulated else PALE, font(11))
    return sheet


def _credit(draw: ImageDraw.ImageDraw, frames: Sequence[Frame], resolution: float, top: int) -> None:
    edge_m = max(frames[0].image.shape[1:]) * resolution
    size = f"Each look {edge_m:.0f} m wide, {resolution:g} m pixels"
    facts = f"{size}, one contrast; ticks mark the place; chequered: not seen."
    draw.text((GAP, top), facts, PALE, font(13))
    credit = copernicus_credit([frame.datetime for frame in frames])
    draw.text((GAP, top + 18), f"{credit}. Not a sighting: check before you publish.", PALE, font(13))
