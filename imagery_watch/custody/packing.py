"""A pack made of a run's folder: checked, its pixels fetched once more, put together, and stamped."""

import hashlib
import os
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from imagery_watch.atomic import put_in_place
from imagery_watch.custody.container import MANIFEST, is_safe, lay_out
from imagery_watch.custody.manifest import Manifest, list_folder
from imagery_watch.custody.originals import ITEMS, check_items, fetch_windows, plan_windows, write_items
from imagery_watch.custody.reviewed import add_reviews, pick_reviews
from imagery_watch.custody.settings import grid_of, settings_of
from imagery_watch.custody.stamps import Stamped, stamp_manifest
from imagery_watch.custody.statement import Occasion, describe_custody, write_inference, write_method, write_readme
from imagery_watch.custody.verifying import OBSERVATION, find_packed
from imagery_watch.errors import StoreError, UsageError
from imagery_watch.model import Airfield, Hit, Period, SourceNote
from imagery_watch.model.href import strip_secrets
from imagery_watch.model.progress import Progress
from imagery_watch.model.reply import Exchange
from imagery_watch.outputs.files.saved_run import Saved, read_saved, result_of
from imagery_watch.outputs.notebook.reviewing import FILE as REVIEWS
from imagery_watch.outputs.review.reviews_file import write_reviews
from imagery_watch.outputs.values import dump_json
from imagery_watch.outputs.wording.credits import attribution
from imagery_watch.outputs.wording.text import slug
from imagery_watch.pipeline import survey
from imagery_watch.settings import Settings
from imagery_watch.survey import Survey

ORIGINALS = "originals"
PICTURES = "chips"
OF_DEMO = "archive/items.json"
"""What a demonstration says of its catalogue: its own imagery, in its folder."""


@dataclass(frozen=True)
class Authorities:
    """Who is to stamp a pack, and by whose certificates."""

    urls: Sequence[str]
    exchange: Exchange
    known: Sequence[bytes]
    """Certificates (DER) in which those that a reply lacks are looked for."""


@dataclass(frozen=True)
class Packed:
    """What was packed."""

    path: Path
    size: int
    """Bytes."""
    sha256: str
    hits: tuple[Hit, ...]
    passes: int
    windows: int
    stamps: tuple[Stamped, ...]


def make_pack(
    run: Path,
    ids: Sequence[str],
    out: Path,
    settings: Settings,
    occasion: Occasion,
    *,
    catalog: str | None = None,
    authorities: Authorities | None = None,
    progress: Progress = lambda *_: None,
) -> Packed:
    """Packs the hits of these ids, or all, of a run's folder with everything that they rest on.

    `catalog` is where the run's items are by now, by default where the run had them from. Raises UsageError for a
    folder that is no run's, was changed, or whose pixels are no longer there as they were read, CatalogUnavailable
    where they may be there later, StoreError where the pack cannot be written.
    """
    saved = read_packable(run)
    hits = choose_hits(saved, ids, run)
    airfield = _read_airfield(run)
    if _holds(out, run):
        raise UsageError(f"--pack {out}: lies in the folder that is packed; name a file elsewhere")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".iw-pack-", dir=out.parent) as scratch:
            stage = Path(scratch) / "pack"
            found = _survey(saved, airfield, catalog or find_catalog(saved, run, settings), settings)
            _stage_originals(saved, found, settings, stage / ORIGINALS, progress)
            _stage_words(saved, hits, airfield, run, stage, occasion, stamped=authorities is not None)
            return _seal(saved, hits, stage, out, authorities)
    except OSError as error:
        raise StoreError(f"{out} could not be written: {error.strerror or error}") from error


def read_packable(run: Path) -> Saved:
    """A run's folder that can be packed. Raises UsageError where it cannot, saying why."""
    saved = read_saved(run)
    if saved.changed:
        raise UsageError(
            f"{run}: {', '.join(saved.changed)} changed since the run wrote it; run it again, and pack that"
        )
    if not saved.sources:
        why = "`monitor`, or an older version, wrote it"
        raise UsageError(f"{run}: its run.json does not say which pixels it rests on: {why}. Make a `run` of the same "
                         "dates, and pack that")  # fmt: skip
    return saved


