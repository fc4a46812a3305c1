"""The report as people read it: on a phone, on paper, with a screen reader; and its controls do what they say."""

import json
import re
from importlib.resources import files
from pathlib import Path

import pytest

from imagery_watch.model import RunResult
from imagery_watch.outputs.report.report import report_html
from outputs.dossiers import make_evident_result
from outputs.report.test_browser import browse, pytestmark

__all__ = ["pytestmark"]

POLICY = re.compile(r'<meta http-equiv="Content-Security-Policy"[^>]*>')
WIDTHS = {"phone": 360, "tablet": 800, "wide": 1280}


def ask(page: str, script: str, folder: Path) -> str:
    """What a script that is put into the page writes as its title."""
    path = folder / "asked.html"
    path.write_text(POLICY.sub("", page).replace("</body>", f"<script>{script}</script></body>"), encoding="utf-8")
    told = browse(path, "--dump-dom", profile=folder / "profile").stdout
    found = re.search(r"<title>told:(.*?)</title>", told, flags=re.DOTALL)
    assert found, told[:500]
    return found[1].replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">")


def ask_at(page: str, width: int, question: str, folder: Path) -> str:
    """The answer of an expression over `inner`, the document of the page in a frame of that width."""
    inside = json.dumps(POLICY.sub("", page)).replace("</", "<\\/")
    outer = f"""<!doctype html><title></title><body><script>
      const frame = document.createElement("iframe");
      frame.width = {width}; frame.height = 800; frame.style.border = "0"; frame.srcdoc = {inside};
      frame.onload = () => {{
        const inner = frame.contentDocument;
        document.title = "told:" + JSON.stringify({question});
      }};
      document.body.append(frame);
    </script></body>"""
    path = folder / "outer.html"
    path.write_text(outer, encoding="utf-8")
    told = browse(path, "--dump-dom", profile=folder / "profile").stdout
    found = re.search(r"<title>told:(.*?)</title>", told, flags=re.DOTALL)
    assert found, told[:500]
    return found[1]


@pytest.fixture(scope="module")
def page() -> str:
    return report_html(make_evident_result(2))


@pytest.mark.parametrize("result", [make_evident_result(2), make_evident_result(0)], ids=["hits", "none"])
def test_no_serious_finding_of_axe(result: RunResult, tmp_path: Path) -> None:
    axe = files("axe_core_python").joinpath("axe.min.js").read_text(encoding="utf-8")
    run = """axe.run().then((found) => {
      const serious = found.violations.filter((one) => ["serious", "critical"].includes(one.impact));
      const told = serious.map((one) => [one.id, one.nodes.map((node) => node.html.slice(0, 120))]);
      document.title = "told:" + JSON.stringify([found.passes.length, told]);
    });"""
    passed, serious = json.loads(ask(report_html(result), f"{axe};{run}", tmp_path))
    assert passed > 20, "axe looked"
    assert serious == []


@pytest.mark.parametrize("width", WIDTHS.values(), ids=WIDTHS)
def test_nothing_has_to_be_scrolled_sideways(page: str, width: int, tmp_path: Path) -> None:
    wider = """[...inner.querySelectorAll("body *")]
      .filter((one) => one.getBoundingClientRect().right > inner.documentElement.clientWidth + 1
        && getComputedStyle(one).position !== "absolute" && !one.closest("svg, img-comparison-slider, thead"))
      .map((one) => one.outerHTML.slice(0, 100))"""
    question = f"[inner.documentElement.scrollWidth <= {width}, {wider}]"
    fits, outside = json.loads(ask_at(page, width, question, tmp_path).replace("&lt;", "<").replace("&gt;", ">"))
    assert outside == []
    assert fits


def test_no_column_is_lost_on_a_phone(page: str, tmp_path: Path) -> None:
    shown = """[...inner.querySelectorAll("table.stack td")].every((one) => one.getBoundingClientRect().height > 0)"""
    assert ask_at(page, 360, shown, tmp_path) == "true"
    labelled = re.findall(r"<td( [^>]*)?>", page.split('<table class="weighed">')[0])
    assert all("data-label" in attributes for attributes in labelled)


def test_the_map_swipes_zooms_and_changes_its_dates(page: str, tmp_path: Path) -> None:
    script = """
      const map = document.querySelector("svg.airfield"), of = (name) => document.querySelector(name);
      const told = [map.getAttribute("viewBox")];
      of("[data-zoom=in]").click(); told.push(map.getAttribute("viewBox"));
      map.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowRight" })); told.push(map.getAttribute("viewBox"));
      of("[data-zoom=all]").click(); told.push(map.getAttribute("viewBox"));
      const range = of(".divider-at"); range.value = 25; range.dispatchEvent(new Event("input"));
      told.push(of(".divider-clip").getAttribute("x"));
      const menu = of(".pick-left"); menu.selectedIndex = 2; menu.dispatchEvent(new Event("change"));
      told.push(of("use.left").getAttribute("href"), of(".left-date").textContent);
      of(".show-shapes").click(); told.push(of(".shapes").className.baseVal);
      document.title = "told:" + JSON.stringify(told);
    """
    whole, near, moved, again, divided, href, date, shapes = json.loads(ask(page, script, tmp_path))
    assert (whole, again) == ("0 0 80 60", "0 0 80 60")
    assert near == "16 12 48 36"
    assert moved.split()[0] == "20.8"
    assert (divided, href, date, shapes) == ("20", "#scene-2", "2022-03-11 10:21", "shapes off")


def test_paper_has_every_hit_whole(page: str, tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_text(page, encoding="utf-8")
    browse(path, f"--print-to-pdf={tmp_path / 'page.pdf'}", "--no-pdf-header-footer", profile=tmp_path / "profile")
    paper = (tmp_path / "page.pdf").read_bytes()
    assert paper.startswith(b"%PDF")
    assert len(re.findall(rb"/Type\s*/Page\b", paper)) >= 3, "the airfield, and each hit on a page of its own"
