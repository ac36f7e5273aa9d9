//! Where rows say something else than the verdict that they were written from.
//!
//! People and statistics read the rows; a replay compares the verdict. A row that somebody edited would be printed by the one and
//! called identical by the other.

use super::Sqlite;
use super::records::Record;
use super::rows::{damage, damaged, read_name};
use crate::rejudge::EarlierVerdict;
use crate::stored;
use proviso_model::Verdict;
use proviso_model::verdict::{Fault, Finding, Score, Severity};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, SqliteConnection};
use std::borrow::Cow;
use std::sync::Arc;

/// Bytes of a subject's key that a difference shows.
const KEY_SHOWN_BYTES: usize = 64;

/// The verdict that was written when a message arrived.
pub(super) fn first_verdict<'a>(
    record: &'a Record,
    earlier: &[EarlierVerdict],
) -> Result<Cow<'a, Verdict>, sqlx::Error> {
    let standing = &record.verdict.verdict;
    match earlier.first() {
        Some(earlier) => stored::verdict::read(stored::verdict::FORM, &earlier.json)
            .map(Cow::Owned)
            .map_err(|error| damage(format!("the first verdict on message {}: {error}", standing.message))),
        None => Ok(Cow::Borrowed(standing)),
    }
}

impl Sqlite {
    /// The differences of one message, for people: its findings and faults against the verdict that stands, its scores against
    /// the verdict that was written when it arrived: a later one moves none.
    pub(super) async fn differences(
        &self,
        connection: &mut SqliteConnection,
        record: &Record,
        earlier: &[EarlierVerdict],
    ) -> Result<Vec<String>, sqlx::Error> {
        let standing = &record.verdict.verdict;
        let mut differences = Vec::new();
        let found = standing.findings.iter().map(FindingRow::of).collect::<Vec<_>>();
        if findings(connection, record.arrival).await? != found {
            differences.push("the rows of its findings say something else than its verdict".to_owned());
        }
        if faults(connection, record.arrival).await? != standing.faults {
            differences.push("the rows of its faults say something else than its verdict".to_owned());
        }
        let first = first_verdict(record, earlier)?;
        for score in &first.scores {
            differences.extend(score_difference(connection, record.arrival, &standing.message.tenant, score).await?);
        }
        Ok(differences)
    }
}

/// What the row of a finding says of it.
#[derive(PartialEq)]
struct FindingRow {
    pack: Arc<str>,
    policy: Arc<str>,
    rule: String,
    severity: Severity,
    shadow: bool,
}

impl FindingRow {
    fn of(finding: &Finding) -> Self {
        Self {
            pack: Arc::clone(&finding.pack),
            policy: Arc::clone(&finding.policy),
            rule: finding.rule.clone(),
            severity: finding.severity,
            shadow: finding.shadow,
        }
    }
}

async fn findings(connection: &mut SqliteConnection, message: i64) -> Result<Vec<FindingRow>, sqlx::Error> {
    let read = |row: &SqliteRow| -> Result<FindingRow, sqlx::Error> {
        Ok(FindingRow {
            pack: row.try_get::<&str, _>(0)?.into(),
            policy: row.try_get::<&str, _>(1)?.into(),
            rule: row.try_get(2)?,
            severity: read_name(row, 3)?,
            shadow: row.try_get(4)?,
        })
    };
    sqlx::query(
        "SELECT p.pack, p.name, f.rule, f.severity, f.shadow FROM findings f JOIN policies p USING (policy)
         WHERE f.message = ? ORDER BY f.finding",
    )
    .bind(message)
    .fetch_all(connection)
    .await?
    .iter()
    .map(read)
    .collect()
}

async fn faults(connection: &mut SqliteConnection, message: i64) -> Result<Vec<Fault>, sqlx::Error> {
    let read = |row: &SqliteRow| -> Result<Fault, sqlx::Error> {
        Ok(Fault {
            pack: row.try_get::<&str, _>(0)?.into(),
            policy: row.try_get::<&str, _>(1)?.into(),
            cause: read_name(row, 2)?,
            detail: row.try_get(3)?,
        })
    };
    sqlx::query(
        "SELECT p.pack, p.name, f.cause, f.detail FROM faults f JOIN policies p USING (policy)
         WHERE f.message = ? ORDER BY f.fault",
    )
    .bind(message)
    .fetch_all(connection)
    .await?
    .iter()
    .map(read)
    .collect()
}

/// The row of a subject holds what its last message made of it: this message, or a later one.
async fn score_difference(
    connection: &mut SqliteConnection,
    message: i64,
    tenant: &str,
    score: &Score,
) -> Result<Option<String>, sqlx::Error> {
    let row = sqlx::query(
        "SELECT r.message, r.value, r.factors FROM policies p JOIN scores r USING (policy)
         WHERE r.tenant = ? AND p.pack = ? AND p.name = ? AND r.key = ?",
    )
    .bind(tenant.to_owned())
    .bind(score.pack.to_string())
    .bind(score.policy.to_string())
    .bind(score.key.to_string())
    .fetch_optional(connection)
    .await?;
    let (pack, policy) = (&score.pack, &score.policy);
    let key = &score.key[..score.key.floor_char_boundary(KEY_SHOWN_BYTES)];
    let Some(row) = row else {
        return Ok(Some(format!(
            "the score that {pack}:{policy} gave to {key:?} is not there any more"
        )));
    };
    let last: i64 = row.try_get(0)?;
    if last > message {
        return Ok(None);
    }
    if last < message {
        let text = format!("the score that {pack}:{policy} gave to {key:?} stands after an earlier message");
        return Ok(Some(text));
    }
    let value: f64 = row.try_get(1)?;
    if value.to_bits() != score.value.to_bits() {
        return Ok(Some(format!(
            "the score that {pack}:{policy} gave to {key:?} is {value} in its row, and {} in the verdict",
            score.value
        )));
    }
    let factors = stored::verdict::read_factors(row.try_get(2)?).map_err(|error| damaged(2, error))?;
    Ok((factors != score.factors)
        .then(|| format!("the factors of the score that {pack}:{policy} gave to {key:?} differ from the verdict's")))
}
