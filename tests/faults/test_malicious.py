"""What means harm, through the product's own doors: nothing outside is opened, nobody is asked, no bomb goes off.

Python's opens and connections are seen by an audit hook in the process; those of GDAL and other libraries in C by
canaries: files that tell that they were opened, and a port that tells what was said to it.
"""

import socket
import sys
from pathlib import Path

import pytest
from support.doors import COUNTS, GRID, Door, fill, was_read
from support.hostile import CONTENTS, SIDECARS, gzipped, lying_zip
from support.hostile_addresses import FOREIGN, HREFS, RESOLVED
from support.hostile_airfields import AIRFIELDS, ZIPPED_VRT
from support.hostile_apis import APIS, PATHS, PORTS, SEARCHES, Answer, Serving, api, found
from support.hostile_jp2 import SIZES, lead, one_huge_tile
from support.hostile_tracks import TRACKS, write_hostile_tracks
from support.rasters import make_item, write_collection, write_pass, write_raster
from support.watched import Canaries

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="canaries are Linux's")


def test_what_is_good_is_read(door: Door) -> None:
    """Else nothing that follows would prove anything."""
    item = write_pass(door.place.folder, make_item(), GRID)
    catalog = write_collection(door.place.folder / "good.json", item)
    assert "pixels up to 0.4" in door.take("files", catalog=catalog)
    assert was_read(door.take_items("files", "./good.tif"))


def test_canaries_sing(base: Path, canaries: Canaries) -> None:
    (base / "elsewhere" / "B04.tif").read_bytes()
    assert canaries.touched() and not canaries.touched()
    with socket.create_connection(("127.0.0.1", canaries.port)) as caller:
        caller.sendall(b"hello")
    assert canaries.hear() == [b"hello"] and canaries.hear() == []


@pytest.mark.parametrize("case", CONTENTS)
def test_a_file_that_is_no_plain_raster_is_not_believed(door: Door, case: str) -> None:
    """Under the name of a band, in a catalogue of this machine."""
    (door.place.folder / "evil.tif").write_bytes(CONTENTS[case](door.place))
    assert not was_read(door.take_items("files", "./evil.tif"))


@pytest.mark.parametrize("case", CONTENTS)
def test_nor_is_one_from_afar(door: Door, case: str) -> None:
    with Serving({"/evil.tif": (206, {}, CONTENTS[case](door.place))}) as port:
        assert not was_read(door.take_items("files", f"http://127.0.0.1:{port}/evil.tif", may_ask=port))


@pytest.mark.parametrize("case", SIZES)
def test_the_sizes_of_a_jpeg_2000_are_not_believed(door: Door, picture: bytes, case: str) -> None:
    path = door.place.folder / "evil.jp2"
    path.write_bytes(SIZES[case](picture))
    said = door.take("jpeg2000", path=path)
    assert said == "read: zeros" or "evil.jp2" in said  # what is missing in a whole file is nothing


def test_one_huge_tile_of_a_jpeg_2000_is_refused_unread(door: Door, picture: bytes) -> None:
    path = door.place.folder / "evil.jp2"
    path.write_bytes(one_huge_tile(picture))
    door.take("jpeg2000", path=path)


def test_the_crs_of_a_jpeg_2000_leads_nowhere(door: Door, picture: bytes) -> None:
    path = door.place.folder / "evil.jp2"
    path.write_bytes(lead(picture, f"http://127.0.0.1:{door.place.port}"))
    assert "no projected CRS" in door.take("jpeg2000", path=path)


@pytest.mark.parametrize("case", SIDECARS)
def test_what_lies_beside_a_file_leads_nowhere(door: Door, case: str) -> None:
    suffix, make = SIDECARS[case]
    write_raster(door.place.folder / "beside.tif", COUNTS, GRID.left, GRID.top, epsg=GRID.epsg)
    beside = door.place.folder / f"beside.tif{suffix}"
    beside.write_bytes(make(door.place))
    door.take_items("files", "./beside.tif")
    beside.unlink()


@pytest.mark.parametrize("href", HREFS, ids=repr)
def test_an_address_that_leads_out_of_its_folder_is_refused(door: Door, href: str) -> None:
    assert not was_read(door.take_items("files", fill(href, door.place)))


@pytest.mark.parametrize("href", FOREIGN, ids=repr)
def test_a_catalogue_of_elsewhere_cannot_send_us_home(door: Door, href: str) -> None:
    for scheme in ("https", "http"):
        assert not was_read(door.take_items("foreign", fill(href, door.place, scheme)))


@pytest.mark.parametrize("href", RESOLVED, ids=repr)
def test_nor_by_a_name_that_leads_there(door: Door, href: str) -> None:
    """The connection is made, seen to lead home, and dropped with nothing said."""
    assert not was_read(door.take_items("foreign", fill(href, door.place), may_ask=door.place.port))


