"""What of a command line is kept."""

import pytest

from imagery_watch.cli.command import tell_command


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["run", "LIPB", "--since", "30d"], "run LIPB --since 30d"),
        (["run", "--catalog", "https://me:word@host/v1?key=k#f"], "run --catalog https://host/v1"),
        (["run", "--catalog=https://host/v1?sig=k,earth-search"], "run --catalog=https://host/v1,earth-search"),
        (["run", "--aoi", "/home/me/a b.geojson"], "run --aoi 'a b.geojson'"),
        (["run", "--aoi=/home/me/a.geojson"], "run --aoi=a.geojson"),
        (["run", "--aoi", "file:///home/me/a.geojson"], "run --aoi a.geojson"),
        (["run", "--out", "C:\\Users\\me\\out"], "run --out out"),
        (["run", "--out", "~/out", "-o", "../here"], "run --out out -o ../here"),
        (["hits", "export", "-o/home/me/x.gpkg"], "hits export -ox.gpkg"),
        (["hits", "export", "-o=/home/me/x.gpkg"], "hits export -o=x.gpkg"),
        (["hits", "export", "-o~/x.gpkg"], "hits export -ox.gpkg"),
        (["hits", "export", "-oC:\\Users\\me\\x.gpkg"], "hits export -ox.gpkg"),
        (["run", "-ohttps://me:word@host/x?key=k", "-v", "-"], "run -ohttps://host/x -v -"),
        (["run", "--", "-x=/home/me/y", "/home/me/z"], "run -- -x=y z"),
        (["hits", "export", "--by", "Ada L"], "hits export --by 'Ada L'"),
        ([], ""),
    ],
)
def test_secrets_and_places_of_this_machine_are_left_out(arguments: list[str], told: str) -> None:
    assert tell_command(arguments) == f"imagery-watch {told}".strip()
