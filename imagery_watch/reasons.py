"""Why a look says nothing, or less than usual: one registry of codes, each with its sentence.

Programs go by the code (`reason_code` in `looks.csv`), people by the sentence, which may name a file or a number.
"""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import NamedTuple


class ReasonCode(StrEnum):
    """Every reason there is, with the sentence for one look and, where numbers differ from look to look, for many."""

    sentence: str
    """What a person reads of one look; words in braces are filled in by `because`."""
    general: str
    """The same of many looks at once, without what differs between them; empty where nothing of it can be said."""

    def __new__(cls, code: str, sentence: str, general: str | None = None) -> "ReasonCode":
        """A member whose value is the code. A sentence without braces is its own general one."""
        member = str.__new__(cls, code)
        member._value_, member.sentence = code, sentence
        member.general = general if general is not None else "" if "{" in sentence else sentence
        return member

    # The pass could not be read, now (it will be tried again) or for good.
    SERVER_SILENT = "server_silent", "{file}: {what}", "the server did not deliver"
    SERVER_ERROR = "server_error", "{file}: HTTP {status}", "the server answered with an error"
    WRONG_ANSWER = "wrong_answer", "{file}: {what}", "the server answered something else than was asked for"
    READ_CUT = "read_cut", "{file}: {what}", "the read ended before all was there"
    HREF_REFUSED = "href_refused", "{file}: {what}", "an asset's address from which nothing is read"
    NOT_OPEN = "not_open", "{file}: {what}", "files that are not open from here; another catalogue may have them"
    NO_ACCESS = "no_access", "{file}: {what}", "a store that wants a token or keys, and got none that it takes"
    FILE_GONE = "file_gone", "{file}: {what}", "a file that is not there"
    NOT_GEOTIFF = "not_geotiff", "{file}: holds {what}, not a GeoTIFF", "a file that is not a GeoTIFF"
    PIXEL_SIZE = (
        "pixel_size",
        "{file}: pixels of {found:g} m where {expected:.0f} m are expected",
        "pixels of another size than the band's",
    )
    RASTER_LAYOUT = "raster_layout", "{file}: {what}", "a raster of another kind than the band's"
    OTHER_FILE = (
        "other_file",
        "{file}: {what}: another file's bytes, or an item that is wrong",
        "files that are not what their items say",
    )
    FILE_DAMAGED = (
        "file_damaged",
        "{file}: damaged or cut; its pixels could not be decoded",
        "damaged or cut files, whose pixels could not be decoded",
    )
    NO_BANDS = "no_bands", "no 10 m band among the item's assets"
    NO_SUN = (
        "no_sun",
        "its time, {when} UTC, has the sun {depth:.0f} degrees below the horizon: that cannot be when it was taken",
        "a stated time with the sun below the horizon, which cannot be when it was taken",
    )
    DAY_ALONE = (
        "day_alone",
        "its time, {when} UTC, is midnight sharp: a day, not the time at which it was taken",
        "a stated day without the time at which it was taken",
    )
    BAND_EMPTY = "band_empty", "{bands} holds no data where the rest of the pass does"
    COUNTS_IMPLAUSIBLE = "counts_implausible", "{band} of {item}: {what}", "counts that cannot be reflectance"
    BAND_CONSTANT = (
        "band_constant",
        "{band} is one value throughout, which no ground is: lost, or masked without saying so",
        "a band of one value throughout, which no ground is",
    )
    BANDS_EQUAL = (
        "bands_equal",
        "{band} and {other} hold the same pixels: one of them is another file's",
        "two bands with the same pixels, one of which is another file's",
    )
    PASS_REPEATED = (
        "pass_repeated",
        "{band} holds the pixels of {other}, to the last bit: one of the two is not its own",
        "pixels that are another pass's to the last bit",
    )
    # The pass was read, and cannot be judged.
    BANDS_DIFFER = "bands_differ", "lacks {bands}, which the other passes have"
    NO_VISIBLE_BAND = (
        "no_visible_band",
        "has {bands} alone: without a visible band no cloud can be told",
    )
    NO_IMAGERY = "no_imagery", "no imagery over the aprons (edge of the swath or of the tile)"
    SNOW = "snow", "snow on the ground"
    CLOUDED = "clouded", "clouded over"
    BANDS_SPARED = "bands_spared", "its classes call {share:.1%} of the ground here cloud: its bands were not read"
    OVERCAST = "overcast", "clouded over, or under snow (no scene classification; judged by its brightness)"
    NO_MATCH = "no_match", "{what}: clouded over, or damaged"
    # The pass was judged, and this apron was not seen.
    HIDDEN = (
        "hidden",
        "hidden by cloud, its shadow, or the image's edge ({visible:.0%} visible)",
        "hidden by cloud, its shadow, or the image's edge",
    )
    NO_HISTORY = "no_history", "too little history: no other pass to compare it with"
    # The apron was seen, with a caveat.
    OFFSET_CORRECTED = "offset_corrected", "offset of -0.1 {what}"
    READ_ELSEWHERE = (
        "read_elsewhere",
        "read from {item}, another copy of the product: {what}",
        "read from another copy of the product",
    )
    NO_CLASSES = "no_classes", "no scene classification{what}", "no scene classification"
    SUN_COMPUTED = "sun_computed", "sun angles computed, not stated"
    BAND_LEFT_OUT = "band_left_out", "without {band}: not in every tile's item"
    NO_INFRARED = "no_infrared", "without near infrared: a cloud's shadow is judged by {band}"
    NOT_REGISTERED = "not_registered", "not registered: {what}", "not registered"
    SMALL_RING = (
        "small_ring",
        "registered on only {km2:.2f} km2 of clear ring",
        "registered on little clear ring",
    )
    FEW_PASSES = "few_passes", "weaker: few passes to compare with"
    OTHER_ORBITS = "other_orbits", "compared with passes of all orbits: its own has too few"
    SNOW_SEASON = (
        "snow_season",
        "snow season: cleared snow lies about, and what a heap of it explains as well as an aircraft is held back",
    )
    SNOW_HELD_BACK = (
        "snow_held_back",
        "{changes} held back that a heap of snow explains as well",
        "changes held back that a heap of snow explains as well",
    )
    NO_FREE_PLACE = "no_free_place", "no visible, free place to plant an aircraft"
    LIMIT_BEYOND = "limit_beyond", "weaker: not even an aircraft of {length_m:.0f} m would likely have been found"

    def because(self, **facts: object) -> "Reason":
        """The reason with what its sentence leaves open filled in. Raises KeyError where a fact is missing."""
        return Reason(self, self.sentence.format(**facts))


