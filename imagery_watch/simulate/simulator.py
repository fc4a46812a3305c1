"""A simulated airfield, pass by pass: ground and its seasons, stories on it, air above it, the sensor's grid."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from imagery_watch.model import Areas, Grid, Scene, finite_in_all_bands
from imagery_watch.simulate import clutter
from imagery_watch.simulate.daylight import (
    BANDS,
    DRY,
    PAVEMENT,
    SOIL,
    WOOD,
    sun_position,
    vegetation,
)
from imagery_watch.simulate.inject import inject
from imagery_watch.simulate.layout import APRON, MARKING, ROOF, RUNWAY, SIZE, SURFACES, Layout, lay_out, shaded
from imagery_watch.simulate.layout import WOOD as WOODLAND
from imagery_watch.simulate.overpass import SimulatedPass
from imagery_watch.simulate.physics import SENSOR_NOISE, haze_of, skylight_of
from imagery_watch.simulate.scenario import SHEEN, Story, tell

Image = NDArray[np.float32]

CLEAR_FIELD, CLEAR_GROUND, SCL_SHADOW, SCL_CLOUD = 4, 5, 3, 9
WET_DAY = 0.12
"""Share of passes on which dew or drying rain darkens the aprons as a whole."""


@dataclass(frozen=True)
class Setting:
    """What a simulated airfield is made with."""

    seed: int
    pavement: str = "concrete"
    noise: float = 0.012
    """One-sigma change of pavement from pass to pass at reflectance 0.3, reflectance; less where it is darker."""
    passes: int = 16
    every_days: int = 5
    orbits: tuple[int, ...] = (65,)
    """Relative orbits in turn."""
    latitude: float = 47.0
    start: datetime = datetime(2023, 4, 20, 10, 10, tzinfo=UTC)
    traffic: bool = True
    clutter: float = 1.0
    """Factor on the densities of everything that is no aircraft."""
    snowfalls: int = 0
    """Each leaves heaps and ridges on the aprons and hardly beyond: the fields are bare again."""
    cloudy: float = 0.1
    """Share of passes with clouds."""
    misregistration_px: float = 0.25
    """One-sigma, each axis."""


@dataclass(frozen=True)
class World:
    """The passes of one simulated airfield, and what really happened on it."""

    setting: Setting
    layout: Layout
    story: Story
    passes: tuple[SimulatedPass, ...]

    @property
    def areas(self) -> Areas:
        """The aprons on the Grid."""
        index = self.layout.apron_index
        names = tuple(f"apron-{number + 1}" for number in range(int(index.max()) + 1))
        return Areas(names, index, index < 0, float((index < 0).sum()) * 1e-4)

    @property
    def scenes(self) -> list[Scene]:
        """The passes as the change stage takes them."""
        return [to_scene(one, BANDS, number) for number, one in enumerate(self.passes)]


def grid() -> Grid:
    """The square of every simulated airfield, in UTM zone 32."""
    return Grid(32632, 600_000, 5_200_000, SIZE, SIZE)


def to_scene(one: SimulatedPass, bands: tuple[str, ...], number: int) -> Scene:
    """One simulated pass as a Scene, without the way over files."""
    return Scene(
        f"{one.platform}_{one.when:%Y%m%dT%H%M%S}",
        (f"item-{number}",),
        one.when,
        one.platform,
        one.relative_orbit,
        bands,
        one.reflectance,
        finite_in_all_bands(one.reflectance),
        one.scl,
        one.sun_azimuth,
        one.sun_elevation,
    )


def build(setting: Setting, alter: Callable[[Story], Story] = lambda story: story) -> World:
    """The airfield, its story and all its passes; the same setting gives the same world.

    `alter` may tell the story otherwise: with as many stays on each pass, ground, weather and noise remain the same.
    """
    layout = lay_out(setting.seed)
    story = tell(
        layout,
        setting.seed + 1,
        setting.passes,
        traffic=setting.traffic,
        clutter=setting.clutter,
        snowfalls=setting.snowfalls,
    )
    story = alter(story)
    rng = np.random.default_rng(setting.seed + 2)
    weather = _Weather(setting, layout, rng)
    passes = tuple(_pass(setting, layout, story, weather, number, rng) for number in range(setting.passes))
    return World(setting, layout, story, passes)


def _pass(
    setting: Setting, layout: Layout, story: Story, weather: "_Weather", number: int, rng: np.random.Generator
) -> SimulatedPass:
    when = setting.start + timedelta(days=setting.every_days * number, seconds=int(rng.integers(0, 60)))
    sun = sun_position(setting.latitude, when)
    orbit = setting.orbits[number % len(setting.orbits)]
    image = weather.ground(when, orbit)
    image *= 1 - shaded(layout, *sun) * (1 - skylight_of(BANDS))[:, None, None]
    image = peopled(image, story, number, sun, rng)
    cloudy = rng.random() < setting.cloudy
    image, dense, dark = clutter.veiled(image, list(clutter.veils(rng, SIZE, cloudy)), rng)
    seen = _sensed(image, setting.misregistration_px, rng)
    platform = ("sentinel-2a", "sentinel-2b")[number % 2]
    return SimulatedPass(when, platform, orbit, *sun, seen, _classes(layout, image, dense, dark, rng))


def peopled(image: Image, story: Story, number: int, sun: tuple[float, float], rng: np.random.Generator) -> Image:
    """The ground (band, y, x) with what lies and stands on it on one pass: patches, aircraft, and what has a height."""
    lying = story.lying(number)
    for thing in (one for one in lying if one.height == 0):
        image = clutter.drawn(image, thing, sun)
    for stay in story.standing(number):
        sheen = 1 + float(rng.normal(0, SHEEN))
        place = stay.place
        shown = replace(place, fuselage_paint=place.fuselage_paint * sheen, wing_paint=place.wing_paint * sheen)
        image = inject(image, BANDS, shown, *sun)
    for thing in (one for one in lying if one.height > 0):
        image = clutter.drawn(image, thing, sun)
    return image


class _Weather:
    """The ground's own changes: season, view, dirt that stays on slabs for a while, dew, wet days."""

    def __init__(self, setting: Setting, layout: Layout, rng: np.random.Generator) -> None:
        self.setting, self.layout, self.rng = setting, layout, rng
        numbers, place = np.unique(layout.slabs, return_inverse=True)
        self.slab_of = place.reshape(layout.slabs.shape)
        self.dirt = rng.normal(0, 1, len(numbers))
        self.phases = rng.normal(0, 25, SURFACES)
        self.lushness = rng.uniform(0.5, 1.1, SURFACES)
        self.roof = np.float32(rng.uniform(0.12, 0.4)) * np.array((0.9, 0.98, 1.05, 1.1), np.float32)
        self.tint = rng.normal(1, 0.06, (SURFACES, 1)) * rng.normal(1, 0.015, (SURFACES, len(BANDS)))
        self.views = {orbit: rng.normal(1, 0.03, (SURFACES, len(BANDS))) for orbit in setting.orbits}

    def ground(self, when: datetime, orbit: int) -> Image:
        """(band, y, x): the empty airfield as this day's light and wetness show it."""
        pure = np.stack([self._colour(surface, when) for surface in range(SURFACES)])
        colours = pure * self.tint * self.views[orbit] * self.rng.normal(1, 0.01, (SURFACES, 1))
        image = np.einsum("sb,syx->byx", colours, self.layout.shares) * self.layout.texture
        return (image * self._wetness() + self._noise(image)).astype(np.float32)

    def _colour(self, surface: int, when: datetime) -> NDArray[np.float32]:
        if surface == APRON:
            return PAVEMENT[self.setting.pavement]
        if surface == RUNWAY:
            return PAVEMENT["asphalt"] * np.float32(1.3)
        if surface == ROOF:
            return self.roof
        if surface == MARKING:
            return np.array((0.33, 0.38, 0.40, 0.43), np.float32)
        if surface == WOODLAND:
            return WOOD + 0.2 * (vegetation(when, 0, 1.0) - DRY)
        bare = surface == 0 and (when.month < 5 or when.month > 8)
        return SOIL if bare else vegetation(when, float(self.phases[surface]), float(self.lushness[surface]))

    def _wetness(self) -> Image:
        """(y, x): factor of a day's dew, nearly always 1 on a dry day."""
        depth = self.rng.uniform(0.02, 0.15) if self.rng.random() < WET_DAY else self.rng.uniform(0, 0.01)
        field = ndimage.gaussian_filter(self.rng.normal(size=(SIZE, SIZE)), self.rng.uniform(6, 20))
        level = np.clip(0.7 + 0.4 * field / field.std(), 0, 1)
        return (1 - depth * level).astype(np.float32)

    def _noise(self, image: Image) -> Image:
        """(band, y, x): at pixel, slab and dew scale; four fifths of it common to the bands; louder in some places."""
        self.dirt = 0.7 * self.dirt + np.sqrt(1 - 0.7**2) * self.rng.normal(size=self.dirt.shape)
        slab = ndimage.gaussian_filter(self.dirt[self.slab_of], 0.5)
        dew = _unit(ndimage.gaussian_filter(self.rng.normal(size=(SIZE, SIZE)), 4.0))
        loud = np.exp(0.25 * _unit(ndimage.gaussian_filter(self.rng.normal(size=(SIZE, SIZE)), 8.0)))
        common = 0.45 * slab + 0.35 * dew + 0.82 * self._heavy()
        own = np.stack([self._heavy() for _ in BANDS])
        scale = self.setting.noise * np.clip(image / 0.3, 0.3, 1.5) * loud
        return np.asarray(scale * (0.9 * common + 0.44 * own), np.float32)

    def _heavy(self) -> NDArray[np.float64]:
        """(y, x): unit noise as wide as the sensor's blur, its tails heavier than Gaussian."""
        return _unit(ndimage.gaussian_filter(self.rng.standard_t(6, (SIZE, SIZE)), 0.65))


