//! The way of a message, every stage in order. `eval`, `backtest`, `serve`, `demo` and `replay` go through these functions and no others.
//!
//! 1. a source hands over a [`Message`] (`proviso-sources`)
//! 2. [`Intake::admit`]: its consent is noted, the gate opens or stays shut, the preceding messages are picked
//! 3. [`evaluate`]: one scan, triggers, `rules` and `retention` policies, in batches; any thread
//! 4. [`settle`]: folds, in input order, from the states given; then the retention decision
//! 5. the archive keeps all of it in one transaction, and the source is told (`daemon/intake.rs`)

use proviso_engine::{FoldStates, Generation, Input, Judged, Outcome};
use proviso_model::consent::{self, ConsentEvent, ConsentLedger};
use proviso_model::limits::PRECEDING_MESSAGES_MAX;
use proviso_model::retention::{self, Decision, Facts, Moments};
use proviso_model::set::PolicySet;
use proviso_model::verdict::Withheld;
use proviso_model::{Addressed, Message};
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

/// Conversations whose last messages are remembered at a time; the daemon asks its archive for the others.
const CONVERSATIONS_MAX: usize = 5_000;

/// Messages that go through the stages together where many are at hand, at most: so many that of a hundred policies most
/// are still called with several at a time.
const CHUNK_MESSAGES_MAX: usize = 4_096;
/// The first chunk that each worker is given has so many: the last stage has something to do soon, and little input is
/// spread over all workers.
const CHUNK_MESSAGES_FIRST: usize = 1_024;
/// Chunks that wait between two stages, for each worker.
pub(crate) const CHUNKS_WAITING: usize = 1;

/// Messages below which another thread costs more than it saves.
const PARALLEL_MESSAGES_MIN: usize = 128;

/// A message with its verdict and what follows from it.
pub(crate) struct Settled {
    pub outcome: Outcome,
    pub retention: Arc<Decision>,
}

/// What must be known of earlier messages before one can be judged: consent, and the last messages of each conversation.
/// Fed in order of arrival.
#[derive(Default)]
pub(crate) struct Intake {
    ledgers: HashMap<String, ConsentLedger>,
    windows: HashMap<String, Window>,
    clock: u64,
}

#[derive(Default)]
struct Window {
    messages: VecDeque<Arc<Addressed>>,
    used: u64,
}

/// What tells conversations apart: identifiers are the channel's own.
pub(crate) fn conversation_key(message: &Message) -> String {
    [&message.id.tenant, &message.id.channel, &message.conversation]
        .map(String::as_str)
        .join("\u{0}")
}

fn ledger_key(tenant: &str, channel: &str) -> String {
    [tenant, channel].join("\u{0}")
}

impl Intake {
    /// True if what the contacts of this channel said is known.
    pub(crate) fn knows_channel(&self, tenant: &str, channel: &str) -> bool {
        self.ledgers.contains_key(&ledger_key(tenant, channel))
    }

    /// Takes over what the contacts of a channel said earlier.
    pub(crate) fn recall_consents(&mut self, tenant: &str, channel: &str, events: &[ConsentEvent]) {
        let ledger = self.ledgers.entry(ledger_key(tenant, channel)).or_default();
        for event in events {
            ledger.record(event);
        }
    }

    /// True if the last messages of this conversation are known, or known to be none.
    pub(crate) fn knows_conversation(&self, key: &str) -> bool {
        self.windows.contains_key(key)
    }

    /// Takes over the last messages of a conversation, the oldest first.
    pub(crate) fn recall_conversation(&mut self, key: String, messages: impl IntoIterator<Item = Arc<Addressed>>) {
        let window = Window {
            messages: messages.into_iter().collect(),
            used: self.clock,
        };
        self.windows.insert(key, window);
    }

