//! Batches of model calls under way.

use super::{Error, Rows, WriteTxn};

impl Rows {
    /// The batch that holds the request with this hash.
    ///
    /// # Errors
    /// When the store can not be read.
    pub fn batch_of(&self, request_hash: &blake3::Hash) -> Result<Option<String>, Error> {
        let sql = "SELECT id FROM model_batches WHERE hash = ?1 ORDER BY submitted_at DESC, id LIMIT 1";
        self.find(sql, [request_hash.as_bytes()], |row| row.get(0))
    }

    /// The requests of a batch whose answers are not kept yet.
    ///
    /// # Errors
    /// When the store can not be read.
    pub fn requests_of_batch(&self, id: &str) -> Result<Vec<blake3::Hash>, Error> {
        let sql = "SELECT hash FROM model_batches b WHERE id = ?1
                   AND NOT EXISTS (SELECT 1 FROM model_calls c WHERE c.hash = b.hash) ORDER BY hash";
        let hashes = self.list(sql, [id], |row| row.get::<_, [u8; 32]>(0))?;
        Ok(hashes.into_iter().map(blake3::Hash::from_bytes).collect())
    }
}

impl WriteTxn<'_> {
    /// Notes that a server works on a batch of requests. Rows of answers that are kept by now are swept away.
    ///
    /// # Errors
    /// When the store can not be written.
    pub fn record_batch(&mut self, id: &str, model: &str, requests: &[blake3::Hash]) -> Result<(), Error> {
        self.execute("DELETE FROM model_batches WHERE hash IN (SELECT hash FROM model_calls)", [])?;
        let now = self.now_ms();
        for hash in requests {
            let sql = "INSERT OR IGNORE INTO model_batches (id, model, hash, submitted_at) VALUES (?1, ?2, ?3, ?4)";
            self.execute(sql, (id, model, hash.as_bytes(), now))?;
        }
        Ok(())
    }

    /// Forgets requests of a batch that has no answers to them.
    ///
    /// # Errors
    /// When the store can not be written.
    pub fn forget_requests(&mut self, id: &str, requests: &[blake3::Hash]) -> Result<(), Error> {
        for hash in requests {
            self.execute("DELETE FROM model_batches WHERE id = ?1 AND hash = ?2", (id, hash.as_bytes()))?;
        }
        Ok(())
    }
}
