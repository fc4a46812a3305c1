"""From the record's outbox to those who wait for news: one file a new hit; late finds and changed minds apart from it.

Another way to hand on is another channel: a name in the record's `deliveries`, and a function like the one here.
"""

from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from imagery_watch.atomic import UNFINISHED
from imagery_watch.model import Hit
from imagery_watch.outputs.files.atomic import write_bytes, write_text
from imagery_watch.outputs.files.hits_geojson import hit_feature
from imagery_watch.outputs.store.store import Store
from imagery_watch.outputs.terminal.sweep_table import FOLDERS, HandedOn, Matter
from imagery_watch.outputs.values import dump_json
from imagery_watch.outputs.wording.summaries import say_standing
from imagery_watch.outputs.wording.text import slug

FILE = "file"
"""The channel that is the folder of new hits."""


def write_waiting(store: Store, out: Path, now: datetime, airfield: str | None = None) -> list[HandedOn]:
    """Writes the hits that wait, of one airfield or of all, and returns them as they were written.

    File first, then the note, so that none is lost: a kill between the two leads to the same file once more. Raises
    StoreError where a file or the note cannot be written.
    """
    clear_leftovers(*(out / name for name in FOLDERS.values()))
    waiting = [one for one in store.outbox(FILE) if airfield in (None, one.hit.airfield)]
    written = list[HandedOn]()
    for hit, credit, revision in waiting:
        matter: Matter = "changed" if revision > 1 else "late" if hit.late else "new"
        folder, name = out / FOLDERS[matter], slug(hit.id) if revision == 1 else f"{slug(hit.id)}-{revision}"
        shown = _with_picture(say_standing(hit), out / hit.airfield / "chips", folder)
        collection = {"type": "FeatureCollection", "attribution": credit, "features": [hit_feature(shown)]}
        write_text(folder / f"{name}.geojson", dump_json(collection))
        store.note_delivery(hit.id, FILE, now)
        written.append(HandedOn(matter, shown))
    return written


def _with_picture(hit: Hit, chips: Path, folder: Path) -> Hit:
    """The hit with its picture beside its file, where there is one: the airfield's folder moves on, this one stays."""
    name = f"{slug(hit.id)}.png"
    try:
        picture = (chips / name).read_bytes()
    except OSError:
        return hit
    write_bytes(folder / name, picture)
    return replace(hit, chip=name)


def clear_leftovers(*folders: Path) -> None:
    """Removes what a killed sweep left half written; the lock says that nobody is writing it now."""
    for folder in folders:
        for path in folder.glob(UNFINISHED):
            with suppress(OSError):
                path.unlink()