    /// Notes a message's consent, asks the gate, and picks its preceding messages.
    pub(crate) fn admit(&mut self, set: &PolicySet, message: Arc<Addressed>) -> Input {
        let ledger = self
            .ledgers
            .entry(ledger_key(&message.id.tenant, &message.id.channel))
            .or_default();
        if let Some(event) = &message.consent {
            ledger.record(event);
        }
        let withheld = consent::gate(set.lawful_basis, &message, |party| ledger.state_of(party));
        self.clock += 1;
        let window = self.windows.entry(conversation_key(&message)).or_default();
        window.used = self.clock;
        let preceding = window.messages.iter().cloned().collect();
        if withheld.is_none() {
            if window.messages.len() == PRECEDING_MESSAGES_MAX {
                window.messages.pop_front();
            }
            window.messages.push_back(Arc::clone(&message));
        }
        if self.windows.len() > CONVERSATIONS_MAX {
            self.forget_half();
        }
        Input {
            message,
            preceding,
            withheld,
            quarantined: None,
        }
    }

    /// Forgets the conversations that were quiet for longest.
    fn forget_half(&mut self) {
        let mut used: Vec<u64> = self.windows.values().map(|window| window.used).collect();
        let middle = used.len() / 2;
        let (_, median, _) = used.select_nth_unstable(middle);
        let median = *median;
        self.windows.retain(|_, window| window.used > median);
    }
}

/// Messages of the chunk of this number, counted from 0: each worker's next one has twice as many, up to the limit.
pub(crate) fn chunk_messages(number: usize, workers: usize) -> usize {
    let doublings = (number / workers.max(1)).min(16) as u32;
    (CHUNK_MESSAGES_FIRST << doublings).min(CHUNK_MESSAGES_MAX)
}

/// The stateless part of judging. May run on any thread.
pub(crate) fn evaluate(generation: &Generation, admitted: &[Input]) -> Vec<Judged> {
    generation.evaluate(admitted)
}

/// The same on several threads, for callers with one batch at a time. The answer does not depend on their number.
pub(crate) fn evaluate_on(workers: usize, generation: &Generation, admitted: &[Input]) -> Vec<Judged> {
    let part = admitted.len().div_ceil(workers.max(1)).max(PARALLEL_MESSAGES_MIN);
    if admitted.len() <= part {
        return evaluate(generation, admitted);
    }
    std::thread::scope(|scope| {
        let parts: Vec<_> = admitted
            .chunks(part)
            .map(|part| scope.spawn(|| evaluate(generation, part)))
            .collect();
        parts
            .into_iter()
            .flat_map(|part| part.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    })
}

/// The part that has memory, and the decision how long to keep each message. In order of arrival.
pub(crate) fn settle(
    generation: &Generation,
    admitted: &[Input],
    judged: Vec<Judged>,
    states: &mut FoldStates,
) -> Vec<Settled> {
    let outcomes = generation.advance(judged, admitted, states);
    let set = generation.set();
    let mut decided = HashMap::new();
    let mut retained = Vec::with_capacity(outcomes.len());
    for (admitted, outcome) in admitted.iter().zip(&outcomes) {
        // Messages of one day with the very same proposals are decided once; the outcomes keep the proposals in their places.
        let proposals = outcome.verdict.proposals.iter();
        let alike: Vec<usize> = proposals.map(|proposal| Arc::as_ptr(proposal).addr()).collect();
        let day = set.time_zone.day(admitted.message.sent_at);
        let decision = decided
            .entry((alike, day, outcome.verdict.withheld))
            .or_insert_with(|| Arc::new(decide(set, &admitted.message, outcome)));
        retained.push(Arc::clone(decision));
    }
    let settled = outcomes.into_iter().zip(retained);
    settled
        .map(|(outcome, retention)| Settled { outcome, retention })
        .collect()
}

/// How long a message must and may be kept, from what its policies proposed.
fn decide(set: &PolicySet, message: &Message, outcome: &Outcome) -> Decision {
    let proposals = outcome.verdict.proposals.iter().map(|attributed| &attributed.proposal);
    let consent_withdrawn = outcome.verdict.withheld == Some(Withheld::ConsentRefused);
    let facts = Facts {
        sent_at: message.sent_at,
        moments: Moments::default(),
        legal_hold: false,
        consent_withdrawn,
        time_zone: &set.time_zone,
    };
    retention::decide(proposals, &facts)
}
