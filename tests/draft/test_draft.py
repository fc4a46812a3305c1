"""Aprons drawn from images: real ground at Bolzano, and airfields made here."""

import io
import json
import os
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as Picture
from support.servers import Server
from support.starts import run_imagery_watch

from imagery_watch.draft.aprons import find_aprons, find_taxiways
from imagery_watch.draft.composite import make_composite
from imagery_watch.draft.document import ZOOM, draw_picture
from imagery_watch.draft.pavement import find_surfaces, measure_roughness
from imagery_watch.draft.runways import Runway, find_runways
from imagery_watch.drafting import draft_airfield, draw_draft, write_draft
from imagery_watch.errors import AoiError, CatalogUnavailable, ExitCode
from imagery_watch.model import Grid
from imagery_watch.settings import Settings
from imagery_watch.simulate.archive import write_archive
from imagery_watch.simulate.ground import BANDS, bolzano
from imagery_watch.simulate.overpass import Weather, simulate
from imagery_watch.sources.airfields.geojson import read_airfield
from imagery_watch.sources.airfields.grids import draw_areas, from_lonlat
from imagery_watch.sources.airfields.known import add_file, find_airfield
from imagery_watch.sources.places.index import Place, load_places

GRASS, TARMAC, CONCRETE, ROOF = (
    np.array(colour, np.float32)
    for colour in ((0.03, 0.07, 0.04, 0.4), (0.12, 0.13, 0.14, 0.16), (0.2, 0.23, 0.25, 0.29), (0.7, 0.7, 0.7, 0.7))
)
DAY = datetime(2024, 6, 3, 10, 20, tzinfo=UTC)


