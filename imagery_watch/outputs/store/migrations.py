"""What makes a record of an older version into one of this: `monitor.sqlite` as it was, and each step from there."""

from imagery_watch.outputs.store.schema import ALERTS, JUDGEMENTS

HITS_OF_VERSION_3 = """
CREATE TABLE hits (
    id TEXT PRIMARY KEY,               -- minted once, never changed
    airfield TEXT NOT NULL REFERENCES airfields (id),
    kind TEXT NOT NULL,
    status TEXT NOT NULL,
    lon REAL NOT NULL,
    lat REAL NOT NULL,
    x REAL NOT NULL,
    y REAL NOT NULL,
    properties TEXT NOT NULL,          -- JSON: every field of the Hit
    attribution TEXT NOT NULL,
    first_seen TEXT NOT NULL,
    sensor TEXT NOT NULL,
    revision INTEGER NOT NULL          -- 1 the first time, one more when taken back or told again; see deliveries
);

CREATE INDEX hits_by_airfield ON hits (airfield);
"""

DELIVERIES_OF_VERSION_3 = """
CREATE TABLE deliveries (              -- what was handed on; what is not here waits in the outbox
    event TEXT NOT NULL,               -- id of the hit
    revision INTEGER NOT NULL,
    channel TEXT NOT NULL,             -- file: the folder of new hits
    sent_at TEXT NOT NULL,
    PRIMARY KEY (event, revision, channel)
);
"""

STAYS_OF_VERSION_2 = """
CREATE TABLE stays (
    id TEXT PRIMARY KEY,               -- minted once, never changed
    airfield TEXT NOT NULL REFERENCES airfields (id),
    properties TEXT NOT NULL,          -- JSON: every field of the Stay
    first_seen TEXT NOT NULL
);

CREATE INDEX stays_by_airfield ON stays (airfield);
"""


def _pass_at(table: str, time: str) -> str:
    """SQL for the id of the pass at a time that a row's properties name; null where none is recorded."""
    return (
        f"(SELECT passes.id FROM passes WHERE passes.airfield = {table}.airfield "
        f"AND passes.datetime = json_extract({table}.properties, '$.{time}') LIMIT 1)"
    )


MIGRATIONS = {
    1: f"""
ALTER TABLE passes ADD COLUMN relative_orbit INTEGER;
ALTER TABLE looks ADD COLUMN standing INTEGER;
ALTER TABLE looks ADD COLUMN usual INTEGER;
{STAYS_OF_VERSION_2}
""",
    # SQLite before 3.35 cannot drop a column (written_at), so the table of hits is made anew. Hits and stays learn the
    # passes of their looks from the passes' times.
    2: f"""
ALTER TABLE passes ADD COLUMN sensor TEXT NOT NULL DEFAULT 'sentinel-2';
ALTER TABLE passes ADD COLUMN reason_code TEXT NOT NULL DEFAULT '';
ALTER TABLE looks ADD COLUMN sensor TEXT NOT NULL DEFAULT 'sentinel-2';
ALTER TABLE looks ADD COLUMN reason_code TEXT NOT NULL DEFAULT '';
ALTER TABLE stays ADD COLUMN sensor TEXT NOT NULL DEFAULT 'sentinel-2';
{DELIVERIES_OF_VERSION_3}
INSERT INTO deliveries SELECT id, 1, 'file', written_at FROM hits WHERE written_at IS NOT NULL;
DROP INDEX hits_outbox;
DROP INDEX hits_by_airfield;
ALTER TABLE hits RENAME TO hits_of_version_2;
{HITS_OF_VERSION_3}
INSERT INTO hits
SELECT id, airfield, kind, status, lon, lat, x, y,
    json_set(properties,
        '$.before_pass', coalesce({_pass_at("hits_of_version_2", "before")}, ''),
        '$.after_pass', coalesce({_pass_at("hits_of_version_2", "after")}, '')),
    attribution, first_seen, 'sentinel-2', 1
FROM hits_of_version_2;
DROP TABLE hits_of_version_2;
UPDATE stays SET properties = json_set(properties,
    '$.first_pass', coalesce({_pass_at("stays", "seen_from")}, ''),
    '$.last_pass', coalesce({_pass_at("stays", "seen_to")}, ''));
""",
    3: f"""
ALTER TABLE hits ADD COLUMN muted_by TEXT;
ALTER TABLE deliveries ADD COLUMN message TEXT;
{ALERTS}{JUDGEMENTS}
""",
}
"""What makes a record of one version into one of the next; all of it in one transaction."""
