//! One test binary: linking is the slow part.

mod drift;
mod grade;
mod simulate;
mod store;
mod document;
mod support;
mod web;
