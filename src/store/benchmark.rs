//! Texts of registered benchmarks, for decontamination.

use super::{Error, Rows, WriteTxn};

impl Rows {
    /// Registered benchmarks with their numbers of items, by name.
    ///
    /// # Errors
    /// When the store can not be read.
    pub fn benchmarks(&self) -> Result<Vec<(String, u64)>, Error> {
        let sql =
            "SELECT name, (SELECT count(*) FROM benchmark_items WHERE benchmark = id) FROM benchmarks ORDER BY name";
        self.list(sql, [], |row| Ok((row.get(0)?, row.get::<_, i64>(1)? as u64)))
    }

    /// Every item of every benchmark: the benchmark's name and the item's text.
    ///
    /// # Errors
    /// When the store can not be read.
    pub fn benchmark_items(&self) -> Result<Vec<(String, String)>, Error> {
        let sql = "SELECT b.name, i.body FROM benchmarks b JOIN benchmark_items i ON i.benchmark = b.id ORDER BY b.name, i.position";
        self.list(sql, [], |row| Ok((row.get(0)?, row.get(1)?)))
    }
}

impl WriteTxn<'_> {
    /// Registers a benchmark, or replaces its items.
    ///
    /// # Errors
    /// When the store can not be written.
    pub fn set_benchmark(&mut self, name: &str, items: &[String]) -> Result<(), Error> {
        let sql = "INSERT INTO benchmarks (name, added_at) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET added_at = excluded.added_at
                   RETURNING id";
        let id: Option<i64> = self.find(sql, (name, self.now_ms()), |row| row.get(0))?;
        self.execute("DELETE FROM benchmark_items WHERE benchmark = ?1", [id])?;
        let mut insert = self.prepare("INSERT INTO benchmark_items (benchmark, position, body) VALUES (?1, ?2, ?3)")?;
        for (position, body) in items.iter().enumerate() {
            insert.execute((id, position as i64, body))?;
        }
        Ok(())
    }
}
