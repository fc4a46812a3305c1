"""Work spread over processes: the same results in the same order, whatever becomes of the processes."""

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from imagery_watch.spread import FEWEST_PARTS, prepare, spread

MANY = 3 * FEWEST_PARTS
SCRIPT = """
import os, time
from imagery_watch.spread import spread
print("begun", flush=True)
print(*set(spread(os.getpid, [()] * {number}, {number}, 2)), flush=True)
{then}
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


def report_from_a_worker(results: "multiprocessing.Queue[bool]") -> None:
    told = list(spread(square_in, [(n, os.getpid()) for n in range(MANY)], MANY, 2))
    results.put(told == [(n**2, True) for n in range(MANY)])


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
    prepare("imaplib", FEWEST_PARTS, 2)  # which nothing else here loads
    assert any(spread(has_loaded, [("imaplib",)] * MANY, MANY, 2))
    prepare("imaplib", FEWEST_PARTS - 1, 2)
    assert not has_loaded("imaplib")


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


@pytest.mark.filterwarnings("ignore:A worker")
def test_the_part_of_a_process_that_died_is_done_here() -> None:
    told = list(spread(die_elsewhere, [(n, os.getpid()) for n in range(MANY)], MANY, 2))
    assert told == [n**2 for n in range(MANY)]
    assert list(spread(square, [(n,) for n in range(MANY)], MANY, 2)) == [n**2 for n in range(MANY)]


def test_a_worker_of_somebody_else_has_none_of_its_own() -> None:
    context = multiprocessing.get_context("spawn")
    results = context.Queue()
    worker = context.Process(target=report_from_a_worker, args=(results,), daemon=True)
    worker.start()
    assert results.get(timeout=60)
    worker.join(60)


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
def test_an_interrupt_is_the_programs_alone(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(SCRIPT.format(number=MANY, then="time.sleep(60)"))
    command = [sys.executable, str(script)]
    program = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    assert program.stdout is not None
    assert program.stdout.readline() == "begun\n"
    assert program.stdout.readline()  # the processes are there
    time.sleep(0.2)
    os.killpg(program.pid, signal.SIGINT)  # as a terminal does
    _, error = program.communicate(timeout=30)
    assert error.count("KeyboardInterrupt") == 1
