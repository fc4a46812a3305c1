"""The tables of `monitor.sqlite`: what was looked at, what came out, who judged it, and what was handed on."""

APPLICATION_ID = 0x49574D52
"""`IWMR` in SQLite's header: a file without it is not our record, and is not touched."""

SCHEMA_VERSION = 4
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
    revision INTEGER NOT NULL,         -- 1 the first time, one more when taken back or told again; see deliveries
    muted_by TEXT                      -- the rejected hit at whose place this one is, and no stronger: no news; or null
);

CREATE INDEX hits_by_airfield ON hits (airfield);
"""

DELIVERIES = """
CREATE TABLE deliveries (              -- what was handed on; what is not here waits in the outbox
    event TEXT NOT NULL,               -- id of the hit
    revision INTEGER NOT NULL,
    channel TEXT NOT NULL,             -- file: the folder of new hits; else the name of a channel
    sent_at TEXT NOT NULL,             -- for a channel with messages: when it was put into one, or held back
    message TEXT,                      -- id of the message that holds it; null: a file, or held back by a silence
    PRIMARY KEY (event, revision, channel)
);
"""

ALERTS = """
CREATE TABLE messages (                -- composed once, sent until it is accepted, always under the same id
    id TEXT PRIMARY KEY,
    channel TEXT NOT NULL,
    body TEXT NOT NULL,                -- JSON: what is told, whole
    composed_at TEXT NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0,
    next_try_at TEXT NOT NULL,
    last_error TEXT NOT NULL DEFAULT '',
    sent_at TEXT                       -- null: waits
);

CREATE INDEX messages_waiting ON messages (channel) WHERE sent_at IS NULL;

CREATE TABLE troubles (                -- what keeps the watch from looking; one row a trouble, kept when it ended
    subject TEXT NOT NULL,             -- what is in trouble: catalogue NAME, airfield ID, sight ID
    since TEXT NOT NULL,
    text TEXT NOT NULL,
    last_seen TEXT NOT NULL,
    told_at TEXT,                      -- when a message last told of it; null: not yet
    ended_at TEXT,                     -- null: it goes on
    end_told_at TEXT,
    PRIMARY KEY (subject, since)
);

CREATE TABLE silences (                -- an airfield of which no message is sent for a time; its hits stay in the feed
    id INTEGER PRIMARY KEY,
    airfield TEXT NOT NULL,            -- empty: all
    note TEXT NOT NULL,
    made_at TEXT NOT NULL,
    ends_at TEXT NOT NULL              -- moved to now where it is ended early
);
"""

JUDGEMENTS = """
CREATE TABLE reviews (                 -- what people said of hits; never overwritten; each reviewer's newest counts
    hit TEXT NOT NULL,
    airfield TEXT NOT NULL,
    verdict TEXT NOT NULL CHECK (verdict IN ('confirmed', 'rejected', 'unsure')),
    note TEXT NOT NULL,
    reviewer TEXT NOT NULL,
    reviewed_at TEXT NOT NULL,
    PRIMARY KEY (hit, reviewer, reviewed_at)
);

CREATE INDEX reviews_by_airfield ON reviews (airfield);

CREATE TABLE turns (                   -- how the standing of a hit changed, and why
    hit TEXT NOT NULL,
    happened_at TEXT NOT NULL,
    was TEXT NOT NULL,                 -- its status before; empty: it was not there
    became TEXT NOT NULL,
    reason_code TEXT NOT NULL,
    score_before REAL,
    score_after REAL,
    PRIMARY KEY (hit, happened_at, became)
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
{HITS}{DELIVERIES}{ALERTS}{JUDGEMENTS}"""
