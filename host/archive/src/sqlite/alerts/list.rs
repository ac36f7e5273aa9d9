//! Pages of alerts, with how long each list is.

use super::filter::{self, Builder, Numbered};
use super::state::read_decision;
use crate::alerts::{
    ALERTS_LISTED_MAX, Alert, AlertCounts, AlertFilter, AlertKind, AlertPage, AlertPlace, AlertSort, AlertView,
    RuleName,
};
use crate::reviews::Decided;
use crate::sqlite::Sqlite;
use crate::sqlite::evidence::searched;
use crate::sqlite::rows::{damaged, read_count, read_principal, read_time};
use crate::sqlite::sealing::Sealing;
use crate::storage::StorageError;
use proviso_model::verdict::Severity;
use sqlx::sqlite::SqliteRow;
use sqlx::{Connection as _, Row as _, SqliteConnection};

/// Columns of [`read_alert`], from `alerts a` with [`alert_joins`].
macro_rules! alert_columns {
    () => {
        "a.alert, a.kind, s.tenant, s.channel, a.severity, p.pack, p.name, a.rule, a.message, a.department, a.sent_at, a.opened_at,
         a.due_at, a.state, a.escalated, a.superseded, a.assignee, a.decision, a.decided_by, a.decided_at, a.version, w.id, n.id"
    };
}
pub(super) use alert_columns;

/// What [`alert_columns`] need beside `alerts a`.
macro_rules! alert_joins {
    () => {
        " JOIN streams s ON s.stream = a.stream LEFT JOIN policies p ON p.policy = a.policy
          LEFT JOIN parties w ON w.party = a.sender LEFT JOIN conversations n ON n.conversation = a.conversation"
    };
}
pub(super) use alert_joins;

pub(super) fn read_severity(row: &SqliteRow, at: usize) -> Result<Option<Severity>, sqlx::Error> {
    let number: usize = row.try_get::<u32, _>(at)? as usize;
    match number.checked_sub(1) {
        None => Ok(None),
        Some(place) => match Severity::ALL.get(place) {
            Some(severity) => Ok(Some(*severity)),
            None => Err(damaged(at, format!("no severity has the number {number}"))),
        },
    }
}

/// The decision of three columns from `at` on: what, by whom, and when.
pub(super) fn read_decided(row: &SqliteRow, at: usize) -> Result<Option<Decided>, sqlx::Error> {
    let Some(decision) = row.try_get::<Option<&str>, _>(at)? else {
        return Ok(None);
    };
    Ok(Some(Decided {
        decision: read_decision(decision, at)?,
        by: read_principal(row, at + 1)?,
        at: read_time(row, at + 2)?,
    }))
}

pub(super) fn read_alert(row: &SqliteRow, sealing: &Sealing) -> Result<Alert, sqlx::Error> {
    let kind: &str = row.try_get(1)?;
    let (pack, policy): (Option<String>, Option<String>) = (row.try_get(5)?, row.try_get(6)?);
    let rule: Option<String> = row.try_get(7)?;
    let rule = pack.zip(policy).zip(rule);
    let pseudonym = |kind: &'static str, at: usize| -> Result<Option<String>, sqlx::Error> {
        let text: Option<&str> = row.try_get(at)?;
        Ok(text.map(|text| searched(sealing, kind, text)))
    };
    Ok(Alert {
        number: row.try_get(0)?,
        kind: AlertKind::from_name(kind).ok_or_else(|| damaged(1, format!("no alert is of kind {kind:?}")))?,
        tenant: row.try_get(2)?,
        channel: row.try_get(3)?,
        severity: read_severity(row, 4)?,
        rule: rule.map(|((pack, policy), rule)| RuleName { pack, policy, rule }),
        message: row.try_get(8)?,
        department: row.try_get(9)?,
        sent_at: read_time(row, 10)?,
        opened_at: read_time(row, 11)?,
        due_at: read_time(row, 12)?,
        is_open: row.try_get::<&str, _>(13)? == "open",
        escalated: row.try_get(14)?,
        superseded: row.try_get(15)?,
        assignee: row.try_get(16)?,
        decided: read_decided(row, 17)?,
        version: row.try_get(20)?,
        from: pseudonym("person", 21)?,
        conversation: pseudonym("conversation", 22)?,
    })
}

