"""The settings and the grid of an earlier run, out of what its `run.json` has of them."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from imagery_watch.errors import UsageError
from imagery_watch.model import Grid, GridNote
from imagery_watch.provenance import DECISIVE_SETTINGS
from imagery_watch.settings import Settings


def settings_of(told: Mapping[str, Any], settings: Settings) -> Settings:
    """The settings with those of the run that decide what comes out. Raises UsageError for one that is none."""
    decisive = {name: told[name] for name in DECISIVE_SETTINGS if name in told}
    try:
        checked = Settings(**decisive)
    except ValidationError as error:
        first = error.errors()[0]
        raise UsageError(f"run.json: its setting {first['loc'][0]!r} cannot be used: {first['msg']}") from None
    return settings.model_copy(update={name: getattr(checked, name) for name in decisive})


def grid_of(told: GridNote) -> Grid:
    """The Grid. Raises UsageError for a CRS that is none of ours."""
    code = told.crs.removeprefix("EPSG:")
    if not code.isascii() or not code.isdigit():
        raise UsageError(f"run.json: its grid's CRS {told.crs[:40]!r} is none of this program's")
    return Grid(int(code), told.left, told.top, told.width, told.height, told.resolution)
