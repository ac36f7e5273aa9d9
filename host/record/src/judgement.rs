//! What was said of a message, as it is stored: the verdict, what it cost, and the retention decision, in one piece.
//!
//! Policies and proposals are numbers of tables that many messages share; generation and packs stand beside it, in the
//! envelope. The text of a finding is that of its spans, and stands in the message alone. The canonical JSON is put together
//! again on reading, and compared with the digest that was taken of it when it was written.

use super::codes;
use super::unreadable::Unreadable;
use proviso_model::digest::DigestBuilder;
use proviso_model::retention::{Decision, Statute};
use proviso_model::time::Day;
use proviso_model::verdict::{AttributedProposal, Factor, Fault, Finding, Reason, Score, Span};
use proviso_model::{Digest, Message, Timestamp, Verdict};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The form that is written now: the first byte.
const FORM: u8 = 2;
/// The form that wrote out the digest of every input.
const WITH_INPUT: u8 = 1;
/// Bytes of the digest that are kept.
const CHECK_BYTES: usize = 8;

/// A verdict with all that is stored beside it.
#[derive(Debug, Clone, PartialEq)]
pub struct Judgement {
    /// The verdict.
    pub verdict: Verdict,
    /// What the policies used in all.
    pub fuel: u64,
    /// How long the message is kept.
    pub decision: Decided,
}

/// A retention decision as it is stored.
#[derive(Debug, Clone, PartialEq)]
pub enum Decided {
    /// Nothing was decided.
    Nothing,
    /// What was decided.
    Decision(Arc<Decision>),
    /// JSON of before version 5 of the schema that no later program reads as a decision: kept as it was.
    Text(String),
}

impl Decided {
    /// The decision, if it is one that is read.
    pub fn decision(&self) -> Option<&Decision> {
        match self {
            Decided::Decision(decision) => Some(decision),
            Decided::Nothing | Decided::Text(_) => None,
        }
    }
}

/// Where the numbers of policies and proposals come from when a judgement is written.
pub trait Numbers {
    /// The number of a policy.
    fn policy(&self, pack: &str, policy: &str) -> u32;
    /// The number of a proposal; `None` where it is written out.
    fn proposal(&self, proposal: &AttributedProposal) -> Option<u32>;
}

/// What the numbers stand for.
pub trait Meanings {
    /// Pack and policy of a number.
    fn policy(&self, number: u32) -> Option<(Arc<str>, Arc<str>)>;
    /// The proposal of a number.
    fn proposal(&self, number: u32) -> Option<Arc<AttributedProposal>>;
}

/// What stands beside a judgement.
pub struct Beside<'a> {
    /// With the text that findings cite.
    pub message: &'a Message,
    /// The generation that judged.
    pub generation: Digest,
    /// The packs whose scope covered the message.
    pub packs: Arc<[Digest]>,
}

/// Form 1, where `I` is a digest, and form 2, where it is absent if policies were given nothing but the message: then the digest
/// is the message's own.
#[derive(Serialize, Deserialize)]
struct Stored<'a, I> {
    check: [u8; CHECK_BYTES],
    input: I,
    #[serde(borrow)]
    said: SaidV1<'a>,
}

#[derive(Serialize, Deserialize)]
struct SaidV1<'a> {
    fuel: u64,
    flags: u8,
    /// 0: nothing is withheld.
    withheld: u8,
    #[serde(borrow)]
    preceding: Vec<&'a str>,
    #[serde(borrow)]
    findings: Vec<FindingV1<'a>>,
    proposals: Vec<ProposalV1>,
    #[serde(borrow)]
    scores: Vec<ScoreV1<'a>>,
    #[serde(borrow)]
    faults: Vec<FaultV1<'a>>,
    #[serde(borrow)]
    decision: DecidedV1<'a>,
}

type JudgementV1<'a> = Stored<'a, [u8; 32]>;
type JudgementV2<'a> = Stored<'a, Option<[u8; 32]>>;

const TRUNCATED: u8 = 1;
const HELD: u8 = 2;

#[derive(Serialize, Deserialize)]
struct FindingV1<'a> {
    policy: u32,
    rule: &'a str,
    severity: u8,
    shadow: bool,
    spans: Vec<(u32, u32)>,
    /// Absent where it is what the spans cut out of the message's text.
    text: Option<&'a str>,
    zh: Option<&'a str>,
    en: Option<&'a str>,
}

#[derive(Serialize, Deserialize)]
enum ProposalV1 {
    Number(u32),
    /// As JSON: more kinds of proposals than the table may hold.
    Whole(String),
}

