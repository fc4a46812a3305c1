"""Damaged files of every format are read as far as they say something, or refused: never a traceback."""

import contextlib
import tempfile
import warnings
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imagery_watch.errors import TrackError
from imagery_watch.sources.flights.clean import Tally
from imagery_watch.sources.flights.door import Reading, read_tracks
from sources.flights import files
from sources.flights.test_formats import FORMS


def archive(mode: str) -> bytes:
    """A tar of two traces."""
    with tempfile.TemporaryDirectory() as folder:
        members = {name: files.trace(files.ROWS, icao=name) for name in ("4b0001", "4b0002")}
        return files.write_tar(Path(folder, "day"), members, mode).read_bytes()


WHOLE = {name: data for name, (data, _) in FORMS.items()} | {"tar": archive("w"), "packed tar": archive("w:gz")}
HURTS = st.lists(
    st.tuples(st.floats(0, 1), st.sampled_from(["cut", "flip", "twice"]), st.integers(0, 255)), min_size=1, max_size=4
)


def hurt(data: bytes, hurts: list[tuple[float, str, int]]) -> bytes:
    """The bytes with a few of them cut off, changed or told twice."""
    for where, how, value in hurts:
        place = int(where * max(len(data) - 1, 0))
        if how == "cut":
            data = data[:place] if value < 64 else data[:place] + data[place + 1 + value // 16 :]
        elif how == "flip":
            data = data[:place] + bytes([value]) + data[place + 1 :]
        else:
            data = data[:place] + data[max(place - value, 0) :]
    return data


@pytest.mark.parametrize("name", WHOLE)
@settings(max_examples=25)
@given(hurts=HURTS)
def test_a_damaged_file_is_read_or_refused(
    name: str, hurts: list[tuple[float, str, int]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = Path(tmp_path_factory.getbasetemp(), "damaged")
    path.write_bytes(hurt(WHOLE[name], hurts))
    with contextlib.suppress(TrackError), warnings.catch_warnings():
        warnings.simplefilter("error")
        for track in read_tracks([path], Reading(Tally(), zone=ZoneInfo("UTC"))):
            assert len(track) and (np.diff(track.t) >= 0).all() and np.isfinite(track.lat).all()
