//! One test binary: linking is the slow part.

mod drift;
mod store;
mod support;
