//! Judges messages, one by one and without memory: scope, scan, triggers, then `rules` and `retention` in batches.

use crate::bisect::{Settled, batches, bisect};
use crate::check::{self, Author};
use crate::dispatch::Coverage;
use crate::generation::{Generation, NOT_ASKED, Policy, Scratch};
use crate::guest::LogLine;
use crate::import_check::Interface;
use crate::memo::{self, Memo, Proposals};
use crate::plugin::{CallFault, Called};
use crate::view::{Asked, HitView, MessageView, PrecedingView};
use proviso_model::Digest;
use proviso_model::digest::DigestBuilder;
use proviso_model::id::PolicyId;
use proviso_model::limits;
use proviso_model::message::{Addressed, Message};
use proviso_model::set::Mode;
use proviso_model::verdict::{AttributedProposal, Fault, FaultCause, Finding, Withheld};
use proviso_pack::Case;
use proviso_scan::{Hit, Scanned};
use std::collections::{BTreeSet, HashMap};
use std::ops::Range;
use std::sync::Arc;

/// One message to be judged, and what is known around it.
#[derive(Debug, Clone)]
pub struct Input {
    /// The message.
    pub message: Arc<Addressed>,
    /// Earlier messages of its conversation, the oldest first; the last five are used, and only by policies that ask for
    /// them. Leave out those whose content is withheld.
    pub preceding: Vec<Arc<Addressed>>,
    /// Why no policy may see the content (`proviso_model::consent::gate`).
    pub withheld: Option<Withheld>,
    /// Policies that are not to be called; where one would have run, its fault says so. A replay gives those that the
    /// recorded verdict names.
    pub quarantined: Option<Arc<BTreeSet<PolicyId>>>,
}

impl Input {
    /// A message alone.
    pub fn new(message: Message) -> Self {
        Self {
            message: Arc::new(Addressed::from(message)),
            preceding: Vec::new(),
            withheld: None,
            quarantined: None,
        }
    }

    /// The messages of a case, each preceded by those before it in its conversation: the last one is what the case is about.
    pub fn of_case(case: &Case) -> Vec<Self> {
        let messages = case.messages.iter().cloned();
        let messages: Vec<Arc<_>> = messages.map(|message| Arc::new(Addressed::from(message))).collect();
        let input = |(index, message): (usize, &Arc<Addressed>)| {
            let earlier = messages[..index]
                .iter()
                .filter(|earlier| earlier.conversation == message.conversation);
            let mut preceding: Vec<Arc<_>> = earlier.rev().take(limits::PRECEDING_MESSAGES_MAX).cloned().collect();
            preceding.reverse();
            Self {
                message: Arc::clone(message),
                preceding,
                withheld: None,
                quarantined: None,
            }
        };
        messages.iter().enumerate().map(input).collect()
    }
}

/// A message after its stateless part, on its way to the folds. Give it to [`Generation::advance`], with its input.
#[derive(Debug, Clone)]
pub struct Judged {
    pub(crate) message: Arc<Addressed>,
    pub(crate) input: Digest,
    pub(crate) packs: Arc<[Digest]>,
    pub(crate) preceding: Vec<String>,
    pub(crate) truncated: bool,
    pub(crate) withheld: Option<Withheld>,
    pub(crate) scope: Scope,
    /// With the index of the policy that each comes from.
    pub(crate) findings: Vec<(usize, Finding)>,
    pub(crate) proposals: Vec<(usize, Arc<AttributedProposal>)>,
    pub(crate) faults: Vec<(usize, Fault)>,
    /// Policies whose fold is to see the message, in order.
    pub(crate) folds: Vec<usize>,
    /// Every hit in the text, kept where a fold is to see it.
    pub(crate) hits: Vec<Hit>,
    pub(crate) fuel: u64,
    pub(crate) log: Vec<LogLine>,
}

/// Which `[[apply]]` judge a message: those that are on and whose scope covers it, or, for tests, one alone.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Scope {
    OfTheSet,
    Only(usize),
}

