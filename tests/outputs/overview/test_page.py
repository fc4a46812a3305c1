"""The page over all airfields: nothing escapes into its structure, nothing is loaded, what needs attention is first."""

import base64
import hashlib
import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import html5lib
import pytest

from imagery_watch.outputs.overview.page import RANKS, News, Overview, Row, ToReview, sort_rows, write_page
from outputs.builders import START, make_hit
from outputs.report.test_report import PAYLOADS, parsed, shape

QUIET = Row("LIPB", "Bolzano", "LIPB/report.html", "looked at", START, START, (21.2, 26.0), START + timedelta(days=5),
            {"provisional": 0, "confirmed": 2, "revised": 0, "withdrawn": 1}, 0, 0, ())  # fmt: skip
UNSEEN = replace(QUIET, id="LOWI", last_look=None, smallest_m=None, due=None, scored=None, href="")
TROUBLED = replace(QUIET, id="ELLX", troubles=("could not look since 2022-01-01",))
WAITING = replace(QUIET, id="LFPB", unreviewed=2)
DISPUTED = replace(QUIET, id="ZKPY", unreviewed=1, disputed=1, troubles=("and more",))


def make_overview(name: str = "A", **changes: Any) -> Overview:
    """A page on which everything that others choose is `name`."""
    hit = make_hit(airfield=name, apron=name, id=name, status=name, simulated=True)
    rows = tuple(
        replace(row, id=f"{name}{number}", name=name, troubles=tuple(name for _ in row.troubles))
        for number, row in enumerate((QUIET, UNSEEN, TROUBLED, WAITING, DISPUTED))
    )
    told = Overview(START, 7, name, rows, (News(hit, START, "x/report.html#y", b"png"), News(hit, START, "", None)),
                    (ToReview(hit, "disputed", "x/report.html#y"),), ((name, START, name),), (name,))  # fmt: skip
    return replace(told, **changes)


@pytest.fixture(scope="module")
def harmless() -> Any:
    return shape(parsed(write_page(make_overview())))


@pytest.mark.parametrize("payload", PAYLOADS)
def test_any_name_gives_the_same_tree(payload: str, harmless: Any) -> None:
    html = write_page(make_overview(payload)).encode("utf-8", errors="replace").decode("utf-8")
    assert shape(parsed(html)) == harmless


@pytest.mark.parametrize("overview", [make_overview(), make_overview(rows=(), news=(), to_review=(), troubles=())],
                         ids=["full", "empty"])  # fmt: skip
def test_it_is_html_that_loads_nothing_and_has_its_landmarks(overview: Overview) -> None:
    html = write_page(overview)
    html5lib.HTMLParser(strict=True).parse(html)
    tree = parsed(html)
    assert [len(list(tree.iter(tag))) for tag in ("header", "nav", "main", "footer", "h1")] == [1] * 5
    ids = [element.attrib["id"] for element in tree.iter() if "id" in element.attrib]
    assert len(ids) == len(set(ids))
    for element in tree.iter():
        assert not any(str(name).startswith("on") or name == "style" for name in element.attrib)
        if (href := element.attrib.get("href", "")).startswith("#"):
            assert href[1:] in ids
        for reference in ("aria-labelledby", "aria-describedby"):
            assert element.attrib.get(reference, ids[0]) in ids
        if element.tag == "th":
            assert element.attrib["scope"] in ("col", "row")
        if element.tag in ("img", "script", "link", "iframe"):
            assert element.attrib.get("src", "data:image/png;base64,").startswith("data:image/png;base64,")


def test_the_policy_names_the_hashes_of_what_is_there() -> None:
    html = write_page(make_overview())
    found = re.search(r'Content-Security-Policy" content="([^"]*)"', html)
    assert found and "unsafe" not in found[1]
    for tag in ("style", "script"):
        (inlined,) = re.findall(rf"<{tag}>(.*?)</{tag}>", html, flags=re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(inlined.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in found[1].replace("&#39;", "'")


def test_what_needs_attention_is_first() -> None:
    rows = (QUIET, UNSEEN, TROUBLED, WAITING, DISPUTED)
    assert [row.id for row in sort_rows(rows)] == ["ZKPY", "LFPB", "ELLX", "LOWI", "LIPB"]
    assert [RANKS[row.rank] for row in rows] == ["quiet", "not seen yet", "in trouble", "to review", "to review"]
    html = write_page(make_overview(rows=rows))
    table = html[html.index('id="airfields-table"') :]
    places = [table.index(f">{row.id}<") for row in sort_rows(rows)]
    assert places == sorted(places)


@pytest.mark.parametrize(("row", "words"), [
    (QUIET, "quiet 2022-03-01 10:21 looked at; judged 2022-03-01 10:21 2022-03-06 10:21 2 confirmed, 1 withdrawn 21"),
    (UNSEEN, "not seen yet none looked at not known 2 confirmed, 1 withdrawn not known"),
    (DISPUTED, "1 disputed 1 to review and more 2022"),
])  # fmt: skip
def test_a_row_says_how_an_airfield_stands(row: Row, words: str) -> None:
    assert words in text_of(make_overview(rows=(row,)))


def text_of(overview: Overview) -> str:
    body = parsed(write_page(overview)).find("body")
    return re.sub(r"\s+", " ", " ".join(body.itertext())).replace(" ,", ",").replace(" ;", ";")


def test_it_says_how_many_stand_how_and_what_is_simulated() -> None:
    text = text_of(make_overview())
    assert "5 airfields: 2 with hits to review, 1 in trouble, 1 not seen well enough" in text
    assert "4 hits stand without a verdict" in text and "Simulated data." in text
    plain = text_of(make_overview(rows=(), news=(), to_review=(), troubles=()))
    assert "No airfield is recorded yet." in plain and "Simulated" not in plain and "No trouble is known" in plain


def test_what_people_said_is_beside_the_news() -> None:
    hit = make_hit()
    one, other = (News(hit, START, "", None, said) for said in ("rejected", "unreviewed"))
    assert "rejected by reviewers" in text_of(make_overview(news=(one,), to_review=()))
    assert "by reviewers" not in text_of(make_overview(news=(other,), to_review=()))


def test_what_failed_was_not_looked_at() -> None:
    failed = replace(UNSEEN, id="LSZH", visited="failed", troubles=())
    text = text_of(make_overview(rows=(failed, QUIET, TROUBLED), troubles=()))
    assert "3 airfields: 2 in trouble, 1 looked at, and nothing to do." in text
    assert "could not be looked at" in text and "In the last sweep 0 airfields were looked at and had no hit" in text
    bare = replace(QUIET, statuses={})
    assert "1 airfield was looked at and had no hit" in text_of(make_overview(rows=(failed, bare), troubles=()))


def test_the_same_told_later_differs_in_one_line() -> None:
    one = write_page(make_overview()).splitlines()
    other = write_page(make_overview(made=START + timedelta(hours=6), sweep=8)).splitlines()
    differing = [line for line, later in zip(one, other, strict=True) if line != later]
    assert len(differing) == 1 and differing[0].startswith('<p class="pale">As of 2022-03-01')


def test_the_reports_style_leaves_the_words_of_a_hit_on_one_line() -> None:
    """The index borrows the report's style sheet, and names nothing as that lays out grids."""
    page = write_page(make_overview())
    style = page.split("<style>")[1].split("</style>")[0]
    used = {name for names in re.findall(r'class="([^"]+)"', page.split("</style>")[1]) for name in names.split()}
    laid_out = set(re.findall(r"\.([a-z-]+) \{ display: (?:grid|block)", style))
    assert len(laid_out) > 3
    assert used & laid_out <= {"news"}
