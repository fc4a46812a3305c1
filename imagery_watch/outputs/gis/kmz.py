"""`hits.kmz`: the hits with their pictures, stays, outlines and aprons, each at its time, for Google Earth."""

import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from io import BytesIO

from jinja2 import Environment
from markupsafe import Markup

from imagery_watch.model import Hit, RunResult, Stay
from imagery_watch.outputs.gis.evidence import Outline
from imagery_watch.outputs.gis.icons import TIPS, draw_icons
from imagery_watch.outputs.gis.layers import hit_row, list_shapes
from imagery_watch.outputs.gis.tables import flatten
from imagery_watch.outputs.properties import stay_properties
from imagery_watch.outputs.report.paper import open_templates
from imagery_watch.outputs.wording import sentences, summaries
from imagery_watch.outputs.wording.credits import airfield_credit, copernicus_credit, imagery_credit
from imagery_watch.outputs.wording.text import iso, minutes, slug

HERE = "imagery_watch.outputs.gis"
THEN = (1980, 1, 1, 0, 0, 0)
"""What the archive says of the time of its files, so that the same run gives the same bytes."""
_NO_XML = re.compile("[\ufffe\uffff]")
"""What XML may not hold; control characters are cleaned away with all other text of people."""


def to_kmz(result: RunResult, outlines: Sequence[Outline], pictures: Mapping[str, bytes]) -> bytes:
    """The archive; `pictures` are the PNG files of hits by the names that the hits have for them."""
    icons = draw_icons()
    hits = [hit for hit in result.hits if hit.status != "withdrawn"]
    gone = [hit for hit in result.hits if hit.status == "withdrawn"]
    shown = {name: pictures[name] for hit in result.hits if (name := hit.chip) is not None and name in pictures}
    files = {f"icons/{name}.png": data for name, data in icons.items()} | shown
    page = _environment().get_template("doc.kml.j2").render(
        title=f"{result.airfield.name}: changes consistent with aircraft",
        about=_about(result),
        icons=icons,
        tips={name: TIPS.get(name.partition("-")[0], 0.5) for name in icons},
        standing=hits,
        withdrawn=gone,
        balloons={hit.id: _balloon(hit, shown) for hit in result.hits},
        rows={hit.id: hit_row(hit) for hit in result.hits},
        stays=result.stays,
        stay_rows={stay.id: flatten(stay_properties(stay)) for stay in result.stays},
        outlines=outlines,
        areas=list_shapes(result.airfield),
        drawn=airfield_credit(result.airfield),
    )  # fmt: skip
    return _packed({"doc.kml": _NO_XML.sub("", page).lstrip().encode("utf-8", errors="replace"), **files})


def name_hit(hit: Hit) -> str:
    """`Possible arrival, about 46 m`; that it may be no aircraft where that is open, and that it was made."""
    may_be = ", may be an aircraft" if hit.is_open else ""
    told = f"possible {hit.kind}, about {hit.length_m:.0f} m{may_be}"
    return f"SIMULATED: {told}" if hit.simulated else told.capitalize()


def _about(result: RunResult) -> str:
    """What was found, hedged, and whom to thank; says first where the data are simulated."""
    note = result.provenance.simulated_note or "The imagery is simulated: nothing here was observed."
    simulated = [f"SIMULATED. {note}"] if result.provenance.simulated else []
    thanks = f"{imagery_credit(result)}. {airfield_credit(result.airfield)}."
    return " ".join([*simulated, summaries.headline(result), thanks])


def _balloon(hit: Hit, pictures: Mapping[str, bytes]) -> Markup:
    shown = hit if (hit.chip or "") in pictures else replace(hit, chip=None)
    credit = copernicus_credit([hit.before, hit.after])
    return Markup(_environment().get_template("balloon.html.j2").render(hit=shown, credit=credit))


def _packed(files: Mapping[str, bytes]) -> bytes:
    """A ZIP archive with the files in this order."""
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in files.items():
            entry = zipfile.ZipInfo(name, THEN)
            entry.create_system = 3  # one value on every system
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_STORED if name.endswith(".png") else zipfile.ZIP_DEFLATED
            archive.writestr(entry, data)
    return buffer.getvalue()


def _name_style(hit: Hit) -> str:
    return f"{hit.kind}-open" if hit.is_open else hit.kind


def _name_stay(stay: Stay) -> str:
    return f"{'SIMULATED: stood' if stay.simulated else 'Stood'} {sentences.dwell_words(stay)}"


@cache
def _environment() -> Environment:
    environment = open_templates(HERE)
    environment.filters |= {
        "iso": iso,
        "minutes": minutes,
        "slug": slug,
        "hit_name": name_hit,
        "style": _name_style,
        "stay_name": _name_stay,
        "came": sentences.came_words,
        "left": sentences.left_words,
        "axis": summaries.axis_text,
        "length_text": summaries.length_text,
        "calibrated": summaries.calibrated,
        "standing": summaries.standing_text,
    }
    return environment
