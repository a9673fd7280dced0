//! Files that were taken in whole, by the hash of their bytes, so that the same file again costs one look-up.

use super::{Error, Rows, WriteTxn};

impl Rows {
    /// How the file with these bytes ended when it was taken in: `parsed`, or `not_an_article:kind`.
    ///
    /// # Errors
    /// When the store can not be read.
    pub fn file_outcome(&self, hash: &blake3::Hash) -> Result<Option<String>, Error> {
        self.find("SELECT outcome FROM files WHERE hash = ?1", [hash.as_bytes()], |row| row.get(0))
    }
}

impl WriteTxn<'_> {
    /// Marks a file as taken in; in the transaction that stored the last of it.
    ///
    /// # Errors
    /// When the store can not be written.
    pub fn record_file(&mut self, hash: &blake3::Hash, name: &str, outcome: &str) -> Result<(), Error> {
        let sql = "INSERT OR IGNORE INTO files (hash, name, outcome, taken_at) VALUES (?1, ?2, ?3, ?4)";
        self.execute(sql, (hash.as_bytes(), name, outcome, self.now_ms()))?;
        Ok(())
    }
}
