"""What notebooks show: the film of a stay, and the report's map that needs no network."""

from pathlib import Path

import pytest

from imagery_watch.errors import UsageError
from imagery_watch.outputs.files.export import write_outputs
from imagery_watch.outputs.notebook.film import open_film
from imagery_watch.outputs.notebook.frames import hits_frame
from imagery_watch.outputs.notebook.hits_frame import HitsFrame
from outputs.builders import make_result
from outputs.dossiers import make_evident_result


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("run")
    write_outputs(make_evident_result(2), out)
    return out


def test_a_film_plays_and_has_a_strip(folder: Path) -> None:
    film = open_film(folder, "LIPB-stay-0001")
    assert film._repr_html_().startswith('<img src="data:image/webp;base64,')
    assert film.strip.width > 500
    film.moving.unlink()
    with pytest.raises(UsageError, match="only the strongest stays of a run have a film"):
        open_film(folder, "LIPB-stay-0001")
    with pytest.raises(UsageError, match="cannot be opened"):
        film._repr_html_()


def test_explore_is_the_reports_map_alone(folder: Path, tmp_path: Path) -> None:
    hits = HitsFrame.of(hits_frame(make_evident_result(2).hits), folder / "report.html")
    explorer = hits[hits["kind"] == "arrival"].explore()  # what is picked from it still knows its report
    page = explorer.save(tmp_path / "map.html").read_text()
    assert 'svg class="airfield"' in page and "#scene-0" in page
    assert page.count("<script>") == 1 and "Content-Security-Policy" in page
    assert 'class="film"' not in page
    assert explorer._repr_html_().startswith("<iframe srcdoc=")


def test_without_imagery_or_report_explore_says_what_to_do(tmp_path: Path) -> None:
    write_outputs(make_result(1), tmp_path)
    hits = hits_frame(make_result(1).hits)
    with pytest.raises(UsageError, match=r"run\.map\(\)"):
        HitsFrame.of(hits, tmp_path / "report.html").explore()
    with pytest.raises(UsageError, match="cannot be read"):
        HitsFrame.of(hits, tmp_path / "gone.html").explore()


def test_explore_shows_the_hits_of_the_table_alone(folder: Path) -> None:
    hits = HitsFrame.of(hits_frame(make_evident_result(2).hits), folder / "report.html")
    assert hits.explore().page.count('<a href="#hit-') == 1, "both are at one place"
    assert hits[hits["id"] == "LIPB-0002"].explore().page.count('<a href="#hit-') == 1
    assert hits[hits["id"] == "none"].explore().page.count('<a href="#hit-') == 0
    assert 'sandbox="allow-scripts"' in hits.explore()._repr_html_()
