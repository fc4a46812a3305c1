"""Packs as they are made on the command line: of which folder, with what, and what is said where it cannot be."""

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import typer
from outputs.builders import make_hit, make_provenance
from support.authority import Authority
from support.line import Feature, Ran, features_of, run_line, served, start
from support.servers import serve

from custody.conftest import quick, unzip
from imagery_watch import api
from imagery_watch.cli.hits import export
from imagery_watch.custody.container import open_pack
from imagery_watch.custody.packing import Packed, choose_hits, find_catalog, make_pack, read_packable
from imagery_watch.custody.retelling import retell
from imagery_watch.custody.stamps import INDEX, stamp_manifest
from imagery_watch.custody.statement import Occasion, write_inference
from imagery_watch.custody.verifying import read_record, require_whole, verify_pack
from imagery_watch.errors import ExitCode, ImageryWatchError, UsageError
from imagery_watch.model import Evidence
from imagery_watch.model.check import sum_up
from imagery_watch.outputs.files.run_json import parse_provenance
from imagery_watch.outputs.files.saved_run import read_saved
from imagery_watch.sources.network.certificates import trust
from imagery_watch.sources.network.outgoing import open_exchange


def test_a_pack_holds_all_that_the_hits_rest_on(packed: Packed, plain: Ran) -> None:
    files = unzip(packed.path)
    for name in ("hits.geojson", "stays.geojson", "looks.csv", "run.json"):
        assert files[f"observation/{name}"] == (plain.folder / name).read_bytes()
    ids = [hit["id"] for hit in plain.hits]
    shown = {name.removeprefix("derivatives/") for name in files if name.startswith("derivatives/")}
    assert {"report.html", f"chips/{ids[0]}-film.png", *(f"chips/{one}.png" for one in ids)} <= shown
    assert {f"chips/{path.name}" for path in (plain.folder / "chips").iterdir()} <= shown  # films of stays among them
    passes = {one["id"] for one in plain.record["passes"]}
    assert {one["pass_id"] for one in plain.record["sources"]} == passes
    originals = [name for name in files if name.startswith("originals/") and name.endswith(".tif")]
    assert len(originals) == len(plain.record["sources"]) == 40
    told = json.loads(files["who_when_how.json"])
    assert (told["packed"]["by"], told["packed"]["when"], told["hits"]) == ("Ada", "2026-01-02T03:04:05Z", ids)
    for word in ("consistent with", *ids):
        assert word in files["inference.md"].decode()
    assert next(iter(files)) == "README.txt"


def test_what_was_fitted_is_concluded_and_its_probability_has_a_range(packed: Packed) -> None:
    told = unzip(packed.path)["inference.md"].decode()
    for part in re.findall(r"^## .*?(?=^## |\Z)", told, re.MULTILINE | re.DOTALL):
        observed, concluded = part.split("Concluded:")
        assert "pixels differ" in observed and " long" not in observed and "score" not in observed
        assert re.search(r"\d+ m long \(90 %: \d+-\d+ m\)", concluded)
        number = r"0\.\d\d(, the most that is ever given)?"
        worse = r"\(0\.\d\d if false alarms were three times as many\)"
        range_told = rf"Probability: {number} {worse}, that an aircraft (came|left)\."
        assert re.search(range_told, concluded)
        assert "calibrated on simulated airfields" in concluded


def test_reviews_of_the_folder_come_with_the_pack_and_are_evidence_there(plain: Ran, tmp_path: Path) -> None:
    run = tmp_path / "run"
    shutil.copytree(plain.folder, run)
    view, first = api.open_run(run), plain.hits[0]["id"]
    view.review(first, "rejected", "a fuel truck", by="Zoe")
    view.review(plain.hits[1]["id"], "confirmed", "", by="Zoe")
    occasion = Occasion("Ada", datetime.now(UTC), "")
    made = make_pack(run, [first], tmp_path / "x.zip", quick(), occasion)
    files = unzip(made.path)
    assert [one["verdict"] for one in json.loads(files["observation/reviews.json"])] == ["rejected"]
    assert "Beside it (review): Zoe, who looked at it on" in files["inference.md"].decode()
    assert "a fuel truck" in files["inference.md"].decode()
    with open_pack(made.path) as pack:
        for name, data in files.items():
            (tmp_path / "out" / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / "out" / name).write_bytes(data)
        told = retell(pack, require_whole(pack), tmp_path / "out", parse_provenance(read_record(pack)))
    assert told.other == ()


def test_a_number_that_no_test_can_count_is_told_as_less_and_a_doubt_beside_it() -> None:
    doubt = Evidence("light curve", "same_object_undecided", "It may be one and the same object.")
    hit = make_hit(kind="replacement", probability=0.99, false_alarms_per_year=0.0001, evidence=(doubt,))
    told = write_inference(make_provenance(), [hit])
    assert "over this airfield: < 0.01." in told and "0.0001" not in told
    assert "Probability: undecided: a replacement, or one and the same object" in told
    assert "Beside it (light curve): It may be one and the same object." in told


