//! The queue of alerts, and one of them with all that is known of it. The log is told who opened which message before anything of it is
//! given.

use crate::alert_forms::{self, AlertList, AlertRow, ItemOut};
use crate::console::Console;
use crate::operator::query;
use crate::problem::{Code, Refused};
use crate::rights::{Departments, Reach, Right};
use crate::session::SignedIn;
use axum::Extension;
use axum::extract::{Path, State};
use axum::http::Uri;
use axum::response::Response;
use proviso_archive::{
    ALERTS_LISTED_MAX, Act, ActKind, AlertFilter, AlertPlace, AlertSort, AlertView, Around, Change, SeenTenant, Sent,
    Sight,
};
use proviso_model::limits::{HTTP_ANSWER_BYTES_MAX, HTTP_LIST_BYTES_MAX};
use proviso_model::verdict::Severity;
use proviso_model::{MessageId, Timestamp};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

/// Alerts of a page, unless another number is asked for.
const LISTED: u32 = 50;
/// Messages before and after the one that an alert is about.
const AROUND: u32 = 10;

/// Which alerts.
#[derive(Deserialize, IntoParams, ToSchema, Default)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Filter {
    /// `open`, `mine`, `unassigned`, `overdue`, `held`, `escalated` or `closed`; default: `open`.
    view: Option<String>,
    tenant: Option<String>,
    /// `low`, `medium`, `high` or `critical`.
    severity: Option<String>,
    pack: Option<String>,
    rule: Option<String>,
    department: Option<String>,
    /// A pseudonym, as a row gives it.
    conversation: Option<String>,
    /// Of messages that were sent from then on: RFC 3339.
    q_from: Option<String>,
    /// And before then.
    q_to: Option<String>,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct ListQuery {
    view: Option<String>,
    tenant: Option<String>,
    severity: Option<String>,
    pack: Option<String>,
    rule: Option<String>,
    department: Option<String>,
    conversation: Option<String>,
    q_from: Option<String>,
    q_to: Option<String>,
    /// `due`, `opened` or `severity`; default: `due`.
    sort: Option<String>,
    /// `next` of the page before.
    after: Option<String>,
    /// 1 to 200; default: 50.
    limit: Option<u32>,
}

/// Whose alerts a right reaches, for the archive.
pub(crate) fn sight_of(reach: Reach) -> Sight {
    let Reach::Tenants(tenants) = reach else {
        return Sight::All;
    };
    let seen = tenants.into_iter().map(|(tenant, departments)| SeenTenant {
        tenant,
        departments: match departments {
            Departments::All => None,
            Departments::These(these) => Some(these.into_iter().collect()),
        },
    });
    Sight::Of(seen.collect())
}

/// A word of a list that is none, cut.
fn unknown(key: &str, value: &str, expected: &str) -> Refused {
    let shown = &value[..value.floor_char_boundary(64)];
    Refused::new(Code::BadRequest, format!("`{key}` is {shown:?}: expected {expected}"))
}

fn time(key: &str, value: Option<&str>) -> Result<Option<Timestamp>, Refused> {
    let read = value.map(|text| {
        Timestamp::from_rfc3339(text).map_err(|_| unknown(key, text, "a time such as 2026-01-31T09:00:00Z"))
    });
    read.transpose()
}

impl Filter {
    pub(crate) fn read(self, who: &SignedIn, sight: Sight, now: Timestamp) -> Result<AlertFilter, Refused> {
        let view = match &self.view {
            None => AlertView::Open,
            Some(text) => AlertView::ALL
                .into_iter()
                .find(|view| view.name() == text)
                .ok_or_else(|| {
                    unknown(
                        "view",
                        text,
                        "open, mine, unassigned, overdue, held, escalated or closed",
                    )
                })?,
        };
        let severity = match &self.severity {
            None => None,
            Some(text) => {
                let found = Severity::ALL.into_iter().find(|severity| severity.name() == text);
                Some(found.ok_or_else(|| unknown("severity", text, "low, medium, high or critical"))?)
            }
        };
        Ok(AlertFilter {
            me: Some(who.user.name.to_string()),
            tenant: self.tenant,
            severity,
            pack: self.pack,
            rule: self.rule,
            department: self.department,
            conversation: self.conversation,
            sent: Sent {
                from: time("q_from", self.q_from.as_deref())?,
                before: time("q_to", self.q_to.as_deref())?,
            },
            ..AlertFilter::new(sight, view, now)
        })
    }
}

