//! Reading verdicts. What is read is compared with its digest, where the row has one.

use super::Sqlite;
use super::rows::{damage, read_count, read_digest, read_digest_text};
use super::said;
use crate::storage::StorageError;
use crate::stored;
use crate::verdicts::{StoredDecision, StoredVerdict};
use proviso_model::MessageId;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, SqliteConnection};

/// Columns of [`read_verdict_row`], from a table of verdicts `v`, one of decisions `r` and `generations g`.
macro_rules! verdict_row_columns {
    ($verdicts:literal, $decisions:literal) => {
        concat!(
            $verdicts,
            ".verdict, ",
            $verdicts,
            ".form, ",
            $verdicts,
            ".fuel, ",
            $verdicts,
            ".digest, ",
            $verdicts,
            ".held, g.digest, ",
            $decisions,
            ".decision, ",
            $decisions,
            ".keep_until, ",
            $verdicts,
            ".directory"
        )
    };
}
pub(super) use verdict_row_columns;

/// How many columns [`verdict_row_columns`] names.
pub(super) const VERDICT_ROW_COLUMNS: usize = 9;

/// What stands in a row of a verdict.
pub(super) struct VerdictRow {
    pub(super) verdict: StoredVerdict,
    /// JSON of the retention decision.
    pub(super) decision: Option<String>,
}

/// Reads [`verdict_row_columns`] from column 0 on. `whose` names the message in an error.
pub(super) fn read_verdict_row(row: &SqliteRow, whose: &MessageId) -> Result<VerdictRow, sqlx::Error> {
    let (json, form, fuel): (String, i64, i64) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
    let (decision, keep_until): (Option<String>, Option<String>) = (row.try_get(6)?, row.try_get(7)?);
    if row.try_get::<Option<&[u8]>, _>(3)?.is_some() {
        let kept = decision.as_deref().map(|json| (json, keep_until.as_deref()));
        if said::digest(&json, fuel, kept) != read_digest(row, 3)? {
            return Err(damage(format!(
                "the verdict on message {whose} is not what its digest says: somebody, or the disk, changed it"
            )));
        }
    }
    let verdict = stored::verdict::read(form, &json)
        .map_err(|error| damage(format!("the verdict on message {whose} cannot be read: {error}")))?;
    let generation = read_digest_text(row, 5)?;
    let held: bool = row.try_get(4)?;
    if *verdict.message != *whose || verdict.generation != generation || verdict.held != held {
        return Err(damage(format!(
            "the row of the verdict on message {whose} says something else than the verdict"
        )));
    }
    Ok(VerdictRow {
        verdict: StoredVerdict {
            json,
            verdict,
            generation,
            fuel: read_count(row, 2)?,
            directory: row.try_get(8)?,
        },
        decision,
    })
}

/// Reads a retention decision. `whose` names the message in an error.
pub(super) fn read_decision(json: String, whose: &MessageId) -> Result<StoredDecision, sqlx::Error> {
    let decision = stored::decision::read(&json).map_err(|error| {
        damage(format!(
            "the retention decision on message {whose} cannot be read: {error}"
        ))
    })?;
    Ok(StoredDecision { json, decision })
}

/// The verdict that stands on a message; `None` if there is no such message.
pub(super) async fn standing(
    connection: &mut SqliteConnection,
    id: &MessageId,
) -> Result<Option<VerdictRow>, sqlx::Error> {
    let sql = concat!(
        "SELECT ",
        verdict_row_columns!("v", "r"),
        " FROM streams s JOIN messages m USING (stream) JOIN verdicts v USING (message) JOIN generations g USING (generation)
          LEFT JOIN retention r ON r.message = m.message
          WHERE s.tenant = ? AND s.channel = ? AND m.native = ?"
    );
    let row = sqlx::query(sql)
        .bind(id.tenant.clone())
        .bind(id.channel.clone())
        .bind(id.native.clone())
        .fetch_optional(connection)
        .await?;
    row.map(|row| read_verdict_row(&row, id)).transpose()
}

impl Sqlite {
    pub(crate) async fn verdict(&self, id: &MessageId) -> Result<Option<StoredVerdict>, StorageError> {
        self.reading(|mut reader| async move {
            let standing = standing(&mut reader, id).await?;
            Ok(standing.map(|row| row.verdict))
        })
        .await
    }
}
