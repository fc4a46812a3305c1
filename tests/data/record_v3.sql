-- A record as version 3 of the schema made it, dumped by SQLite: that of version 2, brought up to date.
BEGIN TRANSACTION;
CREATE TABLE airfields (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    aoi_hash TEXT NOT NULL,
    scored_at TEXT NOT NULL,
    outputs_due INTEGER NOT NULL       -- 1: scored, but its files were not written yet
);
INSERT INTO "airfields" VALUES('EDBF','Fehrbellin','b01dcae17e41086d','2022-09-01T06:00:00Z',0);
INSERT INTO "airfields" VALUES('TSTA','A test apron','e5dea214811b1a01','2022-09-01T06:00:00Z',0);
CREATE TABLE deliveries (              -- what was handed on; what is not here waits in the outbox
    event TEXT NOT NULL,               -- id of the hit
    revision INTEGER NOT NULL,
    channel TEXT NOT NULL,             -- file: the folder of new hits
    sent_at TEXT NOT NULL,
    PRIMARY KEY (event, revision, channel)
);
INSERT INTO "deliveries" VALUES('EDBF-20160608-18604a8976',1,'file','2022-09-01T06:00:00Z');
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
INSERT INTO "hits" VALUES('EDBF-20160608-18604a8976','EDBF','arrival','provisional',1.27635355434228348059e+01,5.27938099119572328259e+01,3.49206258649367257021e+05,5.85167850635392218809e+06,'{"after":"2016-06-08T10:10:00Z","after_items":["S2A_20160608_T33UUU_EDBF"],"airfield":"EDBF","apron":"apron-strip","before":"2016-05-29T10:10:00Z","before_items":["S2A_20160529_T33UUU_EDBF"],"chip":null,"false_alarms_per_year":0.0009423900378795037,"heading_deg":13.5,"id":"EDBF-20160608-18604a8976","kind":"arrival","lat":52.79380991195723,"length_high_m":89.5,"length_low_m":63.5,"length_m":76.5,"lon":12.763535543422835,"probability":0.9489214045168731,"score":7.66,"sensor":"sentinel-2","status":"provisional","summary":"A change consistent with the arrival of a large aircraft (about 76 m long) was seen on apron-strip by 2016-06-08 10:10 UTC; the look before: 2016-05-29 10:10 UTC.","x":349206.25864936726,"y":5851678.506353922,"before_pass":"sentinel-2a_20160529T101000","after_pass":"sentinel-2a_20160608T101000"}','Contains modified Copernicus Sentinel data 2016','2022-09-01T06:00:00Z','sentinel-2',1);
INSERT INTO "hits" VALUES('TSTA-20220612-7e734c8890','TSTA','arrival','provisional',1.13289557963839975234e+01,46.4628410555683,6.78824429094543796946e+05,5.14810980409416370099e+06,'{"after":"2022-06-12T10:20:29Z","after_items":["S2A_32TPS_20220612_0_L2A"],"airfield":"TSTA","apron":"East","before":"2022-06-07T10:30:29Z","before_items":["S2B_32TPS_20220607_1_L2A"],"chip":null,"false_alarms_per_year":0.0004934800000000001,"heading_deg":27.6,"id":"TSTA-20220612-7e734c8890","kind":"arrival","lat":46.4628410555683,"length_high_m":79.0,"length_low_m":56.0,"length_m":67.5,"lon":11.328955796383998,"probability":0.99,"score":53.58,"sensor":"sentinel-2","status":"provisional","summary":"A change consistent with the arrival of a large aircraft (about 68 m long) was seen on East by 2022-06-12 10:20 UTC; the look before: 2022-06-07 10:30 UTC.","x":678824.4290945438,"y":5148109.804094164,"before_pass":"sentinel-2b_20220607T103029","after_pass":"sentinel-2a_20220612T102029"}','Contains modified Copernicus Sentinel data 2022','2022-09-01T06:00:00Z','sentinel-2',1);
INSERT INTO "hits" VALUES('TSTA-20220622-fb9c83876c','TSTA','departure','provisional',1.13289557963839975234e+01,46.4628410555683,6.78824429094543796946e+05,5.14810980409416370099e+06,'{"after":"2022-06-22T10:20:29Z","after_items":["S2A_32TPS_20220622_0_L2A"],"airfield":"TSTA","apron":"East","before":"2022-06-17T10:30:29Z","before_items":["S2B_32TPS_20220617_1_L2A"],"chip":null,"false_alarms_per_year":0.0004934800000000001,"heading_deg":27.6,"id":"TSTA-20220622-fb9c83876c","kind":"departure","lat":46.4628410555683,"length_high_m":79.0,"length_low_m":56.0,"length_m":67.5,"lon":11.328955796383998,"probability":0.99,"score":53.58,"sensor":"sentinel-2","status":"provisional","summary":"A change consistent with the departure of a large aircraft (about 68 m long) was seen on East by 2022-06-22 10:20 UTC; the look before: 2022-06-17 10:30 UTC.","x":678824.4290945438,"y":5148109.804094164,"before_pass":"sentinel-2b_20220617T103029","after_pass":"sentinel-2a_20220622T102029"}','Contains modified Copernicus Sentinel data 2022','2022-09-01T06:00:00Z','sentinel-2',1);
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
    usual INTEGER, sensor TEXT NOT NULL DEFAULT 'sentinel-2', reason_code TEXT NOT NULL DEFAULT '',                     -- median of that number; null: not seen, or recorded before version 2
    PRIMARY KEY (airfield, pass, apron),
    FOREIGN KEY (airfield, pass) REFERENCES passes (airfield, id)
);
INSERT INTO "looks" VALUES('EDBF','sentinel-2a_20160608T101000','apron-strip','change',1.0,NULL,NULL,'no scene classification in the item; sun angles computed, not stated; not registered: only 0.79 km2 of clear ring to register on; weaker: few passes to compare with',1,0,'sentinel-2','');
INSERT INTO "looks" VALUES('TSTA','sentinel-2a_20220602T102029','East','no_change',1.0,NULL,NULL,'not registered: only 0.48 km2 of clear ring to register on; compared with passes of all orbits: its own has too few',0,0,'sentinel-2','');
INSERT INTO "looks" VALUES('TSTA','sentinel-2b_20220607T103029','East','no_change',1.0,NULL,NULL,'not registered: only 0.48 km2 of clear ring to register on; compared with passes of all orbits: its own has too few',0,0,'sentinel-2','');
INSERT INTO "looks" VALUES('TSTA','sentinel-2a_20220612T102029','East','change',1.0,NULL,NULL,'not registered: only 0.48 km2 of clear ring to register on; compared with passes of all orbits: its own has too few',1,0,'sentinel-2','');
INSERT INTO "looks" VALUES('TSTA','sentinel-2b_20220617T103029','East','no_change',1.0,NULL,NULL,'not registered: only 0.48 km2 of clear ring to register on; compared with passes of all orbits: its own has too few',1,0,'sentinel-2','');
INSERT INTO "looks" VALUES('TSTA','sentinel-2a_20220622T102029','East','change',1.0,NULL,NULL,'not registered: only 0.48 km2 of clear ring to register on; compared with passes of all orbits: its own has too few',0,0,'sentinel-2','');
INSERT INTO "looks" VALUES('TSTA','sentinel-2b_20220627T103029','East','no_change',1.0,NULL,NULL,'not registered: only 0.48 km2 of clear ring to register on; compared with passes of all orbits: its own has too few',0,0,'sentinel-2','');
INSERT INTO "looks" VALUES('TSTA','sentinel-2a_20220702T102029','East','no_change',1.0,NULL,NULL,'not registered: only 0.48 km2 of clear ring to register on; compared with passes of all orbits: its own has too few',0,0,'sentinel-2','');
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
    relative_orbit INTEGER, sensor TEXT NOT NULL DEFAULT 'sentinel-2', reason_code TEXT NOT NULL DEFAULT '',            -- null: no item tells, or recorded before version 2 and not listed since
    PRIMARY KEY (airfield, id)
);
INSERT INTO "passes" VALUES('EDBF','sentinel-2a_20160529T101000','2016-05-29T10:10:00Z','["S2A_20160529_T33UUU_EDBF 66d5c97a42df8716"]','history','','f9d58635d8833fc4',0,1,NULL,'sentinel-2','');
INSERT INTO "passes" VALUES('EDBF','sentinel-2a_20160608T101000','2016-06-08T10:10:00Z','["S2A_20160608_T33UUU_EDBF ef43a34739031e4c"]','scored','','f9d58635d8833fc4',0,1,NULL,'sentinel-2','');
INSERT INTO "passes" VALUES('TSTA','sentinel-2a_20220602T102029','2022-06-02T10:20:29Z','["S2A_32TPS_20220602_0_L2A 8fb802c1efbaf062"]','scored','','35baf27ce6fa13ed',0,2,65,'sentinel-2','');
INSERT INTO "passes" VALUES('TSTA','sentinel-2b_20220607T103029','2022-06-07T10:30:29Z','["S2B_32TPS_20220607_1_L2A 7acef7f50770818a"]','scored','','35baf27ce6fa13ed',0,2,22,'sentinel-2','');
INSERT INTO "passes" VALUES('TSTA','sentinel-2a_20220612T102029','2022-06-12T10:20:29Z','["S2A_32TPS_20220612_0_L2A c87faa3752edc2eb"]','scored','','35baf27ce6fa13ed',0,2,65,'sentinel-2','');
INSERT INTO "passes" VALUES('TSTA','sentinel-2b_20220617T103029','2022-06-17T10:30:29Z','["S2B_32TPS_20220617_1_L2A 3679d302b48a5572"]','scored','','35baf27ce6fa13ed',0,2,22,'sentinel-2','');
INSERT INTO "passes" VALUES('TSTA','sentinel-2a_20220622T102029','2022-06-22T10:20:29Z','["S2A_32TPS_20220622_0_L2A 185ba0d66121a9b4"]','scored','','35baf27ce6fa13ed',0,2,65,'sentinel-2','');
INSERT INTO "passes" VALUES('TSTA','sentinel-2b_20220627T103029','2022-06-27T10:30:29Z','["S2B_32TPS_20220627_1_L2A df301cd3fd4d653a"]','scored','','35baf27ce6fa13ed',0,2,22,'sentinel-2','');
INSERT INTO "passes" VALUES('TSTA','sentinel-2a_20220702T102029','2022-07-02T10:20:29Z','["S2A_32TPS_20220702_0_L2A 06364230b5cef5ed"]','scored','','35baf27ce6fa13ed',0,2,65,'sentinel-2','');
CREATE TABLE stays (
    id TEXT PRIMARY KEY,               -- minted once, never changed
    airfield TEXT NOT NULL REFERENCES airfields (id),
    properties TEXT NOT NULL,          -- JSON: every field of the Stay
    first_seen TEXT NOT NULL
, sensor TEXT NOT NULL DEFAULT 'sentinel-2');
INSERT INTO "stays" VALUES('EDBF-stay-20160608-c4da4a7380','EDBF','{"airfield":"EDBF","apron":"apron-strip","arrival_hit":"EDBF-20160608-18604a8976","departure_hit":null,"id":"EDBF-stay-20160608-c4da4a7380","lat":52.79380991195723,"length_m":76.5,"lon":12.763535543422835,"moved_from":null,"moved_to":null,"not_after":null,"not_before":"2016-05-29T10:10:00Z","seen_from":"2016-06-08T10:10:00Z","seen_to":"2016-06-08T10:10:00Z","first_pass":"sentinel-2a_20160608T101000","last_pass":"sentinel-2a_20160608T101000"}','2022-09-01T06:00:00Z','sentinel-2');
INSERT INTO "stays" VALUES('TSTA-stay-20220612-a9a7e6cc08','TSTA','{"airfield":"TSTA","apron":"East","arrival_hit":"TSTA-20220612-7e734c8890","departure_hit":"TSTA-20220622-fb9c83876c","id":"TSTA-stay-20220612-a9a7e6cc08","lat":46.4628410555683,"length_m":67.5,"lon":11.328955796383998,"moved_from":null,"moved_to":null,"not_after":"2022-06-22T10:20:29Z","not_before":"2022-06-07T10:30:29Z","seen_from":"2022-06-12T10:20:29Z","seen_to":"2022-06-17T10:30:29Z","first_pass":"sentinel-2a_20220612T102029","last_pass":"sentinel-2b_20220617T103029"}','2022-09-01T06:00:00Z','sentinel-2');
CREATE TABLE sweeps (
    id INTEGER PRIMARY KEY,
    started_at TEXT NOT NULL,
    version TEXT NOT NULL,
    catalog TEXT NOT NULL,
    seconds REAL,                      -- null: still running, or killed
    exit_code INTEGER,
    new_hits INTEGER
);
INSERT INTO "sweeps" VALUES(1,'2022-09-01T06:00:00Z','0.1.0','fehrbellin/items.json',2.174,0,1);
INSERT INTO "sweeps" VALUES(2,'2022-09-01T06:00:00Z','0.1.0','archive/items.json',NULL,NULL,NULL);
CREATE INDEX stays_by_airfield ON stays (airfield);
CREATE INDEX hits_by_airfield ON hits (airfield);
COMMIT;
PRAGMA application_id = 1230458194;
PRAGMA user_version = 3;
