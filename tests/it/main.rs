//! One test binary: linking is the slow part.

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
mod release;
mod release_clients;
mod release_models;
mod release_real;
mod release_runs;
mod serve;
mod simulate;
mod source;
mod store;
mod topics;
mod support;
mod unit_files;
mod verify;
mod web;
