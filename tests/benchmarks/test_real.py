"""The real bench: which labels are changes, what noise is added, and that a missing network or folder is said."""

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import rasterio
import real
import real_inputs
from outputs.builders import make_hit
from rasterio.transform import from_origin
from shapely.geometry import Point

from imagery_watch.model import Hit

ROOT = Path(__file__).parent.parent.parent
DAYS = ("2021-04-01", "2021-04-08")
JET, NEAR, FAR = (0, 0, 40, 40), (15, 10, 55, 50), (200, 0, 240, 40)


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ([], [JET], [("arrival", DAYS[1], True)]),
        ([JET], [], [("departure", DAYS[0], True)]),
        ([JET], [NEAR], [("arrival", DAYS[1], False), ("departure", DAYS[0], False)]),
        ([JET], [FAR], [("arrival", DAYS[1], True), ("departure", DAYS[0], True)]),
        ([(0, 0, 60, 60)], [(40, 0, 100, 60)], [("arrival", DAYS[1], False), ("departure", DAYS[0], False)]),
        ([(0, 0, 60, 60)], [(52, 0, 112, 60)], [("arrival", DAYS[1], True), ("departure", DAYS[0], True)]),
    ],
)
def test_a_label_is_a_change_where_no_other_is_in_its_place(
    before: list[tuple[int, ...]], after: list[tuple[int, ...]], told: list[tuple[str, str, bool]]
) -> None:
    found = real.list_changes(before, after, DAYS)
    assert [(kind, day, alone) for kind, day, _, alone in found] == told


def make_folder(folder: Path) -> Path:
    profile = {"driver": "GTiff", "count": 1, "dtype": "uint16", "height": 50, "width": 50, "crs": "EPSG:32632"}
    for day in ("20230605", "20230710"):
        (folder / f"S2A_{day}").mkdir(parents=True)
        path = folder / f"S2A_{day}" / "B02.tif"
        with rasterio.open(path, "w", transform=from_origin(0, 0, 10, 10), **profile) as image:
            counts = np.full((50, 50), 2000, np.uint16)
            counts[0] = 0
            image.write(counts, 1)
    (folder / "items.json").write_text("{}")
    return folder


def test_noise_is_added_up_to_what_was_asked_and_none_where_nothing_is_known(tmp_path: Path) -> None:
    source = make_folder(tmp_path / "from")
    real_inputs.add_noise(source, tmp_path / "to", 0.010, 0.003, "2023-07-10")
    for day, sigma in (("20230605", np.sqrt(0.010**2 - 0.003**2)), ("20230710", 0.010)):
        with rasterio.open(tmp_path / "to" / f"S2A_{day}" / "B02.tif") as image:
            counts = image.read(1).astype(float)
        assert (counts[0] == 0).all()
        assert counts[1:].std() / 10_000 == pytest.approx(sigma, rel=0.05)


def test_shares_are_told_with_their_interval() -> None:
    assert real.share(19, 186) == "19 of 186 = 0.10 (0.07-0.15)"
    assert real.share(0, 0) == "0 of 0"


def test_the_nearest_hit_of_the_right_kind_and_look_counts() -> None:
    when = {"before": datetime(2021, 4, 1, 10, tzinfo=UTC), "after": datetime(2021, 4, 8, 10, tzinfo=UTC)}
    far, near, other = (
        make_hit(number, kind=kind, lon=lon, lat=0.0, **when)
        for number, kind, lon in ((1, "arrival", 20.0), (2, "replacement", 10.0), (3, "departure", 0.0))
    )

    def nearest(kind: str, day: str, length: float = 40.0) -> Hit | None:
        return real._nearest([far, near, other], kind, day, Point(0, 0), length, lambda lon, lat: (lon, lat))

    assert nearest("arrival", DAYS[1]) is near and nearest("departure", DAYS[0]) is other
    assert nearest("arrival", DAYS[0]) is None
    assert real._nearest([far], "arrival", DAYS[1], Point(50, 0), 40.0, lambda lon, lat: (lon, lat)) is None
    assert real._nearest([far], "arrival", DAYS[1], Point(50, 0), 70.0, lambda lon, lat: (lon, lat)) is far


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    done = bench("--data", str(tmp_path / "none"))
    assert done.returncode == 1 and "no such folder" in done.stderr and "REAL_DATA.md" in done.stderr


def test_nothing_to_run_on_is_a_usage_error() -> None:
    done = bench()
    assert done.returncode == 2 and "--data or --fetch" in done.stderr


def test_what_a_folder_lacks_is_left_out_and_said(tmp_path: Path) -> None:
    done = bench("--data", str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert "s2_berlin_null: not in" in done.stdout and "s2_genoa_semireal: not in" in done.stdout


def test_fetching_without_a_network_ends_with_a_message(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(real_inputs, "SAMPLE", "http://127.0.0.1:9/sample.nc")  # nobody listens there
    with pytest.raises(SystemExit, match=r"cannot be fetched .* --fetch needs a network"):
        real_inputs.fetch_bolzano(tmp_path)


def bench(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "benchmarks" / "real.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def test_the_items_that_are_made_are_stac() -> None:
    item = real_inputs._item("S2A_32TPS_20220612", real_inputs.EPOCH)
    assert json.loads(json.dumps(item))["assets"].keys() == set(real_inputs.BANDS)
