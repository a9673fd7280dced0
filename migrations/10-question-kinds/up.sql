-- What a question asks its reader to do, as its writer says: finding, mechanism, comparison, prediction, quantity, troubleshooting,
-- synthesis; null when it does not.
ALTER TABLE questions ADD COLUMN kind TEXT;
