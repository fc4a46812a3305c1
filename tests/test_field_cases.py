"""Catalogues and files as they are met in the field, through the whole line: the true hits, or a refusal that says why.

Each case takes the eight passes of `support.line` and changes what is stated of them, or their files, as
`docs/field-cases.md` tells. In-process siblings of each kind stand beside the module that answers for the kind.
"""

import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote, unquote

import numpy as np
import pytest
from support.line import BRACKETS, PASSES, Feature, Ran, features_of, run_line, start
from support.servers import Server

HOLE = (slice(147, 151), slice(164, 168))
"""Rows and columns on the apron, a third of what is seen of it, where the second pass has no data."""


class Case(NamedTuple):
    """A change of the story, in place, and what must come of it: the true hits, or none and these words."""

    change: Callable[[Path, list[Feature]], None]
    refused: str = ""
    said: str = ""


def rewrite(folder: Path, change: Callable[[Any, dict[str, Any], str, int], Any], *names: str) -> None:
    """Each raster of the story, changed by `change(counts, profile, band, number of the pass)`."""
    import rasterio

    for number, item in enumerate(sorted(folder.glob("S2*"), key=lambda path: path.name.split("_")[2])):
        for path in sorted(item.glob("*.tif")):
            if names and path.stem not in names:
                continue
            with rasterio.open(path) as source:
                profile, counts = source.profile, source.read(1)
            profile.update(driver="GTiff")
            counts = change(counts, profile, path.stem, number)
            with rasterio.open(path, "w", **profile) as target:
                target.write(counts, 1)


def has_a_hole(value: int, *, tagged: bool = True, stated: bool = False) -> Callable[[Path, list[Feature]], None]:
    def change(folder: Path, features: list[Feature]) -> None:
        def punch(counts: Any, profile: dict[str, Any], band: str, number: int) -> Any:
            if band != "SCL":
                profile.update(nodata=value if tagged else None)
                counts[HOLE] = value if number == 1 else counts[HOLE]
            return counts

        rewrite(folder, punch)
        for feature in features if stated else ():
            for asset in feature["assets"].values():
                asset["raster:bands"][0]["nodata"] = value

    return change


def is_a_picture(folder: Path, _: list[Feature]) -> None:
    def stretch(counts: Any, profile: dict[str, Any], *_: Any) -> Any:
        profile.update(dtype="uint8", nodata=0)
        return np.clip(counts / 4000 * 254 + 1, 1, 255).astype(np.uint8)

    rewrite(folder, stretch, "B02", "B03", "B04", "B08")


def is_scaled(folder: Path, features: list[Feature]) -> None:
    rewrite(folder, lambda counts, *_: (counts.astype(np.uint32) * 2).clip(1, 65535).astype(np.uint16), *BANDS)
    for feature in features:
        for asset in feature["assets"].values():
            if "scale" in asset["raster:bands"][0]:
                asset["raster:bands"][0]["scale"] = 5e-5


def is_nearly_square(folder: Path, _: list[Feature]) -> None:
    from rasterio import Affine

    def bend(counts: Any, profile: dict[str, Any], band: str, _: int) -> Any:
        size = 20.0 if band == "SCL" else 10.0
        before = profile["transform"]
        profile.update(transform=Affine(size * 1.000003, 0, before.c, 0, -size * 0.999998, before.f))
        return counts

    rewrite(folder, bend)


def tell_days_alone(_: Path, features: list[Feature]) -> None:
    for feature in features:
        properties = feature["properties"]
        properties["datetime"] = properties["datetime"][:10] + "T00:00:00Z"
        for name in ("view:sun_azimuth", "view:sun_elevation", "s2:product_uri"):
            del properties[name]


def tell_when_they_were_put_in(_: Path, features: list[Feature]) -> None:
    for number, feature in enumerate(features):
        properties = feature["properties"]
        del properties["s2:product_uri"]
        properties |= {"start_datetime": properties["datetime"], "end_datetime": properties["datetime"]}
        properties["datetime"] = f"2024-09-{10 + number}T14:02:11Z"


def are_composites(_: Path, features: list[Feature]) -> None:
    for feature in features:
        when = datetime.fromisoformat(feature["properties"]["datetime"]).astimezone(UTC)
        ends = {"start_datetime": when - timedelta(days=15), "end_datetime": when + timedelta(days=15)}
        del feature["properties"]["s2:product_uri"]
        feature["properties"] |= {name: f"{end:%Y-%m-%dT%H:%M:%SZ}" for name, end in ends.items()} | {"datetime": None}