#[derive(Serialize, Deserialize)]
struct ScoreV1<'a> {
    policy: u32,
    key: &'a str,
    value: f64,
    #[serde(borrow)]
    factors: Vec<(&'a str, f64, &'a str, i64)>,
}

#[derive(Serialize, Deserialize)]
struct FaultV1<'a> {
    policy: u32,
    cause: u8,
    detail: &'a str,
}

#[derive(Serialize, Deserialize)]
enum DecidedV1<'a> {
    Nothing,
    #[serde(borrow)]
    Decision(DecisionV1<'a>),
    Text(&'a str),
}

#[derive(Serialize, Deserialize)]
struct DecisionV1<'a> {
    disposition: u8,
    why: u8,
    store_only: bool,
    until: Option<i32>,
    floor_until: Option<i32>,
    #[serde(borrow)]
    decided_by: Vec<StatuteV1<'a>>,
}

#[derive(Serialize, Deserialize)]
struct StatuteV1<'a> {
    #[serde(borrow)]
    cited: CitedV1<'a>,
    /// 0: not known.
    counting: u8,
    starts: Option<i32>,
    floor_until: Option<i32>,
    ceiling_until: Option<i32>,
}

#[derive(Serialize, Deserialize)]
enum CitedV1<'a> {
    /// The place of the proposal that it is of.
    Proposal(u32),
    Whole(&'a str, &'a str, &'a str, u8, bool),
}

/// What tells a judgement from one that was altered: over the canonical texts, and what the policies used.
fn check(verdict: &Verdict, fuel: u64, decided: &Decided) -> [u8; CHECK_BYTES] {
    let mut digest = DigestBuilder::new("proviso archived judgement 1");
    digest
        .part(verdict.to_canonical_json().as_bytes())
        .part(&fuel.to_le_bytes());
    match decided {
        Decided::Nothing => {}
        Decided::Decision(decision) => {
            digest.part(super::decision::write(decision).as_bytes());
        }
        Decided::Text(json) => {
            digest.part(json.as_bytes());
        }
    }
    let whole = digest.finish();
    let (check, _) = whole.as_bytes().split_first_chunk().expect("a digest has 32 bytes");
    *check
}

/// Writes a judgement on a message with that text and digest.
pub fn write(
    verdict: &Verdict,
    fuel: u64,
    decided: &Decided,
    (text, digest): (&str, Digest),
    numbers: &impl Numbers,
) -> Vec<u8> {
    let flags = u8::from(verdict.truncated) * TRUNCATED + u8::from(verdict.held) * HELD;
    let said = SaidV1 {
        fuel,
        flags,
        withheld: verdict.withheld.map_or(0, codes::of_withheld),
        preceding: verdict.preceding.iter().map(String::as_str).collect(),
        findings: verdict
            .findings
            .iter()
            .map(|finding| finding_v1(finding, text, numbers))
            .collect(),
        proposals: verdict
            .proposals
            .iter()
            .map(|proposal| match numbers.proposal(proposal) {
                Some(number) => ProposalV1::Number(number),
                None => ProposalV1::Whole(super::verdict::write_proposal(proposal)),
            })
            .collect(),
        scores: verdict
            .scores
            .iter()
            .map(|score| ScoreV1 {
                policy: numbers.policy(&score.pack, &score.policy),
                key: &score.key,
                value: score.value,
                factors: score
                    .factors
                    .iter()
                    .map(|factor| {
                        let (signal, message) = (&*factor.signal, &*factor.message);
                        (signal, factor.points, message, factor.sent_at.as_millis())
                    })
                    .collect(),
            })
            .collect(),
        faults: verdict
            .faults
            .iter()
            .map(|fault| FaultV1 {
                policy: numbers.policy(&fault.pack, &fault.policy),
                cause: codes::of_cause(fault.cause),
                detail: &fault.detail,
            })
            .collect(),
        decision: match decided {
            Decided::Nothing => DecidedV1::Nothing,
            Decided::Decision(decision) => DecidedV1::Decision(decision_v1(decision, &verdict.proposals)),
            Decided::Text(json) => DecidedV1::Text(json),
        },
    };
    let judgement = JudgementV2 {
        check: check(verdict, fuel, decided),
        input: (verdict.input != digest).then_some(*verdict.input.as_bytes()),
        said,
    };
    postcard::to_extend(&judgement, vec![FORM]).expect("texts, numbers and lists have no encoding that fails")
}

