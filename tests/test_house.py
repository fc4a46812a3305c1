"""The house stays in order: short functions that say what they give, small files and folders, and no import circles."""

import ast
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import pytest

PACKAGE = Path(__file__).parent.parent / "imagery_watch"
FILES = sorted(PACKAGE.rglob("*.py"))
ROOMS = [PACKAGE / name for name in ("change", "outputs", "sources")]
MAX_FUNCTION, MAX_MEDIAN, MAX_FILE, MAX_MODULES = 46, 6, 300, 11

Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions() -> Iterator[tuple[Path, Function]]:
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield path.relative_to(PACKAGE), node


def body_lines(function: Function) -> int:
    """Lines from the first statement behind the docstring to the end."""
    statements = function.body[1:] if ast.get_docstring(function) else function.body
    return (function.end_lineno or 0) - statements[0].lineno + 1 if statements else 0


def test_functions_are_short() -> None:
    lengths = {f"{path}: {one.name}": body_lines(one) for path, one in functions()}
    assert median(lengths.values()) <= MAX_MEDIAN
    assert {name: length for name, length in lengths.items() if length > MAX_FUNCTION} == {}


def test_functions_are_short_with_their_words_too() -> None:
    lengths = {f"{path}: {one.name}": (one.end_lineno or 0) - one.lineno + 1 for path, one in functions()}
    assert {name: length for name, length in lengths.items() if length > MAX_FUNCTION} == {}


def test_public_functions_and_classes_say_what_they_are() -> None:
    silent = [f"{path}: {one.name}" for path, one in functions() if not one.name.startswith("_") and not doc(one)]
    assert silent == []


def doc(node: Function) -> str | None:
    return ast.get_docstring(node)


def test_files_and_folders_are_small() -> None:
    assert {str(path): n for path in FILES if (n := path.read_text(encoding="utf-8").count("\n")) > MAX_FILE} == {}
    folders = [folder for room in ROOMS for folder in (room, *room.rglob("*")) if folder.is_dir()]
    modules = {str(one): len([path for path in one.glob("*.py") if path.name != "__init__.py"]) for one in folders}
    assert {folder: count for folder, count in modules.items() if count > MAX_MODULES} == {}


def imports(path: Path) -> set[str]:
    """Modules of the package that a file imports at run time, on top or lazily."""
    tree, names = ast.parse(path.read_text(encoding="utf-8")), set()
    only_for_types = {
        child
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for child in ast.walk(node)
    }
    for node in ast.walk(tree):
        if node in only_for_types or not isinstance(node, ast.ImportFrom) or not node.module:
            continue
        if node.module.split(".")[0] == PACKAGE.name:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def module_of(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def test_no_module_imports_itself_by_a_detour() -> None:
    known = {module_of(path): path for path in FILES}
    graph = {name: {one for one in imports(path) if one in known and one != name} for name, path in known.items()}
    front_doors = {"imagery_watch"}  # it opens `api` on first use, and says the version; nothing is defined in it
    graph = {name: others - front_doors for name, others in graph.items() if name not in front_doors}
    for start in graph:
        assert start not in reached(graph, start), f"{start} reaches itself"


def reached(graph: dict[str, set[str]], start: str) -> set[str]:
    found: set[str] = set()
    waiting = list(graph[start])
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += graph.get(name, ())
    return found


@pytest.mark.parametrize("word", ["science:", "Sighting", "margin_over", "TODO"])
def test_words_that_were_left_behind_stay_behind(word: str) -> None:
    assert [str(path) for path in FILES if word in path.read_text(encoding="utf-8")] == []
