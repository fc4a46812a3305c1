"""The symbols of hits and stays, drawn with Pillow: no program has to fetch them from anywhere."""

import io
from collections.abc import Mapping

from PIL import Image, ImageDraw

SIZE = 64
BLUE, ORANGE, PURPLE, WHITE, INK = (0, 114, 178), (230, 159, 0), (204, 121, 167), (255, 255, 255), (26, 28, 33)
"""The first three are Okabe and Ito's, told apart by the colour-blind too; `styles/hits.qml` has the same."""
DOWN, UP = ((6, 12), (58, 12), (32, 56)), ((6, 52), (58, 52), (32, 8))
DIAMOND = ((32, 4), (60, 32), (32, 60), (4, 32))
SHAPES: Mapping[str, tuple[tuple[tuple[int, int], ...], tuple[int, int, int]]] = {
    "arrival": (DOWN, BLUE),
    "departure": (UP, ORANGE),
    "replacement": (DIAMOND, PURPLE),
}
"""An arrival points down, a departure up, at the place itself: so both are seen where one follows the other."""
TIPS = {"arrival": 0.125, "departure": 0.875}
"""How high above the lower edge their tips are, as a share of the whole; the others have their middle at the place."""


def draw_icons() -> dict[str, bytes]:
    """PNG files by name: each kind of hit filled, `<kind>-open` hollow for what may be an aircraft; and a stay."""
    filled = {kind: _draw(shape, colour, WHITE) for kind, (shape, colour) in SHAPES.items()}
    hollow = {f"{kind}-open": _draw(shape, None, colour) for kind, (shape, colour) in SHAPES.items()}
    return filled | hollow | {"stay": _draw_stay()}


def _draw(shape: tuple[tuple[int, int], ...], fill: tuple[int, int, int] | None, edge: tuple[int, int, int]) -> bytes:
    image = Image.new("RGBA", (SIZE, SIZE))
    draw = ImageDraw.Draw(image)
    closed = [*shape, *shape[:2]]
    if fill is None:
        draw.line(closed, WHITE, 12, joint="curve")
    else:
        draw.polygon(shape, fill)
    draw.line(closed, edge, 5, joint="curve")
    return _png(image)


def _draw_stay() -> bytes:
    image = Image.new("RGBA", (SIZE, SIZE))
    draw = ImageDraw.Draw(image)
    draw.ellipse((14, 14, 50, 50), None, INK, 12)
    draw.ellipse((16, 16, 48, 48), None, WHITE, 7)
    return _png(image)


def _png(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format="PNG")
    return buffer.getvalue()
