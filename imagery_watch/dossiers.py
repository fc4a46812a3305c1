"""The evidence for each stay that is told, gathered from what was detected; and every look as a picture."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from imagery_watch.model import Airfield, Dossier, Georeference, Hit, Look, Panorama, Stay
from imagery_watch.model.dossier import Ring

if TYPE_CHECKING:
    from shapely import LinearRing

    from imagery_watch.change.detect import DetectionResult
    from imagery_watch.change.tracking.stays import ObjectStay
    from imagery_watch.model.arrays import Doubles


class Plenty(NamedTuple):
    """How much is gathered, for it takes its time."""

    stays: int
    """Stays whose evidence is gathered."""
    panoramas: int
    """Looks of which a large picture is kept, those beside the strongest hits first; more where pictures are small."""
    panorama_px: int
    """Pixels that all large pictures together may have; as many of them are kept as that allows."""
    newest: bool
    """Whether the stays that changed last come first, else the strongest."""


OF_A_RUN, OF_A_SWEEP = Plenty(40, 10, 4_000_000, False), Plenty(5, 3, 0, True)
"""A sweep comes with every pass, and what it gathered of older stays lies in the airfield's folder already."""


def gather_dossiers(
    detection: "DetectionResult",
    objects: Sequence["ObjectStay"],
    stays: Sequence[Stay],
    hits: Sequence[Hit],
    airfield: Airfield,
    plenty: Plenty = OF_A_RUN,
) -> tuple[Dossier, ...]:
    """The evidence for the strongest stays, or the newest ones, in the order of the stays."""
    from imagery_watch.change.results import make_stay_id

    by_id = {}
    for one in objects:
        place = detection.stack.georeference.locate(one.parked.best.fit.row, one.parked.best.fit.col)
        first = detection.stack.passes[one.parked.first].scene.acquisition_id
        by_id[make_stay_id(airfield.id, place.x, place.y, first)] = one
    known = {hit.id: hit for hit in hits}
    ordered = sorted(stays, key=lambda stay: (_rank(stay, known, plenty.newest), stay.id))
    chosen = {stay.id for stay in ordered[: plenty.stays]} & by_id.keys()
    return tuple(_gather(stay.id, by_id[stay.id], detection, airfield) for stay in stays if stay.id in chosen)


def _rank(stay: Stay, known: Mapping[str, Hit], newest: bool) -> float:
    """Smaller is gathered first: by the later of a stay's hits, or by the surer of them."""
    ends = [known[name] for name in (stay.arrival_hit, stay.departure_hit) if name is not None and name in known]
    return -max((hit.after.timestamp() if newest else hit.score for hit in ends), default=0.0)


def _gather(stay_id: str, one: "ObjectStay", detection: "DetectionResult", airfield: Airfield) -> Dossier:
    from imagery_watch.change.evidence.detector_view import make_view
    from imagery_watch.change.evidence.film import make_frames, measure_curve
    from imagery_watch.change.evidence.square import locate_square, place_square

    stack, fit = detection.stack, one.parked.best.fit
    square = place_square(stack, fit.row, fit.col)
    curve = measure_curve(one.parked, detection)
    frames, quiet = make_frames(one.parked, curve, stack, square)
    where = locate_square(stack, square)
    return Dossier(
        stay_id=stay_id,
        bands=stack.bands,
        georeference=where,
        row=fit.row - square.rows.start,
        col=fit.col - square.cols.start,
        aprons=outline_aprons(
            airfield, where, (square.rows.stop - square.rows.start, square.cols.stop - square.cols.start)
        ),
        frames=tuple(frames),
        curve=tuple(curve),
        quiet=tuple(quiet),
        view=make_view(one.parked, detection, square),
    )


def outline_aprons(airfield: Airfield, where: Georeference, shape: tuple[int, int]) -> tuple[Ring, ...]:
    """The edges of the aprons within a square of that shape (rows, columns), in its pixels to a hundredth."""
    import shapely

    from imagery_watch.model.georeference import lonlat_transformer

    transformer, grid = lonlat_transformer(where.grid.epsg), where.grid

    def place(corners: "Doubles") -> "Doubles":
        """(corner, 2): columns and rows of the square, from degrees."""
        x, y = transformer.transform(corners[:, 0], corners[:, 1])
        cols, rows = (x - grid.left) / grid.resolution, (grid.top - y) / grid.resolution
        return np.column_stack([cols - 0.5 - where.left, rows - 0.5 - where.top])

    frame = shapely.box(-0.5, -0.5, shape[1] - 0.5, shape[0] - 0.5)
    rings: list[Ring] = []
    for apron in airfield.aprons:
        placed = shapely.make_valid(shapely.transform(apron.geometry, place))
        for part in shapely.get_parts(shapely.intersection(placed, frame)):
            if isinstance(part, shapely.Polygon) and not part.is_empty:
                rings += [_round_ring(ring) for ring in (part.exterior, *part.interiors)]
    return tuple(rings)


def _round_ring(ring: "LinearRing") -> Ring:
    return tuple((round(float(row), 2), round(float(col), 2)) for col, row in list(ring.coords)[:-1])


def picture_looks(
    detection: "DetectionResult", looks: Sequence[Look], hits: Sequence[Hit], plenty: Plenty = OF_A_RUN
) -> tuple[Panorama, ...]:
    """The looks over all aprons: small, and large those on either side of the strongest hits; in order of time."""
    from imagery_watch.change.evidence.square import make_panorama

    strongest = sorted(hits, key=lambda hit: (-hit.score, hit.id))
    beside = dict.fromkeys(name for hit in strongest for name in (hit.before_pass, hit.after_pass))
    told = {look.pass_id for look in looks} | beside.keys()
    passes = [one for one in detection.stack.passes if one.scene.acquisition_id in told]
    ends = [one.scene.acquisition_id for one in passes[:1] + passes[-1:]]
    size = make_panorama(passes[0], detection.stack, large=True).image[0].size if passes else 1
    most = max(plenty.panoramas, plenty.panorama_px // size)
    large = set(list(dict.fromkeys([*ends, *beside]))[:most])
    return tuple(make_panorama(one, detection.stack, large=one.scene.acquisition_id in large) for one in passes)
