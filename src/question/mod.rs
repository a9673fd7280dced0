//! A `Document` in, `Draft` questions out, by rules or by a language model.
