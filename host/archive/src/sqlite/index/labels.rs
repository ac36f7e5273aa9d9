//! Labels that columns answer for all messages at once, so that only messages with them are opened.

use super::pages::{Opened, PageError};
use crate::sqlite::rows::read_name;
use proviso_search::query::Flag;
use proviso_search::segment::SegmentError;
use proviso_search::{Documents, Filter, Found, Label, Prepared};
use sqlx::{Row as _, SqliteConnection};
use std::sync::Arc;

/// Messages with a label that are told apart. Where there are more, each candidate is asked for the label.
const TOLD_MAX: i64 = 500_000;

/// The messages that have the labels of a query, by their numbers, which ascend.
#[derive(Debug, Clone, Default)]
pub(super) struct Labelled(Vec<(Label, Arc<[u64]>)>);

impl Labelled {
    /// Reads what columns answer of the query's labels.
    pub(super) async fn read(connection: &mut SqliteConnection, query: &Prepared) -> Result<Self, sqlx::Error> {
        let mut labelled = Vec::new();
        for label in query.labels() {
            let messages = match label {
                Label::Pack(_) | Label::Policy(_) | Label::Rule(_) | Label::Severity(..) => {
                    found(connection, label).await?
                }
                Label::Is(Flag::Found) => with(connection, "SELECT DISTINCT message FROM findings LIMIT ?").await?,
                Label::Is(Flag::Faulty) => with(connection, "SELECT DISTINCT message FROM faults LIMIT ?").await?,
                Label::Is(Flag::Held) => {
                    with(
                        connection,
                        "SELECT message FROM held_messages WHERE released_at IS NULL LIMIT ?",
                    )
                    .await?
                }
                Label::Is(Flag::Reviewed) => {
                    with(
                        connection,
                        "SELECT message FROM held_messages WHERE released_at IS NOT NULL LIMIT ?",
                    )
                    .await?
                }
                Label::Is(Flag::Recalled) => {
                    let sql = "SELECT i.message FROM recalls r JOIN identities i ON i.tag = r.recalled LIMIT ?";
                    with(connection, sql).await?
                }
                // These are known of a message that is open.
                Label::Is(Flag::Withheld | Flag::Kept) | Label::Department(_) | Label::Hold(_) => None,
            };
            let Some(mut messages) = messages else { continue };
            messages.sort_unstable();
            messages.dedup();
            labelled.push((label.clone(), messages.into_iter().map(i64::unsigned_abs).collect()));
        }
        Ok(Self(labelled))
    }
}

/// The messages of one statement; none where there are too many.
async fn with(connection: &mut SqliteConnection, sql: &'static str) -> Result<Option<Vec<i64>>, sqlx::Error> {
    let messages: Vec<i64> = sqlx::query_scalar(sql).bind(TOLD_MAX + 1).fetch_all(connection).await?;
    Ok((messages.len() as i64 <= TOLD_MAX).then_some(messages))
}

/// The messages with a finding that a label asks for; none where there are too many.
async fn found(connection: &mut SqliteConnection, label: &Label) -> Result<Option<Vec<i64>>, sqlx::Error> {
    let kinds = sqlx::query(
        "SELECT DISTINCT p.pack, p.name, f.rule, f.severity, f.policy FROM findings f JOIN policies p USING (policy)",
    )
    .fetch_all(&mut *connection)
    .await?;
    let mut messages = Vec::new();
    for kind in &kinds {
        let found = Found {
            pack: kind.try_get(0)?,
            policy: kind.try_get(1)?,
            rule: kind.try_get(2)?,
            severity: read_name(kind, 3)?,
        };
        if !found.is_asked_for(label) {
            continue;
        }
        let of_kind: Vec<i64> =
            sqlx::query_scalar("SELECT message FROM findings WHERE policy = ? AND rule = ? AND severity = ? LIMIT ?")
                .bind(kind.try_get::<i64, _>(4)?)
                .bind(found.rule)
                .bind(kind.try_get::<String, _>(3)?)
                .bind(TOLD_MAX + 1)
                .fetch_all(&mut *connection)
                .await?;
        messages.extend(of_kind);
        if messages.len() as i64 > TOLD_MAX {
            return Ok(None);
        }
    }
    Ok(Some(messages))
}

/// What columns answer, of one segment.
pub(super) struct OfSegment<'a> {
    pub(super) labelled: &'a Labelled,
    pub(super) segment: &'a Opened,
}

impl Filter for OfSegment<'_> {
    type Error = SegmentError<PageError>;

    fn documents(&mut self, label: &Label) -> Result<Option<Documents>, Self::Error> {
        let known = self.labelled.0.iter().find(|(known, _)| known == label);
        let documents = known.map(|(_, messages)| self.segment.documents_of(messages.iter().copied()));
        documents.transpose()
    }
}
