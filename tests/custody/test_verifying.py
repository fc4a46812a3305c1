"""What `doctor --pack` catches: each part changed, gone, added, renamed or doubled, and by whom it is named."""

import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.authority import Authority, running_authority
from support.line import Ran, start

from custody.conftest import OCCASION, Files, asking, forge, quick, sha256, unzip, zip_up
from imagery_watch.custody.authority import need_library, read_certificates
from imagery_watch.custody.container import MANIFEST, open_pack
from imagery_watch.custody.manifest import Entry, Manifest, list_folder, parse_manifest
from imagery_watch.custody.packing import Packed, make_pack
from imagery_watch.custody.stamps import INDEX, stamp_manifest
from imagery_watch.custody.statement import VERIFY
from imagery_watch.custody.verifying import verify_pack
from imagery_watch.errors import ExitCode, UsageError
from imagery_watch.model.check import sum_up

PARTS = {
    "README.txt": "README.txt",
    "method.md": "method.md",
    "inference.md": "inference.md",
    "who_when_how.json": "who_when_how.json",
    "airfield.geojson": "airfield.geojson",
    "observation/hits.geojson": "observation/hits.geojson",
    "observation/stays.geojson": "observation/stays.geojson",
    "observation/looks.csv": "observation/looks.csv",
    "observation/run.json": "observation/run.json",
    "originals/items.json": "originals/items.json",
    "derivatives/report.html": "derivatives/report.html",
    "/B04.tif": "/B04.tif",
    "/classes.tif": "/classes.tif",
    ".png": ".png",
    ".tsr": ".tsr",
    ".pem": ".pem",
    INDEX: INDEX,
    MANIFEST: MANIFEST,
}


def faults(path: Path) -> dict[str, str]:
    return {one.name: one.what for one in verify_pack(path) if one.state == "bad"}


def find(files: Files, end: str) -> str:
    return next(name for name in sorted(files) if name.endswith(end))


def test_a_pack_is_whole_and_says_since_when(packed: Packed, authority: Authority) -> None:
    checks = verify_pack(packed.path)
    assert [(one.name, one.state) for one in checks] == [
        ("files", "ok"), ("zip", "ok"), ("time stamp", "note"), ("time stamp's root", "note"), ("time stamp", "note"),
    ]  # fmt: skip
    assert "CN=Test authority" in checks[2].what and "CN=Test root" in checks[2].what
    assert "not trusted here" in checks[2].what  # nobody but this test trusts its root
    assert "root of their own" in checks[3].what and "--timestamp-ca FILE" in checks[3].fix
    assert checks[4].what == f"{authority.url}/down was asked and gave none: answered HTTP 503"
    assert sum_up(checks) == ExitCode.DONE


def test_a_root_that_is_given_is_trusted(packed: Packed, authority: Authority, tmp_path: Path) -> None:
    checks = verify_pack(packed.path, read_certificates(authority.root.read_bytes()))
    assert [(one.name, one.state) for one in checks if one.fix] == [("time stamp", "ok")]
    done = start("doctor", "--pack", str(packed.path), "--timestamp-ca", str(authority.root), "--json")
    assert [row["state"] for row in json.loads(done.stdout)] == ["ok", "ok", "ok", "note"]
    (tmp_path / "none.pem").write_text("none")
    for options in (
        ["--pack", str(packed.path), "--timestamp-ca", str(tmp_path / "none.pem")],
        ["--timestamp-ca", "x"],
    ):
        assert (done := start("doctor", *options)).returncode == 2 and "--timestamp-ca" in done.stderr


def test_who_stamps_a_changed_pack_by_a_root_of_their_own_is_not_believed(
    small: Files, authority: Authority, tmp_path: Path
) -> None:
    with running_authority(tmp_path) as own:
        changed = {name: data for name, data in small.items() if not name.startswith("timestamps/")}
        changed["README.txt"] = b"read otherwise"
        entries = tuple(
            Entry(one, len(changed[one]), sha256(changed[one])) for one in sorted(changed) if one != MANIFEST
        )
        asked = asking(own, "")
        changed[MANIFEST] = Manifest(entries, tuple(asked.urls)).as_bytes()
        stamps, _ = stamp_manifest(changed[MANIFEST], asked.urls, asked.exchange, asked.known)
    path = zip_up({MANIFEST: changed.pop(MANIFEST), **stamps, **changed}, tmp_path / "changed.zip")
    for roots in ([], read_certificates(authority.root.read_bytes())):  # of the same names, and not the same
        checks = verify_pack(path, roots)
        assert [one.name for one in checks if one.state == "note"] == ["time stamp", "time stamp's root"]
        assert not [one for one in checks if one.name == "time stamp" and one.state == "ok"]


@pytest.mark.parametrize("end", PARTS)
def test_a_flipped_byte_is_caught_and_its_file_named(packed: Packed, tmp_path: Path, end: str) -> None:
    files = unzip(packed.path)
    name = find(files, end)
    middle = len(files[name]) // 2
    changed = bytes([files[name][middle] ^ 4])
    files[name] = files[name][:middle] + changed + files[name][middle + 1 :]
    found = faults(zip_up(files, tmp_path / "changed.zip"))
    assert found and (name in found or end in (MANIFEST, INDEX)), found  # these two name others' sums


