"""What the report shows of each stay: its two ends, its film, its curve, and the strongest look as it was judged."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from imagery_watch.model import Blob, Chip, DetectorView, Dossier, Frame, Hit, RunResult, Stay
from imagery_watch.model.dossier import Ring
from imagery_watch.outputs.report import pixels
from imagery_watch.outputs.report.curve import NARROW, PRESENCE_WORDS, WIDE, Curve, draw_curve
from imagery_watch.outputs.report.film import frame_image, smooth, stretch_of, to_webp
from imagery_watch.outputs.wording.doubts import join_undecided, tell_doubt
from imagery_watch.outputs.wording.evidence import BLOB_WORDS, tell_established, tell_explanations
from imagery_watch.outputs.wording.links import Link, list_links
from imagery_watch.outputs.wording.sentences import dwell_words
from imagery_watch.outputs.wording.text import minutes

SMOOTH_PX = 250
"""Edge of a resampled picture."""
RING, DIGIT = 2.4, 1.9
"""Of the detector's view, in its pixels: half the width of a ring with its line, and the width of a digit."""
NOISE_LIMIT = 8.0
"""Noise units at which the colours of the detector's view end, at least."""
MOST_EXHIBITS = 40
"""Stays whose pictures are put into the page, the strongest first; the others have theirs in `chips/`."""


@dataclass(frozen=True)
class Shot:
    """One small picture with what is said below it."""

    picture: bytes
    title: str
    words: str
    kind: str = ""
    """Of a look: what it says of the object."""


@dataclass(frozen=True)
class Mark:
    """One other place that stands out, on the detector's view: a ring and a number that lie wholly within it."""

    x: float
    y: float
    number: int
    words: str
    label_x: float
    """Where the number begins, or ends."""
    label_y: float
    anchor: str
    """`start` right of the ring, `end` left of it."""


@dataclass(frozen=True)
class Panel:
    """The strongest look, as the detector saw it, with everything that is drawn over it."""

    when: str
    width: int
    height: int
    colour: bytes
    resampled: bytes
    infrared: bytes | None
    noise: bytes
    limit: float
    outline: str
    """SVG path data in pixels of the square, like the others."""
    shadow: str
    aprons: str
    marks: tuple[Mark, ...]
    explanations: tuple[tuple[str, str, float], ...]
    """What it may be, its log-likelihood ratio, and that as a share of the best."""
    verdict: str
    empty: tuple[Shot, ...]


@dataclass(frozen=True)
class Pair:
    """The look before a change and the look after it, a pixel for a pixel."""

    hit: Hit
    """Whose looks they are."""
    before: bytes
    after: bytes
    width: int
    height: int


@dataclass(frozen=True)
class Exhibit:
    """One stay, or a hit of which no stay is known."""

    hits: tuple[tuple[int, Hit], ...]
    """The hits at its ends with their numbers, first that of its arrival."""
    stay: Stay | None
    pairs: tuple[Pair, ...]
    """One for each of its hits whose pixels are at hand."""
    frames: tuple[Shot, ...]
    quiet: tuple[Shot, ...]
    curve: tuple[Curve, Curve] | None
    """Wide and narrow."""
    panel: Panel | None
    links: tuple[Link, ...]
    anchors: tuple[int, ...]
    """Numbers of those of its hits that no exhibit before it has."""
    edge_m: int = 0
    """Of the film's pictures."""
    looks_there: int = 0
    """Looks between the first and the last of the film, those included that it leaves out."""
    established: tuple[tuple[str, str], ...] = ()
    """What is established, what is not, and who checked it: labels and sentences."""
    hidden: int = 0
    """Looks of the film that could not see the place."""
    has_others: bool = False
    """Whether something stood there before or after the stay."""
    doubt: str = ""
    """Why it is undecided whether its object was replaced, or took the place of another; empty where it is not."""
    stood: str = ""
    """How long; where that is undecided, by both readings."""

    @property
    def lead(self) -> Hit:
        """The hit that measures this object: that of its arrival, else of its departure.

        A replacement at its end is measured on the object that came next.
        """
        arrival = None if self.stay is None else self.stay.arrival_hit
        own = [hit for _, hit in self.hits if hit.id == arrival or hit.kind == "departure"]
        return (own or [hit for _, hit in self.hits])[0]


