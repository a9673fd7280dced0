-- What people said of questions. Append-only; a person's last row on a question and text holds.
CREATE TABLE reviews (
    id           INTEGER PRIMARY KEY,
    question     INTEGER NOT NULL REFERENCES questions(id),
    text         INTEGER NOT NULL REFERENCES texts(id), -- the text its evidence stood in
    reviewer     TEXT NOT NULL,
    decision     TEXT NOT NULL,                  -- accept, reject, edit
    reason       TEXT NOT NULL,
    sampled      TEXT NOT NULL,                  -- why the person saw it: conflict, audit, uncertain, topic, second, rejected, asked
    was_accepted INTEGER NOT NULL,               -- 1 when verification had accepted it
    edit         TEXT,                           -- JSON: question, answer, evidence
    edited_into  INTEGER REFERENCES questions(id),
    at           INTEGER NOT NULL
) STRICT;
CREATE INDEX reviews_question ON reviews(question, reviewer, id);
CREATE INDEX reviews_reviewer ON reviews(reviewer, question);

-- The random sample of each data set release.
CREATE TABLE audits (
    release  INTEGER NOT NULL REFERENCES releases(id),
    position INTEGER NOT NULL,                   -- the order in which they are to be looked at
    question INTEGER NOT NULL REFERENCES questions(id),
    PRIMARY KEY (release, position)
) STRICT, WITHOUT ROWID;