@pytest.mark.parametrize("end", [end for end in PARTS if end != MANIFEST])
def test_a_file_that_is_gone_is_named(packed: Packed, tmp_path: Path, end: str) -> None:
    files = unzip(packed.path)
    name = find(files, end)
    del files[name]
    assert name in faults(zip_up(files, tmp_path / "without.zip"))


def test_without_a_manifest_nothing_is_believed(packed: Packed, tmp_path: Path) -> None:
    files = unzip(packed.path)
    del files[MANIFEST]
    assert MANIFEST in faults(zip_up(files, tmp_path / "without.zip"))


@pytest.mark.parametrize("name", ["observation/more.csv", "timestamps/more.tsr", "more"])
def test_a_file_that_was_added_is_named(packed: Packed, tmp_path: Path, name: str) -> None:
    assert [*faults(zip_up({**unzip(packed.path), name: b"more"}, tmp_path / "more.zip"))] == [name]


def test_a_renamed_file_is_gone_and_added(packed: Packed, tmp_path: Path) -> None:
    files = unzip(packed.path)
    files["observation/looks2.csv"] = files.pop("observation/looks.csv")
    assert {*faults(zip_up(files, tmp_path / "renamed.zip"))} == {"observation/looks.csv", "observation/looks2.csv"}


@pytest.mark.parametrize("name", ["observation/looks.csv", "OBSERVATION/LOOKS.CSV"])
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_that_is_there_twice_is_named(packed: Packed, tmp_path: Path, name: str) -> None:
    path = tmp_path / "twice.zip"
    path.write_bytes(packed.path.read_bytes())
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(name, b"other,looks\n")
    told = [one.what for one in verify_pack(path) if one.name == "observation/looks.csv"]
    assert told == ["is in the zip 2 times", "is missing"]


def test_files_in_a_zip_of_another_program_are_whole_and_the_zip_is_noted(packed: Packed, tmp_path: Path) -> None:
    path = tmp_path / "again.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in unzip(packed.path).items():
            archive.writestr(name, data)
    checks = verify_pack(path)
    assert [(one.name, one.state) for one in checks][:3] == [("files", "ok"), ("zip", "note"), ("time stamp", "note")]


def test_a_root_that_this_machine_trusts_is_told_so(
    packed: Packed, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.root))
    [stamp] = [one for one in verify_pack(packed.path) if one.fix]
    assert stamp.state == "ok" and "(trusted here)" in stamp.what


def test_who_forges_the_manifest_has_no_stamp_for_it(packed: Packed, tmp_path: Path) -> None:
    files = unzip(packed.path)
    files["observation/hits.geojson"] = files["observation/hits.geojson"].replace(b"arrival", b"arrives")
    found = faults(zip_up(forge(files), tmp_path / "forged.zip"))
    assert found["observation/hits.geojson"] == "is not the one that the run's own run.json vouches for"
    [stamp] = [what for name, what in found.items() if name.endswith(".tsr")]
    assert "Mismatch between messages" in stamp


def test_stamps_cannot_be_left_out_silently(packed: Packed, tmp_path: Path) -> None:
    files = {name: data for name, data in unzip(packed.path).items() if not name.startswith("timestamps/")}
    assert "2 authorities were asked" in faults(zip_up(files, tmp_path / "bare.zip"))[INDEX]


def test_the_line_for_openssl_works_and_so_does_the_one_for_sha256sum(packed: Packed, tmp_path: Path) -> None:
    with zipfile.ZipFile(packed.path) as archive:
        archive.extractall(tmp_path)
    stamp = next(one for one in verify_pack(packed.path) if one.fix)
    assert (
        "Verification: OK" in subprocess.run(stamp.fix, shell=True, cwd=tmp_path, capture_output=True, text=True).stdout
    )
    listed = subprocess.run(VERIFY, shell=True, cwd=tmp_path, capture_output=True, text=True)
    assert (listed.returncode, listed.stdout, listed.stderr) == (0, "", "")
    assert VERIFY in (tmp_path / "README.txt").read_text()
    (tmp_path / "method.md").write_text("otherwise")
    again = subprocess.run(VERIFY, shell=True, cwd=tmp_path, capture_output=True, text=True)
    assert again.returncode != 0 and "method.md: FAILED" in again.stdout