def choose_hits(saved: Saved, ids: Sequence[str], run: Path) -> tuple[Hit, ...]:
    """The hits of these ids, or beginnings of ids, in the run's order; all where none is named. Raises UsageError."""
    known = {hit.id: hit for hit in saved.hits}
    chosen = set[str]()
    for text in ids:
        begun = [name for name in known if name.upper().startswith(text.upper())] if text not in known else [text]
        if len(begun) != 1:
            said = f"{len(begun)} hits begin so" if begun else "it has none of that id"
            raise UsageError(
                f"hit {text[:80]!r}: not one of {run} ({said}); it has {', '.join([*known][:5]) or 'no hits'}"
            )
        chosen.add(begun[0])
    found = tuple(hit for hit in saved.hits if hit.id in chosen or not ids)
    if not found:
        raise UsageError(f"{run}: it has no hits, so there is nothing to pack")
    return found


def find_catalog(saved: Saved, run: Path, settings: Settings) -> str:
    """Where the run's items are: beside its files, where the demonstration keeps them, or as `run.json` has it.

    That has addresses; those of catalogues that have a name are told by it, for it says how their files are had.
    Raises UsageError where the demonstration's imagery is gone.
    """
    from imagery_watch.sources.catalogs.known import KNOWN_CATALOGS

    name = saved.provenance.catalog
    with suppress(OSError, ValueError):
        if (run / name).is_file():
            return str(run / name)
    if name == OF_DEMO:
        raise UsageError(
            f"{run / name} is gone, and with it the pixels of the demonstration: `imagery-watch demo --out {run}` "
            "writes them anew; or --catalog says where they are"
        )
    known = {_plain(str(getattr(settings, one.address))): one.name for one in reversed(KNOWN_CATALOGS)}
    return ",".join(known.get(_plain(part), part) for part in name.split(","))


def _plain(address: str) -> str:
    return strip_secrets(address.strip()).rstrip("/")


def _read_airfield(run: Path) -> Airfield:
    from imagery_watch.sources.airfields.geojson import read_airfield

    return read_airfield(run / "airfield.geojson")


def _holds(out: Path, run: Path) -> bool:
    return out.resolve().is_relative_to(run.resolve())


def _survey(saved: Saved, airfield: Airfield, catalog: str, settings: Settings) -> Survey:
    """What the catalogue has of the run's passes by now. Raises UsageError where the airfield's grid is another."""
    from imagery_watch.sensors.registry import find_sensor
    from imagery_watch.sources.catalogs.named import open_catalog

    told = saved.provenance
    chosen = settings_of(told.settings, settings)
    opened = open_catalog(catalog, chosen, find_sensor(told.sensor))
    period = Period(told.period.since, told.period.until_before)
    found = survey(airfield, opened, chosen, period, history_days=told.period.history_days or 0)
    if found.grid != grid_of(told.grid):
        raise UsageError(f"{airfield.id}: its grid is not the one of the run; run it again, and pack that")
    return found


def _stage_originals(saved: Saved, found: Survey, settings: Settings, folder: Path, progress: Progress) -> None:
    """Fetches the pixels, and writes the items that lead to them; both are read back before they are believed."""
    from imagery_watch.sources.catalogs.acquisitions import fold
    from imagery_watch.sources.catalogs.stac_files import FileCatalog
    from imagery_watch.sources.pixels.reader import Reader

    sources, done = defaultdict[str, list[SourceNote]](list), 0
    for note in saved.sources:
        sources[note.pass_id].append(note)
    planned = plan_windows(found.acquisitions, sources)
    total = len(saved.sources)

    def step() -> None:
        """One more is there."""
        nonlocal done
        done += 1
        progress("packing", done, total)

    reader = Reader(settings, found.catalog.name, found.catalog.local_root, found.catalog.sensor)
    windows = [window for each in planned.values() for window in each]
    fetch_windows(windows, reader, found.grid, folder, step)
    write_items(planned, found.acquisitions, found.listing.items, folder)
    packed = FileCatalog(folder / ITEMS, found.catalog.sensor).search((-180.0, -90.0, 180.0, 90.0), None, None)
    check_items(fold(packed.items), planned, found.acquisitions)


