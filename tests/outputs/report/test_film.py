"""The film as files: every look on the strip, one picture a look in the moving one, and the same bytes twice."""

import io
from dataclasses import replace

import numpy as np
from PIL import Image

from imagery_watch.outputs.report.film import film_files, frame_image, name_film, stretch_of, tell_legend, to_webp
from outputs.builders import make_stay
from outputs.dossiers import PRESENCES, make_dossier


def test_every_look_is_in_the_moving_picture() -> None:
    film = film_files(make_dossier(), make_stay(), "LIPB")
    with Image.open(io.BytesIO(film.moving)) as moving:
        assert (moving.format, moving.n_frames) == ("WEBP", len(PRESENCES))
    with Image.open(io.BytesIO(film.strip)) as strip:
        assert strip.format == "PNG"
        assert strip.height > 600, "two rows of looks, and the curve"
    assert list(film.files) == ["chips/LIPB-stay-0001-film.png", "chips/LIPB-stay-0001-film.webp"]


def test_the_same_bytes_twice_and_others_where_it_is_simulated() -> None:
    one, two = (film_files(make_dossier(), make_stay(), "LIPB") for _ in range(2))
    assert one == two
    made = film_files(make_dossier(), make_stay(), "LIPB", simulated=True)
    assert made.strip != one.strip and made.moving != one.moving


def test_a_hidden_look_is_pale_and_the_others_share_one_contrast() -> None:
    dossier = make_dossier()
    limits = stretch_of(dossier)
    quiet, there, hidden = (frame_image(frame, dossier, limits) for frame in dossier.frames[:3])
    assert there[10, 10].min() > quiet[10, 10].max(), "the cross is bright"
    assert np.ptp(hidden) < 40
    assert hidden.min() > 120


def test_without_a_curve_the_strip_is_shorter() -> None:
    whole, bare = (
        film_files(one, make_stay(), "LIPB").strip for one in (make_dossier(), replace(make_dossier(), curve=()))
    )
    heights = [Image.open(io.BytesIO(data)).height for data in (whole, bare)]
    assert heights[0] - heights[1] > 200


def test_the_strip_says_what_purple_is_and_what_is_undecided() -> None:
    assert [line.partition(" ")[0] for line in tell_legend(make_dossier(), doubted=True)] == ["Purple,", "Undecided:"]
    plain = make_dossier(frames=make_dossier().frames[:2], curve=make_dossier().curve[:2])
    assert tell_legend(plain, doubted=False) == []
    sure, doubted = (film_files(plain, make_stay(), "LIPB", doubted=one).strip for one in (False, True))
    assert Image.open(io.BytesIO(doubted)).height - Image.open(io.BytesIO(sure)).height == 18


def test_small_pictures_keep_every_pixel() -> None:
    rgb = np.random.default_rng(1).integers(0, 255, (27, 27, 3)).astype(np.uint8)
    with Image.open(io.BytesIO(to_webp(rgb))) as back:
        assert (np.asarray(back.convert("RGB")) == rgb).all()


def test_a_name_from_elsewhere_stays_in_its_folder() -> None:
    assert "/" not in name_film("../../x").removeprefix("chips/")
