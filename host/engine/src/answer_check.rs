//! What a guest answered is checked here before it is believed. An answer with one thing wrong is no answer.

use crate::answer::{RawFinding, RawPeriod, RawProposal, RawScore, RawStep};
use crate::fault::{CallFault, cut_detail};
use crate::view::MessageView;
use proviso_model::Timestamp;
use proviso_model::id::{PolicyId, is_name};
use proviso_model::limits;
use proviso_model::retention::{Period, Proposal};
use proviso_model::verdict::{AttributedProposal, Factor, FaultCause, Finding, Language, Reason, Score, Span};
use std::sync::Arc;

/// Law and purpose of a proposal, in bytes.
const CITATION_BYTES_MAX: usize = 256;
/// Article of a proposal, in bytes.
const ARTICLE_BYTES_MAX: usize = 64;
/// Each part of a period.
const PERIOD_PART_MAX: u16 = 36_500;

/// Whose answer it is.
#[derive(Clone, Copy)]
pub(crate) struct Author<'a> {
    pub(crate) id: &'a PolicyId,
    pub(crate) shadow: bool,
}

/// One step of a fold that was found good.
#[derive(Debug, PartialEq)]
pub(crate) struct Step {
    pub(crate) state: Arc<[u8]>,
    pub(crate) findings: Vec<Finding>,
    pub(crate) score: Option<Score>,
}

/// What is wrong with an answer; names numbers and limits, never a message's or a guest's text.
type Wrong = String;

fn bad(wrong: Wrong) -> CallFault {
    CallFault {
        cause: FaultCause::BadAnswer,
        detail: cut_detail(wrong),
    }
}

