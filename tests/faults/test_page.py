"""The page of what must be survived names tests that are there."""

import ast
import re
from functools import cache
from pathlib import Path

TESTS = Path(__file__).parents[1]
PAGE = (TESTS.parent / "docs" / "reliability.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`((?:[a-z_0-9]+/)*test_[a-z_0-9]+\.py)(?:::([a-z_0-9]+))?`", PAGE)))
ASKED = {
    f"F{number:02}" for number in (1, 2, *range(5, 11), 13, 14, 19, 20, *range(24, 27), *range(29, 35), 37, 40, 41, 44)
}
"""The faults of a network, of catalogues, of pixels, and what means harm."""


def rows() -> dict[str, list[str]]:
    """The cells of each row, by its number."""
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in PAGE.splitlines() if line[:3] == "| F"]
    return {one[0]: one[1:] for one in cells}


def test_every_test_that_is_named_is_there() -> None:
    missing = [f"{file}::{test}" for file, test in NAMED if not (TESTS / file).is_file() or test not in names_in(file)]
    assert missing == [] and len(NAMED) > 100


@cache
def names_in(file: str) -> set[str]:
    """Names of a file's tests, and the empty one."""
    tree = ast.parse((TESTS / file).read_text(encoding="utf-8"))
    return {"", *(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))}


def test_every_fault_has_what_happens_and_a_test_that_injects_it() -> None:
    told = {number: cells for number, cells in rows().items() if number in ASKED}
    assert told.keys() == ASKED
    for number, (fault, happens, held) in told.items():
        assert fault and happens and re.search(r"test_[a-z_0-9]+\.py", held.partition("**Not held")[0]), number


def test_what_is_expected_to_fail_is_said_on_the_page() -> None:
    """A fault of ours that a test waits for is told to whoever reads only the page."""
    waited = set()
    for path in Path(__file__).parent.glob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and any("xfail" in ast.unparse(one) for one in node.decorator_list):
                waited.add(node.name)
    assert {name for name in waited if name not in PAGE} == set()
