"""Paths of Windows and of others, whichever system this is, and names that each of them can keep."""

from pathlib import Path, PureWindowsPath

import pytest

from imagery_watch.errors import AoiError, CatalogError, PassRefused
from imagery_watch.model.filename import find_path, find_share, is_drive_path, is_reserved, read_file_uri
from imagery_watch.model.href import name_hosts
from imagery_watch.outputs.wording.text import slug
from imagery_watch.sensors.registry import find_sensor
from imagery_watch.settings import Settings
from imagery_watch.sources.airfields.geojson import read_airfield
from imagery_watch.sources.airfields.known import new_path
from imagery_watch.sources.catalogs.items import absolute_href
from imagery_watch.sources.catalogs.named import open_catalog
from imagery_watch.sources.pixels.hrefs import check_href, public_name

DATA = Path(__file__).parents[1] / "data"

PATHS = {
    r"C:\data\items.json": r"C:\data\items.json",
    "C:/data/items.json": r"C:\data\items.json",
    r"\\server\share\x.tif": r"\\server\share\x.tif",
    "file:///C:/data/x.tif": r"C:\data\x.tif",
    "file://localhost/C:/data/x.tif": r"C:\data\x.tif",
    "file:///C:/my%20data/x.tif": r"C:\my data\x.tif",
    r"file:\C:\data\x.tif": r"C:\data\x.tif",
    "file:C.tif": "file:C.tif",
    "data/x.tif": r"data\x.tif",
}


@pytest.mark.parametrize("text", PATHS)
def test_a_path_of_windows_is_one(text: str) -> None:
    assert PureWindowsPath(find_path(text)) == PureWindowsPath(PATHS[text])


URIS = {
    "file:///data/x.tif": ("", "/data/x.tif"),
    "file://localhost/data/x.tif": ("", "/data/x.tif"),
    "FILE:///data/a%23b.tif": ("", "/data/a#b.tif"),
    "file:/data/x.tif": ("", "/data/x.tif"),
    "file://server/share/x.tif": ("server", "/share/x.tif"),
    r"file:\\server\share\x.tif": ("server", "/share/x.tif"),
    "file:///C:/x.tif": ("", "C:/x.tif"),
    "https://host/file:///x": None,
    r"C:\x.tif": None,
}


@pytest.mark.parametrize("text", URIS)
def test_a_file_address_is_read_as_its_system_writes_it(text: str) -> None:
    assert read_file_uri(text) == URIS[text]


@pytest.mark.parametrize(("text", "drive", "share"), [
    (r"C:\x", True, ""), ("c:/x", True, ""), ("C:", True, ""), ("C:x", False, ""), ("https://x/y", False, ""),
    ("s3://b/k", False, ""), (r"\\server\share\x.tif", False, r"\\server\share"), ("/data/x", False, ""),
    ("//host/x/y", False, ""), ("x.tif", False, ""),
])  # fmt: skip
def test_drives_and_shares_are_told_from_addresses(text: str, drive: bool, share: str) -> None:
    assert (is_drive_path(text), find_share(text)) == (drive, share)


NAMES = {
    "CON": True, "con": True, "nul.png": True, "COM1.tar.gz": True, "LPT9": True, "aux .txt": True, "COM¹": True,
    "LIPB.": True, "LIPB ": True, "a:b": True, "a?b": True, "10:30": True, "CONN": False, "LIPB": False,
    "LIPB-CON": False, ".part": False, "COM": False, "COM10": False,
}  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_names_that_windows_cannot_keep(name: str) -> None:
    assert is_reserved(name) == NAMES[name]


@pytest.mark.parametrize("name", [*NAMES, "2022-08-26T10:30:00Z", "x" * 300, "a/b", "..", "con.x:y", "NUL-"])
def test_no_name_that_is_written_is_one_of_these(name: str) -> None:
    made = slug(name)
    assert made and not is_reserved(made) and not is_reserved(f"{made}.png") and made == slug(name)


@pytest.mark.parametrize("name", ["CON", "nul", "COM1"])
def test_no_airfield_has_a_name_that_windows_keeps(name: str, tmp_path: Path) -> None:
    with pytest.raises(AoiError, match="no airfield's id"):
        new_path(name, tmp_path, overwrite=False)
    text = (DATA.parent.parent / "aoi" / "LIPB.geojson").read_text()
    file = tmp_path / "named.geojson"
    file.write_text(text.replace('"LIPB"', f'"{name}"'))
    with pytest.raises(AoiError, match="Windows makes no file"):
        read_airfield(file)


def test_a_catalogue_and_an_airfield_may_be_file_addresses() -> None:
    items = DATA / "fehrbellin" / "items.json"
    opened = open_catalog(items.as_uri(), Settings(), find_sensor())
    assert opened.local_root == items.parent.resolve()
    assert read_airfield(Path((DATA.parent.parent / "aoi" / "LIPB.geojson").as_uri())).id == "LIPB"


@pytest.mark.parametrize("where", [r"C:\data\items.json", r"\\server\share\items.json", "file:///C:/data/items.json"])
def test_a_windows_path_that_is_not_here_is_told_as_a_file(where: str) -> None:
    with pytest.raises(CatalogError, match="nor a file that exists"):
        open_catalog(where, Settings(), find_sensor())


@pytest.mark.parametrize("href", [r"\\server\share\x.tif", "file://server/share/x.tif"])
def test_a_file_of_another_machine_is_not_asked_for(href: str, tmp_path: Path) -> None:
    assert absolute_href(href, tmp_path).endswith(href)
    with pytest.raises(PassRefused, match="another machine"):
        check_href(href, tmp_path, "items.json")


@pytest.mark.parametrize("href", [r"C:\data\x.tif", "C:/data/x.tif", "file:///C:/data/x.tif"])
def test_a_path_of_a_drive_is_no_scheme(href: str, tmp_path: Path) -> None:
    with pytest.raises(PassRefused) as caught:
        check_href(href, tmp_path, "items.json")
    assert "://" not in str(caught.value) and "data/x.tif" in str(caught.value)
    with pytest.raises(PassRefused, match="a local path in a remote catalogue"):
        check_href(absolute_href(href, "https://host.example/a/"), None, "https://host.example/a/")


def test_names_for_messages_hold_no_more_than_the_end_of_a_path() -> None:
    assert public_name(r"C:\Users\me\secret\a\B04.tif") == "a/B04.tif"
    assert name_hosts(r"C:\Users\me\items.json") == "items.json"
    assert name_hosts("https://user:key@host.example/v1?key=1,data/items.json") == "host.example, items.json"
