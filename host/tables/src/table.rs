//! One table on its way into a file: rows are gathered by column, and written as a row group when they are many.

use crate::hashing::Hashing;
use crate::manifest::FileV1;
use parquet::basic::Compression;
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, Int32Type, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::parser::parse_message_type;
use parquet::schema::types::ColumnPath;
use std::io::Write;
use std::sync::Arc;

/// Bytes of memory that the rows of a table take, at most, before they are written as a row group.
pub const ROW_GROUP_BYTES: usize = 32 << 20;
/// What a value takes beside the bytes of its text.
const VALUE_BYTES: usize = 40;
/// The column of pseudonyms that hardly ever come twice: a dictionary of them is larger than they are.
const UNIQUE: &str = "message";

/// A file could not be written.
#[derive(Debug, thiserror::Error)]
#[error("{file} could not be written")]
pub struct TableError {
    /// Which.
    pub file: &'static str,
    /// Why.
    #[source]
    pub source: ParquetError,
}

/// A value, for the column of its place in the row.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Cell<'a> {
    Text(&'a str),
    Long(i64),
    Int(i32),
    Yes(bool),
    Absent,
}

impl<'a> From<Option<&'a str>> for Cell<'a> {
    fn from(text: Option<&'a str>) -> Self {
        text.map_or(Cell::Absent, Cell::Text)
    }
}

/// The values of one column that are not written yet.
struct Column {
    values: Values,
    /// 1 for a value, 0 for none; `None` of a column where each row has one.
    present: Option<Vec<i16>>,
}

enum Values {
    Text(Vec<ByteArray>),
    Long(Vec<i64>),
    Int(Vec<i32>),
    Yes(Vec<bool>),
}

impl Column {
    /// Adds a value; the memory that it takes.
    fn push(&mut self, cell: Cell<'_>) -> usize {
        if let Some(present) = &mut self.present {
            present.push(i16::from(!matches!(cell, Cell::Absent)));
        }
        let text = match (&mut self.values, cell) {
            (Values::Text(values), Cell::Text(text)) => {
                values.push(ByteArray::from(text));
                text.len()
            }
            (Values::Long(values), Cell::Long(value)) => {
                values.push(value);
                0
            }
            (Values::Int(values), Cell::Int(value)) => {
                values.push(value);
                0
            }
            (Values::Yes(values), Cell::Yes(value)) => {
                values.push(value);
                0
            }
            (_, Cell::Absent) => 0,
            (_, other) => unreachable!("the column has another type than {other:?}"),
        };
        text + VALUE_BYTES
    }

    fn write(&mut self, mut into: SerializedColumnWriter<'_>) -> Result<(), ParquetError> {
        let levels = self.present.as_deref();
        match &mut self.values {
            Values::Text(values) => {
                into.typed::<ByteArrayType>().write_batch(values, levels, None)?;
                values.clear();
            }
            Values::Long(values) => {
                into.typed::<Int64Type>().write_batch(values, levels, None)?;
                values.clear();
            }
            Values::Int(values) => {
                into.typed::<Int32Type>().write_batch(values, levels, None)?;
                values.clear();
            }
            Values::Yes(values) => {
                into.typed::<BoolType>().write_batch(values, levels, None)?;
                values.clear();
            }
        }
        if let Some(present) = &mut self.present {
            present.clear();
        }
        into.close()
    }
}

pub(crate) struct Table<W: Write + Send> {
    file: &'static str,
    writer: SerializedFileWriter<Hashing<W>>,
    columns: Vec<Column>,
    rows: u64,
    gathered_bytes: usize,
}

impl<W: Write + Send> Table<W> {
    pub(crate) fn new(file: &'static str, schema: &str, program: &str, out: W) -> Result<Self, TableError> {
        let failed = |source| TableError { file, source };
        let schema = parse_message_type(schema).expect("a schema of ours is one");
        let properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .set_created_by(program.to_owned())
            .set_column_dictionary_enabled(ColumnPath::from(UNIQUE), false)
            // Groups are cut by this table, by memory.
            .set_max_row_group_row_count(None)
            .build();
        let columns = schema.get_fields().iter().map(|field| Column {
            values: match field.get_physical_type() {
                parquet::basic::Type::BYTE_ARRAY => Values::Text(Vec::new()),
                parquet::basic::Type::INT64 => Values::Long(Vec::new()),
                parquet::basic::Type::INT32 => Values::Int(Vec::new()),
                parquet::basic::Type::BOOLEAN => Values::Yes(Vec::new()),
                other => unreachable!("no schema of ours has {other}"),
            },
            present: field.is_optional().then(Vec::new),
        });
        Ok(Self {
            file,
            columns: columns.collect(),
            writer: SerializedFileWriter::new(Hashing::new(out), Arc::new(schema), Arc::new(properties))
                .map_err(failed)?,
            rows: 0,
            gathered_bytes: 0,
        })
    }

    pub(crate) fn rows(&self) -> u64 {
        self.rows
    }

    /// Adds a row: a value for each column, in order.
    pub(crate) fn row<const N: usize>(&mut self, cells: [Cell<'_>; N]) -> Result<(), TableError> {
        assert_eq!(N, self.columns.len(), "a value for each column of {}", self.file);
        let columns = self.columns.iter_mut().zip(cells);
        self.gathered_bytes += columns.map(|(column, cell)| column.push(cell)).sum::<usize>();
        self.rows += 1;
        if self.gathered_bytes >= ROW_GROUP_BYTES {
            self.group()?;
        }
        Ok(())
    }

    fn group(&mut self) -> Result<(), TableError> {
        self.gathered_bytes = 0;
        let failed = |source| TableError {
            file: self.file,
            source,
        };
        let mut group = self.writer.next_row_group().map_err(failed)?;
        for column in &mut self.columns {
            let into = group.next_column().map_err(failed)?;
            let into = into.expect("the file has a column for each of ours");
            column.write(into).map_err(failed)?;
        }
        group.close().map_err(failed).map(drop)
    }

    /// Ends the file.
    pub(crate) fn finish(mut self) -> Result<(W, FileV1), TableError> {
        if self.gathered_bytes > 0 {
            self.group()?;
        }
        let file = self.file;
        let (out, bytes, sha256) = self
            .writer
            .into_inner()
            .map_err(|source| TableError { file, source })?
            .finish();
        let about = FileV1 {
            path: file.to_owned(),
            rows: self.rows,
            bytes,
            sha256,
        };
        Ok((out, about))
    }
}
