//! When a finding becomes an alert, and how soon that is to be answered.

use proviso_model::verdict::Severity;
use std::collections::BTreeMap;

/// Hours in which an alert is to be answered, at most: a year.
pub const ANSWER_HOURS_MAX: u32 = 8_760;

/// The rule of one tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AlertRule {
    /// The least severity that becomes one.
    pub from: Severity,
    /// Hours until it is due: 1 to [`ANSWER_HOURS_MAX`].
    pub answer_within_hours: u32,
}

impl Default for AlertRule {
    fn default() -> Self {
        Self {
            from: Severity::Medium,
            answer_within_hours: 24,
        }
    }
}

/// The same for each tenant.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AlertRules {
    /// Of tenants that are not named.
    pub all: AlertRule,
    /// Of tenants that have one of their own.
    pub tenants: BTreeMap<String, AlertRule>,
}

impl AlertRules {
    /// That of a tenant.
    pub fn of(&self, tenant: &str) -> AlertRule {
        self.tenants.get(tenant).copied().unwrap_or(self.all)
    }
}
