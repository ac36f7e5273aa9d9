//! What an audit finds, and what is found by counting.

use super::stored::{field, number};
use crate::audit::{AuditFault, FAULTS_NAMED_MAX};
use crate::sqlite::alerts;
use crate::sqlite::log::rows;
use proviso_proof::entry::Entry;
use sqlx::SqliteConnection;
use std::collections::HashMap;

const HELD: &str = "
    SELECT (SELECT count(*) FROM envelopes e WHERE e.held = 1
            AND NOT EXISTS (SELECT 1 FROM held_messages h WHERE h.message = e.message))
         + (SELECT count(*) FROM held_messages h JOIN envelopes e USING (message) WHERE h.released_at IS NULL AND e.held = 0)";

/// Faults that were found so far.
#[derive(Default)]
pub(super) struct Found {
    pub(super) faults: Vec<AuditFault>,
    pub(super) count: u64,
}

impl Found {
    pub(super) fn fault(&mut self, fault: AuditFault) {
        self.count += 1;
        if self.faults.len() < FAULTS_NAMED_MAX {
            self.faults.push(fault);
        }
    }

    /// Compares the number of rows with what the log tells of.
    pub(super) async fn count(
        &mut self,
        connection: &mut SqliteConnection,
        size: i64,
        first: Option<&Entry>,
    ) -> Result<(), sqlx::Error> {
        let before = |name: &str| first.and_then(|entry| field(entry, name)).unwrap_or(0);
        let kept: HashMap<String, i64> =
            sqlx::query_as("SELECT kind, count(*) FROM log_entries WHERE entry IS NOT NULL GROUP BY kind")
                .fetch_all(&mut *connection)
                .await?
                .into_iter()
                .collect();
        let gone = gone_untold(connection, rows::ALL.iter().any(|kind| before(kind.before) > 0)).await?;
        for kind in rows::ALL {
            let gone = gone.get(kind.before).copied().unwrap_or(0);
            let expected = kept.get(kind.kind).copied().unwrap_or(0) + before(kind.before) - gone;
            let found = kind.count(connection).await?;
            self.compare(kind.kind, expected, found);
        }
        let judged = number(connection, "SELECT coalesce(sum(messages), 0) FROM log_leaves").await?;
        let erased = "SELECT count(*) FROM log_entries WHERE kind = 'judged' AND entry IS NULL";
        let erased = number(connection, erased).await?;
        for (what, sql, expected) in [
            (
                "contents",
                "SELECT count(*) FROM contents WHERE message > ?",
                judged - erased,
            ),
            (
                "identities",
                "SELECT count(*) FROM identities WHERE message > ?",
                judged,
            ),
        ] {
            let found = sqlx::query_scalar(sql)
                .bind(before("messages"))
                .fetch_one(&mut *connection)
                .await?;
            self.compare(what, expected, found);
        }
        let tiles = (1..8).map(|level| size >> (8 * level)).sum();
        let found = number(connection, "SELECT count(*) FROM log_tiles").await?;
        self.compare("log_tiles", tiles, found);
        match number(connection, STRAY).await? {
            0 => {}
            stray => self.compare("log_entries", 0, stray),
        }
        match number(connection, UNBOUND).await? {
            0 => {}
            unbound => self.compare("employments of no version of the directory", 0, unbound),
        }
        match number(connection, HELD).await? {
            0 => {}
            wrong => self.fault(AuditFault::Held(wrong)),
        }
        self.alerts(connection).await
    }

    /// Alerts, of which the log tells by the verdicts that they follow from, and by their reviews.
    async fn alerts(&mut self, connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
        let wrong = alerts::wrong(connection).await?;
        for (number, what) in wrong.alerts {
            self.fault(AuditFault::Alert { number, what });
        }
        if wrong.missing != 0 {
            self.compare("alerts that are missing", 0, wrong.missing);
        }
        if wrong.stray_comments != 0 {
            self.compare("review_comments of no review", 0, wrong.stray_comments);
        }
        Ok(())
    }

    fn compare(&mut self, what: &'static str, expected: i64, found: i64) {
        if expected != found {
            self.fault(AuditFault::Count { what, expected, found });
        }
    }
}

/// Entries that stand in no leaf.
const STRAY: &str = "SELECT count(*) FROM log_entries WHERE place < 0 OR leaf NOT IN (SELECT leaf FROM log_leaves)";

/// Employments that begin or end with a version of the directory that is not there.
const UNBOUND: &str = "SELECT count(*) FROM employments WHERE since NOT IN (SELECT version FROM directory_versions)
    OR until IS NOT NULL AND (until <= since OR until NOT IN (SELECT version FROM directory_versions))";

/// Rows of before the log that went with messages that were disposed of: as many of each as the disposals' entries tell.
async fn gone_untold(
    connection: &mut SqliteConnection,
    any_before: bool,
) -> Result<HashMap<&'static str, i64>, sqlx::Error> {
    let mut gone = HashMap::new();
    if !any_before {
        return Ok(gone);
    }
    let entries: Vec<Vec<u8>> = sqlx::query_scalar(
        "SELECT entry FROM log_entries WHERE kind IN ('disposal', 'disposed-again') AND entry IS NOT NULL",
    )
    .fetch_all(connection)
    .await?;
    for entry in &entries {
        // What is no entry, the walk tells.
        let Ok(entry) = Entry::from_bytes(entry) else { continue };
        for kind in rows::ALL {
            *gone.entry(kind.before).or_insert(0) += field(&entry, kind.before).unwrap_or(0);
        }
    }
    Ok(gone)
}
