"""Ctrl-C and its like: from the first moment on, during the work, and what is said of what was kept."""

import os
import signal
import subprocess
import sys
import time
from itertools import takewhile
from pathlib import Path

import pytest
from support.monitor import QUICK, make_archive, make_home
from support.starts import run_imagery_watch

from imagery_watch.cli.signals import Stopped, name_files, name_kept, stopping
from imagery_watch.errors import ExitCode

SIGNALS = pytest.mark.parametrize(
    ("sent", "code"),
    [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 143)],
    ids=["ctrl-c", "terminated", "the terminal is gone"],
)
AT_AN_IMPORT = """
import os, signal, sys
class Kill:
    def find_spec(self, name, *_):
        if name == {module!r}:
            os.kill(os.getpid(), {number})
sys.meta_path.insert(0, Kill())
sys.argv = ["imagery-watch", "demo", "-v"]
from imagery_watch.__main__ import main
main()
"""
"""The signal comes while a module is imported: the first of ours, one of the command's, one of C, one of the work."""


def heed_ctrl_c() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@SIGNALS
@pytest.mark.parametrize("module", ["typer", "imagery_watch.demo", "numpy"])
def test_a_signal_while_modules_are_imported_has_its_exit_code(
    sent: signal.Signals, code: int, module: str, tmp_path: Path
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", AT_AN_IMPORT.format(module=module, number=int(sent))],
        cwd=tmp_path, capture_output=True, text=True, timeout=100, preexec_fn=heed_ctrl_c)  # fmt: skip
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    assert done.stderr.splitlines()[-1].startswith("imagery-watch: stopped; nothing was written")
    assert not any(path.is_file() for path in tmp_path.rglob("*"))


def test_a_lost_terminal_that_is_to_be_ignored_is_ignored() -> None:
    asked = "import os, signal; from imagery_watch.cli.signals import heed_signals; heed_signals(); "
    asked += "os.kill(os.getpid(), signal.SIGHUP); print('still here')"
    ignoring = lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN)  # noqa: E731 - as `nohup` starts a program
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, preexec_fn=ignoring)
    assert (done.returncode, done.stdout) == (0, "still here\n")


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGTERM, 143)], ids=["terminated"])
def test_a_sweep_that_is_ended_says_how_far_its_record_goes(sent: signal.Signals, code: int, tmp_path: Path) -> None:
    archive, home = make_archive(tmp_path / "archive"), make_home(tmp_path / "home", "TSTA", "TSTB")
    command = [sys.executable, "-m", "imagery_watch", "monitor", "TSTA", "TSTB", "--catalog", str(archive),
               "--since", "2022-06-01", "-o", "sweeps", "-v"]  # fmt: skip
    environment = {**os.environ, **QUICK, "IMAGERY_WATCH_HOME": str(home)}
    with subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True, preexec_fn=heed_ctrl_c) as process:  # fmt: skip
        assert process.stderr is not None
        before = list(takewhile(lambda line: line != "TSTB comparing passes: 1 of 14\n", process.stderr))
        process.send_signal(sent)
        out, err = process.communicate(timeout=60)
    assert process.returncode == code, [*before, err]
    told = "the record is kept up to TSTA (1 airfield of this sweep); run it again to go on"
    assert f"imagery-watch: stopped; {told}\n" in err and "Traceback" not in err and out == ""
    again = run_imagery_watch(*command[3:], cwd=tmp_path, env=environment)
    assert again.returncode == 0, again.stderr
    assert "1 nothing new, 1 scored" in again.stdout


def test_what_a_run_left_is_named(tmp_path: Path) -> None:
    (tmp_path / "old.csv").write_text("earlier")
    os.utime(tmp_path / "old.csv", (1, 1))
    started = time.time()
    assert name_kept(tmp_path, started).startswith(f"nothing was written to {tmp_path}; ")
    for name in ("looks.csv", "hits.geojson", ".iw-1234.part"):
        (tmp_path / name).write_text("new")
    assert name_kept(tmp_path, started).startswith(f"2 files are in {tmp_path} (hits.geojson, looks.csv), run.json is")
    (tmp_path / "run.json").write_text("{}")
    assert name_kept(tmp_path, started) == f"the run is complete in {tmp_path}"
    assert name_kept(tmp_path / "nowhere", started).startswith("nothing was written")


def test_which_of_a_drafts_files_are_there_is_named(tmp_path: Path) -> None:
    paths, started = [tmp_path / "X.geojson", tmp_path / "X.png"], time.time()
    assert name_files(paths, started).startswith("nothing was written; ")
    paths[0].write_text("{}")
    assert name_files(paths, started).startswith(f"{paths[0]} is written; ")
    paths[1].write_text("")
    assert name_files(paths, started) == f"all is written: {paths[0]}, {paths[1]}"


@pytest.fixture
def handlers() -> object:
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield before
    for number, handler in before.items():
        signal.signal(number, handler)


@SIGNALS
def test_a_signal_is_no_error_of_those_who_meet_it(sent: signal.Signals, code: int, handlers: object) -> None:
    """A library that takes it for something else does not change what is said."""
    with pytest.raises(Stopped, match=r"^stopped; all is well$") as caught, stopping(lambda: "all is well"):
        try:
            signal.raise_signal(sent)
        except BaseException:
            raise ImportError("numpy failed to import") from None
    assert caught.value.exit_code == ExitCode(code)


def test_an_error_within_stays_what_it_is(handlers: object) -> None:
    with pytest.raises(ValueError, match="mine"), stopping(lambda: "unused"):
        raise ValueError("mine")


def test_what_a_shell_runs_in_the_background_ignores_its_ctrl_c() -> None:
    """Such a shell has it ignored before it starts us; it still ends when it is terminated."""
    code = """
import os, signal
from imagery_watch.cli.signals import heed_signals, stopping
heed_signals()
with stopping(str):
    os.kill(os.getpid(), signal.SIGINT)
os.kill(os.getpid(), signal.SIGINT)
print("went on", flush=True)
os.kill(os.getpid(), signal.SIGTERM)
"""
    command = ["sh", "-c", 'trap "" INT; exec "$0" -c "$1"', sys.executable, code]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (143, "went on\n"), done.stderr
