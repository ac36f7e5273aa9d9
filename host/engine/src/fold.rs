//! Judges sequences: the folds, after the stateless part, each key's messages in order; then the verdict is put together.

use crate::alone::{differs, inconsistent};
use crate::answer_check::{self, Author, Step};
use crate::bisect::once_more;
use crate::fault::CallFault;
use crate::generation::Generation;
use crate::input::Input;
use crate::judged::Judged;
use crate::outcome::{FoldStates, FoldStep, Folded, Outcome};
use crate::plugin_log;
use crate::policy::Policy;
use crate::verdict::assemble;
use crate::view::{HitView, MessageView, PrecedingView, SubjectView};
use proviso_model::Digest;
use proviso_model::id::FoldKey;
use proviso_model::limits;
use proviso_model::set::Mode;
use proviso_model::verdict::FaultCause;
use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

impl Generation {
    /// The keys whose states `advance` will ask for, each once, in the order of the messages.
    pub fn fold_keys(&self, judged: &[Judged]) -> Vec<FoldKey> {
        let mut seen = std::collections::HashSet::new();
        let mut keys = Vec::new();
        for message in judged {
            for policy in &message.folds {
                let Some(key) = self.policies[*policy].key_of(&message.message) else {
                    continue;
                };
                if seen.insert((message.message.id.tenant.as_str(), *policy, key.clone())) {
                    keys.push(self.fold_key(*policy, &message.message.id.tenant, &key));
                }
            }
        }
        keys
    }

    fn fold_key(&self, policy: usize, tenant: &str, key: &str) -> FoldKey {
        FoldKey {
            tenant: tenant.into(),
            policy: self.policies[policy].id.clone(),
            key: key.into(),
        }
    }

    /// Moves the states of every key over its messages, in the order given, and puts the verdicts together. `inputs` are those
    /// that `judged` was made of. `states` is read and written; a replay gives the recorded `before` of one message.
    ///
    /// # Panics
    /// If `inputs` are not those that `judged` was made of.
    pub fn advance(&self, judged: Vec<Judged>, inputs: &[Input], states: &mut FoldStates) -> Vec<Outcome> {
        self.advance_logged(judged, inputs, states, false)
            .into_iter()
            .map(|(outcome, _)| outcome)
            .collect()
    }

    pub(crate) fn advance_logged(
        &self,
        judged: Vec<Judged>,
        inputs: &[Input],
        states: &mut FoldStates,
        keep_log: bool,
    ) -> Vec<(Outcome, Vec<crate::guest::LogLine>)> {
        assert!(
            judged.len() == inputs.len()
                && judged
                    .iter()
                    .zip(inputs)
                    .all(|(one, input)| Arc::ptr_eq(&one.message, &input.message)),
            "the inputs are those that were evaluated"
        );
        let mut folded: Vec<Folded> = judged.iter().map(|_| Folded::default()).collect();
        let mut by_policy: Vec<Vec<usize>> = self.policies.iter().map(|_| Vec::new()).collect();
        for (index, message) in judged.iter().enumerate() {
            for policy in &message.folds {
                by_policy[*policy].push(index);
            }
        }
        for (policy, messages) in by_policy
            .into_iter()
            .enumerate()
            .filter(|(_, messages)| !messages.is_empty())
        {
            self.advance_policy(policy, &messages, &judged, inputs, states, keep_log, &mut folded);
        }
        judged
            .into_iter()
            .zip(folded)
            .map(|(judged, folded)| assemble(self, judged, folded))
            .collect()
    }

