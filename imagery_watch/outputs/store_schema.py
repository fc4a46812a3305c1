"""The tables of `monitor.sqlite`: what was looked at, what came out, and what was handed on."""

APPLICATION_ID = 0x49574D52
"""`IWMR` in SQLite's header: a file without it is not our record, and is not touched."""

SCHEMA_VERSION = 2
"""SQLite's `user_version`; a file with a higher one comes from a newer version of this package."""

STAYS = """
CREATE TABLE stays (
    id TEXT PRIMARY KEY,               -- minted once, never changed
    airfield TEXT NOT NULL REFERENCES airfields (id),
    properties TEXT NOT NULL,          -- JSON: every field of the Stay
    first_seen TEXT NOT NULL
);

CREATE INDEX stays_by_airfield ON stays (airfield);
"""

TABLES = (
    """
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
    PRIMARY KEY (airfield, pass, apron),
    FOREIGN KEY (airfield, pass) REFERENCES passes (airfield, id)
);

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
    written_at TEXT                    -- null: not handed on yet (the outbox)
);

CREATE INDEX hits_by_airfield ON hits (airfield);
CREATE INDEX hits_outbox ON hits (airfield) WHERE written_at IS NULL;
"""
    + STAYS
)

MIGRATIONS = {
    1: f"""
ALTER TABLE passes ADD COLUMN relative_orbit INTEGER;
ALTER TABLE looks ADD COLUMN standing INTEGER;
ALTER TABLE looks ADD COLUMN usual INTEGER;
{STAYS}
""",
}
"""What makes a record of one version into one of the next; all of it in one transaction."""
