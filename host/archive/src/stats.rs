//! Counts over the whole archive. They read every message's row once: seconds for millions, so for people and not for polls.

use crate::ingest::Statute;
use crate::open::Archive;
use crate::rows::{read_count, read_json, read_name};
use crate::storage::StorageError;
use proviso_model::consent::ConsentState;
use proviso_model::message::Kind;
use proviso_model::verdict::{Factor, FaultCause, Severity};
use serde::Serialize;
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{Connection as _, Row as _};

/// What is in the archive, all of one moment.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Stats {
    /// Messages by tenant, channel and kind, in this order.
    pub messages: Vec<MessageCount>,
    /// Findings by pack, policy, rule, severity and mode, in this order.
    pub findings: Vec<FindingCount>,
    /// Retention decisions by the rules that decided, the most frequent first; one that several decided counts for each.
    pub retention: Vec<RetentionCount>,
    /// Messages whose content was withheld from policies.
    pub withheld: u64,
    /// Messages that were held, released ones included.
    pub held: u64,
    /// Messages that still wait for a person.
    pub held_open: u64,
    /// Faults by policy and cause, the most frequent first.
    pub faults: Vec<FaultCount>,
    /// Messages that were refused because another had their identifier.
    pub conflicts: u64,
    /// Duplicates and errors by source.
    pub sources: Vec<SourceCount>,
    /// Contacts by their last word, by tenant and channel.
    pub consents: Vec<ConsentCount>,
    /// The highest scores, the highest first.
    pub risks: Vec<Risk>,
}

/// Messages of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MessageCount {
    /// The tenant.
    pub tenant: String,
    /// The channel.
    pub channel: String,
    /// The kind.
    pub kind: Kind,
    /// How many.
    pub messages: u64,
}

/// Findings of one rule at one severity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FindingCount {
    /// The pack.
    pub pack: String,
    /// The policy.
    pub policy: String,
    /// The rule.
    pub rule: String,
    /// The severity.
    pub severity: Severity,
    /// True for findings that were made in shadow mode.
    pub shadow: bool,
    /// How many.
    pub findings: u64,
    /// On how many messages.
    pub messages: u64,
}

/// Retention decisions that one rule had a part in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RetentionCount {
    /// The rule; absent for decisions without any.
    pub statute: Option<Statute>,
    /// Messages.
    pub messages: u64,
    /// Those of them whose date is known.
    pub dated: u64,
}

/// Faults of one policy of one cause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FaultCount {
    /// The pack.
    pub pack: String,
    /// The policy.
    pub policy: String,
    /// What went wrong.
    pub cause: FaultCause,
    /// How often.
    pub faults: u64,
}

/// What a source delivered beside new messages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SourceCount {
    /// The source.
    pub source: String,
    /// Messages that were there already.
    pub duplicates: u64,
    /// Pieces that could not be read.
    pub errors: u64,
}

/// Contacts by their last word.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ConsentCount {
    /// The tenant.
    pub tenant: String,
    /// The channel.
    pub channel: String,
    /// Their last word.
    pub state: ConsentState,
    /// How many.
    pub parties: u64,
}

/// A subject's score after its last message. Advisory: never a decision about a person.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Risk {
    /// The tenant.
    pub tenant: String,
    /// The pack.
    pub pack: String,
    /// The policy.
    pub policy: String,
    /// The subject.
    pub key: String,
    /// 0 to 100.
    pub value: f64,
    /// What it is made of, the largest first, each with the message that caused it.
    pub factors: Vec<Factor>,
    /// Native identifier of the message after which it stands.
    pub message: String,
}

impl Archive {
    /// Counts everything, and reads the `risks_max` highest scores.
    pub async fn stats(&self, risks_max: u32) -> Result<Stats, StorageError> {
        self.reading(async {
            let mut connection = self.readers().acquire().await?;
            // One transaction, so that the counts agree with each other while messages come in.
            let mut transaction = connection.begin().await?;
            let stats = count(&mut transaction, risks_max).await?;
            transaction.rollback().await?;
            Ok(stats)
        })
        .await
    }

    /// The highest scores, the highest first.
    pub async fn risks(&self, limit: u32) -> Result<Vec<Risk>, StorageError> {
        self.reading(async {
            let mut connection = self.readers().acquire().await?;
            risks(&mut connection, limit).await
        })
        .await
    }
}

async fn count(connection: &mut SqliteConnection, risks_max: u32) -> Result<Stats, sqlx::Error> {
    Ok(Stats {
        messages: messages(connection).await?,
        findings: findings(connection).await?,
        retention: retention(connection).await?,
        withheld: one(connection, "SELECT count(*) FROM verdicts WHERE withheld IS NOT NULL").await?,
        held: one(connection, "SELECT count(*) FROM held_messages").await?,
        held_open: one(
            connection,
            "SELECT count(*) FROM held_messages WHERE released_at IS NULL",
        )
        .await?,
        faults: faults(connection).await?,
        conflicts: one(connection, "SELECT count(*) FROM conflicts").await?,
        sources: sources(connection).await?,
        consents: consents(connection).await?,
        risks: risks(connection, risks_max).await?,
    })
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
    let sql = "SELECT s.tenant, s.channel, n.kind, n.messages
               FROM (SELECT stream, kind, count(*) AS messages FROM messages GROUP BY stream, kind) n JOIN streams s USING (stream)
               ORDER BY s.tenant, s.channel, n.kind";
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
    let sql = "SELECT e.value ->> 'rule', e.value ->> 'law', e.value ->> 'article', sum(n.messages), sum(n.dated)
               FROM (SELECT statute_list, count(*) AS messages, count(keep_until) AS dated FROM retention GROUP BY statute_list) n
               JOIN statute_lists t USING (statute_list) LEFT JOIN json_each(t.statutes) e
               GROUP BY 1, 2, 3 ORDER BY 4 DESC, 1, 2, 3";
    rows(connection, sql, |row| {
        let statute = match row.try_get(0)? {
            Some(rule) => Some(Statute {
                rule,
                law: row.try_get(1)?,
                article: row.try_get(2)?,
            }),
            None => None,
        };
        Ok(RetentionCount {
            statute,
            messages: read_count(row, 3)?,
            dated: read_count(row, 4)?,
        })
    })
    .await
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
    let sql = "SELECT s.tenant, s.channel, c.state, count(*)
               FROM (SELECT stream, state, row_number() OVER (PARTITION BY stream, party ORDER BY at DESC, state DESC) AS age
                     FROM consent_events) c
               JOIN streams s USING (stream)
               WHERE c.age = 1 GROUP BY c.stream, c.state ORDER BY s.tenant, s.channel, c.state";
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

async fn risks(connection: &mut SqliteConnection, limit: u32) -> Result<Vec<Risk>, sqlx::Error> {
    let sql = "SELECT r.tenant, p.pack, p.name, r.key, r.value, r.factors, m.native
               FROM (SELECT * FROM scores ORDER BY value DESC, tenant, key LIMIT ?) r
               JOIN policies p USING (policy) JOIN messages m ON m.message = r.message
               ORDER BY r.value DESC, r.tenant, r.key, p.pack, p.name";
    sqlx::query(sql)
        .bind(limit)
        .fetch_all(connection)
        .await?
        .iter()
        .map(|row| {
            Ok(Risk {
                tenant: row.try_get(0)?,
                pack: row.try_get(1)?,
                policy: row.try_get(2)?,
                key: row.try_get(3)?,
                value: row.try_get(4)?,
                factors: read_json(row, 5)?,
                message: row.try_get(6)?,
            })
        })
        .collect()
}
