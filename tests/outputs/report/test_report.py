"""The report: nothing escapes into its structure, nothing is loaded; it reads well with and without hits."""

import base64
import hashlib
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any

import html5lib
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagery_watch.dossiers import OF_A_RUN
from imagery_watch.model import Blob, Evidence, Explanation, PassOutcome, RunResult
from imagery_watch.model.truth import PlantedChange
from imagery_watch.outputs.report.exhibit import MOST_EXHIBITS, place_mark
from imagery_watch.outputs.report.report import content_policy, facts, report_html
from imagery_watch.outputs.wording.doubts import LIGHT_CURVE, deny_hit
from imagery_watch.simulate.ground import bolzano
from outputs.builders import (
    START,
    make_airfield,
    make_chance,
    make_chip,
    make_hit,
    make_look,
    make_occupancy,
    make_provenance,
    make_result,
    make_stay,
)
from outputs.dossiers import make_dossier, make_evident_result, make_frame, make_panorama, make_view

PAYLOADS = [
    "<script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "</style><script>alert(1)</script>",
    "</title><img src=x onerror=alert(1)>",
    '"><img src=x onerror=alert(1)>',
    "'><svg onload=alert(1)>",
    "<svg/onload=alert(1)>",
    "</svg><p>out",
    "</text><script>1</script>",
    "<!-- -->",
    "--><b>x",
    "<![CDATA[x]]>",
    "<a href='javascript:alert(1)'>x</a>",
    "javascript:alert(1)",
    '" onmouseover="alert(1)',
    "' autofocus onfocus='alert(1)",
    "{{ 7*7 }}",
    "{% raw %}",
    "${7*7}",
    "&lt;script&gt;",
    "&#60;script&#62;",
    "<base href=https://example.com>",
    "<meta http-equiv=refresh content=0>",
    "<iframe srcdoc='<script>1</script>'>",
    "<template><p>",
    "<plaintext>",
    "x\x00<b>",
    "\u202egnp.exe\u202c",
    "\x1b[31mred",
    "\ufeffbom",
    "飞机场 <é>",
    "a\ud800b",
    "line\nbreak\r\n<p>",
    "`${alert(1)}`",
    "]]>",
]


def named(name: str) -> RunResult:
    """A run in which everything that others choose is `name`."""
    result = make_evident_result()
    airfield = make_airfield(name, apron=name, source=name, license=name, notes=(name,))
    words = {"apron": name, "airfield": name}
    hits = tuple(
        replace(hit, summary=name, before_items=(name,), sensor=name, status=name, **words) for hit in result.hits
    )
    looks = tuple(replace(look, reason=name, item_ids=(name,), **words) for look in result.looks)
    provenance = make_provenance(
        catalog=name,
        settings={name: 1},
        warnings=(name,),
        simulated=True,
        simulated_note=name,
        passes=(PassOutcome(name, "refused", START, None, (name,), not_used=name, notes=(name,)),),
    )
    stays = (make_stay(1, moved_to="LIPB-stay-0002", **words), make_stay(2, moved_from="elsewhere", **words))
    return replace(
        result,
        airfield=airfield,
        hits=hits,
        looks=looks,
        provenance=provenance,
        stays=stays,
        occupancy=(make_occupancy(0, 3, 1, name), make_occupancy(5, 0, 1, name)),
        chances=(make_chance(36, 0.41, name), make_chance(48, 0.5, name)),
    )


def page(result: RunResult) -> str:
    return report_html(result)


def parsed(html: str) -> Any:
    return html5lib.parse(html, treebuilder="etree", namespaceHTMLElements=False)


def shape(element: Any) -> Any:
    """Tags and attribute names, without text."""
    children = [shape(child) for child in element]
    return str(element.tag), sorted(map(str, element.attrib)), children


@pytest.fixture(scope="module")
def harmless() -> Any:
    return shape(parsed(page(named("A"))))


