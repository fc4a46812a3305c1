"""The record's hits with their reviews as one file: GeoJSON, CSV or GeoPackage by its suffix."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from imagery_watch.errors import UsageError
from imagery_watch.model import RecordedHit, Review
from imagery_watch.outputs.files.atomic import write_bytes, write_text
from imagery_watch.outputs.files.hits_geojson import point_feature
from imagery_watch.outputs.properties import HIT_PROPERTIES, hit_properties
from imagery_watch.outputs.values import dump, dump_json
from imagery_watch.outputs.wording.text import cell, iso, rounded

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

SUFFIXES = (".geojson", ".csv", ".gpkg")
ADDED = ("first_seen", "review", "muted_by", "reviews")
"""What is told of a hit beside the contract's properties."""
COLUMNS = ("lon", "lat", *HIT_PROPERTIES, *ADDED)
NUMBERS = ("lon", "lat", *(name for name, digits in HIT_PROPERTIES.items() if digits is not None))
FLAGS = ("simulated", "late")
LAYER = "hits"
THEN = "2000-01-01T00:00:00.000Z"
"""What a GeoPackage says of the time of its making, so that the same hits give the same bytes."""


def write_hits(path: Path, hits: Sequence[RecordedHit]) -> None:
    """Writes the hits in their order, replacing the file whole; the same hits give the same bytes.

    Raises UsageError for a suffix that is none of the three, StoreError where it cannot be written.
    """
    suffix = check_suffix(path)
    if suffix == ".gpkg":
        write_bytes(path, _to_geopackage(hits))
    else:
        write_text(path, dump_json(collect(hits)) if suffix == ".geojson" else _to_csv(hits))


def check_suffix(path: Path) -> str:
    """The suffix. Raises UsageError for one that says no format."""
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise UsageError(f"{path}: hits are exported as {', '.join(SUFFIXES)}; end the name in one of them")
    return suffix


def collect(hits: Iterable[RecordedHit]) -> dict[str, Any]:
    """The FeatureCollection of the hits, with the credits that whoever shows them owes."""
    told = list(hits)
    features = [point_feature(one.hit.id, one.hit.lon, one.hit.lat, describe(one)) for one in told]
    return {"type": "FeatureCollection", "attribution": credits_of(told), "features": features}


def credits_of(hits: Iterable[RecordedHit]) -> str:
    """The credits owed for the hits, each once."""
    return " ".join(dict.fromkeys(one.credit for one in hits if one.credit))


def describe(one: RecordedHit) -> dict[str, Any]:
    """The contract's properties of a hit, and what the record has beside them; no picture, for there is none here."""
    reviews = [
        {name: value for name, value in dump(said).items() if name not in ("hit", "airfield")} for said in one.reviews
    ]
    added = {"first_seen": iso(one.first_seen), "review": one.judgement, "muted_by": one.muted_by, "reviews": reviews}
    return hit_properties(one.hit) | {"chip": None} | added


def make_frame(hits: Sequence[RecordedHit]) -> "GeoDataFrame":
    """One row a hit, EPSG:4326: the columns of the CSV file, numbers as numbers; the same columns without hits."""
    from geopandas import GeoDataFrame, points_from_xy
    from pandas import DataFrame

    rows = DataFrame([_row(one) for one in hits], columns=list(COLUMNS))
    table = rows.astype({**dict.fromkeys(NUMBERS, "float64"), **dict.fromkeys(FLAGS, "bool")})
    return GeoDataFrame(table, geometry=points_from_xy(table["lon"], table["lat"]), crs="EPSG:4326")


def _row(one: RecordedHit) -> dict[str, Any]:
    """One hit without lists: items with a space between, sentences with `; `."""
    told = describe(one)
    flat = {
        "lon": rounded(one.hit.lon, 7),
        "lat": rounded(one.hit.lat, 7),
        "before_items": " ".join(told["before_items"]),
        "after_items": " ".join(told["after_items"]),
        "evidence": "; ".join(said["statement"] for said in told["evidence"]),
        "reviews": "; ".join(_say(said) for said in one.reviews),
    }
    return {name: (told | flat)[name] for name in COLUMNS}


def _say(one: Review) -> str:
    note = f" ({one.note})" if one.note else ""
    return f"{one.verdict} by {one.reviewer} at {iso(one.reviewed_at)}{note}"


def _to_csv(hits: Iterable[RecordedHit]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows([_cell(value) for value in _row(one).values()] for one in hits)
    return text.getvalue()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return cell(value) if isinstance(value, str) else json.dumps(value)


def _to_geopackage(hits: Sequence[RecordedHit]) -> bytes:
    from pyogrio import write_dataframe

    with TemporaryDirectory() as folder, _at_one_time():
        path = Path(folder) / "hits.gpkg"
        write_dataframe(
            make_frame(hits), path, layer=LAYER, driver="GPKG", geometry_type="Point",
            layer_options={"DESCRIPTION": credits_of(hits)},
        )  # fmt: skip
        return path.read_bytes()


@contextmanager
def _at_one_time() -> Iterator[None]:
    """While it is open, GDAL takes every file to be made at the same moment."""
    from pyogrio import get_gdal_config_option, set_gdal_config_options

    before = get_gdal_config_option("OGR_CURRENT_DATE")
    set_gdal_config_options({"OGR_CURRENT_DATE": THEN})
    try:
        yield
    finally:
        set_gdal_config_options({"OGR_CURRENT_DATE": before})
