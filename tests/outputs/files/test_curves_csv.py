import pytest

from imagery_watch.outputs.files.curves_csv import CURVE_COLUMNS, curves_csv, parse_curves
from outputs.dossiers import make_dossier


def test_a_line_for_each_stay_and_look_comes_back_as_it_was() -> None:
    dossiers = [make_dossier(), make_dossier("=1+1")]
    text = curves_csv(dossiers)
    assert text.splitlines()[0] == ",".join(CURVE_COLUMNS)
    rows = parse_curves(text)
    assert [row.measurement for row in rows[:7]] == list(dossiers[0].curve)
    assert [row.stay for row in rows] == ["LIPB-stay-0001"] * 7 + ["'=1+1"] * 7, "no cell that a spreadsheet runs"
    assert parse_curves(curves_csv([])) == ()


@pytest.mark.parametrize("line", ["a,b,yesterday,1,1,there", "a,b,2022-03-01T10:00:00Z,1,1,maybe", "a,b"])
def test_what_is_no_curve_is_refused(line: str) -> None:
    with pytest.raises((ValueError, TypeError, LookupError)):
        parse_curves(f"{','.join(CURVE_COLUMNS)}\n{line}\n")
