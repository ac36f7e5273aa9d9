//! Judges messages, one by one and without memory: scope, scan, triggers, then `rules` and `retention` in batches.

use crate::dispatch::Coverage;
use crate::earlier::Earlier;
use crate::fault::CallFault;
use crate::generation::{Generation, Scratch};
use crate::input::Input;
use crate::job::{Job, Scan};
use crate::judged::{Judged, Scope};
use crate::policy::Policy;
use proviso_model::Digest;
use proviso_model::digest::DigestBuilder;
use proviso_model::limits;
use proviso_model::message::{Addressed, Message};
use proviso_model::verdict::{Fault, FaultCause};
use proviso_scan::{HITS_PER_SCAN_MAX, Hit, ListId};
use std::ops::Range;
use std::sync::Arc;

/// What is known of a message before its triggers are asked.
struct Found<'a> {
    coverage: &'a Coverage,
    hits: &'a [Hit],
    unsure: &'a Unsure,
}

/// Lists of which a text may have more hits than were found.
#[derive(Default)]
struct Unsure {
    /// There were too many hits.
    of_all: bool,
    /// Looking for them took too many steps.
    out_of_steps: Box<[ListId]>,
}

impl Unsure {
    fn is_nothing(&self) -> bool {
        !self.of_all && self.out_of_steps.is_empty()
    }
}

/// Messages that were scanned and whose triggers were asked, before any policy is called.
pub(crate) struct Looked<'a> {
    pub(crate) judged: Vec<Judged>,
    /// By policy that has a stateless part: the messages that it runs on.
    pub(crate) queues: Vec<Vec<usize>>,
    scans: Vec<Scan<'a>>,
    hits: Vec<Hit>,
}

