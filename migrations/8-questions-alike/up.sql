-- Questions that ask the same, pair by pair. The later one points to the earlier.
CREATE TABLE alike (
    question   INTEGER NOT NULL REFERENCES questions(id),
    other      INTEGER NOT NULL REFERENCES questions(id),
    relation   TEXT NOT NULL,                    -- conflict: another answer; corroboration: the same answer, from another work
    similarity REAL NOT NULL,                    -- share of common words
    PRIMARY KEY (question, other)
) STRICT, WITHOUT ROWID;
CREATE INDEX alike_other ON alike(other);
