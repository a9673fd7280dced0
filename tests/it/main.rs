//! One test binary: linking is the slow part.

mod benchmark;
mod document;
mod document_fixtures;
mod drift;
mod failure;
mod fetch;
mod grade;
mod llm;
mod llm_calls;
mod module_graph;
mod month;
mod serve;
mod simulate;
mod source;
mod store;
mod topic_store;
mod topics;
mod support;
mod trial;
mod unit_files;
mod verify;
mod web;
mod year;
