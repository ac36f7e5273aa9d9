//! Alerts of what was judged, written with it; and the end of those that end by themselves.

use super::HOUR_MS;
use super::review::by_itself;
use crate::alerts::{AlertKind, AlertRules};
use crate::reviews::AlertAct;
use crate::sqlite::bulk::{Insert, number_list};
use crate::sqlite::failure::Failure;
use crate::sqlite::log::entries::Entries;
use crate::sqlite::said::{Numbered, Said};
use proviso_model::verdict::{Finding, Severity};
use proviso_model::{Principal, Timestamp};
use sqlx::{Row as _, SqliteConnection};
use std::collections::HashMap;

/// Who wrote, and where, stands in the envelope, which is written before.
const ALERTS: Insert = Insert {
    head: "INSERT INTO alerts (message, stream, kind, policy, rule, severity, department, conversation, sender, sent_at, opened_at, due_at)",
    columns: 12,
    tail: "",
};
const INTAKE: Insert = Insert {
    head: "INSERT INTO intake (hour, stream, messages)",
    columns: 3,
    tail: "ON CONFLICT (hour, stream) DO UPDATE SET messages = messages + excluded.messages",
};

/// The number of a severity: the greater, the more severe.
pub(super) const fn rank(severity: Severity) -> i64 {
    match severity {
        Severity::Low => 1,
        Severity::Medium => 2,
        Severity::High => 3,
        Severity::Critical => 4,
    }
}

/// What a message is found by: the rule of a policy, or `None` where it is held.
type By<'a> = Option<(i64, &'a str)>;

/// An alert that is to be.
struct New<'a> {
    message: i64,
    by: By<'a>,
    severity: i64,
}