/// A message being prepared: what the scan found, in the batch's common list.
struct Scan<'a> {
    text: &'a str,
    hits: Range<usize>,
    preceding: Vec<Earlier<'a>>,
    truncated: bool,
}

/// What is known of a message before its triggers are asked.
struct Found<'a> {
    coverage: &'a Coverage,
    hits: &'a [Hit],
    /// There may be more hits than these.
    cut_short: bool,
}

/// A preceding message as policies may see it.
pub(crate) struct Earlier<'a> {
    pub(crate) message: &'a Addressed,
    pub(crate) text: &'a str,
    pub(crate) hits: Vec<Hit>,
    /// The `[[apply]]` tables whose scope covers it: a policy sees of a conversation what it may judge of it.
    pub(crate) coverage: Arc<Coverage>,
}

impl Generation {
    /// The stateless part of judging, for any number of messages, on this thread. What it gives for a message does not
    /// depend on the others.
    ///
    /// Messages wait for each policy that they trigger until all are scanned, so that a policy that few of them trigger is
    /// still called with many at a time: give as many as are at hand, up to some thousands.
    pub fn evaluate(&self, inputs: &[Input]) -> Vec<Judged> {
        self.evaluate_in(inputs, Scope::OfTheSet, false)
    }

    pub(crate) fn evaluate_in(&self, inputs: &[Input], scope: Scope, keep_log: bool) -> Vec<Judged> {
        let mut scratch = self.take_scratch();
        let coverages: Vec<_> = inputs
            .iter()
            .map(|input| self.coverage(&input.message, scope, &mut scratch))
            .collect();
        let texts: Vec<&str> = inputs
            .iter()
            .zip(&coverages)
            .map(|(input, coverage)| match input.withheld {
                None if !coverage.is_empty() => text_of(&input.message),
                _ => "",
            })
            .collect();
        let mut hits = Vec::new();
        let mut found = Vec::with_capacity(inputs.len());
        self.matcher.scan_each(&texts, &mut scratch.scan, |of_text, scanned| {
            hits.extend_from_slice(of_text);
            found.push((hits.len(), scanned));
        });
        let mut triggered = Vec::new();
        let mut judged = Vec::with_capacity(inputs.len());
        let mut scans = Vec::with_capacity(inputs.len());
        let mut first = 0;
        for (index, (input, coverage)) in inputs.iter().zip(coverages).enumerate() {
            let (end, scanned) = found[index];
            let found = Found {
                coverage: &coverage,
                hits: &hits[first..end],
                cut_short: scanned == Scanned::CutShort,
            };
            let (verdict, scan) = self.trigger(input, scope, &found, first..end, &mut scratch, &mut triggered);
            first = end;
            judged.push(verdict);
            scans.push(scan);
            for policy in &triggered {
                scratch.triggered[*policy] += 1;
                if self.policies[*policy].has_stateless() {
                    scratch.queues[*policy].push(index);
                }
            }
        }
        for policy in 0..self.policies.len() {
            let count = std::mem::take(&mut scratch.triggered[policy]);
            if count > 0 {
                self.policies[policy].count_triggered(count);
            }
            if scratch.queues[policy].is_empty() {
                continue;
            }
            Job {
                generation: self,
                index: policy,
                messages: &scratch.queues[policy],
                inputs,
                scans: &scans,
                hits: &hits,
                keep_log,
            }
            .run(&mut judged, &mut scratch.memos[policy]);
            scratch.queues[policy].clear();
        }
        self.put_scratch(scratch);
        judged
    }

