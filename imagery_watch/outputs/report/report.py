"""`report.html`: one file that opens with no network and asks the reader to check before publishing."""

import json
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any

from jinja2 import Environment
from markupsafe import Markup

from imagery_watch.model import Airfield, Occupancy, Provenance, RunResult
from imagery_watch.outputs.report.airfield_view import fill_contact_sheet, view_airfield
from imagery_watch.outputs.report.drawings import airfield_map
from imagery_watch.outputs.report.exhibit import Exhibit, arrange_exhibits
from imagery_watch.outputs.report.flights.section import render_flights
from imagery_watch.outputs.report.paper import HERE, content_policy, open_templates, read_part
from imagery_watch.outputs.report.timeline import (
    NARROW_LAYOUT,
    WIDE_LAYOUT,
    Occupied,
    Timeline,
    chart_occupancy,
    timeline,
)
from imagery_watch.outputs.values import dump
from imagery_watch.outputs.wording import sentences, summaries
from imagery_watch.outputs.wording.credits import airfield_credit, imagery_credit
from imagery_watch.outputs.wording.doubts import list_others, tell_denial
from imagery_watch.outputs.wording.evidence import tell_odds, tell_probability
from imagery_watch.outputs.wording.links import link_maps
from imagery_watch.outputs.wording.text import duration, iso, minutes
from imagery_watch.outputs.wording.truth import tell_truth

SLIDER = ("vendor", "img-comparison-slider")
MOST_REASONS = 30
MOST_SURPLUS = 40
"""Sentences on how full an apron was; `run.json` has every look."""
MOST_LISTED = 12
"""Members of a list that are spelled out; `run.json` holds them all."""
RESULT_WORDS = {
    "change": "change",
    "no_change": "no change",
    "not_observed": "not observed",
    "failed": "failed",
}
QUALITY_WORDS = {
    "surveyed": "surveyed",
    "mapped": "traced from a map",
    "drafted": "drafted from imagery by this program: yards and car parks may be among them, and aprons missing",
    "approximate": "approximate: drawn by eye, so a hit near an edge may lie on another surface",
}


def report_html(result: RunResult) -> str:
    """The report on `result` as one HTML page; hits without pictures are still listed."""
    standing = summaries.aircraft_first(hit for hit in result.hits if hit.status != "withdrawn")
    exhibits, view = arrange_exhibits(result, standing), view_airfield(result, standing)
    css = _stylesheet()
    script = _scripts(slider=any(one.pairs for one in exhibits), view=view is not None)
    names = [apron.name for apron in result.airfield.aprons]
    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            result=result,
            exhibits=exhibits,
            truth=tell_truth(result.truth),
            numbers={hit.id: number for number, hit in enumerate(standing, start=1)},
            view=view,
            contact_sheet=fill_contact_sheet(result),
            maps=link_maps(*_middle(result.airfield)) if result.airfield.aprons else (),
            withdrawn=[hit for hit in result.hits if hit.status == "withdrawn"],
            headline=summaries.headline(result),
            counts=summaries.result_counts(result.looks),
            aprons=summaries.apron_summaries(result),
            surplus=sentences.surplus_sentences(result.occupancy),
            usual=sentences.usual_sentence(result.occupancy),
            most_surplus=MOST_SURPLUS,
            chances=sentences.chance_sentences(result.chances),
            chance_rows=sentences.chance_rows(result.chances),
            unseen=summaries.unseen(result.looks),
            missed=summaries.missed(result.looks),
            weaker=summaries.weaker(result.looks),
            most_reasons=MOST_REASONS,
            map=airfield_map(result.airfield, standing),
            timeline=_timelines(result, names),
            occupied=[_charts(rows) for rows in sentences.group_by_apron(result.occupancy).values()],
            flights=render_flights(result),
            facts=facts(_origin(result.provenance)),
            warnings=result.provenance.warnings,
            simulated=_simulated(result.provenance),
            credits=[imagery_credit(result), airfield_credit(result.airfield)],
            css=css,
            script=script,
            policy=content_policy(css, script),
        )
    )


