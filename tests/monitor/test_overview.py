"""The page over all airfields, from a real record: what it says of each, where its links lead, its size."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import unquote

import pytest
from outputs.builders import START, make_airfield, make_result
from outputs.store.test_store import SEEN, make_run, seen_look
from support.desk import hit_at

from imagery_watch.model import Hit, Review, Verdict
from imagery_watch.monitor.dispatch import write_waiting
from imagery_watch.monitor.overview import INDEX, LARGEST_PICTURE, MOST_NEWS, Sweep, view_all, write_index
from imagery_watch.outputs.files.export import write_outputs
from imagery_watch.outputs.overview.page import Overview, Row
from imagery_watch.outputs.store.store import Store, open_store
from imagery_watch.outputs.store.trouble_store import TroubleStore
from imagery_watch.outputs.terminal.sweep_table import Outcome
from imagery_watch.sources.airfields.known import AirfieldFile

NOW = datetime(2022, 4, 1, 6, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=6)
LARGEST_PAGE = 3_000_000


def record(store: Store, airfield: str, *hits: Hit, looks: bool = True) -> None:
    seen = tuple(
        replace(seen_look(smallest_detectable_m=length), airfield=airfield, apron=apron)
        for apron, length in (("A", 21.0), ("West", 26.0)) if looks
    )  # fmt: skip
    run = replace(make_run(*hits), airfield=airfield, name=f"Field {airfield}", looks=seen, stays=(), occupancy=())
    store.save(run, 1, NOW)


def sweep_of(*outcomes: Outcome, files: Sequence[AirfieldFile] = ()) -> Sweep:
    return Sweep(1, "earth-search", outcomes, files)


def review(hit: Hit, verdict: Verdict, reviewer: str = "Ann") -> Review:
    return Review(hit.id, hit.airfield, verdict, "", reviewer, NOW)


@pytest.fixture
def told(tmp_path: Path) -> dict[str, Row]:
    """Airfields of every kind, as the page has them."""
    disputed, waiting, done, gone = hit_at("DISP", 1), hit_at("WAIT", 1), hit_at("DONE", 1), hit_at("GONE", 1)
    with open_store(tmp_path) as store:
        store.start_sweep(NOW, "1", "earth-search")
        record(store, "DISP", disputed)
        record(store, "WAIT", waiting, hit_at("WAIT", 2))
        record(store, "DONE", done)
        record(store, "GONE", replace(gone, status="withdrawn"))
        record(store, "BLIND", looks=False)
        store.add_reviews([review(disputed, "confirmed"), review(disputed, "rejected", "Bob")], NOW)
        store.add_reviews([review(done, "confirmed"), review(waiting, "unsure")], NOW)
        TroubleStore.over(store).note_trouble("sight BLIND", "could not look", NOW)
        TroubleStore.over(store).note_trouble("catalogue earth-search", "silent", NOW)
        outcomes = (Outcome("DISP", "scored"), Outcome("BLIND", "failed"), Outcome("NEW", "nothing new"))
        files = (AirfieldFile(Path("NEW.geojson"), make_airfield("A new one", id="NEW")),)
        overview = view_all(store, sweep_of(*outcomes, files=files), tmp_path / "out", NOW)
    assert [subject for subject, *_ in overview.troubles] == ["catalogue earth-search", "sight BLIND"]
    assert {one.hit.id for one in overview.to_review} == {disputed.id, "WAIT-0002"}
    return {row.id: row for row in overview.rows}


@pytest.mark.parametrize(
    ("airfield", "rank", "visited"),
    [("DISP", 0, "looked at"), ("WAIT", 0, "not in it"), ("DONE", 3, "not in it"), ("GONE", 3, "not in it"),
     ("BLIND", 1, "failed"), ("NEW", 2, "looked at")],
)  # fmt: skip
def test_each_airfield_stands_as_its_record_says(airfield: str, rank: int, visited: str, told: dict[str, Row]) -> None:
    assert (told[airfield].rank, told[airfield].visited) == (rank, visited)


def test_a_row_has_what_the_record_has(told: dict[str, Row]) -> None:
    done, new = told["DONE"], told["NEW"]
    assert (done.last_look, done.smallest_m, done.scored) == (SEEN.datetime, (21.0, 26.0), NOW)
    assert done.due == SEEN.datetime + timedelta(days=30), "the first after NOW, whole cycles of ten days later"
    assert (done.name, done.statuses["confirmed"]) == ("Field DONE", 1)
    assert (new.name, new.last_look, new.due, new.scored) == ("A new one", None, None, None)
    assert (told["DISP"].disputed, told["DISP"].unreviewed, told["WAIT"].unreviewed) == (1, 0, 1)


def test_its_links_and_pictures_are_those_of_the_outputs(tmp_path: Path) -> None:
    result = make_result(2)
    write_outputs(result, tmp_path / "out" / "LIPB")
    with open_store(tmp_path) as store:
        store.start_sweep(NOW, "1", "earth-search")
        record(store, "LIPB", *result.hits)
        write_waiting(store, tmp_path / "out", NOW)
        write_index(store, sweep_of(), tmp_path / "out", NOW)
        first = (tmp_path / "out" / INDEX).read_text()
        write_index(store, sweep_of(), tmp_path / "out", LATER)
    hrefs = [href for href in re.findall(r'href="([^"]+)"', first) if not href.startswith("#")]
    assert len(hrefs) == 5, "two that are new, two to review, and the airfield"
    for href in hrefs:
        path, _, anchor = href.partition("#")
        assert f'id="{unquote(anchor)}"' in (tmp_path / "out" / unquote(path)).read_text() or not anchor
    assert first.count("data:image/png;base64,") == 2
    later = (tmp_path / "out" / INDEX).read_text()
    assert [a for a, b in zip(first.splitlines(), later.splitlines(), strict=True) if a != b] == [
        '<p class="pale">As of 2022-04-01 06:00 UTC, after sweep 1 with the catalogue earth-search</p>'
    ]


def test_a_large_picture_and_one_that_is_gone_are_left_out(tmp_path: Path) -> None:
    chips = tmp_path / "out" / "LIPB" / "chips"
    chips.mkdir(parents=True)
    (chips / "LIPB-0001.png").write_bytes(bytes(LARGEST_PICTURE + 1))
    with open_store(tmp_path) as store:
        store.start_sweep(NOW, "1", "earth-search")
        record(store, "LIPB", hit_at("LIPB", 1), hit_at("LIPB", 2))
        write_waiting(store, tmp_path / "elsewhere", NOW)
        overview: Overview = view_all(store, sweep_of(), tmp_path / "out", NOW)
    assert [(one.picture, one.href) for one in overview.news] == [(None, ""), (None, "")]


def test_five_hundred_airfields_are_one_page_of_a_few_megabytes(tmp_path: Path) -> None:
    picture = bytes(range(256)) * 170
    with open_store(tmp_path) as store:
        store.start_sweep(NOW, "1", "earth-search")
        for number in range(500):
            name = f"X{number:03d}"
            hits = [hit_at(name, k) for k in range(1, 4)] if number % 4 == 0 else []
            for hit in hits:
                path = tmp_path / "out" / name / "chips" / f"{hit.id}.png"
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(picture)
            record(store, name, *hits)
            store.note_delivery(f"{name}-0001", "file", START)
        write_index(store, sweep_of(), tmp_path / "out", NOW)
    html = (tmp_path / "out" / INDEX).read_text()
    assert html.count('<tr data-rank="0">') == 125 and html.count('<tr data-rank="3">') == 375
    assert html.count("data:image/png;base64,") == MOST_NEWS
    assert len(html.encode()) < LARGEST_PAGE
