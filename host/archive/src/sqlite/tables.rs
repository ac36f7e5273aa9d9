//! Rows for analysts: columns alone are read, and nothing that is sealed is opened.

use super::Sqlite;
use super::evidence::{Keyed, next_number, pseudonym_of_place};
use super::rows::damaged;
use crate::storage::StorageError;
use crate::stored::{codes, lists};
use crate::tables::{TableRows, Tabled, TablesSize};
use proviso_evidence::mask::pseudonym;
use proviso_model::Timestamp;
use proviso_tables::{FindingRow, MessageRow, RetentionRow};
use sqlx::sqlite::SqliteRow;
use sqlx::{Connection as _, Row as _};
use std::collections::BTreeMap;

/// Messages that are read in one transaction.
const PAGE_MESSAGES: u32 = 2_000;

/// Which messages, with a tenant, two moments and the last place bound as 1 to 4.
macro_rules! which {
    () => {
        " FROM envelopes e JOIN streams s USING (stream)
          WHERE (?1 IS NULL OR s.tenant = ?1) AND (?2 IS NULL OR e.sent_at >= ?2) AND (?3 IS NULL OR e.sent_at < ?3) AND e.message <= ?4"
    };
}

const SIZE: &str = concat!("SELECT count(*)", which!());

const PLACES: &str = concat!(
    "SELECT e.message",
    which!(),
    " AND e.message > ?5 ORDER BY e.message LIMIT ?6"
);

const MESSAGES: &str = "SELECT e.message, s.tenant, s.channel, k.name, e.direction, p.id, n.id, e.sent_at, e.received_at, e.held,
       h.message IS NOT NULL AND h.released_at IS NULL, e.withheld, b.permits, g.digest, e.directory, t.statutes, e.why, e.keep_until
     FROM json_each(?) w CROSS JOIN envelopes e ON e.message = w.value JOIN streams s USING (stream) JOIN kinds k USING (kind)
     JOIN parties p ON p.party = e.sender JOIN conversations n ON n.conversation = e.conversation JOIN generations g USING (generation)
     LEFT JOIN held_messages h ON h.message = e.message LEFT JOIN bases b USING (basis) LEFT JOIN statute_lists t USING (statute_list)
     ORDER BY e.message";

const FINDINGS: &str = "SELECT f.message, p.pack, p.name, f.rule, f.severity, f.shadow
     FROM json_each(?) w CROSS JOIN findings f ON f.message = w.value JOIN policies p USING (policy) ORDER BY f.message, f.finding";

impl Sqlite {
    pub(crate) async fn tables_size(&self, of: &Tabled) -> Result<TablesSize, StorageError> {
        self.reading(|mut reader| async move {
            let mut transaction = reader.begin().await?;
            let last: i64 = sqlx::query_scalar("SELECT coalesce(max(message), 0) FROM envelopes")
                .fetch_one(&mut *transaction)
                .await?;
            let messages: i64 = sqlx::query_scalar(SIZE)
                .bind(of.tenant.clone())
                .bind(of.sent.from.map(Timestamp::as_millis))
                .bind(of.sent.before.map(Timestamp::as_millis))
                .bind(last)
                .fetch_one(&mut *transaction)
                .await?;
            transaction.rollback().await?;
            Ok(TablesSize {
                messages: messages.unsigned_abs(),
                last,
            })
        })
        .await
    }

    pub(crate) async fn next_export(&self) -> Result<u64, StorageError> {
        self.reading(|mut reader| async move { next_number(&mut reader).await })
            .await
    }

