import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from imagery_watch.errors import StoreError
from imagery_watch.outputs.files.atomic import write_bytes, write_text

LIMITED = """
import resource, sys
from pathlib import Path
from imagery_watch.errors import StoreError
from imagery_watch.outputs.files.atomic import write_bytes
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
try:
    write_bytes(Path(sys.argv[1]), b"new" * 10000)
except StoreError as error:
    print(error)
"""


def test_writes_replaces_and_makes_the_folder(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "file.txt"
    write_text(path, "old")
    write_text(path, "new ä")
    assert path.read_bytes() == "new ä".encode()
    assert [entry.name for entry in path.parent.iterdir()] == ["file.txt"]


def test_a_lone_surrogate_is_no_reason_to_fail(tmp_path: Path) -> None:
    write_text(tmp_path / "file.txt", "a\ud800b")
    assert (tmp_path / "file.txt").read_text() == "a?b"


def test_others_may_read_it_as_the_umask_says(tmp_path: Path) -> None:
    write_bytes(tmp_path / "file", b"x")
    (tmp_path / "plain").write_bytes(b"x")
    modes = {stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("file", "plain")}
    assert len(modes) == 1


@pytest.mark.skipif(os.name != "posix", reason="no RLIMIT_FSIZE here")
def test_a_full_disk_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "hits.geojson"
    write_bytes(path, b"old")
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, str(path)], capture_output=True, text=True, check=True, timeout=60
    )
    assert str(path) in done.stdout
    assert "bytes free" in done.stdout
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("blocked", ["folder in place", "name too long", "folder is a file"])
def test_what_cannot_be_written_is_a_store_error(tmp_path: Path, blocked: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("old")
    paths = {
        "folder in place": tmp_path / "folder",
        "name too long": tmp_path / ("n" * 300),
        "folder is a file": tmp_path / "file" / "child",
    }
    with pytest.raises(StoreError, match="could not be written"):
        write_bytes(paths[blocked], b"new")
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["file", "folder"]
    assert (tmp_path / "file").read_text() == "old"
