"""docs/method.md and the code say the same: every constant, its value, and every section that the code points to."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "imagery_watch"
METHOD = (ROOT / "docs" / "method.md").read_text(encoding="utf-8")
OTHERS = (
    "model/detector.py",
    "model/flight.py",
    "model/results.py",
    "observability.py",
    "model/change.py",
    "provenance.py",
    "evaluate/detection_limit.py",
    "outputs/reconcile/record.py",
    "outputs/reconcile/standing.py",
    "outputs/review/tally.py",
    "sensors/sentinel2/counts.py",
    "drafting.py",
)
"""Modules outside `change/`, `corroborate/` and `draft/` of which every constant is in the table."""
DETECTOR = "sensors/sentinel2/detector.py"
SETTINGS = "settings.py"
COLUMNS = ["constant", "value", "unit", "origin", "when it is wrong"]
ORIGINS = ("cited", "measured", "assumed", "by construction", "by contract", "as `", "from ", "its inverse", "the user")


def test_the_table_holds_every_constant_with_its_value_and_no_other() -> None:
    table, code = dict(table_values()), dict(code_values())
    missing = [
        f"| `{name}` | `{value}` | unit | origin | when it is wrong |" for name, value in code.items() - table.items()
    ]
    assert not missing, "rows of section 19 to add or to correct:\n" + "\n".join(sorted(missing))
    assert not table.keys() - code.keys(), "rows of constants that the code does not have"


def test_every_constant_is_told_once_with_a_unit_an_origin_and_what_it_does() -> None:
    names = [name for name, _ in table_values()]
    assert len(names) == len(set(names)), sorted(name for name in names if names.count(name) > 1)
    for cells in table_rows():
        assert len(cells) == len(COLUMNS), cells
        assert all(cells), cells
        assert cells[3].startswith(ORIGINS), cells


def test_sections_are_numbered_from_1_to_21() -> None:
    assert [number for number, _ in sections()] == list(range(1, 22))


def test_every_pointer_of_the_code_names_a_section_that_is_there() -> None:
    numbers = {number for number, _ in sections()}
    pointers = list(pointers_of_the_code())
    assert len(pointers) > 20
    assert not [where for where, number in pointers if number not in numbers]


def test_no_module_that_the_text_names_is_missing() -> None:
    named = set(re.findall(r"`([a-z_0-9/]+\.py)`", METHOD))
    assert len(named) > 20
    assert not [name for name in sorted(named) if not ((PACKAGE / name).is_file() or (ROOT / name).is_file())]


def test_no_module_cites_a_file_that_is_not_there() -> None:
    said = [path for path in PACKAGE.rglob("*.py") if "science:" in path.read_text(encoding="utf-8")]
    assert not said


def table_rows() -> list[list[str]]:
    """The cells of each row of section 19, its head left out."""
    section = next(text for number, text in sections() if number == 19)
    lines = [line for line in section.splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    assert cells[0] == COLUMNS
    return cells[2:]


def table_values() -> list[tuple[str, str]]:
    """Name and value of each row; values are expressions, as Python would write them."""
    return [(name.strip("`"), canonical(value.strip("`"))) for name, value, *_ in table_rows()]


def sections() -> list[tuple[int, str]]:
    """Number and text of each numbered section."""
    parts = re.split(r"^## ", METHOD, flags=re.MULTILINE)[1:]
    return [(int(found[1]), part) for part in parts if (found := re.match(r"(\d+) ", part))]


def pointers_of_the_code() -> Iterator[tuple[str, int]]:
    """Path and section number of everything that points to the method."""
    for path in sorted(PACKAGE.rglob("*.py")):
        text = re.sub(r"[\s#]+", " ", path.read_text(encoding="utf-8"))
        for found in re.finditer(r"docs/method\.md(?:, section (\d+))?", text):
            yield str(path.relative_to(ROOT)), int(found[1] or 0)


def code_values() -> Iterator[tuple[str, str]]:
    """Name and value of every constant of the modules that decide, fields of the detector and settings that do."""
    rooms = [path for room in ("change", "corroborate", "draft") for path in sorted((PACKAGE / room).rglob("*.py"))]
    modules = [*rooms, *(PACKAGE / name for name in OTHERS)]
    for path in modules:
        for name, value in constants_of(path):
            yield f"{module_of(path)}.{name}", value
    for name, value in constants_of(PACKAGE / DETECTOR, calls="DetectorModel"):
        yield f"{module_of(PACKAGE / DETECTOR)}.{name}", value
    yield from decisive_settings()


def constants_of(path: Path, calls: str = "") -> Iterator[tuple[str, str]]:
    """Module-level names in capitals and their values; `A, B = 1, 2` gives two.

    Of what is made by `calls`, each keyword by itself. Type variables are none.
    """
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        for name, value in assignments(node):
            if name.isupper() and calls and isinstance(value, ast.Call):
                yield from ((f"{name}.{one.arg}", ast.unparse(one.value)) for one in value.keywords)
            elif name.isupper() and not is_type_variable(value):
                yield name, ast.unparse(value)


def assignments(node: ast.stmt) -> Iterator[tuple[str, ast.expr]]:
    """Each name that a statement gives a value to, and the value."""
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None:
        yield node.target.id, node.value
    if not isinstance(node, ast.Assign):
        return
    for target in node.targets:
        if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
            pairs = zip(target.elts, node.value.elts, strict=True)
            yield from ((one.id, value) for one, value in pairs if isinstance(one, ast.Name))
        elif isinstance(target, ast.Name):
            yield target.id, node.value


def is_type_variable(value: ast.expr) -> bool:
    return isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "TypeVar"


def decisive_settings() -> Iterator[tuple[str, str]]:
    """The defaults of the settings that decide what comes out."""
    named = dict(constants_of(PACKAGE / "provenance.py"))["DECISIVE_SETTINGS"]
    classes = [
        node
        for node in ast.parse((PACKAGE / SETTINGS).read_text(encoding="utf-8")).body
        if isinstance(node, ast.ClassDef)
    ]
    fields = {name: value for one in classes for node in one.body for name, value in assignments(node)}
    for name in ast.literal_eval(named):
        value = fields[name]
        yield f"settings.Settings.{name}", ast.unparse(value.args[0] if isinstance(value, ast.Call) else value)


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(PACKAGE).with_suffix("").parts)


def canonical(expression: str) -> str:
    """The expression as Python would write it, so that spaces and quotes make no difference."""
    return ast.unparse(ast.parse(expression, mode="eval"))
