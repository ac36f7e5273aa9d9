//! What must be known of earlier messages before one can be judged, consent and the last messages of each conversation; and
//! the gate that a message passes with them.

use crate::ports::Recall;
use proviso_engine::Input;
use proviso_model::consent::{self, ConsentLedger, Visible};
use proviso_model::limits::PRECEDING_MESSAGES_MAX;
use proviso_model::message::PartyClass;
use proviso_model::set::PolicySet;
use proviso_model::{Addressed, Message};
use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;

/// Bytes of earlier messages that are remembered beside a store, which is asked for the others.
const BACKED_BYTES_MAX: usize = 64 << 20;
/// Bytes that are remembered where there is no store: more than the last messages of a million conversations.
const ALONE_BYTES_MAX: usize = 2 << 30;
/// What a message takes beside its text, about.
const MESSAGE_BYTES: usize = 768;
/// What a party's last word takes beside the identifier, about.
const PARTY_BYTES: usize = 96;

/// What is remembered between messages. Fed in order of arrival. Bounded in bytes, and only ever emptied between two
/// transactions: what one needs stays until it is committed.
pub struct Memory {
    ledgers: HashMap<String, Ledger>,
    windows: HashMap<String, Window>,
    /// Rises with every message, to tell which conversation was quiet for longest.
    clock: u64,
    window_bytes: usize,
    ledger_bytes: usize,
    /// True if a store knows all that was forgotten here.
    is_backed: bool,
    forgotten: u64,
}

/// What the parties of a channel said.
#[derive(Default)]
struct Ledger {
    said: ConsentLedger,
    /// Those whose last word is known, or known to be none.
    known: HashSet<String>,
}

/// The last messages of a conversation, the oldest first.
#[derive(Default)]
struct Window {
    messages: VecDeque<Arc<Addressed>>,
    used: u64,
}

/// What tells conversations apart: identifiers are the channel's own.
fn conversation_key(message: &Message) -> String {
    [&message.id.tenant, &message.id.channel, &message.conversation]
        .map(String::as_str)
        .join("\u{0}")
}

fn ledger_key(tenant: &str, channel: &str) -> String {
    [tenant, channel].join("\u{0}")
}

/// The parties whose consent the gate may ask for, and the one whose statement a message carries.
fn parties(message: &Message) -> impl Iterator<Item = &str> {
    let asked = message
        .parties()
        .filter(|party| !matches!(party.class, PartyClass::Employee | PartyClass::Robot))
        .map(|party| party.id.as_str());
    asked.chain(message.consent.as_ref().map(|event| event.party.as_str()))
}

fn bytes_of(message: &Addressed) -> usize {
    MESSAGE_BYTES + message.text.len()
}

impl Memory {
    /// For one whose store knows everything that came before.
    pub fn backed() -> Self {
        Self::new(true)
    }

    /// For one that keeps nothing: what is forgotten here is nowhere, and [`Memory::forgotten`] counts it. Consent is never
    /// forgotten.
    pub fn alone() -> Self {
        Self::new(false)
    }

    fn new(is_backed: bool) -> Self {
        Self {
            ledgers: HashMap::new(),
            windows: HashMap::new(),
            clock: 0,
            window_bytes: 0,
            ledger_bytes: 0,
            is_backed,
            forgotten: 0,
        }
    }

    /// Conversations whose last messages were forgotten, though no store has them.
    pub fn forgotten(&self) -> u64 {
        self.forgotten
    }

    /// Asks for what is not known, then admits the messages one after the other. After an error some may have been admitted:
    /// clear the memory.
    pub fn admit<R: Recall>(
        &mut self,
        set: &PolicySet,
        messages: Vec<Arc<Addressed>>,
        recall: &mut R,
    ) -> Result<Vec<Input>, R::Error> {
        self.recall_conversations(&messages, recall)?;
        self.recall_consents(&messages, recall)?;
        Ok(messages
            .into_iter()
            .map(|message| self.admit_next(set, message))
            .collect())
    }

    fn recall_conversations<R: Recall>(&mut self, messages: &[Arc<Addressed>], recall: &mut R) -> Result<(), R::Error> {
        let mut firsts: Vec<&Addressed> = Vec::new();
        let mut keys = Vec::new();
        let mut asked = HashSet::new();
        for message in messages {
            let key = conversation_key(message);
            if !self.windows.contains_key(&key) && asked.insert(key.clone()) {
                firsts.push(message);
                keys.push(key);
            }
        }
        if firsts.is_empty() {
            return Ok(());
        }
        for (key, found) in keys.into_iter().zip(recall.preceding(&firsts)?) {
            let messages: VecDeque<_> = found
                .into_iter()
                .map(|one| Arc::new(Addressed::from(one).without_raw()))
                .collect();
            self.window_bytes += messages.iter().map(|one| bytes_of(one)).sum::<usize>();
            let used = self.clock;
            self.windows.insert(key, Window { messages, used });
        }
        Ok(())
    }

