//! Rows to Parquet, a row group at a time: zstd, page index, bytes that depend on the rows alone.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parquet::basic::{Compression, Type as Physical, ZstdLevel};
use parquet::column::writer::ColumnWriter;
use parquet::data_type::ByteArray;
use parquet::errors::ParquetError;
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterVersion};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use parquet::schema::types::ColumnPath;

use super::Error;
use super::manifest::{Entry, Hashed};

/// A row group ends with the row that brings it to as many rows or bytes: a viewer fetches one for a page of rows, and the memory a
/// writer takes is of this order.
const GROUP_ROWS: usize = 10_000;
const GROUP_BYTES: usize = 32 << 20;
const ZSTD_LEVEL: i32 = 3;
/// Long texts are cut in statistics and page index.
const STATISTICS_BYTES: usize = 64;

/// Writes one file whose schema is a message of [`super::schema`].
pub struct Table {
    path: PathBuf,
    writer: SerializedFileWriter<Hashed<BufWriter<File>>>,
    leaves: Vec<Leaf>,
    /// Rows and bytes in `leaves`, and rows written altogether.
    buffered: usize,
    buffered_bytes: usize,
    n_rows: u64,
}

/// A leaf column of the row group being filled.
struct Leaf {
    values: Values,
    /// Definition level of a value that is there.
    most: i16,
    definition: Vec<i16>,
    repetition: Option<Vec<i16>>,
}

enum Values {
    Text(Vec<ByteArray>),
    Int(Vec<i32>),
    Long(Vec<i64>),
    Double(Vec<f64>),
}

/// A value for a leaf.
#[derive(Debug, Clone, Copy)]
pub enum Cell<'a> {
    Text(&'a str),
    Int(i32),
    Long(i64),
    Double(f64),
}

impl Leaf {
    fn push(&mut self, value: Cell<'_>) -> usize {
        let bytes = match (&mut self.values, value) {
            (Values::Text(values), Cell::Text(text)) => {
                values.push(ByteArray::from(text.as_bytes().to_vec()));
                text.len() + 16
            }
            (Values::Int(values), Cell::Int(value)) => {
                values.push(value);
                4
            }
            (Values::Long(values), Cell::Long(value)) => {
                values.push(value);
                8
            }
            (Values::Double(values), Cell::Double(value)) => {
                values.push(value);
                8
            }
            _ => unreachable!(
                "a column is filled in the order and with the types of its schema: every writer has a test"
            ),
        };
        bytes + 2
    }
}

/// Fills one row, leaf by leaf in the order of the schema.
pub struct Filler<'a> {
    leaves: std::slice::IterMut<'a, Leaf>,
    bytes: usize,
}

impl Filler<'_> {
    fn leaf(&mut self) -> &mut Leaf {
        match self.leaves.next() {
            Some(leaf) => leaf,
            None => unreachable!("a row has as many cells as the schema leaves: every writer has a test"),
        }
    }

    /// The next leaf outside lists; `None` is a null of its own, or of the group it stands in when `whole_group` is.
    pub fn cell(&mut self, value: Option<Cell<'_>>, whole_group: bool) {
        let leaf = self.leaf();
        let level = match value {
            Some(_) => leaf.most,
            None if whole_group => 0,
            None => leaf.most - 1,
        };
        leaf.definition.push(level);
        let bytes = value.map_or(2, |value| leaf.push(value));
        self.bytes += bytes;
    }

    pub fn text(&mut self, value: &str) {
        self.cell(Some(Cell::Text(value)), false);
    }

    pub fn maybe_text(&mut self, value: Option<&str>) {
        self.cell(value.map(Cell::Text), false);
    }

    pub fn int(&mut self, value: i32) {
        self.cell(Some(Cell::Int(value)), false);
    }

    /// The next leaf, which stands in a list: one value an element.
    pub fn list<'v>(&mut self, values: impl Iterator<Item = Option<Cell<'v>>>) {
        let leaf = self.leaf();
        let mut repetition = leaf.repetition.take().unwrap_or_default();
        let mut bytes = 0;
        let mut is_first = true;
        for value in values {
            repetition.push(i16::from(!is_first));
            leaf.definition.push(if value.is_some() { leaf.most } else { leaf.most - 1 });
            bytes += value.map_or(4, |value| leaf.push(value) + 2);
            is_first = false;
        }
        if is_first {
            repetition.push(0);
            leaf.definition.push(0);
            bytes += 4;
        }
        leaf.repetition = Some(repetition);
        self.bytes += bytes;
    }

    /// As [`Filler::list`], for texts that are all there.
    pub fn texts<'v>(&mut self, values: impl Iterator<Item = &'v str>) {
        self.list(values.map(|value| Some(Cell::Text(value))));
    }
}