fn finding_v1<'a>(finding: &'a Finding, text: &str, numbers: &impl Numbers) -> FindingV1<'a> {
    let is_excerpt = Finding::excerpt(text, &finding.spans).is_some_and(|excerpt| excerpt == finding.text);
    FindingV1 {
        policy: numbers.policy(&finding.pack, &finding.policy),
        rule: &finding.rule,
        severity: codes::of_severity(finding.severity),
        shadow: finding.shadow,
        spans: finding.spans.iter().map(|span| (span.start, span.end)).collect(),
        text: (!is_excerpt).then_some(&finding.text),
        zh: finding.reason.zh.as_deref(),
        en: finding.reason.en.as_deref(),
    }
}

fn decision_v1<'a>(decision: &'a Decision, proposals: &[Arc<AttributedProposal>]) -> DecisionV1<'a> {
    let decided_by = decision.decided_by.iter().map(|statute| StatuteV1 {
        cited: match proposals.iter().position(|proposed| cites(statute, proposed)) {
            Some(place) => CitedV1::Proposal(place as u32),
            None => CitedV1::Whole(
                &statute.rule,
                &statute.law,
                &statute.article,
                codes::of_clock(statute.clock),
                statute.verified,
            ),
        },
        counting: statute.counting.map_or(0, codes::of_counting),
        starts: statute.starts.map(Day::number),
        floor_until: statute.floor_until.map(Day::number),
        ceiling_until: statute.ceiling_until.map(Day::number),
    });
    DecisionV1 {
        disposition: codes::of_disposition(decision.disposition),
        why: codes::of_why(decision.why),
        store_only: decision.store_only,
        until: decision.until.map(Day::number),
        floor_until: decision.floor_until.map(Day::number),
        decided_by: decided_by.collect(),
    }
}

/// True if all that a decision cites of a rule is what the rule proposed.
fn cites(statute: &Statute, proposed: &AttributedProposal) -> bool {
    let proposal = &proposed.proposal;
    (&statute.rule, &statute.law, &statute.article) == (&proposal.rule, &proposal.law, &proposal.article)
        && (statute.clock, statute.verified) == (proposal.clock, proposal.verified)
}

/// The numbers of policies and of proposals that a judgement uses.
pub fn used(bytes: &[u8]) -> Result<(Vec<u32>, Vec<u32>), Unreadable> {
    let judgement = parse(bytes)?.said;
    let policies = (judgement.findings.iter().map(|finding| finding.policy))
        .chain(judgement.scores.iter().map(|score| score.policy))
        .chain(judgement.faults.iter().map(|fault| fault.policy));
    let proposals = judgement.proposals.iter().filter_map(|proposal| match proposal {
        ProposalV1::Number(number) => Some(*number),
        ProposalV1::Whole(_) => None,
    });
    Ok((policies.collect(), proposals.collect()))
}

fn parse(bytes: &[u8]) -> Result<JudgementV2<'_>, Unreadable> {
    match bytes.split_first() {
        Some((&FORM, rest)) => Ok(postcard::from_bytes(rest)?),
        Some((&WITH_INPUT, rest)) => {
            let JudgementV1 { check, input, said } = postcard::from_bytes(rest)?;
            let input = Some(input);
            Ok(JudgementV2 { check, input, said })
        }
        Some((form, _)) => Err(Unreadable::Form(*form)),
        None => Err(Unreadable::Form(0)),
    }
}

/// Reads a judgement.
pub fn read(bytes: &[u8], beside: Beside<'_>, meanings: &impl Meanings) -> Result<Judgement, Unreadable> {
    let JudgementV2 {
        check: recorded,
        input,
        said: stored,
    } = parse(bytes)?;
    let policy = |number: u32| {
        meanings.policy(number).ok_or_else(|| Unreadable::Code {
            what: "the policy",
            code: number.to_string(),
        })
    };
    let proposals: Vec<Arc<AttributedProposal>> = stored
        .proposals
        .iter()
        .map(|proposal| read_proposal(proposal, meanings))
        .collect::<Result<_, _>>()?;
    let decision = match stored.decision {
        DecidedV1::Nothing => Decided::Nothing,
        DecidedV1::Decision(decision) => Decided::Decision(read_decision(decision, &proposals)?),
        DecidedV1::Text(json) => Decided::Text(json.to_owned()),
    };
    let verdict = Verdict {
        message: Arc::clone(&beside.message.id),
        generation: beside.generation,
        input: input.map_or_else(|| beside.message.content_digest(), Digest::from_bytes),
        packs: beside.packs,
        preceding: stored.preceding.into_iter().map(str::to_owned).collect(),
        truncated: stored.flags & TRUNCATED != 0,
        withheld: match stored.withheld {
            0 => None,
            code => Some(codes::withheld(code)?),
        },
        held: stored.flags & HELD != 0,
        findings: stored
            .findings
            .into_iter()
            .map(|finding| read_finding(finding, &beside.message.text, policy))
            .collect::<Result<_, _>>()?,
        proposals,
        scores: stored
            .scores
            .into_iter()
            .map(|score| read_score(score, policy))
            .collect::<Result<_, _>>()?,
        faults: stored
            .faults
            .into_iter()
            .map(|fault| {
                let (pack, policy) = policy(fault.policy)?;
                Ok(Fault {
                    pack,
                    policy,
                    cause: codes::cause(fault.cause)?,
                    detail: fault.detail.to_owned(),
                })
            })
            .collect::<Result<_, Unreadable>>()?,
    };
    if check(&verdict, stored.fuel, &decision) != recorded {
        return Err(Unreadable::Altered);
    }
    Ok(Judgement {
        verdict,
        fuel: stored.fuel,
        decision,
    })
}

