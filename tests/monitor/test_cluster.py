"""One sweep done by others: a real Dask cluster, and four shards that are merged, against one process."""

import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from support.monitor import NOW, SINCE, files, listing, make_archive, make_home, write_listing

from imagery_watch.errors import ClusterUnavailable, ExitCode, ImageryWatchError, UsageError
from imagery_watch.model import Period, parse_period
from imagery_watch.monitor.looking import make_question
from imagery_watch.monitor.machines.cluster import connected, fetch_answer, find_on_worker, place, place_catalog
from imagery_watch.monitor.machines.sharding import ALL, Shard
from imagery_watch.monitor.machines.sharing import ALONE, Share
from imagery_watch.monitor.records import merge_records
from imagery_watch.monitor.sweep import SweepReport, sweep, wanted_airfields
from imagery_watch.outputs.store.store import open_store
from imagery_watch.settings import Settings

NAMES = ("TSTA", "TSTC")
SHARDS = 4
ONES_OWN = {"sweeps": ("seconds", "new_hits"), "troubles": ("since", "last_seen")}
"""What is not the same however a sweep is shared: how long it took, when it came to what, and what each part found."""


def settings_of(home: Path) -> Settings:
    return Settings(home=home, margin_m=300, retries=0, timeout_s=2, limit_plantings=0, workers=1)


def sweep_shared(home: Path, catalog: Path, share: Share = ALONE, *names: str) -> SweepReport:
    return sweep(names or NAMES, settings_of(home), catalog=str(catalog), since=SINCE, now=NOW, share=share)


def everything(home: Path) -> dict[str, list[Any]]:
    """All tables of a record, whose times are those of `NOW`."""
    with closing(sqlite3.connect(home / "monitor.sqlite")) as connection:
        connection.row_factory = sqlite3.Row
        names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        found = {name: [dict(row) for row in connection.execute(f"SELECT * FROM {name}")] for name in names}
    return {name: sorted(str({column: value for column, value in row.items() if column not in ONES_OWN.get(name, ())})
                         for row in rows) for name, rows in found.items()}  # fmt: skip


class Alone(NamedTuple):
    """What one process made of the archive."""

    home: Path
    catalog: Path


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Alone:
    catalog = make_archive(tmp_path_factory.mktemp("archive"), 3, (2,))
    home = make_home(tmp_path_factory.mktemp("alone"), *NAMES)
    assert len(sweep_shared(home, catalog).new_hits) == len(NAMES)
    return Alone(home, catalog)


@pytest.fixture(scope="module")
def scheduler() -> Iterator[str]:
    """A cluster of two processes on this machine."""
    from distributed import LocalCluster

    made = LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        processes=True,
        host="127.0.0.1",
        dashboard_address="127.0.0.1:0",  # a fixed port would be taken by the tests of another process
        silence_logs=40,
    )
    with made as cluster:
        yield str(cluster.scheduler_address)


@contextmanager
def shared_by(scheduler: str, catalog: Path) -> Iterator[Share]:
    with connected(scheduler, str(catalog)) as workers:
        yield Share(ALL, workers)


def test_a_dask_cluster_makes_what_one_process_makes(alone: Alone, scheduler: str, tmp_path: Path) -> None:
    home = make_home(tmp_path, *NAMES)
    with shared_by(scheduler, alone.catalog) as share:
        report = sweep_shared(home, alone.catalog, share)
        assert sorted((one.airfield, one.state) for one in report.outcomes) == [(name, "scored") for name in NAMES]
        assert everything(home) | {"sweeps": []} == everything(alone.home) | {"sweeps": []}
        assert files(home) == files(alone.home)
        (home / "aoi" / "BAD.geojson").write_text("{}")
        again = sweep_shared(home, alone.catalog, share, *NAMES, "BAD")
    states = {one.airfield: one.state for one in again.outcomes}
    assert states == {"BAD": "failed", "TSTA": "nothing new", "TSTC": "nothing new"}


