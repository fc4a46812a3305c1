"""Tables as CSV and GeoParquet."""

import csv
import io
import json
import sys
from dataclasses import replace

import geopandas
import pyarrow.parquet
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagery_watch.errors import UsageError
from imagery_watch.model import Evidence
from imagery_watch.outputs.gis.evidence import list_outlines
from imagery_watch.outputs.gis.layers import HIT_COLUMNS, hits_table, layers_of
from imagery_watch.outputs.gis.parquet import to_parquet
from imagery_watch.outputs.gis.table_csv import to_csv
from imagery_watch.outputs.properties import hit_properties
from imagery_watch.outputs.wording.text import FORMULA_STARTS
from outputs.builders import make_hit
from outputs.gis.dossiers import make_told_result

TEXTS = ("id", "airfield", "apron", "summary")


def rows_of(text: str) -> list[dict[str, str]]:
    return [*csv.DictReader(io.StringIO(text, newline=""))]


def test_the_columns_are_those_of_the_geojson_after_the_place() -> None:
    hit = make_hit(heading_deg=None, evidence=(Evidence("a", "b", "First."), Evidence("a", "b", "=Second.")))
    [row] = rows_of(to_csv(hits_table([hit], "")))
    assert [*row] == ["lon", "lat", *hit_properties(hit)] == [*HIT_COLUMNS]
    assert (row["lon"], row["score"], row["heading_deg"]) == ("11.3289823", "12.346", "")
    assert (row["before_items"], row["evidence"], row["simulated"]) == ("S2A_1 S2A_2", "First.; =Second.", "false")
    assert row["before"] == "2022-03-01T10:21:09.024000Z"


@given(st.lists(st.text(max_size=12), min_size=4, max_size=4), st.sampled_from([*FORMULA_STARTS, "\t=", " +", "\r@"]))
def test_no_cell_of_words_is_a_formula_and_no_row_is_lost(words: list[str], start: str) -> None:
    said = dict(zip(TEXTS, [start + words[0], *words[1:]], strict=True))
    hits = [replace(make_hit(), **said), make_hit(2)]
    rows = rows_of(to_csv(hits_table(hits, "")))
    assert [len(row) for row in rows] == [len(HIT_COLUMNS)] * 2 and None not in rows[0]
    assert not [name for name in TEXTS if rows[0][name].lstrip().startswith(FORMULA_STARTS)]
    assert rows[1]["id"] == "LIPB-0002"


def test_geoparquet_is_read_by_geopandas_with_types_times_and_places() -> None:
    result = make_told_result(2)
    for table in layers_of(result, list_outlines(result))[:4]:
        content = to_parquet(table)
        assert content == to_parquet(table)
        frame = geopandas.read_parquet(io.BytesIO(content))
        assert len(frame) == len(table.rows) and [*frame.columns] == [*table.columns, "geometry"]
        assert frame.crs.to_authority() == ("OGC", "CRS84")
        assert [*frame.geometry] == [*table.shapes]
    frame = geopandas.read_parquet(io.BytesIO(to_parquet(hits_table(result.hits, ""))))
    assert [*frame["before"]] == [hit.before for hit in result.hits] and frame["late"].dtype == bool


def test_geoparquet_without_rows_has_the_columns_and_its_metadata() -> None:
    schema = pyarrow.parquet.read_schema(io.BytesIO(to_parquet(hits_table([], "Credits."))))
    assert schema.names == [*HIT_COLUMNS, "geometry"]
    geo = json.loads(schema.metadata[b"geo"])
    assert (geo["version"], geo["columns"]["geometry"]["geometry_types"]) == ("1.1.0", ["Point"])
    assert schema.metadata[b"description"] == b"Credits."


def test_without_pyarrow_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(UsageError, match=r"pip install 'imagery-watch\[parquet\]'"):
        to_parquet(hits_table([], ""))