def arrange_exhibits(result: RunResult, hits: Sequence[Hit]) -> tuple[Exhibit, ...]:
    """One exhibit for each stay with a hit, and each hit without a stay, in the order of the first of its `hits`."""
    numbers = {hit.id: number for number, hit in enumerate(hits, start=1)}
    by_id = {hit.id: hit for hit in hits}
    groups: list[tuple[Stay | None, tuple[int, ...]]] = []
    told = set[str]()
    for stay in result.stays:
        ends = [end for end in (stay.arrival_hit, stay.departure_hit) if end in numbers]
        if ends:
            groups.append((stay, tuple(numbers[end] for end in ends)))
            told.update(ends)
    groups += [(None, (numbers[name],)) for name in numbers if name not in told]
    groups.sort(key=lambda group: (min(group[1]), max(group[1])))
    ordered = list(by_id.values())
    chosen = _choose_pictured([(stay, [ordered[number - 1] for number in ends]) for stay, ends in groups])
    dossiers = {one.stay_id: one for one in result.dossiers}
    chips = {chip.hit_id: chip for chip in result.chips}
    made: list[Exhibit] = []
    anchored = set[int]()
    for index, (kept, places) in enumerate(groups):
        own, shown = tuple((number, ordered[number - 1]) for number in places), index in chosen
        dossier = dossiers.get(kept.id) if kept is not None and shown else None
        exhibit = _exhibit(own, kept, dossier, chips if shown else {})
        doubt = " ".join(filter(None, (tell_doubt(hit) for _, hit in own)))
        known = () if kept is None else tell_established(kept, dossier, exhibit.lead, doubt)
        stood = "" if kept is None else tell_stood(kept, hits, result.stays)
        anchors = tuple(number for number in places if number not in anchored)
        made.append(replace(exhibit, anchors=anchors, established=known, doubt=doubt, stood=stood))
        anchored.update(places)
    return tuple(made)


def tell_stood(stay: Stay, hits: Sequence[Hit], stays: Sequence[Stay]) -> str:
    """How long it stood, as bounds; and how long if it was one and the same object with what is told as another."""
    joined = join_undecided(stay, hits, stays)
    told = dwell_words(stay)
    if joined != stay:
        return f"{told}; or, as one and the same object, {dwell_words(joined)}"
    undecided = {hit.id for hit in hits if tell_doubt(hit)}
    return (
        f"{told}; longer, if it is one and the same object"
        if undecided & {stay.arrival_hit, stay.departure_hit}
        else told
    )


def _choose_pictured(groups: Sequence[tuple[Stay | None, Sequence[Hit]]]) -> set[int]:
    """Places of the strongest groups."""
    strongest = sorted(range(len(groups)), key=lambda index: (-max(hit.score for hit in groups[index][1]), index))
    return set(strongest[:MOST_EXHIBITS])


def _exhibit(
    hits: tuple[tuple[int, Hit], ...], stay: Stay | None, dossier: Dossier | None, chips: Mapping[str, Chip]
) -> Exhibit:
    pairs = tuple(_pair(chips[hit.id], hit) for _, hit in hits if hit.id in chips)
    links = list_links([hit for _, hit in hits])
    if dossier is None or stay is None:
        return Exhibit(hits, stay, pairs, (), (), None, None, links, ())
    limits = stretch_of(dossier)
    wide, narrow = draw_curve(dossier, stay, WIDE), draw_curve(dossier, stay, NARROW)
    return Exhibit(
        hits=hits,
        stay=stay,
        pairs=pairs,
        frames=tuple(_shots(dossier.frames, dossier, limits)),
        quiet=tuple(_shots(dossier.quiet, dossier, limits)),
        curve=None if wide is None or narrow is None else (wide, narrow),
        panel=None if dossier.view is None else _panel(dossier, dossier.view, limits),
        links=links,
        anchors=(),
        looks_there=_count_looks(dossier),
        hidden=sum(frame.presence == "hidden" for frame in dossier.frames),
        has_others=any(one.presence == "another" for one in dossier.curve),
        edge_m=round(max(dossier.frames[0].image.shape[1:]) * dossier.resolution),
    )


