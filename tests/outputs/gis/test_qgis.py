"""`hits.gpkg` in QGIS itself: opened in the styles that it brings, and drawn. Here only where Debian's QGIS is."""

import json
import os
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from imagery_watch.outputs.gis.export import files_for_other_tools
from imagery_watch.outputs.gis.icons import BLUE, ORANGE
from outputs.gis.dossiers import make_told_result

PYTHON = Path("/usr/bin/python3")
QGIS = Path("/usr/lib/python3/dist-packages/qgis/core")
SCRIPT = Path(__file__).parents[2] / "support" / "qgis_draw.py"
YELLOW = (255, 214, 10)


def drawn(path: Path, folder: Path, *day: str) -> tuple[dict[str, Any], Any]:
    """What QGIS says of the layers, and the picture that it draws."""
    picture = folder / "drawn.png"
    home = {"XDG_RUNTIME_DIR": str(folder), "HOME": str(folder), "PATH": os.environ["PATH"]}
    done = subprocess.run(
        [PYTHON, SCRIPT, path, picture, "60", *day],
        env={**home, "QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    with Image.open(picture) as image:
        return json.loads(done.stdout), np.asarray(image.convert("RGB")).astype(int)


def count(picture: Any, colour: tuple[int, int, int]) -> int:
    """Pixels of a colour, up to rounding."""
    return int((np.abs(picture - np.array(colour)).max(axis=2) <= 2).sum())


if QGIS.is_dir():  # nothing is skipped where it is not: there the test does not exist

    @pytest.mark.slow
    def test_qgis_opens_it_in_its_styles_and_draws_each_thing_at_its_time(tmp_path: Path) -> None:
        result = make_told_result()
        first = result.hits[0]
        left = replace(first, id="LIPB-0002", kind="departure", before=first.after, after=result.stays[0].not_after)
        path = tmp_path / "hits.gpkg"
        path.write_bytes(files_for_other_tools(replace(result, hits=(first, left)), {}, {})["hits.gpkg"])
        told, whole = drawn(path, tmp_path)
        assert {name: one["features"] for name, one in told.items()} == {
            "hits": 2, "stays": 1, "outlines": 2, "lines": 1, "aprons": 2,
        }  # fmt: skip
        assert told["hits"]["renderer"] == "RuleRenderer" and "possible arrival" in told["hits"]["legend"]
        assert (told["hits"]["times"], told["hits"]["labels"]) == (["before", "after"], True)
        assert told["stays"]["times"] == told["outlines"]["times"] == ["seen_from", "seen_to"]
        assert first.summary in told["hits"]["tip"] and "[%" not in told["hits"]["tip"]
        assert min(count(whole, colour) for colour in (BLUE, ORANGE, YELLOW)) > 40
        _, coming = drawn(path, tmp_path, "2022-03-03")  # between the look before the arrival and the one after it
        assert count(coming, BLUE) > 40 and count(coming, ORANGE) == count(coming, YELLOW) == 0
        _, leaving = drawn(path, tmp_path, "2022-03-08")
        assert count(leaving, ORANGE) > 40 and count(leaving, BLUE) == count(leaving, YELLOW) == 0
        _, standing = drawn(path, tmp_path, "2022-03-06")  # the day on which it was seen
        assert min(count(standing, colour) for colour in (BLUE, ORANGE, YELLOW)) > 40
