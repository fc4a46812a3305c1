"""How far the work is, and what it waits for."""


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
