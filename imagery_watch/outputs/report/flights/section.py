"""The report's part on flight tracks: drawn with the page, or put into one that was made before."""

from functools import cache

from jinja2 import Environment
from markupsafe import Markup

from imagery_watch.model import RunResult
from imagery_watch.model.corroboration import Corroboration, TrackTold
from imagery_watch.outputs.report.flights.ground import draw_ground
from imagery_watch.outputs.report.flights.lanes import WEIGHTY, Lanes, lay_lanes
from imagery_watch.outputs.report.flights.scenes import Scenes, list_scenes, note_scenes, read_scenes
from imagery_watch.outputs.report.flights.terms import lay_terms
from imagery_watch.outputs.report.paper import HERE, open_templates
from imagery_watch.outputs.report.timeline import NARROW_LAYOUT, WIDE_LAYOUT
from imagery_watch.outputs.wording import summaries
from imagery_watch.outputs.wording.flights import LOOK_WORDS, STATE_WORDS
from imagery_watch.outputs.wording.text import minutes

BEGIN, END = "<!-- flight tracks -->", "<!-- end of flight tracks -->"
"""Between these the part stands in a report; nothing stands there where no tracks were given."""
MOST_TOLD = 60
"""Aircraft in the table; `corroboration.json` has all."""


def render_flights(result: RunResult) -> Markup:
    """The part with its marks, and a note of the page's images before it; no part where no tracks were given."""
    scenes = list_scenes(result.panoramas, [hit for hit in result.hits if hit.status != "withdrawn"])
    return note_scenes(scenes) + _part(result, scenes)


def with_flights(page: str, result: RunResult) -> str | None:
    """A report with the part on tracks as the result has it; None where an older version left no place for one.

    Its images of the airfield lie under the ways on the ground, where it says which they are.
    """
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    return before + str(_part(result, read_scenes(before))) + after if begin and end else None


def _part(result: RunResult, scenes: Scenes | None) -> Markup:
    told = result.corroboration
    if told is None:
        return Markup(f"{BEGIN}\n{END}")
    standing = summaries.aircraft_first(hit for hit in result.hits if hit.status != "withdrawn")
    tracks = _most_telling(told)
    page = _environment().get_template("flights.html.j2").render(
        result=result,
        told=told,
        hit_rows=[(one, lay_terms(one)) for one in told.hits],
        tracks=tracks,
        more=len(told.tracks) - len(tracks),
        numbers={hit.id: number for number, hit in enumerate(standing, start=1)},
        lanes=_lanes(result),
        figures=draw_ground(result, standing, scenes),
    )  # fmt: skip
    return Markup(f"{BEGIN}\n{page}{END}")


def _most_telling(told: Corroboration) -> list[TrackTold]:
    """The aircraft of the table, in order of time."""
    kept = sorted(told.tracks, key=lambda one: WEIGHTY.index(one.state))[:MOST_TOLD]
    return sorted(kept, key=lambda one: one.aircraft.first_ground)


def _lanes(result: RunResult) -> tuple[Lanes, Lanes] | None:
    """The timeline for screens and paper, and for phones."""
    wide, narrow = (lay_lanes(result, layout) for layout in (WIDE_LAYOUT, NARROW_LAYOUT))
    return None if wide is None or narrow is None else (wide, narrow)


@cache
def _environment() -> Environment:
    environment = open_templates(HERE)
    environment.filters |= {"state_words": STATE_WORDS.get, "look_words": LOOK_WORDS.get, "minutes": minutes}
    return environment