def _timelines(result: RunResult, names: list[str]) -> tuple[Timeline, Timeline] | None:
    """The timeline for screens and paper, and for phones; None without looks."""
    wide, narrow = (timeline(result.looks, names, result.stays, one) for one in (WIDE_LAYOUT, NARROW_LAYOUT))
    return None if wide is None or narrow is None else (wide, narrow)


def _charts(rows: list[Occupancy]) -> tuple[Occupied, Occupied]:
    return chart_occupancy(rows, WIDE_LAYOUT), chart_occupancy(rows, NARROW_LAYOUT)


def _middle(airfield: Airfield) -> tuple[float, float]:
    """Latitude and longitude."""
    west, south, east, north = airfield.bounds
    return (south + north) / 2, (west + east) / 2


def facts(provenance: Mapping[str, Any]) -> list[tuple[str, str]]:
    """How the run was made, as labels and values, whatever the provenance holds; nested names get a dot."""
    rows: list[tuple[str, str]] = []
    for key, value in provenance.items():
        if key in ("warnings", "simulated_note"):
            continue
        if isinstance(value, Mapping):
            rows += [(f"{key}.{name}", text) for name, text in facts(value)]
        else:
            rows.append((str(key), _fact(value)))
    return rows


def _origin(provenance: Provenance) -> dict[str, Any]:
    """How the run was made, without what does not concern it."""
    told = dump(provenance) | {"incomplete": provenance.incomplete}
    return {name: value for name, value in told.items() if value != "" and (name, value) != ("simulated", False)}


def _fact(value: Any) -> str:
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, (list, tuple, set, frozenset)):
        members = [_fact(member) for member in list(value)[:MOST_LISTED]]
        more = f" … ({len(value)} in all, see run.json)" if len(value) > MOST_LISTED else ""
        return ", ".join(members) + more
    if isinstance(value, Mapping):
        return json.dumps(value, default=str, ensure_ascii=False)
    return "not given" if value is None else str(value)


def _simulated(provenance: Provenance) -> str:
    if not provenance.simulated:
        return ""
    return provenance.simulated_note or "The imagery is simulated: nothing here was observed."


def tell_came(exhibit: Exhibit) -> str:
    """Between which looks it came, or that it was there already."""
    if exhibit.stay is not None:
        return sentences.came_words(exhibit.stay)
    hit = exhibit.hits[0][1]
    return f"{minutes(hit.before)} → {minutes(hit.after)}" if hit.kind != "departure" else "not known"


def tell_left(exhibit: Exhibit) -> str:
    """Between which looks it left, or that it was still there."""
    if exhibit.stay is not None:
        return sentences.left_words(exhibit.stay)
    hit = exhibit.hits[0][1]
    return f"{minutes(hit.before)} → {minutes(hit.after)}" if hit.kind == "departure" else "not known"


@cache
def _environment() -> Environment:
    environment = open_templates(HERE)
    environment.filters |= {
        "result_text": lambda word: RESULT_WORDS.get(word, word),
        "quality": lambda word: QUALITY_WORDS.get(word, word),
        "axis": summaries.axis_text,
        "minutes": minutes,
        "iso": iso,
        "duration": duration,
        "moved": sentences.moved_words,
        "length_text": summaries.length_text,
        "size_text": summaries.size_text,
        "standing": summaries.standing_text,
        "calibrated": summaries.calibrated,
        "probability": tell_probability,
        "odds": tell_odds,
        "denial": tell_denial,
        "others": list_others,
        "came": tell_came,
        "left": tell_left,
    }
    return environment


def _stylesheet() -> Markup:
    return Markup(read_part(*SLIDER, "styles.css") + read_part("templates", "report.css"))


def _scripts(*, slider: bool, view: bool) -> Markup:
    """What the page needs of the slider, with its licence, and of our own; nothing where there is nothing to move.

    Without the comment that would send a browser looking for a source map.
    """
    parts = []
    if slider:
        code = [
            line for line in read_part(*SLIDER, "index.js").splitlines() if not line.startswith("//# sourceMapping")
        ]
        parts += ["/*!\n" + read_part(*SLIDER, "LICENSE") + "*/", *code]
    if view:
        parts.append(read_part("templates", "report.js"))
    return Markup("\n".join(parts) + "\n") if parts else Markup("")
