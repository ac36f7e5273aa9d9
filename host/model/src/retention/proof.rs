//! The proof of a retention decision: everything that went into it, as a tree that a person or a certificate can hold.

use super::claim::Claim;
use super::contradiction::Contradiction;
use super::decide::{Weighed, weigh};
use super::period::iso;
use super::{
    ClockStart, Counting, Decision, Disposition, Facts, Laws, Period, Proposed, RuleOfLaw, Source, Verification, Why,
};
use crate::time::{Day, Timestamp};
use serde::{Deserialize, Serialize};

/// The form that [`Proof::to_json`] writes.
const FORM: u32 = 1;

/// A decision with what it rests on. The facts are as they were known when it was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proof {
    /// The version of this form.
    form: u32,
    /// What follows from the rest.
    pub decision: Decision,
    /// When the message was sent.
    pub sent_at: Timestamp,
    /// The message's day in that zone.
    pub day: Day,
    /// The zone in which days begin and end.
    pub zone: String,
    /// True while a legal hold lies on the message.
    pub legal_hold: bool,
    /// True if its content rested on consent that is gone.
    pub consent_withdrawn: bool,
    /// Every proposal, in the order of the set.
    pub rules: Vec<ProvenRule>,
    /// Rules that contradict each other.
    pub contradictions: Vec<Contradiction>,
    /// Rules of the same policies that are not in effect on the message's day.
    pub outside: Vec<RuleOutside>,
}

/// A proposal in a proof.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProvenRule {
    /// `vendor/name` of the pack.
    pub pack: String,
    /// The policy within the pack.
    pub policy: String,
    /// Short name of the rule.
    pub rule: String,
    /// The law, regulation or internal policy, as cited.
    pub law: String,
    /// The article or section, as cited; empty for an internal policy.
    pub article: String,
    /// ISO 3166-1 alpha-2 code, or `EU`.
    pub jurisdiction: String,
    /// Why it keeps the message.
    pub purpose: String,
    /// What starts the clock.
    pub clock: ClockStart,
    /// The day the clock starts; `None` where unknown.
    pub starts: Option<Day>,
    /// How the periods are counted.
    pub counting: Counting,
    /// False where the figure comes from a secondary source only.
    pub verified: bool,
    /// First day of effect, where the settings say one.
    pub from: Option<Day>,
    /// Last day of effect, where the settings say one.
    pub to: Option<Day>,
    /// True if the statute orders destruction at the ceiling's end.
    pub ceiling_is_mandatory: bool,
    /// The text that was read, where the settings say it.
    pub source: Option<Source>,
    /// Who compared, where the settings say it.
    pub verification: Option<Verification>,
    /// At least so long.
    pub floor: Option<Bound>,
    /// At most so long.
    pub ceiling: Option<Bound>,
}

/// A period of a rule, its last day for this message, and what became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bound {
    /// The period, as the rule states it.
    #[serde(with = "iso")]
    pub period: Period,
    /// Its last day; `None` where the clock's start is unknown.
    pub until: Option<Day>,
    /// Why it counts or does not.
    pub standing: Standing,
}

/// Why a bound counts or does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// It decides.
    Decides,
    /// It keeps the message, for nobody knows when it ends.
    UnknownClock,
    /// It contradicts another rule.
    Contradicts,
    /// A floor beside a longer one.
    LongerFloorWins,
    /// A floor that ends before the ceiling that decides.
    EndsBeforeCeiling,
    /// A ceiling that ends before a floor does.
    FloorRunsLonger,
    /// A ceiling beside a shorter one.
    ShorterCeilingWins,
    /// A ceiling that nobody compared with the statute: it never destroys.
    NotVerified,
    /// A ceiling of a rule that is not in effect on the message's day.
    NotInEffect,
    /// A ceiling of a message whose consent is gone: only floors keep it.
    ConsentGone,
    /// Not weighed: what [`Decision::why`] says comes before it.
    NotReached,
}

/// A rule that is not in effect on the message's day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleOutside {
    /// Short name of the rule.
    pub rule: String,
    /// The law, as cited.
    pub law: String,
    /// The article, as cited.
    pub article: String,
    /// First day of effect.
    pub from: Option<Day>,
    /// Last day of effect.
    pub to: Option<Day>,
}

/// A text that is not a proof of a form that this program knows.
#[derive(Debug, thiserror::Error)]
#[error("not a proof of a retention decision in form {FORM}: {0}")]
pub struct NotAProof(String);

/// The decision and its proof. Its decision is the one of [`super::decide`] for the same arguments.
pub fn prove<'a>(proposals: impl IntoIterator<Item = Proposed<'a>>, laws: &'a Laws, facts: &Facts<'_>) -> Proof {
    let weighed = weigh(proposals, laws, facts);
    let rules = weighed.claims.iter().map(|claim| rule(claim, &weighed)).collect();
    Proof {
        form: FORM,
        sent_at: facts.sent_at,
        day: weighed.day,
        zone: facts.time_zone.name().to_owned(),
        legal_hold: facts.legal_hold,
        consent_withdrawn: facts.consent_withdrawn,
        rules,
        outside: outside(&weighed, laws),
        contradictions: weighed.contradictions,
        decision: weighed.decision,
    }
}