    /// The triggers of one message that was scanned; the policies that run are put into `triggered`.
    fn trigger<'a>(
        &'a self,
        input: &'a Input,
        scope: Scope,
        found: &Found<'_>,
        range: Range<usize>,
        scratch: &mut Scratch,
        triggered: &mut Vec<usize>,
    ) -> (Judged, Scan<'a>) {
        triggered.clear();
        let message = &*input.message;
        let text = text_of(message);
        let Found {
            coverage,
            hits,
            cut_short,
        } = *found;
        let mut scan = Scan {
            text,
            hits: range,
            preceding: Vec::new(),
            truncated: cut_short || text.len() < message.text.len(),
        };
        let mut faults = Vec::new();
        let mut folds = Vec::new();
        let mut kept_hits = Vec::new();
        if input.withheld.is_none() && !coverage.is_empty() {
            self.dispatch.triggered(
                &self.policies,
                message,
                hits,
                coverage,
                &mut scratch.dispatch,
                triggered,
            );
            if let Some(quarantined) = &input.quarantined {
                triggered.retain(|&index| {
                    let policy = &self.policies[index];
                    let is_called = !quarantined.contains(&policy.id);
                    if !is_called && policy.runs_on(message) {
                        faults.push((index, policy.fault(quarantined_fault())));
                    }
                    is_called
                });
            }
            let asked = triggered.iter().map(|policy| self.policies[*policy].preceding).max();
            if let Some(asked @ 1..) = asked {
                scan.preceding = self.earlier(input, asked, scope, scratch);
            }
            let has_fold = |policy: &usize| self.policies[*policy].folds(message);
            folds.extend(triggered.iter().copied().filter(has_fold));
            if !folds.is_empty() {
                kept_hits.extend_from_slice(hits);
            }
        }
        let judged = Judged {
            scope,
            input: input_digest(message, &scan.preceding),
            packs: Arc::clone(&coverage.packs),
            preceding: scan
                .preceding
                .iter()
                .map(|earlier| earlier.message.id.native.clone())
                .collect(),
            truncated: scan.truncated,
            withheld: input.withheld,
            message: Arc::clone(&input.message),
            findings: Vec::new(),
            proposals: Vec::new(),
            faults,
            folds,
            hits: kept_hits,
            fuel: 0,
            log: Vec::new(),
        };
        (judged, scan)
    }

    fn coverage(&self, message: &Message, scope: Scope, scratch: &mut Scratch) -> Arc<Coverage> {
        match scope {
            Scope::OfTheSet => self
                .dispatch
                .coverage(&self.set, &self.applied, message, &mut scratch.dispatch),
            Scope::Only(apply) => Arc::new(Coverage::only(&self.applied, apply)),
        }
    }

    /// The last `count` preceding messages, cut so that all of them keep to their limit: the nearest one is cut last.
    pub(crate) fn earlier<'a>(
        &self,
        input: &'a Input,
        count: usize,
        scope: Scope,
        scratch: &mut Scratch,
    ) -> Vec<Earlier<'a>> {
        let first = input.preceding.len() - count.min(limits::PRECEDING_MESSAGES_MAX).min(input.preceding.len());
        let mut left = limits::PRECEDING_TEXT_BYTES_MAX;
        let mut earlier: Vec<Earlier<'a>> = input.preceding[first..]
            .iter()
            .rev()
            .map(|message| {
                let text = &message.text[..message.text.floor_char_boundary(left)];
                left -= text.len();
                self.matcher.scan(text, &mut scratch.scan, &mut scratch.hits);
                Earlier {
                    message,
                    text,
                    hits: scratch.hits.clone(),
                    coverage: self.coverage(message, scope, scratch),
                }
            })
            .collect();
        earlier.reverse();
        earlier
    }
}

/// The text of a message as far as policies see it.
fn text_of(message: &Message) -> &str {
    &message.text[..message.text.floor_char_boundary(limits::MESSAGE_TEXT_BYTES_MAX)]
}

