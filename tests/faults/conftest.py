"""A place where harm is done, watched: what may be read, what may not, and a process that is given hostile cases."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from support.doors import COUNTS, GRID, Door
from support.fault_readings import write_files
from support.hostile import Place
from support.hostile_airfields import airfield
from support.rasters import write_raster
from support.watched import Canaries, Watched, watch


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`elsewhere/` with the canaries, `home/`, and `catalogue/` with a good raster."""
    base = tmp_path_factory.mktemp("malicious")
    for name in ("elsewhere", "catalogue", "home"):
        (base / name).mkdir()
    for path in (base / "elsewhere" / "B04.tif", base / "catalogue" / "good.tif"):
        write_raster(path, COUNTS, GRID.left, GRID.top, epsg=GRID.epsg)
    (base / "elsewhere" / "field.geojson").write_bytes(airfield(name="CANARY"))
    folder = base / "catalogue"
    (folder / "link.tif").symlink_to(base / "elsewhere" / "B04.tif")
    (folder / "folder-link").symlink_to(base / "elsewhere")
    (folder / "folder").mkdir()
    os.mkfifo(folder / "pipe")
    return base


@pytest.fixture(scope="module")
def canaries(base: Path) -> Iterator[Canaries]:
    canaries = Canaries(base / "elsewhere" / "B04.tif", base / "elsewhere" / "field.geojson")
    yield canaries
    canaries.close()


@pytest.fixture(scope="module")
def place(base: Path, canaries: Canaries) -> Place:
    elsewhere = base / "elsewhere"
    return Place(base / "catalogue", elsewhere / "B04.tif", elsewhere / "field.geojson", canaries.port)


@pytest.fixture(scope="module")
def watched(base: Path) -> Iterator[Callable[[], Watched]]:
    """The process; another one where the last has died."""
    with ExitStack() as stack:
        running = [stack.enter_context(watch(base / "home"))]

        def alive() -> Watched:
            if running[-1].process.poll() is not None:
                running.append(stack.enter_context(watch(base / "home")))
            return running[-1]

        yield alive


@pytest.fixture
def door(watched: Callable[[], Watched], canaries: Canaries, place: Place) -> Door:
    """The product's doors."""
    canaries.hear()
    return Door(watched(), canaries, place)


@pytest.fixture(scope="module")
def picture(base: Path) -> bytes:
    """A good JPEG 2000 of Berlin."""
    return (write_files(base / "home") / "A.jp2").read_bytes()
