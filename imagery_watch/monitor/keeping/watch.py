"""What a watch keeps of an airfield between sweeps, as files: the frame, the looks as they were judged, what they said.

The index is written last and names every other file with its size and checksum: a kill on the way leaves the old one.
What is missing, cut, damaged or of other settings counts as absent, and the watch begins anew. Nothing here is executed
when it is read: arrays are plain numbers, all else is JSON.
"""

import json
import zlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from imagery_watch.atomic import replace_whole
from imagery_watch.change.background.residuals import ResidualImage, assemble_residual_image
from imagery_watch.change.kept import Later
from imagery_watch.change.preprocess.reference_frame import ReferenceFrame
from imagery_watch.change.preprocess.stack import PreparedPass, Stack, UnusablePass, find_window
from imagery_watch.change.watch import Watch
from imagery_watch.model import Areas, DetectorModel, Georeference, Grid, finite_in_all_bands
from imagery_watch.model.arrays import Floats
from imagery_watch.monitor.keeping import values
from imagery_watch.outputs.wording.text import slug
from imagery_watch.sources.pixels.suspects import digest_bands

FORM = 2
"""Of these files; another form is not read."""
INDEX, FRAME, LOOKS = "watch.json.z", "frame.f4", "looks"


class KeptDamagedError(Exception):
    """Something that was kept is not what was written: the watch begins anew."""


@dataclass(frozen=True)
class KeptWatch:
    """A watch as it was kept."""

    watch: Watch
    versions: Mapping[str, tuple[str, ...]]
    """Of each of its passes, as the catalogue had them."""
    owners: Mapping[str, str]
    """The pass of each digest of a band's pixels, by which the same bytes under another name are known."""


@dataclass(frozen=True)
class Place:
    """Where the looks of an airfield lie, which is known without anything kept."""

    areas: Areas
    grid: Grid
    detector: DetectorModel


def save_watch(
    watch: Watch, versions: Mapping[str, Sequence[str]], folder: Path, key: str, *, afresh: bool = False
) -> None:
    """Keeps a watch below `folder`; `versions` are the catalogue's of each pass, `key` what all of it rests on.

    Looks that are there already are not written again, unless the watch was begun `afresh`: then what lies there is of
    another frame, or damaged. Raises OSError, and ValueError for a watch without a frame.
    """
    stack, frame = watch.stack, watch.stack.frame
    if frame is None:
        raise ValueError("a watch without a frame cannot be kept")
    known = {} if afresh else _read_index(folder, key) or {}
    kept = {
        one["scene"]["acquisition_id"]: one
        for one in known.get("looks", ())
        if _is_whole(folder / one["file"], one["bytes"])
    }
    looks = []
    for index, item in enumerate(stack.passes):
        name = item.scene.acquisition_id
        old = kept.get(name)
        if old is None or old["versions"] != list(versions.get(name, ())):
            old = _write_look(watch, index, folder) | {"versions": list(versions.get(name, ()))}
        looks.append(old)
    index_text = {
        "form": FORM,
        "key": key,
        "frame": known.get("frame") or _write_frame(frame, folder),
        "looks": looks,
        "unusable": [
            {"scene": values.dump_scene(one.scene), "reason": list(one.reason),
             "versions": list(versions.get(one.scene.acquisition_id, ()))}
            for one in stack.unusable
        ],
        "snowy": [when.isoformat() for when in stack.snowy],
        "detections": [values.dump_detection(one) for one in watch.detections],
        "answers": {name: values.dump_answer(told) for name, told in watch.answers.items()},
    }  # fmt: skip
    replace_whole(folder / INDEX, zlib.compress(json.dumps(index_text).encode(), 1))
    _remove_others(folder, {one["file"] for one in looks})


def load_watch(folder: Path, key: str, place: Place) -> KeptWatch | None:
    """The watch that was kept; None where there is none of this key, or it is damaged.

    The arrays of a look are read when they are asked for: KeptDamagedError is raised then where they are not whole.
    """
    told = _read_index(folder, key)
    if told is None:
        return None
    try:
        versions = {
            one["scene"]["acquisition_id"]: tuple(one["versions"]) for one in (*told["looks"], *told["unusable"])
        }
        owners = {digest: one["scene"]["acquisition_id"] for one in told["looks"] for digest in one["digests"]}
        return KeptWatch(_assemble(told, folder, place), versions, owners)
    except (OSError, ValueError, KeyError, TypeError, IndexError, KeptDamagedError):
        return None


def _assemble(told: Mapping[str, Any], folder: Path, place: Place) -> Watch:
    frame = _load_frame(told["frame"], folder, place)
    window = find_window(place.areas)
    apron_index = place.areas.apron_index[window]
    shape = (4 * len(frame.bands), *apron_index.shape)
    passes = []
    for one in told["looks"]:
        image = _read_image(folder, one, shape)
        visible = finite_in_all_bands(image)
        passes.append(PreparedPass(values.load_scene(one["scene"]), image, visible, values.load_registration(one)))
    makers = [
        _make_image(one, partial(_read_look, folder, one, shape), item, apron_index >= 0, place, frame.bands)
        for one, item in zip(told["looks"], passes, strict=True)
    ]
    stack = Stack(
        passes=tuple(passes),
        unusable=tuple(
            UnusablePass(values.load_scene(one["scene"]), values.load_reason(one["reason"])) for one in told["unusable"]
        ),
        bands=frame.bands,
        georeference=Georeference(place.grid, window[0].start, window[1].start),
        apron_index=apron_index,
        detector=place.detector,
        snowy=tuple(map(values.load_time, told["snowy"])),
        frame=frame,
    )
    return Watch(
        stack,
        tuple(one["own_orbit"] for one in told["looks"]),
        Later(makers),
        tuple(map(values.load_detection, told["detections"])),
        {name: values.load_answer(answer) for name, answer in told["answers"].items()},
    )


