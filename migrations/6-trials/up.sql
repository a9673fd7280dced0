-- When a model last tried to break a question; null while that is to be done, also for a new text.
ALTER TABLE questions ADD COLUMN tried_at INTEGER;
-- What each stage cost is shown in the status: the index alone answers.
CREATE INDEX model_calls_stage ON model_calls(model, stage, prompt_tokens, completion_tokens, cost_micros);
CREATE INDEX questions_untried ON questions(id) WHERE status = 'accepted' AND tried_at IS NULL;
