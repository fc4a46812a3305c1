"""The options that several commands have, each said once."""

from pathlib import Path
from typing import Annotated

import typer

from imagery_watch.cli.console import AIRFIELD

Out = Annotated[Path | None, typer.Option("--out", "-o", help="Folder for the results; made where it is missing.")]
Catalog = Annotated[
    str,
    typer.Option(help="A name (earth-search), a STAC API's URL, or a path to STAC files; several with commas between."),
]
History = Annotated[
    int, typer.Option(min=0, max=36_500, help="Days before --since that are read to know the empty apron.")
]
Name = Annotated[str | None, typer.Argument(help=AIRFIELD)]
Aoi = Annotated[Path | None, typer.Option(help="An airfield file (GeoJSON) instead of a known airfield.")]
Since = Annotated[str | None, typer.Option(help="First day, UTC: 2023-08-01, or 30d for days back.")]
Until = Annotated[str | None, typer.Option(help="Last day, UTC, included.")]
ExitOnNew = Annotated[bool, typer.Option("--exit-code", help="Exit with 10 where there are new hits.")]
FalseAlarms = Annotated[
    float | None,
    typer.Option(
        "--false-alarms-per-year",
        help="False hits that you can bear, an airfield and a nominal year of 73 passes; default 4. Fewer: surer hits.",
    ),
]
MinLength = Annotated[
    float, typer.Option("--min-length", min=0, help="Leave out changes surely shorter than this, in metres.")
]
Shard = Annotated[
    str | None,
    typer.Option(
        metavar="I/N",
        help="Only part I, from 1, of N of the airfields; /N: that of the environment's task index.",
    ),
]
Dask = Annotated[
    str | None, typer.Option(metavar="ADDRESS", help="Have a Dask cluster's workers look (docs/scale.md).")
]
Every = Annotated[
    str | None,
    typer.Option(metavar="TIME", help="Stay, and sweep again every 30m, 6h or 1d (at least 5m), until a signal comes."),
]
Verbose = Annotated[
    bool,
    typer.Option(
        "--verbose", "-v", help="On stderr, a line for all that is read, and why passes are passed over; tracebacks."
    ),
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Only errors, and the result in a line.")]
Force = Annotated[bool, typer.Option("--force", help="Write over a file that is there already.")]
Open = Annotated[bool, typer.Option("--open", help="Open the report in the browser when it is done.")]


def examples(*lines: str) -> str:
    """The end of a command's help: commands to copy, each on a line of its own."""
    return "\n".join(("\b", "Examples:", *(f"  $ imagery-watch {line}" for line in lines)))
