-- What a source says about a work, as far as topics go. A further row whenever that changed, so that what was believed on any day can be
-- told; the last row of a work and source holds.
CREATE TABLE labels (
    id           INTEGER PRIMARY KEY,
    work         INTEGER NOT NULL REFERENCES works(id),
    source       TEXT NOT NULL,
    known_at     INTEGER NOT NULL,
    first_public TEXT,
    level        INTEGER NOT NULL,               -- 0 metadata, 1 abstract, 2 full text
    gone         INTEGER NOT NULL,               -- 1 while the work is deleted
    number       INTEGER NOT NULL,               -- of the version that the labels come from
    revised      TEXT NOT NULL,                  -- and its newest `revised` date
    listing      INTEGER NOT NULL,               -- 1 when they stood in an archive's listing, 0 in a full text
    labels       TEXT NOT NULL                   -- JSON array, verbatim, in the source's order
) STRICT;
CREATE INDEX labels_work ON labels(work, source, id);

INSERT INTO labels (work, source, known_at, first_public, level, gone, number, revised, listing, labels)
SELECT v.work, v.source, v.received_at, w.first_public, max(v.level, 0), w.status = 'deleted', 0, '', 0,
       (SELECT json_group_array(s.label) FROM subjects s WHERE s.work = v.work AND s.source = v.source)
FROM (SELECT work, source, min(received_at) AS received_at, max(level) AS level FROM versions GROUP BY work, source) v
JOIN works w ON w.id = v.work;

-- The classifiers that were trained. A row stays for ever, the model of the last two.
CREATE TABLE classifiers (
    id           INTEGER PRIMARY KEY,
    trained_at   INTEGER NOT NULL,
    taxonomy     INTEGER NOT NULL,               -- version of the set of topics
    trained_from TEXT NOT NULL,                  -- first and last day of the training texts
    trained_to   TEXT NOT NULL,
    n            INTEGER NOT NULL,               -- training texts
    scores       TEXT NOT NULL,                  -- JSON, on the newest part of them, by a classifier that had not seen it
    model        BLOB
) STRICT;

-- The topic of each work; a further row whenever it changed. The last row of a work holds.
CREATE TABLE topics (
    id            INTEGER PRIMARY KEY,
    work          INTEGER NOT NULL REFERENCES works(id),
    known_at      INTEGER NOT NULL,
    topic         TEXT,                          -- id in the taxonomy; null: unassigned, the classifier was not sure enough
    classifier    INTEGER REFERENCES classifiers(id), -- null: the archive's own label says so
    probabilities TEXT NOT NULL                  -- JSON, topic -> probability; empty for an archive's label
) STRICT;
CREATE INDEX topics_work ON topics(work, id);

-- What the last look at the topic mix found, for the page and the API.
CREATE TABLE drift_report (
    id      INTEGER PRIMARY KEY CHECK (id = 1),
    made_at INTEGER NOT NULL,
    report  TEXT NOT NULL,                       -- JSON
    page    TEXT NOT NULL                        -- HTML, without a frame
) STRICT;
