"""Every way in which a server of ranges can go wrong, in every form, at every moment: right pixels, or a sentence."""

import json
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from support.fault_modes import BUSY, MODES, PHASES, SLOW
from support.fault_readings import CROPS, VIEW, Outcome, View, read, write_files
from support.fault_server import FaultServer, serve_faults

from imagery_watch.settings import Settings
from imagery_watch.sources.network import pools

pytestmark = pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
QUICK, PATIENT = Settings(timeout_s=0.4, retries=1), Settings(timeout_s=3.0, retries=1)
"""For servers that are slow, and for those that are not: these must not fail where the machine is busy."""
LONGEST_S = 12.0
"""A reading of two requests, each tried twice, each for as long as an exchange may take at the first of these: 5 s."""
SHAPES = ("cog", "wide", "jp2")
BENIGN = {"well", "chunks", "no_length_whole", "continue_first", "longer_unsaid"}
"""Unusual, and right."""
OVERCOME = {
    *("status_408", "status_429", "status_500", "status_502", "status_503", "status_504"),
    *(BUSY.keys() - {"busy_words"}),
    *("short_reset", "short_close", "short_and_so_said", "no_bytes", "no_length_short", "chunks_cut"),
    *("chunks_of_no_size", "silent", "silent_body", "silent_middle", "drip_body", "drip_header", "drip_status"),
    *("continue_forever", "headers_forever", "giant_header", "many_headers", "garbage_status", "status_in_words"),
    *("bytes_alone", "nothing_at_all", "reset", "alert_of_tls"),
}
"""Where the first answer alone is so, the second is believed."""
WHOLE = f"{(CROPS['A'] != CROPS['B'])[VIEW.rows, VIEW.cols].mean():.1%} of the pixels"
"""Where the other day's crop differs."""
REPLACED = {"another_file", "another_file_same_name"}
"""In a second reading, the file that is there now."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FaultServer]:
    with serve_faults(write_files(tmp_path_factory.mktemp("served"))) as server:
        yield server


@pytest.fixture(autouse=True)
def no_long_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server may ask for a pause of a minute; here of a moment."""
    monkeypatch.setattr(pools, "LONGEST_WAIT_S", 0.2)


def outcome_of(server: FaultServer, mode: str, phase: str, form: str) -> Outcome:
    key, settings = uuid.uuid4().hex, QUICK if mode in SLOW else PATIENT
    url = f"{server.url}/{mode}/{phase}/{key}/A.{form}?sig=CANARY"
    if phase == "again":
        assert read(url, PATIENT).kind == "right"
        server.arm(key)
    return read(url, settings)


def is_fine(outcome: Outcome, mode: str, phase: str, form: str) -> bool:
    """Whether an outcome is one of those that may be."""
    if mode in BENIGN or (mode in OVERCOME and phase in ("open", "passing")):
        return outcome.kind == "right"
    if mode in REPLACED and phase == "again" and outcome.kind == "stale":
        return True  # another test looks closer
    if mode == "bits" and (form != "cog" or phase in ("open", "header")):
        return outcome.kind in ("right", "failed", "refused", "wrong")  # nothing in the file tells them
    if form == "wide" and outcome.words == "raster_layout":
        return True  # see test_a_fault_in_the_rest_of_a_header_may_pass
    return outcome.kind in ("right", "failed")


@pytest.mark.parametrize("form", SHAPES)
@pytest.mark.parametrize("mode", MODES)
def test_no_answer_of_a_server_becomes_a_wrong_pixel(server: FaultServer, mode: str, form: str) -> None:
    """At the first request, in the header, among the pixels, in passing, and in a second reading of the file."""
    with ThreadPoolExecutor(len(PHASES)) as pool:
        outcomes = dict(zip(PHASES, pool.map(lambda phase: outcome_of(server, mode, phase, form), PHASES), strict=True))
    for phase in ("open", "passing"):
        if mode in SLOW and not is_fine(outcomes[phase], mode, phase, form):
            outcomes[phase] = outcome_of(server, mode, phase, form)  # a busy machine is slow, too
    amiss = {phase: one for phase, one in outcomes.items() if not is_fine(one, mode, phase, form)}
    assert amiss == {}
    assert max(one.seconds for one in outcomes.values()) < LONGEST_S
    sentences = [one.sentence for one in outcomes.values() if one.kind in ("failed", "refused")]
    assert all(f"A.{form}" in one and " " in one and "CANARY" not in one for one in sentences)