def test_four_shards_merged_are_what_one_process_makes(alone: Alone, tmp_path: Path) -> None:
    homes = [make_home(tmp_path / str(number), *NAMES) for number in range(1, SHARDS + 1)]
    for number, home in enumerate(homes, 1):
        sweep_shared(home, alone.catalog, Share(Shard(number, SHARDS)))
    taken = merge_records(tmp_path / "all", homes[::-1])
    assert sorted(one.newer for one in taken) == [0, 0, 1, 1]
    assert everything(tmp_path / "all") == everything(alone.home)
    assert merge_records(tmp_path / "all", homes)
    assert everything(tmp_path / "all") == everything(alone.home)


def test_an_answer_that_is_lost_is_worth_asking_for_again(alone: Alone, scheduler: str) -> None:
    [file] = wanted_airfields(NAMES[:1], alone.home)
    with connected(scheduler, str(alone.catalog)) as cluster:
        assert cluster is not None and file.airfield is not None
        future = cluster.client.submit(pow, 2, 3)
        future.cancel()
        with pytest.raises(ClusterUnavailable, match="the Dask cluster was lost before TSTA was answered"):
            fetch_answer(future, file.airfield)


@pytest.mark.slow
def test_a_watch_goes_on_by_way_of_the_cluster(scheduler: str, tmp_path: Path) -> None:
    whole = make_archive(tmp_path / "archive", 12, (2, 3, 10, 11))
    parts = [write_listing(whole, listing(whole, range(count)), f"{count}.json") for count in (10, 11, 12)]
    homes = [make_home(tmp_path / name, NAMES[0]) for name in ("alone", "shared")]
    for catalog in parts:
        sweep_shared(homes[0], catalog, ALONE, NAMES[0])
        with shared_by(scheduler, catalog) as share:
            sweep_shared(homes[1], catalog, share, NAMES[0])
    assert everything(homes[1]) == everything(homes[0])
    kept = [sorted(path.name for path in (home / "watch").rglob("*.f4")) for home in homes]
    assert kept[0] == kept[1] != []


def test_a_worker_without_the_home_or_of_another_version_says_so(alone: Alone, tmp_path: Path) -> None:
    [file] = wanted_airfields(NAMES[:1], alone.home)
    assert file.airfield is not None
    with open_store(tmp_path) as store:
        question = make_question(
            file.airfield, store, settings_of(tmp_path / "elsewhere"), parse_period(SINCE, None, NOW), 365, tmp_path
        )
    with pytest.raises(UsageError, match=r"does not see .*elsewhere: it must be one folder"):
        find_on_worker(question, str(alone.catalog), version("imagery-watch"))
    with pytest.raises(UsageError, match="the sweep has 99"):
        find_on_worker(question, str(alone.catalog), "99")


def test_what_a_worker_is_told_has_whole_paths(alone: Alone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(alone.catalog.parent)
    assert place_catalog(f"earth-search,{alone.catalog.name}") == f"earth-search,{alone.catalog}"
    [file] = wanted_airfields(NAMES[:1], alone.home)
    assert file.airfield is not None
    with open_store(tmp_path) as store:
        told = make_question(file.airfield, store, settings_of(Path("here")), Period(None, None), 365, tmp_path)
    placed = place(told).settings
    assert (placed.home, placed.cache_dir) == (Path.cwd() / "here", Path.cwd() / "here" / "cache")


def test_without_the_extra_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(UsageError, match=r"pip install 'distributed>=2025.1'"), connected("tcp://x:1", "items.json"):
        pass


@pytest.mark.parametrize(
    ("address", "error", "code"),
    [("tcp://127.0.0.1:9", ClusterUnavailable, ExitCode.INCOMPLETE), ("nonsense://x", UsageError, ExitCode.USAGE)],
)
def test_an_address_where_no_scheduler_is(
    address: str, error: type[ImageryWatchError], code: ExitCode, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("imagery_watch.monitor.machines.cluster.CONNECT_S", 0.1)
    with pytest.raises(error, match="--dask") as caught, connected(address, "items.json"):
        pass
    assert caught.value.exit_code == code