/// Digest of all that policies are given: the message's own where they are given nothing beside it.
fn input_digest(message: &Addressed, preceding: &[Earlier<'_>]) -> Digest {
    if preceding.is_empty() {
        return message.digest();
    }
    let mut digest = DigestBuilder::new("proviso input 1");
    digest.part(message.digest().as_bytes());
    for earlier in preceding {
        digest.part(earlier.message.digest().as_bytes());
    }
    digest.finish()
}

/// What a policy that is not called is at fault with.
fn quarantined_fault() -> CallFault {
    CallFault {
        cause: FaultCause::Quarantined,
        detail: "the policy failed on too many messages and is not called".to_owned(),
    }
}

impl Policy {
    /// True if it judges messages one by one, whatever else it does.
    fn has_stateless(&self) -> bool {
        self.has(Interface::Rules) || self.has(Interface::Retention)
    }

    /// True if it has a fold and the message says whose.
    fn folds(&self, message: &Message) -> bool {
        self.has(Interface::Fold) && self.key_of(message).is_some()
    }

    /// True if one of its interfaces would be called with the message, once it is triggered.
    fn runs_on(&self, message: &Message) -> bool {
        self.has_stateless() || self.folds(message)
    }

    /// The hits that the policy sees, in its own numbering and order; false if there were more than it may see.
    pub(crate) fn hits_of(&self, hits: &[Hit], seen: &mut Vec<HitView>) -> bool {
        let first = seen.len();
        for hit in hits {
            let list = self.table[hit.list.0 as usize];
            if list != NOT_ASKED {
                seen.push(HitView {
                    list,
                    term: hit.term,
                    start: hit.start,
                    end: hit.end,
                });
            }
        }
        // The matcher's order of lists is not the policy's.
        seen[first..].sort_unstable_by_key(|hit| (hit.start, hit.end, hit.list, hit.term));
        let whole = seen.len() - first <= limits::HITS_MAX;
        seen.truncate(first + limits::HITS_MAX);
        whole
    }

    /// The last of the preceding messages, as the policy sees them.
    pub(crate) fn preceding_of<'a>(&self, earlier: &[Earlier<'a>]) -> Vec<PrecedingView<'a>> {
        let last = &earlier[earlier.len() - self.preceding.min(earlier.len())..];
        last.iter()
            .filter(|earlier| earlier.coverage.has(self.apply))
            .map(|earlier| {
                let mut hits = Vec::new();
                self.hits_of(&earlier.hits, &mut hits);
                PrecedingView {
                    message: earlier.message,
                    text: earlier.text,
                    hits,
                }
            })
            .collect()
    }

    pub(crate) fn fault(&self, fault: CallFault) -> Fault {
        let CallFault { cause, detail } = fault;
        Fault {
            pack: self.id.pack.clone(),
            policy: self.id.policy.clone(),
            cause,
            detail,
        }
    }
}

/// One policy and the messages that triggered it.
struct Job<'a> {
    generation: &'a Generation,
    index: usize,
    messages: &'a [usize],
    inputs: &'a [Input],
    scans: &'a [Scan<'a>],
    hits: &'a [Hit],
    keep_log: bool,
}