impl Looked<'_> {
    /// One policy with some of the messages that it runs on, which are those of `inputs`.
    pub(crate) fn job<'j>(
        &'j self,
        generation: &'j Generation,
        index: usize,
        messages: &'j [usize],
        inputs: &'j [Input],
    ) -> Job<'j> {
        Job {
            generation,
            index,
            messages,
            inputs,
            scans: &self.scans,
            hits: &self.hits,
            keep_log: false,
        }
    }
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
        let Looked {
            mut judged,
            mut queues,
            scans,
            hits,
        } = self.look(inputs, scope, &mut scratch);
        for (index, messages) in queues.iter_mut().enumerate().filter(|(_, queue)| !queue.is_empty()) {
            Job {
                generation: self,
                index,
                messages,
                inputs,
                scans: &scans,
                hits: &hits,
                keep_log,
            }
            .run(&mut judged, &mut scratch.memos[index]);
            messages.clear();
        }
        scratch.queues = queues;
        self.put_scratch(scratch);
        judged
    }

    /// Scans messages and asks the triggers of every policy.
    pub(crate) fn look<'a>(&'a self, inputs: &'a [Input], scope: Scope, scratch: &mut Scratch) -> Looked<'a> {
        let coverages: Vec<_> = inputs
            .iter()
            .map(|input| self.coverage(&input.message, input, scope, scratch))
            .collect();
        let texts: Vec<&str> = inputs
            .iter()
            .zip(&coverages)
            .map(|(input, coverage)| match input.withheld {
                None if !coverage.is_empty() => input.message.text.as_str(),
                _ => "",
            })
            .collect();
        let mut hits = Vec::new();
        let mut found = Vec::with_capacity(inputs.len());
        let Scratch { scan, segments, .. } = &mut *scratch;
        self.lists.matcher.scan_each(&texts, scan, |of_text, scanned| {
            let (first, number) = (hits.len(), found.len());
            hits.extend_from_slice(of_text);
            self.lists
                .add_segments(&inputs[number].message, texts[number].len(), segments, first, &mut hits);
            let unsure = Unsure {
                of_all: scanned.cut_short,
                out_of_steps: scanned.out_of_steps.into(),
            };
            found.push((hits.len(), unsure));
        });
        let mut triggered = Vec::new();
        let mut judged = Vec::with_capacity(inputs.len());
        let mut scans = Vec::with_capacity(inputs.len());
        let mut first = 0;
        for (index, (input, coverage)) in inputs.iter().zip(coverages).enumerate() {
            let (end, unsure) = &found[index];
            let end = *end;
            let found = Found {
                coverage: &coverage,
                hits: &hits[first..end],
                unsure,
            };
            let is_whole = unsure.is_nothing() && texts[index].len() == input.message.text.len();
            if self.preceding_max() > 0 && is_whole {
                self.keep_scan(&input.message, found.hits);
            }
            let (verdict, scan) = self.trigger(input, scope, &found, first..end, scratch, &mut triggered);
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
        for (policy, count) in self.policies.iter().zip(&mut scratch.triggered) {
            let count = std::mem::take(count);
            if count > 0 {
                policy.count_triggered(count);
            }
        }
        Looked {
            judged,
            queues: std::mem::take(&mut scratch.queues),
            scans,
            hits,
        }
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
        let Found { coverage, hits, unsure } = *found;
        let mut scan = Scan {
            text,
            hits: range,
            preceding: Vec::new(),
            truncated: unsure.of_all || text.len() < message.text.len(),
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
            if !unsure.is_nothing() {
                self.fault_unsure(message, found, triggered, &mut faults);
            }
            let asked = triggered.iter().map(|policy| self.policies[*policy].preceding).max();
            if let Some(asked @ 1..) = asked {
                scan.preceding = self.earlier(input, asked, scope, scratch);
                triggered.retain(|&index| {
                    let policy = &self.policies[index];
                    let unsure = policy.unsure_of_preceding(&scan.preceding);
                    faults.extend(unsure.map(|list| (index, policy.fault(out_of_steps(policy, list)))));
                    unsure.is_none()
                });
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

    /// The faults of policies that would have to know of more hits than were found. One that the missing hits could trigger, or
    /// that sees a list which ran out of steps, is not called. The others judge what there is.
    fn fault_unsure(
        &self,
        message: &Message,
        found: &Found<'_>,
        triggered: &mut Vec<usize>,
        faults: &mut Vec<(usize, Fault)>,
    ) {
        let Unsure {
            of_all,
            out_of_steps: out,
        } = found.unsure;
        let may_be_hit =
            |list: &ListId| *of_all || out.contains(list) || found.hits.iter().any(|hit| hit.list == *list);
        for (index, policy) in self.policies.iter().enumerate() {
            let is_triggered = triggered.contains(&index);
            let may_be_triggered = found.coverage.has(policy.apply)
                && policy.runs_on(message)
                && (is_triggered || policy.trigger.fires(message, &may_be_hit));
            if !may_be_triggered || faults.iter().any(|(policy, _)| *policy == index) {
                continue;
            }
            let unsure_list = out.iter().find(|list| policy.sees(**list) || !is_triggered);
            if let Some(list) = unsure_list {
                faults.push((index, policy.fault(out_of_steps(policy, *list))));
                triggered.retain(|triggered| *triggered != index);
            } else if *of_all && (!is_triggered || !policy.lists.is_empty()) {
                let detail =
                    format!("the text has more than {HITS_PER_SCAN_MAX} hits: what is behind them was not looked for");
                policy.at_fault_in_part(index, faults, &detail);
            }
        }
    }

    /// The packs that judge a message: that of the input, or one of those before it.
    pub(crate) fn coverage(
        &self,
        message: &Message,
        input: &Input,
        scope: Scope,
        scratch: &mut Scratch,
    ) -> Arc<Coverage> {
        match scope {
            Scope::OfTheSet => self.dispatch.coverage(
                &self.set,
                &self.applied,
                (message, input.directory.as_deref()),
                &mut scratch.dispatch,
            ),
            Scope::Only(apply) => Arc::new(Coverage::only(&self.applied, apply)),
        }
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

/// What a policy is at fault with for whose list the search used up its steps.
fn out_of_steps(policy: &Policy, list: ListId) -> CallFault {
    let place = policy.table.get(list.0 as usize).map(|place| usize::from(*place));
    let name = place
        .and_then(|place| policy.lists.get(place))
        .map_or("of its trigger", |list| &list.name);
    CallFault {
        cause: FaultCause::Fuel,
        detail: format!("looking for the list {name:?} in the text took more steps than one message may take"),
    }
}

/// What a policy that is not called is at fault with.
fn quarantined_fault() -> CallFault {
    CallFault {
        cause: FaultCause::Quarantined,
        detail: "the policy failed on too many messages and is not called".to_owned(),
    }
}
