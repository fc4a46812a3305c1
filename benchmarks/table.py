"""Tables as Markdown has them, for the benchmarks that compare ways of doing the same."""

import statistics
from collections.abc import Iterable, Sequence


def show_table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Prints a table."""
    print(f"| {' | '.join(heads)} |\n|{'---|' * len(heads)}")
    for row in rows:
        print(f"| {' | '.join(row)} |", flush=True)


def show_span(values: Sequence[float], digits: int = 2) -> str:
    """The median, and the least and the most."""
    return f"{statistics.median(values):.{digits}f} ({min(values):.{digits}f}-{max(values):.{digits}f})"


def show_times(value: float, base: float | None, digits: int = 2) -> str:
    """How many times the base a value is; a dash without a base."""
    return "-" if not base else f"{value / base:.{digits}f}"
