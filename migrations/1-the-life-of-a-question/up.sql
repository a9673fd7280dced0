-- One paper in one venue.
CREATE TABLE works (
    id            INTEGER PRIMARY KEY,
    key           TEXT NOT NULL UNIQUE,          -- strongest identifier: DOI, pmid:…, PMC…, PPR…
    title         TEXT NOT NULL,
    status        TEXT NOT NULL,                 -- current, withdrawn, retracted, concern, deleted
    status_reason TEXT,                          -- what says so
    status_since  TEXT,                          -- date on which we learnt it
    current       INTEGER REFERENCES versions(id) DEFERRABLE INITIALLY DEFERRED, -- the version that owns the text
    first_public  TEXT,                          -- earliest date any version was public
    first_full    TEXT,                          -- earliest date known to the day
    first_partial TEXT,                          -- earliest date known only to the month or year
    created_at    INTEGER NOT NULL
) STRICT;

-- Every identifier of every work, in the form of `Ids::key`.
CREATE TABLE work_ids (
    name TEXT PRIMARY KEY,
    work INTEGER NOT NULL REFERENCES works(id)
) STRICT, WITHOUT ROWID;
CREATE INDEX work_ids_work ON work_ids(work);

-- One posted text of a work, as one source gives it.
CREATE TABLE versions (
    id               INTEGER PRIMARY KEY,
    work             INTEGER NOT NULL REFERENCES works(id),
    source           TEXT NOT NULL,
    number           INTEGER NOT NULL,           -- posted version, from 1
    status           TEXT NOT NULL,              -- listed, parsed, superseded, withheld
    level            INTEGER NOT NULL,           -- 0 metadata, 1 abstract, 2 full text
    withheld         INTEGER NOT NULL,           -- 1 when its text is a withdrawal notice
    text             INTEGER REFERENCES texts(id) DEFERRABLE INITIALLY DEFERRED,
    record           BLOB NOT NULL,              -- the document without its passages' texts, JSON, zstd
    record_hash      BLOB NOT NULL,              -- of the above before compression
    revised          TEXT NOT NULL,              -- newest `revised` date of the record, or empty
    title            TEXT NOT NULL,
    article_type     TEXT NOT NULL,
    venue            TEXT,
    licence          TEXT NOT NULL,              -- normalised
    licence_received TEXT NOT NULL,
    licence_origin   TEXT NOT NULL,
    licence_holder   TEXT,
    origin           TEXT NOT NULL,              -- where the bytes came from
    full_text_url    TEXT,
    issues           TEXT NOT NULL,              -- JSON, as `ParseIssue`
    received_at      INTEGER NOT NULL,
    UNIQUE (work, source, number)
) STRICT;

-- A text a version had; more than one when an abstract was upgraded or a record corrected.
CREATE TABLE texts (
    id         INTEGER PRIMARY KEY,
    version    INTEGER NOT NULL REFERENCES versions(id),
    hash       BLOB NOT NULL,
    drafted_at INTEGER,                          -- when questions were last drafted from it
    UNIQUE (version, hash)
) STRICT;

-- A block of a text. Never changed once written. id = text * 65536 + ordinal.
CREATE TABLE passages (
    id           INTEGER PRIMARY KEY,
    section      TEXT NOT NULL,
    section_kind TEXT NOT NULL,
    kind         TEXT NOT NULL,
    body         TEXT NOT NULL
) STRICT;

-- Records already taken in, so that a second delivery costs one look-up.
CREATE TABLE seen (
    version INTEGER NOT NULL REFERENCES versions(id),
    hash    BLOB NOT NULL,                       -- of record and text together
    PRIMARY KEY (version, hash)
) STRICT, WITHOUT ROWID;

-- The archives' own subject labels, verbatim.
CREATE TABLE subjects (
    work   INTEGER NOT NULL REFERENCES works(id),
    source TEXT NOT NULL,
    label  TEXT NOT NULL,
    PRIMARY KEY (work, source, label)
) STRICT, WITHOUT ROWID;

-- What records said about a work's standing. Kept until a person removes it.
CREATE TABLE statements (
    work   INTEGER NOT NULL REFERENCES works(id),
    status TEXT NOT NULL,
    origin TEXT NOT NULL,                        -- title, type:withdrawn, RetractionIn, …
    source TEXT NOT NULL,
    PRIMARY KEY (work, status, origin, source)
) STRICT, WITHOUT ROWID;

-- What a work is to another, which may be unknown yet: `target` has the form of `Ids::key`.
CREATE TABLE relations (
    work     INTEGER NOT NULL REFERENCES works(id),
    relation TEXT NOT NULL,
    target   TEXT NOT NULL,
    received TEXT NOT NULL,                      -- the source's own word
    note     TEXT,
    PRIMARY KEY (work, relation, target)
) STRICT, WITHOUT ROWID;
CREATE INDEX relations_target ON relations(target, relation);

-- The same, stated by a source in a list of its own, about a work that may be unknown yet.
CREATE TABLE links (
    name     TEXT NOT NULL,
    relation TEXT NOT NULL,
    target   TEXT NOT NULL,
    source   TEXT NOT NULL,
    PRIMARY KEY (name, relation, target)
) STRICT, WITHOUT ROWID;
CREATE INDEX links_target ON links(target, relation);

