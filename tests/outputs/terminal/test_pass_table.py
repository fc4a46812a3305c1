"""The history of passes as a person and a program read it."""

import io
import json
from datetime import timedelta
from typing import Any

import pytest
from rich.console import Console

from imagery_watch.model import NextPass, Pass
from imagery_watch.outputs.terminal.pass_table import MOST_SURPLUS, PassHistory, lines, next_words, show_passes
from imagery_watch.outputs.values import dump_json
from imagery_watch.reasons import ReasonCode
from outputs.builders import START, make_chance, make_look, make_occupancy

EVIL = "[red]A\x1b[2J\u202e\x07"


def make_history(name: str = "A", reason: str = "cloud", **changes: Any) -> PassHistory:
    """A pass that saw two more than usual, one under cloud, and one that only served as history."""
    looks = make_look(0, "change", apron=name), make_look(5, "not_observed", apron=name, reason=reason)
    passes = (
        Pass("sentinel-2b_20220219T102109", START - timedelta(days=10), 22, "history"),
        Pass("sentinel-2a_20220301T102109", START, 65, "scored", looks[:1], (make_occupancy(0, 3, 1, name),)),
        Pass("", START + timedelta(days=5), None, "scored", looks[1:]),
    )
    due = NextPass("sentinel-2a", 65, START, START + timedelta(days=10))
    values: dict[str, Any] = {
        "passes": passes,
        "chances": (make_chance(36, 0.41, name),),
        "due": (due,),
        "last_seen": START,
    }
    return PassHistory(**{"airfield": "LIPB", "source": "a folder", **values, **changes})


def printed(history: PassHistory) -> str:
    stream = io.StringIO()
    show_passes(history, Console(file=stream, width=220, force_terminal=False))
    return stream.getvalue()


def test_passes_looks_surplus_chances_and_what_is_next() -> None:
    text = " ".join(printed(make_history()).split())
    assert "2022-03-01 10:21 │ sentinel-2a │ 65 │ A │ change │ 100% │ 18 m │ 2 more" in text
    assert "not known" in text and "not observed" in text and "cloud" in text
    assert "1 more pass served only to know the empty aprons." in text
    assert "2 more than usual stood on A on 2022-03-01." in text
    assert "A stay of 36 hours on A between 2022-03-01 and 2022-03-31 had a chance of 41 %" in text
    assert "36 h" in text
    assert "Aircraft shorter than about 18 m would likely have been missed (measured by planting " in text
    assert "ten-day cycle: 2022-03-11 10:21 UTC (sentinel-2a, orbit 65)." in text


def test_json_holds_all_of_it() -> None:
    told = json.loads(dump_json(make_history().as_dict()))
    assert [one["state"] for one in told["passes"]] == ["history", "scored", "scored"]
    assert told["passes"][1]["looks"] == [
        {
            "apron": "A", "result": "change", "visible_fraction": 1.0, "smallest_detectable_m": 17.5,
            "standing": 3, "usual": 1, "surplus": 2, "reason": "", "reason_code": [],
        }
    ]  # fmt: skip
    assert (told["passes"][2]["id"], told["passes"][2]["platform"]) == (None, None)
    assert told["passes"][2]["looks"][0]["surplus"] is None
    assert told["next"][0]["due"] == "2022-03-11T10:21:09.024000Z"
    assert told["chances"][0]["probability"] == 0.41


@pytest.mark.parametrize("part", ["name", "reason", "source", "airfield", "simulated"])
def test_names_cannot_reach_the_terminal(part: str) -> None:
    text = printed(make_history(**{part: EVIL}))
    assert "[red]A" in text
    assert not set(text) & set("\x1b\x07\u202e")


def test_a_long_reason_is_shortened() -> None:
    assert "…" in printed(make_history(reason="cloud " * 40))
    assert len(make_history(reason="x " * 400).as_dict()["passes"][2]["looks"][0]["reason"]) == 800


def test_each_reason_is_told_once_below_the_table_by_its_number() -> None:
    reasons = [ReasonCode.HIDDEN.because(visible=visible) for visible in (0.0, 0.05)]
    clouded = [make_look(day, "not_observed", reason=str(r), reason_codes=(r.code,)) for day, r in enumerate(reasons)]
    failed = make_look(10, "failed", apron="A", reason="S2A/B02.tif: no such file")
    passes = tuple(Pass("", look.datetime, 65, "scored", (look,)) for look in (*clouded, failed))
    text = " ".join(printed(make_history(passes=passes)).split())
    assert text.count("not observed (1)") == 2 and text.count("failed (2)") == 1
    assert text.count("hidden by cloud") == 1
    assert "(1) hidden by cloud, its shadow, or the image's edge (2) S2A/B02.tif: no such file" in text


def test_what_cannot_be_told_is_said() -> None:
    assert "cannot be told: no pass is known" in next_words(make_history(due=(), last_seen=None))
    assert "the newest known is of 2022-03-01 10:21 UTC" in next_words(make_history(due=()))
    assert lines(make_history(passes=(), chances=())) == ["LIPB: no pass in this period (from a folder)."]
    assert "Pass (UTC)" not in printed(make_history(passes=(), chances=()))


def test_other_orbits_follow_the_first() -> None:
    first, second = (NextPass("sentinel-2a", orbit, START, START) for orbit in (65, None))
    assert "Then: 2022-03-01 10:21 UTC (sentinel-2a, orbit not known)." in next_words(make_history(due=(first, second)))


def test_many_runs_of_surplus_are_cut() -> None:
    counts = tuple(make_occupancy(number, number % 2) for number in range(3 * MOST_SURPLUS))
    told = lines(make_history(passes=(Pass("", START, None, "scored", (), counts),)))
    assert sum("usual stood on" in line for line in told) == MOST_SURPLUS
    assert any("times before" in line for line in told)


def test_simulated_data_say_so_first() -> None:
    assert printed(make_history(simulated="Painted.")).startswith("Simulated data. Painted.")
