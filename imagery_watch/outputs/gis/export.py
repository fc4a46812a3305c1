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


def files_for_other_tools(result: RunResult, pictures: Mapping[str, bytes]) -> dict[str, bytes]:
    """Every file by its name relative to the run's folder; `pictures` are the PNG files that the hits name.

    The same result gives the same bytes.
    """
    outlines, rasters = list_outlines(result), rasters_of(result)
    tables = layers_of(result, outlines)
    chips = {one.file: to_cog(one) for several in rasters.values() for one in several}
    stac = {name: text.encode("utf-8", errors="replace") for name, text in to_stac(result, rasters).items()}
    return chips | {
        "hits.csv": to_csv(tables[0]).encode("utf-8", errors="replace"),
        "hits.gpkg": to_geopackage(tables),
        "hits.kmz": to_kmz(result, outlines, pictures),
    } | stac  # fmt: skip
