//! One test binary: linking is the slow part.

mod document;
mod drift;
mod grade;
mod simulate;
mod source;
mod store;
mod support;
mod web;
