"""What the benchmarks of acquisition reckon with: floors, tiles, items, and the stages of a run."""

import os
from pathlib import Path

import pytest
import rasterio
from acquisition import Way
from acquisition_archive import EDGE, LEFT, TILE, TOP, make_item, many_tiles, write_archive
from acquisition_places import draw_places, examine, list_tiles, window_of
from acquisition_server import Log, Profile, make_environment
from rasterio.windows import Window
from run_stages import StageClock
from table import show_span, show_times

from imagery_watch.model import Grid


def test_a_floor_counts_waits_in_turn_and_bytes_at_the_rate_of_all_connections() -> None:
    profile = Profile(latency_s=0.05, connect_s=0.1, rate=20, in_flight=32)
    assert profile.find_floor(600, 0) == pytest.approx(0.1 + 600 / 32 * 0.05)
    assert profile.find_floor(0, 20 * 2**20 / 1e6 * 32) == pytest.approx(0.1 + 1)
    assert profile.find_floor(8, 0, in_flight=4) == pytest.approx(0.1 + 2 * 0.05)


def test_a_log_counts_what_came_after_its_mark(tmp_path: Path) -> None:
    path = tmp_path / "access.log"
    path.write_text("GET 206 100 1\n")
    log = Log(path)
    with path.open("a") as file:
        file.write("GET 206 1000000 1\nGET 206 500000 2\nGET 404 0 2\n")
    assert log.count() == (3, 1.5, 2, 1)


@pytest.mark.parametrize(
    ("window", "tiles"),
    [
        (Window(0, 0, 1024, 1024), [(0, 0)]),
        (Window(1023, 0, 2, 1), [(0, 0), (1, 0)]),
        (Window(1023, 2047, 2, 2), [(0, 1), (1, 1), (0, 2), (1, 2)]),
    ],
)
def test_the_tiles_of_a_window(window: Window, tiles: list[tuple[int, int]]) -> None:
    assert list_tiles(window) == tiles


def test_places_lie_within_the_scene_on_whole_pixels_of_both_sizes() -> None:
    for place in draw_places(200, 1):
        left, bottom, right, top = place.bounds
        assert LEFT <= left < right <= LEFT + EDGE * 10 and TOP - EDGE * 10 <= bottom < top <= TOP
        assert not any(edge % 20 for edge in (left, bottom, right, top))
        assert window_of(place, 20).width * 2 == place.width


def test_a_place_is_examined_by_the_bytes_of_the_tiles_that_it_touches(tmp_path: Path) -> None:
    write_archive(tmp_path, 1, bands=("blue", "nir", "scl"))
    inside = Grid(32632, LEFT + 2000, TOP - 2000, 200, 100)
    kind, minimum_mb, digests = examine(tmp_path / "scene-000", inside)
    with rasterio.open(tmp_path / "scene-000" / "blue.tif") as source:
        tile = int(source.get_tag_item("BLOCK_SIZE_0_0", "TIFF", bidx=1))
        assert source.block_shapes == [(TILE, TILE)] and 1.2e6 < tile < 1.6e6
    assert (kind, sorted(digests)) == ("in one tile", ["blue", "nir", "scl"])
    assert minimum_mb == pytest.approx(2 * tile / 1e6, rel=0.1)


def test_tiles_that_lie_apart_have_names_of_their_own() -> None:
    items = [make_item(number, "base", many_tiles(number), ("blue",), one_day=True) for number in range(60)]
    assert len({one["id"] for one in items}) == 60
    corners = [tuple(one["assets"]["blue"]["proj:transform"][2::3]) for one in items]
    reach = EDGE * 10
    assert all(abs(x - u) >= reach or abs(y - v) >= reach for x, y in corners for u, v in corners if (x, y) != (u, v))


def test_time_is_counted_for_the_stage_that_is_told_next(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr("run_stages.time.perf_counter", lambda: now)
    clock = StageClock(os.getpid(), now)
    told = ["searching: 0 of 1", "searching: 1 of 1, 60 items", "reading: 0 of 2, S2A", "DEBUG urllib3: noise",
            "reading: 2 of 2", "comparing passes: 1 of 4", "comparing passes: 4 of 4", "measuring limits: 1 of 2",
            "measuring limits: 2 of 2"]  # fmt: skip
    for line in told:
        now += 1.0
        clock.hear(line)
    now += 1.0
    clock.end(0.0)
    assert list(clock.wall.values()) == [1.0, 1.0, 3.0, 2.0, 1.0, 1.0, 1.0]


def test_a_child_is_given_nothing_that_was_set_for_us(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GDAL_CACHEMAX", "CPL_DEBUG", "IMAGERY_WATCH_HOME", "PYTHONPATH"):
        monkeypatch.setenv(name, "1")
    told = make_environment(Path("checkout"))
    assert told["PYTHONPATH"] == "checkout"
    assert not [name for name in told if name.startswith(("GDAL_", "CPL_", "IMAGERY_WATCH_"))]
    assert "PYTHONPATH" not in make_environment(None)


def test_figures_are_told_with_their_span_and_ratio() -> None:
    assert show_span([3.0, 1.0, 2.0]) == "2.00 (1.00-3.00)"
    assert show_times(3.0, 2.0) == "1.50"
    assert show_times(3.0, None) == "-"
    assert show_times(3.0, 0.0) == "-"


def write_peer(path: Path, lines: str) -> str:
    """An interpreter that is none: a script that answers as a peer's process would."""
    path.write_text(f"#!/bin/sh\n{lines}\n")
    path.chmod(0o755)
    return str(path)


def test_a_peer_that_dies_of_a_signal_is_run_again_and_that_is_told(tmp_path: Path) -> None:
    once = tmp_path / "once"
    way = Way("odc", write_peer(tmp_path / "peer", f"[ -e {once} ] || {{ touch {once}; kill -ABRT $$; }}; echo '{{}}'"))
    way.run(tmp_path / "items.json", 4, tmp_path / "access.log")
    assert way.notes == ["died of signal 6, run again"]
    assert len(way.rows) == 1


@pytest.mark.parametrize(
    ("lines", "told"), [("kill -ABRT $$", "died 5 times"), ("exit 3", "odc"), ("echo broken >&2; exit 1", "broken")]
)
def test_a_peer_that_fails_for_good_ends_the_benchmark(tmp_path: Path, lines: str, told: str) -> None:
    way = Way("odc", write_peer(tmp_path / "peer", lines))
    with pytest.raises(SystemExit, match=told):
        way.run(tmp_path / "items.json", 4, tmp_path / "access.log")


def test_a_peer_that_is_not_installed_is_left_out(tmp_path: Path) -> None:
    way = Way("odc", write_peer(tmp_path / "peer", "echo ModuleNotFoundError >&2; exit 1"))
    for _ in range(2):
        way.run(tmp_path / "items.json", 4, tmp_path / "access.log")
    assert (way.notes, way.rows) == (["not installed"], [])
