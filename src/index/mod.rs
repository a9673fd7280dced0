//! Stored questions and passages in, ranked hits out: Tantivy, a copy of the store.
