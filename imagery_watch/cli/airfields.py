"""The commands on airfields: list, find, show, check, add, draft, remove."""

from pathlib import Path
from typing import Annotated, Any

import typer

from imagery_watch.cli.console import (
    AIRFIELD,
    AsJson,
    console,
    find_named,
    find_unmapped,
    plain,
    print_json,
    say,
    settings,
    tell,
)
from imagery_watch.cli.draft import draft
from imagery_watch.cli.options import examples
from imagery_watch.cli.signals import stopping
from imagery_watch.errors import AoiError, ExitCode, UsageError

MOST_FOUND = 20
"""Rows of the table of `find`."""

FILES = (".geojson", ".json", ".kml", ".kmz", ".gpkg", ".fgb", ".shp", ".zip")
"""Ends of the names of airfield files."""

airfields = typer.Typer(
    help="The airfields that are known, and new ones.",
    no_args_is_help=True,
    rich_markup_mode=None,
    epilog=examples("airfields list", "airfields find tromso", "airfields add tromso"),
)
airfields.command(
    "draft",
    short_help="Draw an airfield's aprons from imagery.",
    epilog=examples(
        "airfields draft tromso",
        "airfields draft LIPB --since 2024-06-01 -o drafts --open",
        "airfields draft genova --catalog items.json -q",
    ),
)(draft)


@airfields.command("list", epilog=examples("airfields list", "airfields list --json"))
def list_known(as_json: AsJson = False) -> None:
    """Every airfield that ships or that you added."""
    from imagery_watch.sources.airfields.known import list_airfields

    found = list_airfields(settings().home)
    if as_json:
        print_json([_airfield_facts(file.airfield) for file in found if file.airfield is not None])
    else:
        _airfields_table([file.airfield for file in found if file.airfield is not None]).show(console())
    _report_bad([file for file in found if file.error is not None])


@airfields.command(
    short_help="Airfields of the world, by code, name, city or place.",
    epilog=examples("airfields find tromso", "airfields find BZO", "airfields find 46.46,11.33 --json"),
)
def find(text: Annotated[str, typer.Argument(help=AIRFIELD)], as_json: AsJson = False) -> None:
    """Airfields of the world that a text may mean, and whether their aprons are known here."""
    from imagery_watch.sources.places.resolver import search_places

    found = search_places(text, settings().home)
    if as_json:
        print_json([_place_facts(place, km) for km, place in found])
        return
    if not found:
        raise AoiError(f"{text}: no airfield of the index has this code, name or city, or lies there")
    _places_table(found[:MOST_FOUND]).show(console())
    if len(found) > MOST_FOUND:
        typer.echo(f"and {len(found) - MOST_FOUND} more; --json lists all")


@airfields.command(
    short_help="One airfield: its aprons and where the shapes come from.",
    epilog=examples("airfields show ZKPY", "airfields show bolzano --json"),
)
def show(name: Annotated[str, typer.Argument(help=AIRFIELD)], as_json: AsJson = False) -> None:
    """One airfield: its aprons, their sizes, and where the shapes come from."""
    facts = _airfield_facts(find_named(name, settings().home))
    if as_json:
        print_json(facts)
        return
    for key, value in facts.items():
        if value != []:
            say(f"{key}: {plain(', '.join(value) if isinstance(value, list) else str(value))}")


@airfields.command(
    short_help="Say of each airfield file whether it can be used.",
    epilog=examples("airfields check my.geojson", "airfields check aprons.kmz yards.gpkg --json"),
)
def check(
    files: Annotated[list[Path], typer.Argument(help="Airfield files (GeoJSON).")], as_json: AsJson = False
) -> None:
    """Say of each airfield file whether it can be used; exit 2 where one cannot."""
    from imagery_watch.sources.airfields.known import check_files

    found = check_files(files)
    if as_json:
        print_json([{"file": str(file.path), "error": str(file.error) if file.error else None} for file in found])
    else:
        for file in found:
            notes = "; ".join(file.airfield.notes) if file.airfield is not None else ""
            say(f"{plain(str(file.path))}: {'BAD' if file.error else 'ok'}{f' ({plain(notes)})' if notes else ''}")
    _report_bad([file for file in found if file.error is not None])


