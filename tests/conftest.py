"""Fixtures that every test may use: loopback servers, each a process of its own, ended with its test."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from filelock import FileLock
from hypothesis import settings as hypothesis_settings
from support.demonstration import Demonstrated, demonstrate
from support.schemas import checking_what_is_written
from support.servers import Server, serve

if TYPE_CHECKING:
    from support.line import Ran

for threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(threads, "1")  # as the command line does; before numpy is imported: more would only fight
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # else each of hundreds of processes compiles all of ours anew
sys.dont_write_bytecode = False
hypothesis_settings.register_profile("suite", deadline=None, derandomize=True)
hypothesis_settings.load_profile("suite")

DATA = Path(__file__).parent / "data"
STARTUP_S = 20.0

COLLECTION = {
    "type": "Collection",
    "id": "sentinel-2-l2a",
    "stac_version": "1.0.0",
    "description": "Sentinel-2 Level-2A, for tests",
    "license": "other",
    "extent": {"spatial": {"bbox": [[-180, -90, 180, 90]]}, "temporal": {"interval": [[None, None]]}},
    "links": [],
}


@pytest.fixture(autouse=True, scope="session")
def outputs_are_checked() -> Iterator[None]:
    """Whatever any test writes as outputs is what the schemas in `docs/schema/` say."""
    with checking_what_is_written():
        yield


@pytest.fixture(autouse=True)
def nothing_is_remembered_of_servers() -> None:
    """Servers of the tests change what lies under an address, count what they are asked, and fail on purpose."""
    remembering = {
        "imagery_watch.sources.pixels.tiff.headers": "HEADERS",
        "imagery_watch.sources.network.breaker": "BREAKERS",
    }
    for module, name in remembering.items():
        if module in sys.modules:
            getattr(sys.modules[module], name).forget()


@pytest.fixture(autouse=True)
def _own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads or writes the user's own airfields, record or cache, or begins processes while others wait."""
    for name in [name for name in os.environ if name.startswith(("IMAGERY_WATCH_", "AWS_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("IMAGERY_WATCH_HOME", str(tmp_path_factory.mktemp("home")))
    monkeypatch.setenv("IMAGERY_WATCH_WORKERS", "1")


@pytest.fixture
def range_server() -> Iterator[Callable[[Path], Server]]:
    """`range_server(folder)`: the folder's files over HTTP, with ranges."""
    with ExitStack() as stack:
        yield lambda folder: stack.enter_context(serve("files", folder))


@pytest.fixture
def query_server() -> Iterator[Callable[[Path], Server]]:
    """`query_server(folder)`: the folder's files over HTTP, each named in the query alone."""
    with ExitStack() as stack:
        yield lambda folder: stack.enter_context(serve("queried", folder))


@pytest.fixture
def fault_server() -> Iterator[Callable[[Path], Server]]:
    """`fault_server(folder)`: the folder's files below `/MODE/`, misbehaving; see `support.servers`."""
    with ExitStack() as stack:
        yield lambda folder: stack.enter_context(serve("faults", folder))


@pytest.fixture
def script_server(tmp_path: Path) -> Iterator[Callable[[dict[str, Any]], Server]]:
    """`script_server({path: [answer, ...]})`: each path's answers in turn, the last one repeated."""
    with ExitStack() as stack:

        def start(answers: dict[str, Any]) -> Server:
            script = tmp_path / "script.json"
            script.write_text(json.dumps(answers))
            return stack.enter_context(serve("script", script))

        yield start


@pytest.fixture
def catalogue_server(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """`catalogue_server(features, folder=..., ...)`: a stand-in for public catalogues; see `support.catalogues`."""
    with ExitStack() as stack:

        def start(features: list[dict[str, Any]], **options: Any) -> Server:
            spec = tmp_path / f"catalogues-{len(list(tmp_path.glob('catalogues-*')))}.json"
            spec.write_text(json.dumps({"features": features, **options}, default=str))
            return stack.enter_context(serve("catalogues", spec))

        yield start


@pytest.fixture
def stac_server(tmp_path: Path) -> Iterator[Callable[[list[dict[str, Any]]], str]]:
    """`stac_server(features)`: the URL of a real STAC API (rustac) that holds the items."""
    with ExitStack() as stack:
        yield lambda features: stack.enter_context(_rustac(features, tmp_path))


@contextmanager
def _rustac(features: list[dict[str, Any]], folder: Path) -> Iterator[str]:
    files = [folder / "rustac-collection.json", folder / "rustac-items.json"]
    files[0].write_text(json.dumps(COLLECTION))
    files[1].write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    address = f"127.0.0.1:{_free_port()}"
    command = [Path(sys.executable).with_name("rustac"), "serve", *files, "--addr", address]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        assert _answers(address, process), "rustac did not start"
        yield f"http://{address}"
    finally:
        process.terminate()
        process.wait(10)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


def _answers(address: str, process: "subprocess.Popen[bytes]") -> bool:
    """Whether the server accepts connections before it dies or the time is up."""
    host, port = address.split(":")
    deadline = time.monotonic() + STARTUP_S
    while process.poll() is None and time.monotonic() < deadline:
        try:
            socket.create_connection((host, int(port)), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return process.poll() is None
    return False


@pytest.fixture(scope="session")
def demonstration(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Demonstrated:
    """The demonstration, run once for all tests that only look at what it says and writes, in whichever process."""
    return _once(tmp_path_factory, worker_id, "demonstration")


@pytest.fixture(scope="session")
def sunan(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Demonstrated:
    """The story of Sunan, `demo --story`, run once in the same way."""
    return _once(tmp_path_factory, worker_id, "sunan", "--story")


def _once(factory: pytest.TempPathFactory, worker_id: str, name: str, *options: str) -> Demonstrated:
    if worker_id == "master":
        return demonstrate(factory.mktemp(name), *options)
    shared = factory.getbasetemp().parent / name
    with FileLock(f"{shared}.lock"):
        return demonstrate(shared, *options)


@pytest.fixture(scope="session")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The ItemCollection of eight passes; an aircraft stands on the main apron in the fourth and fifth."""
    from support.line import write_story

    return write_story(tmp_path_factory.mktemp("archive"))


@pytest.fixture(scope="session")
def one_apron(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Bolzano with its main apron only, for speed."""
    from support.line import LIPB

    document = json.loads(LIPB.read_text())
    named = [feature for feature in document["features"] if feature["properties"]["name"] == "main-apron"]
    path = tmp_path_factory.mktemp("aoi") / "LIPB.geojson"
    path.write_text(json.dumps({**document, "features": named}))
    return path


@pytest.fixture(scope="session")
def plain(archive: Path, one_apron: Path, tmp_path_factory: pytest.TempPathFactory) -> "Ran":
    """The run over the archive as it is."""
    from support.line import run_line

    return run_line(one_apron, archive, tmp_path_factory.mktemp("plain") / "out")


@pytest.fixture
def listed(archive: Path) -> Iterator[Callable[[list[dict[str, Any]]], Path]]:
    """`listed(features)`: a catalogue of those items beside the archive's files."""
    made: list[Path] = []

    def write(features: list[dict[str, Any]]) -> Path:
        made.append(archive.with_name(f"variant-{os.getpid()}-{len(made)}.json"))
        made[-1].write_text(json.dumps({"type": "FeatureCollection", "features": features}))
        return made[-1]

    yield write
    for path in made:
        path.unlink()