@pytest.mark.parametrize("payload", PAYLOADS)
def test_any_name_gives_the_same_tree(payload: str, harmless: Any) -> None:
    html = page(named(payload)).encode("utf-8", errors="replace").decode("utf-8")
    assert shape(parsed(html)) == harmless


def test_the_page_is_html_without_a_parse_error() -> None:
    html5lib.HTMLParser(strict=True).parse(page(make_result()))
    html5lib.HTMLParser(strict=True).parse(page(make_evident_result(2)))
    assert page(make_result()).startswith('<!doctype html>\n<html lang="en">')


INSIDE = ("data:image/png;base64,", "data:image/webp;base64,", "#hit-", "#scene-")
ELSEWHERE = (
    "https://browser.dataspace.copernicus.eu/?",
    "https://www.openstreetmap.org/?",
    "https://www.google.com/maps/@?",
    "https://www.bing.com/maps?",
)
"""What a person may open by a click; the page itself loads none of it."""


def test_nothing_is_loaded_and_links_lead_to_maps_alone() -> None:
    html = page(make_evident_result(3))
    for element in parsed(html).iter():
        for name, value in element.attrib.items():
            assert not str(name).startswith("on"), "an inline handler"
            assert name != "style", "an inline style, which the policy forbids"
            if str(name).endswith(("src", "href")):
                assert value.startswith(INSIDE if element.tag != "a" else ("#hit-", *ELSEWHERE))
        if element.tag == "a" and element.get("href", "").startswith("http"):
            assert element.get("rel") == "noreferrer noopener"
    assert re.findall(r"url\(([^)]*)\)", html) == ["#right-part"]
    assert "@import" not in html


