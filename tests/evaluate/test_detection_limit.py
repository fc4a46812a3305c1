"""Limits: planted into simulated passes, held against the detection itself, and told by `run` and `limits`."""

import csv
import json
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from change.scenes import BANDS, JET, MIDDLE, SUN, areas, changes, look_for, make_scene, series, stand
from cli.test_main import ITEMS, run
from outputs.builders import make_look
from support.monitor import PASSES, QUICK, airfield_document, make_archive

from imagery_watch.change.detect import DetectionResult
from imagery_watch.evaluate.detection_limit import (
    LADDER,
    ROOM_PX,
    View,
    apron_limits,
    free_places,
    is_found,
    limit_in,
    planted,
    with_limits,
)
from imagery_watch.model import Limit, Look, LookResult
from imagery_watch.simulate.aircraft import TYPES
from imagery_watch.simulate.inject import Placement, inject
from imagery_watch.simulate.overpass import Cloud, Weather

EVERYWHERE = areas()


@lru_cache
def detected(noise: float = 0.008, pattern: str = "......", clouded: int = -1) -> DetectionResult:
    scenes = series(stand(pattern, J=JET), weather=Weather(temporal_noise=noise))
    if clouded >= 0:
        cloud = Weather(temporal_noise=noise, clouds=(Cloud(57, 57, 30),))
        scenes[clouded] = make_scene(clouded, weather=cloud)
    return look_for(scenes)


def view_of(detection: DetectionResult, index: int = 3, **changes: Any) -> View:
    look = detection.residual_images[index]
    assert look is not None
    image = detection.stack.passes[index].image
    ground = np.where(np.isfinite(image), image, look.ground)
    view = View(look, ground, detection.min_score, 10.0, detection.stack.apron_index >= 0)
    return replace(view, **changes)


def limit(view: View, detection: DetectionResult, plantings: int = 6, seed: str = "a") -> Limit:
    found = limit_in(view, detection.stack.apron_index >= 0, plantings, seed)
    assert found is not None
    return found


def looks_at(results: Sequence[LookResult]) -> list[Look]:
    passes = [make_scene(number).acquisition_id for number in range(len(results))]
    return [
        make_look(5 * number, result, apron="main", pass_id=passes[number], smallest_detectable_m=None)
        for number, result in enumerate(results)
    ]


def test_the_ladder_climbs_from_fighters_to_the_largest() -> None:
    lengths = [TYPES[name].length for name in LADDER]
    assert lengths == sorted(lengths)
    assert (len(lengths) >= 7, lengths[0], lengths[-1]) == (True, 15.0, 69.1)


def test_the_limit_is_lower_where_the_ground_is_quieter() -> None:
    quiet, loud = (limit(view_of(one), one, 3) for one in (detected(0.004), detected(0.03)))
    assert quiet.length_m is not None and loud.length_m is not None
    assert quiet.length_m < loud.length_m
    assert quiet.length_m <= 38.0


def test_it_agrees_with_the_detection_itself() -> None:
    """Two rungs above the limit an aircraft is found by the whole line; the smallest of all is not."""
    known = limit(view_of(detected()), detected()).length_m
    lengths = [TYPES[name].length for name in LADDER]
    rung = lengths.index(known or 0.0)
    for name, found in ((LADDER[rung + 2], True), (LADDER[0], False)):
        aircraft = Placement(name, *MIDDLE, 30.0, 0.5, 0.45)
        told = changes(look_for(series(stand("...J..", J=aircraft))))
        assert (("arrival", 2, 3) in told) == found, name


def test_the_same_seed_gives_the_same_plantings_and_others_give_others() -> None:
    detection = detected(0.016)
    told = [limit(view_of(detection), detection, 3, seed) for seed in ("a", "a", "b", "c", "d")]
    assert told[0] == told[1]
    assert len(set(told)) > 1


