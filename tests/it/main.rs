//! One test binary: linking is the slow part.

mod drift;
mod simulate;
mod store;
mod support;
