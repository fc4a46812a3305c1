"""The report's drawings, each as an SVG that stands alone, as a notebook shows it."""

import html
import re
from dataclasses import dataclass
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from imagery_watch.model import RunResult
from imagery_watch.outputs.report.drawings import airfield_map
from imagery_watch.outputs.report.timeline import timeline

SPOT = re.compile(r'<a href="#hit-\d+" data-hits="([^"]*)".*?</a>\n?', re.DOTALL)
"""One place with hits on the map of a report."""
_STYLE = """
svg { background: #f4f5f7 } text { fill: #1c1e22; font: 12px system-ui, sans-serif }
.apron { fill: #dfe3ea; stroke: #5c6470; stroke-width: 1.2 } .runway { fill: none; stroke: #c3c8d1; stroke-width: 8 }
.exclude { fill: none; stroke: #565b64; stroke-dasharray: 4 3 } .dot { fill: #b4310f; stroke: #fff; stroke-width: 1.5 }
.dot-number { font-weight: 700; paint-order: stroke; stroke: #f4f5f7; stroke-width: 3 }
.bar { stroke: #1c1e22; stroke-width: 3 } .row { stroke: #d5d8de } .tick { stroke: #d5d8de; stroke-dasharray: 2 3 }
.change { fill: #b4310f } .no_change { fill: #1f7a6d } .not_observed { fill: none; stroke: #7b808a; stroke-width: 1.3 }
.failed { fill: none; stroke: #7a2fa0; stroke-width: 2 }
.stay { stroke: #b4310f; stroke-width: 9; opacity: .45 } .stay-outer { stroke: #b4310f; stroke-width: 3; opacity: .45 }
"""


@dataclass(frozen=True)
class Drawing:
    """A drawing that a notebook shows."""

    svg: str

    def _repr_svg_(self) -> str:
        return self.svg


def draw_map(result: RunResult) -> Drawing | None:
    """The aprons and the hits, north up, the hits numbered from 1; None where there is neither."""
    if not result.airfield.aprons and not result.hits:
        return None
    drawn = airfield_map(result.airfield, result.hits)
    return _draw("airfield_map", drawn, result.airfield.name, size=(drawn.width, drawn.height))


def draw_timeline(result: RunResult) -> Drawing | None:
    """Every look, one row for each apron; None where no pass was looked at."""
    drawn = timeline(result.looks, [apron.name for apron in result.airfield.aprons], result.stays)
    return None if drawn is None else _draw("timeline", drawn, "on-wide", size=(drawn.width, drawn.height))


def cut_scenery(page: str, hits: set[str] | None = None) -> str | None:
    """A page with nothing but the map with imagery of a report, its style, script and policy; None without one.

    Of `hits` alone, by their ids, where these are given.
    """
    start, end = page.find('<figure class="where">'), page.find("</figure>", page.find('<figure class="where">'))
    head, foot = page.find("</head>"), page.rfind("<script>")
    if min(start, head, foot) < 0:
        return None
    body, script = page[start : end + len("</figure>")], page[foot : page.rfind("</script>") + len("</script>")]
    if hits is not None:
        body = SPOT.sub(lambda spot: spot[0] if hits & set(html.unescape(spot[1]).split()) else "", body)
    return f"{page[:head]}</head>\n<body><main>\n{body}\n</main>\n{script}\n</body>\n</html>\n"


def _draw(macro: str, *arguments: Any, size: tuple[int, int]) -> Drawing:
    """One of the report's drawings, with the colours that the report would give it."""
    loader = PackageLoader("imagery_watch.outputs.report")
    templates = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    bare = str(getattr(templates.get_template("drawings.html.j2").module, macro)(*arguments)).strip()
    tag, rest = bare.split(">", 1)
    start = tag.replace("<svg ", f'<svg xmlns="http://www.w3.org/2000/svg" width="{size[0]}" height="{size[1]}" ', 1)
    return Drawing(f"{start}><style>{_STYLE}</style>{rest}")