def share_one_name(_: Path, features: list[Feature]) -> None:
    for feature in features:
        feature["id"] = "32TPS"


def lie_in_a_folder_with_spaces(folder: Path, features: list[Feature]) -> None:
    for feature in features:
        name = f"{feature['id']} für Übung"
        (folder / feature["id"]).rename(folder / name)
        for asset in feature["assets"].values():
            asset["href"] = asset["href"].replace(feature["id"], quote(name))


def are_named_whole(folder: Path, features: list[Feature]) -> None:
    lie_in_a_folder_with_spaces(folder, features)
    for feature in features:
        for asset in feature["assets"].values():
            asset["href"] = (folder / unquote(asset["href"])).resolve().as_uri()


def have_types(*types: str) -> Callable[[Path, list[Feature]], None]:
    def change(_: Path, features: list[Feature]) -> None:
        for feature in features:
            for number, asset in enumerate(feature["assets"].values()):
                asset["type"] = types[number % len(types)]

    return change


BANDS = ("B02", "B03", "B04", "B08")
CASES = {
    "a nodata value in the files' tags": Case(has_a_hole(9999)),
    "a nodata value in the items alone": Case(has_a_hole(9999, tagged=False, stated=True)),
    "a nodata value at the end of the counts": Case(has_a_hole(65535)),
    "bands of 8 bits": Case(is_a_picture, refused="8 bits"),
    "a scale of its own": Case(is_scaled),
    "pixels that are nearly square": Case(is_nearly_square),
    "days without a time": Case(tell_days_alone, refused="sun"),
    "the time of ingestion": Case(tell_when_they_were_put_in),
    "composites of a month": Case(are_composites, said="composite"),
    "one id for all": Case(share_one_name),
    "file addresses with spaces and umlauts": Case(are_named_whole),
    "media types in other words": Case(have_types("image/geotiff", "image/TIFF; application=geotiff")),
}


@pytest.mark.parametrize("name", CASES)
def test_the_true_hits_are_found_or_the_refusal_says_why(
    name: str, archive: Path, one_apron: Path, tmp_path: Path
) -> None:
    case, folder = CASES[name], Path(shutil.copytree(archive.parent, tmp_path / "archive"))
    features = features_of(archive)
    case.change(folder, features)
    catalog = folder / "items.json"
    catalog.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    ran = run_line(one_apron, catalog, tmp_path / "out")
    if case.refused:
        assert ran.hits == []
        assert {look["result"] for look in ran.looks} <= {"not_observed", "failed"}
        assert all(case.refused in look["reason"] for look in ran.looks), ran.looks
    elif case.said:
        assert ran.code == 2 and case.said in ran.said and not (ran.folder / "hits.geojson").exists()
    else:
        assert (ran.code, ran.brackets) == (0, BRACKETS)
        assert all(37 <= hit["length_m"] <= 55 for hit in ran.hits)
        assert len(ran.looks) == PASSES
    if "nodata" in name:
        assert 0.5 < float(ran.looks[1]["visible_fraction"]) < 0.8


def test_files_that_are_told_apart_by_the_query_alone_are_kept_apart(
    archive: Path, one_apron: Path, plain: Ran, tmp_path: Path, query_server: Callable[[Path], Server]
) -> None:
    server, features = query_server(archive.parent), features_of(archive)
    for feature in features:
        for asset in feature["assets"].values():
            asset["href"] = f"{server.url}/s/token/download?path=%2F&files={quote(asset['href'][2:], safe='')}"
    catalog = tmp_path / "items.json"
    catalog.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    for out in ("from the server", "from the cache"):
        ran = run_line(one_apron, catalog, tmp_path / out)
        assert ran.same_hits() == plain.same_hits(), out


def test_airfields_in_other_scripts_have_folders_of_their_own(archive: Path, one_apron: Path, tmp_path: Path) -> None:
    document = json.loads(one_apron.read_text())
    del document["id"], document["name"]
    folders = set()
    for name in ("Шереметьево", "Внуково"):
        aoi = tmp_path / f"{name}.geojson"
        aoi.write_text(json.dumps(document))
        before = {path.name for path in tmp_path.iterdir() if path.is_dir()}
        done = start("run", "--aoi", aoi.name, "--catalog", str(archive), "--until", "2022-06-15", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        [made] = {path.name for path in tmp_path.iterdir() if path.is_dir()} - before
        folders.add(made)
    assert len(folders) == 2
