"""The whole airfield as images with its shapes drawn on them, and a contact sheet of every look."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from shapely.geometry.base import BaseGeometry

from imagery_watch.model import Airfield, Hit, Look, Panorama, RunResult
from imagery_watch.outputs.report import pixels
from imagery_watch.outputs.report.drawings import list_lines
from imagery_watch.outputs.report.film import to_webp
from imagery_watch.outputs.wording.summaries import describe_reason
from imagery_watch.outputs.wording.text import clean, minutes

MOST_SHEET = 160
"""Looks on the contact sheet, the newest."""
MOST_LOSSLESS_PX, MOST_LOSSLESS_IN_ALL_PX = 40_000, 600_000
"""Pixels of an image, and of all images together, up to which every one is kept, at some 2 bytes each."""
NICE_METRES = (50, 100, 200, 500, 1000, 2000)


@dataclass(frozen=True)
class Scenery:
    """One look over all aprons, as an image to lay under the map."""

    when: str
    picture: bytes


@dataclass(frozen=True)
class Outline:
    """One shape of the airfield over the image."""

    kind: str
    name: str
    path: str
    x: float
    """Of the middle of its northern edge, where the name stands."""
    y: float


@dataclass(frozen=True)
class Spot:
    """One place with hits on it."""

    label: str
    first: int
    ids: tuple[str, ...]
    """Of the hits."""
    x: float
    y: float


@dataclass(frozen=True)
class AirfieldView:
    """Images of the airfield and what is drawn over them, in pixels of the Grid's window."""

    width: int
    height: int
    scenes: tuple[Scenery, ...]
    left: int
    """Place among the scenes of the one that lies left of the divider at first."""
    right: int
    outlines: tuple[Outline, ...]
    spots: tuple[Spot, ...]
    left_out: int
    """Hits of which a look beside them is not among the scenes."""
    bar_px: float
    bar_m: int


@dataclass(frozen=True)
class SheetLook:
    """One look on the contact sheet."""

    when: str
    picture: bytes | None
    words: tuple[str, ...]
    """A line an apron."""
    kind: str


def view_airfield(result: RunResult, hits: Sequence[Hit]) -> AirfieldView | None:
    """The large images of the looks beside the hits, with aprons, runways and hits; None where no look was compared."""
    large = choose_large(result.panoramas, hits)
    if not large:
        return None
    window = large[0]
    height, width = (edge * window.step for edge in window.image.shape[1:])
    limits = _stretch(large)
    few = sum(one.image[0].size for one in large) <= MOST_LOSSLESS_IN_ALL_PX
    scenes = tuple(
        Scenery(minutes(one.datetime), _encode(pixels.paint(one.image, one.bands, limits), few=few)) for one in large
    )
    left, right = _choose_sides([one.pass_id for one in large], hits)
    bar_m = max(
        (m for m in NICE_METRES if m / window.georeference.grid.resolution <= width / 3), default=NICE_METRES[0]
    )
    return AirfieldView(
        width=width,
        height=height,
        scenes=scenes,
        left=left,
        right=right,
        outlines=tuple(_outlines(result.airfield, window)),
        spots=tuple(_spots(hits, window)),
        left_out=sum(not {hit.before_pass, hit.after_pass} <= {one.pass_id for one in large} for hit in hits),
        bar_px=bar_m / window.georeference.grid.resolution,
        bar_m=bar_m,
    )


def choose_large(panoramas: Sequence[Panorama], hits: Sequence[Hit]) -> list[Panorama]:
    """Those that are shown large, as the scenes of the view in their order: looks beside hits, others mostly clear."""
    large = [one for one in panoramas if one.large]
    beside = {name for hit in hits for name in (hit.before_pass, hit.after_pass)}
    return [one for one in large if one.pass_id in beside or np.isfinite(one.image).mean() > 0.5] or large


def _choose_sides(passes: Sequence[str], hits: Sequence[Hit]) -> tuple[int, int]:
    """The looks on either side of the strongest hit of which both are there, else the first and the last."""
    for hit in sorted(hits, key=lambda hit: (-hit.score, hit.id)):
        if hit.before_pass in passes and hit.after_pass in passes:
            return passes.index(hit.before_pass), passes.index(hit.after_pass)
    return 0, len(passes) - 1