    /// Of the parties to these messages and to those that are shown beside them.
    fn recall_consents<R: Recall>(&mut self, messages: &[Arc<Addressed>], recall: &mut R) -> Result<(), R::Error> {
        let mut unknown: HashMap<(String, String), Vec<String>> = HashMap::new();
        for message in messages {
            let (tenant, channel) = (&message.id.tenant, &message.id.channel);
            let ledger = self.ledgers.entry(ledger_key(tenant, channel)).or_default();
            let window = self.windows.get(&conversation_key(message));
            let beside = window.into_iter().flat_map(|window| &window.messages);
            let all = parties(message).chain(beside.flat_map(|earlier| parties(earlier)));
            for party in all {
                if !ledger.known.contains(party) {
                    ledger.known.insert(party.to_owned());
                    self.ledger_bytes += PARTY_BYTES + party.len();
                    unknown
                        .entry((tenant.clone(), channel.clone()))
                        .or_default()
                        .push(party.to_owned());
                }
            }
        }
        for ((tenant, channel), parties) in unknown {
            let parties: Vec<&str> = parties.iter().map(String::as_str).collect();
            let said = recall.consents(&tenant, &channel, &parties)?;
            let ledger = self.ledgers.entry(ledger_key(&tenant, &channel)).or_default();
            for event in &said {
                ledger.said.record(event);
            }
        }
        Ok(())
    }

    /// Notes a message's consent, asks the gate, and picks its preceding messages. What is not remembered counts as not there:
    /// whoever has a store calls [`Memory::admit`].
    pub fn admit_next(&mut self, set: &PolicySet, message: Arc<Addressed>) -> Input {
        let key = ledger_key(&message.id.tenant, &message.id.channel);
        let ledger = self.ledgers.entry(key).or_default();
        if let Some(event) = &message.consent {
            ledger.said.record(&event.heard_at(message.sent_at));
        }
        self.clock += 1;
        let window = self.windows.entry(conversation_key(&message)).or_default();
        window.used = self.clock;
        let earlier = window.messages.iter().cloned();
        let Visible { withheld, preceding } = consent::visible(set.lawful_basis, &message, earlier, &ledger.said);
        if withheld.is_none() {
            if window.messages.len() == PRECEDING_MESSAGES_MAX
                && let Some(oldest) = window.messages.pop_front()
            {
                self.window_bytes -= bytes_of(&oldest);
            }
            self.window_bytes += bytes_of(&message);
            // What is remembered needs no raw bytes.
            window.messages.push_back(Arc::new(message.without_raw()));
        }
        Input {
            message,
            preceding,
            withheld,
            quarantined: None,
        }
    }

    /// Forgets what was quiet for longest, if there is too much. To be called between two transactions alone.
    pub fn evict(&mut self) {
        let bytes_max = if self.is_backed {
            BACKED_BYTES_MAX
        } else {
            ALONE_BYTES_MAX
        };
        self.evict_to(bytes_max);
    }

    fn evict_to(&mut self, bytes_max: usize) {
        while self.window_bytes > bytes_max {
            let before = self.windows.len();
            self.forget_half_of_the_conversations();
            if !self.is_backed {
                self.forgotten += (before - self.windows.len()) as u64;
            }
        }
        if self.is_backed && self.ledger_bytes > bytes_max {
            self.ledgers.clear();
            self.ledger_bytes = 0;
        }
    }

    /// Forgets everything: after a transaction that was not committed, and which the memory has seen.
    pub fn clear(&mut self) {
        *self = Self::new(self.is_backed);
    }

    fn forget_half_of_the_conversations(&mut self) {
        let mut used: Vec<u64> = self.windows.values().map(|window| window.used).collect();
        let middle = used.len() / 2;
        let (_, median, _) = used.select_nth_unstable(middle);
        let median = *median;
        self.windows.retain(|_, window| window.used > median);
        let left = self.windows.values().flat_map(|window| &window.messages);
        self.window_bytes = left.map(|message| bytes_of(message)).sum();
    }
}
