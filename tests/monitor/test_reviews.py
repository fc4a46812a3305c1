"""What reviews and sweeps make of one another, over a real archive."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from support.monitor import NAME, NOW, listing, make_archive, make_home, record, write_listing

from imagery_watch.monitor.reviewing import review_hit
from imagery_watch.outputs.review import tally
from imagery_watch.outputs.store.store import read_store
from monitor.test_sweep import sweep_once


def test_what_leaves_a_rejected_place_is_recorded_and_no_news(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The aircraft that came is taken for something else by a person; then it leaves."""
    monkeypatch.setattr(tally, "ENOUGH_REVIEWS", 1)
    catalog, home = make_archive(tmp_path / "archive"), make_home(tmp_path / "home")
    early = sweep_once(home, write_listing(catalog, listing(catalog, (0, 1, 2, 3)), "early.json"))
    [came] = [hit for hit in early.new_hits if hit.kind == "arrival"]
    review_hit(came.id, "rejected", "it is a stage", "Ann", home, NOW)
    with read_store(home) as store:
        assert store is not None
        reviews = store.reviews()
    late = sweep_once(home, catalog)
    assert (late.new_hits, late.outcomes[0].new) == ((), 0)
    assert "1 at a place that a review rejected" in late.outcomes[0].reason
    with read_store(home) as store:
        assert store is not None and store.reviews() == reviews
        told = {one.hit.kind: one for one in store.recorded_hits(NAME)}
    assert (told["arrival"].judgement, told["departure"].muted_by) == ("rejected", came.id)
    [left] = [feature for feature in published(home) if feature["kind"] == "departure"]
    assert {one["state"] for one in left["evidence"]} == {"seen again", "rejected place"}
    assert left["status"] == "confirmed"
    [warned] = [
        one for one in json.loads((home / "runs" / NAME / "run.json").read_text())["warnings"] if "reviewed" in one
    ]
    assert warned.startswith(f"Of 1 reviewed hits at {NAME} 1 were rejected, where about 0.2 were promised: take")
    report = (home / "runs" / NAME / "report.html").read_text()
    assert "rejected in review" in report and "it is a stage" in report
    before = record(home)
    review_hit(came.id, "confirmed", "no, an aircraft", "Ann", home, NOW + timedelta(hours=1))
    again = sweep_once(home, catalog)
    assert (again.new_hits, again.outcomes[0].state) == ((), "scored"), "its files are written anew"
    [shown] = [feature for feature in published(home) if feature["id"] == came.id]
    assert [one["state"] for one in shown["evidence"] if one["source"] == "review"] == ["confirmed"]
    assert record(home)["deliveries"] == before["deliveries"]
    assert sweep_once(home, catalog).outcomes[0].state == "nothing new"


def published(home: Path) -> list[dict[str, object]]:
    collection = json.loads((home / "runs" / NAME / "hits.geojson").read_text())
    return [feature["properties"] for feature in collection["features"]]
