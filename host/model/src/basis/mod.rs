//! The lawful basis on which content is judged, and what it permits by how each party stands to being archived.
//!
//! PIPL art. 13 asks for consent, or for another basis that is named; art. 17 asks for a notice before. A tenant names its basis with
//! law and article, and says for each state of a party whether policies may judge, or how the message is stored without them. A
//! tenant that says nothing has the basis of the policy set.

mod read;
#[cfg(test)]
mod tests;

pub use read::read;

use crate::consent_event::ConsentState;
use crate::set::LawfulBasis;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

/// What may be done with a message, from what allows most to what allows least.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Permit {
    /// Policies judge it, and it is stored whole.
    Judge,
    /// It is stored whole, sealed, and reaches no policy.
    Sealed,
    /// Who wrote to whom, when and where is stored; text, attachments, links, sums and the source's own bytes are not.
    Metadata,
}

impl Permit {
    /// Every permit.
    pub const ALL: [Permit; 3] = [Permit::Judge, Permit::Sealed, Permit::Metadata];

    /// The name as the configuration writes it.
    pub const fn name(self) -> &'static str {
        match self {
            Permit::Judge => "judge",
            Permit::Sealed => "sealed",
            Permit::Metadata => "metadata",
        }
    }
}

/// Whose messages a basis covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    /// External contacts, and parties whose class the source does not say.
    Contacts,
    /// Employees.
    Employees,
}

/// A basis: its name, the rule of law that it is, and what it permits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Basis {
    /// What it is called: `consent`, `contract`.
    pub name: String,
    /// The law, as cited.
    pub law: String,
    /// The article, as cited.
    pub article: String,
    permits: [Permit; ConsentState::ALL.len()],
}

impl Basis {
    /// A basis that permits the same whatever was said, until [`Basis::with`] says otherwise.
    pub fn new(name: &str, law: &str, article: &str, permit: Permit) -> Self {
        Self {
            name: name.to_owned(),
            law: law.to_owned(),
            article: article.to_owned(),
            permits: [permit; ConsentState::ALL.len()],
        }
    }

    /// The same, with another permit for a state.
    #[must_use]
    pub fn with(mut self, state: ConsentState, permit: Permit) -> Self {
        self.permits[place(state)] = permit;
        self
    }

    /// What it permits with a party that stands so.
    pub const fn permits(&self, state: ConsentState) -> Permit {
        self.permits[place(state)]
    }
}

/// Place of a state in [`ConsentState::ALL`].
const fn place(state: ConsentState) -> usize {
    match state {
        ConsentState::Agree => 0,
        ConsentState::Disagree => 1,
        ConsentState::DefaultAgree => 2,
        ConsentState::Unknown => 3,
        ConsentState::Withdraw => 4,
    }
}

/// A basis as it applied to a message: of the parties of one side, the one that it permits least.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ground {
    /// Whose.
    pub of: Side,
    /// [`Basis::name`].
    pub basis: String,
    /// [`Basis::law`].
    pub law: String,
    /// [`Basis::article`].
    pub article: String,
    /// How that party stood at the message's time.
    pub state: ConsentState,
}

/// What applied to a message.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Applied {
    /// What was permitted.
    pub permits: Permit,
    /// On which grounds; empty where no party is asked for, or nothing stands in the message that needs one.
    pub grounds: Vec<Ground>,
}

/// The bases of a tenant, with all that they can come to: many messages share it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TenantBasis {
    contacts: Basis,
    employees: Option<Basis>,
    applied: Vec<Arc<Applied>>,
}

/// States of a side, and that nobody of it is asked for.
const SIDE_STATES: usize = ConsentState::ALL.len() + 1;

impl TenantBasis {
    /// What holds for external contacts, and for employees where they are asked for at all.
    pub fn new(contacts: Basis, employees: Option<Basis>) -> Self {
        let states = || std::iter::once(None).chain(ConsentState::ALL.map(Some));
        let mut applied = Vec::with_capacity(SIDE_STATES * SIDE_STATES);
        for contact in states() {
            for employee in states() {
                let sides = [
                    (Side::Contacts, Some(&contacts), contact),
                    (Side::Employees, employees.as_ref(), employee),
                ];
                let asked = sides
                    .into_iter()
                    .filter_map(|(of, basis, state)| Some((of, basis?, state?)));
                let grounds = asked.clone().map(|(of, basis, state)| Ground {
                    of,
                    basis: basis.name.clone(),
                    law: basis.law.clone(),
                    article: basis.article.clone(),
                    state,
                });
                applied.push(Arc::new(Applied {
                    permits: asked
                        .clone()
                        .map(|(_, basis, state)| basis.permits(state))
                        .max()
                        .unwrap_or(Permit::Judge),
                    grounds: grounds.collect(),
                }));
            }
        }
        Self {
            contacts,
            employees,
            applied,
        }
    }

    /// The basis of a side; `None` where its parties are not asked for.
    pub fn of(&self, side: Side) -> Option<&Basis> {
        match side {
            Side::Contacts => Some(&self.contacts),
            Side::Employees => self.employees.as_ref(),
        }
    }

    /// What it comes to, by the least permitted state on each side.
    pub fn applied(&self, contacts: Option<ConsentState>, employees: Option<ConsentState>) -> &Arc<Applied> {
        let number = |state: Option<ConsentState>| state.map_or(0, |state| place(state) + 1);
        &self.applied[number(contacts) * SIDE_STATES + number(employees)]
    }
}

/// What the policy set's own words come to.
static OF_SETS: LazyLock<[TenantBasis; 3]> = LazyLock::new(|| {
    LawfulBasis::ALL.map(|basis| {
        let article = match basis {
            LawfulBasis::Consent | LawfulBasis::RecordedConsent => "13(1)(1)",
            LawfulBasis::LegalDuty => "13(1)(3)",
        };
        let open = Basis::new(basis.name(), "PIPL", article, Permit::Judge);
        let refused = |basis: Basis| {
            basis
                .with(ConsentState::Disagree, Permit::Sealed)
                .with(ConsentState::Withdraw, Permit::Sealed)
        };
        let contacts = match basis {
            LawfulBasis::LegalDuty => open,
            LawfulBasis::Consent => refused(open),
            LawfulBasis::RecordedConsent => refused(open)
                .with(ConsentState::DefaultAgree, Permit::Sealed)
                .with(ConsentState::Unknown, Permit::Sealed),
        };
        TenantBasis::new(contacts, None)
    })
});

/// The basis of each tenant that names its own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LawfulBases(HashMap<String, TenantBasis>);

impl LawfulBases {
    /// The tenant's own, else that of the policy set.
    pub fn of(&self, tenant: &str, set: LawfulBasis) -> &TenantBasis {
        self.own(tenant).unwrap_or_else(|| of_set(set))
    }

    /// The tenant's own.
    pub fn own(&self, tenant: &str) -> Option<&TenantBasis> {
        self.0.get(tenant)
    }
}

impl FromIterator<(String, TenantBasis)> for LawfulBases {
    fn from_iter<I: IntoIterator<Item = (String, TenantBasis)>>(bases: I) -> Self {
        Self(bases.into_iter().collect())
    }
}

/// What the policy set's own word comes to.
pub fn of_set(basis: LawfulBasis) -> &'static TenantBasis {
    match basis {
        LawfulBasis::Consent => &OF_SETS[0],
        LawfulBasis::RecordedConsent => &OF_SETS[1],
        LawfulBasis::LegalDuty => &OF_SETS[2],
    }
}
