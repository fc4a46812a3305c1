"""Which airfield a person means, among all of the world's."""

from pathlib import Path

import pytest

from imagery_watch.errors import AoiError
from imagery_watch.sources.airfields.known import new_path, shipped_dir
from imagery_watch.sources.places.coordinates import read_coordinates, shield_minus
from imagery_watch.sources.places.index import distance_km, load_places
from imagery_watch.sources.places.names import fold, split_words
from imagery_watch.sources.places.resolver import find_place, resolve_airfield, search_places

MEANT = {
    "LIPB": "LIPB",
    "lipb": "LIPB",
    "bzo": "LIPB",
    "Bolzano": "LIPB",
    "BOLZANO AIRPORT": "LIPB",
    "zürich": "LSZH",
    "Schiphol": "EHAM",
    "schiph": "EHAM",
    "le bourget": "LFPB",
    "Paris-Le Bourget Airport": "LFPB",
    "Pyongyang Sunan": "ZKPY",
    "FNJ": "ZKPY",
    "46.46,11.33": "LIPB",
    " 46.46 N , 11.33e": "LIPB",
}


@pytest.mark.parametrize("text", MEANT)
def test_airfields_with_aprons_are_found_however_they_are_named(text: str, tmp_path: Path) -> None:
    airfield, told = resolve_airfield(text, tmp_path)
    assert airfield.id == MEANT[text]
    assert bool(told) == (text.upper() != airfield.id)
    assert not told or (airfield.id in told and text.strip() in told)


@pytest.mark.parametrize(
    ("text", "code"),
    [("ENTC", "ENTC"), ("tromso", "ENTC"), ("TROMSØ", "ENTC"), ("33.97S,18.6", "FACT"), ("dyr", "UHMA")],
)
def test_an_airfield_without_aprons_is_named_with_the_way_on(text: str, code: str, tmp_path: Path) -> None:
    with pytest.raises(AoiError, match="its aprons are not") as caught:
        resolve_airfield(text, tmp_path)
    place = load_places(tmp_path)[code]
    for word in (place.label, place.where, f"airfields add {code}"):
        assert word in str(caught.value)


def test_several_that_are_meant_are_all_named_those_with_aprons_first(tmp_path: Path) -> None:
    with pytest.raises(AoiError, match="'sunan': 2 airfields") as caught:
        resolve_airfield("sunan", tmp_path)
    assert str(caught.value).index("ZKPY") < str(caught.value).index("ZSWX")
    with pytest.raises(AoiError, match=r"and \d+ more"):
        resolve_airfield("Paris", tmp_path)


@pytest.mark.parametrize("text", ["", "airport", "QQQQ", "\x1b[2J", "bolzanno", "../../etc/passwd"])
def test_what_names_none_is_said_with_what_may_have_been_meant(text: str, tmp_path: Path) -> None:
    with pytest.raises(AoiError, match="no airfield has this code, name or city") as caught:
        resolve_airfield(text, tmp_path)
    assert "airfields add" in str(caught.value)
    assert str(caught.value).isprintable()
    assert ("LIPB" in str(caught.value)) == (text in ("bolzanno", "QQQQ", "", "airport", "\x1b[2J", "../../etc/passwd"))


def test_exchanged_numbers_are_suspected_only_where_that_has_an_airfield(tmp_path: Path) -> None:
    with pytest.raises(AoiError, match=r"are the numbers exchanged\? 46.46,11.33 is Bolzano"):
        find_place("11.33,46.46", tmp_path)
    with pytest.raises(AoiError, match=r"not on the Earth.*are the numbers exchanged\? 39.22,125.67 is Pyongyang"):
        find_place("125.67,39.22", tmp_path)
    with pytest.raises(AoiError, match="no airfield lies within 10 km") as caught:
        find_place("0,-30", tmp_path)
    assert "exchanged" not in str(caught.value)
    with pytest.raises(AoiError, match=r"the nearest is .* km away"):
        find_place("46.0,9.9", tmp_path)


def test_the_nearest_is_taken_across_the_antimeridian(tmp_path: Path) -> None:
    found = search_places("16.69S,179.97", tmp_path)
    assert next(place.icao for _, place in found) == "NFNM"
    assert found[0][1].lon < 0
    assert [km for km, _ in found] == sorted(km for km, _ in found if km is not None)
    assert distance_km(0, 179.9, 0, -179.9) == pytest.approx(22.2, abs=0.1)


def test_the_users_own_airfields_are_found_by_name(tmp_path: Path) -> None:
    (tmp_path / "aoi").mkdir()
    text = (shipped_dir() / "LIPB.geojson").read_text(encoding="utf-8").replace('"LIPB"', '"MYFIELD"')
    (tmp_path / "aoi" / "MYFIELD.geojson").write_text(text.replace('"Bolzano"', '"Ødegård strip"'), encoding="utf-8")
    assert resolve_airfield("odegard", tmp_path)[0].id == "MYFIELD"
    assert resolve_airfield("myfield", tmp_path)[1] == ""


def test_a_search_lists_what_a_text_may_mean(tmp_path: Path) -> None:
    codes = [place.icao for _, place in search_places("london", tmp_path)]
    assert {"EGLL", "EGLC", "CYXU"} <= set(codes)
    assert [place.icao for _, place in search_places("LHR", tmp_path)][:1] == ["EGLL"]
    assert search_places("no such place anywhere", tmp_path) == []


PAIRS = {
    "46.46,11.33": (46.46, 11.33),
    "-33.97, +18.6": (-33.97, 18.6),
    "33.97S,18.6W": (-33.97, -18.6),
    "46°N, 11°E": (46.0, 11.0),
    "46.46": None,
    "46,11,8": None,
    "LIPB,1": None,
    "1234,5": None,
}


@pytest.mark.parametrize("text", PAIRS)
def test_pairs_of_coordinates(text: str) -> None:
    assert read_coordinates(text) == PAIRS[text]


def test_southern_latitudes_are_no_options() -> None:
    shielded = shield_minus(["run", "-33.97,-18.6", "--since", "30d", "-h", "-1"])
    assert shielded == ["run", "33.97S,-18.6", "--since", "30d", "-h", "-1"]
    assert read_coordinates(shielded[1]) == (-33.97, -18.6)
    assert read_coordinates(shield_minus(["-33.97° , 18.6W"])[0]) == (-33.97, -18.6)
    ends = ["--runway", "-33.97,18.6,-33.95,18.61"]
    assert shield_minus(ends) == ends


def test_airfields_without_an_icao_code_go_by_their_iata_code(tmp_path: Path) -> None:
    places = load_places(tmp_path)
    assert [code for code in places if not code.isalnum() or places[code].icao.upper() != code] == []
    for code in ("MLH", "yeh", "BFY"):
        place = find_place(code, tmp_path).place
        assert (place.icao, place.iata) == (code.upper(), code.upper())
        assert new_path(place.icao, tmp_path, overwrite=False).name == f"{code.upper()}.geojson"


def test_accents_and_capitals_tell_no_names_apart() -> None:
    assert fold("Ålesund ŁÓDŹ Tromsø İstanbul") == "alesund lodz tromso istanbul"
    assert split_words("Paris-Le Bourget (LBG)") == ("paris", "le", "bourget", "lbg")
