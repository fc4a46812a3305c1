"""Drafted aprons against known ones: `python benchmarks/draft.py [--data FOLDER]` prints one table.

Simulated airfields are made here; they get taxiways from their runway to their aprons, which the simulator leaves out.
Bolzano ships. FOLDER may hold `s2_genoa_semireal`; benchmarks/REAL_DATA.md says what it is, whose, and how to get it.
Of the airfields with mapped aprons (EHAM, ELLX, LFPB, LSZH) there is no image to draft from: they are not in the table.
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from imagery_watch.draft.aprons import RUNWAY_HALF_WIDTH_PX
from imagery_watch.draft.pavement import GREENEST_PAVEMENT_NDVI, contrast
from imagery_watch.draft.runways import Runway
from imagery_watch.drafting import Draft, draft_airfield, draw_draft
from imagery_watch.errors import AoiError
from imagery_watch.model import Airfield, Grid
from imagery_watch.settings import Settings
from imagery_watch.simulate.ground import bolzano
from imagery_watch.simulate.layout import RUNWAY, SIZE, Layout
from imagery_watch.simulate.simulator import Setting, World, build, grid
from imagery_watch.sources.airfields.geojson import read_airfield
from imagery_watch.sources.airfields.grids import draw_areas, from_lonlat
from imagery_watch.sources.airfields.known import find_airfield
from imagery_watch.sources.places.index import Place, load_places

NOWHERE = Path("nowhere")
BOLZANO_RUNWAY = ((46.451786, 11.324205), (46.466959, 11.328162))
"""Latitude and longitude of its ends; the image that ships holds its northern half."""
LINKS_M = ((-430.0, -480.0), (0.0, -150.0), (420.0, -480.0))
"""Where along the runway a taxiway leaves it, and how far across it leads."""
RUNWAY_ACROSS_M = -700.0

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Score:
    """One draft against the truth, in pixels."""

    name: str
    both: int
    either: int
    drafted: int
    true: int
    on_runway: int
    """Drafted as apron, within half a runway's width of a true runway's middle."""

    @property
    def iou(self) -> float:
        """Intersection over union."""
        return self.both / max(1, self.either)

    def __str__(self) -> str:
        recall, precision = self.both / max(1, self.true), self.both / max(1, self.drafted)
        cells = (f"{self.iou:.2f}", f"{recall:.2f}", f"{precision:.2f}", f"{self.true / 100:.1f}", str(self.on_runway))
        return f"| {self.name} | {' | '.join(cells)} |"


def score(name: str, drafted: Mask, true: Mask, runway: Mask) -> Score:
    """The score of a drafted mask; all masks (y, x)."""
    masks = (drafted & true, drafted | true, drafted, true, drafted & runway)
    return Score(name, *(int(mask.sum()) for mask in masks))


def link_taxiways(image: NDArray[np.float32], layout: Layout) -> NDArray[np.float32]:
    """The image (band, y, x) of a simulated airfield with taxiways of 24 m from its runway to its aprons."""
    tarmac = np.median(image[:, layout.shares[RUNWAY] > 0.95], axis=1)
    rows, cols = np.mgrid[:SIZE, :SIZE]
    east, north, turn = (cols - SIZE / 2 + 0.5) * 10, (SIZE / 2 - 0.5 - rows) * 10, np.radians(layout.heading)
    along, across = east * np.sin(turn) + north * np.cos(turn), east * np.cos(turn) - north * np.sin(turn)
    for place, end in LINKS_M:
        share = np.clip((12 + 5 - np.abs(along - place)) / 10, 0, 1) * ((across > RUNWAY_ACROSS_M) & (across < end))
        image = image * (1 - share) + tarmac[:, None, None] * share
    return image.astype(np.float32)


def runway_of(layout: Layout) -> Mask:
    """(y, x): the simulated runway."""
    rows, cols = np.mgrid[:SIZE, :SIZE]
    east, north, turn = (cols - SIZE / 2 + 0.5) * 10, (SIZE / 2 - 0.5 - rows) * 10, np.radians(layout.heading)
    return np.abs(east * np.cos(turn) - north * np.sin(turn) - RUNWAY_ACROSS_M) < 22


def draft_simulated(world: World) -> NDArray[np.int32]:
    """(y, x): the aprons drafted of a simulated airfield; none where nothing is seen."""
    image = link_taxiways(np.nanmedian([scene.data for scene in world.scenes], axis=0), world.layout)
    place = Place("SIMU", "", "A simulated airfield", "", "", 47.0, 9.0)
    try:
        return draw_draft(place, image, grid(), (), (SIZE / 2, SIZE / 2), (datetime.now(UTC),)).aprons
    except AoiError:
        return np.zeros((SIZE, SIZE), np.int32)


def draft_bolzano(*, known: bool) -> Draft:
    """The aprons drafted from the image of Bolzano that ships, with its runway known or looked for."""
    ground, place = bolzano(), load_places(NOWHERE)["LIPB"]
    ends = [rowcol(ground.grid, *end) for end in BOLZANO_RUNWAY]
    runways = [Runway(*ends)] if known else []
    middle = rowcol(ground.grid, place.lat, place.lon)
    return draw_draft(place, ground.reflectance, ground.grid, runways, middle, (datetime(2022, 6, 12, tzinfo=UTC),))


def rowcol(where: Grid, lat: float, lon: float) -> tuple[float, float]:
    """Row and column of a place."""
    return where.rowcol(*from_lonlat(where, lon, lat))


def true_aprons(airfield: Airfield, where: Grid) -> Mask:
    """(y, x): inside the airfield's aprons."""
    return draw_areas(airfield, where).aprons


