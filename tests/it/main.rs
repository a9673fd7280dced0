//! One test binary: linking is the slow part.

mod alike;
mod benchmark;
mod document;
mod document_fixtures;
mod drift;
mod failure;
mod fetch;
mod drafting;
mod grade;
mod injection;
mod hub;
mod llm;
mod llm_batch;
mod llm_calls;
mod llm_storm;
mod module_graph;
mod month;
mod python_grader;
mod refresh;
mod release;
mod release_clients;
mod release_models;
mod release_real;
mod release_runs;
mod review;
mod release_web;
mod serve;
mod simulate;
#[cfg(feature = "candle")]
mod small_model;
mod source;
mod store;
mod topic_store;
mod topics;
mod support;
#[cfg(feature = "candle")]
mod train;
mod trial;
mod unit_files;
mod verify;
mod web;
mod year;
