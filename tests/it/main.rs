//! One test binary: linking is the slow part.

mod document;
mod document_fixtures;
mod drift;
mod failure;
mod fetch;
mod grade;
mod simulate;
mod source;
mod store;
mod support;
mod verify;
mod web;
