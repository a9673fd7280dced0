//! The grader as one standard-library Python file, held to the vectors of [`crate::grade`].

/// `grader.py` of a release.
pub const SOURCE: &str = "\"\"\"Grades responses against answer specs.\"\"\"\n";
