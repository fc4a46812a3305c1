"""What is said of many looks at once."""

from imagery_watch.model import Look
from imagery_watch.outputs.wording.summaries import NO_REASON, unseen, weaker
from imagery_watch.reasons import Reason, ReasonCode, join_reasons
from outputs.builders import make_look


def silent(day: int, *reasons: Reason) -> Look:
    text, codes = join_reasons(reasons)
    return make_look(day, "not_observed", reason=text, reason_codes=codes)


def test_looks_are_grouped_by_code_and_told_without_their_numbers() -> None:
    looks = [silent(day, ReasonCode.HIDDEN.because(visible=day / 10)) for day in range(3)]
    [row] = unseen([*looks])
    assert (row.reason, row.looks, row.passes) == ("hidden by cloud, its shadow, or the image's edge", 3, 3)


def test_what_names_a_file_is_told_of_all_files_at_once_and_other_causes_apart() -> None:
    gone = [silent(day, ReasonCode.FILE_GONE.because(file=f"{day}.tif", what="gone")) for day in range(2)]
    slow = [silent(9, ReasonCode.SERVER_SILENT.because(file="9.tif", what="timed out"))]
    lacking = [silent(day, ReasonCode.BANDS_DIFFER.because(bands=band)) for day, band in enumerate(("B04", "B08"))]
    told = {row.reason: row.looks for row in unseen(gone + slow + lacking)}
    assert told == {
        "a file that is not there": 2,
        "the server did not deliver": 1,
        "lacks B04, which the other passes have": 1,
        "lacks B08, which the other passes have": 1,
    }


def test_looks_of_an_older_version_are_grouped_by_their_prose() -> None:
    looks = [make_look(day, "not_observed", reason=reason) for day, reason in enumerate(("cloud", "cloud", "snow", ""))]
    assert [(row.reason, row.looks) for row in unseen(looks)] == [("cloud", 2), (NO_REASON, 1), ("snow", 1)]


def test_a_caveat_is_no_reason_not_to_have_seen() -> None:
    look = make_look(0, reason="weaker", reason_codes=(ReasonCode.FEW_PASSES,))
    assert unseen([look]) == []
    assert [row.reason for row in weaker([look, make_look(1)])] == ["weaker: few passes to compare with"]
