"""The commands on airfields: list, find, show, check, add, draft, remove."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from imagery_watch.cli.console import AIRFIELD, AsJson, console, find_named, find_unmapped, plain, print_json, settings
from imagery_watch.cli.draft import draft
from imagery_watch.errors import AoiError, ExitCode, UsageError

MOST_FOUND = 20
"""Rows of the table of `find`."""

FILES = (".geojson", ".json", ".kml", ".kmz", ".gpkg", ".fgb", ".shp", ".zip")
"""Ends of the names of airfield files."""

airfields = typer.Typer(help="The airfields that are known, and new ones.", no_args_is_help=True, rich_markup_mode=None)
airfields.command("draft", short_help="Draw an airfield's aprons from imagery.")(draft)


@airfields.command("list")
def list_known(as_json: AsJson = False) -> None:
    """Every airfield that ships or that you added."""
    from imagery_watch.sources.airfields.known import list_airfields

    found = list_airfields(settings().home)
    if as_json:
        print_json([_airfield_facts(file.airfield) for file in found if file.airfield is not None])
    else:
        console().print(_airfields_table([file.airfield for file in found if file.airfield is not None]))
    _report_bad([file for file in found if file.error is not None])


@airfields.command(short_help="Airfields of the world, by code, name, city or place.")
def find(text: Annotated[str, typer.Argument(help=AIRFIELD)], as_json: AsJson = False) -> None:
    """Airfields of the world that a text may mean, and whether their aprons are known here."""
    from imagery_watch.sources.places.resolver import search_places

    found = search_places(text, settings().home)
    if as_json:
        print_json([_place_facts(place, km) for km, place in found])
        return
    if not found:
        raise AoiError(f"{text}: no airfield of the index has this code, name or city, or lies there")
    console().print(_places_table(found[:MOST_FOUND]))
    if len(found) > MOST_FOUND:
        typer.echo(f"and {len(found) - MOST_FOUND} more; --json lists all")


@airfields.command(short_help="One airfield: its aprons and where the shapes come from.")
def show(name: Annotated[str, typer.Argument(help=AIRFIELD)], as_json: AsJson = False) -> None:
    """One airfield: its aprons, their sizes, and where the shapes come from."""
    facts = _airfield_facts(find_named(name, settings().home))
    if as_json:
        print_json(facts)
        return
    for key, value in facts.items():
        if value != []:
            typer.echo(f"{key}: {plain(', '.join(value) if isinstance(value, list) else str(value))}")


@airfields.command(short_help="Say of each airfield file whether it can be used.")
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
            typer.echo(f"{file.path}: {'BAD' if file.error else 'ok'}{f' ({plain(notes)})' if notes else ''}")
    _report_bad([file for file in found if file.error is not None])


@airfields.command(short_help="Make an airfield from OpenStreetMap, or from a file.")
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


@airfields.command(short_help="Forget an airfield that you added.")
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

    typer.echo(f"wrote {path}")
    airfield = find_airfield(path.stem, home)
    typer.echo(f"{plain(airfield.name)}: {len(airfield.aprons)} aprons; {plain(airfield.source)}, {airfield.license}")
    if airfield.origin == "yours, instead of the shipped":
        typer.echo(
            f"note: it hides the {airfield.id} that ships; `imagery-watch airfields remove {airfield.id}` undoes that"
        )
    for note in airfield.notes:
        typer.echo(f"note: {plain(note)}")


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
    from rich.markup import escape
    from rich.table import Table

    table = Table("ICAO", "Name", "Aprons", "Stands", "Quality", "Lon", "Lat", "Shapes", "Origin")
    for airfield in found:
        facts = _airfield_facts(airfield)
        cells = (facts[key] for key in ("id", "name", "aprons", "stands", "quality", "lon", "lat", "license", "origin"))
        table.add_row(*(escape(plain(str(len(cell) if isinstance(cell, list) else cell))) for cell in cells))
    return table


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
    from rich.markup import escape
    from rich.table import Table

    table = Table("ICAO", "IATA", "Name", "City", "Country", "Lon", "Lat", "Aprons", "km")
    for km, place in found:
        facts = _place_facts(place, km)
        table.add_row(*("" if cell is None else escape(plain(str(cell))) for cell in facts.values()))
    return table


def _report_bad(bad: list[Any]) -> None:
    for file in bad:
        sys.stderr.write(f"imagery-watch: {plain(str(file.error))}\n")
    if bad:
        raise typer.Exit(int(ExitCode.USAGE))
