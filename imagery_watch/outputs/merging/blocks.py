"""All that a record has of one airfield, which is taken from one record as a whole; and which record's that is."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from imagery_watch.model import Hit, Review, Turn
from imagery_watch.outputs.merging.rules import Row
from imagery_watch.outputs.reconcile.standing import restand
from imagery_watch.outputs.store.tables import parse, to_text
from imagery_watch.outputs.values import dump, load, moment
from imagery_watch.reasons import TurnCode

BLOCK = {
    "airfields": "id = ?",
    "passes": "airfield = ?",
    "looks": "airfield = ?",
    "hits": "airfield = ?",
    "stays": "airfield = ?",
    "turns": "hit IN (SELECT id FROM hits WHERE airfield = ?)",
}
"""The tables of an airfield's block, and which of their rows are an airfield's; a table refers to earlier ones."""
MICROSECOND = datetime.resolution
BlockKey = tuple[datetime, int, str]


@dataclass(frozen=True)
class Bare:
    """A hit and its changes of status as its own record had them, without what merging made of them."""

    hit: Hit
    turns: tuple[Turn, ...]


def strip(hit: Hit, turns: Sequence[Turn]) -> Bare:
    """A hit before its record was merged. What a merge notes is a review's change of status without scores, the last.

    A hit that changed since keeps it: then it is history.
    """
    if turns and is_noted_by_merge(turns[-1]):
        return Bare(replace(hit, status=turns[-1].was or hit.status), tuple(turns[:-1]))
    return Bare(hit, tuple(turns))


def is_noted_by_merge(turn: Turn) -> bool:
    """Whether a change of status was noted when records were merged: only there nobody asks for the score."""
    return turn.reason_code == TurnCode.REVIEWED and turn.score_before is None and turn.score_after is None


def stand_by(bare: Bare, reviews: Sequence[Review]) -> tuple[Hit, Turn | None]:
    """A hit as all its reviews have it, and the change of status that this is to its own record."""
    latest = max((one.reviewed_at for one in reviews), default=None)
    after = [turn.happened_at + MICROSECOND for turn in bare.turns]
    when = max([*after, *([latest] if latest is not None else [])], default=bare.hit.after)
    hit, turns = restand(bare.hit, reviews, bare.turns, when)
    return hit, replace(turns[0], score_before=None, score_after=None) if turns else None


def rank_block(rows: Mapping[str, Iterable[Row]]) -> BlockKey:
    """What decides between two records of one airfield: the larger is kept.

    When the airfield was scored; then how often its hits changed; then a hash of all that is in it, so that two that
    are equal here are the same. What people said of its hits is no part of it, for that is kept in any case.
    """
    turns = dict[str, list[Turn]]()
    for row in rows["turns"]:
        turns.setdefault(row["hit"], []).append(load(Turn, row))
    bare = {row["id"]: strip(parse(Hit, row["properties"]), turns.get(row["id"], ())) for row in rows["hits"]}
    told = {table: list(map(dict, found)) for table, found in rows.items() if table != "turns"}
    told["hits"] = [row | _describe_bare(bare[row["id"]]) for row in told["hits"]]
    lines = {table: sorted(json.dumps(row, sort_keys=True) for row in found) for table, found in told.items()}
    digest = hashlib.sha256(json.dumps(lines, sort_keys=True).encode()).hexdigest()
    return moment(told["airfields"][0]["scored_at"]), sum(len(one.turns) for one in bare.values()), digest


def _describe_bare(bare: Bare) -> dict[str, Any]:
    unreviewed, _ = restand(bare.hit, (), bare.turns, bare.hit.after)
    changes = [to_text(dump(turn)) for turn in bare.turns]
    return {"status": bare.hit.status, "properties": to_text(dump(unreviewed)), "turns": changes}
