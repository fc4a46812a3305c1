"""What a wheel holds, and what the files that install it do not say."""

import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LARGEST_MB = 5
INSTALLING = (ROOT / "pyproject.toml", *sorted((ROOT / "requirements").iterdir()))


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=out)
    assert done.returncode == 0, done.stdout + done.stderr
    [built] = out.glob("*.whl")
    return built


def test_the_wheel_holds_everything_that_is_read_at_run_time(wheel: Path) -> None:
    inside = set(zipfile.ZipFile(wheel).namelist())
    package = ROOT / "imagery_watch"
    kept = (path for path in package.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    assert {path.relative_to(ROOT).as_posix() for path in kept} <= inside
    assert {f"imagery_watch/aoi/{path.name}" for path in (ROOT / "aoi").glob("*.geojson")} <= inside
    assert {"imagery_watch/py.typed", "imagery_watch/simulate/ground/bolzano.tif"} <= inside
    assert any(name.endswith("licenses/LICENSE") for name in inside)


def test_the_wheel_is_small_and_holds_no_tests(wheel: Path) -> None:
    assert wheel.stat().st_size < LARGEST_MB * 2**20
    assert all(name.startswith(("imagery_watch/", "imagery_watch-")) for name in zipfile.ZipFile(wheel).namelist())


def test_the_wheel_runs_from_where_it_is_unpacked(wheel: Path, tmp_path: Path) -> None:
    zipfile.ZipFile(wheel).extractall(tmp_path)
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); sys.argv[1:] = ['airfields', 'show', 'LIPB']\n"
        "import imagery_watch; print(imagery_watch.__file__)\n"
        "from imagery_watch.simulate.ground import bolzano; bolzano()\n"
        "from imagery_watch.cli.main import main; main()"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(str(tmp_path))
    assert "main-apron" in done.stdout


@pytest.mark.parametrize("path", INSTALLING, ids=lambda path: path.name)
def test_nothing_that_installs_names_a_host_or_a_folder_of_one_machine(path: Path) -> None:
    text = path.read_text()
    assert not re.search(r"--(extra-)?index-url|--find-links|--trusted-host|^-[if]\b", text, re.MULTILINE)
    assert not re.search(r"https?://|file:|git\+", text)
    assert not re.search(r"(^|[\s\"'=])/(home|root|work|tmp|usr|opt|Users)\b", text)


def test_every_pinned_version_has_hashes() -> None:
    text = (ROOT / "requirements" / "dev.txt").read_text().replace("\\\n", " ")
    pins = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    assert all("==" in pin and "--hash=sha256:" in pin for pin in pins)
    pinned = {re.split(r"[=\[; ]", pin, maxsplit=1)[0] for pin in pins}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    named = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    wanted = {re.split(r"[\[>=<; ]", name, maxsplit=1)[0] for name in named} - {"imagery-watch"}
    assert wanted <= pinned
