"""The record's hits as one file, in three formats, with their reviews; and what reviews add up to."""

import csv
import json
from pathlib import Path

import geopandas
import pytest

from imagery_watch.errors import UsageError
from imagery_watch.model import Evidence, RecordedHit
from imagery_watch.outputs.review.hits_file import COLUMNS, make_frame, write_hits
from imagery_watch.outputs.review.tally import count_reviews, rate_factor, say_rate, warn_of_rate
from outputs.builders import make_hit
from outputs.reconcile.test_standing import NOW, review

EVIL = Evidence("review", "rejected", "=cmd")
HITS = [
    RecordedHit(make_hit(1, evidence=(EVIL,)), NOW, "credit A", None, (review("rejected", note="=a van"),)),
    RecordedHit(make_hit(2, heading_deg=None), NOW, "credit B", "LIPB-0001"),
]


@pytest.mark.parametrize("suffix", [".geojson", ".csv", ".gpkg"])
@pytest.mark.parametrize("hits", [HITS, []], ids=["hits", "none"])
def test_the_same_hits_give_the_same_bytes(hits: list[RecordedHit], suffix: str, tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_hits(tmp_path / f"{name}{suffix}", hits)
    told = (tmp_path / f"one{suffix}").read_bytes()
    assert told and told == (tmp_path / f"two{suffix}").read_bytes()


def test_the_formats_say_the_same(tmp_path: Path) -> None:
    for suffix in (".geojson", ".csv", ".gpkg"):
        write_hits(tmp_path / f"hits{suffix}", HITS)
    collection = json.loads((tmp_path / "hits.geojson").read_text())
    assert collection["attribution"] == "credit A credit B"
    first, second = (feature["properties"] for feature in collection["features"])
    assert (first["review"], first["reviews"][0]["note"], second["muted_by"]) == ("rejected", "=a van", "LIPB-0001")
    rows = list(csv.DictReader((tmp_path / "hits.csv").read_text().splitlines()))
    assert tuple(rows[0]) == COLUMNS and rows[0]["evidence"] == "'=cmd" and rows[1]["heading_deg"] == ""
    table = geopandas.read_file(tmp_path / "hits.gpkg", layer="hits")
    assert [*table["id"]] == [row["id"] for row in rows] == [first["id"], second["id"]]
    assert (table["review"][0], table["score"][1], table.crs.to_epsg()) == ("rejected", first["score"], 4326)
    assert [f"{one.x:.7f}" for one in table.geometry] == [f"{float(row['lon']):.7f}" for row in rows]
    with pytest.raises(UsageError, match="end the name"):
        write_hits(tmp_path / "hits.xlsx", HITS)


def test_an_empty_table_has_the_columns_and_types_of_a_full_one() -> None:
    full, empty = make_frame(HITS), make_frame([])
    assert [*empty.columns] == [*full.columns]
    assert (empty["score"].dtype, empty["late"].dtype) == (full["score"].dtype, full["late"].dtype)


@pytest.mark.parametrize(
    ("reviewed", "rejected", "expected", "factor"),
    [(4, 4, 0.0, None), (5, 5, 0.0, 6.0), (5, 0, 3.0, 1.0), (12, 5, 2.0, 2.0), (12, 2, 2.0, 1.0), (40, 8, 3.5, 2.0)],
)
def test_the_airfields_own_rate(reviewed: int, rejected: int, expected: float, factor: float | None) -> None:
    assert rate_factor(reviewed, rejected, expected) == factor


def test_what_reviews_add_up_to_is_a_sentence_and_a_warning_where_it_matters() -> None:
    """Ten of twenty hits reviewed: of 8 false ones that two years promise, 4 are to be among them."""

    def told(rejected: int, reviewed: int = 10) -> list[RecordedHit]:
        verdicts = ["rejected"] * rejected + ["confirmed"] * (reviewed - rejected)
        hits = [make_hit(number) for number in range(20)]
        said = [(review(verdict, hit=hit.id),) for verdict, hit in zip(verdicts, hits, strict=False)]
        return [RecordedHit(hit, NOW, "", None, one) for hit, one in zip(hits, [*said, *[()] * 20], strict=False)]

    many, few, hardly = (count_reviews("LIPB", told(*one), 146, 4.0) for one in ((9,), (3,), (4, 4)))
    assert (many.expected, many.factor, few.factor, hardly.factor) == (4.0, 2.0, 1.0, None)
    assert "10 reviewed hits at LIPB 9 were rejected" in say_rate(many) and "2.0 times" in warn_of_rate(many)[0]
    assert "no sign of more" in say_rate(few) and warn_of_rate(few) == ()
    assert (say_rate(hardly), warn_of_rate(hardly), count_reviews("LIPB", [], 9, 4.0).factor) == ("", (), None)