impl Job<'_> {
    fn run(&self, judged: &mut [Judged], memo: &mut Memo) {
        let policy = &self.generation.policies[self.index];
        let mut hits = Vec::new();
        let mut shapes = Vec::with_capacity(self.messages.len());
        for message in self.messages {
            let scan = &self.scans[*message];
            let first = hits.len();
            let whole = policy.hits_of(&self.hits[scan.hits.clone()], &mut hits);
            shapes.push((
                first..hits.len(),
                scan.truncated || !whole,
                policy.preceding_of(&scan.preceding),
            ));
        }
        let views: Vec<MessageView<'_>> = self
            .messages
            .iter()
            .zip(&shapes)
            .map(|(message, (range, truncated, preceding))| MessageView {
                message: &self.inputs[*message].message,
                text: self.scans[*message].text,
                hits: &hits[range.clone()],
                truncated: *truncated,
                preceding,
            })
            .collect();
        for (message, view) in self.messages.iter().zip(&views) {
            judged[*message].truncated |= view.truncated;
        }

        let author = Author {
            id: &policy.id,
            shadow: self.generation.apply_of(policy).mode == Mode::Shadow,
        };
        let asked = policy.asked(&self.generation.set);
        if policy.has(Interface::Rules) {
            let settled = self.call(self.messages, &views, judged, |fuel, part| {
                let called = policy.plugin.call(
                    &self.generation.sandbox,
                    fuel,
                    self.keep_log,
                    |exports, store, instance| exports.evaluate(store, instance, asked, part),
                );
                called.and_then(|answer| check::findings(author, answer, part))
            });
            for (message, result) in self.messages.iter().zip(settled) {
                let judged = &mut judged[*message];
                match result {
                    Ok(findings) => judged
                        .findings
                        .extend(findings.into_iter().map(|finding| (self.index, finding))),
                    Err(fault) => judged.faults.push((self.index, policy.fault(fault))),
                }
            }
        }
        if policy.has(Interface::Retention) {
            self.schedule(asked, author, &views, judged, memo);
        }
    }

    /// Asks for proposals, once for all messages that look the same to the policy.
    fn schedule(
        &self,
        asked: Asked<'_>,
        author: Author<'_>,
        views: &[MessageView<'_>],
        judged: &mut [Judged],
        memo: &mut Memo,
    ) {
        let policy = &self.generation.policies[self.index];
        let mut key = Vec::new();
        // Messages that nothing is known about, and those that look like one of them.
        let mut new_keys: HashMap<Box<[u8]>, usize, foldhash::fast::RandomState> = HashMap::default();
        let (mut called, mut called_views, mut keys) = (Vec::new(), Vec::new(), Vec::new());
        let mut alike: Vec<(usize, usize)> = Vec::new();
        for (message, view) in self.messages.iter().zip(views) {
            let is_kept = !self.keep_log && memo::write_key(asked, view, &mut key);
            if is_kept {
                if let Some(proposals) = memo.get(&key) {
                    propose(&mut judged[*message], self.index, proposals);
                    continue;
                }
                if let Some(first) = new_keys.get(key.as_slice()) {
                    alike.push((*message, *first));
                    continue;
                }
                new_keys.insert(key.as_slice().into(), called.len());
            }
            keys.push(is_kept.then(|| key.clone()));
            called.push(*message);
            called_views.push(*view);
        }
        let settled = self.call(&called, &called_views, judged, |fuel, part| {
            let answer = policy.plugin.call(
                &self.generation.sandbox,
                fuel,
                self.keep_log,
                |exports, store, instance| exports.schedule(store, instance, asked, part),
            );
            answer.and_then(|answer| check::proposals(author, answer, part))
        });
        let settled: Vec<Result<Proposals, CallFault>> = settled
            .into_iter()
            .map(|result| result.map(|proposals| proposals.into_iter().map(Arc::new).collect()))
            .collect();
        for (result, key) in settled.iter().zip(keys) {
            if let (Ok(proposals), Some(key)) = (result, key) {
                memo.keep(&key, Arc::clone(proposals));
            }
        }
        // What looks the same is answered the same, and fails the same.
        let of_called = called.iter().copied().zip(0..);
        for (message, first) in of_called.chain(alike) {
            match &settled[first] {
                Ok(proposals) => propose(&mut judged[message], self.index, proposals),
                Err(fault) => judged[message].faults.push((self.index, policy.fault(fault.clone()))),
            }
        }
    }

    /// Calls the plugin in batches, each with the fuel of its smallest message alone.
    fn call<R>(
        &self,
        messages: &[usize],
        views: &[MessageView<'_>],
        judged: &mut [Judged],
        mut call: impl FnMut(u64, &[MessageView<'_>]) -> Called<Vec<R>>,
    ) -> Settled<R> {
        let policy = &self.generation.policies[self.index];
        let sizes: Vec<usize> = views.iter().map(MessageView::text_bytes).collect();
        let mut settled = Vec::with_capacity(views.len());
        for batch in batches(&sizes) {
            let mut settle = |part: Range<usize>| {
                let smallest = sizes[part.clone()].iter().min().copied().unwrap_or(0);
                policy.plugin.count_given(part.len());
                let called = call(policy.fuel_for(smallest), &views[part.clone()]);
                let share = called.fuel / part.len() as u64;
                let messages = &messages[part];
                for message in messages {
                    judged[*message].fuel += share;
                }
                // What is called again logs again.
                if called.result.is_ok() || messages.len() == 1 {
                    judged[messages[0]].log.extend(called.log);
                }
                called.result
            };
            bisect(batch, &mut settle, &mut settled);
        }
        settled
    }
}

fn propose(judged: &mut Judged, policy: usize, proposals: &Proposals) {
    judged
        .proposals
        .extend(proposals.iter().map(|proposal| (policy, Arc::clone(proposal))));
}