/// The order of a list, on `alerts a`.
const fn order(sort: AlertSort) -> &'static str {
    match sort {
        AlertSort::Due => " ORDER BY a.due_at, a.alert",
        AlertSort::Opened => " ORDER BY a.opened_at DESC, a.alert DESC",
        AlertSort::Severity => " ORDER BY a.severity DESC, a.due_at, a.alert",
    }
}

/// Writes the condition that an alert stands behind a place.
fn push_behind(query: &mut Builder, sort: AlertSort, AlertPlace { key, due, alert }: AlertPlace) {
    match sort {
        AlertSort::Due => query.push(format_args!(" AND (a.due_at, a.alert) > ({key}, {alert})")),
        AlertSort::Opened => query.push(format_args!(" AND (a.opened_at, a.alert) < ({key}, {alert})")),
        AlertSort::Severity => query.push(format_args!(
            " AND a.severity <= {key} AND (a.severity < {key} OR (a.due_at, a.alert) > ({due}, {alert}))"
        )),
    };
}

fn place_of(alert: &Alert, sort: AlertSort) -> AlertPlace {
    AlertPlace {
        key: match sort {
            AlertSort::Due => alert.due_at.as_millis(),
            AlertSort::Opened => alert.opened_at.as_millis(),
            AlertSort::Severity => alert.severity.map_or(0, super::open::rank),
        },
        due: alert.due_at.as_millis(),
        alert: alert.number,
    }
}

impl Sqlite {
    pub(crate) async fn alerts(
        &self,
        filter: &AlertFilter,
        sort: AlertSort,
        after: Option<AlertPlace>,
        limit: u32,
    ) -> Result<AlertPage, StorageError> {
        let limit = limit.min(ALERTS_LISTED_MAX);
        self.reading(|mut reader| async move {
            // One transaction, so that the list and its length agree.
            let mut transaction = reader.begin().await?;
            let of = filter::numbered(self, &mut transaction, filter).await?;
            let counts = counts(&mut transaction, &of).await?;
            let mut query = Builder::new(concat!("SELECT ", alert_columns!(), " FROM (SELECT * FROM alerts a"));
            of.push(&mut query, filter.view != AlertView::Closed);
            of.push_view(&mut query);
            if let Some(after) = after {
                push_behind(&mut query, sort, after);
            }
            // One more says whether there are more.
            query.push(order(sort)).push(" LIMIT ").push(i64::from(limit) + 1);
            query.push(concat!(") a", alert_joins!())).push(order(sort));
            let rows = query.build().fetch_all(&mut *transaction).await?;
            transaction.rollback().await?;
            let alerts = rows.iter().take(limit as usize);
            let alerts: Vec<Alert> = alerts
                .map(|row| read_alert(row, &self.sealing))
                .collect::<Result<_, _>>()?;
            let is_more = rows.len() > alerts.len();
            Ok(AlertPage {
                next: alerts.last().filter(|_| is_more).map(|last| place_of(last, sort)),
                alerts,
                counts,
            })
        })
        .await
    }
}

async fn counts(connection: &mut SqliteConnection, of: &Numbered<'_>) -> Result<AlertCounts, sqlx::Error> {
    let mut query = Builder::new("SELECT count(*), coalesce(sum(a.assignee = ");
    query.push_bind(of.filter.me.clone());
    query.push("), 0), coalesce(sum(a.assignee IS NULL), 0), coalesce(sum(a.due_at < ");
    query.push(of.filter.now.as_millis());
    query.push("), 0), coalesce(sum(a.kind = 'held'), 0), coalesce(sum(a.escalated), 0) FROM alerts a INDEXED BY alerts_by_due");
    of.push(&mut query, true);
    let row = query.build().fetch_one(connection).await?;
    Ok(AlertCounts {
        open: read_count(&row, 0)?,
        mine: read_count(&row, 1)?,
        unassigned: read_count(&row, 2)?,
        overdue: read_count(&row, 3)?,
        held: read_count(&row, 4)?,
        escalated: read_count(&row, 5)?,
    })
}
