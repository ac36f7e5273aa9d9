//! How alerts come and are answered, in numbers.

use super::alerts::sight_of;
use crate::console::Console;
use crate::operator::query;
use crate::problem::{Code, Refused};
use crate::rights::{Reach, Right};
use crate::session::SignedIn;
use axum::Extension;
use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use proviso_archive::{OVERVIEW_DAYS_MAX, Overview, OverviewAsked};
use proviso_model::limits::HTTP_LIST_BYTES_MAX;
use proviso_model::verdict::Severity;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Days that are counted, unless another number is asked for.
const DAYS: u32 = 30;
/// How long open alerts have been open, in the order of the archive.
const AGES: [&str; 4] = ["<4h", "<24h", "<72h", ">=72h"];

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct OverviewQuery {
    tenant: Option<String>,
    /// 1 to 366, today among them; default: 30.
    days: Option<u32>,
}

/// Numbers of the last days, in the days of the policy set's zone.
#[derive(Serialize, ToSchema)]
pub(crate) struct OverviewOut {
    /// Messages of tenants that are seen whole.
    intake: Vec<IntakeOut>,
    opened: Vec<OpenedOut>,
    by_rule: Vec<RuleOut>,
    open_by_age: Vec<AgeOut>,
    reviewed_share: SharesOut,
    answered_within: AnsweredOut,
    /// Held messages that wait.
    held: u64,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct IntakeOut {
    day: String,
    messages: u64,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct OpenedOut {
    day: String,
    /// Null of held messages.
    severity: Option<&'static str>,
    alerts: u64,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct RuleOut {
    pack: String,
    policy: String,
    rule: String,
    open: u64,
    closed: u64,
    false_positives: u64,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct AgeOut {
    /// `<4h`, `<24h`, `<72h` or `>=72h`.
    bucket: &'static str,
    alerts: u64,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct SharesOut {
    opened: u64,
    looked_at: u64,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct AnsweredOut {
    in_time: u64,
    late: u64,
}

#[utoipa::path(get, path = "/api/overview", tag = "overview", params(OverviewQuery), responses(
    (status = 200, body = OverviewOut), (status = 400, description = "bad-request"), (status = 404, description = "not-found")))]
pub(crate) async fn overview(
    State(console): State<Console>,
    Extension(who): Extension<SignedIn>,
    uri: Uri,
) -> Result<Response, Refused> {
    let OverviewQuery { tenant, days } = query(&uri)?;
    let days = days.unwrap_or(DAYS);
    if !(1..=OVERVIEW_DAYS_MAX).contains(&days) {
        let message = format!("`days` is {days}: expected 1 to {OVERVIEW_DAYS_MAX}");
        return Err(Refused::new(Code::BadRequest, message));
    }
    let mut reach = who.reach(Right::SeeOverview);
    if let Some(tenant) = tenant {
        reach = reach.and(&Reach::of_tenant(tenant));
        if !reach.is_some() {
            return Err(Refused::new(Code::NotFound, "there is no such tenant"));
        }
    }
    let asked = OverviewAsked {
        sight: sight_of(reach),
        days,
        now: console.now(),
        zone: console.services().zone(),
    };
    let room = console.services().room(HTTP_LIST_BYTES_MAX).await?;
    let found = console.archive().overview(&asked).await?;
    Ok(room.answer(of(found)).await)
}

fn of(found: Overview) -> OverviewOut {
    let by_rule = found.by_rule.into_iter().map(|count| RuleOut {
        pack: count.rule.pack,
        policy: count.rule.policy,
        rule: count.rule.rule,
        open: count.open,
        closed: count.closed,
        false_positives: count.false_positives,
    });
    let opened = found.opened.into_iter().map(|count| OpenedOut {
        day: count.day.to_string(),
        severity: count.severity.map(Severity::name),
        alerts: count.alerts,
    });
    let intake = found.intake.into_iter().map(|count| IntakeOut {
        day: count.day.to_string(),
        messages: count.messages,
    });
    let ages = AGES.into_iter().zip(found.open_by_age);
    OverviewOut {
        intake: intake.collect(),
        opened: opened.collect(),
        by_rule: by_rule.collect(),
        open_by_age: ages.map(|(bucket, alerts)| AgeOut { bucket, alerts }).collect(),
        reviewed_share: SharesOut {
            opened: found.reviewed.opened,
            looked_at: found.reviewed.looked_at,
        },
        answered_within: AnsweredOut {
            in_time: found.answered.in_time,
            late: found.answered.late,
        },
        held: found.held,
    }
}
