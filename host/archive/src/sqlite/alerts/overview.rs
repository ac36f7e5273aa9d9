//! How alerts come and are answered, in numbers.

use super::HOUR_MS;
use super::filter::{self, Builder, Seen};
use super::list::read_severity;
use crate::alerts::RuleName;
use crate::overview::{
    Answered, DayCount, OVERVIEW_DAYS_MAX, OpenedCount, Overview, OverviewAsked, Reviewed, RuleCount,
};
use crate::sqlite::Sqlite;
use crate::sqlite::rows::{damaged, read_count};
use crate::storage::StorageError;
use proviso_model::Timestamp;
use proviso_model::time::{Day, Zone};
use proviso_model::verdict::Severity;
use sqlx::{Connection as _, Row as _, SqliteConnection};
use std::collections::BTreeMap;

/// Hours that an alert may have been open, below the last of the four lists.
const AGES: [i64; 3] = [4, 24, 72];

impl Sqlite {
    pub(crate) async fn overview(&self, asked: &OverviewAsked) -> Result<Overview, StorageError> {
        self.reading(|mut reader| async move {
            // One transaction, so that the numbers agree with each other.
            let mut transaction = reader.begin().await?;
            let seen = filter::seen(&mut transaction, &asked.sight, None).await?;
            let days = asked.days.clamp(1, OVERVIEW_DAYS_MAX) as i32;
            let today = asked.zone.day(asked.now);
            let days: Vec<Day> = (0..days)
                .rev()
                .filter_map(|ago| Day::from_number(today.number() - ago))
                .collect();
            let first = days.first().copied().unwrap_or(today);
            let since = asked.zone.start_of(first);
            let overview = Overview {
                intake: intake(&mut transaction, &seen, &days, &asked.zone).await?,
                opened: opened(&mut transaction, &seen, since, &asked.zone).await?,
                by_rule: by_rule(&mut transaction, &seen, since).await?,
                reviewed: reviewed(&mut transaction, &seen, since).await?,
                answered: answered(&mut transaction, &seen, since).await?,
                ..open_now(&mut transaction, &seen, asked.now).await?
            };
            transaction.rollback().await?;
            Ok(overview)
        })
        .await
    }
}

/// The day of an hour; an hour in which a day begins counts for the day in which it begins.
fn day_of(hour: i64, zone: &Zone) -> Result<Day, sqlx::Error> {
    let at = Timestamp::from_millis(hour * HOUR_MS).map_err(|error| damaged(0, error))?;
    Ok(zone.day(at))
}

async fn intake(
    connection: &mut SqliteConnection,
    seen: &Seen,
    days: &[Day],
    zone: &Zone,
) -> Result<Vec<DayCount>, sqlx::Error> {
    let mut counts: BTreeMap<Day, u64> = days.iter().map(|day| (*day, 0)).collect();
    let since = days.first().map_or(0, |day| zone.start_of(*day).as_millis() / HOUR_MS);
    let mut query = Builder::new("SELECT hour, sum(messages) FROM intake WHERE hour >= ");
    query.push(since).push(" AND stream IN (SELECT value FROM json_each(");
    let streams = crate::sqlite::bulk::number_list(seen.whole.iter().copied());
    query.push_bind(streams).push(")) GROUP BY hour");
    for row in query.build().fetch_all(connection).await? {
        let day = day_of(row.try_get(0)?, zone)?;
        if let Some(count) = counts.get_mut(&day) {
            *count += read_count(&row, 1)?;
        }
    }
    let counts = counts.into_iter().map(|(day, messages)| DayCount { day, messages });
    Ok(counts.collect())
}

/// Writes ` FROM alerts a WHERE …` with those that were opened since then.
fn push_since(query: &mut Builder, seen: &Seen, since: Timestamp) {
    query.push(" FROM alerts a WHERE a.state IN ('open', 'closed') AND a.opened_at >= ");
    query.push(since.as_millis());
    seen.push(query);
}

