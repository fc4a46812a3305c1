"""The values of a watch as JSON, and back to the very same."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

import numpy as np

from imagery_watch.change.background.noise import NoiseModel
from imagery_watch.change.detection.aircraft_fit import AircraftFit
from imagery_watch.change.detection.aircraft_templates import Imaging, Plan, Template, draw_template
from imagery_watch.change.detection.finder import Detection
from imagery_watch.change.tracking.answers import Answer
from imagery_watch.model import Registration, Scene
from imagery_watch.reasons import Reason, parse_codes

SCENE_WORDS = ("acquisition_id", "platform", "relative_orbit", "sun_azimuth", "sun_elevation", "offset", "sensor",
               "quantity")  # fmt: skip
FIT_NUMBERS = ("row", "col", "length_m", "length_low_m", "length_high_m", "heading_deg", "llr_vs_empty",
               "llr_vs_clutter", "clutter_llr", "reduced_chi2", "exclusion_radius_m")  # fmt: skip
FIT_FLAGS = ("moving", "in_row", "by_network")


def dump_scene(scene: Scene) -> dict[str, Any]:
    """All of a Scene but its pixels, which nobody asks for once it was judged."""
    told = {name: _plain(getattr(scene, name)) for name in SCENE_WORDS}
    notes = [list(note) for note in scene.notes]
    return told | {"datetime": scene.datetime.isoformat(), "item_ids": list(scene.item_ids), "bands": list(scene.bands),
                   "notes": notes}  # fmt: skip


def load_scene(told: Mapping[str, Any]) -> Scene:
    """The Scene, without pixels."""
    nothing = np.zeros((len(told["bands"]), 0, 0), np.float32)
    return Scene(
        **{name: told[name] for name in SCENE_WORDS},
        datetime=load_time(told["datetime"]),
        item_ids=tuple(told["item_ids"]),
        bands=tuple(told["bands"]),
        notes=tuple(map(load_reason, told["notes"])),
        data=nothing,
        valid=np.zeros((0, 0), bool),
        scl=None,
    )


def load_time(text: str) -> datetime:
    """An aware time."""
    return datetime.fromisoformat(text)


def load_reason(told: Sequence[str]) -> Reason:
    """A reason from its code and its sentence."""
    return Reason(parse_codes(told[0])[0], told[1])


def dump_registration(found: Registration) -> dict[str, Any]:
    """How a pass lies."""
    numbers = {name: _plain(getattr(found, name)) for name in ("rows", "cols", "error_px", "usable_km2")}
    return numbers | {"reason": found.reason, "mismatched": found.mismatched}


def load_registration(look: Mapping[str, Any]) -> Registration:
    """How a look's pass lies."""
    return Registration(**look["registration"])


def dump_noise(noise: NoiseModel) -> dict[str, Any]:
    """The noise of one pass."""
    return {"mixing": noise.mixing.tolist(), "acf": _plain(noise.acf), "variance_scale": noise.variance_scale.tolist()}


def load_noise(told: Mapping[str, Any]) -> NoiseModel:
    """The noise of one pass."""
    return NoiseModel(
        np.array(told["mixing"], np.float32),
        tuple(tuple(one) for one in told["acf"]),
        np.array(told["variance_scale"], np.float32),
    )


def dump_detection(one: Detection) -> dict[str, Any]:
    """One object in one look."""
    return {"look": int(one.look), "apron": int(one.apron), "fit": dump_fit(one.fit)}


def load_detection(told: Mapping[str, Any]) -> Detection:
    """One object in one look."""
    return Detection(told["look"], load_fit(told["fit"]), told["apron"])


def dump_fit(fit: AircraftFit) -> dict[str, Any]:
    """The numbers of a fit, and those from which its shape is drawn again."""
    shape = fit.template
    told = {name: _plain(getattr(fit, name)) for name in (*FIT_NUMBERS, *FIT_FLAGS)}
    drawn = [_plain(tuple(shape.plan)), _plain(shape.length_m), _plain(shape.heading_deg), _plain(tuple(shape.imaging))]
    return told | {"paints": _plain(fit.paints), "template": drawn}


def load_fit(told: Mapping[str, Any]) -> AircraftFit:
    """The fit, its shape drawn again."""
    plan, length, heading, imaging = told["template"]
    return AircraftFit(
        **{name: told[name] for name in (*FIT_NUMBERS, *FIT_FLAGS)},
        paints=(told["paints"][0], told["paints"][1]),
        template=_draw(Plan(*plan), length, heading, Imaging(*imaging)),
    )


@lru_cache(maxsize=1024)
def _draw(plan: Plan, length: float, heading: float, imaging: Imaging) -> Template:
    return draw_template(plan, length, heading, imaging)


def dump_answer(told: Answer) -> Any:
    """What looks said: a number, nothing, or a shape."""
    return dump_fit(told) if isinstance(told, AircraftFit) else _plain(told)


def load_answer(told: Any) -> Answer:
    """What looks said."""
    return load_fit(told) if isinstance(told, dict) else told


def _plain(value: Any) -> Any:
    """A value of Python's own: every number as itself."""
    if isinstance(value, tuple | list):
        return [_plain(one) for one in value]
    return value.item() if isinstance(value, np.generic) else value
