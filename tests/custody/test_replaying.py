"""The hits of a pack computed anew: the same, or said which field of which hit is not."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from support.line import start

from custody.conftest import forge, quick, unzip, zip_up
from imagery_watch.cli.packs import _show
from imagery_watch.custody.container import open_pack
from imagery_watch.custody.packing import Packed
from imagery_watch.custody.replaying import Replayed, replay_pack
from imagery_watch.custody.retelling import Retold, retell
from imagery_watch.custody.verifying import read_record, require_whole
from imagery_watch.errors import PackDamaged, UsageError
from imagery_watch.outputs.files.run_json import parse_provenance

Forged = Callable[[str, Callable[[bytes], bytes]], Path]


@pytest.mark.slow
def test_a_pack_gives_its_own_hits(packed: Packed) -> None:
    found = replay_pack(packed.path, quick())
    assert found.equal and not found.libraries and not found.other_windows
    assert (found.hits, found.windows) == (2, packed.windows)


def test_a_hit_that_was_touched_up_is_told_by_field_and_a_made_up_one_by_name(forged: Forged, tmp_path: Path) -> None:
    """A forger who makes the manifest and `run.json` agree is found out by the pixels."""

    def touch_up(data: bytes) -> bytes:
        told = json.loads(data)
        told["features"][0]["properties"]["score"] = 99.0
        told["features"].append({**told["features"][1], "id": "LIPB-made-up"})
        del told["features"][1]
        return json.dumps(told).encode()

    done = start("replay", str(forged("observation/hits.geojson", touch_up)), "--json")
    told = json.loads(done.stdout)
    assert done.returncode == 4 and told["equal"] is False
    by_field = {(one["hit"] == "LIPB-made-up", one["field"]): one for one in told["differences"]}
    assert {*by_field} == {(True, ""), (False, ""), (False, "score")}
    assert by_field[False, "score"]["packed"] == 99.0 != by_field[False, "score"]["now"]
    assert by_field[True, ""]["now"] is None
    assert told["other_windows"] == []  # the pixels are the run's
    assert (told["texts"], told["other_texts"]) == (["README.txt", "method.md"], ["inference.md"])


def retold(path: Path, folder: Path) -> Retold:
    """What comes of the words of a pack, without its pixels."""
    for name, data in unzip(path).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    with open_pack(path) as pack:
        return retell(pack, require_whole(pack), folder, parse_provenance(read_record(pack)))


TEXTS = ("README.txt", "inference.md", "method.md")


@pytest.mark.parametrize("name", TEXTS)
def test_words_that_were_changed_are_named(name: str, packed: Packed, forged: Forged, tmp_path: Path) -> None:
    assert retold(packed.path, tmp_path / "whole") == (TEXTS, ())
    path = forged(name, lambda data: data.replace(b" not ", b" surely ", 1))
    assert retold(path, tmp_path / "forged") == (tuple(one for one in TEXTS if one != name), (name,))


def test_words_of_another_edition_are_not_compared(forged: Forged, tmp_path: Path) -> None:
    path = forged("who_when_how.json", lambda data: data.replace(b'"edition": 1', b'"edition": 0'))
    assert retold(path, tmp_path) == ((), ())


@pytest.mark.parametrize("content", [b"[]", b"no json", b'{"packed": 5}', b'{"packed": {"edition": 1}}'])
def test_a_chain_of_custody_of_another_form_is_refused(content: bytes, forged: Forged, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"who_when_how\.json"):
        retold(forged("who_when_how.json", lambda _: content), tmp_path)


def test_what_was_not_made_anew_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    _show(Replayed(2, (), 40, (), {}, TEXTS, ()))
    said = " ".join(capsys.readouterr().out.split())
    assert "equal: 2 hits came out the same" in said and "written anew, and the same: README.txt, inference.md" in said
    assert "not made anew: the report, pictures" in said and "no time stamp: whoever holds the file could" in said
    _show(Replayed(2, (), 40, (), {}, TEXTS[:1], TEXTS[1:], stamped=True))
    said = " ".join(capsys.readouterr().out.split())
    assert "not equal: 2 hits came out the same" in said and "of these hits: inference.md, method.md" in said
    assert "time stamp" not in said
    assert not Replayed(2, (), 40, (), {}, (), ("method.md",)).equal


def test_a_damaged_pack_is_not_run(packed: Packed, tmp_path: Path) -> None:
    files = unzip(packed.path)
    name = next(name for name in files if name.endswith("B08.tif"))
    files[name] = files[name][:-1] + b"?"
    done = start("replay", str(zip_up(files, tmp_path / "bad.zip")))
    assert done.returncode == 4 and f"{name} was changed" in done.stderr


@pytest.mark.parametrize(
    ("href", "why"),
    [
        ("http://127.0.0.1:9/B04.tif", "leads elsewhere"),
        ("https://host.example/B04.tif", "leads elsewhere"),
        ("s3://store/B04.tif", "leads elsewhere"),
        ("/etc/hostname", "leads elsewhere"),
        ("./../observation/hits.geojson", "leads elsewhere"),
        ("file:///etc/hostname", "leads elsewhere"),
        (None, "leads elsewhere"),
    ],
)
def test_a_pack_makes_nobody_look_elsewhere(forged: Forged, href: str | None, why: str) -> None:
    def lead(data: bytes) -> bytes:
        told = json.loads(data)
        told["features"][2]["assets"]["red"]["href"] = href
        return json.dumps(told).encode()

    with pytest.raises(PackDamaged, match=why):
        replay_pack(forged("originals/items.json", lead), quick())


@pytest.mark.parametrize("content", [b"{}", b"[]", b"no json", b'{"features": [1]}'])
def test_items_of_another_form_are_refused(forged: Forged, content: bytes) -> None:
    with pytest.raises(PackDamaged, match=r"items\.json"):
        replay_pack(forged("originals/items.json", lambda _: content), quick())


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("observation/run.json", lambda data: data.replace(b'"margin_m": 600.0', b'"margin_m": -5.0')),
        ("observation/run.json", lambda data: data.replace(b'"crs": "EPSG:32632"', b'"crs": 5')),
        ("observation/hits.geojson", lambda data: b'{"features": [{"id": 1}]}'),
        ("airfield.geojson", lambda data: b"{}"),
    ],
)
def test_what_cannot_be_run_is_said_so_without_a_traceback(
    packed: Packed, tmp_path: Path, name: str, change: Callable[[bytes], bytes]
) -> None:
    files = unzip(packed.path)
    changed = change(files[name])
    assert changed != files[name]
    if name != "observation/hits.geojson":  # that one is looked at when all else is done
        with pytest.raises(PackDamaged) as error:
            replay_pack(zip_up(forge({**files, name: changed}), tmp_path / "x.zip"), quick())
        assert str(tmp_path / "x.zip") in str(error.value)


def test_there_must_be_a_pack(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="expected a pack"):
        replay_pack(tmp_path / "none.zip", quick())
