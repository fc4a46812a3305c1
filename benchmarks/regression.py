"""What six stories give, as canonical JSON, to hold a changed tree to what it gave before. SIMULATED, but for two.

python benchmarks/regression.py --write before.json     runs the stories and keeps what came out
python benchmarks/regression.py --against before.json   runs them anew: `equal`, or every difference (exit 1)
python benchmarks/regression.py --small ...             the demonstration and the Fehrbellin pair alone

The stories: the demonstration; the real pair over Fehrbellin; four simulated airfields, on concrete and on asphalt,
with traffic and without. Each goes through the command line, so that nothing but its files counts. A member that the
kept file lacks is new, and no difference.
"""

import argparse
import csv
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from worlds import Job, setting

from imagery_watch.model import Grid
from imagery_watch.simulate.archive import write_archive
from imagery_watch.simulate.daylight import BANDS
from imagery_watch.simulate.simulator import World, build, grid
from imagery_watch.sources.airfields.grids import to_lonlat

ROOT = Path(__file__).resolve().parent.parent
FEHRBELLIN = ROOT / "tests" / "data" / "fehrbellin" / "items.json"
WORLDS = {
    f"{ground}, {'traffic' if traffic else 'none'}": Job(ground, seed, traffic)
    for ground, first in (("concrete", 410_000), ("asphalt", 420_000))
    for traffic, seed in ((True, first), (False, first + 10))
}
TOLERANCE = 1e-6

Story = dict[str, list[dict[str, Any]]]
Tolerance = float | dict[str, float]


def main(arguments: Sequence[str] | None = None) -> int:
    """Writes the stories, or compares them with those kept; 1 where they differ."""
    chosen = _parser().parse_args(arguments)
    found = stories(small=chosen.small)
    if chosen.write:
        chosen.write.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n")
        return 0
    kept = json.loads(chosen.against.read_text())
    lines = list(differences({name: kept[name] for name in found}, found, chosen.tolerance))
    print("\n".join(lines) or "equal")
    return 1 if lines else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--write", type=Path, metavar="FILE.json")
    what.add_argument("--against", type=Path, metavar="FILE.json")
    parser.add_argument("--small", action="store_true", help="without the four airfields: a minute, not seven")
    parser.add_argument("--tolerance", type=float, default=TOLERANCE, help="greatest difference of two numbers")
    return parser


def stories(*, small: bool = False) -> dict[str, Story]:
    """Hits, stays and looks of each story, by its name."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        found = {
            "demo": tell(folder / "demo", "demo"),
            "fehrbellin": tell(folder / "fehrbellin", "run", "EDBF", "--catalog", str(FEHRBELLIN)),
        }
        for number, (title, job) in enumerate({} if small else WORLDS.items()):
            found[title] = _of_world(folder / f"world-{number}", build(setting(job)))
    return found


def _of_world(folder: Path, world: World) -> Story:
    folder.mkdir()
    items = write_archive(world.passes, BANDS, grid(), folder)
    aoi = folder / "aoi.geojson"
    aoi.write_text(json.dumps(airfield_of(world, grid(), "WORLD")))
    return tell(folder / "out", "run", "--aoi", str(aoi), "--catalog", str(items))


def airfield_of(world: World, place: Grid, name: str) -> dict[str, Any]:
    """The aprons of a world that lies at a place, as an airfield file."""
    from rasterio.features import shapes

    areas = world.areas
    features: list[dict[str, Any]] = []
    for ring, value in shapes(areas.apron_index, areas.aprons, transform=place.transform):
        rings = [[list(to_lonlat(place, *corner)) for corner in line] for line in ring["coordinates"]]
        properties = {"role": "apron", "name": f"{areas.apron_names[int(value)]}-{len(features)}"}
        geometry = {"type": "Polygon", "coordinates": rings}
        features.append({"type": "Feature", "properties": properties, "geometry": geometry})
    return {"type": "FeatureCollection", "id": name, "name": name, "quality": "mapped", "features": features}


def tell(out: Path, *arguments: str) -> Story:
    """What a command of `imagery-watch` writes to a folder, which it makes."""
    command = [sys.executable, "-m", "imagery_watch", *arguments, "--out", str(out)]
    subprocess.run(command, check=True, capture_output=True, cwd=ROOT)
    return read_story(out)


def read_story(out: Path) -> Story:
    """Hits, stays and looks of a run's folder."""
    hits, stays = (json.loads((out / f"{name}.geojson").read_text())["features"] for name in ("hits", "stays"))
    with (out / "looks.csv").open(newline="") as file:
        looks = list(csv.DictReader(file))
    return {"hits": hits, "stays": stays, "looks": looks}


def differences(kept: Any, found: Any, tolerance: Tolerance, path: str = "") -> Iterator[str]:
    """A line for each place where two values differ; members that `kept` lacks do not count.

    `tolerance` is the greatest difference of two numbers, or such a difference for each name of a member, with that of
    all others under the name "".
    """
    if isinstance(kept, dict) and isinstance(found, dict):
        for name, value in kept.items():
            if name not in found:
                yield f"{path}/{name}: {value!r} before, nothing now"
            else:
                yield from differences(value, found[name], tolerance, f"{path}/{name}")
    elif isinstance(kept, list) and isinstance(found, list):
        if len(kept) != len(found):
            yield f"{path}: {len(kept)} before, {len(found)} now"
        for number, (one, other) in enumerate(zip(kept, found, strict=False)):
            yield from differences(one, other, tolerance, f"{path}/{number}")
    elif not _alike(kept, found, _for_member(tolerance, path)):
        yield f"{path}: {kept!r} before, {found!r} now"


def _for_member(tolerance: Tolerance, path: str) -> float:
    if not isinstance(tolerance, dict):
        return tolerance
    names = [part for part in path.split("/") if not part.isdigit()]
    return tolerance.get(names[-1] if names else "", tolerance[""])


def _alike(kept: Any, found: Any, tolerance: float) -> bool:
    if kept == found:
        return True
    try:
        return abs(float(kept) - float(found)) <= tolerance
    except (TypeError, ValueError):
        return False


if __name__ == "__main__":
    sys.exit(main())