    #[expect(clippy::too_many_arguments, reason = "one step of `advance`, cut out of its loop")]
    fn advance_policy(
        &self,
        index: usize,
        messages: &[usize],
        judged: &[Judged],
        inputs: &[Input],
        states: &mut FoldStates,
        keep_log: bool,
        folded: &mut [Folded],
    ) {
        let policy = &self.policies[index];
        // By subject, in the order of their first events, so that the events of each stand together.
        let mut order: HashMap<(&str, Cow<'_, str>), usize, foldhash::fast::RandomState> = HashMap::default();
        let mut of_subject: Vec<(Arc<FoldKey>, Vec<usize>)> = Vec::new();
        for message in messages {
            let seen = &judged[*message].message;
            let Some(key) = policy.key_of(seen) else { continue };
            let tenant = seen.id.tenant.as_str();
            let subject = *order.entry((tenant, key)).or_insert_with_key(|(tenant, key)| {
                of_subject.push((Arc::new(self.fold_key(index, tenant, key)), Vec::new()));
                of_subject.len() - 1
            });
            of_subject[subject].1.push(*message);
        }

        let mut scratch = self.take_scratch();
        let mut hits: Vec<HitView> = Vec::new();
        let mut shapes: Vec<(usize, Range<usize>, bool, Vec<PrecedingView<'_>>)> = Vec::with_capacity(messages.len());
        let mut subjects: Vec<Subject> = Vec::with_capacity(of_subject.len());
        for (key, messages) in &of_subject {
            let first = shapes.len();
            for message in messages {
                let start = hits.len();
                let text = &inputs[*message].message.text;
                let shown = text.floor_char_boundary(limits::MESSAGE_TEXT_BYTES_MAX);
                let whole = policy.hits_of(&judged[*message].hits, shown, &mut hits);
                if (!whole || shown < text.len()) && policy.depends_on_text() {
                    let is_told = judged[*message].faults.iter().any(|(policy, _)| *policy == index);
                    if !is_told {
                        let detail = "the fold saw the first part of the message alone";
                        policy.at_fault_in_part(index, &mut folded[*message].faults, detail);
                    }
                }
                let earlier = if policy.preceding == 0 {
                    Vec::new()
                } else {
                    let (input, scope) = (&inputs[*message], judged[*message].scope);
                    self.earlier(input, policy.preceding, scope, &mut scratch)
                };
                let truncated = judged[*message].truncated || !whole;
                shapes.push((*message, start..hits.len(), truncated, policy.preceding_of(&earlier)));
            }
            let state = states.get(&**key).cloned().unwrap_or_default();
            subjects.push(Subject {
                key: Arc::clone(key),
                state,
                events: first..shapes.len(),
            });
        }
        self.put_scratch(scratch);
        let views: Vec<MessageView<'_>> = shapes
            .iter()
            .map(|(message, range, truncated, preceding)| {
                let input = &inputs[*message];
                let message = &*input.message;
                let text = &message.text[..message.text.floor_char_boundary(limits::MESSAGE_TEXT_BYTES_MAX)];
                MessageView {
                    message,
                    directory: input.directory.as_deref(),
                    text,
                    hits: &hits[range.clone()],
                    truncated: *truncated,
                    preceding,
                }
            })
            .collect();
        let messages: Vec<usize> = shapes.iter().map(|(message, ..)| *message).collect();

        let digests: Vec<Digest> = inputs.iter().map(|input| input.message.digest()).collect();
        let mut run = Run {
            generation: self,
            index,
            policy,
            views: &views,
            messages: &messages,
            digests: &digests,
            keep_log,
            author: Author {
                id: &policy.id,
                shadow: policy.mode == Mode::Shadow,
            },
            folded,
        };
        run.all(&mut subjects);
        for (message, view) in messages.iter().zip(&views) {
            run.folded[*message].truncated |= view.truncated;
        }
        for subject in subjects {
            match states.get_mut(&*subject.key) {
                Some(state) => *state = subject.state,
                None => {
                    states.insert(FoldKey::clone(&subject.key), subject.state);
                }
            }
        }
    }
}

/// One key, its state so far, and the events that it has not seen, a range of the run's views.
struct Subject {
    key: Arc<FoldKey>,
    state: Arc<[u8]>,
    events: Range<usize>,
}

/// One subject's part of one call.
struct Part {
    subject: usize,
    events: Range<usize>,
}

struct Run<'a> {
    generation: &'a Generation,
    index: usize,
    policy: &'a Policy,
    views: &'a [MessageView<'a>],
    /// For each view, the message that it is of.
    messages: &'a [usize],
    /// By message.
    digests: &'a [Digest],
    keep_log: bool,
    author: Author<'a>,
    folded: &'a mut [Folded],
}

