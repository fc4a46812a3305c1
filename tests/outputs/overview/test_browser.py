"""The page over all airfields in a real browser, offline: its script runs under its own policy."""

from pathlib import Path

import pytest

from imagery_watch.outputs.overview.page import write_page
from outputs.overview.test_page import make_overview
from outputs.report.test_browser import browse, pytestmark

__all__ = ["pytestmark"]

TYPED = """
<script>
document.getElementById("filter").value = "A1";
document.getElementById("filter").dispatchEvent(new Event("input"));
</script></body>
"""
"""What a reader types, by way of a page whose policy is taken out."""


def test_it_opens_without_a_complaint_and_counts_its_rows(tmp_path: Path) -> None:
    page = tmp_path / "index.html"
    page.write_text(write_page(make_overview()).replace("cG5n", ONE_PIXEL))
    done = browse(page, "--dump-dom", profile=tmp_path / "profile")
    assert "CONSOLE" not in done.stderr
    assert "5 of 5 airfields are shown" in done.stdout, "the script ran"


def test_the_filter_hides_rows(tmp_path: Path) -> None:
    page = tmp_path / "index.html"
    html = write_page(make_overview()).replace("</body>", TYPED)
    page.write_text(html.replace("Content-Security-Policy", "X-Nothing"))
    done = browse(page, "--dump-dom", profile=tmp_path / "profile")
    assert "1 of 5 airfields are shown" in done.stdout
    assert done.stdout.count('hidden=""') == 4


@pytest.mark.parametrize("width", [400, 1280])
def test_a_screenshot_can_be_taken(width: int, tmp_path: Path) -> None:
    page, picture = tmp_path / "index.html", tmp_path / "index.png"
    page.write_text(write_page(make_overview()))
    browse(page, f"--screenshot={picture}", f"--window-size={width},1200", profile=tmp_path / "profile")
    assert picture.stat().st_size > 10_000


ONE_PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII="