def near(runways: list[Runway], shape: tuple[int, int]) -> Mask:
    """(y, x): on one of the runways."""
    found = np.zeros(shape, bool)
    for one in runways:
        found |= one.measure(shape)[1] <= RUNWAY_HALF_WIDTH_PX / 2
    return found


def bolzano_scores() -> Iterator[Score]:
    """Bolzano's drafts against the boxes that ship, and against what of these is not green."""
    ground = bolzano()
    true = true_aprons(find_airfield("LIPB", NOWHERE), ground.grid)
    bare = contrast(ground.reflectance[3], ground.reflectance[2]) < GREENEST_PAVEMENT_NDVI
    runway = near([Runway(*(rowcol(ground.grid, *end) for end in BOLZANO_RUNWAY))], true.shape)
    for known, words in ((True, "runway known"), (False, "runway looked for")):
        drafted = draft_bolzano(known=known).aprons > 0
        yield score(f"Bolzano, real, {words}", drafted, true, runway)
        yield score(f"Bolzano, real, {words}; without the grass in its boxes", drafted, true & bare, runway)


def genoa_score(folder: Path) -> Score:
    """Genoa's draft by way of its catalogue against the apron drawn by hand."""
    place = load_places(NOWHERE)["LIMJ"]
    made = draft_airfield(place, str(folder / "items.json"), Settings(), since=None, until=None, now=datetime.now(UTC))
    true = true_aprons(read_airfield(folder / "aoi.geojson"), made.grid)
    return score("Genoa, real", made.aprons > 0, true, near(list(made.runways), true.shape))


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="folder of the imagery that may not ship")
    parser.add_argument("--seeds", type=int, default=4)
    options = parser.parse_args()
    print("| airfield | IoU | recall | precision | true aprons, ha | runway pixels told as apron |")
    print("|---|---|---|---|---|---|")
    for one in bolzano_scores():
        print(one)
    genoa = options.data / "s2_genoa_semireal" if options.data else None
    there = genoa is not None and genoa.is_dir()
    print(genoa_score(genoa) if there and genoa else "| Genoa: its imagery is not there | | | | | |")
    for pavement in ("concrete", "asphalt"):
        for seed in range(options.seeds):
            world = build(Setting(seed=seed, pavement=pavement, passes=8, cloudy=0.0))
            drafted = draft_simulated(world) > 0
            print(score(f"simulated, {pavement}, seed {seed}", drafted, world.areas.aprons, runway_of(world.layout)))


if __name__ == "__main__":
    main()