def _encode(rgb: pixels.Rgb, *, few: bool) -> bytes:
    """Every pixel kept where they are few: a photograph's compression smears the colours of small images."""
    return to_webp(rgb, lossless=few and rgb.shape[0] * rgb.shape[1] <= MOST_LOSSLESS_PX)


def _stretch(panoramas: Sequence[Panorama]) -> tuple[float, float]:
    """One contrast for all looks of the same bands as the first."""
    return pixels.stretch_limits(*(one.image for one in panoramas if one.bands == panoramas[0].bands))


def _place(lon: float, lat: float, window: Panorama) -> tuple[float, float]:
    """Columns and rows in pixels of the window's Grid, from its upper left corner."""
    from imagery_watch.model.georeference import lonlat_transformer

    where = window.georeference
    x, y = lonlat_transformer(where.grid.epsg).transform(lon, lat)
    row, col = where.grid.rowcol(float(x), float(y))
    return round(col - where.left + 0.5, 1), round(row - where.top + 0.5, 1)


def _outlines(airfield: Airfield, window: Panorama) -> list[Outline]:
    shapes = [("runway", "runway", one) for one in airfield.runways]
    shapes += [("apron", apron.name, apron.geometry) for apron in airfield.aprons]
    shapes += [("exclude", "excluded", one) for one in airfield.exclude]
    return [_outline(kind, name, geometry, window) for kind, name, geometry in shapes]


def _outline(kind: str, name: str, geometry: BaseGeometry, window: Panorama) -> Outline:
    words = []
    for line in list_lines(geometry):
        corners = [_place(lon, lat, window) for lon, lat in line]
        words.append("M" + "L".join(f"{x:g} {y:g}" for x, y in corners) + ("Z" if line[0] == line[-1] else ""))
    west, _, east, north = geometry.bounds
    return Outline(kind, clean(name), "".join(words), *_place((west + east) / 2, north, window))


def _spots(hits: Sequence[Hit], window: Panorama) -> list[Spot]:
    groups: dict[tuple[int, int], list[tuple[int, str, float, float]]] = {}
    for number, hit in enumerate(hits, start=1):
        x, y = _place(hit.lon, hit.lat, window)
        groups.setdefault((round(x / 3), round(y / 3)), []).append((number, hit.id, x, y))
    return [
        Spot(", ".join(str(one[0]) for one in group), group[0][0], tuple(one[1] for one in group), *group[0][2:])
        for group in groups.values()
    ]


def fill_contact_sheet(result: RunResult) -> tuple[SheetLook, ...]:
    """Every pass that was looked at, in order of time: its picture where there is one, and what it said."""
    pictures = {one.pass_id: one for one in result.panoramas}
    limits = _stretch(result.panoramas) if result.panoramas else (0.0, 1.0)
    groups: dict[tuple[str, str], list[Look]] = {}
    for look in result.looks:
        groups.setdefault((minutes(look.datetime), look.pass_id), []).append(look)
    return tuple(
        _sheet_look(when, looks, pictures.get(name), limits)
        for (when, name), looks in sorted(groups.items())[-MOST_SHEET:]
    )


def _sheet_look(when: str, looks: Sequence[Look], panorama: Panorama | None, limits: tuple[float, float]) -> SheetLook:
    order = ("change", "no_change", "not_observed", "failed")
    kind = min((look.result for look in looks), key=order.index)
    picture = None if panorama is None else to_webp(_small(panorama, limits), lossless=False)
    return SheetLook(when, picture, tuple(_tell_look(look, alone=len(looks) == 1) for look in looks), kind)


def _small(panorama: Panorama, limits: tuple[float, float]) -> pixels.Rgb:
    rgb = pixels.paint(panorama.image, panorama.bands, limits)
    step = max(1, round(max(rgb.shape[:2]) / 160))
    return rgb[::step, ::step]


def _tell_look(look: Look, *, alone: bool) -> str:
    """`west-apron: no change; 98 % seen; aircraft from 21 m`."""
    said = [look.result.replace("_", " ")]
    if look.visible_fraction is not None:
        said.append(f"{100 * look.visible_fraction:.0f} % seen")
    if look.smallest_detectable_m is not None:
        said.append(f"from {look.smallest_detectable_m:.0f} m")
    if look.result in ("not_observed", "failed") and look.reason:
        said.append(describe_reason(look))
    return ("" if alone else f"{clean(look.apron)}: ") + "; ".join(said)
