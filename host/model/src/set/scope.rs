//! Which messages an `[[apply]]` covers. Asked for every message and every `[[apply]]`; allocates nothing.

use super::{Apply, PolicySet};
use crate::message::{Message, Party, PartyClass};

impl PolicySet {
    /// True if the scope of `apply` covers the message, whatever its mode.
    pub fn covers(&self, apply: &Apply, message: &Message) -> bool {
        let scope = &apply.scope;
        let named = |names: &super::Names, name: &str| names.is_empty() || names.has(name);
        named(&scope.tenants, &message.id.tenant)
            && named(&scope.channels, &message.id.channel)
            && (scope.people.is_empty() || message.parties().any(|party| scope.people.has(&party.id)))
            && (scope.except_people.is_empty() || !message.parties().any(|party| scope.except_people.has(&party.id)))
            && (scope.departments.is_empty() || message.parties().any(|party| self.is_of(party, &scope.departments)))
            && scope.hours.as_ref().is_none_or(|hours| hours.contains(message.sent_at))
    }

    /// The department of a party: the set's own `[departments]` first, then what the source says; empty if neither does.
    pub fn department_of<'a>(&'a self, party: &'a Party) -> &'a str {
        self.departments.of(&party.id).unwrap_or(&party.department)
    }

    /// A party whose class the source does not say may be an employee: leaving it out would leave messages unjudged.
    fn is_of(&self, party: &Party, departments: &super::Names) -> bool {
        matches!(party.class, PartyClass::Employee | PartyClass::Unknown) && departments.has(self.department_of(party))
    }
}
