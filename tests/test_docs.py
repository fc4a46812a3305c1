"""The pages for those who add something are true: their code runs, and the files that they name are there."""

import doctest
import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from conftest import DATA
from outputs.builders import make_hit
from outputs.store.test_store import make_run
from support.demonstration import Demonstrated

import imagery_watch as iw
from imagery_watch.model import Period
from imagery_watch.outputs.store.store import open_store
from imagery_watch.pipeline import watch
from imagery_watch.sensors.registry import find_sensor
from imagery_watch.settings import Settings
from imagery_watch.sources.airfields.known import find_airfield, shipped_dir
from imagery_watch.sources.catalogs.stac_files import FileCatalog

ROOT = Path(__file__).parent.parent
PAGES = sorted((ROOT / "docs").glob("*.md"))
NOW = datetime(2024, 1, 1, tzinfo=UTC)


def code_of(page: str) -> dict[str, Any]:
    """What the Python of a page defines."""
    [block] = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / page).read_text(encoding="utf-8"), flags=re.DOTALL)
    found: dict[str, Any] = {"__name__": "page"}
    exec(compile(block, page, "exec"), found)
    return found


@pytest.mark.parametrize(("platform", "passes"), [("sentinel-2a", 0), ("sentinel-2c", 2)])
def test_the_catalogue_of_the_page_leaves_one_satellite_out(platform: str, passes: int) -> None:
    catalog = FileCatalog(DATA / "fehrbellin" / "items.json", find_sensor())
    without = code_of("add-a-catalogue.md")["CatalogWithout"](catalog, platform)
    airfield = find_airfield("EDBF", shipped_dir())
    result = watch(airfield, without, Settings(limit_plantings=0), Period(None, None))
    assert len({look.pass_id for look in result.looks}) == len(result.looks) == passes
    assert result.provenance.catalog == f"{catalog.name} without {platform}"


def test_the_page_of_outputs_reads_what_the_demonstration_wrote(
    demonstration: Demonstrated, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(demonstration.out.parent)
    found = code_of("outputs.md")
    hits = json.loads((demonstration.out / "hits.geojson").read_text())["features"]
    arrivals = [one for one in hits if one["properties"]["kind"] == "arrival"]
    assert len(found["arrivals"]) == len(arrivals) > 1 and found["size"] == (41, 41)
    assert len([*found["collection"].get_items()]) == len(found["hits"]) == len(hits)


def test_a_feed_gets_each_hit_once_whatever_other_channels_got(tmp_path: Path) -> None:
    append = code_of("add-an-alert-channel.md")["append_new_hits"]
    feed = tmp_path / "feed.txt"
    with open_store(tmp_path / "home") as store:
        number = store.start_sweep(NOW, "1", "test")
        store.save(make_run(make_hit(1), make_hit(2)), number, NOW)
        store.note_delivery(make_hit(1).id, "file", NOW)
        assert [hit.id for hit in append(store, feed, NOW)] == [make_hit(1).id, make_hit(2).id]
        assert append(store, feed, NOW) == []
    assert [line.split("\t")[0] for line in feed.read_text().splitlines()] == [make_hit(1).id, make_hit(2).id]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target


@pytest.mark.parametrize("page", ["README.md", "add-a-sensor.md", "add-a-catalogue.md", "add-an-alert-channel.md"])
def test_files_that_are_named_are_there(page: str) -> None:
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    for name in re.findall(r"`((?:[a-z_0-9]+/)+[a-z_0-9]+\.(?:py|md))", text):
        assert any(
            (base / name).exists()
            for base in (ROOT, ROOT / "imagery_watch", ROOT / "docs", ROOT / "imagery_watch" / "change")
        ), name


def test_the_page_of_the_python_interface_is_true(demonstration: Demonstrated, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(demonstration.out.parent)
    page = ROOT / "docs" / "api.md"
    failed, tried = doctest.testfile(str(page), module_relative=False, optionflags=doctest.NORMALIZE_WHITESPACE)
    assert (failed, tried > 8) == (0, True)
    text = page.read_text(encoding="utf-8")
    public = [name for name in vars(iw.RunView) if not name.startswith("_")]
    assert [name for name in public if f"`{name}" not in text] == []
    assert [name for name in iw.__all__ if not name.startswith("_") and name not in text] == []
