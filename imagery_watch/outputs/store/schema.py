"""The tables of `monitor.sqlite`: what was looked at, what came out, and what was handed on."""

APPLICATION_ID = 0x49574D52
"""`IWMR` in SQLite's header: a file without it is not our record, and is not touched."""

SCHEMA_VERSION = 3
"""SQLite's `user_version`; a file with a higher one comes from a newer version of this package."""

HITS = """
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

DELIVERIES = """
CREATE TABLE deliveries (              -- what was handed on; what is not here waits in the outbox
    event TEXT NOT NULL,               -- id of the hit
    revision INTEGER NOT NULL,
    channel TEXT NOT NULL,             -- file: the folder of new hits
    sent_at TEXT NOT NULL,
    PRIMARY KEY (event, revision, channel)
);
"""

TABLES = f"""
CREATE TABLE sweeps (
    id INTEGER PRIMARY KEY,
    started_at TEXT NOT NULL,
    version TEXT NOT NULL,
    catalog TEXT NOT NULL,
    seconds REAL,                      -- null: still running, or killed
    exit_code INTEGER,
    new_hits INTEGER
);

CREATE TABLE airfields (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    aoi_hash TEXT NOT NULL,
    scored_at TEXT NOT NULL,
    outputs_due INTEGER NOT NULL       -- 1: scored, but its files were not written yet
);

CREATE TABLE passes (
    airfield TEXT NOT NULL REFERENCES airfields (id),
    id TEXT NOT NULL,                  -- the Acquisition's
    datetime TEXT NOT NULL,
    versions TEXT NOT NULL,            -- JSON list: its items, as the catalogue had them
    state TEXT NOT NULL CHECK (state IN ('scored', 'history', 'refused', 'failed')),
    reason TEXT NOT NULL,
    settings_hash TEXT NOT NULL,
    gone INTEGER NOT NULL DEFAULT 0,   -- 1: the catalogue no longer has it
    sweep INTEGER NOT NULL REFERENCES sweeps (id),
    relative_orbit INTEGER,            -- null: no item tells, or recorded before version 2 and not listed since
    sensor TEXT NOT NULL DEFAULT 'sentinel-2',
    reason_code TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (airfield, id)
);

CREATE TABLE looks (
    airfield TEXT NOT NULL,
    pass TEXT NOT NULL,
    apron TEXT NOT NULL,
    result TEXT NOT NULL,
    visible_fraction REAL,
    smallest_detectable_m REAL,
    registration_error_px REAL,
    reason TEXT NOT NULL,
    standing INTEGER,                  -- objects that came or left in some look, and were there in this one
    usual INTEGER,                     -- median of that number; null: not seen, or recorded before version 2
    sensor TEXT NOT NULL DEFAULT 'sentinel-2',
    reason_code TEXT NOT NULL DEFAULT '',  -- codes with a space between; empty: none, or recorded before version 3
    PRIMARY KEY (airfield, pass, apron),
    FOREIGN KEY (airfield, pass) REFERENCES passes (airfield, id)
);

CREATE TABLE stays (
    id TEXT PRIMARY KEY,               -- minted once, never changed
    airfield TEXT NOT NULL REFERENCES airfields (id),
    properties TEXT NOT NULL,          -- JSON: every field of the Stay
    first_seen TEXT NOT NULL,
    sensor TEXT NOT NULL DEFAULT 'sentinel-2'
);

CREATE INDEX stays_by_airfield ON stays (airfield);
{HITS}{DELIVERIES}"""

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
{DELIVERIES}
INSERT INTO deliveries SELECT id, 1, 'file', written_at FROM hits WHERE written_at IS NOT NULL;
DROP INDEX hits_outbox;
DROP INDEX hits_by_airfield;
ALTER TABLE hits RENAME TO hits_of_version_2;
{HITS}
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
}
"""What makes a record of one version into one of the next; all of it in one transaction."""
