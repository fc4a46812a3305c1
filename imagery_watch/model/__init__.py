"""The nouns: frozen values that every other floor may use."""

from imagery_watch.model.acquisition import Acquisition
from imagery_watch.model.airfield import Airfield, Apron, Quality
from imagery_watch.model.change import Baseline, Registration
from imagery_watch.model.grid import Areas, Grid
from imagery_watch.model.limits import Limit, LimitReport, LookLimit, Trial
from imagery_watch.model.passes import NextPass, Pass
from imagery_watch.model.period import Period, parse_period
from imagery_watch.model.results import Chip, Hit, Kind, Look, LookResult, RunResult, SizeClass, size_class
from imagery_watch.model.scene import Scene, finite_in_all_bands
from imagery_watch.model.stays import Chance, Occupancy, Stay

__all__ = [
    "Acquisition",
    "Airfield",
    "Apron",
    "Areas",
    "Baseline",
    "Chance",
    "Chip",
    "Grid",
    "Hit",
    "Kind",
    "Limit",
    "LimitReport",
    "Look",
    "LookLimit",
    "LookResult",
    "NextPass",
    "Occupancy",
    "Pass",
    "Period",
    "Quality",
    "Registration",
    "RunResult",
    "Scene",
    "SizeClass",
    "Stay",
    "Trial",
    "finite_in_all_bands",
    "parse_period",
    "size_class",
]
