"""The words in a pack: what it is, who made it when and how, how hits come about, and what may be concluded."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from textwrap import fill
from typing import Any

from imagery_watch.model import CalibrationNote, Hit, Provenance
from imagery_watch.outputs.files.saved_run import Saved
from imagery_watch.outputs.wording.evidence import ODDS_FACTOR, tell_probability
from imagery_watch.outputs.wording.summaries import calibrated
from imagery_watch.outputs.wording.text import clean, iso, minutes

VERIFY = (
    r"""sed -n 's/^ *{"path": "\(.*\)", "size": [0-9]*, "sha256": "\([0-9a-f]*\)"},*$/\2  \1/p' manifest.json"""
    " | sha256sum --check --quiet"
)
"""A line for a shell, in the unpacked folder, that needs nothing but `sed` and `sha256sum`."""


WIDTH = 120
"""Of a line of plain text."""
EDITION = 1
"""Of `README.txt`, `method.md` and `inference.md`; grows when their words change, for `replay` writes them anew."""


@dataclass(frozen=True)
class Occasion:
    """Who packs, when and how."""

    by: str
    """Empty where nobody said."""
    when: datetime
    command: str


def describe_custody(saved: Saved, hits: Sequence[Hit], occasion: Occasion, credit: str) -> dict[str, Any]:
    """`who_when_how.json`: the chain from the satellite's operator to this file, as far as it is known."""
    told = saved.provenance
    return {
        "simulated": told.simulated,
        "simulated_note": told.simulated_note,
        "packed": {
            "by": clean(occasion.by) or None,
            "when": iso(occasion.when),
            "command": occasion.command,
            "software": {"name": "imagery-watch", "version": version("imagery-watch")},
            "edition": EDITION,
        },
        "run": {"when": iso(told.created), "command": told.command, "software": told.software},
        "acquired": {
            "sensor": told.sensor,
            "catalog": told.catalog,
            "how": "Windows of the catalogue's files were read when the run was made, and again for this pack; both "
            "had the same pixels, whose SHA-256 run.json has. Files were not compared with their producer's.",
            "passes": len({source.pass_id for source in saved.sources}),
            "windows": len(saved.sources),
            "first": iso(min(one.datetime for one in told.passes)),
            "last": iso(max(one.datetime for one in told.passes)),
        },
        "hits": [hit.id for hit in hits],
        "credit": credit,
    }


def write_readme(told: Provenance, hits: Sequence[Hit], stamped: bool) -> str:
    """`README.txt`: what the file is, and how to check it without whoever made it."""
    note = fill(f"SIMULATED DATA: nothing in here was observed. {told.simulated_note}", WIDTH)
    simulated = f"\n{note}\n" if told.simulated else ""
    stamp = _STAMPED if stamped else _UNSTAMPED
    ids = "\n".join(f"  {hit.id}" for hit in hits)
    return _README.format(airfield=told.airfield.id, ids=ids, simulated=simulated, verify=VERIFY, stamp=stamp)


_README = """An evidence pack of imagery-watch: what a run over {airfield} rests on
{simulated}
Hits that it was made for:
{ids}

What is in it
  README.txt          this text
  who_when_how.json   who packed it, when and how, and how the imagery was had
  originals/          the pixels as they were read from the catalogue's files, before anything was done to them, and the
                      items of the catalogue that they belong to (items.json); all passes of the run, history included
  observation/        what the run wrote: hits.geojson, stays.geojson, looks.csv, run.json, and other tables;
                      reviews.json, where people said in the run's folder what they think of the hits
  derivatives/        pictures that were made of the pixels: to look at, not to measure in
                      Files of the run name each other as they lay in one folder: what hits.geojson calls
                      chips/X.png is derivatives/chips/X.png here, and tables are in observation/
  inference.md        what may be concluded from the hits, and what not
  method.md           how a hit comes about, and what its numbers mean
  airfield.geojson    the polygons that were used
  manifest.json       the size and SHA-256 of every file above
{stamp}
How to check that nothing in it was changed
  With imagery-watch:   imagery-watch doctor --pack FILE.zip
  Without it:           unpack it, and in the folder (Linux; shasum -a 256 instead of sha256sum on macOS):
    {verify}
  Silence means that every file is what manifest.json says.

How to compute the hits anew from the pixels in it (offline)
  imagery-watch replay FILE.zip
  It writes this text, inference.md and method.md anew too, and names those that are not the same. The report, pictures
  and other tables are not made anew: they are what the manifest vouches for, and no more.

What it does not prove
  That the catalogue's files are what the satellite recorded, that polygons follow the ground, or that a change was an
  aircraft. See inference.md.
"""
_STAMPED = """\
  timestamps/         replies of time-stamping authorities (RFC 3161) for manifest.json, and their certificates;
                      timestamps.json says what came of each authority that was asked. To check one:
                        openssl ts -verify -data manifest.json -in timestamps/X.tsr -CAfile timestamps/X.pem
                      (`doctor --pack` prints the whole line, with the time at which certificates had to be valid)
"""
_UNSTAMPED = """
It has no time stamp: nothing but the word of who made it says when that was, and whoever holds the file could have
rewritten texts, pictures and manifest alike. Compare the SHA-256 of the file with one that was published.
"""