    pub(crate) async fn table_rows(
        &self,
        export: u64,
        of: &Tabled,
        (after, last): (i64, i64),
    ) -> Result<TableRows, StorageError> {
        self.reading(|mut reader| async move {
            // One transaction, so that the three tables agree.
            let mut transaction = reader.begin().await?;
            let places: Vec<i64> = sqlx::query_scalar(PLACES)
                .bind(of.tenant.clone())
                .bind(of.sent.from.map(Timestamp::as_millis))
                .bind(of.sent.before.map(Timestamp::as_millis))
                .bind(last)
                .bind(after)
                .bind(PAGE_MESSAGES)
                .fetch_all(&mut *transaction)
                .await?;
            let list = super::bulk::number_list(places.iter().copied());
            let messages = sqlx::query(MESSAGES)
                .bind(list.clone())
                .fetch_all(&mut *transaction)
                .await?;
            let findings = sqlx::query(FINDINGS).bind(list).fetch_all(&mut *transaction).await?;
            transaction.rollback().await?;
            let mut keyed = Keyed::new(&self.sealing, export);
            let mut rows = TableRows {
                next: places
                    .last()
                    .copied()
                    .filter(|_| places.len() == PAGE_MESSAGES as usize),
                ..TableRows::default()
            };
            let mut names: BTreeMap<i64, String> = BTreeMap::new();
            for row in &messages {
                let place: i64 = row.try_get(0)?;
                let name = pseudonym_of_place(&mut keyed, place);
                rows.messages.push(message(row, &name, &mut keyed)?);
                retention(row, &name, &mut rows.retention)?;
                names.insert(place, name);
            }
            for row in &findings {
                let name = names.get(&row.try_get(0)?);
                rows.findings.extend(name.map(|name| finding(row, name)).transpose()?);
            }
            Ok(rows)
        })
        .await
    }
}

fn message(row: &SqliteRow, name: &str, keyed: &mut Keyed<'_>) -> Result<MessageRow, sqlx::Error> {
    let direction = codes::direction(row.try_get(4)?).map_err(|error| damaged(4, error))?;
    Ok(MessageRow {
        message: name.to_owned(),
        tenant: row.try_get(1)?,
        channel: row.try_get(2)?,
        kind: row.try_get(3)?,
        direction: direction.name(),
        sender: pseudonym(keyed, "person", row.try_get(5)?),
        conversation: pseudonym(keyed, "conversation", row.try_get(6)?),
        sent_at: row.try_get(7)?,
        received_at: row.try_get(8)?,
        held: row.try_get(9)?,
        waiting: row.try_get(10)?,
        withheld: row.try_get(11)?,
        permits: row.try_get(12)?,
        generation: row.try_get(13)?,
        directory: row.try_get(14)?,
    })
}

fn finding(row: &SqliteRow, name: &str) -> Result<FindingRow, sqlx::Error> {
    Ok(FindingRow {
        message: name.to_owned(),
        pack: row.try_get(1)?,
        policy: row.try_get(2)?,
        rule: row.try_get(3)?,
        severity: row.try_get(4)?,
        shadow: row.try_get(5)?,
    })
}

/// A row for each rule of law that decided; one where none did; none where nothing was decided.
fn retention(row: &SqliteRow, name: &str, rows: &mut Vec<RetentionRow>) -> Result<(), sqlx::Error> {
    let Some(statutes) = row.try_get::<Option<&str>, _>(15)? else {
        return Ok(());
    };
    let ground = match row.try_get::<Option<u8>, _>(16)? {
        Some(0) | None => None,
        Some(code) => Some(codes::why(code).map_err(|error| damaged(16, error))?.name()),
    };
    let alone = RetentionRow {
        message: name.to_owned(),
        ground,
        keep_until: row.try_get(17)?,
        rule: None,
        law: None,
        article: None,
    };
    let cited = lists::read_cited_rules(statutes).map_err(|error| damaged(15, error))?;
    if cited.is_empty() {
        rows.push(alone);
        return Ok(());
    }
    rows.extend(cited.into_iter().map(|cited| RetentionRow {
        rule: Some(cited.rule),
        law: Some(cited.law),
        article: Some(cited.article),
        ..alone.clone()
    }));
    Ok(())
}
