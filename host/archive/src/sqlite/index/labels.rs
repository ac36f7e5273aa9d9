//! Labels that columns answer, so that only messages with them are opened. They are asked segment by segment, of the messages between its first and its
//! last: a query that finds enough among the newest asks little.

use super::fitting::Fittings;
use super::pages::{Opened, PageError};
use super::segments::SegmentRow;
use crate::sqlite::Sqlite;
use crate::sqlite::rows::read_name;
use proviso_search::query::Flag;
use proviso_search::segment::SegmentError;
use proviso_search::{Candidates, Filter, Found, Label, Prepared};
use sqlx::{Row as _, SqliteConnection};
use std::sync::Arc;
use tokio::runtime::Handle;

/// Messages with a label that are told apart. Where there are more in a segment, each candidate is asked for the label.
const TOLD_MAX: i64 = 500_000;
/// Kinds of findings that are told apart: rules are named by plugins. Where there are more, each candidate is asked for the label.
const KINDS_MAX: usize = 10_000;

/// What is known of the labels of a query before a segment is asked.
#[derive(Debug, Clone, Default)]
pub(super) struct Labelled {
    /// Every kind of finding that there is, where the query asks for some; none where there are too many.
    kinds: Option<Arc<[Kind]>>,
    /// The messages that were recalled, by their numbers, which ascend; none where nobody asks, or there are too many.
    recalled: Option<Arc<[i64]>>,
    pub(super) fittings: Fittings,
}

/// A kind of finding, as the index of findings sorts them.
#[derive(Debug)]
struct Kind {
    policy: i64,
    found: Found,
}

impl Labelled {
    /// Reads what columns answer of the query's labels for all segments.
    pub(super) async fn read(connection: &mut SqliteConnection, query: &Prepared) -> Result<Self, sqlx::Error> {
        let labels = query.labels();
        let asks_for_kinds = labels.iter().any(|label| {
            matches!(
                label,
                Label::Pack(_) | Label::Policy(_) | Label::Rule(_) | Label::Severity(..)
            )
        });
        let kinds = if asks_for_kinds {
            let kinds = kinds(connection, KINDS_MAX + 1).await?;
            (kinds.len() <= KINDS_MAX).then_some(kinds)
        } else {
            None
        };
        let recalled = if labels.contains(&&Label::Is(Flag::Recalled)) {
            recalled(connection).await?
        } else {
            None
        };
        Ok(Self {
            kinds: kinds.map(Into::into),
            recalled: recalled.map(Into::into),
            fittings: Fittings::read(connection, &labels).await?,
        })
    }
}

/// The first kinds of findings: each is the next one in the index, and no other entry of it is read.
async fn kinds(connection: &mut SqliteConnection, most: usize) -> Result<Vec<Kind>, sqlx::Error> {
    let mut kinds: Vec<Kind> = Vec::new();
    let mut last = (i64::MIN, String::new(), String::new());
    while kinds.len() < most {
        let next = sqlx::query(
            "SELECT f.policy, f.rule, f.severity, p.pack, p.name FROM findings f JOIN policies p USING (policy)
             WHERE (f.policy, f.rule, f.severity) > (?, ?, ?) ORDER BY f.policy, f.rule, f.severity LIMIT 1",
        )
        .bind(last.0)
        .bind(last.1)
        .bind(last.2)
        .fetch_optional(&mut *connection)
        .await?;
        let Some(next) = next else { break };
        last = (next.try_get(0)?, next.try_get(1)?, next.try_get(2)?);
        kinds.push(Kind {
            policy: last.0,
            found: Found {
                pack: next.try_get(3)?,
                policy: next.try_get(4)?,
                rule: last.1.clone(),
                severity: read_name(&next, 2)?,
            },
        });
    }
    Ok(kinds)
}

/// The names of rules that found something, those of so many kinds of findings.
pub(in crate::sqlite) async fn rules(
    connection: &mut SqliteConnection,
    most: usize,
) -> Result<Vec<String>, sqlx::Error> {
    let kinds = kinds(connection, most).await?;
    Ok(kinds.into_iter().map(|kind| kind.found.rule).collect())
}

async fn recalled(connection: &mut SqliteConnection) -> Result<Option<Vec<i64>>, sqlx::Error> {
    let sql = "SELECT i.message FROM recalls r JOIN identities i ON i.tag = r.recalled LIMIT ?";
    let mut messages: Vec<i64> = sqlx::query_scalar(sql).bind(TOLD_MAX + 1).fetch_all(connection).await?;
    messages.sort_unstable();
    Ok((messages.len() as i64 <= TOLD_MAX).then_some(messages))
}

