"""`hits.kmz`: what Google Earth is given, taken apart again."""

import io
import zipfile
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pyogrio
import pytest
from html5lib import parseFragment
from PIL import Image

from imagery_watch.model import Evidence, RunResult
from imagery_watch.outputs.files.export import draw_pictures, with_chips
from imagery_watch.outputs.gis.evidence import list_outlines
from imagery_watch.outputs.gis.kmz import to_kmz
from outputs.builders import make_airfield, make_hit, make_result
from outputs.gis.dossiers import make_told_result

KML = "{http://www.opengis.net/kml/2.2}"
ORDER = ("name", "visibility", "open", "Snippet", "description", "TimeSpan", "styleUrl", "Style", "ExtendedData")
"""What the schema of KML 2.2 wants before a feature's shape or its children, in its order."""
LAST = ("Placemark", "Folder", "Point", "MultiGeometry")


def packed(result: RunResult) -> bytes:
    pictures = draw_pictures(result)
    chips = {one.file: one.sheet for one in pictures.values()}
    return to_kmz(with_chips(result, pictures), list_outlines(result), chips)


def opened(content: bytes) -> tuple[ElementTree.Element, dict[str, bytes]]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        files = {name: archive.read(name) for name in archive.namelist()}
    assert next(iter(files)) == "doc.kml"
    return ElementTree.fromstring(files["doc.kml"]), files


def texts(root: ElementTree.Element, path: str) -> list[str]:
    return [node.text or "" for node in root.iterfind("/".join(f"{KML}{step}" for step in path.split("/")))]


def folder(root: ElementTree.Element, start: str) -> ElementTree.Element:
    [found] = [one for one in root.iter(f"{KML}Folder") if (one.findtext(f"{KML}name") or "").startswith(start)]
    return found


def test_hits_stand_between_their_looks_with_their_picture_in_the_balloon() -> None:
    root, files = opened(packed(make_told_result(2)))
    hits = folder(root, "Changes")
    assert texts(hits, "Placemark/TimeSpan/begin") == ["2022-03-01T10:21:09.024000Z", "2022-03-06T10:21:09.024000Z"]
    assert texts(hits, "Placemark/TimeSpan/end") == ["2022-03-06T10:21:09.024000Z", "2022-03-11T10:21:09.024000Z"]
    assert texts(hits, "Placemark/name") == ["Possible arrival, about 50 m"] * 2
    balloon = parseFragment(texts(hits, "Placemark/description")[0], namespaceHTMLElements=False)
    [picture] = [node.get("src") for node in balloon.iter("img")]
    assert Image.open(io.BytesIO(files[picture])).format == "PNG"
    words = "".join(balloon.itertext())
    assert "A change consistent with" in words and "check before you publish" in words
    assert "Contains modified Copernicus Sentinel data 2022" in words


def test_a_balloon_tells_no_number_that_no_test_could_count_and_what_speaks_against_the_hit() -> None:
    doubt = Evidence("light curve", "same_object_undecided", "It may be one and the same object.")
    hit = make_hit(false_alarms_per_year=0.0001, evidence=(doubt,))
    root, _ = opened(packed(replace(make_result(), hits=(hit,))))
    words = "".join(parseFragment(texts(folder(root, "Changes"), "Placemark/description")[0]).itertext())
    assert "< 0.01" in words and "0.0001" not in words and doubt.statement in words


def test_stays_outlines_and_aprons_have_a_folder_each() -> None:
    root, _ = opened(packed(make_told_result(2)))
    assert texts(folder(root, "Stays"), "Placemark/TimeSpan/begin")[0] == "2022-03-06T10:21:09.024000Z"
    assert texts(folder(root, "Outlines"), "Placemark/styleUrl") == ["#shadow", "#object"] * 2
    assert texts(folder(root, "Aprons"), "Placemark/name") == ["A", "West", "runway"]
    assert len([*folder(root, "Aprons").iter(f"{KML}LineString")]) == 1
    assert not [*folder(root, "Aprons").iter(f"{KML}TimeSpan")]


