"""Work spread over processes: the same results in the same order, whatever becomes of the processes."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from imagery_watch.spread import FEWEST_PARTS, IDLE, prepare, spread

MANY = 3 * FEWEST_PARTS
SCRIPT = """
import os, time
from imagery_watch.spread import spread
print("begun", flush=True)
print(*set(spread(os.getpid, [()] * {number}, {number}, 2)), flush=True)
{then}
"""


WITHOUT_OUTPUTS = """
import json, os
from pathlib import Path
from imagery_watch.spread import spread
told = [os.getpid(), *set(spread(os.getpid, [()] * {number}, {number}, 2))]
Path({told!r}).write_text(json.dumps(told))
"""


def square(number: int) -> int:
    return number**2


def square_in(number: int, here: int) -> tuple[int, bool]:
    return number**2, os.getpid() == here


def die_elsewhere(number: int, here: int) -> int:
    if os.getpid() != here and number == MANY // 2:
        os._exit(9)
    return number**2


def refuse(number: int) -> int:
    if number == MANY // 2:
        raise LookupError(f"no {number}")
    return number


def test_results_come_in_order_and_from_other_processes() -> None:
    told = list(spread(square_in, [(n, os.getpid()) for n in range(MANY)], MANY, 2))
    assert told == [(n**2, False) for n in range(MANY)]


@pytest.mark.parametrize(("number", "workers"), [(MANY, 1), (FEWEST_PARTS - 1, 4), (0, 4)])
def test_little_work_and_one_worker_need_no_process(number: int, workers: int) -> None:
    told = list(spread(square_in, [(n, os.getpid()) for n in range(number)], number, workers))
    assert told == [(n**2, True) for n in range(number)]


def has_loaded(module: str) -> bool:
    return module in sys.modules


def test_processes_can_begin_before_they_are_wanted() -> None:
    IDLE.end()
    prepare("imaplib", FEWEST_PARTS, 2)  # which nothing else here loads
    assert IDLE.count() == 2
    assert all(spread(has_loaded, [("imaplib",)] * MANY, MANY, 2))
    prepare("imaplib", FEWEST_PARTS, 2)
    assert IDLE.count() == 2  # those of before
    assert not has_loaded("imaplib")


@pytest.mark.parametrize(("number", "workers"), [(FEWEST_PARTS - 1, 2), (MANY, 1)])
def test_processes_that_nobody_wants_do_not_begin(number: int, workers: int) -> None:
    IDLE.end()
    prepare("imaplib", number, workers)
    assert IDLE.count() == 0


def test_there_are_no_more_processes_than_parts() -> None:
    IDLE.end()
    prepare("imaplib", FEWEST_PARTS, 64)
    list(spread(square, [(n,) for n in range(FEWEST_PARTS)], FEWEST_PARTS, 64))
    assert 0 < IDLE.count() <= FEWEST_PARTS


@pytest.mark.parametrize("executable", [None, "", "/bin/false", "/nowhere/python"])
def test_where_there_can_be_no_process_the_work_is_done_here(executable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    IDLE.end()
    monkeypatch.setattr(sys, "executable", executable)
    prepare("imaplib", MANY, 2)
    assert list(spread(square_in, [(n, os.getpid()) for n in range(MANY)], MANY, 2)) == [
        (n**2, True) for n in range(MANY)
    ]


def test_work_that_is_no_longer_wanted_ends_at_once() -> None:
    results = spread(time.sleep, [(0.0,), *[(50.0,)] * MANY], MANY + 1, 2)
    next(results)
    before = time.monotonic()
    results.close()
    assert time.monotonic() - before < 10


def test_a_copy_of_the_program_leaves_its_processes_alone() -> None:
    list(spread(square, [(n,) for n in range(MANY)], MANY, 2))
    assert IDLE.count() > 0
    child = os.fork()
    if not child:
        os._exit(IDLE.count())
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert list(spread(square, [(n,) for n in range(MANY)], MANY, 2)) == [n**2 for n in range(MANY)]


def refuse_to_be_handed_back(number: int) -> object:
    return lambda: number


def test_what_cannot_be_handed_back_is_an_error_that_says_so() -> None:
    with pytest.raises(RuntimeError, match="cannot be handed back"):
        list(spread(refuse_to_be_handed_back, [(n,) for n in range(MANY)], MANY, 2))


def test_parts_are_made_as_they_are_needed() -> None:
    made = list[int]()

    def parts() -> Iterator[tuple[int]]:
        for number in range(MANY):
            made.append(number)
            yield (number,)

    results = spread(square, parts(), MANY, 2)
    assert next(results) == 0
    assert len(made) < MANY
    results.close()


def test_an_error_is_that_of_the_work_and_the_next_call_works() -> None:
    results = spread(refuse, [(n,) for n in range(MANY)], MANY, 2)
    with pytest.raises(LookupError, match=f"no {MANY // 2}"):
        list(results)
    assert list(spread(square, [(n,) for n in range(MANY)], MANY, 2)) == [n**2 for n in range(MANY)]


def test_the_part_of_a_process_that_died_is_done_here() -> None:
    told = list(spread(die_elsewhere, [(n, os.getpid()) for n in range(MANY)], MANY, 2))
    assert told == [n**2 for n in range(MANY)]
    assert list(spread(square, [(n,) for n in range(MANY)], MANY, 2)) == [n**2 for n in range(MANY)]


def test_a_script_without_a_guard_is_not_run_again(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(SCRIPT.format(number=MANY, then=""))
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("begun") == 1


@pytest.mark.skipif(os.name != "posix", reason="signals as POSIX has them")
def test_processes_end_with_the_program_even_when_that_is_killed(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(SCRIPT.format(number=MANY, then="time.sleep(60)"))
    program = subprocess.Popen(
        [sys.executable, str(script)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert program.stdout is not None
    assert program.stdout.readline() == "begun\n"
    workers = [psutil.Process(int(number)) for number in program.stdout.readline().split()]
    assert workers
    assert all(one.is_running() for one in workers)
    program.send_signal(signal.SIGKILL)
    program.wait(10)
    program.stdout.close()
    psutil.wait_procs(workers, timeout=15)
    assert not [one for one in workers if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]


@pytest.mark.skipif(os.name != "posix", reason="signals as POSIX has them")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP, signal.SIGTERM])
@pytest.mark.parametrize("after_s", [0.0, 0.1, 0.4])
def test_a_signal_to_all_of_a_terminals_is_the_programs_alone(tmp_path: Path, number: int, after_s: float) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "import signal, sys, time\n"
        f"signal.signal({int(number)}, lambda *_: sys.exit('stopped'))\n"
        "from imagery_watch.spread import prepare, spread\n"
        "prepare('imagery_watch.change.detect', 9, 2)\n"
        "print('begun', flush=True)\n"
        "list(spread(time.sleep, [(20,)] * 9, 9, 2))\n"
    )
    command = [sys.executable, "-W", "error", str(script)]
    program = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    assert program.stdout is not None
    assert program.stdout.readline() == "begun\n"
    time.sleep(after_s)
    workers = psutil.Process(program.pid).children(recursive=True)
    os.killpg(program.pid, number)  # as a terminal does
    _, error = program.communicate(timeout=30)
    assert error == "stopped\n"
    psutil.wait_procs(workers, timeout=15)
    assert not [one for one in workers if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]


def test_a_program_without_outputs_has_processes_too(tmp_path: Path) -> None:
    script, told = tmp_path / "script.py", tmp_path / "told"
    script.write_text(WITHOUT_OUTPUTS.format(number=MANY, told=str(told)))
    subprocess.run(f"{sys.executable} {script} <&- >&- 2>&-", shell=True, timeout=60, check=True)
    here, *others = json.loads(told.read_text())
    assert others and here not in others
