-- Refreshes, from the moment something calls for one. At most one is not ended.
CREATE TABLE refreshes (
    id         INTEGER PRIMARY KEY,
    status     TEXT NOT NULL,                    -- proposed, prepared, running, evaluated, promoted, discarded, failed
    cause      TEXT NOT NULL,                    -- drift, questions, schedule, command
    created_at INTEGER NOT NULL,
    reasons    TEXT NOT NULL,                    -- JSON array: what called for it, in words
    model      TEXT NOT NULL,                    -- name under which the model is released
    plan       TEXT,                             -- JSON: cut-off, sizes, alignment, champion, settings; null until it is prepared
    attempts   INTEGER NOT NULL DEFAULT 0,       -- starts of the engine since it last got further
    progress   INTEGER NOT NULL DEFAULT 0,       -- steps done when it was last looked at
    started_at INTEGER,                          -- of training
    ended_at   INTEGER,                          -- when nothing more happened to it
    outcome    TEXT,                             -- JSON: how training ended
    decision   TEXT,                             -- JSON: every number of the gate
    version    TEXT,                             -- under which it was released
    reason     TEXT,                             -- why it was promoted, discarded or failed
    wish       TEXT                              -- what a person asked for, not yet done: pause, promote, discard
) STRICT;
CREATE UNIQUE INDEX refreshes_open ON refreshes((1)) WHERE status NOT IN ('promoted', 'discarded', 'failed');

-- How a model did on a set of questions on a day; the record of a model over time.
CREATE TABLE evaluations (
    id       INTEGER PRIMARY KEY,
    made_at  INTEGER NOT NULL,
    refresh  INTEGER REFERENCES refreshes(id),   -- null when a person asked for it
    model    TEXT NOT NULL,                      -- name and version, or what stands for them
    role     TEXT NOT NULL,                      -- candidate, champion, or other
    item_set TEXT NOT NULL,                      -- future, or a benchmark's name
    settings TEXT NOT NULL,                      -- JSON: samples, temperature, seed, most tokens
    n_items  INTEGER NOT NULL,
    score    REAL NOT NULL                       -- mean over items of the share of samples that were right
) STRICT;
CREATE INDEX evaluations_refresh ON evaluations(refresh);

-- And on every one of them.
CREATE TABLE evaluation_items (
    evaluation INTEGER NOT NULL REFERENCES evaluations(id),
    item       TEXT NOT NULL,                    -- question id, or the benchmark's own
    n_right    INTEGER NOT NULL,
    n_samples  INTEGER NOT NULL,
    PRIMARY KEY (evaluation, item)
) STRICT, WITHOUT ROWID;

-- What the machine was used for, by refreshes, in seconds; what the monthly budget is held against.
CREATE TABLE machine_time (
    id      INTEGER PRIMARY KEY,
    refresh INTEGER NOT NULL REFERENCES refreshes(id),
    purpose TEXT NOT NULL,                       -- training, evaluation
    at      INTEGER NOT NULL,                    -- its end
    seconds REAL NOT NULL
) STRICT;
