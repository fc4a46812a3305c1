"""`report.html`: one file that opens with no network and asks the reader to check before publishing."""

import json
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any

from jinja2 import Environment
from markupsafe import Markup

from imagery_watch.model import Hit, Provenance, RunResult
from imagery_watch.outputs.report.drawings import airfield_map, timeline
from imagery_watch.outputs.report.figures import HitPictures
from imagery_watch.outputs.report.paper import HERE, content_policy, open_templates, read_part
from imagery_watch.outputs.values import dump
from imagery_watch.outputs.wording import sentences, summaries
from imagery_watch.outputs.wording.credits import airfield_credit, imagery_credit
from imagery_watch.outputs.wording.text import duration, iso, minutes

SLIDER = ("vendor", "img-comparison-slider")
MOST_PICTURES = 60
"""Hits whose pictures are put into the report, the strongest first; the others have theirs in `chips/`."""
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


def report_html(result: RunResult, pictures: Mapping[str, HitPictures]) -> str:
    """The report on `result` as one HTML page; `pictures` by hit id, hits without any being still listed."""
    standing = summaries.aircraft_first(hit for hit in result.hits if hit.status != "withdrawn")
    shown = pictures_shown(tuple(standing), pictures)
    css, script = _stylesheet(), _slider_script() if shown else Markup("")
    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            result=result,
            hits=list(enumerate(standing, start=1)),
            withdrawn=[hit for hit in result.hits if hit.status == "withdrawn"],
            hit_numbers={hit.id: number for number, hit in enumerate(standing, start=1)},
            pictures=shown,
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
            timeline=timeline(result.looks, [apron.name for apron in result.airfield.aprons]),
            facts=facts(_origin(result.provenance)),
            warnings=result.provenance.warnings,
            simulated=_simulated(result.provenance),
            credits=[imagery_credit(result), airfield_credit(result.airfield)],
            css=css,
            script=script,
            policy=content_policy(css, script),
        )
    )


def pictures_shown(hits: tuple[Hit, ...], pictures: Mapping[str, HitPictures]) -> dict[str, HitPictures]:
    """The pictures that go into the page: those of the strongest hits, so that it stays light to open."""
    strongest = sorted(hits, key=lambda hit: (-hit.score, hit.id))
    ids = [hit.id for hit in strongest if hit.id in pictures][:MOST_PICTURES]
    return {hit_id: pictures[hit_id] for hit_id in ids}


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
        "dwell": sentences.dwell_words,
        "moved": sentences.moved_words,
        "length_text": summaries.length_text,
        "size_text": summaries.size_text,
        "standing": summaries.standing_text,
        "calibrated": summaries.calibrated,
    }
    return environment


def _stylesheet() -> Markup:
    return Markup(read_part(*SLIDER, "styles.css") + read_part("templates", "report.css"))


def _slider_script() -> Markup:
    """The slider with its licence; without the comment that would send a browser looking for a source map."""
    code = read_part(*SLIDER, "index.js")
    lines = [line for line in code.splitlines() if not line.startswith("//# sourceMappingURL")]
    return Markup("/*!\n" + read_part(*SLIDER, "LICENSE") + "*/\n" + "\n".join(lines) + "\n")
