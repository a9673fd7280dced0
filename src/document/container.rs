//! Plain, gzipped, tarred and zipped files as bounded members.
