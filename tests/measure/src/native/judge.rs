//! Judging: scope, scan, triggers, then `rules` and `retention` in batches, then the folds. It does what the host does for a
//! message that no policy fails on; a failure ends the program.

use super::Input;
use super::load::{Native, Policy};
use super::plugin::{Author, proposal};
use super::shown::Earlier;
use anyhow::Context;
use proviso_model::limits;
use proviso_model::message::Message;
use proviso_model::retention::{self, Decision, Facts, Moments, Proposal};
use proviso_model::segment;
use proviso_model::verdict::{Finding, Score, Withheld};
use proviso_pack::manifest::{Interface, SubjectKey};
use proviso_scan::{Hit, ListId};
use proviso_sdk::contract::fold::Subject;
use std::collections::HashMap;
use std::ops::Range;

/// A longer segment is several hits.
const SEGMENT_HIT_BYTES_MAX: usize = 2 << 10;

/// States by tenant, policy and key.
pub(super) type FoldStates = HashMap<(String, usize, String), Vec<u8>>;

/// What a thread needs to judge.
pub(super) struct Scratch {
    scan: proviso_scan::Scratch,
    hits: Vec<Hit>,
    /// By list: the last message that had a hit of it.
    seen: Vec<u64>,
    messages: u64,
}

impl Scratch {
    pub(super) fn new(native: &Native) -> Self {
        Self {
            scan: native.matcher.scratch(),
            hits: Vec::new(),
            seen: vec![0; native.lists],
            messages: 0,
        }
    }
}

/// A message after its stateless part.
#[derive(Default)]
pub(super) struct Judged {
    /// With the index of the policy that each comes from.
    findings: Vec<(usize, Finding)>,
    proposals: Vec<(usize, Proposal)>,
    /// Policies whose fold is to see the message, the subject's key, and what they see.
    folds: Vec<(usize, String, proviso_sdk::Message)>,
}

/// A message, judged to the end.
pub(super) struct Settled {
    pub findings: Vec<Finding>,
    pub retention: Option<Decision>,
    pub scores: Vec<Score>,
}

/// Messages that triggered a policy, as it sees them.
#[derive(Default)]
struct Waiting {
    indexes: Vec<usize>,
    messages: Vec<proviso_sdk::Message>,
}

/// The stateless part, in batches of the messages that triggered a policy.
pub(super) fn evaluate(native: &Native, inputs: &[Input], scratch: &mut Scratch) -> anyhow::Result<Vec<Judged>> {
    let mut judged: Vec<Judged> = inputs.iter().map(|_| Judged::default()).collect();
    let mut waiting: Vec<Waiting> = native.policies.iter().map(|_| Waiting::default()).collect();
    let texts: Vec<&str> = inputs
        .iter()
        .map(|input| match input.withheld {
            None => text_of(&input.message, limits::MESSAGE_TEXT_BYTES_MAX),
            Some(_) => "",
        })
        .collect();
    let mut found = Vec::with_capacity(inputs.len());
    let hits = &mut scratch.hits;
    hits.clear();
    let mut number = 0;
    native.matcher.scan_each(&texts, &mut scratch.scan, |of_text, scanned| {
        hits.extend_from_slice(of_text);
        if !texts[number].is_empty() {
            add_segments(native, &inputs[number].message, texts[number].len(), hits);
        }
        number += 1;
        found.push((hits.len(), scanned.is_whole()));
    });
    let mut first = 0;
    for (index, (input, (end, is_whole))) in inputs.iter().zip(found).enumerate() {
        let range = std::mem::replace(&mut first, end)..end;
        if input.withheld.is_none() {
            trigger(
                native,
                index,
                input,
                (range, is_whole),
                scratch,
                &mut waiting,
                &mut judged[index].folds,
            );
        }
    }
    for ((index, policy), waiting) in native.policies.iter().enumerate().zip(&waiting) {
        let indexes = waiting.indexes.chunks(limits::BATCH_MESSAGES_MAX);
        for (indexes, messages) in indexes.zip(waiting.messages.chunks(limits::BATCH_MESSAGES_MAX)) {
            call((index, policy), indexes, messages, inputs, &mut judged)
                .with_context(|| format!("{}:{}", policy.pack, policy.name))?;
        }
    }
    Ok(judged)
}

/// Whether any list of any pack has a hit in each message, by the matcher alone.
pub(super) fn flag_hits(native: &Native, inputs: &[Input], scratch: &mut Scratch, flags: &mut Vec<bool>) {
    let texts: Vec<&str> = inputs
        .iter()
        .map(|input| text_of(&input.message, limits::MESSAGE_TEXT_BYTES_MAX))
        .collect();
    native
        .matcher
        .scan_each(&texts, &mut scratch.scan, |found, _| flags.push(!found.is_empty()));
}

