-- Batches of model calls that a server works on: a run that ended goes on waiting for them instead of paying again.
CREATE TABLE model_batches (
    id           TEXT NOT NULL,                  -- as the server names it
    model        TEXT NOT NULL,
    hash         BLOB NOT NULL,                  -- of one of its requests, as in model_calls
    submitted_at INTEGER NOT NULL,
    PRIMARY KEY (hash, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX model_batches_id ON model_batches(id);