class Reason(NamedTuple):
    """One code, and the sentence about one look or pass."""

    code: ReasonCode
    text: str

    def __str__(self) -> str:
        return self.text


def join_reasons(reasons: Iterable[Reason]) -> tuple[str, tuple[ReasonCode, ...]]:
    """The sentences of reasons as one text, `; ` between them, and their codes in the same order, each once."""
    told = tuple(reasons)
    return "; ".join(one.text for one in told), tuple(dict.fromkeys(one.code for one in told))


def describe_codes(codes: Sequence[ReasonCode], text: str) -> str:
    """What to say of many looks with these codes, one of which has the sentence `text`.

    Where every code has a general sentence, those; else the text itself, which then tells apart what codes do not.
    """
    general = [code.general for code in codes]
    return "; ".join(general) if general and all(general) else text


def parse_codes(text: str) -> tuple[ReasonCode, ...]:
    """Codes as `looks.csv` has them, with a space between; those of a newer version are passed over."""
    known = {code.value: code for code in ReasonCode}
    return tuple(code for name in text.split() if (code := known.get(name)) is not None)


class TurnCode(StrEnum):
    """Why the status of a recorded hit changed: every reason there is, with its sentence."""

    sentence: str
    """What a person reads."""

    def __new__(cls, code: str, sentence: str) -> "TurnCode":
        """A member whose value is the code."""
        member = str.__new__(cls, code)
        member._value_, member.sentence = code, sentence
        return member

    FIRST_SEEN = "first_seen", "it came out for the first time"
    SEEN_AGAIN = "seen_again", "a later look of the same apron bears the change out"
    REVIEWED = "reviewed", "a person gave a verdict, or changed one"
    SAYS_ELSE = "says_else", "with later passes its apron, looks, size class or length are told differently"
    NOT_SEEN_AGAIN = "not_seen_again", "its looks came to speak for another explanation"
    CAME_BACK = "came_back", "it was withdrawn, and comes out again"