/// What columns answer, of one segment. For threads that may wait.
pub(super) struct OfSegment<'a> {
    pub(super) store: &'a Sqlite,
    pub(super) runtime: &'a Handle,
    pub(super) labelled: &'a Labelled,
    pub(super) row: &'a SegmentRow,
    pub(super) segment: &'a Opened,
}

impl Filter for OfSegment<'_> {
    type Error = SegmentError<PageError>;

    fn documents(&mut self, label: &Label) -> Result<Option<Candidates>, Self::Error> {
        let numbers = match label {
            Label::Pack(_) | Label::Policy(_) | Label::Rule(_) | Label::Severity(..) => self.found(label)?,
            Label::Is(Flag::Found) => {
                self.between("SELECT DISTINCT message FROM findings WHERE message BETWEEN ? AND ? LIMIT ?")?
            }
            Label::Is(Flag::Faulty) => {
                self.between("SELECT DISTINCT message FROM faults WHERE message BETWEEN ? AND ? LIMIT ?")?
            }
            Label::Is(Flag::Held) => self.between(
                "SELECT message FROM held_messages WHERE message BETWEEN ? AND ? AND released_at IS NULL LIMIT ?",
            )?,
            Label::Is(Flag::Reviewed) => self.between(
                "SELECT message FROM held_messages WHERE message BETWEEN ? AND ? AND released_at IS NOT NULL LIMIT ?",
            )?,
            Label::Is(Flag::Recalled) => self.labelled.recalled.as_ref().map(|recalled| recalled.to_vec()),
            Label::Is(Flag::Kept) | Label::Hold(_) => {
                let of = (self.row.partition.tenant.as_str(), self.row.first, self.row.last);
                return self
                    .labelled
                    .fittings
                    .candidates(label, of, self.segment, (self.store, self.runtime));
            }
            // These are known of a message that is open.
            Label::Is(Flag::Withheld) | Label::Department(_) => None,
        };
        let Some(mut numbers) = numbers else { return Ok(None) };
        numbers.sort_unstable();
        numbers.dedup();
        let documents = self.segment.documents_of(numbers.into_iter().map(i64::unsigned_abs))?;
        Ok(Some(Candidates::exact(documents)))
    }
}

impl OfSegment<'_> {
    /// The messages of one statement between the segment's first and last; none where there are too many.
    fn between(&self, sql: &'static str) -> Result<Option<Vec<i64>>, SegmentError<PageError>> {
        let (first, last) = (self.row.first, self.row.last);
        let read = self.store.reading(|mut reader| async move {
            sqlx::query_scalar(sql)
                .bind(first)
                .bind(last)
                .bind(TOLD_MAX + 1)
                .fetch_all(&mut *reader)
                .await
        });
        told(self.runtime.block_on(read))
    }

    /// The same, with a finding that a label asks for.
    fn found(&self, label: &Label) -> Result<Option<Vec<i64>>, SegmentError<PageError>> {
        let Some(kinds) = &self.labelled.kinds else {
            return Ok(None);
        };
        let asked = kinds.iter().filter(|kind| kind.found.is_asked_for(label));
        let kinds: Vec<_> = asked
            .map(|kind| (kind.policy, kind.found.rule.as_str(), kind.found.severity.name()))
            .collect();
        if kinds.is_empty() {
            return Ok(Some(Vec::new()));
        }
        let kinds = serde_json::to_string(&kinds).expect("numbers and names have no encoding that fails");
        let (first, last) = (self.row.first, self.row.last);
        let read = self.store.reading(|mut reader| async move {
            sqlx::query_scalar(
                "SELECT f.message FROM json_each(?) k CROSS JOIN findings f ON f.policy = k.value ->> 0 AND f.rule = k.value ->> 1
                 AND f.severity = k.value ->> 2 AND f.shadow IN (0, 1) AND f.message BETWEEN ? AND ? LIMIT ?",
            )
            .bind(kinds)
            .bind(first)
            .bind(last)
            .bind(TOLD_MAX + 1)
            .fetch_all(&mut *reader)
            .await
        });
        told(self.runtime.block_on(read))
    }
}

/// The messages that were read; none where they are too many to be told.
fn told(read: Result<Vec<i64>, crate::storage::StorageError>) -> Result<Option<Vec<i64>>, SegmentError<PageError>> {
    let messages = read.map_err(|error| SegmentError::Page {
        page: 0,
        source: error.into(),
    })?;
    Ok((messages.len() as i64 <= TOLD_MAX).then_some(messages))
}