fn read_finding(
    stored: FindingV1<'_>,
    text: &str,
    policy: impl Fn(u32) -> Result<(Arc<str>, Arc<str>), Unreadable>,
) -> Result<Finding, Unreadable> {
    let (pack, policy) = policy(stored.policy)?;
    let spans: Vec<Span> = stored.spans.into_iter().map(Span::from).collect();
    let text = match stored.text {
        Some(text) => text.to_owned(),
        None => Finding::excerpt(text, &spans).ok_or(Unreadable::Altered)?,
    };
    Ok(Finding {
        pack,
        policy,
        rule: stored.rule.to_owned(),
        severity: codes::severity(stored.severity)?,
        spans,
        text,
        reason: Reason {
            zh: stored.zh.map(str::to_owned),
            en: stored.en.map(str::to_owned),
        },
        shadow: stored.shadow,
    })
}

fn read_proposal(stored: &ProposalV1, meanings: &impl Meanings) -> Result<Arc<AttributedProposal>, Unreadable> {
    match stored {
        ProposalV1::Number(number) => meanings.proposal(*number).ok_or_else(|| Unreadable::Code {
            what: "the proposal",
            code: number.to_string(),
        }),
        ProposalV1::Whole(json) => Ok(Arc::new(super::verdict::read_proposal(json)?)),
    }
}

fn read_score(
    stored: ScoreV1<'_>,
    policy: impl Fn(u32) -> Result<(Arc<str>, Arc<str>), Unreadable>,
) -> Result<Score, Unreadable> {
    let (pack, policy) = policy(stored.policy)?;
    let factors = stored.factors.into_iter().map(|(signal, points, message, sent_at)| {
        Ok(Factor {
            signal: signal.to_owned(),
            points,
            message: message.to_owned(),
            sent_at: Timestamp::from_millis(sent_at).map_err(|_| Unreadable::Altered)?,
        })
    });
    Ok(Score {
        pack,
        policy,
        key: (*stored.key).into(),
        value: stored.value,
        factors: factors.collect::<Result<_, Unreadable>>()?,
    })
}

fn read_decision(stored: DecisionV1<'_>, proposals: &[Arc<AttributedProposal>]) -> Result<Arc<Decision>, Unreadable> {
    let day = |number: Option<i32>| match number {
        None => Ok(None),
        Some(number) => Day::from_number(number).map(Some).ok_or(Unreadable::Altered),
    };
    let decided_by = stored.decided_by.into_iter().map(|statute| {
        let (starts, floor_until, ceiling_until) = (
            day(statute.starts)?,
            day(statute.floor_until)?,
            day(statute.ceiling_until)?,
        );
        let counting = match statute.counting {
            0 => None,
            code => Some(codes::counting(code)?),
        };
        let (rule, law, article, clock, verified) = match statute.cited {
            CitedV1::Proposal(place) => {
                let proposal = &proposals.get(place as usize).ok_or(Unreadable::Altered)?.proposal;
                let (rule, law, article) = (&proposal.rule, &proposal.law, &proposal.article);
                (
                    rule.clone(),
                    law.clone(),
                    article.clone(),
                    proposal.clock,
                    proposal.verified,
                )
            }
            CitedV1::Whole(rule, law, article, clock, verified) => {
                let (rule, law, article) = (rule.to_owned(), law.to_owned(), article.to_owned());
                (rule, law, article, codes::clock(clock)?, verified)
            }
        };
        Ok(Statute {
            rule,
            law,
            article,
            clock,
            counting,
            starts,
            floor_until,
            ceiling_until,
            verified,
        })
    });
    Ok(Arc::new(Decision {
        disposition: codes::disposition(stored.disposition)?,
        until: day(stored.until)?,
        floor_until: day(stored.floor_until)?,
        store_only: stored.store_only,
        why: codes::why(stored.why)?,
        decided_by: decided_by.collect::<Result<_, Unreadable>>()?,
    }))
}