async fn opened(
    connection: &mut SqliteConnection,
    seen: &Seen,
    since: Timestamp,
    zone: &Zone,
) -> Result<Vec<OpenedCount>, sqlx::Error> {
    let mut query = Builder::new("SELECT a.opened_at / 3600000, a.severity, count(*)");
    push_since(&mut query, seen, since);
    query.push(" GROUP BY 1, 2");
    let mut counts: BTreeMap<(Day, std::cmp::Reverse<Option<Severity>>), u64> = BTreeMap::new();
    for row in query.build().fetch_all(connection).await? {
        let key = (
            day_of(row.try_get(0)?, zone)?,
            std::cmp::Reverse(read_severity(&row, 1)?),
        );
        *counts.entry(key).or_default() += read_count(&row, 2)?;
    }
    let counts = counts.into_iter();
    let counts = counts.map(|((day, std::cmp::Reverse(severity)), alerts)| OpenedCount { day, severity, alerts });
    Ok(counts.collect())
}

async fn by_rule(
    connection: &mut SqliteConnection,
    seen: &Seen,
    since: Timestamp,
) -> Result<Vec<RuleCount>, sqlx::Error> {
    let mut query = Builder::new(
        "SELECT p.pack, p.name, n.rule, n.open, n.closed, n.wrong FROM (SELECT a.policy, a.rule, count(*) AS alerts,
         sum(a.state = 'open') AS open, sum(a.state = 'closed') AS closed, coalesce(sum(a.decision = 'false-positive'), 0) AS wrong",
    );
    push_since(&mut query, seen, since);
    query.push(
        " AND a.policy IS NOT NULL GROUP BY a.policy, a.rule) n JOIN policies p USING (policy)
         ORDER BY n.alerts DESC, p.pack, p.name, n.rule",
    );
    let rows = query.build().fetch_all(connection).await?;
    let counts = rows.iter().map(|row| {
        Ok(RuleCount {
            rule: RuleName {
                pack: row.try_get(0)?,
                policy: row.try_get(1)?,
                rule: row.try_get(2)?,
            },
            open: read_count(row, 3)?,
            closed: read_count(row, 4)?,
            false_positives: read_count(row, 5)?,
        })
    });
    counts.collect()
}

async fn reviewed(connection: &mut SqliteConnection, seen: &Seen, since: Timestamp) -> Result<Reviewed, sqlx::Error> {
    let mut query = Builder::new(
        "SELECT count(*), coalesce(sum(a.version > 0 AND EXISTS (SELECT 1 FROM reviews r WHERE r.alert = a.alert
         AND r.act IN ('decided', 'escalated', 'commented'))), 0)",
    );
    push_since(&mut query, seen, since);
    let row = query.build().fetch_one(connection).await?;
    Ok(Reviewed {
        opened: read_count(&row, 0)?,
        looked_at: read_count(&row, 1)?,
    })
}

async fn answered(connection: &mut SqliteConnection, seen: &Seen, since: Timestamp) -> Result<Answered, sqlx::Error> {
    let mut query =
        Builder::new("SELECT coalesce(sum(a.decided_at <= a.due_at), 0), coalesce(sum(a.decided_at > a.due_at), 0)");
    push_since(&mut query, seen, since);
    query.push(" AND a.decision IS NOT NULL AND a.decision <> 'escalate'");
    let row = query.build().fetch_one(connection).await?;
    Ok(Answered {
        in_time: read_count(&row, 0)?,
        late: read_count(&row, 1)?,
    })
}

/// What is open now, however long.
async fn open_now(connection: &mut SqliteConnection, seen: &Seen, now: Timestamp) -> Result<Overview, sqlx::Error> {
    let [four, day, days] = AGES.map(|hours| now.as_millis() - hours * HOUR_MS);
    let mut query = Builder::new("SELECT coalesce(sum(a.opened_at > ");
    query.push(format_args!(
        "{four}), 0), coalesce(sum(a.opened_at > {day} AND a.opened_at <= {four}), 0),
         coalesce(sum(a.opened_at > {days} AND a.opened_at <= {day}), 0), coalesce(sum(a.opened_at <= {days}), 0),
         coalesce(sum(a.kind = 'held'), 0) FROM alerts a INDEXED BY alerts_by_due WHERE a.state = 'open'"
    ));
    seen.push(&mut query);
    let row = query.build().fetch_one(connection).await?;
    Ok(Overview {
        open_by_age: [
            read_count(&row, 0)?,
            read_count(&row, 1)?,
            read_count(&row, 2)?,
            read_count(&row, 3)?,
        ],
        held: read_count(&row, 4)?,
        ..Overview::default()
    })
}
