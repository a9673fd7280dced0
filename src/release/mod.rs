//! Releases: what is published, how it is served, and how it reaches a Hugging Face repository.

pub mod grader;