def test_where_nothing_is_found_there_is_no_limit() -> None:
    found = limit(view_of(detected(), min_score=1e6), detected())
    assert found.length_m is None
    assert found.tried_m == TYPES[LADDER[-1]].length
    assert all(trial.found == 0 for trial in found.trials)


def test_planting_ends_when_it_is_clear_whether_enough_are_found() -> None:
    everything = limit(view_of(detected(), min_score=0.0), detected(), plantings=10)
    assert all(trial.planted <= 20 for trial in everything.trials)
    nothing = limit(view_of(detected(), min_score=1e6), detected(), plantings=10)
    assert {trial.planted for trial in nothing.trials} == {3}


def test_what_is_planted_is_the_aircraft_and_nothing_else() -> None:
    view, place = view_of(detected()), Placement("A320", 40.3, 41.8, 30.0, 0.5, 0.4)
    cut = np.s_[:, 40 - ROOM_PX : 40 + ROOM_PX + 1, 42 - ROOM_PX : 42 + ROOM_PX + 1]
    expected = (inject(view.image, BANDS, place, *SUN) - view.image)[cut]
    before = view.compared.residual.copy()
    assert np.allclose(planted(view, place).residual - view.compared.residual[cut], expected, atol=1e-5)
    assert np.array_equal(view.compared.residual, before)


def test_aircraft_are_planted_at_the_windows_edge_too_and_hidden_pixels_stay_hidden() -> None:
    view = view_of(detected())
    hidden = view.compared.spread.copy()
    hidden[:, :2] = np.inf
    residual = np.where(np.isfinite(hidden), view.compared.residual, 0.0)
    view = replace(view, compared=replace(view.compared, spread=hidden, residual=residual))
    look = planted(view, Placement("An-124", 0.4, 0.2, 30.0, 0.7, 0.7))
    assert look.residual.shape == look.ground.shape == (4, ROOM_PX + 1, ROOM_PX + 1)
    assert look.beside_buildings.shape == look.residual.shape[1:]
    assert not look.residual[:, :2].any() and look.residual[:, 2:].any()
    assert not is_found(view, Placement("F-16", 0.0, 0.0, 30.0, 0.3, 0.3))


def test_a_small_apron_at_the_edge_of_all_imagery_has_a_limit() -> None:
    where = areas(np.s_[0:12, 0:30])
    detection = look_for(series([[]] * 5), where)
    assert limit(view_of(detection, 2), detection).trials


def test_nothing_is_planted_where_something_stands_or_where_it_is_hidden() -> None:
    detection = detected(0.008, "...J..")
    here = np.hypot(*(np.indices(detection.stack.apron_index.shape).T - middle(detection)).T) < 2
    aprons = detection.stack.apron_index >= 0
    look = view_of(detection).compared
    taken = free_places(look, aprons)
    assert len(taken) and not here[tuple(taken.T)].any()
    nowhere = replace(look, spread=np.full_like(look.spread, np.inf))
    assert not len(free_places(nowhere, aprons))


def middle(detection: DetectionResult) -> tuple[float, float]:
    return MIDDLE[0] - detection.stack.georeference.top, MIDDLE[1] - detection.stack.georeference.left


def test_looks_that_saw_their_apron_get_a_limit_whatever_the_processes() -> None:
    detection = detected(clouded=4)
    looks = looks_at(["no_change", "change", "no_change", "no_change", "not_observed"])
    told: list[tuple[str, int, int]] = []
    one = with_limits(looks, detection, EVERYWHERE, 2, progress=lambda *step: told.append(step))
    assert one == with_limits(looks, detection, EVERYWHERE, 2, workers=3)
    assert [look.smallest_detectable_m is None for look in one] == [False] * 4 + [True]
    assert one[4] == looks[4]
    assert told[-1] == ("measuring limits", 4, 4)


