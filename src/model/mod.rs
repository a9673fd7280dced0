//! The nouns that cross rooms. Plain values: nothing here opens a file, a socket or a database.
//!
//! A *work* is one paper in one venue, a *version* one posted text of it, a *passage* a stored block of
//! that text, *evidence* a byte span of a passage, a *question* what is asked about it.

pub mod answer;
pub mod delivery;
pub mod document;
pub mod id;
pub mod licence;
pub mod question;
pub mod review;
pub mod status;
pub mod time;
