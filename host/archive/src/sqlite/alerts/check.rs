//! What an audit asks of alerts: each stands as its reviews say, is about what the archive has found, and none is missing.

use super::state::{Past, Standing, past_columns, read_decision, read_past, standing};
use crate::sqlite::sealing::{Part, Sealing, read_wrapped};
use proviso_model::Digest;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, SqliteConnection};

/// Alerts that are read at once.
const TOGETHER: u32 = 2_000;

/// What may be wrong with an alert, each with what finds it.
const WRONG: [(&str, &str); 7] = [
    (
        "is none that the archive makes",
        "SELECT alert FROM alerts WHERE (kind = 'finding' AND policy IS NOT NULL AND rule IS NOT NULL AND severity BETWEEN 1 AND 4
             OR kind = 'held' AND policy IS NULL AND rule IS NULL AND severity = 0) IS NOT 1
            OR escalated NOT IN (0, 1) OR superseded NOT IN (0, 1)",
    ),
    (
        "is not about the message that it names",
        "SELECT a.alert FROM alerts a JOIN envelopes e USING (message)
         WHERE (a.stream, a.sent_at, a.sender, a.conversation) IS NOT (e.stream, e.sent_at, e.sender, e.conversation)
            OR a.opened_at <> e.received_at AND NOT EXISTS (SELECT 1 FROM earlier_judgements j
                WHERE j.message = a.message AND j.rejudged_at = a.opened_at)",
    ),
    (
        "is open, or says who wrote, and its message is gone",
        "SELECT a.alert FROM alerts a LEFT JOIN envelopes e USING (message)
         WHERE e.message IS NULL AND (a.state = 'open' OR a.sender IS NOT NULL OR a.conversation IS NOT NULL)",
    ),
    (
        "is open, and its message does not wait",
        "SELECT a.alert FROM alerts a WHERE a.kind = 'held' AND a.state = 'open'
         AND NOT EXISTS (SELECT 1 FROM held_messages h WHERE h.message = a.message AND h.released_at IS NULL)",
    ),
    (
        "is open, and nothing like it was found",
        "SELECT a.alert FROM alerts a WHERE a.kind = 'finding' AND a.state = 'open' AND a.superseded = 0
         AND a.severity IS NOT (SELECT max(CASE f.severity WHEN 'low' THEN 1 WHEN 'medium' THEN 2 WHEN 'high' THEN 3 ELSE 4 END)
             FROM findings f WHERE f.message = a.message AND f.policy = a.policy AND f.rule = a.rule AND f.shadow = 0)",
    ),
    (
        "is marked as found no more, and is found",
        "SELECT a.alert FROM alerts a WHERE a.superseded = 1 AND (a.kind = 'held' OR EXISTS (SELECT 1 FROM findings f
         WHERE f.message = a.message AND f.policy = a.policy AND f.rule = a.rule AND f.shadow = 0))",
    ),
    (
        "is closed, and was of another severity when it was",
        "SELECT a.alert FROM alerts a WHERE a.state = 'closed'
         AND a.severity IS NOT (SELECT r.severity FROM reviews r WHERE r.alert = a.alert ORDER BY r.version DESC LIMIT 1)",
    ),
];

/// Alerts that are missing: numbers go up without gaps, and a message that waits has one, and whatever is found to be critical.
const MISSING: &str = "SELECT (SELECT coalesce(max(alert), 0) - count(*) FROM alerts WHERE alert > 0) + (SELECT count(*) FROM alerts WHERE alert < 1)
    + (SELECT count(*) FROM held_messages h WHERE h.released_at IS NULL
       AND NOT EXISTS (SELECT 1 FROM alerts a WHERE a.message = h.message AND a.kind = 'held'))
    + (SELECT count(*) FROM findings f WHERE f.severity = 'critical' AND f.shadow = 0
       AND NOT EXISTS (SELECT 1 FROM alerts a WHERE a.message = f.message AND a.policy = f.policy AND a.rule = f.rule))";

/// Comments of no review that had one, or of another message.
const STRAY: &str =
    "SELECT count(*) FROM review_comments t LEFT JOIN reviews r USING (review) LEFT JOIN alerts a USING (alert)
    WHERE r.comment IS NULL OR a.message IS NOT t.message";

