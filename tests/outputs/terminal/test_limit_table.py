"""Limits in a terminal and as JSON: figures, reasons, and names that cannot do harm."""

import io
import json

from rich.console import Console

from imagery_watch.model import Limit, LimitReport, LookLimit, LookResult, Trial
from imagery_watch.outputs.terminal.limit_table import limits_dict, show_limits, unmeasured
from imagery_watch.outputs.values import dump_json
from imagery_watch.reasons import Reason, ReasonCode, join_reasons
from outputs.builders import make_look

EVIL = "[red]A\x1b[2J\x07\u202e"


def make_limit(day: int, length: float | None, apron: str = "A") -> LookLimit:
    trials = (Trial("F-16", 15.0, 0, 2), Trial("An-124", 69.1, 5, 5))
    return LookLimit(make_look(day, apron=apron, smallest_detectable_m=length), Limit(length, trials), "")


def make_silent(day: int, result: LookResult = "not_observed", reason: str = "cloud over the apron") -> LookLimit:
    return LookLimit(make_look(day, result, smallest_detectable_m=None), None, reason)


def report(*looks: LookLimit, warnings: tuple[str, ...] = ()) -> LimitReport:
    return LimitReport("LIPB", 20, looks, warnings, incomplete=False)


def printed(told: LimitReport) -> str:
    stream = io.StringIO()
    show_limits(told, Console(file=stream, width=160, force_terminal=False))
    return " ".join(stream.getvalue().split())


def test_the_table_has_median_best_and_worst_of_each_apron() -> None:
    text = printed(report(*(make_limit(day, length) for day, length in enumerate((21.9, 37.6, 31.7)))))
    assert "│ A │ 3 │ 3 │ 32 m │ 22 m │ 38 m │" in text
    assert "8 of 10 plantings" in text and "likely have been missed" in text and "best case" in text


def test_a_look_that_showed_none_counts_as_worse_than_any() -> None:
    looks = (make_limit(0, 31.7), make_limit(1, None), make_limit(2, None))
    assert "│ A │ 3 │ 3 │ over 69 m │ 32 m │ over 69 m │" in printed(report(*looks))
    (apron,) = json.loads(dump_json(limits_dict(report(*looks))))["aprons"]
    assert (apron["median_m"], apron["best_m"], apron["worst_m"], apron["found_nothing"]) == (None, 31.7, None, 2)


def test_looks_that_could_not_be_measured_have_their_reasons() -> None:
    looks = (make_limit(0, 31.7), make_silent(1), make_silent(2), make_silent(3, "failed", "a/b.tif: timed out"))
    text = printed(report(*looks))
    assert "3 of 4 looks could not be measured: 2 x cloud over the apron 1 x a/b.tif: timed out" in text


def make_coded(day: int, reason: Reason) -> LookLimit:
    look = make_look(day, "not_observed", reason=reason.text, reason_codes=(reason.code,), smallest_detectable_m=None)
    return LookLimit(look, None, reason.text, (reason.code,))


def test_looks_with_one_code_are_one_reason_whatever_their_numbers() -> None:
    hidden = [make_coded(day, ReasonCode.HIDDEN.because(visible=day / 10)) for day in (1, 2)]
    gone = [make_coded(day, ReasonCode.FILE_GONE.because(file=f"{day}/B02.tif", what="no such file")) for day in (3, 4)]
    full = LookLimit(make_look(5), None, *join_reasons([ReasonCode.NO_FREE_PLACE.because()]))
    told = unmeasured(report(*hidden, *gone, full))
    assert told[1:] == [
        "  2 x hidden by cloud, its shadow, or the image's edge",
        "  2 x a file that is not there",
        "  1 x no visible, free place to plant an aircraft",
    ]


def test_where_nothing_was_measured_there_is_no_table() -> None:
    text = printed(report(make_silent(0), warnings=("Weak.",)))
    assert text == "None of 1 looks could be measured: 1 x cloud over the apron note: Weak."
    assert "No pass was looked at" in printed(report())
    assert unmeasured(report(make_limit(0, 21.9))) == []


def test_many_reasons_are_cut() -> None:
    told = unmeasured(report(*(make_silent(day, reason=f"reason {day}") for day in range(9))))
    assert len(told) == 8 and "3 more reasons" in told[-1]


def test_json_holds_every_look_and_what_was_tried() -> None:
    told = json.loads(dump_json(limits_dict(report(make_limit(0, 31.7), make_silent(1)))))
    assert (told["airfield"], told["plantings"]) == ("LIPB", 20)
    first, second = told["looks"]
    assert first["smallest_detectable_m"] == 31.7
    assert first["tried"][0] == {"aircraft": "F-16", "length_m": 15.0, "found": 0, "planted": 2}
    assert (second["smallest_detectable_m"], second["tried"], second["reason"]) == (None, [], "cloud over the apron")


def test_names_and_reasons_cannot_reach_the_terminal() -> None:
    text = printed(report(make_limit(0, 31.7, EVIL), make_silent(1, reason=EVIL), warnings=(EVIL,)))
    assert "[red]A" in text
    assert not set(text) & set("\x1b\x07\u202e")
