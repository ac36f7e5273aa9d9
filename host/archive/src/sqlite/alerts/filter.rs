//! Which alerts a list has: what may be seen, what was asked for, and which view, as conditions on `alerts a`.

use crate::alerts::{AlertFilter, AlertView, Sight};
use crate::messages::Sent;
use crate::sqlite::Sqlite;
use crate::sqlite::alerts::open::rank;
use crate::sqlite::evidence::searched;
use proviso_model::Timestamp;
use sqlx::{QueryBuilder, Row as _, SqliteConnection};

/// A condition that is written behind others.
pub(super) type Builder = QueryBuilder<sqlx::Sqlite>;

/// A filter with the numbers that stand for its names.
pub(super) struct Numbered<'a> {
    pub(super) filter: &'a AlertFilter,
    seen: Seen,
    /// That of the conversation; 0 where none has the pseudonym.
    conversation: Option<i64>,
}

/// What may be seen, by streams.
pub(super) struct Seen {
    /// Streams that are seen whole.
    pub(super) whole: Vec<i64>,
    /// Streams of which departments are seen.
    parts: Vec<(i64, Vec<String>)>,
    /// True if every stream is seen whole.
    all: bool,
}

/// The streams that may be seen, of a tenant where one is named.
pub(super) async fn seen(
    connection: &mut SqliteConnection,
    sight: &Sight,
    tenant: Option<&str>,
) -> Result<Seen, sqlx::Error> {
    let rows = sqlx::query("SELECT stream, tenant FROM streams ORDER BY stream")
        .fetch_all(connection)
        .await?;
    let mut seen = Seen {
        whole: Vec::new(),
        parts: Vec::new(),
        all: tenant.is_none() && *sight == Sight::All,
    };
    for row in &rows {
        let (stream, name): (i64, &str) = (row.try_get(0)?, row.try_get(1)?);
        if tenant.is_some_and(|tenant| tenant != name) {
            continue;
        }
        let Sight::Of(tenants) = sight else {
            seen.whole.push(stream);
            continue;
        };
        let mut departments: Vec<String> = Vec::new();
        let mut is_whole = false;
        for one in tenants.iter().filter(|one| one.tenant == name) {
            match &one.departments {
                None => is_whole = true,
                Some(some) => departments.extend(some.iter().cloned()),
            }
        }
        if is_whole {
            seen.whole.push(stream);
        } else if !departments.is_empty() {
            seen.parts.push((stream, departments));
        }
    }
    Ok(seen)
}

impl Seen {
    /// Writes ` AND (…)`: nothing where everything is seen.
    pub(super) fn push(&self, query: &mut Builder) {
        if self.all {
            return;
        }
        query.push(" AND (a.stream IN (");
        for (place, stream) in self.whole.iter().enumerate() {
            query.push(if place == 0 { "" } else { ", " }).push(stream);
        }
        query.push(")");
        for (stream, departments) in &self.parts {
            let list = serde_json::to_string(departments).expect("texts have no encoding that fails");
            query
                .push(" OR a.stream = ")
                .push(stream)
                .push(" AND a.department IN (SELECT value FROM json_each(");
            query.push_bind(list).push("))");
        }
        query.push(")");
    }
}

/// Looks up what the filter names.
pub(super) async fn numbered<'a>(
    store: &Sqlite,
    connection: &mut SqliteConnection,
    filter: &'a AlertFilter,
) -> Result<Numbered<'a>, sqlx::Error> {
    numbered_by(&store.sealing, connection, filter).await
}

/// The same for whoever has no store, and is within a transaction.
pub(super) async fn numbered_by<'a>(
    sealing: &crate::sqlite::sealing::Sealing,
    connection: &mut SqliteConnection,
    filter: &'a AlertFilter,
) -> Result<Numbered<'a>, sqlx::Error> {
    let seen = seen(connection, &filter.sight, filter.tenant.as_deref()).await?;
    let mut conversation = None;
    if let Some(pseudonym) = &filter.conversation {
        // Nobody finds what a pseudonym stands for but by going through all that may be meant.
        let rows = sqlx::query(
            "SELECT conversation, id FROM conversations WHERE conversation IN (SELECT conversation FROM alerts)",
        )
        .fetch_all(connection)
        .await?;
        conversation = Some(0);
        for row in &rows {
            if searched(sealing, "conversation", row.try_get(1)?) == *pseudonym {
                conversation = row.try_get(0)?;
                break;
            }
        }
    }
    Ok(Numbered {
        filter,
        seen,
        conversation,
    })
}

impl Numbered<'_> {
    /// Writes ` WHERE …` without the view, of open alerts or of closed ones.
    pub(super) fn push(&self, query: &mut Builder, open: bool) {
        let AlertFilter {
            severity,
            pack,
            rule,
            department,
            sent,
            opened,
            ..
        } = self.filter;
        query
            .push(" WHERE a.state = ")
            .push(if open { "'open'" } else { "'closed'" });
        self.seen.push(query);
        if let Some(severity) = severity {
            query.push(" AND a.severity = ").push(rank(*severity));
        }
        if let Some(pack) = pack {
            query.push(" AND a.policy IN (SELECT policy FROM policies WHERE pack = ");
            query.push_bind(pack.clone()).push(")");
        }
        if let Some(rule) = rule {
            query.push(" AND a.rule = ").push_bind(rule.clone());
        }
        if let Some(department) = department {
            query.push(" AND a.department = ").push_bind(department.clone());
        }
        if let Some(conversation) = self.conversation {
            query.push(" AND a.conversation = ").push(conversation);
        }
        within(query, "a.sent_at", sent);
        within(query, "a.opened_at", opened);
    }

    /// Writes the condition of the view on open alerts.
    pub(super) fn push_view(&self, query: &mut Builder) {
        match self.filter.view {
            AlertView::Open | AlertView::Closed => {}
            AlertView::Mine => {
                query.push(" AND a.assignee = ").push_bind(self.filter.me.clone());
            }
            AlertView::Unassigned => {
                query.push(" AND a.assignee IS NULL");
            }
            AlertView::Overdue => {
                query.push(" AND a.due_at < ").push(self.filter.now.as_millis());
            }
            AlertView::Held => {
                query.push(" AND a.kind = 'held'");
            }
            AlertView::Escalated => {
                query.push(" AND a.escalated = 1");
            }
        }
    }
}

fn within(query: &mut Builder, column: &'static str, time: &Sent) {
    let mut side = |sign: &'static str, at: Option<Timestamp>| {
        if let Some(at) = at {
            query.push(" AND ").push(column).push(sign).push(at.as_millis());
        }
    };
    side(" >= ", time.from);
    side(" < ", time.before);
}
