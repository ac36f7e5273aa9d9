//! The policy set: the operator's file that says which packs apply to whom, with what settings, in which mode.
//!
//! - this file: what a set is
//! - `parse`: from the file that a person wrote, with every problem and its place
//! - `stored`: to and from the canonical JSON that a generation is addressed by and rebuilt from
//! - `scope`: which messages an `[[apply]]` covers
//! - `hours`: working hours
//!
//! The file is documented key by key in docs/policy-set.md.

mod hours;
mod parse;
mod scope;
mod stored;
#[cfg(test)]
mod tests;

pub use hours::{Hours, NotHours};
pub use stored::NotAStoredSet;

use crate::places::Places;
use crate::time::Zone;
use crate::verdict::Language;
use std::collections::{BTreeMap, HashMap};
use std::ops::Deref;

/// A policy set, parsed and checked as far as it can be without the packs that it names.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PolicySet {
    /// Language of reasons in output that has room for one; `language`, default `en`.
    pub language: Language,
    /// Time zone for scopes without one and for retention dates; `time_zone`, default `UTC`.
    pub time_zone: Zone,
    /// Why content may be judged; `[lawful_basis]`.
    pub lawful_basis: LawfulBasis,
    /// Members of departments by the channel's user id; `[departments]`. Comes before what the source says.
    pub departments: Departments,
    /// What applies; `[[apply]]`, in the file's order.
    pub apply: Vec<Apply>,
}

/// Why the content of messages with external parties may be judged. PIPL art. 13: a basis other than consent is named.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LawfulBasis {
    /// Consent, as the channel's own events record it: a recorded refusal withholds the content, no record does not
    /// (the channel's platform archives nobody who was not asked). The default. `external = "consent"`.
    #[default]
    Consent,
    /// Consent, and only recorded consent by the party's own act: no record, and agreement that the platform assumes,
    /// withhold the content. `external = "recorded-consent"`.
    RecordedConsent,
    /// A legal duty to supervise or to keep (PIPL art. 13(3)): refusals are recorded and withhold nothing.
    /// `external = "legal-duty"`.
    LegalDuty,
}

impl LawfulBasis {
    /// Every basis.
    pub const ALL: [LawfulBasis; 3] = [
        LawfulBasis::Consent,
        LawfulBasis::RecordedConsent,
        LawfulBasis::LegalDuty,
    ];

    /// The name as the file writes it.
    pub const fn name(self) -> &'static str {
        match self {
            LawfulBasis::Consent => "consent",
            LawfulBasis::RecordedConsent => "recorded-consent",
            LawfulBasis::LegalDuty => "legal-duty",
        }
    }
}

/// One `[[apply]]` table: a pack, bound to messages.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Apply {
    /// The pack as the file names it: a folder, a built file, or a digest in the store; relative paths are beside the set file.
    pub pack: String,
    /// Line and column of that name in the file, both from 1, for problems found later; (0, 0) in a set that was not read from a file.
    pub at: (usize, usize),
    /// Whether findings count: the most for each of its policies.
    pub mode: Mode,
    /// The same for single policies, in the place of what the pack proposes.
    pub modes: BTreeMap<String, Mode>,
    /// What a fault does to the message.
    pub on_fault: OnFault,
    /// Which messages the pack judges.
    pub scope: Scope,
    /// Settings over the manifest's defaults: policy name to a JSON object. Merged key by key, objects deeply.
    pub settings: BTreeMap<String, serde_json::Map<String, serde_json::Value>>,
    /// Where in the file each value of `settings` stands (line, column). Use [`Apply::place_of`] to look one up.
    pub settings_at: Places<(usize, usize)>,
    /// Terms added to a lexicon of the pack: lexicon name to terms.
    pub extra_terms: BTreeMap<String, Vec<String>>,
    /// The impact assessment (PIPL art. 55) that covers automated scoring; packs that require one are off without it.
    pub assessment: Option<String>,
}

impl Apply {
    /// Line and column of the setting at that JSON Pointer (`/policy/key/…`), or of the nearest thing around it that the
    /// file states; at last of the pack's name.
    pub fn place_of(&self, pointer: &str) -> (usize, usize) {
        self.settings_at.find(pointer).copied().unwrap_or(self.at)
    }

