//! Reads messages with what is known of each, so many at once that what is held is bounded.

use crate::sqlite::Sqlite;
use crate::sqlite::bulk::{Lookup, Values};
use crate::sqlite::index::candidates::Scope;
use crate::sqlite::records::content_columns;
use crate::sqlite::rows::read_name;
use crate::storage::StorageError;
use proviso_search::query::Flag;
use proviso_search::{Found, Label, Prepared};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, SqliteConnection};
use std::collections::{HashMap, HashSet};

/// Messages that are read at once, and the sealed bytes at which no more are.
pub(super) const CHUNK: u32 = 1_024;
const CHUNK_BYTES: u64 = 8 << 20;
/// How large the messages are that arrived between two, the last first: what is then read of them is bounded.
const SIZES: &str =
    "SELECT e.message, length(c.content) FROM envelopes e JOIN streams s USING (stream) JOIN contents c USING (message)
     WHERE e.message > ?1 AND e.message < ?2 AND (?3 IS NULL OR s.tenant = ?3) AND e.sent_at BETWEEN ?4 AND ?5
     ORDER BY e.message DESC LIMIT ?6";
/// How large messages are, by their numbers.
const SIZES_OF: Lookup = Lookup {
    columns: &["message"],
    select: "SELECT e.message, length(c.content) FROM wanted w CROSS JOIN envelopes e ON e.message = w.message
             CROSS JOIN streams s ON s.stream = e.stream CROSS JOIN contents c ON c.message = e.message
             WHERE (? IS NULL OR s.tenant = ?) AND e.sent_at BETWEEN ? AND ?",
};
const MESSAGES: Lookup = Lookup {
    columns: &["message"],
    select: concat!(
        "SELECT ",
        content_columns!(),
        ", e.received_at, e.withheld IS NOT NULL, h.message IS NOT NULL AND h.released_at IS NULL, h.released_at IS NOT NULL
         FROM wanted w CROSS JOIN envelopes e ON e.message = w.message CROSS JOIN streams s ON s.stream = e.stream
         CROSS JOIN contents c ON c.message = e.message LEFT JOIN held_messages h ON h.message = e.message"
    ),
};
const FINDINGS: Lookup = Lookup {
    columns: &["message"],
    select: "SELECT f.message, p.pack, p.name, f.rule, f.severity FROM wanted w CROSS JOIN findings f ON f.message = w.message
             CROSS JOIN policies p ON p.policy = f.policy",
};
const FAULTY: Lookup = Lookup {
    columns: &["message"],
    select: "SELECT DISTINCT f.message FROM wanted w CROSS JOIN faults f ON f.message = w.message",
};

/// What a query asks that stands outside of the messages.
pub(super) struct Wanted {
    findings: bool,
    pub(super) departments: bool,
    flags: Vec<Flag>,
    /// Orders to keep, by their numbers.
    pub(super) holds: Vec<i64>,
}

impl Wanted {
    /// `findings`: they are wanted whatever the query asks for.
    pub(super) fn of(query: &Prepared, findings: bool) -> Self {
        let mut wanted = Self {
            findings,
            departments: false,
            flags: Vec::new(),
            holds: Vec::new(),
        };
        for label in query.labels() {
            match label {
                Label::Is(flag) => wanted.flags.push(*flag),
                Label::Hold(number) => wanted.holds.push(*number),
                Label::Department(_) => wanted.departments = true,
                Label::Pack(_) | Label::Policy(_) | Label::Rule(_) | Label::Severity(..) => wanted.findings = true,
            }
        }
        wanted.findings |= wanted.has(Flag::Found);
        wanted
    }

    pub(super) fn has(&self, flag: Flag) -> bool {
        self.flags.contains(&flag)
    }
}

/// Messages that were read together, with what is known of each. The last first.
pub(super) struct Chunk {
    pub(super) rows: Vec<SqliteRow>,
    pub(super) findings: HashMap<i64, Vec<Found>>,
    pub(super) faulty: HashSet<i64>,
}

/// Which messages are read, the last first.
pub(super) enum Which<'a> {
    /// Those between two, as many as there is room for.
    Between(i64, i64),
    /// Those of these numbers, which descend.
    These(&'a [i64]),
}

/// What was read, and up to which message all were.
pub(super) struct Read {
    pub(super) chunk: Chunk,
    /// None where all were read that were asked for.
    pub(super) down_to: Option<i64>,
}

impl Sqlite {
    pub(super) async fn read(&self, scope: &Scope, wanted: &Wanted, which: Which<'_>) -> Result<Read, StorageError> {
        let Scope { tenant, sent, .. } = scope;
        self.reading(|mut reader| async move {
            let number = |values: &mut Values, number: &i64| {
                values.int(*number);
            };
            let sizes: Vec<(i64, i64)> = match which {
                Which::Between(after, before) => {
                    sqlx::query_as(SIZES)
                        .bind(after)
                        .bind(before)
                        .bind(tenant.clone())
                        .bind(*sent.start())
                        .bind(*sent.end())
                        .bind(CHUNK)
                        .fetch_all(&mut *reader)
                        .await?
                }
                Which::These(numbers) => {
                    let of_scope = |values: &mut Values| {
                        values.maybe_text(tenant.as_deref()).maybe_text(tenant.as_deref());
                        values.int(*sent.start()).int(*sent.end());
                    };
                    let rows = SIZES_OF.run_with(&mut reader, numbers, number, of_scope).await?;
                    let sizes = rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?)));
                    let mut sizes = sizes.collect::<Result<Vec<(i64, i64)>, sqlx::Error>>()?;
                    sizes.sort_unstable_by_key(|(number, _)| std::cmp::Reverse(*number));
                    sizes
                }
            };
            let mut bytes = 0;
            let taken = sizes.iter().take_while(|(_, length)| {
                let is_room = bytes < CHUNK_BYTES;
                bytes += length.unsigned_abs();
                is_room
            });
            let taken: Vec<i64> = taken.map(|(number, _)| *number).collect();
            let may_be_more = matches!(which, Which::Between(..)) && sizes.len() == CHUNK as usize;
            let down_to = taken
                .last()
                .copied()
                .filter(|_| may_be_more || taken.len() < sizes.len());
            let mut rows = Vec::with_capacity(taken.len());
            for row in MESSAGES.run(&mut reader, &taken, number).await? {
                rows.push((row.try_get::<i64, _>(0)?, row));
            }
            rows.sort_unstable_by_key(|(number, _)| std::cmp::Reverse(*number));
            let chunk = Chunk {
                rows: rows.into_iter().map(|(_, row)| row).collect(),
                findings: if wanted.findings {
                    findings(&mut reader, &taken).await?
                } else {
                    HashMap::new()
                },
                faulty: if wanted.has(Flag::Faulty) {
                    let rows = FAULTY.run(&mut reader, &taken, number).await?;
                    rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?
                } else {
                    HashSet::new()
                },
            };
            Ok(Read { chunk, down_to })
        })
        .await
    }
}

/// The findings of messages.
async fn findings(
    connection: &mut SqliteConnection,
    messages: &[i64],
) -> Result<HashMap<i64, Vec<Found>>, sqlx::Error> {
    let rows = FINDINGS.run(connection, messages, |values, number| {
        values.int(*number);
    });
    let mut findings: HashMap<i64, Vec<Found>> = HashMap::new();
    for row in &rows.await? {
        findings.entry(row.try_get(0)?).or_default().push(Found {
            pack: row.try_get(1)?,
            policy: row.try_get(2)?,
            rule: row.try_get(3)?,
            severity: read_name(row, 4)?,
        });
    }
    Ok(findings)
}
