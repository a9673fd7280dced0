//! One file a job: load, call a room, then save and queue what follows in one transaction.

pub mod poll;
