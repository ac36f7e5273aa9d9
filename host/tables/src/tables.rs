//! The three tables together.

use crate::manifest::{CountsV1, FileV1};
use crate::rows::{FindingRow, MessageRow, RetentionRow};
use crate::schema::{FINDINGS, FINDINGS_SCHEMA, MESSAGES, MESSAGES_SCHEMA, RETENTION, RETENTION_SCHEMA};
use crate::table::{Cell, Table, TableError};
use std::io::Write;

/// Tables that are being written.
pub struct Tables<W: Write + Send> {
    messages: Table<W>,
    findings: Table<W>,
    retention: Table<W>,
}

/// Tables that are whole: what they were written into, and what they are. Both in the order messages, findings, retention.
pub struct Written<W> {
    /// What each was written into.
    pub outs: [W; 3],
    /// What each is.
    pub files: [FileV1; 3],
}

impl<W: Write + Send> Tables<W> {
    /// Empty tables, to be written into three files: messages, findings, retention. `program` says in each who wrote it.
    pub fn new(program: &str, [messages, findings, retention]: [W; 3]) -> Result<Self, TableError> {
        Ok(Self {
            messages: Table::new(MESSAGES, MESSAGES_SCHEMA, program, messages)?,
            findings: Table::new(FINDINGS, FINDINGS_SCHEMA, program, findings)?,
            retention: Table::new(RETENTION, RETENTION_SCHEMA, program, retention)?,
        })
    }

    /// Adds a message.
    pub fn message(&mut self, row: &MessageRow) -> Result<(), TableError> {
        self.messages.row([
            Cell::Text(&row.message),
            Cell::Text(&row.tenant),
            Cell::Text(&row.channel),
            Cell::Text(&row.kind),
            Cell::Text(row.direction),
            Cell::Text(&row.sender),
            Cell::Text(&row.conversation),
            Cell::Long(row.sent_at),
            Cell::Long(row.received_at),
            Cell::Yes(row.held),
            Cell::Yes(row.waiting),
            row.withheld.as_deref().into(),
            row.permits.as_deref().into(),
            Cell::Text(&row.generation),
            row.directory.map_or(Cell::Absent, Cell::Long),
        ])
    }

    /// Adds a finding.
    pub fn finding(&mut self, row: &FindingRow) -> Result<(), TableError> {
        self.findings.row([
            Cell::Text(&row.message),
            Cell::Text(&row.pack),
            Cell::Text(&row.policy),
            Cell::Text(&row.rule),
            Cell::Text(&row.severity),
            Cell::Yes(row.shadow),
        ])
    }

    /// Adds how long a message is kept.
    pub fn retention(&mut self, row: &RetentionRow) -> Result<(), TableError> {
        self.retention.row([
            Cell::Text(&row.message),
            row.ground.into(),
            row.keep_until.map_or(Cell::Absent, Cell::Int),
            row.rule.as_deref().into(),
            row.law.as_deref().into(),
            row.article.as_deref().into(),
        ])
    }

    /// How many rows there are.
    pub fn counts(&self) -> CountsV1 {
        CountsV1 {
            messages: self.messages.rows(),
            findings: self.findings.rows(),
            retention: self.retention.rows(),
        }
    }

