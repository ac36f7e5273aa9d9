//! Where rows say something else than the verdict that they were written from.
//!
//! People and statistics read the rows; a replay compares the verdict. A row that somebody edited would be printed by the one and
//! called identical by the other.

use super::rows::{damage, damaged, read_name};
use crate::stored;
use proviso_model::verdict::{Fault, Finding, Reason, Score, Span};
use proviso_model::{MessageId, Verdict};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, SqliteConnection};

/// Bytes of a subject's key that a difference shows.
const KEY_SHOWN_BYTES: usize = 64;

/// The verdict that was written when the message arrived, whose scores are those of the table: a later verdict moves none.
pub(super) async fn first_verdict(connection: &mut SqliteConnection, id: &MessageId) -> Result<Verdict, sqlx::Error> {
    let row = sqlx::query(
        "SELECT coalesce(e.verdict, v.verdict), coalesce(e.form, v.form)
         FROM streams s JOIN messages m USING (stream) JOIN verdicts v USING (message)
         LEFT JOIN earlier_verdicts e ON e.earlier = (SELECT min(earlier) FROM earlier_verdicts WHERE message = m.message)
         WHERE s.tenant = ? AND s.channel = ? AND m.native = ?",
    )
    .bind(id.tenant.clone())
    .bind(id.channel.clone())
    .bind(id.native.clone())
    .fetch_one(connection)
    .await?;
    stored::verdict::read(row.try_get(1)?, row.try_get(0)?)
        .map_err(|error| damage(format!("the first verdict on message {id} cannot be read: {error}")))
}

/// The differences of one message, for people: its findings and faults against the verdict that stands, its scores against the
/// verdict that was written first.
pub(super) async fn differences(
    connection: &mut SqliteConnection,
    standing: &Verdict,
    first: &Verdict,
) -> Result<Vec<String>, sqlx::Error> {
    let id = &standing.message;
    let number: i64 = sqlx::query_scalar(
        "SELECT m.message FROM streams s JOIN messages m USING (stream)
         WHERE s.tenant = ? AND s.channel = ? AND m.native = ?",
    )
    .bind(id.tenant.clone())
    .bind(id.channel.clone())
    .bind(id.native.clone())
    .fetch_one(&mut *connection)
    .await?;
    let mut differences = Vec::new();
    if findings(connection, number).await? != standing.findings {
        differences.push("the rows of its findings say something else than its verdict".to_owned());
    }
    if faults(connection, number).await? != standing.faults {
        differences.push("the rows of its faults say something else than its verdict".to_owned());
    }
    for score in &first.scores {
        differences.extend(score_difference(connection, number, &id.tenant, score).await?);
    }
    Ok(differences)
}

async fn findings(connection: &mut SqliteConnection, message: i64) -> Result<Vec<Finding>, sqlx::Error> {
    let read = |row: &SqliteRow| -> Result<Finding, sqlx::Error> {
        let spans: Vec<(u32, u32)> = serde_json::from_str(row.try_get(5)?).map_err(|error| damaged(5, error))?;
        Ok(Finding {
            pack: row.try_get::<&str, _>(0)?.into(),
            policy: row.try_get::<&str, _>(1)?.into(),
            rule: row.try_get(2)?,
            severity: read_name(row, 3)?,
            shadow: row.try_get(4)?,
            spans: spans.into_iter().map(Span::from).collect(),
            text: row.try_get(6)?,
            reason: Reason {
                zh: row.try_get(7)?,
                en: row.try_get(8)?,
            },
        })
    };
    sqlx::query(
        "SELECT p.pack, p.name, f.rule, f.severity, f.shadow, f.spans, f.text, f.reason_zh, f.reason_en
         FROM findings f JOIN policies p USING (policy) WHERE f.message = ? ORDER BY f.finding",
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
