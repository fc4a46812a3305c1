-- A record as version 1 of the schema made it, dumped by SQLite.
BEGIN TRANSACTION;
CREATE TABLE airfields (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    aoi_hash TEXT NOT NULL,
    scored_at TEXT NOT NULL,
    outputs_due INTEGER NOT NULL       -- 1: scored, but its files were not written yet
);
INSERT INTO "airfields" VALUES('LIPB','Bolzano','aoi','2022-09-01T00:00:00Z',1);
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
INSERT INTO "hits" VALUES('LIPB-0001','LIPB','arrival','provisional',11.3289823456789,46.46289,678800.0,5148100.0,'{"after": "2022-03-06T10:21:09.024000Z", "after_items": ["S2B_1"], "airfield": "LIPB", "apron": "A", "before": "2022-03-01T10:21:09.024000Z", "before_items": ["S2A_1", "S2A_2"], "chip": null, "false_alarms_per_year": null, "heading_deg": 40.0, "id": "LIPB-0001", "kind": "arrival", "lat": 46.46289, "length_high_m": 62.5, "length_low_m": 40.0, "length_m": 50.04, "lon": 11.3289823456789, "probability": null, "score": 12.34567, "sensor": "sentinel-2", "status": "provisional", "summary": "A change consistent with the arrival of a large aircraft.", "x": 678800.0, "y": 5148100.0}','credit','2022-09-01T00:00:00Z',NULL);
CREATE TABLE looks (
    airfield TEXT NOT NULL,
    pass TEXT NOT NULL,
    apron TEXT NOT NULL,
    result TEXT NOT NULL,
    visible_fraction REAL,
    smallest_detectable_m REAL,
    registration_error_px REAL,
    reason TEXT NOT NULL,
    PRIMARY KEY (airfield, pass, apron),
    FOREIGN KEY (airfield, pass) REFERENCES passes (airfield, id)
);
INSERT INTO "looks" VALUES('LIPB','sentinel-2a_20220306','A','no_change',1.0,17.5,0.2145,'');
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
    PRIMARY KEY (airfield, id)
);
INSERT INTO "passes" VALUES('LIPB','sentinel-2a_20220306','2022-03-06T10:21:09.024000Z','["S2A_1 aa"]','scored','','hash',0,1);
CREATE TABLE sweeps (
    id INTEGER PRIMARY KEY,
    started_at TEXT NOT NULL,
    version TEXT NOT NULL,
    catalog TEXT NOT NULL,
    seconds REAL,                      -- null: still running, or killed
    exit_code INTEGER,
    new_hits INTEGER
);
INSERT INTO "sweeps" VALUES(1,'2022-09-01T00:00:00Z','0.1.0','earth-search',NULL,NULL,NULL);
CREATE INDEX hits_by_airfield ON hits (airfield);
CREATE INDEX hits_outbox ON hits (airfield) WHERE written_at IS NULL;
COMMIT;
PRAGMA application_id = 1230458194;
PRAGMA user_version = 1;