/// Scope and triggers of one message that was scanned; shows it to the policies that run.
fn trigger(
    native: &Native,
    index: usize,
    input: &Input,
    (range, is_whole): (Range<usize>, bool),
    scratch: &mut Scratch,
    waiting: &mut [Waiting],
    folds: &mut Vec<(usize, String, proviso_sdk::Message)>,
) {
    let message = &*input.message;
    let covering = covering(native, message);
    if covering.is_empty() {
        return;
    }
    let text = text_of(message, limits::MESSAGE_TEXT_BYTES_MAX);
    let hits = &scratch.hits[range];
    let cut = text.len() < message.text.len() || !is_whole;
    scratch.messages += 1;
    for hit in hits {
        scratch.seen[hit.list.0 as usize] = scratch.messages;
    }
    let has_hit = |list: &ListId| scratch.seen[list.0 as usize] == scratch.messages;
    let triggered: Vec<usize> = covering
        .iter()
        .flat_map(|apply| native.applied[*apply].clone())
        .filter(|policy| native.policies[*policy].trigger.fires(message, &has_hit))
        .collect();
    let asked = triggered
        .iter()
        .map(|policy| native.policies[*policy].preceding)
        .max()
        .unwrap_or(0);
    let earlier = earlier(native, input, asked, &mut scratch.scan);
    for number in triggered {
        let policy = &native.policies[number];
        let last = &earlier[earlier.len() - policy.preceding.min(earlier.len())..];
        let preceding: Vec<&Earlier<'_>> = last
            .iter()
            .filter(|earlier| earlier.covered_by.contains(&policy.apply))
            .collect();
        let show = || policy.lens.show(&native.set, message, text, (hits, cut), &preceding);
        if policy.interfaces.iter().any(|interface| *interface != Interface::Fold) {
            waiting[number].indexes.push(index);
            waiting[number].messages.push(show());
        }
        if let Some(key) = key_of(policy, message) {
            folds.push((number, key, show()));
        }
    }
}

/// The parts of a text that are not its sender's own, where a policy asks for them. What a plugin is shown is put in order later.
fn add_segments(native: &Native, message: &Message, text_bytes: usize, hits: &mut Vec<Hit>) {
    let Some(list) = native.segments else { return };
    let mut segments = Vec::new();
    segment::of(message, &mut segments);
    for segment in segments.iter().filter(|segment| segment.start < text_bytes) {
        let end = segment.end.min(text_bytes);
        let mut start = segment.start;
        while start < end {
            let to = message.text.floor_char_boundary(start + SEGMENT_HIT_BYTES_MAX).min(end);
            hits.push(Hit {
                list,
                term: segment.role as u32,
                start: start as u32,
                end: to as u32,
            });
            start = to;
        }
    }
}

/// The `[[apply]]` tables that are on and whose scope covers the message.
fn covering(native: &Native, message: &Message) -> Vec<usize> {
    (0..native.applied.len())
        .filter(|apply| {
            !native.applied[*apply].is_empty() && native.set.covers(&native.set.apply[*apply], message, None)
        })
        .collect()
}

fn text_of(message: &Message, bytes_max: usize) -> &str {
    &message.text[..message.text.floor_char_boundary(bytes_max)]
}

/// The last `asked` preceding messages, cut so that all of them keep to their limit: the nearest one is cut last.
fn earlier<'a>(native: &Native, input: &'a Input, asked: usize, scan: &mut proviso_scan::Scratch) -> Vec<Earlier<'a>> {
    let first = input.preceding.len() - asked.min(input.preceding.len());
    let mut left = limits::PRECEDING_TEXT_BYTES_MAX;
    let shown = input.preceding[first..].iter().rev().map(|message| {
        let text = text_of(message, left);
        left -= text.len();
        let mut hits = Vec::new();
        let _whole_or_not = native.matcher.scan(text, scan, &mut hits);
        add_segments(native, message, text.len(), &mut hits);
        Earlier {
            message,
            text,
            hits,
            covered_by: covering(native, message),
        }
    });
    let mut earlier: Vec<Earlier<'a>> = shown.collect();
    earlier.reverse();
    earlier
}

/// The subject that a message belongs to; `None` for a policy without a fold, or a message that does not say.
fn key_of(policy: &Policy, message: &Message) -> Option<String> {
    let (sender, conversation) = (&message.sender.id, &message.conversation);
    match policy.key? {
        SubjectKey::Sender => (!sender.is_empty()).then(|| sender.clone()),
        SubjectKey::Conversation => (!conversation.is_empty()).then(|| conversation.clone()),
        SubjectKey::SenderInConversation => {
            (!sender.is_empty() && !conversation.is_empty()).then(|| format!("{sender}\t{conversation}"))
        }
    }
}

fn author(policy: &Policy) -> Author<'_> {
    Author {
        pack: &policy.pack,
        policy: &policy.name,
        shadow: policy.shadow,
    }
}

