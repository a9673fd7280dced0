//! One test binary: linking is the slow part.

mod document;
mod drift;
mod fetch;
mod grade;
mod simulate;
mod source;
mod store;
mod failure;
mod support;
mod web;
