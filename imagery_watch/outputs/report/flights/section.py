"""The report's part on flight tracks: drawn with the page, or put into one that was made before."""

from functools import cache

from jinja2 import Environment
from markupsafe import Markup

from imagery_watch.model import RunResult
from imagery_watch.outputs.report.paper import HERE, open_templates
from imagery_watch.outputs.wording import summaries
from imagery_watch.outputs.wording.flights import LOOK_WORDS, STATE_WORDS

BEGIN, END = "<!-- flight tracks -->", "<!-- end of flight tracks -->"
"""Between these the part stands in a report; nothing stands there where no tracks were given."""


def render_flights(result: RunResult) -> Markup:
    """The part with its marks; the marks alone where no tracks were given."""
    if result.corroboration is None:
        return Markup(f"{BEGIN}\n{END}")
    standing = summaries.aircraft_first(hit for hit in result.hits if hit.status != "withdrawn")
    page = _environment().get_template("flights.html.j2").render(
        result=result,
        told=result.corroboration,
        numbers={hit.id: number for number, hit in enumerate(standing, start=1)},
    )  # fmt: skip
    return Markup(f"{BEGIN}\n{page}{END}")


def with_flights(page: str, result: RunResult) -> str | None:
    """A report with the part on tracks as the result has it; None where an older version left no place for one."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    return before + str(render_flights(result)) + after if begin and end else None


@cache
def _environment() -> Environment:
    environment = open_templates(HERE)
    environment.filters |= {"state_words": STATE_WORDS.get, "look_words": LOOK_WORDS.get}
    return environment
