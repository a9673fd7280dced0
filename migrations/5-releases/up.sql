-- Releases, from the moment their number is taken.
CREATE TABLE releases (
    id           INTEGER PRIMARY KEY,
    kind         TEXT NOT NULL,                  -- dataset, model
    name         TEXT NOT NULL,
    version      TEXT NOT NULL,
    status       TEXT NOT NULL,                  -- staged, sealed, published, yanked
    cause        TEXT NOT NULL,                  -- schedule, command, takedown
    created_at   INTEGER NOT NULL,               -- the release's own time, which its files bear
    plan         TEXT NOT NULL,                  -- JSON: what it is made with
    summary      TEXT,                           -- JSON: what it came to; null until it is sealed
    published_at INTEGER,
    reason       TEXT,                           -- why it was yanked
    pinned       INTEGER NOT NULL DEFAULT 0,     -- 1: retention leaves its folder alone
    removed_at   INTEGER,                        -- when retention took its folder
    UNIQUE (kind, name, version)
) STRICT;

-- Questions that were in a published data set. Takes the place of `questions.split` and `questions.released_in`, which nothing
-- ever filled and a later step removes.
CREATE TABLE released (
    question INTEGER PRIMARY KEY REFERENCES questions(id),
    first    TEXT NOT NULL,                      -- version in which it first appeared
    last     INTEGER NOT NULL REFERENCES releases(id), -- release in which it appeared last
    split    TEXT NOT NULL,                      -- where it was then
    gone_in  TEXT,                               -- version in which it became a tombstone, with date and reason
    gone_on  TEXT,
    gone_why TEXT
) STRICT;
CREATE INDEX released_gone ON released(question) WHERE gone_in IS NOT NULL;

-- The works that may not be used are few; whether a released question is among theirs is asked often.
CREATE INDEX works_standing ON works(status) WHERE status <> 'current';