/// What is wrong with alerts: of each its number, and what; and how many rows are missing or are too many.
pub(in crate::sqlite) struct Wrong {
    pub(in crate::sqlite) alerts: Vec<(i64, &'static str)>,
    pub(in crate::sqlite) missing: i64,
    pub(in crate::sqlite) stray_comments: i64,
}

pub(in crate::sqlite) async fn wrong(connection: &mut SqliteConnection) -> Result<Wrong, sqlx::Error> {
    let mut wrong = Wrong {
        alerts: Vec::new(),
        missing: sqlx::query_scalar(MISSING).fetch_one(&mut *connection).await?,
        stray_comments: sqlx::query_scalar(STRAY).fetch_one(&mut *connection).await?,
    };
    for (what, sql) in WRONG {
        let found: Vec<i64> = sqlx::query_scalar(sql).fetch_all(&mut *connection).await?;
        wrong.alerts.extend(found.into_iter().map(|alert| (alert, what)));
    }
    let mut after = 0;
    loop {
        let rows = sqlx::query(concat!(
            "SELECT a.alert, a.state, a.escalated, a.assignee, a.decision, a.decided_by, a.decided_at, a.version, r.version, ",
            past_columns!(),
            " FROM (SELECT * FROM alerts WHERE alert > ? ORDER BY alert LIMIT ?) a LEFT JOIN reviews r ON r.alert = a.alert
             ORDER BY a.alert, r.version"
        ))
        .bind(after)
        .bind(TOGETHER)
        .fetch_all(&mut *connection)
        .await?;
        let of_each =
            rows.chunk_by(|one, next| matches!((number(one), number(next)), (Ok(one), Ok(next)) if one == next));
        for reviews in of_each {
            after = number(&reviews[0])?;
            if !stands(reviews)? {
                wrong.alerts.push((after, "stands as its reviews do not say"));
            }
        }
        if rows.is_empty() {
            return Ok(wrong);
        }
    }
}

fn number(row: &SqliteRow) -> Result<i64, sqlx::Error> {
    row.try_get(0)
}

/// True if an alert stands as its reviews say: its rows, each with one of them.
fn stands(rows: &[SqliteRow]) -> Result<bool, sqlx::Error> {
    let alert = &rows[0];
    let mut reviews: Vec<Past> = Vec::with_capacity(rows.len());
    for row in rows {
        let Some(version) = row.try_get::<Option<i64>, _>(8)? else {
            break;
        };
        // What cannot be read does not say so.
        let Ok(review) = read_past(row, 9) else {
            return Ok(false);
        };
        reviews.push(review);
        if version != reviews.len() as i64 {
            return Ok(false);
        }
    }
    let (by, at): (Option<&str>, Option<i64>) = (alert.try_get(5)?, alert.try_get(6)?);
    let decided = match alert.try_get::<Option<&str>, _>(4)? {
        None if by.is_some() || at.is_some() => return Ok(false),
        None => None,
        Some(name) => {
            let (Ok(decision), Some(by), Some(at)) = (read_decision(name, 4), by, at) else {
                return Ok(false);
            };
            Some((decision, by.to_owned(), at))
        }
    };
    let state: &str = alert.try_get(1)?;
    let now = Standing {
        is_closed: state == "closed",
        escalated: alert.try_get(2)?,
        assignee: alert.try_get(3)?,
        decided,
    };
    let version: i64 = alert.try_get(7)?;
    Ok(now == standing(&reviews) && version == reviews.len() as i64 && ["open", "closed"].contains(&state))
}

/// False of a review whose comment is not what was sealed, does not open, or is gone while its message is there; and of one that is left behind.
pub(in crate::sqlite) async fn is_whole(
    connection: &mut SqliteConnection,
    sealing: &Sealing,
    review: i64,
) -> Result<bool, sqlx::Error> {
    let row = sqlx::query(
        "SELECT r.comment, t.sealed, c.message IS NOT NULL, s.tenant, a.message, coalesce(c.key_version, 1), coalesce(c.key, zeroblob(40))
         FROM reviews r JOIN alerts a USING (alert) JOIN streams s USING (stream) LEFT JOIN review_comments t USING (review)
         LEFT JOIN contents c ON c.message = a.message WHERE r.review = ?",
    )
    .bind(review)
    .fetch_optional(connection)
    .await?;
    let Some(row) = row else { return Ok(false) };
    let (digest, sealed): (Option<&[u8]>, Option<&[u8]>) = (row.try_get(0)?, row.try_get(1)?);
    let is_there: bool = row.try_get(2)?;
    let (Some(digest), Some(sealed)) = (digest, sealed) else {
        return Ok(sealed.is_none() && (digest.is_none() || !is_there));
    };
    if !is_there || Digest::of(sealed).as_bytes() != digest {
        return Ok(false);
    }
    let record = sealing.open(row.try_get(3)?, row.try_get(4)?, read_wrapped(&row, 5)?);
    Ok(record.is_ok_and(|record| record.open(Part::Comment(review), sealed).is_ok()))
}
