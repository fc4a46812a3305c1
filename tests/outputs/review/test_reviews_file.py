"""Reviews as files: to the file and back, and what is wrong with one said by row."""

import csv
import json
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imagery_watch.errors import UsageError
from imagery_watch.model import Review
from imagery_watch.model.review import VERDICTS
from imagery_watch.outputs.review.reviews_file import COLUMNS, make_review, read_reviews, write_reviews
from imagery_watch.outputs.values import dump
from outputs.reconcile.test_standing import NOW, review

TEXTS = st.one_of(
    st.text(max_size=20), st.sampled_from(["=1+1", "'=1", "''", " @x", "'tis", 'a,"b"\nc', "-", "\ufeff"])
)


def made(hit: str, verdict: str, note: str, seconds: float) -> Review:
    when = NOW - timedelta(seconds=seconds)
    told = {"hit": f"x{hit}", "airfield": "LIPB", "verdict": verdict, "note": note, "reviewer": f"y{hit}"}
    return make_review(told | {"reviewed_at": when})


@pytest.mark.parametrize("suffix", [".csv", ".json"])
@given(st.lists(st.builds(made, TEXTS, st.sampled_from(VERDICTS), TEXTS, st.floats(0, 1e6)), max_size=4, unique=True))
@settings(max_examples=40)
def test_what_is_written_comes_back(suffix: str, reviews: list[Review]) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"reviews{suffix}"
        assert write_reviews(path, reviews) == len(reviews)
        told = path.read_bytes()
        back = read_reviews(path, NOW)
        assert set(back) == set(reviews)
        write_reviews(path, reversed(back))
        assert path.read_bytes() == told


def test_no_cell_is_a_formula(tmp_path: Path) -> None:
    write_reviews(tmp_path / "r.csv", [review("unsure", by="@SUM(A1)", note="=HYPERLINK(1)")])
    rows = list(csv.DictReader((tmp_path / "r.csv").read_text().splitlines()))
    assert (rows[0]["note"], rows[0]["reviewer"]) == ("'=HYPERLINK(1)", "'@SUM(A1)")


def test_a_spreadsheets_own_csv_is_read(tmp_path: Path) -> None:
    row = {**{name: str(value) for name, value in dump(review("rejected")).items()}, "more": "x"}
    names = [*reversed(COLUMNS), "more"]
    lines = [",".join(names), ",".join(row[name] for name in names)]
    (tmp_path / "r.csv").write_bytes(("\ufeff" + "\r\n".join(lines)).encode())
    assert read_reviews(tmp_path / "r.csv", NOW) == [review("rejected")]


GOOD = dump(review("confirmed"))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "not a .json file of reviews"),
        ("{}", "expected a list"),
        ("[1]", "review 1: expected hit, airfield"),
        (json.dumps([GOOD, GOOD | {"verdict": "yes"}]), "review 2: verdict"),
        (json.dumps([GOOD | {"reviewer": " "}]), "review 1: reviewer is empty"),
        (json.dumps([GOOD | {"reviewed_at": "2022-09-01T00:00:00"}]), "without a zone"),
        (json.dumps([GOOD | {"reviewed_at": "2032-09-01T00:00:00Z"}]), "lies ahead"),
        (json.dumps([{name: value for name, value in GOOD.items() if name != "note"}]), "note: Field required"),
        ("[" * 100_000, "not a .json file"),
    ],
)
def test_what_is_no_review_is_named_by_file_and_row(content: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "reviews.json"
    path.write_text(content)
    with pytest.raises(UsageError, match=words) as error:
        read_reviews(path, NOW)
    assert str(path) in str(error.value)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("r.csv", b"hit,verdict\nx,confirmed\n", "no column airfield, note"),
        ("r.csv", b"\xff\xfe\x00", "not a .csv file"),
        ("r.txt", b"", "a .csv or a .json file"),
        ("none.csv", None, "cannot be read"),
    ],
)
def test_what_is_no_table_of_reviews_is_said(name: str, content: bytes | None, words: str, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(UsageError, match=words):
        read_reviews(tmp_path / name, NOW)
