"""What a wheel holds, and what the files that install it do not say."""

import os
import re
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LARGEST_MB = 5
INSTALLING = (ROOT / "pyproject.toml", *sorted((ROOT / "requirements").iterdir()))


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel as others get it: from the source distribution alone."""
    out = tmp_path_factory.mktemp("wheel")
    build("--sdist", ROOT, out)
    [packed] = out.glob("*.tar.gz")
    with tarfile.open(packed) as archive:
        archive.extractall(out / "unpacked", filter="data")
    [source] = (out / "unpacked").iterdir()
    build("--wheel", source, out)
    [built] = out.glob("*.whl")
    return built


def build(what: str, source: Path, out: Path) -> None:
    command = [sys.executable, "-m", "build", what, "--no-isolation", "--outdir", str(out), str(source)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=out)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command in an environment that holds the wheel, beside what this one holds of others; nothing is fetched."""
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder, with_pip=False)
    scripts = sysconfig.get_path("scripts", "venv", {"base": str(folder)})
    python = Path(scripts, Path(sys.executable).name)
    target = sysconfig.get_path("purelib", "venv", {"base": str(folder), "platbase": str(folder)})
    command = [sys.executable, "-m", "pip", "--python", str(python), "install", "--no-deps", "--no-index", str(wheel)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    # behind the environment's own: a folder in such a file has no such files of its own, so the checkout is not found
    Path(target, "others.pth").write_text(f"{sysconfig.get_path('purelib')}\n{sysconfig.get_path('platlib')}\n")
    return Path(scripts, "imagery-watch")


def call(installed: Path, line: str, cwd: Path) -> str:
    """What the installed command says, in a folder that has nothing of the checkout but its tests' data."""
    (cwd / "tests").symlink_to(ROOT / "tests")
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run([installed, *line.split()], cwd=cwd, env=environment, capture_output=True, text=True,
                          timeout=170)  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout


def test_what_is_installed_is_the_wheels(installed: Path, tmp_path: Path) -> None:
    code = "import imagery_watch, sys; print(imagery_watch.__file__)"
    python = installed.with_name(Path(sys.executable).name)
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [python, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60
    )
    assert Path(done.stdout).is_relative_to(installed.parents[1])


def test_the_installed_command_explains_itself_and_knows_its_airfields(installed: Path, tmp_path: Path) -> None:
    assert call(installed, "--help", tmp_path).startswith("Usage: imagery-watch ")
    (tmp_path / "tests").unlink()
    said = call(installed, "airfields list", tmp_path)
    assert all(path.stem in said for path in (ROOT / "aoi").glob("*.geojson"))


def test_the_installed_command_refuses_the_bad_files_of_the_readme(installed: Path, tmp_path: Path) -> None:
    line = "run --aoi tests/data/s2_120m/aoi.geojson --catalog tests/data/s2_120m/catalog.json --out refused"
    assert "5 not observed" in call(installed, line, tmp_path)
    assert (tmp_path / "refused" / "report.html").is_file()


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_the_installed_command_reads_the_real_pair_of_the_readme(installed: Path, tmp_path: Path) -> None:
    said = call(installed, "run EDBF --catalog tests/data/fehrbellin/items.json -o fehrbellin", tmp_path)
    assert "No change of aircraft size was found" in said


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_the_installed_command_demonstrates_itself(installed: Path, tmp_path: Path) -> None:
    assert "5 of 7 planted changes of aircraft found; 4 of 4 of what is no aircraft refused" in call(
        installed, "demo", tmp_path
    )
    assert (tmp_path / "imagery-watch-demo" / "report.html").is_file()


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