-- Identifiers an archive removed; a later delivery of the same identifier takes the row away.
CREATE TABLE deletions (
    name       TEXT PRIMARY KEY,
    source     TEXT NOT NULL,
    deleted_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE generators (
    id          INTEGER PRIMARY KEY,
    kind        TEXT NOT NULL,
    model       TEXT NOT NULL,
    prompt_hash TEXT NOT NULL,
    UNIQUE (kind, model, prompt_hash)
) STRICT;

CREATE TABLE questions (
    id           INTEGER PRIMARY KEY,
    hash         BLOB NOT NULL UNIQUE,           -- `QuestionId`, 16 bytes
    work         INTEGER NOT NULL REFERENCES works(id),
    text         INTEGER NOT NULL REFERENCES texts(id),
    status       TEXT NOT NULL,                  -- drafted, accepted, rejected, withdrawn
    question     TEXT NOT NULL,
    answer_type  TEXT NOT NULL,
    answer       TEXT NOT NULL,                  -- JSON, as `AnswerSpec`
    generator    INTEGER NOT NULL REFERENCES generators(id),
    verification TEXT NOT NULL,                  -- JSON, one [stage, verdict, reason, score, model] a stage
    tier         TEXT,
    reason       TEXT,                           -- why rejected (stage: word) or withdrawn
    withdrawn_on TEXT,
    topic        TEXT,                           -- JSON: id and probabilities; null until labelled
    difficulty   TEXT,                           -- JSON: pass rate, k, solver, date; null if not measured
    split        TEXT,
    released_in  TEXT,
    created_at   INTEGER NOT NULL
) STRICT;
CREATE INDEX questions_work ON questions(work, status);
CREATE INDEX questions_status ON questions(status, reason);

-- A byte span of a passage: passages.body[start..end] = quote.
CREATE TABLE evidence (
    question   INTEGER NOT NULL REFERENCES questions(id),
    position   INTEGER NOT NULL,
    passage    INTEGER NOT NULL REFERENCES passages(id),
    start      INTEGER NOT NULL,
    "end"      INTEGER NOT NULL,
    quote      TEXT NOT NULL,
    PRIMARY KEY (question, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE jobs (
    id          INTEGER PRIMARY KEY,
    kind        TEXT NOT NULL,
    key         TEXT NOT NULL,                   -- at most one queued job for one kind and key
    payload     TEXT NOT NULL,                   -- JSON
    status      TEXT NOT NULL,                   -- queued, running, succeeded, failed, cancelled
    priority    INTEGER NOT NULL,
    attempts    INTEGER NOT NULL,
    run_after   INTEGER NOT NULL,                -- on the service's clock
    lease_until INTEGER,                         -- on the system's clock
    error       TEXT,
    created_at  INTEGER NOT NULL,
    ended_at    INTEGER
) STRICT;
CREATE UNIQUE INDEX jobs_queued ON jobs(kind, key) WHERE status = 'queued';
CREATE INDEX jobs_next ON jobs(status, kind, priority DESC, run_after, id);

-- How far each source was read, per day.
CREATE TABLE checkpoints (
    source   TEXT NOT NULL,
    day      TEXT NOT NULL,
    state    TEXT NOT NULL,                      -- JSON, the source's own
    moved_at INTEGER NOT NULL,
    PRIMARY KEY (source, day)
) STRICT, WITHOUT ROWID;

-- Files taken in whole, by the hash of their bytes.
CREATE TABLE files (
    hash     BLOB PRIMARY KEY,
    name     TEXT NOT NULL,
    outcome  TEXT NOT NULL,                      -- parsed, or not_an_article:kind
    taken_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Answers of model servers by the hash of the whole request: no call is paid twice.
CREATE TABLE model_calls (
    hash              BLOB PRIMARY KEY,
    model             TEXT NOT NULL,
    request           BLOB NOT NULL,             -- zstd
    response          BLOB NOT NULL,             -- zstd
    prompt_tokens     INTEGER NOT NULL,
    completion_tokens INTEGER NOT NULL,
    cost_micros       INTEGER NOT NULL,          -- millionths of the configured currency
    called_at         INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX model_calls_when ON model_calls(called_at);

-- What the index has to follow. One row a work and transaction.
CREATE TABLE changes (
    seq  INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,                          -- work
    id   INTEGER NOT NULL
) STRICT;

-- Append-only: withdrawals, retractions, takedowns, restorations, merges.
CREATE TABLE audit (
    seq     INTEGER PRIMARY KEY AUTOINCREMENT,
    at      INTEGER NOT NULL,
    event   TEXT NOT NULL,
    subject TEXT NOT NULL,
    reason  TEXT NOT NULL
) STRICT;

CREATE TABLE benchmarks (
    id       INTEGER PRIMARY KEY,
    name     TEXT NOT NULL UNIQUE,
    added_at INTEGER NOT NULL
) STRICT;
CREATE TABLE benchmark_items (
    benchmark INTEGER NOT NULL REFERENCES benchmarks(id),
    position  INTEGER NOT NULL,
    body      TEXT NOT NULL,
    PRIMARY KEY (benchmark, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE settings (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
