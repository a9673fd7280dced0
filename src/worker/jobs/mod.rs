//! One file a job: load, call a room, then save and queue what follows in one transaction.

pub mod full_text;
pub mod poll;