def _unit(image: NDArray[np.float64]) -> NDArray[np.float64]:
    return image / float(image.std())


def _sensed(image: Image, spread_px: float, rng: np.random.Generator) -> Image:
    """The image through the air and on the sensor's own grid, a fraction of a pixel off."""
    haze = haze_of(BANDS) * np.float32(abs(rng.normal(0, 0.01)))
    gain = rng.normal(1, 0.03) * rng.normal(1, 0.01, len(BANDS))
    image = image * gain[:, None, None] + haze[:, None, None]
    shift = rng.normal(0, spread_px, 2)
    moved = np.stack([ndimage.shift(band, shift, order=3, mode="nearest") for band in image])
    moved += rng.normal(0, SENSOR_NOISE, moved.shape)
    return np.clip(moved, 0.0005, 2.0).astype(np.float32)


def _classes(layout: Layout, image: Image, dense: Image, dark: Image, rng: np.random.Generator) -> NDArray[np.uint8]:
    """(y, x): scene classes as a processor gives them: bright pavement and roofs called cloud now and then."""
    hard = layout.shares[[RUNWAY, APRON, ROOF]].sum(axis=0) > 0.5
    classes = np.where(hard, CLEAR_GROUND, CLEAR_FIELD).astype(np.uint8)
    mistaken = (image[0] > 0.33) & (rng.random(image.shape[1:]) < 0.5)
    classes[mistaken] = 8
    grown = ndimage.maximum_filter(dense, 5), ndimage.maximum_filter(dark, 3)
    classes[grown[1] > 0.35] = SCL_SHADOW
    classes[grown[0] > 0.3] = SCL_CLOUD
    return classes