@airfields.command(
    short_help="Make an airfield from OpenStreetMap, or from a file.",
    epilog=examples(
        "airfields add tromso",
        "airfields add tromso --print-query",
        "airfields add ENTC --osm reply.json",
        "airfields add my.geojson --overwrite",
    ),
)
def add(
    icao: Annotated[str, typer.Argument(help=f"{AIRFIELD} Or an airfield file; with --osm, the new id.")],
    osm: Annotated[
        Path | None, typer.Option(help="Overpass reply (JSON) or aeroway GeoJSON with aprons, instead of asking.")
    ] = None,
    overpass: Annotated[str | None, typer.Option(help="The Overpass API to ask, such as a mirror near you.")] = None,
    print_query: Annotated[
        bool, typer.Option("--print-query", help="Print what Overpass would be asked, and ask nothing.")
    ] = False,
    name: Annotated[str | None, typer.Option(help="Name; default: from the data, else the code.")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an airfield that you added before.")] = False,
) -> None:
    """Make an airfield from OpenStreetMap (contributors, ODbL) and keep it under IMAGERY_WATCH_HOME."""
    with stopping(lambda: "no file is half written: `imagery-watch airfields list` shows what is kept"):
        _add(icao, osm, overpass, print_query=print_query, name=name, overwrite=overwrite)


def _add(
    icao: str, osm: Path | None, overpass: str | None, *, print_query: bool, name: str | None, overwrite: bool
) -> None:
    from imagery_watch.sources.airfields.known import add_airfield, add_file

    is_file = Path(icao).suffix.lower() in FILES
    if (osm is not None or is_file) and (overpass is not None or print_query):
        file = "--osm FILE" if osm is not None else "a file"
        raise UsageError(f"{file} takes the place of asking Overpass: leave --overpass and --print-query out")
    if is_file and osm is None:
        home = settings().home
        _tell_added(add_file(Path(icao), home, name=name, overwrite=overwrite), home)
        return
    chosen = settings(overpass=overpass)
    if osm is not None:
        _tell_added(add_airfield(icao, osm, chosen.home, name=name, overwrite=overwrite), chosen.home)
        return
    place = find_unmapped(icao, chosen.home)
    if print_query:
        from imagery_watch.sources.places.overpass import build_query

        typer.echo(build_query(place, chosen.timeout_s), nl=False)
        return
    from imagery_watch.sources.places.additions import add_from_map

    _tell_added(add_from_map(place, chosen, name=name, overwrite=overwrite), chosen.home)


@airfields.command(
    short_help="Forget an airfield that you added.",
    epilog=examples("airfields remove ENTC"),
)
def remove(name: Annotated[str, typer.Argument(help="ICAO code of an airfield that you added.")]) -> None:
    """Forget an airfield that you added; one that ships under the same code is known again."""
    from imagery_watch.sources.airfields.known import find_shipped, remove_airfield

    home = settings().home
    typer.echo(f"removed {remove_airfield(name, home)}")
    if find_shipped(name) is not None:
        typer.echo(f"note: {plain(name.upper())} is now the one that ships")


def _tell_added(path: Path, home: Path) -> None:
    """Where a new airfield is, what it hides, and what was noticed."""
    from imagery_watch.sources.airfields.known import find_airfield

    say(f"wrote {path}")
    airfield = find_airfield(path.stem, home)
    say(f"{plain(airfield.name)}: {len(airfield.aprons)} aprons; {plain(airfield.source)}, {airfield.license}")
    if airfield.origin == "yours, instead of the shipped":
        say(f"note: it hides the {airfield.id} that ships; `imagery-watch airfields remove {airfield.id}` undoes that")
    for note in airfield.notes:
        say(f"note: {plain(note)}")


def _airfield_facts(airfield: Any) -> dict[str, Any]:
    west, south, east, north = airfield.bounds
    return {
        "id": airfield.id,
        "name": airfield.name,
        "quality": airfield.quality,
        "origin": airfield.origin,
        "aprons": [apron.name for apron in airfield.aprons],
        "stands": len(airfield.stands),
        "lon": round((west + east) / 2, 4),
        "lat": round((south + north) / 2, 4),
        "source": airfield.source,
        "license": airfield.license,
        "notes": list(airfield.notes),
    }


def _airfields_table(found: list[Any]) -> Any:
    from imagery_watch.outputs.terminal.layout import Sheet

    keys = ("id", "name", "aprons", "stands", "quality", "lon", "lat", "license", "origin")
    rows = []
    for airfield in found:
        facts = _airfield_facts(airfield)
        facts["aprons"] = len(facts["aprons"])
        rows.append(tuple(plain(str(facts[key])) for key in keys))
    columns = ("ICAO", "Name", "Aprons", "Stands", "Quality", "Lon", "Lat", "Shapes", "Origin")
    return Sheet(columns, tuple(rows))


def _place_facts(place: Any, km: float | None) -> dict[str, Any]:
    return {
        "id": place.icao,
        "iata": place.iata,
        "name": place.name,
        "city": place.city,
        "country": place.country,
        "lon": round(place.lon, 4),
        "lat": round(place.lat, 4),
        "aprons": place.origin or None,
        "distance_km": None if km is None else round(km, 1),
    }


def _places_table(found: list[tuple[float | None, Any]]) -> Any:
    from imagery_watch.outputs.terminal.layout import Sheet

    facts = [_place_facts(place, km) for km, place in found]
    rows = [tuple("" if cell is None else plain(str(cell)) for cell in one.values()) for one in facts]
    return Sheet(("ICAO", "IATA", "Name", "City", "Country", "Lon", "Lat", "Aprons", "km"), tuple(rows))


def _report_bad(bad: list[Any]) -> None:
    for file in bad:
        tell(f"imagery-watch: {plain(str(file.error))}")
    if bad:
        raise typer.Exit(int(ExitCode.USAGE))
