//! Counts over the whole archive. They read every message's row once: seconds for millions, so for people and not for polls.

use super::Sqlite;
use super::differences::first_verdict;
use super::records::{CONTENT_COLUMNS, content_columns, read_content};
use super::rows::{damaged, read_count, read_name};
use crate::stats::{
    CitedRule, ConsentCount, FaultCount, FindingCount, MessageCount, RetentionCount, Risk, SourceCount, Stats,
};
use crate::storage::StorageError;
use crate::stored::{self, codes};
use proviso_model::time::Day;
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{Connection as _, Row as _};

impl Sqlite {
    pub(crate) async fn stats(&self, risks_max: u32) -> Result<Stats, StorageError> {
        self.reading(|mut reader| async move {
            // One transaction, so that the counts agree with each other while messages come in.
            let mut transaction = reader.begin().await?;
            let stats = self.count(&mut transaction, risks_max).await?;
            transaction.rollback().await?;
            Ok(stats)
        })
        .await
    }

    pub(crate) async fn risks(&self, limit: u32) -> Result<Vec<Risk>, StorageError> {
        self.reading(|mut reader| async move { self.read_risks(&mut reader, limit).await })
            .await
    }

    async fn count(&self, connection: &mut SqliteConnection, risks_max: u32) -> Result<Stats, sqlx::Error> {
        Ok(Stats {
            messages: messages(connection).await?,
            findings: findings(connection).await?,
            retention: retention(connection).await?,
            dated: one(connection, "SELECT count(keep_until) FROM envelopes").await?,
            withheld: one(connection, "SELECT count(*) FROM envelopes WHERE withheld IS NOT NULL").await?,
            held: one(connection, "SELECT count(*) FROM held_messages").await?,
            held_open: one(
                connection,
                "SELECT count(*) FROM held_messages WHERE released_at IS NULL",
            )
            .await?,
            partial: one(
                connection,
                "SELECT count(DISTINCT message) FROM faults WHERE cause = 'partial'",
            )
            .await?,
            faults: faults(connection).await?,
            conflicts: one(connection, "SELECT count(*) FROM conflicts").await?,
            sources: sources(connection).await?,
            consents: consents(connection).await?,
            risks: self.read_risks(connection, risks_max).await?,
        })
    }

    async fn read_risks(&self, connection: &mut SqliteConnection, limit: u32) -> Result<Vec<Risk>, sqlx::Error> {
        let sql = concat!(
            "SELECT ",
            content_columns!(),
            ", r.tenant, p.pack, p.name, r.key, r.value, r.factors
             FROM (SELECT * FROM scores ORDER BY value DESC, tenant, key LIMIT ?) r
             JOIN policies p USING (policy) JOIN envelopes e ON e.message = r.message JOIN streams s USING (stream)
             JOIN contents c ON c.message = r.message
             ORDER BY r.value DESC, r.tenant, r.key, p.pack, p.name"
        );
        let mut risks = Vec::new();
        for row in sqlx::query(sql).bind(limit).fetch_all(&mut *connection).await? {
            risks.push(self.read_risk(connection, &row).await?);
        }
        Ok(risks)
    }

    /// A score is compared with the verdict that it was written from.
    async fn read_risk(&self, connection: &mut SqliteConnection, row: &SqliteRow) -> Result<Risk, sqlx::Error> {
        let message = read_content(row, 0, &self.sealing)?;
        let factors = CONTENT_COLUMNS + 5;
        let mut risk = Risk {
            tenant: row.try_get(CONTENT_COLUMNS)?,
            pack: row.try_get(CONTENT_COLUMNS + 1)?,
            policy: row.try_get(CONTENT_COLUMNS + 2)?,
            key: row.try_get(CONTENT_COLUMNS + 3)?,
            value: row.try_get(CONTENT_COLUMNS + 4)?,
            factors: stored::verdict::read_factors(row.try_get(factors)?).map_err(|error| damaged(factors, error))?,
            message: message.id.native.clone(),
            differs: true,
        };
        let Some(record) = self.record(connection, &message.id).await? else {
            return Ok(risk);
        };
        let earlier = self.earlier(connection, &record).await?;
        let first = first_verdict(&record, &earlier)?;
        risk.differs = !first.scores.iter().any(|score| {
            (&*score.pack, &*score.policy, &*score.key) == (&*risk.pack, &*risk.policy, &*risk.key)
                && score.value.to_bits() == risk.value.to_bits()
                && score.factors == risk.factors
        });
        Ok(risk)
    }
}

async fn one(connection: &mut SqliteConnection, sql: &'static str) -> Result<u64, sqlx::Error> {
    read_count(&sqlx::query(sql).fetch_one(connection).await?, 0)
}

async fn rows<T>(
    connection: &mut SqliteConnection,
    sql: &'static str,
    read: impl Fn(&SqliteRow) -> Result<T, sqlx::Error>,
) -> Result<Vec<T>, sqlx::Error> {
    sqlx::query(sql).fetch_all(connection).await?.iter().map(read).collect()
}

async fn messages(connection: &mut SqliteConnection) -> Result<Vec<MessageCount>, sqlx::Error> {
    let sql = "SELECT s.tenant, s.channel, k.name, n.messages
               FROM (SELECT stream, kind, count(*) AS messages FROM envelopes GROUP BY stream, kind) n
               JOIN streams s USING (stream) JOIN kinds k USING (kind)
               ORDER BY s.tenant, s.channel, k.name";
    rows(connection, sql, |row| {
        Ok(MessageCount {
            tenant: row.try_get(0)?,
            channel: row.try_get(1)?,
            kind: read_name(row, 2)?,
            messages: read_count(row, 3)?,
        })
    })
    .await
}