    /// The mode of one policy: the set's own word for it, else what the pack proposes; never more than the mode of the pack.
    pub fn mode_of(&self, policy: &str, proposed: Mode) -> Mode {
        let wanted = self.modes.get(policy).copied().unwrap_or(proposed);
        match (self.mode, wanted) {
            (Mode::Off, _) | (_, Mode::Off) => Mode::Off,
            (Mode::Shadow, _) | (_, Mode::Shadow) => Mode::Shadow,
            (Mode::Enforce, Mode::Enforce) => Mode::Enforce,
        }
    }
}

/// Whether findings of a pack, or of one of its policies, count.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Mode {
    /// Judged, recorded, alerted.
    #[default]
    Enforce,
    /// Judged and recorded; nobody is alerted, and a fault holds nothing.
    Shadow,
    /// Not judged.
    Off,
}

impl Mode {
    /// Every mode.
    pub const ALL: [Mode; 3] = [Mode::Enforce, Mode::Shadow, Mode::Off];

    /// The name as the file writes it.
    pub const fn name(self) -> &'static str {
        match self {
            Mode::Enforce => "enforce",
            Mode::Shadow => "shadow",
            Mode::Off => "off",
        }
    }
}

/// What a fault does to the message.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum OnFault {
    /// Hold it for a person.
    #[default]
    Hold,
    /// Record the fault and let the message pass on with what the other policies found.
    Flag,
}

impl OnFault {
    /// Every way.
    pub const ALL: [OnFault; 2] = [OnFault::Hold, OnFault::Flag];

    /// The name as the file writes it.
    pub const fn name(self) -> &'static str {
        match self {
            OnFault::Hold => "hold",
            OnFault::Flag => "flag",
        }
    }
}

/// Which messages a pack judges: all conditions that are named must hold; an empty list names nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scope {
    /// Tenants.
    pub tenants: Names,
    /// Channels.
    pub channels: Names,
    /// Departments of the sender or of any recipient who is an employee, or whose class the source does not say.
    pub departments: Names,
    /// Parties by id: sender or recipient.
    pub people: Names,
    /// Parties by id that take a message out of the scope, sender or recipient.
    pub except_people: Names,
    /// Tenants whose messages are out of the scope. No file says so: the host does of those that want a second person before people
    /// are scored, where nobody's approval is in force.
    pub except_tenants: Names,
    /// Hours in which a message must have been sent.
    pub hours: Option<Hours>,
}

impl Scope {
    /// True if it names no condition: every message is covered.
    pub fn is_everything(&self) -> bool {
        *self == Scope::default()
    }
}

/// A set of names, kept sorted, so that asking for one is quick however many there are and their order in a file means
/// nothing. Reads as a slice.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names(Vec<String>);

impl Names {
    /// True if the name is among them.
    pub fn has(&self, name: &str) -> bool {
        self.0.binary_search_by(|known| known.as_str().cmp(name)).is_ok()
    }
}

impl Deref for Names {
    type Target = [String];

    fn deref(&self) -> &[String] {
        &self.0
    }
}

impl From<Vec<String>> for Names {
    fn from(mut names: Vec<String>) -> Self {
        names.sort_unstable();
        names.dedup();
        Self(names)
    }
}

impl FromIterator<String> for Names {
    fn from_iter<I: IntoIterator<Item = String>>(names: I) -> Self {
        names.into_iter().collect::<Vec<_>>().into()
    }
}

/// Who belongs to which department.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Departments {
    members: BTreeMap<String, Names>,
    by_member: HashMap<String, String, foldhash::fast::RandomState>,
}

impl Departments {
    /// The departments with their members' user ids, ordered by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[String])> {
        self.members.iter().map(|(name, members)| (name.as_str(), &**members))
    }

    /// The department of a user id; `None` if no list names it.
    pub fn of(&self, member: &str) -> Option<&str> {
        if self.by_member.is_empty() {
            return None;
        }
        self.by_member.get(member).map(String::as_str)
    }
}

impl<M: Into<Names>> FromIterator<(String, M)> for Departments {
    /// A user id in several departments belongs to the first of them by name.
    fn from_iter<I: IntoIterator<Item = (String, M)>>(departments: I) -> Self {
        let members: BTreeMap<String, Names> = departments.into_iter().map(|(name, ids)| (name, ids.into())).collect();
        let mut by_member = HashMap::default();
        for (name, ids) in &members {
            for id in ids.iter() {
                by_member.entry(id.clone()).or_insert_with(|| name.clone());
            }
        }
        Self { members, by_member }
    }
}
