"""The nouns: frozen values that every other floor may use."""

from imagery_watch.model.acquisition import Acquisition
from imagery_watch.model.airfield import Airfield, Apron, Quality
from imagery_watch.model.change import Background, Registration
from imagery_watch.model.detector import DetectorModel, Quantity
from imagery_watch.model.dossier import (
    Blob,
    DetectorView,
    Dossier,
    EmptyPlace,
    Explanation,
    Frame,
    Measurement,
    Panorama,
    Presence,
)
from imagery_watch.model.evidence import Evidence
from imagery_watch.model.georeference import Georeference, Place
from imagery_watch.model.grid import Areas, Grid
from imagery_watch.model.item import BandAsset, ItemFacts, ListedItem, Sun
from imagery_watch.model.limit import Limit, LimitReport, LookLimit, Trial
from imagery_watch.model.overpass import NextPass, Pass
from imagery_watch.model.period import Period, parse_period
from imagery_watch.model.provenance import (
    AirfieldNote,
    CalibrationNote,
    GridNote,
    PassOutcome,
    PassState,
    PeriodNote,
    Provenance,
    SourceNote,
)
from imagery_watch.model.raster import DType, Expected, Pixels, holds_data
from imagery_watch.model.results import (
    Chip,
    Hit,
    Kind,
    Look,
    LookResult,
    ObjectKind,
    RunResult,
    SizeClass,
    Status,
    size_class,
)
from imagery_watch.model.review import Judgement, RecordedHit, Review, Turn, Verdict, judge, newest_of_each
from imagery_watch.model.scene import Scene, finite_in_all_bands
from imagery_watch.model.stay import Chance, Occupancy, Stay

__all__ = [
    "Acquisition",
    "Airfield",
    "AirfieldNote",
    "Apron",
    "Areas",
    "Background",
    "BandAsset",
    "Blob",
    "CalibrationNote",
    "Chance",
    "Chip",
    "DType",
    "DetectorModel",
    "DetectorView",
    "Dossier",
    "EmptyPlace",
    "Evidence",
    "Expected",
    "Explanation",
    "Frame",
    "Georeference",
    "Grid",
    "GridNote",
    "Hit",
    "ItemFacts",
    "Judgement",
    "Kind",
    "Limit",
    "LimitReport",
    "ListedItem",
    "Look",
    "LookLimit",
    "LookResult",
    "Measurement",
    "NextPass",
    "ObjectKind",
    "Occupancy",
    "Panorama",
    "Pass",
    "PassOutcome",
    "PassState",
    "Period",
    "PeriodNote",
    "Pixels",
    "Place",
    "Presence",
    "Provenance",
    "Quality",
    "Quantity",
    "RecordedHit",
    "Registration",
    "Review",
    "RunResult",
    "Scene",
    "SizeClass",
    "SourceNote",
    "Status",
    "Stay",
    "Sun",
    "Trial",
    "Turn",
    "Verdict",
    "finite_in_all_bands",
    "holds_data",
    "judge",
    "newest_of_each",
    "parse_period",
    "size_class",
]
