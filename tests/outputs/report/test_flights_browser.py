"""The report's part on flight tracks in a real browser: on a phone, wide, under its own policy, for a screen reader."""

import json
from importlib.resources import files
from pathlib import Path

import pytest

from imagery_watch.outputs.report.report import report_html
from outputs.flights import make_tracked_result
from outputs.report.test_browser import browse, pytestmark
from outputs.report.test_reading import ask, ask_at

__all__ = ["pytestmark"]


@pytest.fixture(scope="module")
def page() -> str:
    return report_html(make_tracked_result())


SHOWN = """[
  inner.documentElement.scrollWidth <= WIDTH,
  [...inner.querySelectorAll("section[aria-labelledby=flights] *")]
    .filter((one) => !one.closest("svg, thead")
      && one.getBoundingClientRect().right > inner.documentElement.clientWidth + 1)
    .map((one) => one.outerHTML.slice(0, 100)),
  [...inner.querySelectorAll("svg.trk-time")].filter((one) => one.getBoundingClientRect().width > 0).length,
  [...inner.querySelectorAll("svg.trk-time, svg.trk-ground")].filter((one) => one.getBoundingClientRect().width > 0)
    .flatMap((svg) => [...svg.querySelectorAll("text, .trk-here, .trk-way")].filter((one) => {
      const outer = svg.getBoundingClientRect(), box = one.getBoundingClientRect();
      return box.left < outer.left - 1 || box.right > outer.right + 1 || box.bottom > outer.bottom + 1;
    })).map((one) => one.outerHTML.slice(0, 100))
]"""


@pytest.mark.parametrize("width", [390, 1280])
def test_one_timeline_is_shown_nothing_is_cut_off_and_nothing_scrolls_sideways(
    page: str, width: int, tmp_path: Path
) -> None:
    told = ask_at(page, width, SHOWN.replace("WIDTH", str(width)), tmp_path)
    fits, outside, timelines, cut = json.loads(told.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))
    assert (fits, outside, timelines, cut) == (True, [], 1, [])


def test_its_policy_refuses_nothing_of_it(page: str, tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_text(page, encoding="utf-8")
    done = browse(path, "--dump-dom", profile=tmp_path / "profile")
    assert "CONSOLE" not in done.stderr
    assert done.stdout.count('class="trk-way') == 4


def test_no_serious_finding_of_axe_in_it(page: str, tmp_path: Path) -> None:
    axe = files("axe_core_python").joinpath("axe.min.js").read_text(encoding="utf-8")
    run = """axe.run("section[aria-labelledby=flights]").then((found) => {
      const serious = found.violations.filter((one) => ["serious", "critical"].includes(one.impact));
      document.title = "told:" + JSON.stringify([found.passes.length, serious.map((one) => one.id)]);
    });"""
    passed, serious = json.loads(ask(page, f"{axe};{run}", tmp_path))
    assert passed > 8, "axe looked"
    assert serious == []
