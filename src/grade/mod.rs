//! The grader: `(AnswerSpec, response)` in, score, extracted answer and reason out. Deterministic and total.