@pytest.mark.parametrize("make", [make_result, make_evident_result])
def test_the_policy_names_the_hashes_of_what_is_there(make: Callable[[], RunResult]) -> None:
    html = page(make())
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', html)
    assert policy
    text = policy[1].replace("&#39;", "'")
    assert text.startswith("default-src 'none'; img-src data:; ")
    assert "unsafe" not in text
    for tag in ("style", "script"):
        (inlined,) = re.findall(rf"<{tag}>(.*?)</{tag}>", html, flags=re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(inlined.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in text


def test_no_hits_needs_no_script() -> None:
    html = page(make_result(0))
    assert "<script" not in html
    assert "script-src &#39;none&#39;" in html
    assert content_policy("a", "").count("'none'") == 4


def test_the_slider_comes_with_its_licence_and_without_a_source_map() -> None:
    html = page(make_result())
    assert "Copyright (c) 2019 Dmitry Snisarenko" in html
    assert "Permission is hereby granted" in html
    assert "sourceMappingURL" not in html


def text_of(result: RunResult) -> str:
    body = parsed(page(result)).find("body")
    return re.sub(r"\s+", " ", " ".join(body.itertext()))


def test_a_hit_is_told_in_hedged_words() -> None:
    text = text_of(make_result())
    assert "1 change consistent with aircraft (1 possible arrival) was found in 2 looks" in text
    assert "50 m (90 %: 40–62 m)" in text
    assert "2022-03-01 10:21 → 2022-03-06 10:21" in text
    assert "040°/220°" in text
    assert text.count("not calibrated yet") == 3
    assert "Check before you publish" in text


@pytest.mark.parametrize(
    ("kind", "last", "first"),
    [
        ("arrival", "Last look without it", "First look with it"),
        ("departure", "Last look with it", "First look without it"),
        ("replacement", "Last look with the one before", "First look with the one after"),
    ],
)
def test_each_kind_says_which_look_showed_it(kind: Any, last: str, first: str) -> None:
    result = make_result()
    text = text_of(replace(result, hits=(replace(result.hits[0], kind=kind),)))
    assert last in text and first in text and text.index(last) < text.index(first)
    assert "order of magnitude" in text


def test_calibrated_numbers_are_shown() -> None:
    result = make_result()
    hit = replace(result.hits[0], false_alarms_per_year=0.25, probability=0.93)
    text = text_of(replace(result, hits=(hit,)))
    assert "not calibrated yet" not in text
    assert "0.93 (0.82 if false alarms were three times as many), that an aircraft came" in text, (
        "odds of 13.3, and a third"
    )


def test_no_hits_reads_well() -> None:
    text = text_of(replace(make_result(0), looks=(make_look(0), make_look(5, "not_observed"))))
    assert "No change of aircraft size was found in 1 look that saw enough of an apron." in text
    assert "1 look said nothing: cloud over the apron." in text


def test_nothing_seen_is_not_nothing_there() -> None:
    text = text_of(replace(make_result(0), looks=(make_look(0, "not_observed"), make_look(5, "failed"))))
    assert "Nothing can be said: none of 2 looks saw enough of an apron." in text
    assert "No change" not in text.split("Where")[0]


def test_no_looks_at_all() -> None:
    assert "No pass was looked at, so nothing can be said." in text_of(replace(make_result(0), looks=()))


def test_reasons_are_grouped_and_caveats_listed() -> None:
    looks = [make_look(day, "not_observed") for day in range(7)]
    looks += [make_look(day, "not_observed", apron="West") for day in range(7)]
    looks.append(make_look(8, reason="no ring: registration not checked"))
    text = text_of(replace(make_result(0), looks=tuple(looks)))
    assert "not observed cloud over the apron 14 7" in text
    assert "no ring: registration not checked (1 × no change)" in text


def test_approximate_outlines_and_credits_are_named() -> None:
    text = text_of(replace(make_result(), airfield=make_airfield(license="ODbL-1.0")))
    assert "outlines approximate: drawn by eye" in text
    assert "Contains modified Copernicus Sentinel data 2022." in text
    assert "© OpenStreetMap contributors" in text


def test_simulated_data_carry_a_banner() -> None:
    note = make_provenance(simulated=True, simulated_note="Painted aircraft.")
    assert "Simulated data. Painted aircraft." in text_of(replace(make_result(), provenance=note))
    assert "Simulated data." not in text_of(make_result())


def test_a_hit_without_pictures_is_still_listed() -> None:
    result = replace(make_result(), chips=())
    assert "There is no picture of this hit." in text_of(result)


def test_many_hits_do_not_make_a_page_too_heavy_to_open() -> None:
    result = make_evident_result(MOST_EXHIBITS + 5)
    hits = tuple(replace(hit, chip=f"chips/{hit.id}.png", score=float(100 - k)) for k, hit in enumerate(result.hits))
    html = page(replace(result, hits=hits))
    assert html.count("<img-comparison-slider") == MOST_EXHIBITS
    assert html.count("Pictures: <code>chips/") == 5


def test_thirty_hits_make_a_page_under_five_megabytes() -> None:
    frames = tuple(make_frame(number, "there", seed=number) for number in range(20))
    result = make_evident_result(30)
    dossiers = tuple(replace(one, frames=frames) for one in result.dossiers)
    assert len(page(replace(result, dossiers=dossiers)).encode()) < 5_000_000


def test_the_looks_beside_thirty_hits_fit_on_the_map_in_as_many_bytes() -> None:
    """Sixty looks of a real place, as large as a run keeps that many."""
    ground = bolzano().reflectance[:3, :, :300].astype(np.float32)
    panoramas = tuple(make_panorama(5 * day, image=ground) for day in range(60))
    assert ground[0].size * 60 < OF_A_RUN.panorama_px
    result = make_evident_result(30, panoramas=panoramas)
    html = page(result)
    assert html.count('<image id="scene-') == 60 and len(html.encode()) < 5_000_000
    assert "is not among these dates" not in html
    assert "Of 29 hits a look is not among these dates" in page(replace(result, panoramas=panoramas[:2]))


def test_a_look_that_was_mostly_hidden_is_on_the_map_where_a_hit_rests_on_it() -> None:
    hidden = [make_panorama(5 * day, image=np.full((3, 60, 80), np.nan, np.float32)) for day in (1, 2)]
    result = make_evident_result(1, panoramas=(make_panorama(0), *hidden, make_panorama(15)))
    dates = re.findall("<option[^>]*>([^<]+)</option>", page(result))
    assert dates == ["2022-03-01 10:21", "2022-03-06 10:21", "2022-03-16 10:21"] * 2


@given(st.floats(-0.5, 26.5), st.floats(-0.5, 26.5), st.integers(1, 20))
def test_no_ring_and_no_number_is_cut_by_the_edge(row: float, col: float, number: int) -> None:
    mark = place_mark(Blob(row, col, 5.0, "no aircraft", None), number, 27, 27)
    assert 2.2 < mark.x < 27 - 2.2 and 2.2 < mark.y < 27 - 2.2
    assert max(abs(mark.x - col - 0.5), abs(mark.y - row - 0.5)) <= 2.4, "the place stays within its ring, or beside it"
    long = 1.9 * len(str(number)) * (1 if mark.anchor == "start" else -1)
    assert min(mark.label_x, mark.label_x + long) >= 0 and max(mark.label_x, mark.label_x + long) <= 27


def test_facts_tolerate_anything() -> None:
    provenance = {
        "a": {"b": [1, 2], "c": {"d": None}},
        "e": list(range(40)),
        "warnings": ["x"],
        "f": [{"g": 1}],
    }
    assert facts(provenance) == [
        ("a.b", "1, 2"),
        ("a.c.d", "not given"),
        ("e", "0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 … (40 in all, see run.json)"),
        ("f", '{"g": 1}'),
    ]
    assert facts({}) == []


def test_every_picture_has_words_and_the_headings_step_down() -> None:
    tree = parsed(page(make_evident_result(2)))
    assert all(image.get("alt") for image in tree.iter("img"))
    assert all(
        drawing.get("aria-label") or drawing.get("aria-hidden")
        for drawing in tree.iter()
        if str(drawing.tag).endswith("}svg")
    )
    levels = [int(element.tag[1]) for element in tree.iter() if re.fullmatch("h[1-6]", str(element.tag))]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_stays_surplus_and_chances_are_told_in_words() -> None:
    text = text_of(named("A"))
    assert "seen in one look, less than 10.0 days" in text
    assert "consistent with the same aircraft moved to another stand on A" in text
    assert "2 more than usual stood on A on 2022-03-01." in text
    assert "A stay of 36 hours on A between 2022-03-01 and 2022-03-31 had a chance of 41 %" in text


def test_a_stay_leads_to_its_hits_where_they_are_told() -> None:
    stays = (make_stay(1), make_stay(1, id="x", arrival_hit="a hit of another period"))
    links = [a.attrib["href"] for a in parsed(page(replace(make_result(), stays=stays))).iter("a")]
    assert [link for link in links if link.startswith("#")] == ["#hit-1"]


def test_without_stays_the_report_says_so() -> None:
    text = text_of(make_result(0))
    assert "No stay is known" in text
    assert "No look saw enough of an apron to say how full it was." in text
    assert "What could have been missed" not in text


def test_an_arrival_and_its_departure_are_one_measurement() -> None:
    hits = (make_hit(1), make_hit(2, kind="departure", score=12.34567))
    stay = make_stay(1, departure_hit=hits[1].id, not_after=hits[1].after)
    result = replace(make_evident_result(), hits=hits, stays=(stay,))
    text = text_of(result)
    assert "1, 2. Possible arrival and departure: large, about 50 m, A" in text
    assert text.count("12.3; larger is surer") == 1
    assert "Last look with it" in text and "First look without it" in text


def test_the_evidence_is_told_look_by_look() -> None:
    text = text_of(make_evident_result())
    assert "2022-03-06 10:21 there, 104 %" in text
    assert "2022-03-11 10:21 hidden" in text
    assert "2022-03-26 10:21 something stands there, 80 %" in text
    assert "An aircraft explains it better than a vehicle and its shadow, the best plainer explanation: 30.4" in text
    assert "The evidence of this look, 18.3 (0 would be a draw), is 15.2 by shape" in text
    assert "over the 1.20 times more than noise" in text and "+3.1 by the trained network" in text
    assert "another change that was found (score 6.1)" in text
    assert "an aircraft explains this look best there, and it is not told (score 1.2 in this look)" in text
    assert "outside the aprons: not judged" in text


def test_where_a_patch_explains_it_as_well_that_is_said() -> None:
    view = make_view(explanations=(Explanation("patch", 40.0), Explanation("aircraft", 35.5)))
    text = text_of(make_evident_result(dossiers=(make_dossier(view=view),)))
    assert "By its shape a wet, dusty or shaded patch explains it as well (40.0 against 35.5)" in text


def test_without_a_curve_or_a_view_the_looks_are_still_shown() -> None:
    html = page(make_evident_result(dossiers=(make_dossier(curve=(), view=None),)))
    assert html.count('class="there"') == 2
    assert "What was judged" not in html
    assert 'class="curve' not in html


def test_a_null_can_be_checked_look_by_look() -> None:
    html = page(make_evident_result(0))
    assert "No hits. That is no proof that nothing came or left" in html
    assert html.count('<li class="look') == 4
    assert "failed; 100 % seen; from 18 m; timed out" in html
    assert '<svg class="airfield"' in html


def test_each_hit_leads_to_both_dates_in_the_browser_but_where_it_is_simulated() -> None:
    result = make_evident_result()
    assert "fromTime=2022-03-06T00%3A00%3A00.000Z" in page(result)
    simulated = replace(result, hits=(replace(result.hits[0], simulated=True),))
    assert "fromTime" not in page(simulated)
    assert "openstreetmap.org" in page(simulated)


UNDECIDED = Evidence(LIGHT_CURVE, "same_object_undecided", "Undecided: it may be one and the same object.")


def test_a_replacement_by_its_like_is_doubted_in_every_place_that_speaks_of_it() -> None:
    hit = make_hit(2, kind="replacement", probability=0.99, evidence=(UNDECIDED,))
    one = make_stay(1, arrival_hit=None, not_before=None, departure_hit=hit.id, not_after=hit.after)
    other = make_stay(2, arrival_hit=hit.id, not_before=hit.before)
    text = text_of(replace(make_evident_result(2), hits=(hit,), stays=(one, other)))
    assert "1 possible replacement, undecided" in text
    assert text.count("that anything was replaced: it may be one and the same object; that it is an aircraft") == 2
    assert text.count("Probability undecided: a replacement, or one and the same object") == 2
    assert "that an aircraft came in place of another" not in text
    assert text.count(UNDECIDED.statement) == 2, "once a card"
    assert text.count("; or, as one and the same object, at least") == 4, "in the table and on the card, of each stay"
    sure = text_of(replace(make_evident_result(2), hits=(make_hit(2, kind="replacement", probability=0.99),)))
    assert "ndecided" not in sure and "1 possible replacement" in sure


def test_of_an_arrival_that_may_have_been_replaced_the_doubt_comes_first_and_then_what_is_known() -> None:
    hits = (make_hit(1, probability=0.97), make_hit(2, kind="replacement", probability=0.99, evidence=(UNDECIDED,)))
    stay = make_stay(1, departure_hit=hits[1].id, not_after=hits[1].after)
    text = text_of(replace(make_evident_result(), hits=hits, stays=(stay,)))
    assert "Probability undecided whether it was replaced, or is one and the same object as" in text
    assert "0.97 (0.92 if false alarms were three times as many), that an aircraft came." in text
    assert "; longer, if it is one and the same object" in text, "what came next is not known"


def test_a_replacement_ends_one_stay_and_begins_another_and_has_one_anchor() -> None:
    hits = (make_hit(1), make_hit(2, kind="replacement"))
    stays = (make_stay(1, departure_hit=hits[1].id, not_after=hits[1].after), make_stay(2))
    html = page(replace(make_evident_result(2), hits=hits, stays=stays))
    ids = re.findall(r' id="([^"]+)"', html.split("<script>")[0])
    assert len(ids) == len(set(ids)), "ids are there once"
    assert html.count('<article class="hit"') == 2
    assert {"hit-1", "hit-2", hits[0].id, hits[1].id} <= set(ids)


def test_a_pair_stands_under_the_dates_of_its_own_hit() -> None:
    hits = (make_hit(1), make_hit(2, kind="departure"))
    stay = make_stay(1, departure_hit=hits[1].id, not_after=hits[1].after)
    result = replace(make_evident_result(), hits=hits, stays=(stay,), chips=(make_chip(hits[1].id),))
    html = page(result)
    assert page(replace(result, chips=(*make_result(1).chips, *result.chips))).count("<img-comparison-slider") == 2
    assert html.count("<img-comparison-slider") == 1
    assert "Possible departure: left of the divider <b>2022-03-06 10:21</b>, right <b>2022-03-11 10:21</b>" in html


def test_a_stay_has_the_numbers_of_its_own_object_not_of_what_replaced_it() -> None:
    hits = (make_hit(1, score=5.0, length_m=30.0), make_hit(2, kind="replacement", score=25.0, length_m=60.0))
    stay = make_stay(1, departure_hit=hits[1].id, not_after=hits[1].after)
    text = text_of(replace(make_evident_result(), hits=hits, stays=(stay,)))
    assert "5.0; larger is surer" in text and "25.0; larger is surer" not in text
    assert "about 30 m, A" in text


def test_a_year_of_looks_does_not_make_the_map_heavy() -> None:
    panoramas = tuple(make_panorama(5 * day, large=day in (0, 149)) for day in range(150))
    html = page(make_evident_result(1, panoramas=panoramas))
    assert html.count('<image id="scene-') == 2
    assert len(html.encode()) < 5_000_000


def test_what_is_known_to_be_false_is_told_so() -> None:
    hit = make_hit(1)
    false = PlantedChange("arrival", "nothing", 0.0, hit.before, hit.after, False, "false", hit.id, 50.0)
    missed = PlantedChange("arrival", "Su-30", 21.9, hit.before, hit.after, True, "missed", None, None)
    text = text_of(make_evident_result(truth=(missed, false)))
    assert "Known from" not in text
    text = text_of(replace(make_evident_result(truth=(missed, false)), hits=(deny_hit(hit),)))
    assert "0 of 1 planted changes of aircraft found; 0 of 0 of what is no aircraft refused; 1 false." in text
    assert "false (hit 1)" in text
    assert text.count("Hit 1. Known from what was planted: this arrival is false") == 1
    assert text.count("Known from what was planted") == 1, "not among the evidence again"
    assert "Against the truth" not in text_of(make_evident_result())


def test_a_card_begins_with_what_is_established_and_what_is_not() -> None:
    stay = make_stay(1, seen_to=START + timedelta(days=15), not_after=START + timedelta(days=20))
    text = text_of(replace(make_evident_result(), stays=(stay,)))
    looks = "2 of 3 looks from 2022-03-06 to 2022-03-16, 1 hidden, at most 10.0 days between two that show it, show"
    assert f"Established {looks} something of about 50 m" in text
    assert "Not established that it is an aircraft" in text
    assert "Checked by nobody yet." in text
    said = Evidence("review", "confirmed", "A. confirmed it on 2 April.")
    hit = replace(make_evident_result().hits[0], evidence=(said,))
    assert "Checked by A. confirmed it on 2 April." in text_of(replace(make_evident_result(), hits=(hit,)))


def test_the_most_that_is_given_is_said_to_be_that() -> None:
    hit = replace(make_result().hits[0], probability=0.99, p_change=0.99)
    assert "0.99, the most that is ever given (0.97 if" in text_of(replace(make_result(), hits=(hit,)))
