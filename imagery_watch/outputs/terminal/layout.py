"""Text and tables as wide as a terminal: a date, a length, a code or a path is never broken across lines."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from imagery_watch.outputs.wording.text import clean

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

GLUE = "\ue000"
"""Stands for a space at which no line may end; for private use, so no name has a need of it."""
LONG, LEAST_OF_LONG = 40, 20
"""Columns whose text is longer than the first are not made narrower than the second: one word a line is no reading."""
SHORT = 28
"""A cell of at most so many letters, its column's name among them, is kept on one line."""
_TOGETHER = re.compile(
    r"\d{4}-\d\d-\d\d \d\d:\d\d(?::\d\d)?(?: UTC)?"
    r"|(?:[<>~] )?\d[\d.,]*(?:[–-]\d[\d.,]*)? (?:%|m|m2|km|km2|ha|[kMGT]?B|s|h|px|hours?|days?|km²|m²)(?!\w)"
    r"|[<>~] \d[\d.,]*"
)
"""Times, numbers with their units, and numbers with a mark before them."""


@dataclass(frozen=True)
class Sheet:
    """A table whose width is not known yet: its columns, and its cells as plain text."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    title: str = ""
    right: tuple[str, ...] = ()
    """Columns of numbers, which end at one line."""

    @property
    def row_count(self) -> int:
        """Rows, the head left out."""
        return len(self.rows)

    def show(self, console: "Console") -> None:
        """Prints it as a table where every word has room, else one cell a line."""
        widths = self.choose_widths(console.width)
        for line in fold(self.title, console.width) if self.title else ():
            console.print(line, style="italic", markup=False, highlight=False, soft_wrap=True)
        if widths is not None:
            console.print(self._table(widths))
            return
        for line in self.stack(console.width):
            console.print(line, markup=False, highlight=False, soft_wrap=True)

    def choose_widths(self, room: int) -> tuple[int, ...] | None:
        """The columns' widths, without rules and padding; None where words would be broken."""
        cells = list(zip(self.columns, *self.rows, strict=True))
        natural = [max(len_of(text) for text in column) for column in cells]
        least = [max(longest_word(text) for text in column) for column in cells]
        floors = [max(one, LEAST_OF_LONG) if wide > LONG else one for one, wide in zip(least, natural, strict=True)]
        return share(natural, floors, room - 3 * len(self.columns) - 1)

    def stack(self, room: int) -> list[str]:
        """Each row in lines of its own, every cell behind its column's name; indented where its first cell is empty."""
        lines = []
        for row in self.rows:
            named = [f"{name.replace(' ', GLUE)}: {text}" for name, text in zip(self.columns, row, strict=True) if text]
            glued = [one.replace(" ", GLUE) if len_of(one) <= SHORT else one for one in named]
            lines += fold(f"{'' if row[0] else '  '}{'; '.join(glued)}", room, hang=2 if row[0] else 4)
        return lines

    def _table(self, widths: Sequence[int]) -> "Table":
        from rich.table import Table
        from rich.text import Text

        def filled(text: str, width: int) -> Text:
            """A cell with its lines ended where they have to."""
            return Text("\n".join(fold(text, width)))

        table = Table()
        for name, width in zip(self.columns, widths, strict=True):
            justify: Literal["left", "right"] = "right" if name in self.right else "left"
            table.add_column(filled(name, width), width=width, justify=justify)
        for row in self.rows:
            table.add_row(*(filled(text, width) for text, width in zip(row, widths, strict=True)))
        return table


def share(natural: Sequence[int], least: Sequence[int], room: int) -> tuple[int, ...] | None:
    """Widths of at most `natural` and at least `least` that fit into the room, the widest cut first; None: none do."""
    widths = list(natural)
    while sum(widths) > room:
        wide = [(width, -number) for number, width in enumerate(widths) if width > least[number]]
        if not wide:
            return None
        widths[-max(wide)[1]] -= 1
    return tuple(widths)


def fold(text: str, width: int, *, hang: int = 0) -> list[str]:
    """The text in lines that end between words; `hang` spaces begin each but the first, which keeps its own.

    A word that is longer than the width has a line of its own, whole.
    """
    text = clean(text)
    start = " " * (len(text) - len(text.lstrip(" ")))
    lines, line, used = [], start, len(start)
    empty = True
    for word in _words(text):
        if not empty and used + 1 + len_of(word) > width:
            lines.append(line)
            line, used, empty = " " * hang, hang, True
        line += word if empty else f" {word}"
        used += len_of(word) + (not empty)
        empty = False
    return [part.replace(GLUE, " ") for part in (*lines, line)]


def print_text(console: "Console", texts: Iterable[str]) -> None:
    """Prints each text from a line of its own on, folded to the console's width."""
    for text in texts:
        for line in fold(text, console.width):
            console.print(line, markup=False, highlight=False, soft_wrap=True)


def longest_word(text: str) -> int:
    """Columns of the terminal that the longest part of the text takes which must not be broken."""
    return max((len_of(word) for word in _words(clean(text))), default=0)


def len_of(text: str) -> int:
    """Columns of the terminal that a text takes: some letters take two."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def _words(text: str) -> list[str]:
    glued = _TOGETHER.sub(lambda found: found[0].replace(" ", GLUE), text)
    return [word for word in glued.split(" ") if word]