#[utoipa::path(get, path = "/api/alerts", tag = "alerts", params(ListQuery), responses(
    (status = 200, body = AlertList), (status = 400, description = "bad-request"), (status = 403, description = "not-permitted")))]
pub(crate) async fn list(
    State(console): State<Console>,
    Extension(who): Extension<SignedIn>,
    uri: Uri,
) -> Result<Response, Refused> {
    let asked: ListQuery = query(&uri)?;
    let sort = match asked.sort.as_deref() {
        None | Some("due") => AlertSort::Due,
        Some("opened") => AlertSort::Opened,
        Some("severity") => AlertSort::Severity,
        Some(other) => return Err(unknown("sort", other, "due, opened or severity")),
    };
    let after = asked.after.as_deref().map(|text| {
        text.parse::<AlertPlace>()
            .map_err(|_| unknown("after", text, "`next` of the page before"))
    });
    let limit = asked.limit.unwrap_or(LISTED);
    if !(1..=ALERTS_LISTED_MAX).contains(&limit) {
        return Err(unknown("limit", &limit.to_string(), "1 to 200"));
    }
    let filter = Filter {
        view: asked.view,
        tenant: asked.tenant,
        severity: asked.severity,
        pack: asked.pack,
        rule: asked.rule,
        department: asked.department,
        conversation: asked.conversation,
        q_from: asked.q_from,
        q_to: asked.q_to,
    };
    let now = console.now();
    let filter = filter.read(&who, sight_of(who.reach(Right::SeeAlerts)), now)?;
    let room = console.services().room(HTTP_LIST_BYTES_MAX).await?;
    let page = console
        .archive()
        .alerts(&filter, sort, after.transpose()?, limit)
        .await?;
    let list = AlertList {
        alerts: page.alerts.into_iter().map(|alert| AlertRow::of(alert, now)).collect(),
        next: page.next.map(|place| place.to_string()),
        counts: page.counts.into(),
    };
    Ok(room.answer(list).await)
}

/// Said of an alert that is not there, and of one that whoever asks may not see.
pub(crate) fn no_alert(number: i64) -> Refused {
    Refused::new(Code::NotFound, format!("there is no alert {number}"))
}

#[utoipa::path(get, path = "/api/alerts/{number}", tag = "alerts", params(("number" = i64, Path)), responses(
    (status = 200, body = ItemOut), (status = 403, description = "not-permitted"), (status = 404, description = "not-found")))]
pub(crate) async fn item(
    State(console): State<Console>,
    Extension(who): Extension<SignedIn>,
    Path(number): Path<i64>,
) -> Result<Response, Refused> {
    let sight = sight_of(who.reach(Right::SeeAlerts));
    let archive = console.archive();
    let room = console.services().room(HTTP_ANSWER_BYTES_MAX).await?;
    let item = archive.alert(number, &sight).await?.ok_or_else(|| no_alert(number))?;
    let mut around = Around::default();
    let is_shown = !alert_forms::is_kept_for_the_law_alone(&item);
    if let Some(message) = item.message.as_ref().filter(|_| is_shown) {
        around = archive.around(item.alert.message, AROUND, AROUND).await?;
        let read = 1 + around.before.len() + around.after.len();
        tell(&console, &who, &message.message.id, read as u64).await?;
    }
    Ok(room.answer(ItemOut::of(item, around, console.now())).await)
}

/// Tells the archive's log that a message was read with those beside it, before it is given.
async fn tell(console: &Console, who: &SignedIn, message: &MessageId, messages: u64) -> Result<(), Refused> {
    tracing::info!(who = %who.user.name, what = "alert", message_id = %message, "a message was read");
    let act = Act {
        kind: ActKind::Reading,
        message: Some(message),
        what: "alert",
        inquiry: None,
        messages,
        at: console.now(),
    };
    let told = console.archive().commit(Change::Noted(&act), &who.principal()).await;
    let why = "nothing is given that the archive's log cannot tell of";
    told.map(|_| ()).map_err(|error| Refused::fault(why, error))
}
