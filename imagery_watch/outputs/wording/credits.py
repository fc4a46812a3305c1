"""Whom to thank, wherever their pixels or shapes are shown."""

from collections.abc import Iterable
from datetime import UTC, datetime

from imagery_watch.model import Airfield, RunResult
from imagery_watch.outputs.wording.text import clean

OSM_CREDIT = "Aprons: © OpenStreetMap contributors, Open Database License (ODbL) 1.0"


def copernicus_credit(times: Iterable[datetime]) -> str:
    """The credit that the Copernicus licence asks for, with the years of the imagery."""
    years = sorted({time.astimezone(UTC).year for time in times})
    return " ".join(["Contains modified Copernicus Sentinel data", *_spans(years)])


def airfield_credit(airfield: Airfield) -> str:
    """Who drew the aprons, and on what terms."""
    if "odbl" in airfield.license.lower():
        return OSM_CREDIT
    return clean(f"Aprons: {airfield.source or 'source unknown'} ({airfield.license or 'licence unknown'})")


def attribution(result: RunResult) -> str:
    """Every credit that `result` owes and that a file must carry, in one line."""
    credit = imagery_credit(result)
    return f"{credit}. {OSM_CREDIT}" if "odbl" in result.airfield.license.lower() else credit


def imagery_credit(result: RunResult) -> str:
    """The Copernicus credit for everything that `result` rests on."""
    hits = [time for hit in result.hits for time in (hit.before, hit.after)]
    return copernicus_credit(hits + [look.datetime for look in result.looks])


def _spans(years: list[int]) -> list[str]:
    """`[2019, 2020, 2022]` -> `["2019-2020,", "2022"]`."""
    runs: list[list[int]] = []
    for year in years:
        if runs and runs[-1][-1] == year - 1:
            runs[-1].append(year)
        else:
            runs.append([year])
    words = [str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs]
    return [f"{word}," for word in words[:-1]] + words[-1:]
