//! How an alert stands after its reviews: a function of them, which writes the alert's row and by which an audit compares it.

use crate::reviews::{AlertAct, AlertDecision};
use crate::sqlite::rows::damaged;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, SqliteConnection};

/// A review, as far as it changes how its alert stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Past {
    pub(super) at: i64,
    pub(super) who: String,
    pub(super) act: AlertAct,
    pub(super) decision: Option<AlertDecision>,
    pub(super) to: Option<String>,
}

/// How an alert stands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Standing {
    pub(super) is_closed: bool,
    pub(super) escalated: bool,
    pub(super) assignee: Option<String>,
    /// What was decided, by whom, and when.
    pub(super) decided: Option<(AlertDecision, String, i64)>,
}

/// The reviews that count: one that was taken back, and the one that took it back, do not.
fn counting(reviews: &[Past]) -> Vec<&Past> {
    let mut counting: Vec<&Past> = Vec::with_capacity(reviews.len());
    for review in reviews {
        if review.act != AlertAct::Undone {
            counting.push(review);
            continue;
        }
        let decision = counting.iter().rposition(|one| one.decision.is_some());
        if let Some(place) = decision {
            counting.remove(place);
        }
    }
    counting
}

/// How an alert stands after these reviews, the oldest first.
pub(super) fn standing(reviews: &[Past]) -> Standing {
    let mut now = Standing::default();
    for review in counting(reviews) {
        match review.act {
            AlertAct::Assigned => now.assignee.clone_from(&review.to),
            AlertAct::Decided | AlertAct::Escalated => {
                now.decided = review
                    .decision
                    .map(|decision| (decision, review.who.clone(), review.at));
                if review.act == AlertAct::Decided {
                    now.is_closed = true;
                } else {
                    now.escalated = true;
                    now.assignee = None;
                }
            }
            AlertAct::Reopened => {
                now.is_closed = false;
                now.escalated = false;
                now.decided = None;
            }
            AlertAct::Released | AlertAct::Withdrawn | AlertAct::Disposed => now.is_closed = true,
            AlertAct::Commented | AlertAct::Undone => {}
        }
    }
    now
}

/// The last review that opened or closed it, or decided on it, and counts: what can be taken back, if it is a decision.
pub(super) fn last_turn(reviews: &[Past]) -> Option<&Past> {
    let mut last_first = counting(reviews).into_iter().rev();
    last_first.find(|one| !matches!(one.act, AlertAct::Assigned | AlertAct::Commented))
}

/// Columns of [`read_past`].
macro_rules! past_columns {
    () => {
        "r.at, r.who, r.act, r.decision, r.assignee"
    };
}
pub(super) use past_columns;

/// The review of [`past_columns`] from column `at` on.
pub(super) fn read_past(row: &SqliteRow, at: usize) -> Result<Past, sqlx::Error> {
    let act: &str = row.try_get(at + 2)?;
    let decision: Option<&str> = row.try_get(at + 3)?;
    Ok(Past {
        at: row.try_get(at)?,
        who: row.try_get(at + 1)?,
        act: AlertAct::from_name(act).ok_or_else(|| damaged(at + 2, format!("no act is called {act:?}")))?,
        decision: decision.map(|name| read_decision(name, at + 3)).transpose()?,
        to: row.try_get(at + 4)?,
    })
}

pub(super) fn read_decision(name: &str, at: usize) -> Result<AlertDecision, sqlx::Error> {
    AlertDecision::from_name(name).ok_or_else(|| damaged(at, format!("no decision is called {name:?}")))
}

/// The reviews of an alert, the oldest first.
pub(super) async fn past(connection: &mut SqliteConnection, alert: i64) -> Result<Vec<Past>, sqlx::Error> {
    let sql = concat!(
        "SELECT ",
        past_columns!(),
        " FROM reviews r WHERE r.alert = ? ORDER BY r.version"
    );
    let rows = sqlx::query(sql).bind(alert).fetch_all(connection).await?;
    rows.iter().map(|row| read_past(row, 0)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proviso_rows::each_row;

    fn review(act: AlertAct, decision: Option<AlertDecision>, to: Option<&str>) -> Past {
        Past {
            at: 7,
            who: "person:wei".into(),
            act,
            decision,
            to: to.map(str::to_owned),
        }
    }

    #[test]
    fn an_alert_stands_as_its_reviews_say() {
        use AlertAct::{Assigned, Commented, Disposed, Reopened, Undone, Withdrawn};
        let to = |name| review(Assigned, None, Some(name));
        let act = |act| review(act, None, None);
        let closes = review(AlertAct::Decided, Some(AlertDecision::Violation), None);
        let escalates = review(AlertAct::Escalated, Some(AlertDecision::Escalate), None);
        let stands = |is_closed, escalated, assignee: Option<&str>, decision: Option<AlertDecision>| Standing {
            is_closed,
            escalated,
            assignee: assignee.map(str::to_owned),
            decided: decision.map(|decision| (decision, "person:wei".to_owned(), 7)),
        };
        let (wrong, up) = (Some(AlertDecision::Violation), Some(AlertDecision::Escalate));
        each_row(
            [
                (vec![], stands(false, false, None, None)),
                (vec![to("li"), act(Commented)], stands(false, false, Some("li"), None)),
                (
                    vec![to("li"), review(Assigned, None, None)],
                    stands(false, false, None, None),
                ),
                (vec![to("li"), closes.clone()], stands(true, false, Some("li"), wrong)),
                (vec![to("li"), escalates.clone()], stands(false, true, None, up)),
                (
                    vec![to("li"), escalates.clone(), act(Undone)],
                    stands(false, false, Some("li"), None),
                ),
                (
                    vec![to("li"), escalates.clone(), to("zhao"), act(Undone)],
                    stands(false, false, Some("zhao"), None),
                ),
                (
                    vec![escalates.clone(), closes.clone(), act(Undone)],
                    stands(false, true, None, up),
                ),
                (
                    vec![escalates, closes.clone(), act(Undone), act(Undone)],
                    stands(false, false, None, None),
                ),
                (
                    vec![to("li"), closes.clone(), act(Reopened)],
                    stands(false, false, Some("li"), None),
                ),
                (vec![act(Withdrawn), act(Reopened)], stands(false, false, None, None)),
                (
                    vec![closes, act(Reopened), act(Disposed)],
                    stands(true, false, None, None),
                ),
            ],
            |(reviews, expected)| assert_eq!(standing(&reviews), expected, "{reviews:?}"),
        );
    }

    #[test]
    fn what_is_taken_back_is_the_last_turn() {
        let closes = review(AlertAct::Decided, Some(AlertDecision::NoIssue), None);
        let said = review(AlertAct::Commented, None, None);
        let reopened = review(AlertAct::Reopened, None, None);
        let undone = review(AlertAct::Undone, None, None);
        let turn = |reviews: &[&Past]| {
            let reviews: Vec<Past> = reviews.iter().map(|one| (*one).clone()).collect();
            last_turn(&reviews).map(|one| one.act)
        };
        assert_eq!(turn(&[&closes, &said]), Some(AlertAct::Decided));
        assert_eq!(turn(&[&closes, &reopened]), Some(AlertAct::Reopened));
        assert_eq!(turn(&[&closes, &undone, &said]), None);
    }
}