impl Table {
    /// Creates the file. `message`: its schema.
    ///
    /// # Errors
    /// When the file can not be made.
    pub fn create(path: &Path, message: &str) -> Result<Self, Error> {
        let schema = Arc::new(parse_message_type(message).map_err(Error::parquet(path))?);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(Error::io(folder))?;
        }
        let file = File::create_new(path).map_err(Error::io(path))?;
        let sink = Hashed::new(BufWriter::with_capacity(1 << 18, file));
        let writer = SerializedFileWriter::new(sink, schema, Arc::new(properties())).map_err(Error::parquet(path))?;
        let leaves = writer
            .schema_descr()
            .columns()
            .iter()
            .map(|column| Leaf {
                values: match column.physical_type() {
                    Physical::INT32 => Values::Int(Vec::new()),
                    Physical::INT64 => Values::Long(Vec::new()),
                    Physical::DOUBLE => Values::Double(Vec::new()),
                    _ => Values::Text(Vec::new()),
                },
                most: column.max_def_level(),
                definition: Vec::new(),
                repetition: (column.max_rep_level() > 0).then(Vec::new),
            })
            .collect();
        Ok(Table { path: path.to_owned(), writer, leaves, buffered: 0, buffered_bytes: 0, n_rows: 0 })
    }

    /// Adds a row; `fill` gives a value to every leaf.
    ///
    /// # Errors
    /// When the file can not be written.
    pub fn push(&mut self, fill: impl FnOnce(&mut Filler<'_>)) -> Result<(), Error> {
        let mut filler = Filler { leaves: self.leaves.iter_mut(), bytes: 0 };
        fill(&mut filler);
        debug_assert!(filler.leaves.next().is_none(), "a row leaves no cell of the schema out");
        self.buffered_bytes += filler.bytes;
        self.buffered += 1;
        self.n_rows += 1;
        if self.buffered >= GROUP_ROWS || self.buffered_bytes >= GROUP_BYTES {
            self.flush()?;
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), Error> {
        if self.buffered == 0 {
            return Ok(());
        }
        let leaves = &mut self.leaves;
        let mut write = || -> Result<(), ParquetError> {
            let mut group = self.writer.next_row_group()?;
            for leaf in leaves.iter_mut() {
                let Some(mut column) = group.next_column()? else { break };
                let definition = (leaf.most > 0).then_some(leaf.definition.as_slice());
                let repetition = leaf.repetition.as_deref();
                match (column.untyped(), &leaf.values) {
                    (ColumnWriter::ByteArrayColumnWriter(column), Values::Text(values)) => {
                        column.write_batch(values, definition, repetition)?;
                    }
                    (ColumnWriter::Int32ColumnWriter(column), Values::Int(values)) => {
                        column.write_batch(values, definition, repetition)?;
                    }
                    (ColumnWriter::Int64ColumnWriter(column), Values::Long(values)) => {
                        column.write_batch(values, definition, repetition)?;
                    }
                    (ColumnWriter::DoubleColumnWriter(column), Values::Double(values)) => {
                        column.write_batch(values, definition, repetition)?;
                    }
                    _ => return Err(ParquetError::General("a column of another type than its leaf".to_owned())),
                }
                column.close()?;
                match &mut leaf.values {
                    Values::Text(values) => values.clear(),
                    Values::Int(values) => values.clear(),
                    Values::Long(values) => values.clear(),
                    Values::Double(values) => values.clear(),
                }
                leaf.definition.clear();
                if let Some(repetition) = &mut leaf.repetition {
                    repetition.clear();
                }
            }
            group.close()?;
            Ok(())
        };
        write().map_err(Error::parquet(&self.path))?;
        (self.buffered, self.buffered_bytes) = (0, 0);
        Ok(())
    }

    pub fn n_rows(&self) -> u64 {
        self.n_rows
    }

    /// Writes what is left, the footer, and makes it durable. `name`: the file's path inside the release.
    ///
    /// # Errors
    /// When the file can not be written.
    pub fn finish(mut self, name: &str) -> Result<Entry, Error> {
        self.flush()?;
        let sink = self.writer.into_inner().map_err(Error::parquet(&self.path))?;
        let (mut file, entry) = sink.finish(name);
        file.flush().map_err(Error::io(&self.path))?;
        let file = file.into_inner().map_err(|error| error.into_error()).map_err(Error::io(&self.path))?;
        file.sync_all().map_err(Error::io(&self.path))?;
        Ok(entry)
    }
}

fn properties() -> WriterProperties {
    let zstd = ZstdLevel::try_new(ZSTD_LEVEL).unwrap_or_default();
    let mut properties = WriterProperties::builder()
        .set_writer_version(WriterVersion::PARQUET_1_0)
        .set_created_by(format!("aludel version {}", env!("CARGO_PKG_VERSION")))
        .set_compression(Compression::ZSTD(zstd))
        .set_statistics_enabled(EnabledStatistics::Page)
        .set_column_index_truncate_length(Some(STATISTICS_BYTES))
        .set_statistics_truncate_length(Some(STATISTICS_BYTES));
    // Nearly every value differs: a dictionary would only be built and thrown away.
    for path in
        ["id", "question", "answer", "prompt.list.element.content", "reward_model.ground_truth", "extra_info.id"]
    {
        properties = properties.set_column_dictionary_enabled(
            ColumnPath::from(path.split('.').map(str::to_owned).collect::<Vec<_>>()),
            false,
        );
    }
    properties.build()
}
