"""How far the work is, and what it waits for."""

from collections.abc import Callable

Progress = Callable[[str, int, int], None]
"""Called with the stage's name (a `Stage`, where it is known what it waits for), how much is done, of how much."""


class Stage(str):
    """The name of a stage, which is all that tells it from others, and what it waits for at this moment."""

    __slots__ = ("waits_for",)
    waits_for: str

    def __new__(cls, name: str, waits_for: str = "") -> "Stage":
        """A stage of that name."""
        made = super().__new__(cls, name)
        made.waits_for = waits_for
        return made


def rename_stage(stage: str, name: str) -> Stage:
    """The stage under another name, waiting for the same."""
    return Stage(name, getattr(stage, "waits_for", ""))
