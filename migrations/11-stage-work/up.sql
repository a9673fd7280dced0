-- How often each verification stage said what, and how long that took, over all time.
CREATE TABLE stage_work (
    stage   TEXT NOT NULL,
    verdict TEXT NOT NULL,                       -- pass, fail, review
    n       INTEGER NOT NULL,
    micros  INTEGER NOT NULL,                    -- microseconds
    PRIMARY KEY (stage, verdict)
) STRICT, WITHOUT ROWID;
