"""A run that found something, an authority, and a stamped pack of that run; each made once."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from support.authority import Authority, running_authority
from support.line import Ran

from imagery_watch.custody.authority import read_certificates
from imagery_watch.custody.container import MANIFEST, STAMPS, lay_out
from imagery_watch.custody.manifest import Entry, Manifest, parse_manifest
from imagery_watch.custody.packing import Authorities, Packed, make_pack
from imagery_watch.custody.statement import Occasion
from imagery_watch.settings import Settings
from imagery_watch.sources.network.outgoing import open_exchange

WHEN = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
OCCASION = Occasion("Ada", WHEN, "imagery-watch hits export --pack x.zip")

Files = dict[str, bytes]


def quick(**changes: Any) -> Settings:
    """Settings of the environment as it is now: each test has a home of its own."""
    return Settings(retries=0, timeout_s=5, limit_plantings=0, **changes)


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Authority]:
    with running_authority(tmp_path_factory.mktemp("authority")) as running:
        yield running


def asking(authority: Authority, *paths: str) -> Authorities:
    urls = [f"{authority.url}{path}" for path in paths]
    return Authorities(urls, open_exchange(quick()), read_certificates(authority.root.read_bytes()))


@pytest.fixture(scope="session")
def packed(plain: Ran, authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> Packed:
    """Both hits of the plain run, stamped once; a second authority was down."""
    out = tmp_path_factory.mktemp("packed") / "pack.zip"
    (plain.folder / "chips" / f"{plain.hits[0]['id']}-film.png").write_bytes(b"made later, and named for the hit")
    settings, asked = quick(home=out.parent / "home"), asking(authority, "/stamp", "/down?key=secret")
    return make_pack(plain.folder, (), out, settings, OCCASION, authorities=asked)


def unzip(path: Path) -> Files:
    import zipfile

    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def zip_up(files: Files, path: Path) -> Path:
    path.write_bytes(b"".join(lay_out({name: lambda name=name: files[name] for name in files})))
    return path


def forge(files: Files) -> Files:
    """The files with a manifest that vouches for them as they are now: what a forger without an authority can do."""
    own = {name: data for name, data in files.items() if name != MANIFEST and not name.startswith(STAMPS)}
    asked = parse_manifest(files[MANIFEST]).stamped_by
    entries = tuple(sorted(Entry(name, len(data), sha256(data)) for name, data in own.items()))
    return {**files, MANIFEST: Manifest(entries, asked).as_bytes()}


def sha256(data: bytes) -> str:
    import hashlib

    return hashlib.sha256(data).hexdigest()


@pytest.fixture
def forged(packed: Packed, tmp_path: Path) -> Callable[[str, Callable[[bytes], bytes]], Path]:
    """`forged(name, change)`: the pack with one file changed, and its manifest and `run.json` made to agree."""

    def make(name: str, change: Callable[[bytes], bytes]) -> Path:
        files = unzip(packed.path)
        files[name] = change(files[name])
        record = json.loads(files["observation/run.json"])
        short = name.removeprefix("observation/")
        if short in record["files"]:
            record["files"][short] = sha256(files[name])
            files["observation/run.json"] = json.dumps(record).encode()
        return zip_up(forge(files), tmp_path / "forged.zip")

    return make
