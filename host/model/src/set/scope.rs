//! Which messages an `[[apply]]` covers. Asked for every message and every `[[apply]]`; allocates nothing.

use super::{Apply, PolicySet, Scope};
use crate::directory::Directory;
use crate::message::{Message, Party, PartyClass};

impl Scope {
    /// True if a tenant's messages may be covered.
    pub fn has_tenant(&self, tenant: &str) -> bool {
        (self.tenants.is_empty() || self.tenants.has(tenant)) && !self.except_tenants.has(tenant)
    }

    /// True if every tenant that it names is taken out again.
    pub fn is_of_nobody(&self) -> bool {
        !self.tenants.is_empty() && self.tenants.iter().all(|tenant| self.except_tenants.has(tenant))
    }
}

impl PolicySet {
    /// True if the scope of `apply` covers the message, whatever its mode.
    pub fn covers(&self, apply: &Apply, message: &Message, directory: Option<&Directory>) -> bool {
        let scope = &apply.scope;
        let named = |names: &super::Names, name: &str| names.is_empty() || names.has(name);
        scope.has_tenant(&message.id.tenant)
            && named(&scope.channels, &message.id.channel)
            && (scope.people.is_empty() || message.parties().any(|party| scope.people.has(&party.id)))
            && (scope.except_people.is_empty() || !message.parties().any(|party| scope.except_people.has(&party.id)))
            && (scope.departments.is_empty()
                || message
                    .parties()
                    .any(|party| self.is_of(party, message, directory, &scope.departments)))
            && scope.hours.as_ref().is_none_or(|hours| hours.contains(message.sent_at))
    }

    /// The department of a party to a message: the set's own `[departments]` first, then what the directory says of the message's
    /// time, then what the source says; empty if none does.
    pub fn department_of<'a>(
        &'a self,
        party: &'a Party,
        message: &Message,
        directory: Option<&'a Directory>,
    ) -> &'a str {
        if let Some(department) = self.departments.of(&party.id) {
            return department;
        }
        let department = directory.and_then(|directory| directory.department(message, &party.id));
        department.unwrap_or(&party.department)
    }

    /// A party whose class the source does not say may be an employee: leaving it out would leave messages unjudged.
    fn is_of(
        &self,
        party: &Party,
        message: &Message,
        directory: Option<&Directory>,
        departments: &super::Names,
    ) -> bool {
        matches!(party.class, PartyClass::Employee | PartyClass::Unknown)
            && departments.has(self.department_of(party, message, directory))
    }
}
