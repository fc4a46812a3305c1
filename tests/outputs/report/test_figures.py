import io

import numpy as np
import pytest
from PIL import Image

from imagery_watch.outputs.report import pixels
from imagery_watch.outputs.report.figures import GAP, PANEL, HitPictures, hit_pictures
from outputs.builders import make_chip, make_hit


def opened(data: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(data)) as image:
        assert image.format == "PNG"
        return np.asarray(image.convert("RGB")).astype(int)


def drawn(**changes: object) -> HitPictures:
    return hit_pictures(make_hit(), make_chip(**changes))


def panels(pictures: HitPictures, size: int = 21) -> tuple[np.ndarray, np.ndarray]:
    """Before and after, as they stand on the sheet."""
    sheet, edge = opened(pictures.sheet), PANEL // size * size
    step = max(edge, 300) + GAP
    before, after = (sheet[62 : 62 + edge, left : left + edge] for left in (GAP, GAP + step))
    return before, after


@pytest.mark.parametrize("size", [5, 15, 21, 41, 61, 200])
def test_sizes(size: int) -> None:
    pictures = drawn(size=size)
    assert 900 <= opened(pictures.sheet).shape[1] <= 1100
    assert len(pictures.sheet) < 150_000
    assert pictures.file == "chips/LIPB-0001.png"


def test_the_same_bytes_twice() -> None:
    assert drawn() == drawn()


def test_the_planted_cross_is_bright_in_after_only() -> None:
    before, after = panels(drawn())
    middle = (len(before) // 2, len(before) // 2)
    assert after[middle].min() > 230
    assert after[middle].min() > before[middle].max() + 40


def test_the_hit_is_marked_and_not_hidden() -> None:
    """Only brackets lie near the cross, and none on it."""
    chip = make_chip()
    plain, _ = pixels.true_colour(chip)
    before, _ = panels(drawn())
    scale = len(before) // 21
    enlarged = pixels.enlarged(plain, np.zeros((21, 21), bool), scale).astype(int)
    changed = (before != enlarged).any(axis=-1)
    middle, half = len(before) // 2, round(2.5 * scale)
    assert not changed[middle - half : middle + half, middle - half : middle + half].any()
    assert changed[middle - 6 * scale : middle + 6 * scale, middle - 6 * scale : middle + 6 * scale].any()


def test_before_and_after_share_one_stretch() -> None:
    """A pixel that did not change has the same colour in both, whatever else did."""
    before, after = pixels.true_colour(make_chip())
    assert (before[:5] == after[:5]).all()


def test_missing_pixels_are_hatched() -> None:
    chip = make_chip()
    chip.after[:, :4, :4] = np.nan
    _, after = panels(hit_pictures(make_hit(), chip))
    corner = after[:40, :40]
    assert set(np.unique(corner)) == {90, 150}


@pytest.mark.parametrize("bands", [("B04",), ("vv", "vh"), ("B04", "B03"), ("B02", "B03", "B04", "B08")])
def test_any_bands_will_do(bands: tuple[str, ...]) -> None:
    before, _ = panels(drawn(bands=bands))
    inside = before[20:90, 20:90]
    grey = (inside == inside[..., :1]).all()
    assert grey == (len(bands) < 4)


def test_nothing_valid_is_still_a_picture() -> None:
    chip = make_chip(before=np.full((4, 21, 21), np.nan, np.float32))
    assert opened(hit_pictures(make_hit(), chip).sheet).size


def test_a_hit_at_the_edge_of_its_chip_and_a_name_in_another_script() -> None:
    chip = make_chip(row=0.0, col=20.0)
    assert opened(hit_pictures(make_hit(airfield="飞机场", id="飞机"), chip).sheet).size


def test_simulated_is_written_on_the_picture() -> None:
    assert drawn().sheet != hit_pictures(make_hit(), make_chip(), simulated=True).sheet


@pytest.mark.parametrize(
    ("bands", "label", "value"),
    [
        (("B02", "B03", "B04", "B08"), "Change in blue minus near infrared", 0.3),
        (("B04", "B03", "B02"), "Change in brightness", 0.1),
        (("B08",), "Change in brightness", -0.1),
    ],
)
def test_the_difference_is_the_one_that_shows_aircraft(bands: tuple[str, ...], label: str, value: float) -> None:
    """Paint lifts blue, its shadow lowers the near infrared."""
    flat = np.full((len(bands), 5, 5), 0.3, np.float32)
    change = np.array([{"B02": 0.2, "B03": 0.1, "B04": 0.0, "B08": -0.1}[name] for name in bands], np.float32)
    chip = make_chip(size=5, bands=bands, before=flat, after=flat + change[:, None, None])
    result = pixels.difference(chip)
    assert result.label == label
    np.testing.assert_allclose(result.values, value, atol=1e-6)


def test_diverging_colours() -> None:
    values = np.array([[-1.0, 0.0, 1.0, np.nan]], np.float32)
    blue, white, red, unknown = pixels.diverging(values, 0.5)[0].tolist()
    assert blue[2] > blue[0] + 100
    assert red[0] > red[2] + 100
    assert white == unknown == [247, 247, 247]


def test_the_fields_around_do_not_set_the_colours() -> None:
    values = np.full((21, 21), 0.5, np.float32)
    values[6:15, 6:15] = 0.1
    assert pixels.symmetric_limit(values, 10, 10, 4) == pytest.approx(0.1)


def test_a_wide_chip_is_cut_around_its_hit() -> None:
    part = pixels.central(make_chip(size=100, row=90.0, col=50.0))
    assert part.before.shape == (4, 61, 61)
    assert (part.row, part.col) == (51.0, 30.0)
