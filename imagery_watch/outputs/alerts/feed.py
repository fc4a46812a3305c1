"""The Atom feed: the newest hits with what is said of them now; the same record gives the same bytes."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from urllib.parse import quote
from xml.etree import ElementTree as ET

from imagery_watch.model import Hit
from imagery_watch.outputs.alerts.words import tell_simulated
from imagery_watch.outputs.store.message_store import FedRow
from imagery_watch.outputs.wording.doubts import summarise
from imagery_watch.outputs.wording.summaries import calibrated, length_text, say_standing
from imagery_watch.outputs.wording.text import clean, iso, minutes

ATOM, GEORSS = "http://www.w3.org/2005/Atom", "http://www.georss.org/georss"
MOST_ENTRIES = 200
KINDS = {"arrival": "possible arrival", "departure": "possible departure", "replacement": "possible replacement"}


def write_feed(entries: Sequence[FedRow], began: datetime, url: str | None) -> bytes:
    """Atom 1.0 of the entries, in their order; `began` is when the record did, which names the feed."""
    root = ET.Element("feed", {"xmlns": ATOM, "xmlns:georss": GEORSS})
    name = hashlib.sha256(iso(began).encode()).hexdigest()[:16]
    _add(root, "id", f"urn:imagery-watch:feed:{name}")
    _add(root, "title", "imagery_watch: changes consistent with aircraft")
    _add(root, "subtitle", "Aircraft-sized changes on airfield aprons between two satellite passes, as far as is known")
    _add(root, "updated", iso(max((one.updated for one in entries), default=began)))
    _add(ET.SubElement(root, "author"), "name", "imagery_watch")
    if url is not None:
        ET.SubElement(root, "link", {"rel": "self", "type": "application/atom+xml", "href": _legal(url)})
    for one in entries:
        _add_entry(root, one)
    ET.indent(root)
    return b'<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(root, encoding="utf-8") + b"\n"


def _add_entry(root: ET.Element, one: FedRow) -> None:
    entry, hit = ET.SubElement(root, "entry"), one.hit
    _add(entry, "id", f"urn:imagery-watch:hit:{quote(hit.id, safe='')}")
    _add(entry, "title", tell_title(hit))
    _add(entry, "published", iso(one.published))
    _add(entry, "updated", iso(one.updated))
    ET.SubElement(entry, "category", {"term": _legal(hit.airfield)})
    ET.SubElement(entry, "category", {"term": hit.status})
    _add(entry, "rights", one.credit)
    _add(entry, "georss:point", f"{hit.lat:.6f} {hit.lon:.6f}")
    _add(entry, "content", tell_content(hit, one.revision)).set("type", "text")


def tell_title(hit: Hit) -> str:
    """`LIPB: possible arrival of something the size of a large aircraft, 2022-03-01 to 2022-03-06`; its standing."""
    standing = "withdrawn: " if hit.status == "withdrawn" else "late find: " if hit.late else ""
    dates = f"{minutes(hit.before)[:10]} to {minutes(hit.after)[:10]}"
    kind = KINDS.get(hit.kind, hit.kind)
    told = f"{tell_simulated(hit)}{hit.airfield}: {standing}{kind}"
    return f"{told} of something the size of a {hit.size_class} aircraft, {dates}"


def tell_content(hit: Hit, revision: int) -> str:
    """What is said of a hit, in a few sentences."""
    between = f"Between {minutes(hit.before)} and {minutes(hit.after)} UTC, on {hit.apron}."
    rate = calibrated(hit.false_alarms_per_year)
    figures = f"Length {length_text(hit)}; score {hit.score:.1f}; false hits as strong, a year: {rate}."
    told = f"{tell_simulated(hit)}{summarise(say_standing(hit))} {between} {figures}"
    return f"{told} Hit {hit.id}, {hit.status}, revision {revision}."


def _add(parent: ET.Element, name: str, text: str) -> ET.Element:
    element = ET.SubElement(parent, name)
    element.text = _legal(text)
    return element


def _legal(text: str) -> str:
    """The text on one line, without what XML cannot hold."""
    return "".join(char for char in clean(text) if ord(char) & 0xFFFE != 0xFFFE)
