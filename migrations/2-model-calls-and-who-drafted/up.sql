-- What a model was asked for, and which server answered.
ALTER TABLE model_calls ADD COLUMN stage TEXT NOT NULL DEFAULT '';       -- draft, …
ALTER TABLE model_calls ADD COLUMN endpoint TEXT NOT NULL DEFAULT '';    -- its address without secrets

-- The budget is looked up before every call: the index alone answers.
CREATE INDEX model_calls_spend ON model_calls(called_at, prompt_tokens, completion_tokens, cost_micros);
DROP INDEX model_calls_when;

-- The generators that have drafted from a text, while others that shall are still to. `texts.drafted_at` says that all have.
CREATE TABLE drafted (
    text      INTEGER NOT NULL REFERENCES texts(id),
    generator TEXT NOT NULL,                     -- its kind: rules, openai, candle
    at        INTEGER NOT NULL,
    PRIMARY KEY (text, generator)
) STRICT, WITHOUT ROWID;
