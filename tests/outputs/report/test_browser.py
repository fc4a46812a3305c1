"""The report in a real browser, offline: nothing is refused by its own policy, nothing is asked for."""

import shutil
import subprocess
from pathlib import Path

import pytest

from imagery_watch.outputs.files.export import write_outputs
from outputs.builders import make_result

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--enable-logging=stderr",
    "--v=0",
    "--virtual-time-budget=2000",
)
OFFLINE = ("--host-resolver-rules=MAP * ~NOTFOUND", "--proxy-server=127.0.0.1:9")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed"),
]


def browse(page: Path, *flags: str, profile: Path) -> subprocess.CompletedProcess[str]:
    command = [str(CHROMIUM), *FLAGS, *OFFLINE, f"--user-data-dir={profile}", *flags, page.as_uri()]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)


@pytest.mark.parametrize("hits", [0, 2])
def test_it_opens_without_a_complaint(tmp_path: Path, hits: int) -> None:
    page = write_outputs(make_result(hits), tmp_path / "out")["report.html"]
    done = browse(page, "--dump-dom", profile=tmp_path / "profile")
    assert "CONSOLE" not in done.stderr
    assert "</html>" in done.stdout
    assert done.stdout.count('class="rendered"') == hits, "the slider ran"


def test_a_script_that_was_not_ours_does_not_run(tmp_path: Path) -> None:
    """What the test above relies on: a violation would be seen, and stopped."""
    page = write_outputs(make_result(1), tmp_path / "out")["report.html"]
    hostile = '<script>document.title = "taken"</script><img src="http://127.0.0.1:9/x.png"></body>'
    page.write_text(page.read_text().replace("</body>", hostile))
    done = browse(page, "--dump-dom", profile=tmp_path / "profile")
    assert "<title>taken" not in done.stdout
    assert done.stderr.count("Content Security Policy") >= 2


def test_a_screenshot_can_be_taken(tmp_path: Path) -> None:
    page = write_outputs(make_result(1), tmp_path / "out")["report.html"]
    picture = tmp_path / "report.png"
    browse(page, f"--screenshot={picture}", "--window-size=400,1200", profile=tmp_path / "profile")
    assert picture.stat().st_size > 10_000