def field(angle: float = 0.0, *, link: bool = True, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """An image of a runway with an apron, and roofs behind it; and where runway and apron are. (band, y, x), 200 px."""
    rows, cols = np.mgrid[:200, :200] - 99.5
    along = cols * np.cos(angle) + rows * np.sin(angle)
    across = rows * np.cos(angle) - cols * np.sin(angle)
    runway = (np.abs(across) < 2.3) & (np.abs(along) < 80)
    apron = (np.abs(along) < 25) & (across > 18) & (across < 36)
    taxiway = (np.abs(along - 10) < 1.3) & (across > 0) & (across < 19) & link
    roofs = (np.abs(along) < 20) & (across > 38) & (across < 44)
    image = np.broadcast_to(GRASS[:, None, None], (4, 200, 200)).copy()
    for where, colour in ((runway, TARMAC), (taxiway, TARMAC), (apron, CONCRETE), (roofs, ROOF)):
        image[:, where] = colour[:, None]
    noise = 1 + np.random.default_rng(seed).normal(0, 0.02, (200, 200))
    return (image * noise).astype(np.float32), runway, apron


def overlap(one: np.ndarray, other: np.ndarray) -> float:
    return float((one & other).sum() / (one | other).sum())


@pytest.mark.parametrize("angle", [0.0, 0.4, 1.2, 2.0, 2.9])
def test_an_apron_is_found_beside_its_runway_and_no_runway_is_told_as_one(angle: float) -> None:
    image, runway, apron = field(angle)
    surfaces = find_surfaces(image)
    [found] = find_runways(surfaces, (99.5, 99.5))
    assert 140 < found.length_px < 180
    aprons = find_aprons(surfaces, [found])
    assert overlap(aprons > 0, apron) > 0.85
    assert not (aprons[runway] > 0).any()


def test_what_no_way_leads_to_is_no_apron() -> None:
    image, _, apron = field()
    image[:, 135:137, :] = ROOF[:, None, None]
    yard = np.zeros((200, 200), bool)
    yard[150:175, 80:120] = True
    image[:, yard] = CONCRETE[:, None]
    aprons = find_aprons(find_surfaces(image), [Runway((99.5, 20), (99.5, 180))])
    assert (aprons[apron] > 0).mean() > 0.8
    assert not (aprons[yard] > 0).any()


def test_a_taxiway_is_neither_runway_nor_apron() -> None:
    image, runway, apron = field()
    surfaces, runways = find_surfaces(image), [Runway((99.5, 20), (99.5, 180))]
    taxiways = find_taxiways(surfaces, runways, find_aprons(surfaces, runways))
    assert taxiways[108, 109] and not (taxiways & (runway | apron)).sum() > 12


def test_grass_around_a_pavement_does_not_make_it_rough() -> None:
    visible = np.full((9, 9), 0.05, np.float32)
    visible[3:6] = 0.2
    rough = measure_roughness(visible, visible > 0.1)
    assert np.allclose(rough[3:6, 1:-1], 0, atol=1e-3)
    assert np.isinf(rough[0]).all()


def test_bolzanos_real_aprons_are_drawn_with_its_runway_known_or_looked_for(tmp_path: Path) -> None:
    ground, place = bolzano(), load_places(tmp_path)["LIPB"]

    def rowcol(lat: float, lon: float) -> tuple[float, float]:
        return ground.grid.rowcol(*from_lonlat(ground.grid, lon, lat))

    true = draw_areas(find_airfield("LIPB", tmp_path), ground.grid).aprons
    bare = find_surfaces(ground.reflectance).partly
    ends = Runway(rowcol(46.451786, 11.324205), rowcol(46.466959, 11.328162))
    for known in ([ends], []):
        made = draw_draft(place, ground.reflectance, ground.grid, known, rowcol(place.lat, place.lon), (DAY,))
        drafted = made.aprons > 0
        assert overlap(drafted, true) > 0.5  # a quarter of the boxes is grass
        assert overlap(drafted, true & bare) > 0.6
        assert not drafted[ends.measure(drafted.shape)[1] < 2.5].any()


def test_a_field_without_runway_or_apron_is_told(tmp_path: Path) -> None:
    grid, place = Grid(32632, 680000, 5150000, 200, 200), Place("XXXX", "", "Nowhere", "", "", 46.5, 11.3)
    image, _, apron = field()
    with pytest.raises(AoiError, match=r"no runway is seen near 46\.5000 N 11\.3000 E.*--runway"):
        draw_draft(place, np.broadcast_to(GRASS[:, None, None], (4, 200, 200)).copy(), grid, [], (99, 99), (DAY,))
    image[:, apron] = GRASS[:, None]
    with pytest.raises(AoiError, match="no apron is seen"):
        draw_draft(place, image, grid, [], (99, 99), (DAY,))


def archive(folder: Path, cloudy: bool = False) -> Path:
    ground = bolzano()
    scl = np.full_like(ground.scl, 9) if cloudy else ground.scl
    passes = [
        simulate(
            ground.reflectance,
            scl,
            BANDS,
            [],
            Weather(temporal_noise=0.005),
            when=DAY + timedelta(days=5 * number),
            platform="sentinel-2a",
            relative_orbit=65,
            sun=(150.0, 62.0),
            seed=number,
        )
        for number in range(3)
    ]
    return write_archive(passes, BANDS, ground.grid, folder)


def test_a_draft_is_a_file_that_can_be_added_and_a_picture(tmp_path: Path) -> None:
    place = load_places(tmp_path)["LIPB"]
    items, settings = str(archive(tmp_path)), Settings(home=tmp_path / "home")
    ends = [((46.451786, 11.324205), (46.466959, 11.328162))]
    made = draft_airfield(place, items, settings, since=None, until=None, now=DAY, runways=ends)
    file, picture = write_draft(made, tmp_path / "drafts")
    assert picture.read_bytes().startswith(b"\x89PNG")
    airfield = read_airfield(file)
    assert (airfield.id, airfield.quality, len(airfield.runways)) == ("LIPB", "drafted", 1)
    assert "not checked by anyone" in airfield.source and "2024-06-03 to 2024-06-13 (3 passes)" in airfield.source
    true = draw_areas(find_airfield("LIPB", tmp_path), made.grid).aprons
    assert overlap(draw_areas(airfield, made.grid).aprons, true) > 0.5
    add_file(file, settings.home)
    assert find_airfield("LIPB", settings.home).quality == "drafted"
    with pytest.raises(AoiError, match="is there already"):
        add_file(file, settings.home)


RUNWAY = "46.451786,11.324205,46.466959,11.328162"


def drafted(catalog: str, folder: Path, *more: str) -> "subprocess.CompletedProcess[str]":
    words = ["airfields", "draft", "LIPB", "--catalog", catalog, "--runway", RUNWAY, "--out", str(folder / "drafts")]
    return run_imagery_watch(*words, *more, env={**os.environ, "IMAGERY_WATCH_RETRIES": "0"}, timeout=60)


def test_what_was_passed_over_is_told_with_the_draft(tmp_path: Path) -> None:
    items = archive(tmp_path)
    collection = json.loads(items.read_text())
    broken = items.parent / collection["features"][1]["assets"]["blue"]["href"]
    broken.write_bytes(broken.read_bytes()[:200])
    items.write_text(json.dumps({**collection, "features": [*collection["features"], {"type": "Feature", "id": "x"}]}))
    done = drafted(str(items), tmp_path)
    assert done.returncode == ExitCode.DONE, done.stderr
    assert "over 2 passes" in done.stdout and "warning: 2024-06-08: not read: " in done.stderr
    assert "warning: item x: not a usable STAC item" in done.stderr


def test_a_draft_without_passes_that_failed_is_worth_making_again(
    tmp_path: Path, stac_server: Callable[[list[dict[str, Any]]], str], fault_server: Callable[[Path], Server]
) -> None:
    items = archive(tmp_path)
    features, base = json.loads(items.read_text())["features"], fault_server(items.parent).url
    for number, feature in enumerate(features):
        for asset in feature["assets"].values():
            asset["href"] = f"{base}/{'code:500' if number == 1 else 'plain'}/{asset['href'].removeprefix('./')}"
    done = drafted(stac_server(features), tmp_path, "--since", "2024-06-01", "--until", "2024-06-30")
    assert done.returncode == ExitCode.INCOMPLETE, done.stderr
    assert "over 2 passes" in done.stdout and "warning: 2024-06-08: not read: " in done.stderr
    assert "run it again for what is missing, with --force" in done.stderr
    assert (tmp_path / "drafts" / "LIPB.geojson").is_file()


def test_a_draft_that_may_have_been_corrected_is_not_written_over(tmp_path: Path) -> None:
    corrected = tmp_path / "drafts" / "LIPB.geojson"
    corrected.parent.mkdir()
    corrected.write_text("mine")
    done = drafted("nowhere.json", tmp_path)
    assert done.returncode == ExitCode.USAGE and "is there already; name another file, or add --force" in done.stderr
    assert corrected.read_text() == "mine"
    assert "is there already" not in drafted("nowhere.json", tmp_path, "--force").stderr


def test_a_runway_that_lies_elsewhere_is_told_before_anything_is_read(tmp_path: Path) -> None:
    place, settings = load_places(tmp_path)["LIPB"], Settings(home=tmp_path)
    stages: list[str] = []
    for end in ((10.0, 10.0), (46.49, 11.33), (46.46, 11.37), (0.0, -170.0)):
        with pytest.raises(AoiError, match="lies outside of what is looked at"):
            draft_airfield(
                place, str(archive(tmp_path)), settings, since=None, until=None, now=DAY,
                runways=[((46.451786, 11.324205), end)], progress=lambda stage, *_: stages.append(stage))  # fmt: skip
    assert set(stages) == {"searching"}


def test_a_catalogue_without_a_pass_is_told(tmp_path: Path) -> None:
    place, settings = load_places(tmp_path)["ENTC"], Settings(home=tmp_path)
    with pytest.raises(CatalogUnavailable, match="the catalogue lists no pass in this period"):
        draft_airfield(place, str(archive(tmp_path)), settings, since=None, until=None, now=DAY)


def test_days_without_a_clear_pass_are_told(tmp_path: Path) -> None:
    place, settings = load_places(tmp_path)["LIPB"], Settings(home=tmp_path)
    with pytest.raises(CatalogUnavailable, match="none of the 3 passes that were read is clear"):
        draft_airfield(place, str(archive(tmp_path, cloudy=True)), settings, since=None, until=None, now=DAY)


def test_the_median_holds_what_stays(tmp_path: Path) -> None:
    from imagery_watch.simulate.simulator import Setting, build

    scenes = build(Setting(seed=1, passes=7, cloudy=0.0)).scenes[:3]
    image = make_composite(scenes)
    assert image.shape == scenes[0].data.shape
    middle = np.median([scene.data[0, 150, 150] for scene in scenes])
    assert image[0, 150, 150] == pytest.approx(middle, abs=1e-6)


def test_the_picture_shows_what_is_known_and_no_more() -> None:
    image = np.full((4, 40, 50), np.nan, np.float32)
    image[:, 10:30, 20:35] = 0.2
    nothing = np.zeros((40, 50), np.int32)
    size = Picture.open(io.BytesIO(draw_picture(image, nothing, nothing > 0, []))).size
    assert size == (15 * ZOOM, 20 * ZOOM)
    empty = draw_picture(np.full_like(image, np.nan), nothing, nothing > 0, [])
    assert Picture.open(io.BytesIO(empty)).size == (50 * ZOOM, 40 * ZOOM)
