//! Values to rows and back: SQLite, the truth.
