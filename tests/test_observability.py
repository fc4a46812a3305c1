"""What a pass could say of an apron: the verdicts, and their reasons as codes."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import pytest
from change.scenes import JET, areas, hidden_under, look_for, series, stand
from shapely.geometry import box

from imagery_watch.change.detect import DetectionResult
from imagery_watch.change.results import make_hit
from imagery_watch.errors import PassRefused, PassUnread, ReadFailed
from imagery_watch.model import Acquisition, Airfield, Apron, Look, Period, Scene
from imagery_watch.observability import looks_of
from imagery_watch.reasons import ReasonCode
from imagery_watch.survey import ReadPasses

AIRFIELD = Airfield("XXXX", "X", "mapped", "", "", (Apron(areas().apron_names[0], box(9.0, 46.0, 9.1, 46.1)),))
MOST = np.s_[42:72, 66:76], np.s_[42:50, 38:66], np.s_[65:72, 38:66]
"""Of the apron: all but the middle, where the jet stands."""


@lru_cache(maxsize=2)
def watched(*hidden: int) -> tuple[tuple[Scene, ...], DetectionResult]:
    """A jet in the third of six passes; in some only the middle of the apron is seen."""
    scenes = series(stand("..J...", J=JET))
    for number in hidden:
        for part in MOST:
            scenes[number] = hidden_under(scenes[number], part)
    return tuple(scenes), look_for(scenes)


def looks(scenes: Sequence[Scene], found: DetectionResult, unread: dict[str, PassUnread] | None = None) -> list[Look]:
    passes = [Acquisition(one.acquisition_id, one.platform, one.datetime, 65, ()) for one in scenes]
    hits = [make_hit(event, found.stack, AIRFIELD, found.calibration) for event in found.events]
    read = ReadPasses(tuple(passes), tuple(scenes), unread or {})
    return list(looks_of(read, found, AIRFIELD, areas(), Period(None, None), hits, 0.5))


def test_a_look_with_a_hit_after_it_is_a_change() -> None:
    scenes, found = watched()
    told = looks(scenes, found)
    assert [one.result for one in told] == ["no_change", "no_change", "change", "change", "no_change", "no_change"]
    assert [one.pass_id for one in told] == [one.acquisition_id for one in scenes]
    assert all(one.registration_error_px is not None for one in told)


def test_a_hit_in_what_was_seen_is_a_change_even_if_less_than_half_was() -> None:
    scenes, found = watched(2, 4)
    told = looks(scenes, found)
    assert [one.after for one in found.events][:1] == [2]
    assert told[2].visible_fraction is not None and told[2].visible_fraction < 0.5
    assert (told[2].result, told[2].reason_codes) == ("change", (ReasonCode.HIDDEN,))
    assert (told[4].result, told[4].reason_codes) == ("not_observed", (ReasonCode.HIDDEN,))


@pytest.mark.parametrize(
    ("kind", "code", "result"),
    [
        (ReadFailed, ReasonCode.SERVER_ERROR.because(file="a/B02.tif", status=503), "failed"),
        (PassRefused, ReasonCode.NO_BANDS.because(), "not_observed"),
    ],
)
def test_a_pass_that_was_not_read_says_why(kind: type[PassUnread], code, result: str) -> None:
    scenes, _ = watched()
    gone = scenes[1].acquisition_id
    told = looks(scenes, look_for([one for one in scenes if one.acquisition_id != gone]), {gone: kind(code)})
    assert (told[1].result, told[1].reason, told[1].reason_codes) == (result, code.text, (code.code,))
    assert told[1].visible_fraction is None and told[1].registration_error_px is None


def test_looks_name_the_items_that_were_read() -> None:
    """Those of the Scene, which may be another copy than the one that was to be read."""
    scenes, found = watched()
    assert [one.item_ids for one in looks(scenes, found)] == [one.item_ids for one in scenes]
    assert all(one.item_ids for one in scenes)