def test_the_readme_says_where_the_pictures_of_hits_are(packed: Packed, plain: Ran) -> None:
    files = unzip(packed.path)
    assert "derivatives/chips/X.png" in files["README.txt"].decode()
    assert plain.hits and all(f"derivatives/{hit['chip']}" in files for hit in plain.hits)


def test_nothing_in_a_pack_names_this_machine_or_a_secret(
    packed: Packed, plain: Ran, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """`catalog` is what the user typed, and told since the first version."""
    typed = str(plain.record["catalog"]).encode()
    for name, data in unzip(packed.path).items():
        assert b"key=secret" not in data, name
        assert str(tmp_path_factory.getbasetemp()).encode() not in data.replace(typed, b""), name


def test_a_run_says_its_command_its_calibration_and_each_window(plain: Ran) -> None:
    record = plain.record
    assert record["command"].startswith("imagery-watch run --aoi LIPB.geojson --catalog items.json --out out")
    assert record["calibration"]["tail_scale"] > 0 and record["calibration"]["min_score"] > 2
    assert record["settings"]["min_length_m"] == 0.0
    assert re.fullmatch(r"[0-9a-f]{64}", record["sources"][0]["sha256"])


def test_one_hit_has_its_own_pictures_only_and_authorities_that_fail_hold_up_nobody(
    plain: Ran, authority: Authority, tmp_path: Path
) -> None:
    wanted, other = (hit["id"] for hit in plain.hits)
    urls = ",".join(f"{authority.url}{path}" for path in ("/page", "/stamp", "/other", "/strict"))
    out = tmp_path / "one.zip"
    done = start("hits", "export", wanted[:-2].lower(), "--pack", str(out), "--run", str(plain.folder),
                 "--timestamp", urls, "--timestamp-ca", str(authority.root))  # fmt: skip
    assert done.returncode == 3, done.stderr
    assert re.search(r"wrote .*one\.zip: 1 hit, 8 passes, 40 windows of pixels, \d+\.\d MB", done.stdout)
    assert f"stamped by {authority.url}/stamp" in done.stdout
    for path, why in (
        ("/page", "no time stamp"),
        ("/other", "not hold"),
        ("/strict", "refused to stamp it (rejection"),
    ):
        assert re.search(rf"{path} gave no time stamp: .*{re.escape(why)}", done.stderr), done.stderr
    files = unzip(out)
    assert not [name for name in files if other in name]
    assert other.encode() in files["observation/hits.geojson"]  # as the run wrote it
    assert sum_up(verify_pack(out)) == ExitCode.DONE


def test_an_authority_that_nobody_knows_needs_its_certificate(authority: Authority) -> None:
    urls = [f"{authority.url}/?token=secret"]
    files, [told] = stamp_manifest(b"manifest", urls, open_exchange(quick()), trust().get_ca_certs(binary_form=True))
    assert told.trouble == "the certificate of CN=Test root is not known here: give it with --timestamp-ca FILE"
    assert [*files] == [INDEX] and b"secret" not in files[INDEX]


def test_an_authority_that_is_not_there_is_told_by_its_host() -> None:
    _, [told] = stamp_manifest(b"manifest", ["http://127.0.0.1:9/"], open_exchange(quick()), ())
    assert "127.0.0.1 cannot be reached" in told.trouble and not told.reply


RUN = Path("RUN")
"""Stands for the folder of the run."""


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, "a pack is made from the folder of a run"),
        ({"run": Path("nowhere")}, "expected a folder that `run` or `demo` wrote"),
        ({"run": RUN, "out": Path("y.gpkg")}, "takes the place of -o"),
        ({"pack": None, "by": "Ada", "out": Path("y.gpkg")}, "go with --pack FILE"),
        ({"run": RUN, "timestamp": "no-address"}, "no address of a time-stamping authority"),
        ({"run": RUN, "timestamp": "ftp://host/"}, "no address of a time-stamping authority"),
        ({"run": RUN, "timestamp": ","}, "expected an address"),
        ({"run": RUN, "timestamp_ca": Path("x.pem")}, "goes with --timestamp"),
        ({"run": RUN, "timestamp": "https://host/", "timestamp_ca": Path("x.pem")}, "expected a file of certificates"),
        ({"run": RUN, "pack": RUN / "x.zip"}, "lies in the folder that is packed"),
        ({"run": RUN, "names": ["LIPB-1"]}, "it has none of that id"),
        ({"run": RUN, "names": ["LIPB"]}, "2 hits begin so"),
        ({"run": RUN, "catalog": "nowhere.json"}, "nor a file that exists"),
    ],
)
def test_what_cannot_be_packed_is_a_matter_of_usage_and_says_why(
    plain: Ran, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: dict[str, Any], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    asked = {"pack": Path("x.zip"), **options}
    asked = {name: plain.folder / one.relative_to(RUN) if isinstance(one, Path) and one.is_relative_to(RUN) else one
             for name, one in asked.items()}  # fmt: skip
    with pytest.raises(ImageryWatchError) as error:
        export(**asked)
    assert error.value.exit_code == ExitCode.USAGE and said in str(error.value)
    assert not list(tmp_path.iterdir())


def test_no_pack_is_written_over_unless_that_is_asked_for(
    plain: Ran, packed: Packed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    held = packed.path.read_bytes()
    Path("x.zip").write_bytes(held)
    with pytest.raises(UsageError, match=r"--pack x\.zip: is there already; name another file, or add --force"):
        export(pack=Path("x.zip"), run=plain.folder)
    assert Path("x.zip").read_bytes() == held
    with pytest.raises(typer.Exit):
        export(pack=Path("x.zip"), run=plain.folder, force=True)
    assert Path("x.zip").read_bytes() != held


def test_a_folder_that_changed_or_does_not_say_its_pixels_is_refused(plain: Ran, tmp_path: Path) -> None:
    shutil.copytree(plain.folder, tmp_path / "run")
    record = json.loads((tmp_path / "run" / "run.json").read_text())
    for name in ("sources", "calibration", "command"):
        del record[name]
    (tmp_path / "run" / "run.json").write_text(json.dumps(record))
    assert read_saved(tmp_path / "run").provenance.calibration is None  # as an older version wrote it
    with pytest.raises(UsageError, match="`monitor`, or an older version, wrote it"):
        read_packable(tmp_path / "run")
    (tmp_path / "run" / "looks.csv").write_text("other")
    with pytest.raises(UsageError):
        read_packable(tmp_path / "run")


def test_hits_are_chosen_by_id_or_its_beginning(plain: Ran) -> None:
    saved = read_saved(plain.folder)
    ids = [hit.id for hit in saved.hits]
    assert [hit.id for hit in choose_hits(saved, (), plain.folder)] == ids
    assert [hit.id for hit in choose_hits(saved, ids[::-1], plain.folder)] == ids
    assert [hit.id for hit in choose_hits(saved, [ids[1]], plain.folder)] == ids[1:]


@pytest.mark.slow
def test_a_run_of_part_of_a_catalogue_is_packed_with_its_history(
    archive: Path, one_apron: Path, tmp_path: Path
) -> None:
    ran = run_line(one_apron, archive, tmp_path / "run", "--since", "2022-06-14", "--until", "2022-06-18",
                   "--false-alarms-per-year", "2", "--min-length", "10")  # fmt: skip
    assert len(ran.hits) == 1
    out = str(tmp_path / "part.zip")
    assert start("hits", "export", "--pack", out, "--run", str(ran.folder)).returncode == 0
    done = start("replay", out)
    assert done.returncode == 0 and done.stdout.startswith("equal: 1 hit came out the same"), done.stdout


@pytest.mark.slow
def test_a_run_of_an_api_is_packed_once_more_and_replayed_without_it(
    archive: Path, one_apron: Path, tmp_path: Path, stac_server: Callable[[list[Feature]], str]
) -> None:
    with serve("files", archive.parent) as pixels:
        api = stac_server(served(features_of(archive), pixels.url))
        dates = ("--since", "2022-06-01", "--until", "2022-07-30")
        ran = run_line(one_apron, "earth-search", tmp_path / "run", *dates, IMAGERY_WATCH_EARTH_SEARCH=api)
        line = ("hits", "export", "--pack", str(tmp_path / "api.zip"), "--run", str(ran.folder))
        assert len(ran.hits) == 2 and start(*line, IMAGERY_WATCH_EARTH_SEARCH=api).returncode == 0
    sources = ran.record["sources"]
    assert {source["href"].startswith(pixels.url) and bool(source["etag"]) for source in sources} == {True}
    done = start("replay", str(tmp_path / "api.zip"), "--json")
    assert done.returncode == 0 and json.loads(done.stdout)["equal"] is True, done.stdout


@pytest.mark.parametrize(
    ("told", "asked"),
    [
        ("{earth_search}", "earth-search"),
        ("{earth_search}/,https://host.example/v1", "earth-search,https://host.example/v1"),
        ("{planetary_computer}", "planetary-computer"),
        ("https://host.example/v1", "https://host.example/v1"),
        ("some/items.json", "some/items.json"),
    ],
)
def test_a_catalogue_that_has_a_name_is_asked_by_it(plain: Ran, told: str, asked: str) -> None:
    """The name says which collections are asked, and how their files are had."""
    saved, settings = read_saved(plain.folder), quick()
    saved = replace(saved, provenance=replace(saved.provenance, catalog=told.format(**settings.model_dump())))
    assert find_catalog(saved, plain.folder, settings) == asked


def test_a_demonstration_without_its_imagery_says_how_to_have_it_again(plain: Ran) -> None:
    saved = read_saved(plain.folder)
    demo = replace(saved, provenance=replace(saved.provenance, catalog="archive/items.json"))
    with pytest.raises(UsageError, match="the pixels of the demonstration: `imagery-watch demo --out"):
        find_catalog(demo, plain.folder, quick())