impl Proof {
    /// One line of JSON, keys in the order of the fields.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("a proof has string keys")
    }

    /// Reads what [`Proof::to_json`] wrote.
    pub fn from_json(json: &str) -> Result<Self, NotAProof> {
        let proof: Self = serde_json::from_str(json).map_err(|error| NotAProof(error.to_string()))?;
        if proof.form == FORM {
            Ok(proof)
        } else {
            Err(NotAProof(format!("it is of form {}", proof.form)))
        }
    }
}

fn rule(claim: &Claim<'_>, weighed: &Weighed<'_>) -> ProvenRule {
    let proposal = claim.proposal();
    let law = claim.statements.first();
    let bound = |period: Option<Period>, until, standing| {
        period.map(|period| Bound {
            period,
            until,
            standing,
        })
    };
    ProvenRule {
        pack: claim.proposed.pack.to_owned(),
        policy: claim.proposed.policy.to_owned(),
        rule: proposal.rule.clone(),
        law: proposal.law.clone(),
        article: proposal.article.clone(),
        jurisdiction: proposal.jurisdiction.clone(),
        purpose: proposal.purpose.clone(),
        clock: proposal.clock,
        starts: claim.starts,
        counting: claim.counting,
        verified: proposal.verified,
        from: law.and_then(|law| law.from),
        to: law.and_then(|law| law.to),
        ceiling_is_mandatory: claim.statements.iter().any(|law| law.ceiling_is_mandatory),
        source: law.and_then(|law| law.source.clone()),
        verification: law.and_then(|law| law.verification.clone()),
        floor: bound(proposal.floor, claim.floor, floor_standing(claim, weighed)),
        ceiling: bound(proposal.ceiling, claim.ceiling, ceiling_standing(claim, weighed)),
    }
}

fn floor_standing(claim: &Claim<'_>, weighed: &Weighed<'_>) -> Standing {
    let decision = &weighed.decision;
    match decision.why {
        Why::Contradiction => contradicting(claim, weighed),
        Why::UnknownClock if claim.starts.is_none() => Standing::UnknownClock,
        Why::LongestFloor | Why::ConsentWithdrawn if claim.floor == decision.until => Standing::Decides,
        Why::LongestFloor | Why::ConsentWithdrawn => Standing::LongerFloorWins,
        Why::ShortestCeiling => Standing::EndsBeforeCeiling,
        Why::LegalHold | Why::UnknownClock | Why::NoRule | Why::NothingVerified => Standing::NotReached,
    }
}

fn ceiling_standing(claim: &Claim<'_>, weighed: &Weighed<'_>) -> Standing {
    let decision = &weighed.decision;
    if decision.disposition == Disposition::LegalHold {
        return Standing::NotReached;
    }
    if !claim.proposal().verified {
        return Standing::NotVerified;
    }
    if !claim.in_effect {
        return Standing::NotInEffect;
    }
    match decision.why {
        Why::Contradiction => contradicting(claim, weighed),
        Why::UnknownClock if claim.starts.is_none() => Standing::UnknownClock,
        Why::ConsentWithdrawn => Standing::ConsentGone,
        Why::ShortestCeiling if claim.ceiling == decision.until => Standing::Decides,
        Why::LongestFloor if claim.ceiling <= decision.until => Standing::FloorRunsLonger,
        Why::ShortestCeiling | Why::LongestFloor => Standing::ShorterCeilingWins,
        Why::LegalHold | Why::UnknownClock | Why::NoRule | Why::NothingVerified => Standing::NotReached,
    }
}

fn contradicting(claim: &Claim<'_>, weighed: &Weighed<'_>) -> Standing {
    if weighed.contradictions.iter().any(|one| one.names(&claim.proposed)) {
        Standing::Contradicts
    } else {
        Standing::NotReached
    }
}

/// The rules that their own dates leave out, of policies that proposed something, in the order of the set.
fn outside(weighed: &Weighed<'_>, laws: &Laws) -> Vec<RuleOutside> {
    let of_a_policy = |law: &&RuleOfLaw| {
        let mut claims = weighed.claims.iter();
        claims.any(|claim| claim.proposed.pack == &*law.pack && claim.proposed.policy == &*law.policy)
    };
    laws.iter()
        .filter(|law| !law.in_effect_on(weighed.day))
        .filter(of_a_policy)
        .map(|law| RuleOutside {
            rule: law.rule.clone(),
            law: law.law.clone(),
            article: law.article.clone(),
            from: law.from,
            to: law.to,
        })
        .collect()
}