def test_a_name_that_leads_home_is_not_even_connected_to(door: Door) -> None:
    door.take_items("foreign", fill(RESOLVED[0], door.place))


@pytest.mark.parametrize("case", AIRFIELDS)
def test_an_airfield_file_leads_nowhere(door: Door, case: str) -> None:
    name, make = AIRFIELDS[case]
    path = door.place.folder / name
    path.write_bytes(make(door.place))
    before = tree(door.place.folder.parent)
    door.take("airfield", path=path)
    assert tree(door.place.folder.parent) == before
    path.unlink()


@pytest.mark.parametrize("case", ZIPPED_VRT)
def test_an_archive_leads_nowhere(door: Door, case: str) -> None:
    name, make = ZIPPED_VRT[case]
    path = door.place.folder / name
    path.write_bytes(make(door.place))
    door.take("airfield", path=path)


def test_an_archive_that_lies_about_its_size(door: Door) -> None:
    path = door.place.folder / "a.kmz"
    path.write_bytes(lying_zip())
    door.take("airfield", path=path)


def tree(folder: Path) -> list[str]:
    """All that lies there."""
    return sorted(str(path) for path in folder.rglob("*"))


@pytest.mark.parametrize("case", TRACKS)
def test_a_file_of_tracks_leads_nowhere(door: Door, case: str) -> None:
    path = write_hostile_tracks(door.place.folder, door.place)[case]
    before = tree(door.place.folder.parent)
    door.take("tracks", path=path)
    assert tree(door.place.folder.parent) == before


@pytest.mark.parametrize("case", APIS)
def test_a_catalogue_leads_nowhere(door: Door, case: str) -> None:
    outside = tree(door.place.folder.parent / "elsewhere")
    said = ask(door, APIS[case])
    assert not was_read(said) or "/good.tif" in APIS[case]
    assert tree(door.place.folder.parent / "elsewhere") == outside


@pytest.mark.parametrize("case", PORTS)
def test_a_catalogue_leads_to_no_other_server_of_its_machine(door: Door, case: str) -> None:
    ask(door, PORTS[case])


@pytest.mark.parametrize("case", ["next at http://{canary}/search", "search elsewhere", "root elsewhere"])
def test_a_key_is_sent_to_nobody_else(door: Door, case: str) -> None:
    """A user and a key in the catalogue's own address."""
    said = ask(door, APIS[case], "someone:SECRETCANARY@", "?key=SECRETCANARY")
    assert "SECRET" not in said


@pytest.mark.parametrize("href", PATHS)
def test_a_search_in_a_file(door: Door, href: str) -> None:
    ask(door, api(found(), search=href))


@pytest.mark.parametrize("href", SEARCHES)
def test_a_search_that_is_on_no_server(door: Door, href: str) -> None:
    ask(door, api(found(), search=href))


def ask(door: Door, answers: dict[str, Answer], user: str = "", query: str = "") -> str:
    """What is said of an API with these answers."""
    place, filled = door.place, {}
    for path, (status, headers, body) in answers.items():
        whole = gzipped(b'{"type": ') if body == b"BOMB" else body
        whole = (place.folder / "good.tif").read_bytes() if path == "/good.tif" else whole
        for mark, name in (("{raster}", str(place.raster)), ("{vector}", str(place.vector))):
            whole = whole.replace(mark.encode(), name.encode())
            headers = {key: value.replace(mark, name) for key, value in headers.items()}
        filled[path] = status, headers, whole
    with Serving(filled, place.port) as port:
        return door.take("files", catalog=f"http://{user}127.0.0.1:{port}/{query}", may_ask=port)


def test_links_in_the_cache_are_not_written_through(door: Door) -> None:
    """Whoever may write into the cache may break it, and no more: what lies elsewhere stays as it is."""
    answers = {**api(found("{here}/good.tif")), "/good.tif": (206, {}, (door.place.folder / "good.tif").read_bytes())}
    cache, aim = door.place.folder.parent / "home" / "cache", door.place.folder / "aimed-at"
    aim.write_bytes(b"precious")
    before = {*cache.rglob("*.chip")}
    with Serving(answers) as port:
        door.take("files", catalog=f"http://127.0.0.1:{port}/", may_ask=port)
        chips = {*cache.rglob("*.chip")} - before
        assert chips
        for chip in chips:
            chip.unlink()
            chip.symlink_to(aim)
        door.take("files", catalog=f"http://127.0.0.1:{port}/", may_ask=port)
    assert aim.read_bytes() == b"precious"
    assert not any(chip.is_symlink() for chip in chips)


def test_there_are_as_many_as_was_asked() -> None:
    groups = (CONTENTS, CONTENTS, SIZES, SIDECARS, HREFS, FOREIGN, RESOLVED, AIRFIELDS, ZIPPED_VRT, TRACKS, APIS, PORTS)
    assert sum(map(len, groups)) >= 60
