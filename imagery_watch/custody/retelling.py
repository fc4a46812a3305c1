"""The words of a pack written anew from the hits in it, and compared with those that are in it."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from imagery_watch.custody.container import Pack
from imagery_watch.custody.manifest import Manifest
from imagery_watch.custody.reviewed import add_reviews, pick_reviews
from imagery_watch.custody.statement import EDITION, write_inference, write_method, write_readme
from imagery_watch.custody.verifying import OBSERVATION
from imagery_watch.model import Provenance
from imagery_watch.outputs.files.hits_geojson import parse_hit
from imagery_watch.outputs.files.saved_run import parsed
from imagery_watch.outputs.values import moment
from imagery_watch.outputs.wording.text import iso

CUSTODY = "who_when_how.json"


class Retold(NamedTuple):
    """What came of writing a pack's texts anew."""

    same: tuple[str, ...]
    other: tuple[str, ...]
    """Both empty where another edition of this program wrote them."""


def retell(pack: Pack, manifest: Manifest, folder: Path, told: Provenance) -> Retold:
    """Which texts of a pack, unpacked to `folder`, are what this program writes of its hits, and which are not.

    Raises UsageError where a file that they are made of is not as a run, or a pack, writes it.
    """
    custody = parsed(folder / CUSTODY, lambda: _mapping(json.loads(pack.read(CUSTODY))))
    packed = parsed(folder / CUSTODY, lambda: _mapping(custody["packed"]))
    if packed.get("edition") != EDITION:
        return Retold((), ())
    passes = {iso(one.datetime): one.id for one in told.passes}
    name = f"{OBSERVATION}hits.geojson"
    every = parsed(folder / name, lambda: [parse_hit(one, passes) for one in json.loads(pack.read(name))["features"]])
    hits = parsed(folder / CUSTODY, lambda: [hit for hit in every if hit.id in custody["hits"]])
    when = parsed(folder / CUSTODY, lambda: moment(packed["when"]))
    reviewed = add_reviews(hits, pick_reviews(folder / OBSERVATION, hits, when))
    texts = {
        "README.txt": write_readme(told, hits, stamped=bool(manifest.stamped_by)),
        "inference.md": write_inference(told, reviewed),
        "method.md": write_method(told),
    }
    same = [name for name, text in texts.items() if _has(pack, name, text)]
    return Retold(tuple(same), tuple(name for name in texts if name not in same))


def _has(pack: Pack, name: str, text: str) -> bool:
    return name in pack.sizes and pack.read(name) == text.encode("utf-8", errors="replace")


def _mapping(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise TypeError("expected an object")
    return value
