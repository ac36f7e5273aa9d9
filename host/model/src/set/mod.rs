//! The policy set: the operator's file that says which packs apply to whom, with what settings, in which mode.

use crate::verdict::Language;
use std::collections::BTreeMap;

/// A policy set, parsed and checked as far as it can be without the packs that it names.
#[derive(Debug, Clone, PartialEq)]
pub struct PolicySet {
    /// Language of reasons in output that has room for one; `language`, default `en`.
    pub language: Language,
    /// IANA time zone for scopes without one and for retention dates; `time_zone`, default `UTC`.
    pub time_zone: String,
    /// Why content may be judged; `[lawful_basis]`.
    pub lawful_basis: LawfulBasis,
    /// Members of departments by the channel's user id; `[departments]`. Comes before what the source says.
    pub departments: BTreeMap<String, Vec<String>>,
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
    /// Consent, and only recorded consent: no record withholds the content. `external = "recorded-consent"`.
    RecordedConsent,
    /// A legal duty to supervise or to keep (PIPL art. 13(3)): refusals are recorded and withhold nothing.
    /// `external = "legal-duty"`.
    LegalDuty,
}

/// One `[[apply]]` table: a pack, bound to messages.
#[derive(Debug, Clone, PartialEq)]
pub struct Apply {
    /// The pack as the file names it: a folder, a built file, or a digest in the store; relative paths are beside the set file.
    pub pack: String,
    /// Line and column of that name in the file, both from 1, for problems found later.
    pub at: (usize, usize),
    /// Whether findings count.
    pub mode: Mode,
    /// What a fault does to the message.
    pub on_fault: OnFault,
    /// Which messages the pack judges.
    pub scope: Scope,
    /// Settings over the manifest's defaults: policy name to a JSON object. Merged key by key, objects deeply.
    pub settings: BTreeMap<String, serde_json::Map<String, serde_json::Value>>,
    /// Where in the file each value of `settings` stands (line, column), by JSON Pointer `/policy/key/…`.
    pub settings_at: BTreeMap<String, (usize, usize)>,
    /// Terms added to a lexicon of the pack: lexicon name to terms.
    pub extra_terms: BTreeMap<String, Vec<String>>,
    /// The impact assessment (PIPL art. 55) that covers automated scoring; packs that require one are off without it.
    pub assessment: Option<String>,
}

/// Whether findings of a pack count.
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

/// What a fault does to the message.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum OnFault {
    /// Hold it for a person.
    #[default]
    Hold,
    /// Record the fault and let the message pass on with what the other policies found.
    Flag,
}

/// Which messages a pack judges: all conditions that are named must hold; an empty list names nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scope {
    /// Tenants.
    pub tenants: Vec<String>,
    /// Channels.
    pub channels: Vec<String>,
    /// Departments: of the sender if an employee, or of any employee among the recipients.
    pub departments: Vec<String>,
    /// Parties by id: sender or recipient.
    pub people: Vec<String>,
    /// Parties by id that take a message out of the scope, sender or recipient.
    pub except_people: Vec<String>,
    /// Hours in which a message must have been sent.
    pub hours: Option<Hours>,
}

/// Working hours, as `Mon-Fri 09:00-12:00,13:00-18:00 Asia/Shanghai`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hours {
    /// Days that count, Monday first.
    pub days: [bool; 7],
    /// Ranges of minutes since midnight, `start < end <= 1440`, in order, not overlapping; the end is outside.
    pub minutes: Vec<(u16, u16)>,
    /// IANA name.
    pub time_zone: String,
}