    /// Ends the files.
    pub fn finish(self) -> Result<Written<W>, TableError> {
        let (messages, about_messages) = self.messages.finish()?;
        let (findings, about_findings) = self.findings.finish()?;
        let (retention, about_retention) = self.retention.finish()?;
        Ok(Written {
            outs: [messages, findings, retention],
            files: [about_messages, about_findings, about_retention],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::ROW_GROUP_BYTES;
    use parquet::file::metadata::RowGroupMetaData;
    use parquet::file::reader::{FileReader as _, SerializedFileReader};
    use parquet::schema::parser::parse_message_type;
    use sha2::{Digest as _, Sha256};
    use std::sync::{Arc, Mutex};

    /// A file in memory whose bytes are there afterwards.
    #[derive(Clone, Default)]
    struct Out(Arc<Mutex<Vec<u8>>>);

    impl Write for Out {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn message(number: usize) -> MessageRow {
        MessageRow {
            message: format!("message-{number:016x}"),
            tenant: "bank".to_owned(),
            channel: "wecom".to_owned(),
            kind: "text".to_owned(),
            direction: "inbound",
            sender: "person-1".to_owned(),
            conversation: "conversation-1".to_owned(),
            sent_at: -1,
            received_at: number as i64,
            held: false,
            waiting: number.is_multiple_of(2),
            withheld: None,
            permits: Some("judge".to_owned()),
            generation: "g".repeat(600),
            directory: number.is_multiple_of(3).then_some(7),
        }
    }

    #[test]
    fn rows_are_written_in_groups_that_memory_has_room_for() {
        let outs = [Out::default(), Out::default(), Out::default()];
        let mut tables = Tables::new("test", outs.clone()).unwrap();
        let rows = 3 * ROW_GROUP_BYTES / 1_200;
        for number in 0..rows {
            tables.message(&message(number)).unwrap();
        }
        let written = tables.finish().unwrap();
        let bytes = outs[0].0.lock().unwrap().clone();
        assert_eq!(written.files[0].bytes, bytes.len() as u64);
        assert_eq!(written.files[0].sha256, hex::encode(Sha256::digest(&bytes)));
        let reader = SerializedFileReader::new(bytes::Bytes::from(bytes)).unwrap();
        let groups = reader.metadata().row_groups();
        assert!(groups.len() > 2, "{} groups", groups.len());
        let in_groups: i64 = groups.iter().map(RowGroupMetaData::num_rows).sum();
        assert_eq!(in_groups, rows as i64);
        let last = reader.get_row_iter(None).unwrap().last().unwrap().unwrap();
        let absent = |row: &parquet::record::Row, name: &str| {
            row.get_column_iter()
                .any(|(column, field)| column == name && *field == parquet::record::Field::Null)
        };
        assert!(absent(&last, "withheld") && !absent(&last, "permits"), "{last}");
        assert_eq!(absent(&last, "directory"), !(rows - 1).is_multiple_of(3), "{last}");
        // A table without rows is a file all the same.
        let empty = outs[1].0.lock().unwrap().clone();
        let empty = SerializedFileReader::new(bytes::Bytes::from(empty)).unwrap();
        assert_eq!(empty.metadata().file_metadata().num_rows(), 0);
    }

    /// The page is what analysts read: each column stands there with its type, and no other.
    #[test]
    fn the_page_has_the_columns_that_the_files_have() {
        let page = include_str!("../../../docs/analysts.md");
        for (file, schema) in [
            (MESSAGES, MESSAGES_SCHEMA),
            (FINDINGS, FINDINGS_SCHEMA),
            (RETENTION, RETENTION_SCHEMA),
        ] {
            let (_, section) = page.split_once(&format!("## `{file}`")).expect(file);
            let section = section.split("\n## ").next().unwrap_or_default();
            let rows = section.lines().filter_map(|line| {
                let mut cells = line.strip_prefix("| `")?.split(" | ");
                Some((cells.next()?.trim_end_matches('`').to_owned(), cells.next()?.to_owned()))
            });
            let schema = parse_message_type(schema).unwrap();
            let columns = schema.get_fields().iter().map(|field| {
                let logical = format!("{:?}", field.get_basic_info().logical_type_ref());
                let kind = match field.get_physical_type() {
                    parquet::basic::Type::BYTE_ARRAY => "text",
                    parquet::basic::Type::BOOLEAN => "yes or no",
                    parquet::basic::Type::INT32 => "day",
                    _ if logical.contains("Timestamp") => "timestamp, milliseconds, UTC",
                    _ => "integer",
                };
                let null = if field.is_optional() { ", or null" } else { "" };
                (field.name().to_owned(), format!("{kind}{null}"))
            });
            assert_eq!(rows.collect::<Vec<_>>(), columns.collect::<Vec<_>>(), "{file}");
        }
    }
}
