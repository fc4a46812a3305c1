"""Which airfields one of several machines takes: a stable hash of the id decides, and nothing else."""

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from imagery_watch.errors import UsageError
from imagery_watch.sources.airfields.known import AirfieldFile

INDEX_VARIABLES = ("JOB_COMPLETION_INDEX", "AWS_BATCH_JOB_ARRAY_INDEX")
"""Where Kubernetes (indexed jobs) and AWS Batch (array jobs) say which of a job's tasks this one is, from 0."""
MOST = 100_000
"""Shards; more are a slip of the finger."""
EXPECTED = "expected I/N, such as 3/8 for the third of eight, or /N with the index from the environment"


@dataclass(frozen=True)
class Shard:
    """One of `count` parts of all airfields; the first has the number 1."""

    number: int
    count: int

    def has(self, airfield: str) -> bool:
        """Whether an airfield, by its id in upper or lower case, is in this part: each is in exactly one.

        That depends on the id and on the count alone, so airfields that are added move no other.
        """
        digest = hashlib.sha256(airfield.upper().encode()).digest()
        return int.from_bytes(digest[:8], "big") % self.count == self.number - 1

    def choose(self, files: Iterable[AirfieldFile]) -> list[AirfieldFile]:
        """Those of the files whose airfields are in this part."""
        return [file for file in files if self.has(file.path.stem)]


ALL = Shard(1, 1)
"""The one part that is all."""


def parse_shard(text: str, environment: Mapping[str, str]) -> Shard:
    """The shard that a person, or a scheduler, means: `3/8`, counted from 1; or `/8`, with the environment's index.

    The environment counts from 0. Raises UsageError.
    """
    found = re.fullmatch(r"(\d{0,6})/(\d{1,6})", text.strip(), flags=re.ASCII)
    if not found or not 1 <= int(found[2]) <= MOST:
        raise UsageError(f"--shard {text!r}: {EXPECTED}; at most {MOST} shards")
    count = int(found[2])
    if not found[1]:
        return Shard(_read_index(text, count, environment) + 1, count)
    if not 1 <= int(found[1]) <= count:
        raise UsageError(f"--shard {text!r}: shards are counted from 1, so the first number is from 1 to {count}")
    return Shard(int(found[1]), count)


def _read_index(text: str, count: int, environment: Mapping[str, str]) -> int:
    """The index that the scheduler gave, from 0. Raises UsageError where there is none, or no such one."""
    given = {name: environment[name].strip() for name in INDEX_VARIABLES if environment.get(name, "").strip()}
    if not given:
        names = " nor ".join(INDEX_VARIABLES)
        raise UsageError(f"--shard {text!r}: neither {names} is set; {EXPECTED}")
    if len(set(given.values())) > 1:
        raise UsageError(f"--shard {text!r}: {' and '.join(given)} differ; {EXPECTED}")
    name, value = next(iter(given.items()))
    if not re.fullmatch(r"\d{1,6}", value, flags=re.ASCII) or int(value) >= count:
        raise UsageError(
            f"--shard {text!r}: {name} is {value[:20]!r}, but with {count} shards it is from 0 to {count - 1}"
        )
    return int(value)