/// One batch.
fn call(
    (number, policy): (usize, &Policy),
    indexes: &[usize],
    messages: &[proviso_sdk::Message],
    inputs: &[Input],
    judged: &mut [Judged],
) -> anyhow::Result<()> {
    if policy.interfaces.contains(&Interface::Rules) {
        for raw in policy.plugin.evaluate(messages)? {
            let index = indexes[raw.message as usize];
            let text = text_of(&inputs[index].message, limits::MESSAGE_TEXT_BYTES_MAX);
            judged[index].findings.push((number, author(policy).finding(raw, text)));
        }
    }
    if policy.interfaces.contains(&Interface::Retention) {
        for raw in policy.plugin.schedule(messages)? {
            judged[indexes[raw.message as usize]]
                .proposals
                .push((number, proposal(raw)));
        }
    }
    Ok(())
}

/// The folds, in the order of the messages, and the decision how long to keep each.
pub(super) fn settle(
    native: &Native,
    inputs: &[Input],
    mut judged: Vec<Judged>,
    states: &mut FoldStates,
) -> anyhow::Result<Vec<Settled>> {
    let mut scores: Vec<Vec<(usize, Score)>> = inputs.iter().map(|_| Vec::new()).collect();
    for (number, policy) in native
        .policies
        .iter()
        .enumerate()
        .filter(|(_, policy)| policy.key.is_some())
    {
        advance((number, policy), inputs, &mut judged, &mut scores, states)
            .with_context(|| format!("{}:{}", policy.pack, policy.name))?;
    }
    let settled = inputs.iter().zip(judged).zip(scores).map(|((input, judged), scores)| {
        let mut findings = judged.findings;
        findings.sort_by(|(one, first), (other, second)| (one, place(first)).cmp(&(other, place(second))));
        let mut proposals = judged.proposals;
        proposals.sort_by_key(|(policy, _)| *policy);
        Settled {
            findings: findings.into_iter().map(|(_, finding)| finding).collect(),
            retention: (!proposals.is_empty()).then(|| decide(native, input, &proposals)),
            scores: scores.into_iter().map(|(_, score)| score).collect(),
        }
    });
    Ok(settled.collect())
}

/// Moves one fold's states over the messages; subjects in the order of their first events.
fn advance(
    (number, policy): (usize, &Policy),
    inputs: &[Input],
    judged: &mut [Judged],
    scores: &mut [Vec<(usize, Score)>],
    states: &mut FoldStates,
) -> anyhow::Result<()> {
    let mut order: HashMap<(String, String), usize> = HashMap::new();
    let mut subjects: Vec<(Subject, Vec<usize>, String)> = Vec::new();
    for (index, judged) in judged.iter_mut().enumerate() {
        for (_, key, shown) in judged.folds.extract_if(.., |(fold, ..)| *fold == number) {
            let tenant = &inputs[index].message.id.tenant;
            let at = *order.entry((tenant.clone(), key.clone())).or_insert_with(|| {
                let state = states
                    .get(&(tenant.clone(), number, key.clone()))
                    .cloned()
                    .unwrap_or_default();
                subjects.push((
                    Subject {
                        key,
                        state,
                        events: Vec::new(),
                    },
                    Vec::new(),
                    tenant.clone(),
                ));
                subjects.len() - 1
            });
            subjects[at].0.events.push(shown);
            subjects[at].1.push(index);
        }
    }
    for (subject, indexes, tenant) in subjects {
        let subject = [subject];
        let steps = policy
            .plugin
            .advance(&subject)?
            .pop()
            .context("one subject has one list of steps")?;
        let [subject] = subject;
        let mut state = subject.state;
        for (step, index) in steps.into_iter().zip(indexes) {
            let text = text_of(&inputs[index].message, limits::MESSAGE_TEXT_BYTES_MAX);
            for raw in step.findings {
                judged[index].findings.push((number, author(policy).finding(raw, text)));
            }
            if let Some(raw) = step.score {
                scores[index].push((number, author(policy).score(raw, &subject.key)?));
            }
            state = step.state;
        }
        states.insert((tenant, number, subject.key), state);
    }
    Ok(())
}

/// The host's order of one policy's findings.
fn place(finding: &Finding) -> impl Ord {
    let reason = (finding.reason.zh.clone(), finding.reason.en.clone());
    (
        finding.spans.first().copied(),
        finding.rule.clone(),
        finding.spans.clone(),
        finding.severity,
        reason,
    )
}

fn decide(native: &Native, input: &Input, proposals: &[(usize, Proposal)]) -> Decision {
    let facts = Facts {
        sent_at: input.message.sent_at,
        moments: Moments::default(),
        legal_hold: false,
        consent_withdrawn: input.withheld == Some(Withheld::ConsentRefused),
        time_zone: &native.set.time_zone,
    };
    let proposals = proposals
        .iter()
        .map(|(policy, proposal)| native.proposed(*policy, proposal));
    retention::decide(proposals, &native.laws, &facts)
}