@pytest.fixture(scope="module")
def small(authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> Files:
    """A pack of a few bytes, stamped."""
    folder = tmp_path_factory.mktemp("small")
    for name, text in {"README.txt": "read", "observation/run.json": '{"files": {}}'}.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    asked = asking(authority, "")
    manifest = Manifest(list_folder(folder), tuple(asked.urls)).as_bytes()
    stamps, _ = stamp_manifest(manifest, asked.urls, asked.exchange, asked.known)
    return {
        MANIFEST: manifest,
        **stamps,
        **{entry.path: (folder / entry.path).read_bytes() for entry in list_folder(folder)},
    }


@settings(max_examples=100)
@given(data=st.data())
def test_no_bit_of_a_pack_can_be_changed_without_a_word(
    small: Files, authority: Authority, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    path, roots = tmp_path_factory.getbasetemp() / "flipped.zip", read_certificates(authority.root.read_bytes())
    content = bytearray(zip_up(small, path).read_bytes())
    assert {one.state for one in verify_pack(path, roots)} == {"ok"}
    content[data.draw(st.integers(0, len(content) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    path.write_bytes(content)
    assert {one.state for one in verify_pack(path, roots)} != {"ok"}


@pytest.mark.parametrize(
    "name", ["../evil", "/evil", "a/../../evil", "C:evil", "a\\evil", "NUL", "con.txt", ".hidden", "a//b", "ä"]
)
def test_names_that_lead_elsewhere_are_faults(small: Files, tmp_path: Path, name: str) -> None:
    path = tmp_path / "evil.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for known, data in small.items():
            archive.writestr(known, data)
        archive.writestr(name, b"evil")
    assert "has a name that no file of a pack has" in faults(path).values()
    with open_pack(path) as pack:
        assert {*pack.sizes} == {*small}


def test_what_unpacks_to_far_more_is_not_unpacked(small: Files, tmp_path: Path) -> None:
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for known, data in {**small, "bomb": bytes(20_000_000)}.items():
            archive.writestr(known, data)
    assert "more than a pack has" in faults(path)["bomb.zip"]


@pytest.mark.parametrize("content", [b"", b"PK", b"no zip at all", b"PK\5\6" + bytes(18)])
def test_what_is_no_pack_is_damaged(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.zip").write_bytes(content)
    checks = verify_pack(tmp_path / "x.zip")
    assert sum_up(checks) == ExitCode.STORE
    with pytest.raises(UsageError, match="No such file"):
        verify_pack(tmp_path / "y.zip")


def test_half_a_pack_is_damaged(packed: Packed, tmp_path: Path) -> None:
    (tmp_path / "half.zip").write_bytes(packed.path.read_bytes()[: packed.size // 2])
    [check] = verify_pack(tmp_path / "half.zip")
    assert check.name == "half.zip" and "is no zip, or not all of one" in check.what


@pytest.mark.parametrize(
    "change",
    [
        lambda told: [told],
        lambda told: {**told, "version": 2},
        lambda told: {**told, "files": [{"path": "a", "size": "1", "sha256": ""}]},
        lambda told: {**told, "files": [{"path": "../a", "size": 1, "sha256": ""}]},
        lambda told: {**told, "files": None},
        lambda told: {**told, "more": 1},
    ],
)
def test_a_manifest_of_another_form_is_refused(small: Files, change: Callable[..., object]) -> None:
    with pytest.raises(ValueError):
        parse_manifest(json.dumps(change(json.loads(small[MANIFEST]))).encode())


def test_the_command_says_it_and_ends_with_4(packed: Packed, tmp_path: Path) -> None:
    fine = start("doctor", "--pack", str(packed.path), "--json")
    assert fine.returncode == 0 and {row["state"] for row in json.loads(fine.stdout)} == {"ok", "note"}
    files = unzip(packed.path)
    files["method.md"] += b"."
    bad = start("doctor", "--pack", str(zip_up(files, tmp_path / "bad.zip")))
    assert bad.returncode == 4 and "bad  method.md: was changed" in bad.stdout


def test_the_same_run_and_occasion_give_the_same_bytes(
    packed: Packed, plain: Ran, authority: Authority, tmp_path: Path
) -> None:
    asked = asking(authority, "/stamp", "/down?key=secret")
    again = make_pack(plain.folder, (), tmp_path / "again.zip", quick(), OCCASION, authorities=asked)
    assert unzip(again.path)[MANIFEST] == unzip(packed.path)[MANIFEST]  # it has the sums of all others


def test_without_the_library_stamps_are_kept_and_told_as_not_checked(
    packed: Packed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "rfc3161_client", None)
    checks = verify_pack(packed.path)
    assert [one.fix for one in checks if one.state == "bad"] == ["pip install rfc3161-client"]
    assert sum_up(checks) == ExitCode.INCOMPLETE
    with pytest.raises(UsageError, match="pip install rfc3161-client"):
        need_library()


def test_a_pack_without_a_stamp_says_what_that_leaves_open_and_what_was_not_made_anew(
    packed: Packed, tmp_path: Path
) -> None:
    own = {name: data for name, data in unzip(packed.path).items() if not name.startswith(("timestamps/", MANIFEST))}
    entries = tuple(sorted(Entry(name, len(data), sha256(data)) for name, data in own.items()))
    checks = verify_pack(zip_up({**own, MANIFEST: Manifest(entries).as_bytes()}, tmp_path / "bare.zip"))
    told = {one.name: one for one in checks}
    assert "nothing was computed anew" in told["files"].what
    assert "could have rewritten texts, pictures and manifest.json alike" in told["time stamp"].what
    assert sum_up(checks) == ExitCode.DONE
