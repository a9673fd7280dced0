//! Passages: blocks of a text, never changed once written.

use std::ops::RangeInclusive;

use serde::Serialize;

use crate::model::document::Document;
use crate::model::id::{PassageId, VersionId};

use super::{Error, Rows, WriteTxn, record};

/// A passage's id is its text's row number times this, plus its ordinal; so a text's passages lie together without an index.
pub(super) const MOST_PASSAGES: usize = 65_536;

/// Row of a text in the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct TextId(pub i64);

impl TextId {
    /// The id of passage number `ordinal` in the order of [`Document::passages`].
    pub fn passage(self, ordinal: usize) -> PassageId {
        PassageId((self.0 << 16) | (ordinal & 0xffff) as i64)
    }

    pub(super) fn span(self) -> RangeInclusive<i64> {
        (self.0 << 16)..=((self.0 << 16) | 0xffff)
    }
}

/// The text a passage belongs to, and its ordinal there.
pub fn place(passage: PassageId) -> (TextId, usize) {
    (TextId(passage.0 >> 16), (passage.0 & 0xffff) as usize)
}

/// A passage as stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StoredPassage {
    pub id: PassageId,
    pub ordinal: usize,
    pub section: String,
    pub section_kind: String,
    pub kind: String,
    pub text: String,
}

fn stored(row: &rusqlite::Row<'_>) -> rusqlite::Result<StoredPassage> {
    let id = PassageId(row.get(0)?);
    let ordinal = place(id).1;
    Ok(StoredPassage {
        id,
        ordinal,
        section: row.get(1)?,
        section_kind: row.get(2)?,
        kind: row.get(3)?,
        text: row.get(4)?,
    })
}

impl Rows {
    /// The passages of a text in reading order.
    ///
    /// # Errors
    /// When the store can not be read.
    pub fn passages(&self, text: TextId) -> Result<Vec<StoredPassage>, Error> {
        let span = text.span();
        let sql = "SELECT id, section, section_kind, kind, body FROM passages WHERE id BETWEEN ?1 AND ?2 ORDER BY id";
        self.list(sql, (span.start(), span.end()), stored)
    }

    /// One passage.
    ///
    /// # Errors
    /// When the store can not be read.
    pub fn passage(&self, id: PassageId) -> Result<Option<StoredPassage>, Error> {
        self.find("SELECT id, section, section_kind, kind, body FROM passages WHERE id = ?1", [id.0], stored)
    }

    /// The text a version has now; `None` for a listing without text.
    ///
    /// # Errors
    /// When the store can not be read.
    pub fn text_of(&self, version: VersionId) -> Result<Option<TextId>, Error> {
        let text =
            self.find("SELECT text FROM versions WHERE id = ?1", [version.0], |row| row.get::<_, Option<i64>>(0))?;
        Ok(text.flatten().map(TextId))
    }

    /// Whether the version's present text is the document's.
    ///
    /// # Errors
    /// When the store can not be read.
    pub fn holds_text(&self, version: VersionId, document: &Document) -> Result<bool, Error> {
        let sql = "SELECT t.hash FROM versions v JOIN texts t ON t.id = v.text WHERE v.id = ?1";
        let held = self.find(sql, [version.0], |row| row.get::<_, Vec<u8>>(0))?;
        Ok(held.is_some_and(|hash| hash == record::text_hash(document)))
    }

    pub(super) fn bodies(&self, text: TextId) -> Result<Vec<String>, Error> {
        let span = text.span();
        let sql = "SELECT body FROM passages WHERE id BETWEEN ?1 AND ?2 ORDER BY id";
        self.list(sql, (span.start(), span.end()), |row| row.get(0))
    }
}

impl WriteTxn<'_> {
    /// The version's text with this hash; written with its passages when it is new.
    pub(super) fn insert_text(
        &mut self,
        version: VersionId,
        hash: &record::Hash,
        document: &Document,
    ) -> Result<TextId, Error> {
        let sql = "SELECT id FROM texts WHERE version = ?1 AND hash = ?2";
        if let Some(text) = self.find(sql, (version.0, hash), |row| Ok(TextId(row.get(0)?)))? {
            return Ok(text);
        }
        let sql = "INSERT INTO texts (version, hash) VALUES (?1, ?2) RETURNING id";
        let text = self
            .find(sql, (version.0, hash), |row| Ok(TextId(row.get(0)?)))?
            .ok_or_else(|| Error::Missing { what: "text", id: String::new() })?;
        let mut insert =
            self.prepare("INSERT INTO passages (id, section, section_kind, kind, body) VALUES (?1, ?2, ?3, ?4, ?5)")?;
        for (ordinal, p) in document.passages().iter().enumerate() {
            insert.execute((text.passage(ordinal).0, p.section, p.section_kind.as_str(), p.kind.as_str(), p.text))?;
        }
        drop(insert);
        Ok(text)
    }
}
