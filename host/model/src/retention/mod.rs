//! Retention: what a rule proposes, and the arithmetic by which the host decides.
//!
//! Order: a legal hold, then the longest statutory floor, then (where no floor runs) the shortest purpose ceiling.
//! A clock whose start is unknown means keep and report, never dispose. A figure that is not verified may lengthen a
//! retention and never causes a disposal. Consent withdrawn while a floor runs means store-only (PIPL art. 47;
//! Network Data Security Management Regulations art. 24). `decide` holds the arithmetic.

mod decide;
#[cfg(test)]
mod tests;

pub use decide::decide;

use crate::language::Language;
use crate::time::{Day, Timestamp, Zone};
use serde::{Deserialize, Serialize};

/// A calendar period; the parts add up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Period {
    /// Calendar years, 0-36,500.
    pub years: u16,
    /// Calendar months, 0-36,500.
    pub months: u16,
    /// Days, 0-36,500.
    pub days: u16,
}

impl Period {
    /// The last day of the period that starts on `start`. Years and months are added to the calendar date, then days; a
    /// month without that day ends at its last.
    pub fn last_day(self, start: Day) -> Day {
        start.plus(
            u32::from(self.years) * 12 + u32::from(self.months),
            u32::from(self.days),
        )
    }
}

/// What starts a retention clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClockStart {
    /// The message's own time.
    Message,
    /// Completion of the transaction that the message belongs to.
    Transaction,
    /// End of the relationship with the customer.
    RelationshipEnd,
    /// End of the contract or of the product.
    ContractEnd,
    /// End of a dispute.
    DisputeEnd,
}

/// One rule's claim on one message.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Proposal {
    /// Short name of the rule.
    pub rule: String,
    /// The law, regulation or internal policy, as cited.
    pub law: String,
    /// The article or section, as cited; empty for an internal policy.
    pub article: String,
    /// ISO 3166-1 alpha-2 code, or `EU`.
    pub jurisdiction: String,
    /// Why it is kept.
    pub purpose: String,
    /// What starts the clock.
    pub clock: ClockStart,
    /// Keep at least so long.
    pub floor: Option<Period>,
    /// Keep at most so long, unless a floor is longer.
    pub ceiling: Option<Period>,
    /// False where the figure comes from a secondary source only.
    pub verified: bool,
}

/// What is known of a message beside the proposals.
#[derive(Debug, Clone)]
pub struct Facts<'a> {
    /// When it was sent: the start of [`ClockStart::Message`].
    pub sent_at: Timestamp,
    /// The other moments that clocks start from.
    pub moments: Moments,
    /// True while a legal hold lies on it: an order to keep, given by a person, whatever the rules say.
    pub legal_hold: bool,
    /// True if its content rests on consent and that consent was withdrawn or refused. Leave it false where the set's
    /// lawful basis is a legal duty.
    pub consent_withdrawn: bool,
    /// Where days begin and end: the policy set's time zone.
    pub time_zone: &'a Zone,
}

/// Moments that retention clocks start from, beside the message's own; `None` where the host does not know.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is described at the clock of the same name")]
pub struct Moments {
    pub transaction: Option<Timestamp>,
    pub relationship_end: Option<Timestamp>,
    pub contract_end: Option<Timestamp>,
    pub dispute_end: Option<Timestamp>,
}

impl Facts<'_> {
    /// The day a clock starts; `None` where that moment is unknown.
    pub fn start_of(&self, clock: ClockStart) -> Option<Day> {
        let moment = match clock {
            ClockStart::Message => Some(self.sent_at),
            ClockStart::Transaction => self.moments.transaction,
            ClockStart::RelationshipEnd => self.moments.relationship_end,
            ClockStart::ContractEnd => self.moments.contract_end,
            ClockStart::DisputeEnd => self.moments.dispute_end,
        };
        moment.map(|moment| self.time_zone.day(moment))
    }
}

