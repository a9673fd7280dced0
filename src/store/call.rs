//! The durable cache of model calls, and what they cost.

use chrono::{DateTime, Utc};

use super::{Error, Rows, WriteTxn};

/// A call that was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelCall {
    pub model: String,
    /// What for: `draft`, …
    pub stage: &'static str,
    /// Which server answered: its address without secrets.
    pub endpoint: String,
    pub request: Vec<u8>,
    pub response: Vec<u8>,
    pub prompt_tokens: u64,
    pub completion_tokens: u64,
    /// Millionths of the configured currency.
    pub cost_micros: u64,
}

/// What was spent in a span of time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Spend {
    pub calls: u64,
    pub prompt_tokens: u64,
    pub completion_tokens: u64,
    pub cost_micros: u64,
}

impl Spend {
    pub fn plus(self, other: Spend) -> Spend {
        Spend {
            calls: self.calls + other.calls,
            prompt_tokens: self.prompt_tokens.saturating_add(other.prompt_tokens),
            completion_tokens: self.completion_tokens.saturating_add(other.completion_tokens),
            cost_micros: self.cost_micros.saturating_add(other.cost_micros),
        }
    }
}

/// What one model's calls for one stage cost.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct StageSpend {
    pub model: String,
    /// `draft`, `open_book`, …
    pub stage: String,
    #[serde(flatten)]
    pub spend: Spend,
}

/// Largest stored response taken back, in bytes.
const MOST_RESPONSE_BYTES: usize = 64 << 20;

impl Rows {
    /// The stored response to the request with this hash.
    ///
    /// # Errors
    /// When the store can not be read or the response not unpacked.
    pub fn model_response(&self, request_hash: &blake3::Hash) -> Result<Option<Vec<u8>>, Error> {
        let sql = "SELECT response FROM model_calls WHERE hash = ?1";
        let packed = self.find(sql, [request_hash.as_bytes()], |row| row.get::<_, Vec<u8>>(0))?;
        let unpack = |packed: Vec<u8>| {
            let reader = std::io::Read::take(packed.as_slice(), MOST_RESPONSE_BYTES as u64);
            zstd::stream::decode_all(reader).map_err(|error| Error::damaged("model call", request_hash.to_hex(), error))
        };
        packed.map(unpack).transpose()
    }

    /// Whether the request with this hash was answered.
    ///
    /// # Errors
    /// When the store can not be read.
    pub fn has_model_response(&self, request_hash: &blake3::Hash) -> Result<bool, Error> {
        let sql = "SELECT 1 FROM model_calls WHERE hash = ?1";
        Ok(self.find(sql, [request_hash.as_bytes()], |_| Ok(()))?.is_some())
    }

    /// What the calls since `since` cost.
    ///
    /// # Errors
    /// When the store can not be read.
    pub fn spend_since(&self, since: DateTime<Utc>) -> Result<Spend, Error> {
        let sql = "SELECT count(*), ifnull(sum(prompt_tokens), 0), ifnull(sum(completion_tokens), 0), ifnull(sum(cost_micros), 0)
                   FROM model_calls WHERE called_at >= ?1";
        let spend = self.find(sql, [since.timestamp_millis()], |row| {
            let number = |at| row.get::<_, i64>(at).map(|n| n.max(0) as u64);
            let (calls, prompt_tokens) = (number(0)?, number(1)?);
            Ok(Spend { calls, prompt_tokens, completion_tokens: number(2)?, cost_micros: number(3)? })
        })?;
        Ok(spend.unwrap_or_default())
    }

    /// What all calls cost, by model and what they were for.
    ///
    /// # Errors
    /// When the store can not be read.
    pub fn spend_by_stage(&self) -> Result<Vec<StageSpend>, Error> {
        let sql = "SELECT model, stage, count(*), sum(prompt_tokens), sum(completion_tokens), sum(cost_micros)
                   FROM model_calls GROUP BY model, stage ORDER BY model, stage";
        self.list(sql, [], |row| {
            let number = |at| row.get::<_, i64>(at).map(|n| n.max(0) as u64);
            let (calls, prompt_tokens) = (number(2)?, number(3)?);
            let spend = Spend { calls, prompt_tokens, completion_tokens: number(4)?, cost_micros: number(5)? };
            Ok(StageSpend { model: row.get(0)?, stage: row.get(1)?, spend })
        })
    }
}

impl WriteTxn<'_> {
    /// Keeps an answered call under its request's hash; the first answer stands.
    ///
    /// # Errors
    /// When the store can not be written.
    pub fn record_model_call(&mut self, request_hash: &blake3::Hash, call: &ModelCall) -> Result<(), Error> {
        let pack = |bytes: &[u8]| {
            zstd::bulk::compress(bytes, 3).map_err(|e| Error::damaged("model call", request_hash.to_hex(), e))
        };
        let sql = "INSERT OR IGNORE INTO model_calls (hash, model, request, response, prompt_tokens, completion_tokens,
                       cost_micros, called_at, stage, endpoint) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
        let number = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        self.execute(
            sql,
            rusqlite::params![
                request_hash.as_bytes(),
                call.model,
                pack(&call.request)?,
                pack(&call.response)?,
                number(call.prompt_tokens),
                number(call.completion_tokens),
                number(call.cost_micros),
                self.now_ms(),
                call.stage,
                call.endpoint,
            ],
        )?;
        Ok(())
    }
}
