"""What was wrong on an earlier day: seen once it may pass, seen again on a later day it is how things are."""

import hashlib
import json
import os
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from imagery_watch.atomic import replace_whole

LATER = timedelta(hours=20)
"""Between two doubts that confirm one another: midnight may be two minutes away, and a daily run may be early."""


@dataclass(frozen=True)
class Doubts:
    """Notes below the cache's folder, one a subject; without them everything is seen for the first time."""

    folder: Path
    now: datetime
    """Aware."""

    def recall(self, subject: str, what: str) -> date | None:
        """The day (UTC) on which this was noted of a subject, `LATER` ago or more; None the first time: noted now."""
        path = Path(self._path(subject))
        try:
            noted = json.loads(path.read_text(encoding="utf-8"))
            first = datetime.fromisoformat(noted["first"])
            first = first if first.tzinfo else first.replace(tzinfo=UTC)
            if noted["what"] == what and first <= self.now + LATER:  # else the clock was wrong
                return first.astimezone(UTC).date() if self.now - first >= LATER else None
        except (OSError, ValueError, LookupError, TypeError):
            pass
        content = json.dumps({"what": what, "first": self.now.isoformat()})
        with suppress(OSError):
            replace_whole(path, content.encode())
        return None

    def forget(self, subject: str) -> None:
        """All is well with a subject: what is wrong with it later is new."""
        with suppress(OSError):
            os.unlink(self._path(subject))  # noqa: PTH108 - for each window there is; most have no note

    def _path(self, subject: str) -> str:
        name = hashlib.sha256(subject.encode()).hexdigest()
        return f"{self.folder}{os.sep}doubts{os.sep}{name[:2]}{os.sep}{name}.json"
