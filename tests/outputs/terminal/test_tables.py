import io
from dataclasses import replace

import pytest
from rich.console import Console

from imagery_watch.model import RunResult
from imagery_watch.outputs.terminal.tables import hits_table, looks_line, print_stays, print_summary, stays_table
from outputs.builders import make_airfield, make_hit, make_provenance, make_result, make_stay


def printed(result: RunResult) -> str:
    stream = io.StringIO()
    print_summary(result, Console(file=stream, width=200, force_terminal=False))
    return stream.getvalue()


def test_a_row_a_hit_and_a_line_on_the_looks() -> None:
    text = printed(make_result(2))
    assert hits_table(make_result(2)).row_count == 2
    assert "50 m (90 %: 40–62 m)" in text
    assert "2022-03-01 10:21 → 2022-03-06 10:21" in text
    assert "4 looks: 1 change, 1 no change, 1 not observed, 1 failed" in text


def test_no_hits_no_table() -> None:
    text = printed(make_result(0))
    assert text.startswith("No change of aircraft size was found in 2 looks")
    assert "─" not in text


@pytest.mark.parametrize("name", ["[red]x[/red]", "[/]", "[link=http://x]y[/link]", "[bold"])
def test_markup_in_names_is_printed_as_it_is(name: str) -> None:
    result = replace(make_result(), airfield=make_airfield(name), hits=(make_hit(apron=name),))
    assert printed(result).count(name) == 2


def test_control_characters_do_not_reach_the_terminal() -> None:
    name = "\x1b[31m\x07\u202eA\x9b2J"
    result = replace(make_result(), airfield=make_airfield(name), hits=(make_hit(apron=name),))
    assert not set(printed(result)) & set("\x1b\x07\u202e\x9b")


def test_simulated_data_say_so_first() -> None:
    result = replace(make_result(), provenance=make_provenance(simulated=True, simulated_note="Painted."))
    assert printed(result).startswith("Simulated data. Painted.")


def test_one_look() -> None:
    result = make_result()
    assert looks_line(replace(result, looks=result.looks[:1])).startswith("1 look: 0 change, 1 no change")


def test_stays_are_a_table_of_their_own() -> None:
    stream = io.StringIO()
    name = "[red]A\x1b[31m"
    result = replace(make_result(), stays=(make_stay(apron=name), make_stay(2, not_after=None)))
    print_stays(result, Console(file=stream, width=240, force_terminal=False))
    assert stays_table(result).row_count == 2
    assert "seen in one look, less than 10.0 days" in stream.getvalue()
    assert "[red]A" in stream.getvalue() and "\x1b" not in stream.getvalue()
    print_stays(make_result(), Console(file=io.StringIO()))
