//! One policy's part of a batch: what it is shown of the messages that triggered it, its calls, and its answers.

use crate::answer_check::{self, Author};
use crate::bisect::{Settled, batches, bisect};
use crate::earlier::Earlier;
use crate::fault::CallFault;
use crate::generation::Generation;
use crate::input::Input;
use crate::judged::Judged;
use crate::memo::{self, Memo, Proposals};
use crate::plugin::Called;
use crate::view::{Asked, MessageView};
use proviso_model::set::Mode;
use proviso_pack::manifest::Interface;
use proviso_scan::Hit;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

/// A message being prepared: what the scan found, in the batch's common list.
pub(crate) struct Scan<'a> {
    pub(crate) text: &'a str,
    pub(crate) hits: Range<usize>,
    pub(crate) preceding: Vec<Earlier<'a>>,
    pub(crate) truncated: bool,
}

/// One policy and the messages that triggered it.
pub(crate) struct Job<'a> {
    pub(crate) generation: &'a Generation,
    pub(crate) index: usize,
    pub(crate) messages: &'a [usize],
    pub(crate) inputs: &'a [Input],
    pub(crate) scans: &'a [Scan<'a>],
    pub(crate) hits: &'a [Hit],
    pub(crate) keep_log: bool,
}

impl Job<'_> {
    /// Calls the policy with its messages and puts what it answers into `judged`.
    pub(crate) fn run(&self, judged: &mut [Judged], memo: &mut Memo) {
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
                called.and_then(|answer| answer_check::findings(author, answer, part))
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
            answer.and_then(|answer| answer_check::proposals(author, answer, part))
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
