-- What the drift detector found in a window. A window that is judged anew and otherwise (late rows, other labels) gets a further row.
CREATE TABLE drift_decisions (
    id         INTEGER PRIMARY KEY,
    window_to  TEXT NOT NULL,                    -- last day of the window
    decided_at INTEGER NOT NULL,
    state      TEXT NOT NULL,                    -- stable, warning, drifted
    reason     TEXT NOT NULL,
    refresh    INTEGER NOT NULL,                 -- 1 in the window with which the state became drifted
    decision   TEXT NOT NULL                     -- JSON, every number that was used
) STRICT;
CREATE INDEX drift_decisions_window ON drift_decisions(window_to, id);
