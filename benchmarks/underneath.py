"""What lies under a false claim in a simulated world."""

import numpy as np
from shapely.geometry import Point

from imagery_watch.evaluate.verdicts import PIXEL_M, Claim
from imagery_watch.simulate.aircraft import TYPES
from imagery_watch.simulate.clutter import Thing
from imagery_watch.simulate.layout import FINE, shaded
from imagery_watch.simulate.scenario import Stay
from imagery_watch.simulate.simulator import World

BESIDE_M, ON_M = 60.0, 20.0
"""How far a false claim may be from an aircraft to be beside it, and from a thing to lie on it."""
SHADOW_PX, SHADED = 6, 0.3
"""How far from a building its shadow is looked for, and the share of a pixel near the claim that it must cover."""


def lies_on(claim: Claim, world: World) -> str:
    """What a false claim lies on: a thing that came or went, a building's shadow, an aircraft, or nothing."""
    stays = [(stay, _from_stay_m(claim, stay)) for stay in world.story.stays if _there(claim, stay)]
    if any(stay.part == "taxiing" and away <= ON_M for stay, away in stays):
        return "taxiing aircraft"
    things = [(_from_thing_m(claim, one), one.kind) for one in world.story.things if _changes(claim, one)]
    nearest = min(things, default=(np.inf, ""))
    if nearest[0] <= ON_M:
        return nearest[1]
    beside = min((away for _, away in stays), default=np.inf)
    if beside <= 0:
        return "parked aircraft"
    if _in_shade(claim, world):
        return "shadow of a building"
    return "beside an aircraft" if beside <= BESIDE_M else "nothing"


def _in_shade(claim: Claim, world: World) -> bool:
    """Whether a building's shadow falls within 20 m in one of the looks: it grows and shrinks with the season."""
    row, col = round(claim.row), round(claim.col)
    near = [slice(max(0, (at - SHADOW_PX) * FINE), (at + SHADOW_PX + 1) * FINE) for at in (row, col)]
    if not world.layout.heights[near[0], near[1]].any():
        return False
    here = np.s_[max(0, row - 2) : row + 3, max(0, col - 2) : col + 3]
    suns = [(one.sun_azimuth, one.sun_elevation) for one in (world.passes[claim.before], world.passes[claim.after])]
    return any(bool((shaded(world.layout, *sun)[here] > SHADED).any()) for sun in suns)


def _there(claim: Claim, one: Stay | Thing) -> bool:
    return one.first <= claim.after and one.gone > claim.before


def _changes(claim: Claim, one: Thing) -> bool:
    """Whether it is there for some of the passes of the bracket, but not for all of them."""
    return _there(claim, one) and (one.first > claim.before or one.gone <= claim.after)


def _from_stay_m(claim: Claim, stay: Stay) -> float:
    """Metres beyond half the aircraft's length; 0 or less is on it."""
    away = float(np.hypot(claim.row - stay.place.row, claim.col - stay.place.col)) * PIXEL_M
    return away - TYPES[stay.place.aircraft].length / 2


def _from_thing_m(claim: Claim, thing: Thing) -> float:
    east, north = (claim.col - thing.col) * PIXEL_M, (thing.row - claim.row) * PIXEL_M
    return float(thing.shape.distance(Point(east, north)))