def _count_looks(dossier: Dossier) -> int:
    """Looks of the curve from the first to the last of the film; those of the film where nothing was measured."""
    first, last = dossier.frames[0].datetime, dossier.frames[-1].datetime
    return max(len(dossier.frames), sum(first <= one.datetime <= last for one in dossier.curve))


def _pair(chip: Chip, hit: Hit) -> Pair:
    """The two looks under one contrast."""
    part = pixels.central(chip)
    picked = [part.bands.index(name) for name in pixels.picture_bands(part.bands)]
    limits = pixels.stretch_limits(part.before[picked], part.after[picked])
    before, after = (to_webp(pixels.paint(image, part.bands, limits)) for image in (part.before, part.after))
    return Pair(hit, before, after, part.before.shape[2], part.before.shape[1])


def _shots(frames: Iterable[Frame], dossier: Dossier, limits: tuple[float, float]) -> list[Shot]:
    shares = {one.pass_id: one for one in dossier.curve}
    shots = []
    for frame in frames:
        measured = shares.get(frame.pass_id)
        share = "" if measured is None or measured.share is None else f", {round(100 * measured.share)} %"
        words = f"{PRESENCE_WORDS[frame.presence]}{share}" + (f": {frame.reason}" if frame.reason else "")
        kind = frame.presence.replace(" ", "-")
        shots.append(Shot(to_webp(frame_image(frame, dossier, limits)), minutes(frame.datetime), words, kind))
    return shots


def _panel(dossier: Dossier, view: DetectorView, limits: tuple[float, float]) -> Panel:
    frame = next((one for one in dossier.frames if one.pass_id == view.pass_id), dossier.frames[0])
    colour = pixels.paint(frame.image, dossier.bands, limits)
    infrared = pixels.paint_infrared(frame.image, dossier.bands)
    known = np.abs(view.significance[np.isfinite(view.significance)])
    limit = max(NOISE_LIMIT, float(np.percentile(known, 99.8)) if known.size else 0.0)
    explanations, verdict = tell_explanations(view)
    return Panel(
        when=minutes(view.datetime),
        width=colour.shape[1],
        height=colour.shape[0],
        colour=to_webp(colour),
        resampled=to_webp(smooth(colour, SMOOTH_PX), lossless=False),
        infrared=None if infrared is None else to_webp(infrared),
        noise=to_webp(_noise_picture(view, limit)),
        limit=limit,
        outline=draw_path(view.outline),
        shadow=draw_path(view.shadow),
        aprons=draw_path(dossier.aprons),
        marks=tuple(
            place_mark(blob, number, colour.shape[1], colour.shape[0])
            for number, blob in enumerate(view.blobs, start=1)
        ),
        explanations=explanations,
        verdict=verdict,
        empty=tuple(
            Shot(
                to_webp(pixels.paint(one.image, dossier.bands, limits)),
                f"{one.llr:.0f}",
                _tell_place(one.place.lat, one.place.lon),
            )
            for one in view.empty_places
        ),
    )


def place_mark(blob: Blob, number: int, width: int, height: int) -> Mark:
    """The ring around a place and its number, both moved inwards where they would be cut."""
    x, y = (min(max(at, RING), edge - RING) for at, edge in ((blob.col + 0.5, width), (blob.row + 0.5, height)))
    beside = RING + 0.2
    fits = x + beside + DIGIT * len(str(number)) <= width
    words = BLOB_WORDS[blob.state].format(blob=blob)
    return Mark(x, y, number, words, x + beside if fits else x - beside, y + 1.0, "start" if fits else "end")


def _noise_picture(view: DetectorView, limit: float) -> pixels.Rgb:
    rgb = pixels.diverging(view.significance, limit)
    return np.where(np.isfinite(view.significance)[..., None], rgb, np.uint8(150))


def _tell_place(lat: float, lon: float) -> str:
    return f"{lat:.5f}, {lon:.5f}"


def draw_path(rings: Iterable[Ring]) -> str:
    """SVG path data of closed rings (row, column); whole numbers are pixel centres, drawn at half a pixel more."""
    return "".join("M" + "L".join(f"{col + 0.5:.2f} {row + 0.5:.2f}" for row, col in ring) + "Z" for ring in rings)
