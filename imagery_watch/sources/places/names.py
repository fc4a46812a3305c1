"""Names as people type them: without accents, capitals, or the words that every airport has in its name."""

import re
import unicodedata

_NO_PARTS = str.maketrans({"ø": "o", "đ": "d", "ð": "d", "ł": "l", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th"})
"""Letters that Unicode does not take apart into a letter and an accent."""
_GENERIC = frozenset(
    (
        *("airport", "airfield", "aerodrome", "aeroport", "aeroporto", "aeropuerto", "flughafen", "flugplatz"),
        *("international", "intl", "regional", "municipal", "airbase", "base", "air", "strip", "airstrip", "the"),
    )
)
"""Words that tell no airfield from another."""
_WORD = re.compile(r"[^\W_]+")


def fold(text: str) -> str:
    """The text in small letters, without accents."""
    small = text.casefold()
    if small.isascii():
        return small
    parts = unicodedata.normalize("NFKD", small.translate(_NO_PARTS))
    return "".join(letter for letter in parts if not unicodedata.combining(letter))


def split_words(text: str) -> tuple[str, ...]:
    """The folded words of a name."""
    return tuple(_WORD.findall(fold(text)))


def strip_generic(words: tuple[str, ...]) -> tuple[str, ...]:
    """The words without those that tell no airfield from another, such as `airport`."""
    return tuple(word for word in words if word not in _GENERIC)
