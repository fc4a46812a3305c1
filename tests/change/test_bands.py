"""Bands are known by name: their order changes nothing; a stack that lacks some is judged with a note, or refused."""

from dataclasses import replace

import pytest

from change.scenes import JET, look_for, series, stand
from imagery_watch.change.detect import DetectionResult
from imagery_watch.model import Scene
from imagery_watch.reasons import ReasonCode
from imagery_watch.sensors.sentinel2.detector import DETECTOR

STORY = "..J.."


def with_bands(scene: Scene, names: tuple[str, ...]) -> Scene:
    return replace(scene, bands=names, data=scene.data[[scene.bands.index(name) for name in names]])


def kinds(detection: DetectionResult) -> list[tuple[str, int, int]]:
    return [(event.kind, event.before, event.after) for event in detection.events]


def watched(*names: str) -> DetectionResult:
    return look_for([with_bands(scene, names) for scene in series(stand(STORY, J=JET))])


def test_the_order_of_the_bands_changes_nothing() -> None:
    usual, turned = watched("B02", "B03", "B04", "B08"), watched("B08", "B03", "B02", "B04")
    assert turned.stack.bands == usual.stack.bands == ("B02", "B03", "B04", "B08")
    assert kinds(turned) == kinds(usual) != []
    assert [one.score for one in turned.events] == [one.score for one in usual.events]


def test_one_pass_in_another_order_is_compared_with_the_others() -> None:
    scenes = series(stand(STORY, J=JET))
    scenes[3] = with_bands(scenes[3], ("B08", "B04", "B03", "B02"))
    assert kinds(look_for(scenes)) == kinds(look_for(series(stand(STORY, J=JET))))


def test_visible_bands_alone_are_judged_and_say_what_they_lack() -> None:
    found = watched("B02", "B03", "B04")
    assert kinds(found) == [("arrival", 1, 2), ("departure", 2, 3)]
    for one in found.stack.passes:
        assert [(note.code, "B04" in note.text) for note in one.scene.notes] == [(ReasonCode.NO_INFRARED, True)]


def test_near_infrared_alone_is_refused_with_the_reason() -> None:
    found = watched("B08")
    assert not found.stack.passes and not found.events
    assert {one.reason.code for one in found.stack.unusable} == {ReasonCode.NO_VISIBLE_BAND}
    assert all("B08" in one.reason.text for one in found.stack.unusable)


def test_scenes_of_another_quantity_are_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="reflectance"):
        look_for([replace(scene, quantity="decibel") for scene in series(stand("...", J=JET))])


@pytest.mark.parametrize(
    ("bands", "bluest", "reddest"),
    [(("B08", "B02"), "B02", "B08"), (("B04", "B03", "B02"), "B02", "B04"), (("mono",), "mono", "mono")],
)
def test_blue_and_infrared_are_found_by_wavelength(bands: tuple[str, ...], bluest: str, reddest: str) -> None:
    assert bands[DETECTOR.shortest_band(bands)] == bluest and bands[DETECTOR.longest_band(bands)] == reddest


def test_passes_without_a_visible_band_do_not_set_the_others_aside() -> None:
    scenes = series(stand("..J...", J=JET))
    blind = [with_bands(scene, ("B08",)) if number in (0, 4, 5) else scene for number, scene in enumerate(scenes)]
    found = look_for(blind)
    assert found.stack.bands == ("B02", "B03", "B04", "B08")
    assert [one.scene.datetime for one in found.stack.passes] == [scenes[n].datetime for n in (1, 2, 3)]
    assert {one.reason.code for one in found.stack.unusable} == {ReasonCode.NO_VISIBLE_BAND}