/// The findings of a call, by message.
pub(crate) fn findings(
    author: Author<'_>,
    raw: Vec<RawFinding>,
    messages: &[MessageView<'_>],
) -> Result<Vec<Vec<Finding>>, CallFault> {
    let mut found: Vec<Vec<Finding>> = messages.iter().map(|_| Vec::new()).collect();
    for finding in raw {
        let (index, list, message) = target(finding.message, &mut found, messages).map_err(bad)?;
        if list.len() == limits::FINDINGS_PER_MESSAGE_MAX {
            return Err(bad(format!(
                "more than {} findings for message {index}",
                limits::FINDINGS_PER_MESSAGE_MAX
            )));
        }
        list.push(finding_of(author, finding, message.text).map_err(bad)?);
    }
    Ok(found)
}

/// The proposals of a call, by message.
pub(crate) fn proposals(
    author: Author<'_>,
    raw: Vec<RawProposal>,
    messages: &[MessageView<'_>],
) -> Result<Vec<Vec<AttributedProposal>>, CallFault> {
    let mut found: Vec<Vec<AttributedProposal>> = messages.iter().map(|_| Vec::new()).collect();
    for proposal in raw {
        let (index, list, _) = target(proposal.message, &mut found, messages).map_err(bad)?;
        if list.len() == limits::PROPOSALS_PER_MESSAGE_MAX {
            return Err(bad(format!(
                "more than {} proposals for message {index}",
                limits::PROPOSALS_PER_MESSAGE_MAX
            )));
        }
        list.push(proposal_of(author, proposal).map_err(bad)?);
    }
    Ok(found)
}

/// The steps of a call, by subject and event. `events` are the events of each subject, in order.
pub(crate) fn steps(
    author: Author<'_>,
    raw: Vec<Vec<RawStep>>,
    subjects: &[(&Arc<str>, &[MessageView<'_>])],
) -> Result<Vec<Vec<Step>>, CallFault> {
    if raw.len() != subjects.len() {
        return Err(bad(format!(
            "{} lists of steps for {} subjects",
            raw.len(),
            subjects.len()
        )));
    }
    let mut all = Vec::with_capacity(raw.len());
    for (raw, (key, events)) in raw.into_iter().zip(subjects) {
        if raw.len() != events.len() {
            return Err(bad(format!("{} steps for {} events", raw.len(), events.len())));
        }
        let checked = raw
            .into_iter()
            .enumerate()
            .zip(*events)
            .map(|((index, step), event)| step_of(author, step, index, key, event.text));
        all.push(checked.collect::<Result<Vec<_>, _>>().map_err(bad)?);
    }
    Ok(all)
}

/// The message that an answer names, and the list that the answer goes to.
fn target<'l, 'm, 'v, T>(
    index: u32,
    lists: &'l mut [Vec<T>],
    messages: &'m [MessageView<'v>],
) -> Result<(usize, &'l mut Vec<T>, &'m MessageView<'v>), Wrong> {
    let at = index as usize;
    match (lists.get_mut(at), messages.get(at)) {
        (Some(list), Some(message)) => Ok((at, list, message)),
        _ => Err(format!(
            "message {index} does not exist: the call had {}",
            messages.len()
        )),
    }
}

fn finding_of(author: Author<'_>, raw: RawFinding, text: &str) -> Result<Finding, Wrong> {
    let rule = name("the rule", raw.rule)?;
    if raw.spans.len() > limits::SPANS_PER_FINDING_MAX {
        return Err(format!(
            "{} spans: at most {} are allowed",
            raw.spans.len(),
            limits::SPANS_PER_FINDING_MAX
        ));
    }
    let found = raw
        .spans
        .iter()
        .map(|span| span_text(*span, text))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(Finding {
        pack: Arc::clone(&author.id.pack),
        policy: Arc::clone(&author.id.policy),
        rule,
        severity: raw.severity,
        text: found.join(Finding::SPAN_SEPARATOR),
        spans: raw.spans,
        reason: reason(raw.reasons)?,
        shadow: author.shadow,
    })
}

fn span_text(span: Span, text: &str) -> Result<&str, Wrong> {
    let Span { start, end } = span;
    if start > end || end as usize > text.len() {
        return Err(format!(
            "the span {start}-{end} does not lie in a text of {} bytes",
            text.len()
        ));
    }
    span.of(text)
        .ok_or_else(|| format!("the span {start}-{end} cuts a character"))
}

fn reason(raw: Vec<(Language, String)>) -> Result<Reason, Wrong> {
    let mut reason = Reason::default();
    for (language, text) in raw {
        let text = line("a reason", text, 1, limits::REASON_BYTES_MAX)?;
        let place = match language {
            Language::Zh => &mut reason.zh,
            Language::En => &mut reason.en,
        };
        if place.replace(text).is_some() {
            return Err("two reasons in one language".to_owned());
        }
    }
    if reason == Reason::default() {
        return Err("a finding without a reason".to_owned());
    }
    Ok(reason)
}

fn proposal_of(author: Author<'_>, raw: RawProposal) -> Result<AttributedProposal, Wrong> {
    let code = &raw.jurisdiction;
    if code.len() != 2 || !code.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return Err("a jurisdiction that is not two letters of ISO 3166-1".to_owned());
    }
    let proposal = Proposal {
        rule: name("the rule", raw.rule)?,
        law: line("the law", raw.law, 1, CITATION_BYTES_MAX)?,
        article: line("the article", raw.article, 0, ARTICLE_BYTES_MAX)?,
        jurisdiction: raw.jurisdiction,
        purpose: line("the purpose", raw.purpose, 1, CITATION_BYTES_MAX)?,
        clock: raw.clock,
        floor: raw.floor.map(period).transpose()?,
        ceiling: raw.ceiling.map(period).transpose()?,
        verified: raw.verified,
    };
    Ok(AttributedProposal {
        pack: Arc::clone(&author.id.pack),
        policy: Arc::clone(&author.id.policy),
        proposal,
    })
}

fn period(raw: RawPeriod) -> Result<Period, Wrong> {
    let RawPeriod { years, months, days } = raw;
    if [years, months, days] == [0, 0, 0] || [years, months, days].iter().any(|part| *part > PERIOD_PART_MAX) {
        return Err(format!(
            "a period of {years} years, {months} months, {days} days: expected parts of at most {PERIOD_PART_MAX}, not all 0"
        ));
    }
    Ok(Period { years, months, days })
}

fn step_of(author: Author<'_>, raw: RawStep, index: usize, key: &Arc<str>, text: &str) -> Result<Step, Wrong> {
    if raw.state.len() > limits::FOLD_STATE_BYTES_MAX {
        return Err(format!(
            "a state of {} bytes: at most {} are allowed",
            raw.state.len(),
            limits::FOLD_STATE_BYTES_MAX
        ));
    }
    if raw.findings.len() > limits::FINDINGS_PER_MESSAGE_MAX {
        return Err(format!(
            "more than {} findings for event {index}",
            limits::FINDINGS_PER_MESSAGE_MAX
        ));
    }
    let mut findings = Vec::with_capacity(raw.findings.len());
    for finding in raw.findings {
        if finding.message as usize != index {
            return Err(format!("a finding of event {index} names event {}", finding.message));
        }
        findings.push(finding_of(author, finding, text)?);
    }
    Ok(Step {
        state: raw.state.into(),
        findings,
        score: raw.score.map(|score| score_of(author, score, key)).transpose()?,
    })
}

fn score_of(author: Author<'_>, raw: RawScore, key: &Arc<str>) -> Result<Score, Wrong> {
    if raw.factors.len() > limits::FACTORS_PER_SCORE_MAX {
        return Err(format!(
            "{} factors: at most {} are allowed",
            raw.factors.len(),
            limits::FACTORS_PER_SCORE_MAX
        ));
    }
    let mut factors = Vec::with_capacity(raw.factors.len());
    for factor in raw.factors {
        factors.push(Factor {
            signal: name("the signal", factor.signal)?,
            points: points("a factor", factor.points)?,
            message: line("a factor's message", factor.message, 0, limits::ID_BYTES_MAX)?,
            sent_at: Timestamp::from_millis(factor.sent_at_millis).map_err(|error| error.to_string())?,
        });
    }
    if !factors.is_sorted_by(|first, second| first.points >= second.points) {
        return Err("factors that do not begin with the largest".to_owned());
    }
    Ok(Score {
        pack: Arc::clone(&author.id.pack),
        policy: Arc::clone(&author.id.policy),
        key: Arc::clone(key),
        value: points("a score", raw.value)?,
        factors,
    })
}

/// A number from 0 to 100. Adding 0 turns -0, which JSON would keep, into 0.
fn points(what: &str, value: f64) -> Result<f64, Wrong> {
    if (0.0..=100.0).contains(&value) {
        Ok(value + 0.0)
    } else {
        Err(format!("{what} of {value}: expected 0 to 100"))
    }
}

fn name(what: &str, text: String) -> Result<String, Wrong> {
    if is_name(&text) {
        Ok(text)
    } else {
        Err(format!(
            "{what} is not 1-{} bytes of a-z, 0-9 and `-` ({} bytes)",
            limits::NAME_BYTES_MAX,
            text.len()
        ))
    }
}

fn line(what: &str, text: String, bytes_min: usize, bytes_max: usize) -> Result<String, Wrong> {
    if !(bytes_min..=bytes_max).contains(&text.len()) {
        return Err(format!(
            "{what} has {} bytes: expected {bytes_min} to {bytes_max}",
            text.len()
        ));
    }
    if text.contains(['\n', '\r', '\u{2028}', '\u{2029}']) {
        return Err(format!("{what} has a line break"));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer::RawFactor;

    fn author() -> PolicyId {
        PolicyId {
            pack: "test/pack".into(),
            policy: "risk".into(),
        }
    }

    fn score(value: f64, factors: Vec<RawFactor>) -> Result<Score, Wrong> {
        score_of(
            Author {
                id: &author(),
                shadow: false,
            },
            RawScore { value, factors },
            &"alice".into(),
        )
    }

    fn factor(points: f64) -> RawFactor {
        RawFactor {
            signal: "job-search".to_owned(),
            points,
            message: "m1".to_owned(),
            sent_at_millis: 0,
        }
    }

    #[test]
    fn a_score_is_taken_over_with_its_factors() {
        let checked = score(-0.0, vec![factor(20.0), factor(20.0), factor(0.0)]).unwrap();
        assert_eq!((&*checked.key, checked.factors.len()), ("alice", 3));
        assert!(checked.value.is_sign_positive(), "-0 would be written as it is");
    }

    #[test]
    fn a_score_out_of_range_is_no_score() {
        for value in [-1.0, 100.1, f64::NAN, f64::INFINITY] {
            assert!(score(value, Vec::new()).is_err(), "{value}");
            assert!(score(1.0, vec![factor(value)]).is_err(), "{value}");
        }
        let bad = [
            vec![factor(1.0), factor(2.0)],
            vec![factor(1.0); limits::FACTORS_PER_SCORE_MAX + 1],
            vec![RawFactor {
                signal: "Job Search".to_owned(),
                ..factor(1.0)
            }],
            vec![RawFactor {
                message: "m".repeat(limits::ID_BYTES_MAX + 1),
                ..factor(1.0)
            }],
            vec![RawFactor {
                message: "two\nlines".to_owned(),
                ..factor(1.0)
            }],
            vec![RawFactor {
                sent_at_millis: i64::MAX,
                ..factor(1.0)
            }],
        ];
        for factors in bad {
            assert!(score(1.0, factors.clone()).is_err(), "{factors:?}");
        }
    }

    #[test]
    fn spans_lie_in_the_text_on_borders() {
        let text = "a保b";
        for (start, end, expected) in [
            (0, 0, Some("")),
            (1, 4, Some("保")),
            (0, 5, Some(text)),
            (5, 5, Some("")),
        ] {
            assert_eq!(span_text(Span { start, end }, text).ok(), expected);
        }
        for (start, end) in [(1, 2), (2, 4), (4, 1), (0, 6), (6, 6), (0, u32::MAX)] {
            assert!(span_text(Span { start, end }, text).is_err(), "{start}-{end}");
        }
    }

    #[test]
    fn a_reason_is_one_line_in_each_language_at_most() {
        let of = |parts: &[(Language, &str)]| reason(parts.iter().map(|(l, t)| (*l, (*t).to_owned())).collect());
        let both = of(&[(Language::Zh, "承诺收益"), (Language::En, "promises returns")]).unwrap();
        assert_eq!(
            (both.zh.as_deref(), both.en.as_deref()),
            (Some("承诺收益"), Some("promises returns"))
        );
        let long = "x".repeat(limits::REASON_BYTES_MAX + 1);
        let bad: [&[(Language, &str)]; 5] = [
            &[],
            &[(Language::En, "")],
            &[(Language::En, "one"), (Language::En, "two")],
            &[(Language::En, "two\u{2028}lines")],
            &[(Language::En, &long)],
        ];
        for parts in bad {
            assert!(of(parts).is_err(), "{parts:?}");
        }
    }
}