def _make_image(
    one: Mapping[str, Any],
    load: Callable[[], Floats],
    item: PreparedPass,
    aprons: Any,
    place: Place,
    bands: tuple[str, ...],
) -> Callable[[], ResidualImage | None]:
    """A function that makes the residual image of a look from its file."""

    def make() -> ResidualImage | None:
        """The image, None where the look had nothing to be compared with."""
        if one["noise"] is None:
            return None
        _, residual, ground, spread = np.split(load(), 4)
        return assemble_residual_image(
            residual, ground, spread, values.load_noise(one["noise"]), bands,
            (item.scene.sun_azimuth, item.scene.sun_elevation), aprons,
            detector=place.detector, pixel_m=place.grid.resolution)  # fmt: skip

    return make


def _write_look(watch: Watch, index: int, folder: Path) -> dict[str, Any]:
    """Writes the arrays of one look, and returns what the index says of it."""
    item, image = watch.stack.passes[index], watch.images[index]
    empty = np.zeros_like(item.image)
    parts = (empty, empty, empty) if image is None else (image.residual, image.ground, image.spread)
    content = np.concatenate([item.image, *parts]).astype(np.float32)
    data = content.astype("<f4").tobytes()
    checksum = zlib.crc32(data)
    file = f"{LOOKS}/{slug(item.scene.acquisition_id)}-{checksum:08x}.f4"  # what an old index names stays as it was
    replace_whole(folder / file, data)
    return {
        "file": file,
        "bytes": len(data),
        "crc": checksum,
        "scene": values.dump_scene(item.scene),
        "digests": digest_bands(item.scene),
        "registration": values.dump_registration(item.registration),
        "noise": None if image is None else values.dump_noise(image.noise),
        "own_orbit": watch.own_orbits[index],
    }


def _read_image(folder: Path, one: Mapping[str, Any], shape: tuple[int, ...]) -> Floats:
    """The image alone, which is a quarter of a look's file. Raises OSError, and KeptDamagedError for a cut file."""
    path, quarter = folder / one["file"], (shape[0] // 4, *shape[1:])
    if not _is_whole(path, 4 * int(np.prod(shape))):
        raise KeptDamagedError(str(path))
    return np.fromfile(path, "<f4", int(np.prod(quarter))).reshape(quarter)


def _read_look(folder: Path, one: Mapping[str, Any], shape: tuple[int, ...]) -> Floats:
    """All arrays of a look. Raises KeptDamagedError where the file is not what was written.

    They are read and not mapped: a map holds its file open, and some systems allow few hundred of these to a process.
    """
    try:
        data = (folder / one["file"]).read_bytes()
    except OSError as error:
        raise KeptDamagedError(one["file"]) from error
    if zlib.crc32(data) != one["crc"]:
        raise KeptDamagedError(one["file"])
    return np.frombuffer(data, "<f4").reshape(shape)


def _write_frame(frame: ReferenceFrame, folder: Path) -> dict[str, Any]:
    content = np.concatenate([frame.outline[None], frame.steady[None], frame.ground]).astype("<f4").tobytes()
    replace_whole(folder / FRAME, content)
    return {
        "bands": list(frame.bands),
        "centre": list(frame.centre),
        "dark_level": frame.dark_level.tolist(),
        "darkest": float(frame.darkest),
        "until": frame.until.isoformat(),
        "crc": zlib.crc32(content),
    }


def _load_frame(told: Mapping[str, Any], folder: Path, place: Place) -> ReferenceFrame:
    data = (folder / FRAME).read_bytes()
    if zlib.crc32(data) != told["crc"]:
        raise KeptDamagedError(FRAME)
    bands = tuple(told["bands"])
    content = np.frombuffer(data, "<f4").reshape(len(bands) + 2, *place.grid.shape).astype(np.float32)
    return ReferenceFrame(
        bands=bands,
        outline=content[0],
        steady=content[1] > 0,
        centre=(told["centre"][0], told["centre"][1]),
        ground=content[2:],
        dark_level=np.array(told["dark_level"], np.float32),
        darkest=told["darkest"],
        until=values.load_time(told["until"]),
        areas=place.areas,
        resolution=place.grid.resolution,
        detector=place.detector,
    )


def _read_index(folder: Path, key: str) -> dict[str, Any] | None:
    """What was kept under this key, or None."""
    try:
        told = json.loads(zlib.decompress((folder / INDEX).read_bytes()))
        same = told["form"] == FORM and told["key"] == key
    except (OSError, ValueError, KeyError, TypeError, zlib.error):
        return None
    return dict(told) if same else None


def _is_whole(path: Path, size: int) -> bool:
    try:
        return path.stat().st_size == size
    except OSError:
        return False


def _remove_others(folder: Path, wanted: set[str]) -> None:
    """Removes looks that the index does not name: dropped ones, and those of other settings."""
    for path in (folder / LOOKS).glob("*.f4"):
        if f"{LOOKS}/{path.name}" not in wanted:
            with suppress(OSError):
                path.unlink()