/// What becomes of a message. Nothing here depends on today's date: a decision says until when, and who carries it out
/// compares.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// What to do.
    pub disposition: Disposition,
    /// The last day on which it must be kept, the whole day included, in the set's time zone; from the next day on it is to
    /// be disposed of. Given exactly with [`Disposition::KeepUntil`].
    pub until: Option<Day>,
    /// The last day of the longest floor whose clock is known; `None` where none is. Under `keep` and `legal-hold`, this is
    /// what the law asks for at least.
    pub floor_until: Option<Day>,
    /// True if consent is gone and it is kept for the law alone: stored, and neither judged anew, searched nor shown in
    /// daily work (Network Data Security Management Regulations art. 24).
    pub store_only: bool,
    /// Why.
    pub why: Why,
    /// The rules that decided, in the order of the proposals; empty where no rule did.
    pub decided_by: Vec<Statute>,
}

impl Decision {
    /// True if it may be disposed of on that day, counted in the set's time zone.
    pub fn allows_disposal_on(&self, day: Day) -> bool {
        match self.disposition {
            Disposition::Dispose => true,
            Disposition::KeepUntil => self.until.is_some_and(|until| day > until),
            Disposition::Keep | Disposition::LegalHold => false,
        }
    }
}

/// What to do with a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Disposition {
    /// Dispose of it now: consent is gone and no floor runs (PIPL art. 47(1)(3)).
    Dispose,
    /// Keep it until the end of a known day, then dispose of it.
    KeepUntil,
    /// Keep it: nothing says when it may be disposed of.
    Keep,
    /// Keep it until the hold is released.
    LegalHold,
}

impl Disposition {
    /// The name as output writes it.
    pub const fn name(self) -> &'static str {
        match self {
            Disposition::Dispose => "dispose",
            Disposition::KeepUntil => "keep-until",
            Disposition::Keep => "keep",
            Disposition::LegalHold => "legal-hold",
        }
    }
}

/// The ground of a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// A legal hold lies on it.
    LegalHold,
    /// The start of the clocks of [`Decision::decided_by`] is unknown.
    UnknownClock,
    /// No rule applies to it.
    NoRule,
    /// The rules that apply are not verified, or set no period: none of them may cause a disposal.
    NothingVerified,
    /// The longest floor, and no purpose reaches beyond it.
    LongestFloor,
    /// The shortest ceiling; no floor runs as long.
    ShortestCeiling,
    /// Consent is gone: only floors count.
    ConsentWithdrawn,
}

impl Why {
    /// One sentence for people.
    pub const fn sentence(self, language: Language) -> &'static str {
        match (self, language) {
            (Why::LegalHold, Language::En) => "A legal hold lies on it.",
            (Why::LegalHold, Language::Zh) => "已被法律保全。",
            (Why::UnknownClock, Language::En) => "It is not known when a period begins, so it is kept.",
            (Why::UnknownClock, Language::Zh) => "保存期限的起算时间未知,故予保留。",
            (Why::NoRule, Language::En) => "No retention rule applies, so it is kept.",
            (Why::NoRule, Language::Zh) => "没有适用的保存规则,故予保留。",
            (Why::NothingVerified, Language::En) => "No verified rule says when it may be disposed of, so it is kept.",
            (Why::NothingVerified, Language::Zh) => "没有经核实的规则允许处置,故予保留。",
            (Why::LongestFloor, Language::En) => "The longest statutory period decides.",
            (Why::LongestFloor, Language::Zh) => "以最长的法定保存期限为准。",
            (Why::ShortestCeiling, Language::En) => "The shortest purpose decides; no statutory period runs as long.",
            (Why::ShortestCeiling, Language::Zh) => "以最短的目的期限为准,且无更长的法定保存期限。",
            (Why::ConsentWithdrawn, Language::En) => "Consent is gone: it is kept for a statutory period alone.",
            (Why::ConsentWithdrawn, Language::Zh) => "同意已撤回,仅在法定保存期限内存储。",
        }
    }
}

/// A rule as a decision cites it, with what it came to for this message.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Statute {
    /// Short name of the rule.
    pub rule: String,
    /// The law, regulation or internal policy, as cited.
    pub law: String,
    /// The article or section, as cited; empty for an internal policy.
    pub article: String,
    /// What starts its clock.
    pub clock: ClockStart,
    /// The day its clock starts; `None` where unknown.
    pub starts: Option<Day>,
    /// The last day of its floor; `None` where it sets none or the start is unknown.
    pub floor_until: Option<Day>,
    /// The last day of its ceiling; `None` where it sets none or the start is unknown.
    pub ceiling_until: Option<Day>,
    /// False where the figure comes from a secondary source only.
    pub verified: bool,
}
