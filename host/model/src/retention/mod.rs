//! Retention: what a rule proposes, and the arithmetic by which the host decides.
//!
//! Order: a legal hold, then the longest statutory floor, then (where no floor runs) the shortest purpose ceiling.
//! A clock whose start is unknown means keep and report, never dispose. A figure that is not verified may lengthen a
//! retention and never causes a disposal. Consent withdrawn while a floor runs means store-only (PIPL art. 47;
//! Network Data Security Management Regulations art. 24). Verified rules of equal rank that contradict each other are held for
//! a person. `decide` holds the arithmetic, `proof` tells all that went into it.

mod claim;
mod contradiction;
mod counting;
mod decide;
mod endings;
mod law;
mod period;
mod proof;
mod proof_text;
#[cfg(test)]
mod tests;

pub use contradiction::{About, Contradiction, RuleName};
pub use counting::Counting;
pub use decide::decide;
pub use endings::{Concerns, Ended, Ending, Endings};
pub use law::{Laws, RuleOfLaw, Source, SourceText, Verification};
pub use period::{NotAPeriod, Period};
pub use proof::{Bound, NotAProof, Proof, ProvenRule, RuleOutside, Standing, prove};

use crate::language::Language;
use crate::time::{Day, Timestamp, Zone};
use serde::{Deserialize, Serialize};

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

impl ClockStart {
    /// The name as settings and output write it.
    pub const fn name(self) -> &'static str {
        match self {
            ClockStart::Message => "message",
            ClockStart::Transaction => "transaction",
            ClockStart::RelationshipEnd => "relationship-end",
            ClockStart::ContractEnd => "contract-end",
            ClockStart::DisputeEnd => "dispute-end",
        }
    }

    /// What it is, for people.
    pub const fn sentence(self, language: Language) -> &'static str {
        match (self, language) {
            (ClockStart::Message, Language::En) => "the message's own time",
            (ClockStart::Message, Language::Zh) => "消息发送时间",
            (ClockStart::Transaction, Language::En) => "the transaction's completion",
            (ClockStart::Transaction, Language::Zh) => "交易完成",
            (ClockStart::RelationshipEnd, Language::En) => "the end of the relationship",
            (ClockStart::RelationshipEnd, Language::Zh) => "业务关系结束",
            (ClockStart::ContractEnd, Language::En) => "the end of the contract or product",
            (ClockStart::ContractEnd, Language::Zh) => "合同终止或产品到期",
            (ClockStart::DisputeEnd, Language::En) => "the end of the dispute",
            (ClockStart::DisputeEnd, Language::Zh) => "纠纷结束",
        }
    }
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

/// A proposal and the policy that makes it.
#[derive(Debug, Clone, Copy)]
pub struct Proposed<'a> {
    /// `vendor/name` of the pack.
    pub pack: &'a str,
    /// The policy within the pack.
    pub policy: &'a str,
    /// What it proposes.
    pub proposal: &'a Proposal,
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
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
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
    /// Verified rules of equal rank, those of [`Decision::decided_by`], contradict each other: a person decides.
    Contradiction,
}

impl Why {
    /// The name as stored forms and output write it.
    pub const fn name(self) -> &'static str {
        match self {
            Why::LegalHold => "legal-hold",
            Why::UnknownClock => "unknown-clock",
            Why::NoRule => "no-rule",
            Why::NothingVerified => "nothing-verified",
            Why::LongestFloor => "longest-floor",
            Why::ShortestCeiling => "shortest-ceiling",
            Why::ConsentWithdrawn => "consent-withdrawn",
            Why::Contradiction => "contradiction",
        }
    }

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
            (Why::Contradiction, Language::En) => {
                "Rules of equal rank contradict each other, so it is kept until a person decides."
            }
            (Why::Contradiction, Language::Zh) => "同级规则相互矛盾,在人工裁定前予以保留。",
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
    /// How its periods were counted; `None` in decisions of before, which counted by the corresponding day, else the month's last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counting: Option<Counting>,
    /// The day its clock starts; `None` where unknown.
    pub starts: Option<Day>,
    /// The last day of its floor; `None` where it sets none or the start is unknown.
    pub floor_until: Option<Day>,
    /// The last day of its ceiling; `None` where it sets none or the start is unknown.
    pub ceiling_until: Option<Day>,
    /// False where the figure comes from a secondary source only.
    pub verified: bool,
}