def test_the_matrix_is_as_large_as_was_asked_and_nobody_followed_a_redirect(server: FaultServer) -> None:
    for mode in MODES:
        if mode.startswith("redirect") or mode == "choices":
            for phase in PHASES:
                assert outcome_of(server, mode, phase, "cog").kind == "failed"
    assert len(MODES) >= 40 and len(SHAPES) >= 2 and len(PHASES) >= 3
    assert server.state().get("canary", 0) == 0


@pytest.mark.parametrize("form", SHAPES)
@pytest.mark.parametrize("mode", sorted(REPLACED))
def test_a_file_that_was_replaced_is_read_whole_as_it_is_now(server: FaultServer, mode: str, form: str) -> None:
    key = uuid.uuid4().hex
    url = f"{server.url}/{mode}/again/{key}/A.{form}"
    assert read(url, PATIENT).kind == "right"
    server.arm(key)
    outcome = read(url, PATIENT, "B")
    assert outcome.kind in ("right", "failed"), outcome


@pytest.mark.parametrize("form", SHAPES)
def test_a_file_that_is_replaced_while_many_read_it_is_never_mixed(server: FaultServer, form: str) -> None:
    """Those who began before may fail; whoever gets pixels gets all of one file, and in the end it is the new one."""
    key = uuid.uuid4().hex
    url = f"{server.url}/another_file/again/{key}/A.{form}"

    def read_one(number: int) -> Outcome:
        if number == 60:
            server.arm(key)
        return read(url, PATIENT)

    with ThreadPoolExecutor(12) as pool:
        outcomes = [*pool.map(read_one, range(120))]
    assert {one.kind for one in outcomes} <= {"right", "failed", "stale"}
    mixed = [one for one in outcomes if one.kind == "stale" and not one.words.startswith(WHOLE)]
    assert mixed == [] and outcomes[0].kind == "right" and outcomes[-1].kind == "stale"


def test_a_connection_that_is_reset_at_once_is_a_failed_read(server: FaultServer) -> None:
    outcome = read(f"{server.resets}/A.cog", PATIENT)
    assert (outcome.kind, outcome.words) == ("failed", "server_silent")


@pytest.mark.parametrize("mode", ["status_503", "short_reset", "silent"])
def test_a_fault_in_the_rest_of_a_header_may_pass(server: FaultServer, mode: str) -> None:
    """A header that is longer than the first request, and a server that is busy when the rest is asked for."""
    assert outcome_of(server, mode, "header", "wide").kind == "failed"


@pytest.mark.parametrize("mode", ["zeros", "zeros_behind"])
def test_zeros_in_place_of_pixels_that_betray_nothing_are_nothing(server: FaultServer, mode: str) -> None:
    """A file that is not packed cannot tell; its zeros are no data, never dark ground, and the others are right."""
    assert outcome_of(server, mode, "tiles", "raw").kind == "zeros"


HALVES = [("A", View(slice(69, 115), slice(64, 74))), ("B", View(slice(1, 61), slice(162, 172))),
          ("B", View(slice(16, 62), slice(72, 90)))]  # fmt: skip


@pytest.mark.parametrize(("letter", "view"), HALVES)
def test_zeros_in_the_second_half_of_a_body_are_seen(server: FaultServer, letter: str, view: View) -> None:
    url = f"{server.url}/zeros_behind/tiles/{uuid.uuid4().hex}/{letter}.cog"
    assert read(url, PATIENT, letter, view).kind in ("right", "failed")


def test_files_tell_where_their_pixels_begin(tmp_path: Path) -> None:
    """Else a fault in the header would not be one."""
    told = json.loads((write_files(tmp_path) / "files.json").read_text())
    ends = {name: one["header_end"] for name, one in told.items()}
    assert ends["A.wide"] > 64 * 1024 and max(ends["A.cog"], ends["A.jp2"], ends["A.raw"]) < 8 * 1024
