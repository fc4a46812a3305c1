"""Text and tables at every width: what must not be broken is whole, and nothing is lost."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from imagery_watch.outputs.terminal.layout import Sheet, fold, len_of, longest_word, share

TOKENS = ("LIPB", "2022-08-26 10:30", "36 m", "30–42 m)", "(90 %:", "< 0.01", "LIPB-a1b2c3", "/data/x/report.html", "→",
          "Tromsø", "2.5 days", "12 km2", "平壌", "1,234 hours", "2022-08-26 10:30 UTC")  # fmt: skip
texts = st.lists(st.sampled_from(TOKENS), max_size=6).map(" ".join)


def shown(sheet: Sheet, width: int) -> str:
    stream = io.StringIO()
    sheet.show(Console(file=stream, width=width, height=24, force_terminal=False))
    return stream.getvalue()


@given(texts, st.integers(20, 130), st.integers(0, 6))
def test_folded_text_keeps_tokens_whole_and_fits(text: str, width: int, hang: int) -> None:
    lines = fold(text, width, hang=hang)
    assert " ".join(" ".join(lines).split()) == " ".join(text.split())
    assert all(len_of(line) <= width or longest_word(line.strip()) > width - hang for line in lines)
    for token in TOKENS:
        assert sum(line.count(token) for line in lines) == text.count(token)


@given(st.lists(st.tuples(texts, texts, texts), min_size=1, max_size=4), st.integers(20, 130))
def test_a_table_of_any_width_holds_every_token_whole(rows: list[tuple[str, ...]], width: int) -> None:
    text = shown(Sheet(("Kind", "Between (UTC)", "Score"), tuple(rows), "A title", right=("Score",)), width)
    longest = max(longest_word(cell) for row in rows for cell in row)
    assert all(len_of(line) <= width or longest > width - 20 for line in text.splitlines())
    for token in TOKENS:
        assert text.count(token) >= sum(cell.count(token) for row in rows for cell in row)


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_a_path_that_is_wider_than_the_terminal_stays_whole(width: int) -> None:
    path = "/data/" + "x" * 130 + "/report.html"
    assert path in fold(f"wrote {path}: 2 aprons", width)[1]
    assert path in shown(Sheet(("File", "What"), ((path, "an airfield"),)), width)


def test_a_line_keeps_its_own_indent_and_the_next_ones_have_theirs() -> None:
    assert fold("  a few words in a row", 12, hang=4) == ["  a few", "    words in", "    a row"]


def test_the_widest_column_is_cut_first_and_none_below_its_least() -> None:
    assert share([10, 30, 5], [10, 12, 5], 50) == (10, 30, 5)
    assert share([10, 30, 5], [10, 12, 5], 30) == (10, 15, 5)
    assert share([10, 30, 5], [10, 12, 5], 27) == (10, 12, 5)
    assert share([10, 30, 5], [10, 12, 5], 26) is None


def test_where_a_table_has_no_room_each_row_is_a_paragraph() -> None:
    sheet = Sheet(("ICAO", "Name", "Aprons"), (("LIPB", "Bolzano", "2"), ("", "Bozen", "")))
    assert sheet.choose_widths(20) is None
    assert shown(sheet, 20).splitlines() == ["ICAO: LIPB;", "  Name: Bolzano;", "  Aprons: 2", "  Name: Bozen"]
    assert "│ LIPB │ Bolzano │ 2" in shown(sheet, 40)


def test_a_strangers_controls_and_markup_do_nothing() -> None:
    text = shown(Sheet(("Name",), (("[red]x[/red]\x1b[2J\u202e\ue000",),), "\x1b[31mtitle"), 60)
    assert "[red]x[/red]" in text and not {"\x1b", "\u202e"} & set(text)
