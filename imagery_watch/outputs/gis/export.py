"""The files of a run that other tools open, by name: the one door of this package."""

from collections.abc import Mapping

from imagery_watch.model import RunResult
from imagery_watch.outputs.gis.evidence import list_outlines
from imagery_watch.outputs.gis.geopackage import to_geopackage
from imagery_watch.outputs.gis.kmz import to_kmz
from imagery_watch.outputs.gis.layers import layers_of
from imagery_watch.outputs.gis.rasters import rasters_of, to_cog
from imagery_watch.outputs.gis.stac import to_stac
from imagery_watch.outputs.gis.table_csv import to_csv

OUTLINES, RESIDUAL = "hits.gpkg", "-residual.tif"
"""The file that holds the outlines of stays, and how the names of those end that hold the residuals of hits."""


def files_for_other_tools(
    result: RunResult, pictures: Mapping[str, bytes], held: Mapping[str, bytes]
) -> dict[str, bytes]:
    """Every file by its name relative to the run's folder; `pictures` are the PNG files that the hits name.

    Of stays whose evidence is not at hand, outlines and residuals are those of the files in `held`, as an earlier run
    wrote them. The same result and the same files give the same bytes.
    """
    outlines, rasters = list_outlines(result, held.get(OUTLINES)), rasters_of(result, held)
    tables = layers_of(result, outlines)
    chips = {one.file: to_cog(one) for several in rasters.values() for one in several}
    stac = {name: text.encode("utf-8", errors="replace") for name, text in to_stac(result, rasters).items()}
    return chips | {
        "hits.csv": to_csv(tables[0]).encode("utf-8", errors="replace"),
        "hits.gpkg": to_geopackage(tables),
        "hits.kmz": to_kmz(result, outlines, pictures),
    } | stac  # fmt: skip
