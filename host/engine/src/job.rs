//! One policy's part of a batch: what it is shown of the messages that triggered it, its calls, and its answers.

use crate::alone::{differs, inconsistent};
use crate::answer_check::{self, Author};
use crate::bisect::{Answered, batches, bisect};
use crate::earlier::Earlier;
use crate::fault::CallFault;
use crate::generation::Generation;
use crate::input::Input;
use crate::judged::Judged;
use crate::memo::{self, Memo, Proposals};
use crate::pieces::{Piece, pieces};
use crate::plugin::Called;
use crate::plugin_log;
use crate::view::{Asked, MessageView};
use proviso_model::limits;
use proviso_model::set::Mode;
use proviso_model::verdict::Finding;
use proviso_pack::manifest::Interface;
use proviso_scan::Hit;
use std::cmp::Reverse;
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
        // The messages, by place in `self.messages`, that are more than the policy can be given at once.
        let mut cut = Vec::new();
        let mut shapes = Vec::with_capacity(self.messages.len());
        for message in self.messages {
            let scan = &self.scans[*message];
            let first = hits.len();
            let whole = policy.hits_of(&self.hits[scan.hits.clone()], scan.text.len(), &mut hits);
            let cuts_text = scan.text.len() < self.inputs[*message].message.text.len();
            if (cuts_text || !whole) && policy.depends_on_text() {
                cut.push(shapes.len());
            }
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
                directory: self.inputs[*message].directory.as_deref(),
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
            shadow: policy.mode == Mode::Shadow,
        };
        let asked = policy.asked(&self.generation.set);
        if policy.has(Interface::Rules) && cut.is_empty() {
            let answered = self.evaluate((asked, author), self.messages, &views, judged);
            for (message, result) in self.messages.iter().zip(answered) {
                self.find(&mut judged[*message], result);
            }
        } else if policy.has(Interface::Rules) {
            self.evaluate_in_pieces((asked, author), &views, &cut, judged);
        }
        if policy.has(Interface::Retention) {
            self.schedule(asked, author, &views, judged, memo);
            for place in cut {
                let faults = &mut judged[self.messages[place]].faults;
                policy.at_fault_in_part(
                    self.index,
                    faults,
                    "retention was asked by the first part of the message alone",
                );
            }
        }
    }

    /// Asks for findings, one list for each view.
    fn evaluate(
        &self,
        (asked, author): (Asked<'_>, Author<'_>),
        messages: &[usize],
        views: &[MessageView<'_>],
        judged: &mut [Judged],
    ) -> Answered<Vec<Finding>> {
        let plugin = &self.generation.policies[self.index].plugin;
        self.call(messages, views, judged, |fuel, part| {
            let called = plugin.call(
                &self.generation.sandbox,
                fuel,
                self.keep_log || plugin_log::is_wanted(),
                |exports, store, instance| exports.evaluate(store, instance, asked, part),
            );
            called.and_then(|answer| answer_check::findings(author, answer, part))
        })
    }

    /// The same where some messages are more than the policy can be given at once: these are given piece by piece, and what is
    /// found in the pieces is put together.
    fn evaluate_in_pieces(
        &self,
        of: (Asked<'_>, Author<'_>),
        views: &[MessageView<'_>],
        cut: &[usize],
        judged: &mut [Judged],
    ) {
        let policy = &self.generation.policies[self.index];
        // By piece, or by message where that is whole: its place, and where the piece begins.
        let mut places: Vec<(usize, usize)> = Vec::new();
        let mut all_pieces: Vec<Option<Piece>> = Vec::new();
        let mut is_whole = vec![true; views.len()];
        for (place, message) in self.messages.iter().enumerate() {
            if !cut.contains(&place) {
                places.push((place, 0));
                all_pieces.push(None);
                continue;
            }
            let text = self.inputs[*message].message.text.as_str();
            let mut hits = Vec::new();
            policy.all_hits_of(&self.hits[self.scans[*message].hits.clone()], text.len(), &mut hits);
            let (pieces, all) = pieces(text, &hits);
            is_whole[place] = all;
            places.extend(pieces.iter().map(|piece| (place, piece.text.start)));
            all_pieces.extend(pieces.into_iter().map(Some));
        }
        let piece_views: Vec<MessageView<'_>> = places
            .iter()
            .zip(&all_pieces)
            .map(|((place, _), piece)| match piece {
                None => views[*place],
                Some(piece) => MessageView {
                    text: &self.inputs[self.messages[*place]].message.text[piece.text.clone()],
                    hits: &piece.hits,
                    ..views[*place]
                },
            })
            .collect();
        let messages: Vec<usize> = places.iter().map(|(place, _)| self.messages[*place]).collect();
        let answered = self.evaluate(of, &messages, &piece_views, judged);
        let mut found: Vec<Result<Vec<Finding>, CallFault>> = views.iter().map(|_| Ok(Vec::new())).collect();
        for ((place, from), result) in places.into_iter().zip(answered) {
            let found = &mut found[place];
            match (found.as_mut(), result) {
                (Ok(all), Ok(findings)) => {
                    for finding in findings.into_iter().map(|finding| moved(finding, from as u32)) {
                        // What two pieces have in common is found twice.
                        if from == 0 || !all.contains(&finding) {
                            all.push(finding);
                        }
                    }
                }
                (Ok(_), Err(fault)) => *found = Err(fault),
                (Err(_), _) => {}
            }
        }
        for (place, mut result) in found.into_iter().enumerate() {
            let judged = &mut judged[self.messages[place]];
            if let Ok(findings) = &mut result
                && findings.len() > limits::FINDINGS_PER_MESSAGE_MAX
            {
                findings.sort_by_key(|finding| (Reverse(finding.severity), finding.spans.first().copied()));
                findings.truncate(limits::FINDINGS_PER_MESSAGE_MAX);
                is_whole[place] = false;
            }
            if !is_whole[place] {
                let detail = "the message is more than can be judged in pieces";
                policy.at_fault_in_part(self.index, &mut judged.faults, detail);
            }
            self.find(judged, result);
        }
    }

    /// Adds what the policy found in one message.
    fn find(&self, judged: &mut Judged, result: Result<Vec<Finding>, CallFault>) {
        match result {
            Ok(findings) => judged
                .findings
                .extend(findings.into_iter().map(|finding| (self.index, finding))),
            Err(fault) => {
                let policy = &self.generation.policies[self.index];
                judged.faults.push((self.index, policy.fault(fault)));
            }
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
        let answered = self.call(&called, &called_views, judged, |fuel, part| {
            let answer = policy.plugin.call(
                &self.generation.sandbox,
                fuel,
                self.keep_log || plugin_log::is_wanted(),
                |exports, store, instance| exports.schedule(store, instance, asked, part),
            );
            answer.and_then(|answer| answer_check::proposals(author, answer, part))
        });
        let answered: Vec<Result<Proposals, CallFault>> = answered
            .into_iter()
            .map(|result| result.map(|proposals| proposals.into_iter().map(Arc::new).collect()))
            .collect();
        for (result, key) in answered.iter().zip(keys) {
            if let (Ok(proposals), Some(key)) = (result, key) {
                memo.keep(&key, Arc::clone(proposals));
            }
        }
        // What looks the same is answered the same, and fails the same.
        let of_called = called.iter().copied().zip(0..);
        for (message, first) in of_called.chain(alike) {
            match &answered[first] {
                Ok(proposals) => propose(&mut judged[message], self.index, proposals),
                Err(fault) => judged[message].faults.push((self.index, policy.fault(fault.clone()))),
            }
        }
    }

    /// Calls the plugin in batches, each with the fuel of its smallest message alone. An answer that was given to a message of
    /// the sample is compared with that of another call.
    fn call<R: PartialEq>(
        &self,
        messages: &[usize],
        views: &[MessageView<'_>],
        judged: &mut [Judged],
        mut call: impl FnMut(u64, &[MessageView<'_>]) -> Called<Vec<R>>,
    ) -> Answered<R> {
        let policy = &self.generation.policies[self.index];
        let sizes: Vec<usize> = views.iter().map(MessageView::text_bytes).collect();
        let mut answered = Vec::with_capacity(views.len());
        let mut differing = Vec::new();
        for batch in batches(&sizes) {
            let _span = tracing::debug_span!("call", policy = %policy.id, messages = batch.len()).entered();
            let mut answer = |part: Range<usize>| {
                let smallest = sizes[part.clone()].iter().min().copied().unwrap_or(0);
                policy.plugin.count_given(part.len());
                let called = call(policy.fuel_for(smallest), &views[part.clone()]);
                let share = called.fuel / part.len() as u64;
                for message in &messages[part.clone()] {
                    judged[*message].fuel += share;
                }
                if let Ok(answers) = &called.result {
                    for (answer, place) in answers.iter().zip(part.clone()) {
                        if self
                            .generation
                            .sandbox
                            .sample
                            .has(&self.inputs[messages[place]].message.digest())
                            && let Some(company) = company_for(part.len(), sizes[place], &views[place])
                            && differs(
                                answer,
                                call(policy.fuel_for(sizes[place]), &company).result,
                                company.len() == 1,
                            )
                        {
                            differing.push(place);
                        }
                    }
                }
                // What is called again logs again.
                if called.result.is_ok() || part.len() == 1 {
                    if self.keep_log {
                        judged[messages[part.start]].log.extend(called.log);
                    } else {
                        plugin_log::tell(&policy.id, &called.log);
                    }
                }
                called.result
            };
            bisect(batch, &mut answer, &mut answered);
        }
        for place in differing {
            answered[place] = Err(inconsistent(&policy.plugin_name, &policy.plugin_digest));
        }
        answered
    }
}

/// What a message is given with the other time: alone if it came in company, beside itself if it came alone. None if it is
/// too large to be given twice.
fn company_for<'v>(came_with: usize, size: usize, view: &MessageView<'v>) -> Option<Vec<MessageView<'v>>> {
    if came_with > 1 {
        Some(vec![*view])
    } else if size * 2 <= limits::BATCH_TEXT_BYTES_MAX {
        Some(vec![*view, *view])
    } else {
        None
    }
}

/// A finding in a piece of a text that begins at byte `from`, as one in the text.
fn moved(mut finding: Finding, from: u32) -> Finding {
    for span in &mut finding.spans {
        span.start += from;
        span.end += from;
    }
    finding
}

fn propose(judged: &mut Judged, policy: usize, proposals: &Proposals) {
    judged
        .proposals
        .extend(proposals.iter().map(|proposal| (policy, Arc::clone(proposal))));
}
