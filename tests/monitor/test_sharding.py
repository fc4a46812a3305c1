"""Shards: every airfield in exactly one, whoever else is there; and what people and schedulers may say."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagery_watch.errors import ExitCode, UsageError
from imagery_watch.monitor.machines.sharding import MOST, Shard, parse_shard

counts = st.integers(1, 64)
ids = st.text(st.characters(categories=("Lu", "Ll", "Nd"), max_codepoint=0x7F) | st.just("-"), min_size=1, max_size=12)
KUBERNETES, BATCH = "JOB_COMPLETION_INDEX", "AWS_BATCH_JOB_ARRAY_INDEX"


def shards_of(airfield: str, count: int) -> list[int]:
    return [number for number in range(1, count + 1) if Shard(number, count).has(airfield)]


@given(ids, counts)
def test_every_airfield_is_in_exactly_one_shard_however_it_is_spelt(airfield: str, count: int) -> None:
    assert len(shards_of(airfield, count)) == 1
    assert shards_of(airfield.lower(), count) == shards_of(airfield.upper(), count)


def test_the_shards_of_today_are_those_of_tomorrow() -> None:
    assert {name: shards_of(name, 8) for name in ("LIPB", "EDBF", "ZKPY")} == {"LIPB": [6], "EDBF": [5], "ZKPY": [2]}


def test_shards_are_about_alike() -> None:
    names = [f"{first}{second}{number:02d}" for first in "EKLZ" for second in "ABCDE" for number in range(100)]
    sizes = Counter(shards_of(name, 8)[0] for name in names)
    assert all(200 <= sizes[number] <= 300 for number in range(1, 9))


@pytest.mark.parametrize(
    ("text", "environment", "shard"),
    [
        ("3/8", {}, Shard(3, 8)),
        ("1/1", {}, Shard(1, 1)),
        (" 3/8\n", {KUBERNETES: "0"}, Shard(3, 8)),
        ("/8", {KUBERNETES: "0"}, Shard(1, 8)),
        ("/8", {BATCH: "7"}, Shard(8, 8)),
        ("/8", {BATCH: "7", KUBERNETES: "7"}, Shard(8, 8)),
        ("/8", {BATCH: "", KUBERNETES: "2"}, Shard(3, 8)),
    ],
)
def test_what_is_meant(text: str, environment: dict[str, str], shard: Shard) -> None:
    assert parse_shard(text, environment) == shard


@pytest.mark.parametrize(
    ("text", "environment", "words"),
    [
        ("0/8", {}, "from 1 to 8"),
        ("9/8", {}, "from 1 to 8"),
        ("3", {}, "expected I/N"),
        ("", {}, "expected I/N"),
        ("3/0", {}, "expected I/N"),
        ("-1/8", {}, "expected I/N"),
        ("a/b", {}, "expected I/N"),
        ("\u0663/8", {}, "expected I/N"),
        (f"1/{MOST + 1}", {}, f"at most {MOST}"),
        ("/8", {}, f"neither {KUBERNETES} nor {BATCH} is set"),
        ("/8", {KUBERNETES: "8"}, "from 0 to 7"),
        ("/8", {KUBERNETES: "first"}, "from 0 to 7"),
        ("/8", {KUBERNETES: "1", BATCH: "2"}, "differ"),
    ],
)
def test_what_cannot_be_meant(text: str, environment: dict[str, str], words: str) -> None:
    with pytest.raises(UsageError, match=words) as caught:
        parse_shard(text, environment)
    assert caught.value.exit_code == ExitCode.USAGE