def test_a_look_that_shows_nothing_at_all_says_so() -> None:
    detection = replace(detected(), min_score=1e6)
    (look,) = with_limits(looks_at(["no_change"]), detection, EVERYWHERE, 2)
    assert look.smallest_detectable_m is None
    assert look.reason == "weaker: not even an aircraft of 69 m would likely have been found"


def test_each_apron_has_its_own_limit_or_the_reason_why_not() -> None:
    seen, hidden = apron_limits(looks_at(["no_change", "not_observed"]), detected(), EVERYWHERE, 4)
    assert seen.limit is not None and seen.reason == ""
    assert seen.look.smallest_detectable_m == seen.limit.length_m
    assert (hidden.limit, hidden.reason) == (None, "cloud over the apron")


def test_where_all_is_taken_no_limit_is_measured() -> None:
    detection = detected()
    look = detection.residual_images[0]
    assert look is not None
    strong = np.where(detection.stack.apron_index >= 0, 50.0 * look.spread, look.residual)
    full = replace(detection, residual_images=(replace(look, residual=strong), *detection.residual_images[1:]))
    (told,) = apron_limits(looks_at(["no_change"]), full, EVERYWHERE, 4)
    assert (told.limit, told.reason) == (None, "no visible, free place to plant an aircraft")
    assert with_limits(looks_at(["no_change"]), full, EVERYWHERE, 4) == tuple(looks_at(["no_change"]))


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_archive(tmp_path_factory.mktemp("limits-archive"))


@pytest.fixture(scope="module")
def aoi(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("aoi") / "TSTA.geojson"
    path.write_text(json.dumps(airfield_document("TSTA")))
    return path


def test_limits_are_told_for_programs_look_by_look(archive: Path, aoi: Path, tmp_path: Path) -> None:
    done = run("limits", "--aoi", aoi, "--catalog", archive, "--plantings", "1", "--json", cwd=tmp_path, **QUICK)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    (apron,) = told["aprons"]
    assert (apron["apron"], apron["looks"], len(told["looks"])) == ("East", PASSES, PASSES)
    assert apron["best_m"] <= apron["median_m"]
    assert all(look["tried"] or look["reason"] for look in told["looks"])
    assert list(tmp_path.iterdir()) == []


def test_limits_are_told_in_a_table_with_what_they_mean(archive: Path, aoi: Path, tmp_path: Path) -> None:
    options = ("--plantings", "2", "--since", "2022-06-20")
    done = run("limits", "--aoi", aoi, "--catalog", archive, *options, cwd=tmp_path, **QUICK)
    assert done.returncode == 0, done.stderr
    text = " ".join(done.stdout.split())
    assert "East" in text and "Median" in text
    assert "would likely have been missed" in text and "simulated aircraft on your own imagery" in text


def test_without_a_pass_it_is_said_why_there_is_no_limit(tmp_path: Path) -> None:
    done = run("limits", "LIPB", "--catalog", ITEMS, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "No pass was looked at, so no limit can be told" in done.stdout


def test_a_run_fills_the_looks_and_says_what_was_likely_missed(archive: Path, aoi: Path, tmp_path: Path) -> None:
    changed = {**QUICK, "IMAGERY_WATCH_LIMIT_PLANTINGS": "1"}
    done = run("run", "--aoi", aoi, "--catalog", archive, "--out", "out", cwd=tmp_path, **changed)
    assert done.returncode == 0, done.stderr
    with (tmp_path / "out" / "looks.csv").open(newline="") as table:
        rows = list(csv.DictReader(table))
    known = [float(row["smallest_detectable_m"]) for row in rows if row["smallest_detectable_m"]]
    assert len(rows) == PASSES and len(known) >= PASSES - 1
    assert set(known) <= {TYPES[name].length for name in LADDER}
    assert "would likely have been missed" in done.stdout
    assert "would likely have been missed" in (tmp_path / "out" / "report.html").read_text()
    assert json.loads((tmp_path / "out" / "run.json").read_text())["settings"]["limit_plantings"] == 1
