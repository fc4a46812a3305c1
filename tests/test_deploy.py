"""The files of `deploy/` and the commands of docs/station.md: they parse, name what is there, and keep no secret."""

import re
import shlex
import shutil
import subprocess
import sys
from configparser import ConfigParser
from pathlib import Path
from typing import Any

import pytest
import yaml
from cli.test_manners import GROUP, parse

from imagery_watch.errors import ExitCode
from imagery_watch.monitor.station import parse_every

ROOT = Path(__file__).parent.parent
DEPLOY = ROOT / "deploy"
FILES = sorted(path for path in DEPLOY.iterdir() if path.is_file())
UNITS = ("imagery-watch.service", "imagery-watch.timer")
FIELDS = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
"""Least and greatest of minute, hour, day, month and day of the week."""


def read(name: str) -> str:
    return (DEPLOY / name).read_text(encoding="utf-8")


def read_unit(name: str) -> ConfigParser:
    unit = ConfigParser(delimiters=("=",), interpolation=None, strict=True)
    unit.optionxform = str
    unit.read_string(read(name))
    return unit


def workflow() -> dict[Any, Any]:
    return dict(yaml.safe_load(read("ci-sweep.yml")))


def cron_lines() -> list[str]:
    lines = read("crontab").splitlines()
    return [line for line in lines if line and not line.startswith("#") and "=" not in line.split()[0]]


def commands() -> list[str]:
    """Every command line of ours in the files and on the page, without the program's path."""
    steps = workflow()["jobs"]["sweep"]["steps"]
    lines = [read_unit(UNITS[0])["Service"]["ExecStart"], *(line.split(maxsplit=5)[5] for line in cron_lines())]
    lines += [step["run"] for step in steps if "imagery-watch" in step.get("run", "")]
    service = yaml.safe_load(read("compose.yaml"))["services"]["watch"]
    lines.append(shlex.join(["imagery-watch", *service["command"]]))
    page = (ROOT / "docs" / "station.md").read_text(encoding="utf-8")
    lines += re.findall(r"^\$ (imagery-watch .+?)(?:\s+#.*)?$", page, flags=re.MULTILINE)
    return [line.partition("||")[0].strip() for line in lines]


def test_there_are_commands_of_every_file_and_of_the_page() -> None:
    assert len(commands()) == 7
    assert sum("--every" in line for line in commands()) >= 2


@pytest.mark.parametrize("line", commands())
def test_every_command_line_is_one_of_ours(line: str) -> None:
    program, *arguments = shlex.split(line)
    assert Path(program).name == "imagery-watch"
    parse(GROUP, arguments)
    if "--every" in arguments:
        parse_every(arguments[arguments.index("--every") + 1])
    if "--catalog" in arguments:
        assert (ROOT / arguments[arguments.index("--catalog") + 1]).is_file()


def test_a_parser_that_takes_all_would_be_found_out() -> None:
    with pytest.raises(Exception, match="No such option"):
        parse(GROUP, ["monitor", "--evry", "6h"])


def test_what_is_no_failure_of_the_unit_is_an_exit_code_of_ours() -> None:
    codes = {int(code) for code in read_unit(UNITS[0])["Service"]["SuccessExitStatus"].split()}
    assert codes == {ExitCode.INCOMPLETE, ExitCode.LOCKED, ExitCode.INTERRUPTED, ExitCode.TERMINATED}


def test_the_unit_may_write_where_its_record_is_and_nowhere_else() -> None:
    service = read_unit(UNITS[0])["Service"]
    assert service["Environment"] == f"IMAGERY_WATCH_HOME=/var/lib/{service['StateDirectory']}"
    assert (service["ProtectSystem"], service["NoNewPrivileges"], service["ProtectHome"]) == ("strict", "yes", "yes")
    assert "--out" not in service["ExecStart"]


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
def test_systemd_takes_the_units(tmp_path: Path) -> None:
    for name in UNITS:
        (tmp_path / name).write_text(read(name).replace("/opt/imagery-watch/bin", str(Path(sys.executable).parent)))
    done = subprocess.run(["systemd-analyze", "verify", *(str(tmp_path / name) for name in UNITS)],
                          capture_output=True, text=True, timeout=60)  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("line", [*cron_lines(), *(f"{one['cron']} x" for one in workflow()[True]["schedule"])])
def test_a_cron_line_says_a_time(line: str) -> None:
    *fields, command = line.split(maxsplit=5)
    assert len(fields) == 5 and command
    for field, (least, most) in zip(fields, FIELDS, strict=True):
        base, _, step = field.partition("/")
        assert base == "*" or least <= int(base) <= most
        assert step == "" or 1 <= int(step) <= most


def test_the_workflow_asks_nobody_unless_it_is_told_to() -> None:
    """YAML takes its `on` for a truth value, as the service that runs it does not."""
    told = workflow()
    sweeps = [step for step in told["jobs"]["sweep"]["steps"] if "monitor" in step.get("run", "")]
    assert [step["if"].split()[1:] for step in sweeps] == [["!=", "'true'"], ["==", "'true'"]]
    assert "--catalog tests/data/" in sweeps[0]["run"] and "--catalog" not in sweeps[1]["run"]
    assert told["permissions"] == {"contents": "read"}
    assert told["concurrency"]["cancel-in-progress"] is False
    used = [step["uses"] for step in told["jobs"]["sweep"]["steps"] if "uses" in step]
    assert used and all(re.fullmatch(r"[a-z-]+(/[a-z-]+)+@v\d+", one) for one in used)


def test_the_container_keeps_its_record_where_the_image_has_it() -> None:
    service = yaml.safe_load(read("compose.yaml"))["services"]["watch"]
    image = (ROOT / "Containerfile").read_text(encoding="utf-8")
    assert (DEPLOY / service["build"]["context"] / service["build"]["dockerfile"]).is_file()
    for volume in service["volumes"]:
        assert volume.partition(":")[2] in image
    assert service["command"][-1].startswith("/data/")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_no_address_and_no_secret_is_in_them(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert "://" not in text
    assert not re.search(r"(?i)(password|secret|token|key_id)\s*[=:]", text)