async fn findings(connection: &mut SqliteConnection) -> Result<Vec<FindingCount>, sqlx::Error> {
    let sql = "SELECT p.pack, p.name, f.rule, f.severity, f.shadow, count(*), count(DISTINCT f.message)
               FROM findings f JOIN policies p USING (policy)
               GROUP BY f.policy, f.rule, f.severity, f.shadow
               ORDER BY p.pack, p.name, f.rule,
                        CASE f.severity WHEN 'critical' THEN 0 WHEN 'high' THEN 1 WHEN 'medium' THEN 2 ELSE 3 END, f.shadow";
    rows(connection, sql, |row| {
        Ok(FindingCount {
            pack: row.try_get(0)?,
            policy: row.try_get(1)?,
            rule: row.try_get(2)?,
            severity: read_name(row, 3)?,
            shadow: row.try_get(4)?,
            findings: read_count(row, 5)?,
            messages: read_count(row, 6)?,
        })
    })
    .await
}

async fn retention(connection: &mut SqliteConnection) -> Result<Vec<RetentionCount>, sqlx::Error> {
    let sql =
        "SELECT e.value ->> 'rule', e.value ->> 'law', e.value ->> 'article', n.why, sum(n.messages), sum(n.dated),
                      min(n.first_until), max(n.last_until)
               FROM (SELECT r.statute_list, count(*) AS messages, count(r.keep_until) AS dated,
                            CASE WHEN t.statutes = '[]' THEN nullif(r.why, 0) END AS why,
                            min(r.keep_until) AS first_until, max(r.keep_until) AS last_until
                     FROM envelopes r JOIN statute_lists t USING (statute_list) GROUP BY r.statute_list, 4) n
               JOIN statute_lists t USING (statute_list) LEFT JOIN json_each(t.statutes) e
               GROUP BY 1, 2, 3, 4 ORDER BY 5 DESC, 1, 2, 3, 4";
    rows(connection, sql, |row| {
        let statute = match row.try_get(0)? {
            Some(rule) => Some(CitedRule {
                rule,
                law: row.try_get(1)?,
                article: row.try_get(2)?,
            }),
            None => None,
        };
        let why = match row.try_get::<Option<u8>, _>(3)? {
            Some(code) => Some(codes::why(code).map_err(|error| damaged(3, error))?),
            None => None,
        };
        Ok(RetentionCount {
            statute,
            why,
            messages: read_count(row, 4)?,
            dated: read_count(row, 5)?,
            first_until: read_day(row, 6)?,
            last_until: read_day(row, 7)?,
        })
    })
    .await
}

/// A day kept as its number; absent where no message of the row has one.
fn read_day(row: &SqliteRow, at: usize) -> Result<Option<Day>, sqlx::Error> {
    let number: Option<i32> = row.try_get(at)?;
    let day = |number| Day::from_number(number).ok_or_else(|| damaged(at, format!("no day has the number {number}")));
    number.map(day).transpose()
}

async fn faults(connection: &mut SqliteConnection) -> Result<Vec<FaultCount>, sqlx::Error> {
    let sql = "SELECT p.pack, p.name, f.cause, count(*) FROM faults f JOIN policies p USING (policy)
               GROUP BY f.policy, f.cause ORDER BY count(*) DESC, p.pack, p.name, f.cause";
    rows(connection, sql, |row| {
        Ok(FaultCount {
            pack: row.try_get(0)?,
            policy: row.try_get(1)?,
            cause: read_name(row, 2)?,
            faults: read_count(row, 3)?,
        })
    })
    .await
}

async fn sources(connection: &mut SqliteConnection) -> Result<Vec<SourceCount>, sqlx::Error> {
    let sql = "SELECT source, sum(duplicates), sum(errors)
               FROM (SELECT source, duplicates, 0 AS errors FROM source_duplicates
                     UNION ALL SELECT source, 0, count(*) FROM source_errors GROUP BY source
                     UNION ALL SELECT DISTINCT source, 0, 0 FROM source_offsets)
               GROUP BY source ORDER BY source";
    rows(connection, sql, |row| {
        Ok(SourceCount {
            source: row.try_get(0)?,
            duplicates: read_count(row, 1)?,
            errors: read_count(row, 2)?,
        })
    })
    .await
}

async fn consents(connection: &mut SqliteConnection) -> Result<Vec<ConsentCount>, sqlx::Error> {
    let sql = "SELECT tenant, channel, state, count(*)
               FROM (SELECT tenant, channel, state, row_number() OVER (
                         PARTITION BY tenant, channel, party
                         ORDER BY holds DESC, CASE state WHEN 'agree' THEN 0 WHEN 'default-agree' THEN 1 WHEN 'unknown' THEN 2
                                                         WHEN 'disagree' THEN 3 ELSE 4 END DESC) AS age
                     FROM consents)
               WHERE age = 1 GROUP BY tenant, channel, state ORDER BY tenant, channel, state";
    rows(connection, sql, |row| {
        Ok(ConsentCount {
            tenant: row.try_get(0)?,
            channel: row.try_get(1)?,
            state: read_name(row, 2)?,
            parties: read_count(row, 3)?,
        })
    })
    .await
}
