//! One test binary: linking is the slow part.

mod support;