def _stage_words(
    saved: Saved,
    hits: tuple[Hit, ...],
    airfield: Airfield,
    run: Path,
    stage: Path,
    occasion: Occasion,
    *,
    stamped: bool,
) -> None:
    """Everything of a pack but the originals and what vouches for it."""
    credit, told = attribution(result_of(saved, airfield)), saved.provenance
    reviews = pick_reviews(run, hits, occasion.when)
    contents = {
        "README.txt": write_readme(told, hits, stamped),
        "method.md": write_method(told),
        "inference.md": write_inference(told, add_reviews(hits, reviews)),
        "who_when_how.json": dump_json(describe_custody(saved, hits, occasion, credit)),
    }
    files = {name: text.encode("utf-8", errors="replace") for name, text in contents.items()}
    files |= {find_packed(name): _read_vouched(run, name, saved) for name in _list_files(run, hits, saved)}
    for name, data in files.items():
        (stage / name).parent.mkdir(parents=True, exist_ok=True)
        (stage / name).write_bytes(data)
    if reviews:
        write_reviews(stage / OBSERVATION / REVIEWS, reviews)


def _list_files(run: Path, hits: Sequence[Hit], saved: Saved) -> list[str]:
    """What the run wrote; of `chips/` whatever is named for one of the hits, or for a stay that one begins or ends."""
    ids = {hit.id for hit in hits}
    stays = [stay.id for stay in saved.stays if ids & {stay.arrival_hit, stay.departure_hit}]
    every = [*(hit.id for hit in saved.hits), *(stay.id for stay in saved.stays)]
    wanted, stems = {*map(slug, (*ids, *stays))}, sorted(map(slug, every), key=len, reverse=True)
    written = [str(name) for name in saved.record.get("files", {}) if "/" not in str(name)]
    named = [f"{PICTURES}/{path.name}" for path in (run / PICTURES).glob("*") if path.is_file()]
    mine = [name for name in named if _stem_of(name.partition("/")[2], stems) in wanted]
    return [name for name in ("run.json", *written, *mine) if is_safe(name) and (run / name).is_file()]


def _read_vouched(run: Path, name: str, saved: Saved) -> bytes:
    """A file of the run. Raises UsageError where it is no longer the one that `run.json` vouches for."""
    data, known = (run / name).read_bytes(), saved.record.get("files", {}).get(name)
    if known not in (None, hashlib.sha256(data).hexdigest()):
        raise UsageError(f"{run / name} changed since the run wrote it; run it again, and pack that")
    return data


def _stem_of(file: str, stems: Sequence[str]) -> str:
    """Which of these names, the longest first, a file is named for; empty for none."""
    return next((stem for stem in stems if file.startswith(stem) and not file[len(stem) :][:1].isalnum()), "")


def _seal(saved: Saved, hits: tuple[Hit, ...], stage: Path, out: Path, authorities: Authorities | None) -> Packed:
    """The manifest, its time stamps, and the zip, which is put in place whole."""
    urls = () if authorities is None else authorities.urls
    manifest = Manifest(list_folder(stage), tuple(map(strip_secrets, urls))).as_bytes()
    stamped, told = dict[str, bytes](), tuple[Stamped, ...]()
    if authorities is not None:
        stamped, told = stamp_manifest(manifest, urls, authorities.exchange, authorities.known)
    files = {path.relative_to(stage).as_posix(): path.read_bytes for path in stage.rglob("*") if path.is_file()}
    held = {name: partial(bytes, data) for name, data in {MANIFEST: manifest, **stamped}.items()}
    digest, temporary = hashlib.sha256(), stage.parent / "pack.zip"
    with temporary.open("wb") as file:
        for part in lay_out(files | held):
            digest.update(part)
            file.write(part)
        file.flush()
        os.fsync(file.fileno())
    size = temporary.stat().st_size
    put_in_place(temporary, out)
    passes = len({source.pass_id for source in saved.sources})
    return Packed(out, size, digest.hexdigest(), hits, passes, len(saved.sources), told)