def write_method(told: Provenance) -> str:
    """`method.md`: how a hit comes about, and what its numbers mean in this run."""
    settings = "\n".join(f"- `{name}`: {value:g}" for name, value in told.settings.items())
    return _METHOD.format(
        version=told.software.get("version", "?"),
        settings=settings,
        calibration=_describe_calibration(told.calibration),
        libraries=", ".join(f"{name} {number}" for name, number in told.software.items() if name != "name"),
    )


def _describe_calibration(told: CalibrationNote | None) -> str:
    if told is None:
        return "run.json has none."
    return (
        f"A hit had to reach a score of {told.min_score:.2f}. The aprons cover {told.apron_km2:.3f} km2. Things that "
        f"are nearly taken for aircraft: {told.clutter:.3g} per km2 and pass; sure changes: {told.traffic:.3g} per km2 "
        f"and pass; all changes: {told.changes:.3g}. False hits follow a generalised Pareto law (threshold "
        f"{told.tail_threshold:g}, rate {told.tail_rate:g} per km2 and pass, scale {told.tail_scale:g}, shape "
        f"{told.tail_shape:g}). It was calibrated on simulated airfields: take its rates as an order of magnitude."
    )


_METHOD = """# How a hit comes about

By imagery-watch {version}; the equations are in its docs/method.md, section 1 and those that follow. In short:

1. Each pass is read on one grid of 10 m, shifted onto the others, and brought to their brightness by the ground around
   the aprons. What is cloud, shadow or the image's edge is *not observed*, never *empty*.
2. From all passes it is learnt what each apron looks like empty; with few passes, looks are compared with one another.
3. What differs is explained by shapes of aircraft, and by patches, vehicles, shifted edges and cleared snow. The score
   says how much better an aircraft explains it than any of these.
4. Changes between looks are joined to arrivals and departures. The score of false ones has a known law, from which the
   false alarms a year that each hit stands for follow.

## Settings of this run

{settings}

## What a score meant here

{calibration}

## Limits

- 10 m pixels show neither type nor marking. A length comes with a 90 % interval; at crowded gates it is too short.
- What came and went between two passes is not seen. No hit is no evidence that nothing was there.
- Numbers depend a little on the libraries: {libraries}.
"""


def write_inference(told: Provenance, hits: Sequence[Hit]) -> str:
    """`inference.md`: for each hit what was observed, and apart from that what may be concluded."""
    simulated = f"**SIMULATED DATA.** {told.simulated_note}\n\n" if told.simulated else ""
    return _INFERENCE.format(simulated=simulated, hits="\n".join(_describe_hit(hit) for hit in hits))


_INFERENCE = """# What may be concluded

{simulated}Observed is that pixels changed. That it was an aircraft is a conclusion, and no score proves it: wet or
repainted ground, vehicles, containers and snow can look alike.

{hits}"""


def _describe_hit(hit: Hit) -> str:
    length = f"{hit.length_m:.0f} m long (90 %: {hit.length_low_m:.0f}-{hit.length_high_m:.0f} m)"
    caveat = "" if hit.probability is None else _CAVEAT
    rate = calibrated(hit.false_alarms_per_year)
    said = "".join(f"\nBeside it ({clean(one.source)}): {clean(one.statement)}\n" for one in hit.evidence)
    return f"""## {clean(hit.id)}

Observed: on {clean(hit.apron)}, around {hit.lat:.5f}, {hit.lon:.5f} (WGS84), pixels differ between the looks of
{minutes(hit.before)} and {minutes(hit.after)} UTC.

Concluded: {clean(hit.summary)}
The shape that explains it best is {length}; its score is {hit.score:.1f}.
Probability: {tell_probability(hit)}. False hits at least as strong, a year of passes
over this airfield: {rate}. {caveat}When between the two looks it happened is not known.
{said}"""


_CAVEAT = f"""Both were calibrated on simulated airfields, where false alarms
came up to {ODDS_FACTOR:g} times as often as promised (hence the number in brackets): take them as an order of
magnitude. """
