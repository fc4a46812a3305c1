"""The demonstration, as `make demo` runs it and the notebook shows it: offline, from shipped files."""

import json
import re
from pathlib import Path

import pytest
from support.demonstration import Demonstrated
from support.notebooks import execute, outputs
from support.schemas import check_folder

from imagery_watch.demo import NOTE
from imagery_watch.simulate.story import plant_aircraft, plant_decoys

NOTEBOOK = Path(__file__).parent.parent / "notebooks" / "inspect_hits.ipynb"
VERDICTS = "found[^│]*|missed|refused|told as [^│]*"
ROW = re.compile(rf"^│ (?P<kind>arrival|departure) +│ (?P<what>[^│]+?) +│[^│]*│[^│]*│ (?P<verdict>{VERDICTS}) *│", re.M)


@pytest.mark.timeout(400)
def test_the_command_accounts_for_the_whole_story_and_the_notebook_shows_it(
    demonstration: Demonstrated, tmp_path: Path
) -> None:
    said, out = demonstration.said, demonstration.out
    check_that_the_story_is_accounted_for(said, out)
    check_that_it_says_what_is_simulated(said, out)
    check_the_files(out)
    shown = execute(NOTEBOOK, tmp_path, IMAGERY_WATCH_RUN=str(out))
    assert any(text.startswith("> **SIMULATED DATA") for text in outputs(shown, "text/markdown"))
    assert outputs(shown, "stderr") == []


def check_that_the_story_is_accounted_for(said: str, out: Path) -> None:
    rows = [match.groupdict() for match in ROW.finditer(said)]
    decoys = {one.name for one in plant_decoys()}
    assert {row["what"] for row in rows} == {one.name for one in plant_aircraft()} | decoys
    aircraft, others = ([row for row in rows if (row["what"] in decoys) is kind] for kind in (False, True))
    found = [row for row in aircraft if row["verdict"].startswith("found")]
    refused = [row for row in others if row["verdict"].strip() == "refused"]
    told = len(json.loads((out / "hits.geojson").read_text())["features"])
    assert said.count("│ false") == told - len(found) - (len(others) - len(refused))
    false = told - len(found) - (len(others) - len(refused))
    verdict = f"{len(found)} of {len(aircraft)} planted changes of aircraft found; {len(refused)} of {len(others)} of"
    assert f"{verdict} what is no aircraft refused; {false} false." in " ".join(said.split())
    large = [row for row in rows if row["what"] == "Il-62M"]
    assert {row["verdict"].strip() for row in large} == {"found, same bracket"}
    assert {row["verdict"] for row in rows} > {"missed"}, "it shows what it cannot do"
    report = (out / "report.html").read_text()
    assert '<h2 id="truth">Against the truth</h2>' in report and verdict in report


def check_that_it_says_what_is_simulated(said: str, out: Path) -> None:
    assert "Simulated data" in said
    assert json.loads((out / "hits.geojson").read_text())["simulated_note"] == NOTE
    assert "simulated" in (out / "report.html").read_text().lower()
    assert json.loads((out / "run.json").read_text())["simulated"] is True


def check_the_files(out: Path) -> None:
    check_folder(out)
    assert {path.name for path in out.iterdir()} >= {"hits.geojson", "looks.csv", "report.html", "run.json", "chips"}
    for path in out.glob("*.*"):
        assert str(out.parent) not in path.read_text(errors="replace"), path.name
    for feature in json.loads((out / "hits.geojson").read_text())["features"]:
        assert (out / feature["properties"]["chip"]).is_file()
        assert feature["properties"]["simulated"] is True
    stays = json.loads((out / "stays.geojson").read_text())["features"]
    assert stays and all(feature["properties"]["simulated"] is True for feature in stays)
    dates = set(re.findall(r"<option[^>]*>([^<]+)</option>", (out / "report.html").read_text()))
    for feature in json.loads((out / "hits.geojson").read_text())["features"]:
        beside = {feature["properties"][end][:16].replace("T", " ") for end in ("before", "after")}
        assert beside <= dates, "each hit can be swiped on the map"
    counts = json.loads((out / "run.json").read_text())["counts"]
    assert sum(counts["looks"].values()) == 2 * counts["passes"]
    assert counts["looks"]["not_observed"] >= 2  # clouds are not "no change"
    assert counts["looks"]["failed"] == 0