def test_it_is_in_the_order_of_the_schema_and_every_style_and_icon_is_there() -> None:
    root, files = opened(packed(make_told_result(2)))
    for feature in (node for node in root.iter() if node.tag.removeprefix(KML) in ("Document", "Folder", "Placemark")):
        steps = [(*ORDER, *LAST).index(child.tag.removeprefix(KML)) for child in feature]
        assert [min(step, len(ORDER)) for step in steps] == sorted(min(step, len(ORDER)) for step in steps)
    styles = {node.get("id") for node in root.iter(f"{KML}Style")}
    assert {(node.text or "").removeprefix("#") for node in root.iter(f"{KML}styleUrl")} <= styles
    ids = [node.get("id") for node in root.iter() if node.get("id")]
    assert len(ids) == len({*ids})
    icons = [node.text for node in root.iter(f"{KML}href")]
    assert all(Image.open(io.BytesIO(files[str(name)])).size == (64, 64) for name in icons)
    named = {name for name in files if name.startswith("icons/")}
    assert named == {*icons}


def test_gdal_reads_every_layer_and_place(tmp_path: Path) -> None:
    result = make_told_result(2)
    (tmp_path / "hits.kmz").write_bytes(packed(result))
    layers = [str(name) for name, _ in pyogrio.list_layers(tmp_path / "hits.kmz")]
    assert [name.partition(" (")[0] for name in layers] == [
        "Changes", "Stays, while the object was seen", "Outlines of fitted shapes", "Aprons",
    ]  # fmt: skip
    table = pyogrio.read_dataframe(tmp_path / "hits.kmz", layer=layers[0])
    assert [*table["id"]] == [f"hit-{hit.id}" for hit in result.hits] or [*table["id"]] == [
        hit.id for hit in result.hits
    ]
    assert [f"{point.x:.6f}" for point in table.geometry] == [f"{hit.lon:.6f}" for hit in result.hits]
    outlines = pyogrio.read_dataframe(tmp_path / "hits.kmz", layer=layers[2])
    assert outlines.geometry.is_valid.all() and len(outlines) == 4


@pytest.mark.parametrize("simulated", [False, True])
def test_what_was_made_says_so_wherever_it_is_seen(simulated: bool) -> None:
    base = make_told_result()
    told = replace(
        base,
        hits=(replace(base.hits[0], simulated=simulated),),
        stays=(replace(base.stays[0], simulated=simulated),),
        provenance=replace(base.provenance, simulated=simulated),
    )
    root, _ = opened(packed(told))
    said = [*texts(root, "Document/description"), *texts(folder(root, "Changes"), "Placemark/name")]
    said += [*texts(folder(root, "Changes"), "Placemark/description"), *texts(folder(root, "Stays"), "Placemark/name")]
    assert [("SIMULATED" in one) for one in said] == [simulated] * 4


def test_open_ends_hits_taken_back_and_hits_without_a_picture() -> None:
    base = make_told_result(2)
    gone, kept = replace(base.hits[0], status="withdrawn"), replace(base.hits[1], object="open")
    root, files = opened(packed(replace(base, hits=(gone, kept), chips=(), dossiers=())))
    assert texts(folder(root, "Withdrawn"), "visibility") == ["0"]
    assert texts(folder(root, "Changes"), "Placemark/styleUrl") == ["#arrival-open"]
    assert "may be an aircraft" in texts(folder(root, "Changes"), "Placemark/name")[0]
    assert not any(name.startswith("chips/") for name in files) and b"img" not in files["doc.kml"]
    assert not any((one.findtext(f"{KML}name") or "").startswith("Outlines") for one in root.iter(f"{KML}Folder"))


def test_hostile_names_neither_break_the_document_nor_run_in_the_balloon() -> None:
    evil = "</description>]]><script>alert(1)</script>\x00\x1b\ufffe\ud800\u202e&"
    airfield = make_airfield(name=evil, apron=evil)
    hit = make_hit(apron=evil, summary=evil, id=evil)
    root, _ = opened(packed(replace(make_result(), airfield=airfield, hits=(hit,))))
    balloon = parseFragment(texts(folder(root, "Changes"), "Placemark/description")[0], namespaceHTMLElements=False)
    assert not [*balloon.iter("script")] and "<script>alert(1)</script>" in "".join(balloon.itertext())


def test_the_same_result_gives_the_same_bytes() -> None:
    assert packed(make_told_result(2)) == packed(make_told_result(2))