impl Run<'_> {
    /// Fills calls with the subjects' next events until there are none. A subject is in a call once.
    fn all(&mut self, subjects: &mut [Subject]) {
        loop {
            let mut parts = Vec::new();
            let (mut events, mut bytes) = (0, 0);
            for (index, subject) in subjects.iter().enumerate() {
                let mut taken = subject.events.start..subject.events.start;
                for event in subject.events.clone() {
                    let size = self.views[event].text_bytes();
                    let full = events == limits::BATCH_MESSAGES_MAX || bytes + size > limits::BATCH_TEXT_BYTES_MAX;
                    if full && events > 0 {
                        break;
                    }
                    (events, bytes) = (events + 1, bytes + size);
                    taken.end = event + 1;
                }
                if !taken.is_empty() {
                    parts.push(Part {
                        subject: index,
                        events: taken,
                    });
                }
            }
            if parts.is_empty() {
                return;
            }
            self.settle(&parts, subjects);
            for part in parts {
                subjects[part.subject].events.start = part.events.end;
            }
        }
    }

    /// Advances the subjects of a call; on a fault splits them, and then the events of the one that is left.
    fn settle(&mut self, parts: &[Part], subjects: &mut [Subject]) {
        let fault = match self.call(parts, subjects) {
            Ok(steps) => {
                self.compare(parts, &steps, subjects);
                return self.keep(parts, steps, subjects);
            }
            Err(fault) => fault,
        };
        match parts {
            [] => {}
            [Part { subject, events }] if events.len() > 1 => {
                let middle = events.start + events.len() / 2;
                for half in [events.start..middle, middle..events.end] {
                    self.settle(
                        &[Part {
                            subject: *subject,
                            events: half,
                        }],
                        subjects,
                    );
                }
            }
            [Part { subject, events }] => match once_more(fault, || self.call(parts, subjects)) {
                Ok(steps) => self.keep(parts, steps, subjects),
                Err(fault) => {
                    let fault = (self.index, self.policy.fault(fault));
                    let subject = &subjects[*subject];
                    let folded = &mut self.folded[self.messages[events.start]];
                    folded.faults.push(fault);
                    if subject.key.key.len() <= limits::FOLD_KEY_BYTES_MAX {
                        // A replay must fail on the same state.
                        folded.steps.push(FoldStep {
                            key: Arc::clone(&subject.key),
                            before: Arc::clone(&subject.state),
                            after: Arc::clone(&subject.state),
                        });
                    }
                }
            },
            _ => {
                let (first, second) = parts.split_at(parts.len() / 2);
                self.settle(first, subjects);
                self.settle(second, subjects);
            }
        }
    }

    /// Compares the steps of events of the sample with those that another call makes: of the event alone, or, if it was alone,
    /// beside itself. Where they differ the policy is at fault; the state goes on from the step that was made.
    fn compare(&mut self, parts: &[Part], steps: &[Vec<Step>], subjects: &[Subject]) {
        let is_alone = steps.iter().map(Vec::len).sum::<usize>() == 1;
        for (part, steps) in parts.iter().zip(steps) {
            for (number, (event, step)) in part.events.clone().zip(steps).enumerate() {
                let message = self.messages[event];
                let size = self.views[event].text_bytes();
                if !self.generation.sandbox.sample.has(&self.digests[message])
                    || is_alone && size * 2 > limits::BATCH_TEXT_BYTES_MAX
                {
                    continue;
                }
                let before = number.checked_sub(1).map(|before| &steps[before].state);
                let subject = &subjects[part.subject];
                let subject = Subject {
                    key: Arc::clone(&subject.key),
                    state: Arc::clone(before.unwrap_or(&subject.state)),
                    events: event..event + 1,
                };
                let again = || Part {
                    subject: 0,
                    events: event..event + 1,
                };
                let others = if is_alone {
                    vec![again(), again()]
                } else {
                    vec![again()]
                };
                let (fuel, log) = (self.folded[message].fuel, self.folded[message].log.len());
                let other = self.call(&others, &[subject]);
                // What is tried is not counted.
                self.folded[message].fuel = fuel;
                self.folded[message].log.truncate(log);
                let other = other.map(|steps| steps.into_iter().flatten().collect());
                if differs(step, other, !is_alone) {
                    let fault = (
                        self.index,
                        self.policy
                            .fault(inconsistent(&self.policy.plugin_name, &self.policy.plugin_digest)),
                    );
                    self.folded[message].faults.push(fault);
                }
            }
        }
    }

    fn call(&mut self, parts: &[Part], subjects: &[Subject]) -> Result<Vec<Vec<Step>>, CallFault> {
        if let Some(long) = parts
            .iter()
            .find(|part| subjects[part.subject].key.key.len() > limits::FOLD_KEY_BYTES_MAX)
        {
            let bytes = subjects[long.subject].key.key.len();
            let detail = format!(
                "the key has {bytes} bytes: at most {} are allowed",
                limits::FOLD_KEY_BYTES_MAX
            );
            return Err(CallFault {
                cause: FaultCause::Refused,
                detail,
            });
        }
        // The events of a call stand one behind the other.
        let events: Vec<MessageView<'_>> = parts
            .iter()
            .flat_map(|part| self.views[part.events.clone()].iter().copied())
            .collect();
        let mut first = 0;
        let shown: Vec<SubjectView<'_>> = parts
            .iter()
            .map(|part| {
                let subject = &subjects[part.subject];
                let range = first..first + part.events.len();
                first = range.end;
                SubjectView {
                    key: &subject.key.key,
                    state: &subject.state,
                    events: range,
                }
            })
            .collect();
        let smallest = events.iter().map(MessageView::text_bytes).min().unwrap_or(0);
        let asked = self.policy.asked(&self.generation.set);
        self.policy.plugin.count_given(events.len());
        let _span = tracing::debug_span!("call", policy = %self.policy.id, messages = events.len()).entered();
        let called = self.policy.plugin.call(
            &self.generation.sandbox,
            self.policy.fuel_for(smallest),
            self.keep_log || plugin_log::is_wanted(),
            |exports, store, instance| exports.advance(store, instance, asked, &shown, &events),
        );
        let called = called.and_then(|answer| {
            let subjects: Vec<(&Arc<str>, &[MessageView<'_>])> = shown
                .iter()
                .zip(parts)
                .map(|(shown, part)| (&subjects[part.subject].key.key, &events[shown.events.clone()]))
                .collect();
            answer_check::steps(self.author, answer, &subjects)
        });
        let share = called.fuel / events.len().max(1) as u64;
        for message in parts.iter().flat_map(|part| &self.messages[part.events.clone()]) {
            self.folded[*message].fuel += share;
        }
        // What is called again logs again.
        if let Some(part) = parts.first().filter(|_| called.result.is_ok() || events.len() == 1) {
            if self.keep_log {
                self.folded[self.messages[part.events.start]].log.extend(called.log);
            } else {
                plugin_log::tell(&self.policy.id, &called.log);
            }
        }
        called.result
    }

    fn keep(&mut self, parts: &[Part], steps: Vec<Vec<Step>>, subjects: &mut [Subject]) {
        for (part, steps) in parts.iter().zip(steps) {
            let subject = &mut subjects[part.subject];
            for (event, step) in part.events.clone().zip(steps) {
                let before = std::mem::replace(&mut subject.state, step.state);
                let folded = &mut self.folded[self.messages[event]];
                folded
                    .findings
                    .extend(step.findings.into_iter().map(|finding| (self.index, finding)));
                folded.scores.extend(step.score);
                folded.steps.push(FoldStep {
                    key: Arc::clone(&subject.key),
                    before,
                    after: Arc::clone(&subject.state),
                });
            }
        }
    }
}
