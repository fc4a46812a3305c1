"""One way to replace a file whole, for outputs, the record, the chip cache and airfield files."""

import os
from pathlib import Path

import pytest

from imagery_watch.atomic import UNFINISHED, put_in_place, replace_whole


def test_the_folder_is_made_and_the_old_content_replaced(tmp_path: Path) -> None:
    path = tmp_path / "a" / "file"
    replace_whole(path, b"old")
    replace_whole(path, b"new")
    assert (path.read_bytes(), list(path.parent.iterdir())) == (b"new", [path])


def test_a_failure_leaves_the_old_file_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    replace_whole(path, b"old")

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        replace_whole(path, b"new")
    assert (path.read_bytes(), list(tmp_path.glob(UNFINISHED))) == (b"old", [])


def test_a_complete_file_is_put_in_place(tmp_path: Path) -> None:
    (tmp_path / "new").write_bytes(b"new")
    put_in_place(tmp_path / "new", tmp_path / "file")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
