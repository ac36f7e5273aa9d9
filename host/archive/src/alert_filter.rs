//! Which alerts are wanted, of those that somebody may see.

use crate::messages::Sent;
use proviso_model::Timestamp;
use proviso_model::verdict::Severity;

/// Whose alerts somebody sees. What is outside is as if it were not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sight {
    /// Everybody's.
    All,
    /// Those of some tenants; of none where there are none.
    Of(Vec<SeenTenant>),
}

/// A tenant whose alerts somebody sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenTenant {
    /// Its name.
    pub tenant: String,
    /// The departments that are seen; `None`: every alert, also of no department.
    pub departments: Option<Vec<String>>,
}

impl Sight {
    /// True of an alert of that tenant and department that may be seen.
    pub fn has(&self, tenant: &str, department: Option<&str>) -> bool {
        let Sight::Of(seen) = self else { return true };
        seen.iter().any(|seen| {
            let of_department = match (&seen.departments, department) {
                (None, _) => true,
                (Some(departments), Some(department)) => departments.iter().any(|one| one == department),
                (Some(_), None) => false,
            };
            seen.tenant == tenant && of_department
        })
    }
}

/// Which alerts are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AlertView {
    /// Those that wait for an answer.
    Open,
    /// Those of them that are assigned to who asks.
    Mine,
    /// Those of them that are assigned to nobody.
    Unassigned,
    /// Those of them that were to be answered before now.
    Overdue,
    /// Those of them about held messages.
    Held,
    /// Those of them that somebody escalated.
    Escalated,
    /// Those that were answered, or that ended by themselves.
    Closed,
}

impl AlertView {
    /// Every view.
    pub const ALL: [AlertView; 7] = [
        AlertView::Open,
        AlertView::Mine,
        AlertView::Unassigned,
        AlertView::Overdue,
        AlertView::Held,
        AlertView::Escalated,
        AlertView::Closed,
    ];

    /// The name that interfaces have for it.
    pub const fn name(self) -> &'static str {
        match self {
            AlertView::Open => "open",
            AlertView::Mine => "mine",
            AlertView::Unassigned => "unassigned",
            AlertView::Overdue => "overdue",
            AlertView::Held => "held",
            AlertView::Escalated => "escalated",
            AlertView::Closed => "closed",
        }
    }
}

/// What alerts are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AlertSort {
    /// The first that is due first.
    Due,
    /// The last that was opened first.
    Opened,
    /// The most severe first, and of those the first that is due; held messages are the last.
    Severity,
}

/// Which alerts are wanted. What is absent asks for nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertFilter {
    /// Whose may be seen.
    pub sight: Sight,
    /// Which list.
    pub view: AlertView,
    /// The name of the user who asks, for [`AlertView::Mine`]: without one nothing is theirs.
    pub me: Option<String>,
    /// What time it is, for [`AlertView::Overdue`].
    pub now: Timestamp,
    /// Of this tenant.
    pub tenant: Option<String>,
    /// Of this severity.
    pub severity: Option<Severity>,
    /// Of this pack.
    pub pack: Option<String>,
    /// Of this rule, whatever policy has it.
    pub rule: Option<String>,
    /// Of this department.
    pub department: Option<String>,
    /// Of this conversation, by its pseudonym ([`Alert::conversation`](crate::Alert::conversation)).
    pub conversation: Option<String>,
    /// Of messages that were sent then.
    pub sent: Sent,
    /// Opened then.
    pub opened: Sent,
}

impl AlertFilter {
    /// Every alert of a view that may be seen.
    pub fn new(sight: Sight, view: AlertView, now: Timestamp) -> Self {
        Self {
            sight,
            view,
            me: None,
            now,
            tenant: None,
            severity: None,
            pack: None,
            rule: None,
            department: None,
            conversation: None,
            sent: Sent::default(),
            opened: Sent::default(),
        }
    }
}