/// The most severe enforced finding of each rule, in the order of the findings.
fn found<'a>(findings: &'a [Said<'_, Finding>]) -> Vec<(New<'a>, Severity, &'a str)> {
    let mut places: HashMap<(i64, i64, &str), usize> = HashMap::new();
    let mut all: Vec<(New<'_>, Severity, &str)> = Vec::new();
    for said in findings.iter().filter(|said| !said.what.shadow) {
        let severity = said.what.severity;
        let rule = said.what.rule.as_str();
        let place = places.entry((said.message, said.policy, rule));
        let place = *place.or_insert(all.len());
        match all.get_mut(place) {
            Some((new, known, _)) if *known < severity => {
                *known = severity;
                new.severity = rank(severity);
            }
            Some(_) => {}
            None => all.push((
                New {
                    message: said.message,
                    by: Some((said.policy, rule)),
                    severity: rank(severity),
                },
                severity,
                said.tenant,
            )),
        }
    }
    all
}

/// Opens alerts of messages that were judged when they arrived.
pub(in crate::sqlite) async fn judged(
    connection: &mut SqliteConnection,
    rules: &AlertRules,
    entries: &[Numbered<'_>],
    findings: &[Said<'_, Finding>],
    at: Timestamp,
) -> Result<(), sqlx::Error> {
    let mut new: Vec<New<'_>> = Vec::new();
    if !findings.is_empty() {
        let found = found(findings).into_iter();
        let severe = found.filter(|(_, severity, tenant)| *severity >= rules.of(tenant).from);
        new.extend(severe.map(|(new, ..)| new));
    }
    new.extend(entries.iter().filter(|one| one.entry.verdict.held).map(|one| New {
        message: one.message,
        by: None,
        severity: 0,
    }));
    open(connection, rules, entries, new, at).await
}

async fn open(
    connection: &mut SqliteConnection,
    rules: &AlertRules,
    entries: &[Numbered<'_>],
    mut new: Vec<New<'_>>,
    at: Timestamp,
) -> Result<(), sqlx::Error> {
    if new.is_empty() {
        return Ok(());
    }
    new.sort_by_key(|new| new.message);
    let entries: HashMap<i64, &Numbered<'_>> = entries.iter().map(|one| (one.message, one)).collect();
    let mut places: HashMap<i64, (i64, i64)> = HashMap::with_capacity(new.len());
    let numbers = number_list(new.iter().map(|new| new.message));
    let rows = sqlx::query(
        "SELECT e.message, e.conversation, e.sender FROM json_each(?) w CROSS JOIN envelopes e ON e.message = w.value",
    )
    .bind(numbers)
    .fetch_all(&mut *connection)
    .await?;
    for row in &rows {
        places.insert(row.try_get(0)?, (row.try_get(1)?, row.try_get(2)?));
    }
    let mut opened = Vec::with_capacity(new.len());
    for new in &new {
        let entry = entries.get(&new.message).ok_or(sqlx::Error::RowNotFound)?;
        let place = places.get(&new.message).ok_or(sqlx::Error::RowNotFound)?;
        opened.push((new, *entry, *place));
    }
    ALERTS
        .run(
            connection,
            &opened,
            |values, (new, numbered, (conversation, sender))| {
                let message = &numbered.entry.message;
                let kind = new.by.map_or(AlertKind::Held, |_| AlertKind::Finding);
                let due = i64::from(rules.of(&message.id.tenant).answer_within_hours) * HOUR_MS;
                values.int(new.message).int(numbered.stream).text(kind.name());
                values.maybe_int(new.by.map(|(policy, _)| policy));
                values.maybe_text(new.by.map(|(_, rule)| rule)).int(new.severity);
                values.maybe_text(numbered.entry.department.as_deref());
                values.int(*conversation).int(*sender).int(message.sent_at.as_millis());
                values.int(at.as_millis()).int(at.as_millis() + due);
            },
        )
        .await
}

/// Counts messages that arrived.
pub(in crate::sqlite) async fn intake(
    connection: &mut SqliteConnection,
    entries: &[Numbered<'_>],
    at: Timestamp,
) -> Result<(), sqlx::Error> {
    let mut streams: Vec<(i64, u64)> = Vec::new();
    for numbered in entries {
        match streams.iter_mut().find(|(stream, _)| *stream == numbered.stream) {
            Some((_, count)) => *count += 1,
            None => streams.push((numbered.stream, 1)),
        }
    }
    INTAKE
        .run(connection, &streams, |values, (stream, count)| {
            values.int(at.as_millis() / HOUR_MS).int(*stream).count(*count);
        })
        .await
}

/// What a message that was judged again has.
struct Had {
    alert: i64,
    by: Option<(i64, String)>,
    severity: i64,
    is_open: bool,
    superseded: bool,
    version: u32,
    last_act: Option<String>,
}

/// Brings the alerts of messages that were judged again up to their new verdicts: what is found anew is opened, and what is found no more is
/// withdrawn, or marked where somebody has reviewed it.
pub(in crate::sqlite) async fn judged_again(
    connection: &mut SqliteConnection,
    rules: &AlertRules,
    entries: &[Numbered<'_>],
    findings: &[Said<'_, Finding>],
    (at, by): (Timestamp, &Principal),
    log: &mut Entries,
) -> Result<(), Failure> {
    let mut new = Vec::new();
    let found = found(findings);
    for numbered in entries {
        let now = found.iter().filter(|(one, ..)| one.message == numbered.message);
        let now: Vec<_> = now.collect();
        let had = had(connection, numbered.message).await?;
        for (one, severity, tenant) in &now {
            let is_that = |had: &&Had| had.by.as_ref().map(|(policy, rule)| (*policy, rule.as_str())) == one.by;
            match had.iter().find(is_that) {
                Some(had) => found_again(connection, had, one.severity, (at, by), log).await?,
                None if *severity >= rules.of(tenant).from => new.push(New {
                    message: one.message,
                    by: one.by,
                    severity: one.severity,
                }),
                None => {}
            }
        }
        for had in &had {
            let Some((policy, rule)) = &had.by else { continue };
            if !now.iter().any(|(one, ..)| one.by == Some((*policy, rule))) {
                found_no_more(connection, had, (at, by), log).await?;
            }
        }
        if !numbered.entry.verdict.held {
            released(connection, numbered.message, (at, by), log).await?;
        }
    }
    open(connection, rules, entries, new, at).await?;
    Ok(())
}

async fn had(connection: &mut SqliteConnection, message: i64) -> Result<Vec<Had>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT alert, policy, rule, severity, state = 'open', superseded, version,
                (SELECT act FROM reviews r WHERE r.alert = a.alert ORDER BY version DESC LIMIT 1)
         FROM alerts a WHERE message = ? ORDER BY alert",
    )
    .bind(message)
    .fetch_all(connection)
    .await?;
    let had = rows.iter().map(|row| {
        let (policy, rule): (Option<i64>, Option<String>) = (row.try_get(1)?, row.try_get(2)?);
        Ok(Had {
            alert: row.try_get(0)?,
            by: policy.zip(rule),
            severity: row.try_get(3)?,
            is_open: row.try_get(4)?,
            superseded: row.try_get(5)?,
            version: row.try_get(6)?,
            last_act: row.try_get(7)?,
        })
    });
    had.collect()
}

async fn found_again(
    connection: &mut SqliteConnection,
    had: &Had,
    severity: i64,
    when: (Timestamp, &Principal),
    log: &mut Entries,
) -> Result<(), Failure> {
    let was_withdrawn = had.last_act.as_deref() == Some(AlertAct::Withdrawn.name());
    // One that was decided on keeps the severity that was decided on.
    let is_other = had.severity != severity && (had.is_open || was_withdrawn);
    if is_other || had.superseded {
        sqlx::query("UPDATE alerts SET severity = ?, superseded = 0 WHERE alert = ?")
            .bind(if is_other { severity } else { had.severity })
            .bind(had.alert)
            .execute(&mut *connection)
            .await?;
    }
    if was_withdrawn {
        by_itself(connection, had.alert, AlertAct::Reopened, when, log).await?;
    }
    Ok(())
}

async fn found_no_more(
    connection: &mut SqliteConnection,
    had: &Had,
    when: (Timestamp, &Principal),
    log: &mut Entries,
) -> Result<(), Failure> {
    if !had.superseded {
        sqlx::query("UPDATE alerts SET superseded = 1 WHERE alert = ?")
            .bind(had.alert)
            .execute(&mut *connection)
            .await?;
    }
    if had.version == 0 {
        by_itself(connection, had.alert, AlertAct::Withdrawn, when, log).await?;
    }
    Ok(())
}

/// Ends the alert of a message that waits no more.
pub(in crate::sqlite) async fn released(
    connection: &mut SqliteConnection,
    message: i64,
    when: (Timestamp, &Principal),
    log: &mut Entries,
) -> Result<(), Failure> {
    let held = open_of(connection, message, AlertKind::Held).await?;
    for alert in held {
        by_itself(connection, alert, AlertAct::Released, when, log).await?;
    }
    Ok(())
}

/// Ends the alerts of a message that was disposed of. What they say of who wrote, and where, goes.
pub(in crate::sqlite) async fn disposed(
    connection: &mut SqliteConnection,
    message: i64,
    when: (Timestamp, &Principal),
    log: &mut Entries,
) -> Result<(), Failure> {
    for kind in [AlertKind::Finding, AlertKind::Held] {
        for alert in open_of(connection, message, kind).await? {
            by_itself(connection, alert, AlertAct::Disposed, when, log).await?;
        }
    }
    sqlx::query("UPDATE alerts SET sender = NULL, conversation = NULL WHERE message = ?")
        .bind(message)
        .execute(connection)
        .await?;
    Ok(())
}

async fn open_of(connection: &mut SqliteConnection, message: i64, kind: AlertKind) -> Result<Vec<i64>, sqlx::Error> {
    sqlx::query_scalar("SELECT alert FROM alerts WHERE message = ? AND kind = ? AND state = 'open' ORDER BY alert")
        .bind(message)
        .bind(kind.name())
        .fetch_all(connection)
        .await
}
