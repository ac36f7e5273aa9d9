//! What must be known of earlier messages before one can be judged, consent and the last messages of each conversation; and
//! the gate that a message passes with them.

use crate::ports::Past;
use proviso_engine::Input;
use proviso_model::basis::{Applied, LawfulBases, Permit, Side, TenantBasis};
use proviso_model::consent::{self, ConsentLedger, Gate, Visible};
use proviso_model::directory::Directory;
use proviso_model::limits::PRECEDING_MESSAGES_MAX;
use proviso_model::retention::Endings;
use proviso_model::set::PolicySet;
use proviso_model::statement::{PEOPLE, Statement};
use proviso_model::{Addressed, Message, Timestamp};
use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, LazyLock};

/// Bytes of earlier messages that are remembered beside a keeper, which is asked for the others.
const BACKED_BYTES_MAX: usize = 32 << 20;
/// Bytes that are remembered where there is no keeper: more than the last messages of a million conversations.
const ALONE_BYTES_MAX: usize = 2 << 30;
/// What a message takes beside its text, about.
const MESSAGE_BYTES: usize = 768;
/// What a conversation takes beside its messages, about.
const WINDOW_BYTES: usize = 256;
/// What a party takes beside the identifier, about.
const PARTY_BYTES: usize = 96;
/// What a statement takes, about.
const STATEMENT_BYTES: usize = 16;

/// What is remembered between messages. Fed in order of arrival. Bounded in bytes, and only ever emptied where nothing waits for
/// its commit: what those behind it need stays until then.
pub struct Memory {
    ledgers: HashMap<String, Ledger>,
    windows: HashMap<String, Window>,
    /// Rises with every message, to tell which conversation was quiet for longest.
    clock: u64,
    window_bytes: usize,
    ledger_bytes: usize,
    /// True if a keeper knows all that was forgotten here.
    is_backed: bool,
    forgotten: u64,
    /// The directory that the next messages are judged by.
    directory: Option<Arc<Directory>>,
    /// The ends from which retention clocks run.
    endings: Option<Arc<Endings>>,
    /// The lawful basis of each tenant that names its own.
    bases: Arc<LawfulBases>,
}

/// What the parties of a channel said.
#[derive(Default)]
struct Ledger {
    said: ConsentLedger,
    /// Those whose statements are known, or known to be none.
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

/// The accounts whose consent the gate may ask for, and the one whose statement a message carries.
fn parties<'m>(basis: &'m TenantBasis, message: &'m Message) -> impl Iterator<Item = &'m str> {
    let asked = message
        .parties()
        .filter(|party| consent::side_of(party).is_some_and(|side| basis.of(side).is_some()))
        .map(|party| party.id.as_str());
    asked.chain(message.consent.as_ref().map(|event| event.party.as_str()))
}

/// The people whom the gate may ask for by their numbers.
fn people<'m>(basis: &TenantBasis, directory: Option<&'m Directory>, message: &'m Message) -> Vec<&'m str> {
    if basis.of(Side::Employees).is_none() {
        return Vec::new();
    }
    let employees = message
        .parties()
        .filter(|party| consent::side_of(party) == Some(Side::Employees));
    employees
        .filter_map(|party| consent::person_of(directory, message, party))
        .collect()
}

/// A message, or of one that may not be stored whole what may be kept.
fn may_be_kept(message: Arc<Addressed>, basis: &Applied) -> Arc<Addressed> {
    if basis.permits == Permit::Metadata {
        return Arc::new(message.metadata());
    }
    message
}

fn bytes_of(message: &Addressed) -> usize {
    MESSAGE_BYTES + message.text.len()
}

impl Memory {
    /// A memory beside a keeper, which knows everything that came before.
    pub fn backed() -> Self {
        Self::new(true)
    }

    /// A memory where nothing is kept: what it forgets is nowhere, and [`Memory::forgotten`] counts it. It never forgets consent.
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
            directory: None,
            endings: None,
            bases: Arc::default(),
        }
    }

    /// The number of conversations whose last messages were forgotten, though no keeper has them.
    pub fn forgotten(&self) -> u64 {
        self.forgotten
    }

    /// Asks for what is not known, then admits the messages one after the other. After an error some may have been admitted:
    /// clear the memory.
    pub fn admit<P: Past>(
        &mut self,
        set: &PolicySet,
        messages: Vec<Arc<Addressed>>,
        past: &mut P,
    ) -> Result<Vec<Input>, P::Error> {
        self.ask(set, &messages, past)?;
        Ok(messages
            .into_iter()
            .map(|message| self.admit_next(set, message))
            .collect())
    }

    /// The same for one message that is kept already and is judged again at `now`: what is permitted now decides, and what is
    /// kept of it stays as it is.
    pub fn admit_again<P: Past>(
        &mut self,
        set: &PolicySet,
        message: Arc<Addressed>,
        past: &mut P,
        now: Timestamp,
    ) -> Result<Input, P::Error> {
        let messages = [message];
        self.ask(set, &messages, past)?;
        let [message] = messages;
        Ok(self.pass(set, message, now))
    }

    fn ask<P: Past>(&mut self, set: &PolicySet, messages: &[Arc<Addressed>], past: &mut P) -> Result<(), P::Error> {
        self.directory = past.directory();
        self.endings = past.endings();
        self.bases = past.bases();
        // Conversations first: the parties to what was said in them are asked for too.
        self.ask_for_conversations(messages, past)?;
        self.ask_for_consents(set, messages, past)
    }

    /// What the messages from here on are judged by, where no keeper is asked.
    pub fn know(&mut self, directory: Option<Arc<Directory>>, endings: Option<Arc<Endings>>, bases: Arc<LawfulBases>) {
        self.directory = directory;
        self.endings = endings;
        self.bases = bases;
    }

    /// Notes what somebody said, where no keeper is asked.
    pub fn hear(&mut self, statement: &Statement) {
        let key = ledger_key(&statement.tenant, statement.whose.channel());
        self.ledgers.entry(key).or_default().said.record(&statement.event());
    }

    fn ask_for_conversations<P: Past>(&mut self, messages: &[Arc<Addressed>], past: &mut P) -> Result<(), P::Error> {
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
        for (key, found) in keys.into_iter().zip(past.preceding(&firsts)?) {
            let messages: VecDeque<_> = found
                .into_iter()
                .map(|one| Arc::new(Addressed::from(one).without_raw()))
                .collect();
            self.window_bytes += WINDOW_BYTES + messages.iter().map(|one| bytes_of(one)).sum::<usize>();
            let used = self.clock;
            self.windows.insert(key, Window { messages, used });
        }
        Ok(())
    }

    /// Of the parties to these messages and to those that are shown beside them.
    fn ask_for_consents<P: Past>(
        &mut self,
        set: &PolicySet,
        messages: &[Arc<Addressed>],
        past: &mut P,
    ) -> Result<(), P::Error> {
        let mut unknown: HashMap<(String, String), Vec<String>> = HashMap::new();
        let (bases, directory) = (Arc::clone(&self.bases), self.directory.clone());
        for message in messages {
            let (tenant, channel) = (&message.id.tenant, &message.id.channel);
            let basis = bases.of(tenant, set.lawful_basis);
            let window = self.windows.get(&conversation_key(message));
            let beside = window.into_iter().flat_map(|window| &window.messages);
            let all = || std::iter::once(message).chain(beside.clone());
            let accounts = all().flat_map(|message| parties(basis, message)).collect();
            let people = all()
                .flat_map(|message| people(basis, directory.as_deref(), message))
                .collect();
            let both: [(&str, Vec<&str>); 2] = [(channel, accounts), (PEOPLE, people)];
            for (channel, parties) in both {
                if parties.is_empty() {
                    continue;
                }
                let ledger = self.ledgers.entry(ledger_key(tenant, channel)).or_default();
                for party in parties {
                    if !ledger.known.contains(party) {
                        ledger.known.insert(party.to_owned());
                        self.ledger_bytes += PARTY_BYTES + party.len();
                        let asked = unknown.entry((tenant.clone(), channel.to_owned())).or_default();
                        asked.push(party.to_owned());
                    }
                }
            }
        }
        for ((tenant, channel), parties) in unknown {
            let parties: Vec<&str> = parties.iter().map(String::as_str).collect();
            let said = past.consents(&tenant, &channel, &parties)?;
            let ledger = self.ledgers.entry(ledger_key(&tenant, &channel)).or_default();
            self.ledger_bytes += said.len() * STATEMENT_BYTES;
            for event in &said {
                ledger.said.record(event);
            }
        }
        Ok(())
    }

    /// Notes a message's consent, asks the gate, and picks its preceding messages. What is not remembered counts as not there:
    /// whoever has a keeper calls [`Memory::admit`]. Of a message that may not be stored whole, what may be kept goes on.
    pub fn admit_next(&mut self, set: &PolicySet, message: Arc<Addressed>) -> Input {
        let sent_at = message.sent_at;
        let mut input = self.pass(set, message, sent_at);
        if let Some(basis) = &input.basis {
            input.message = may_be_kept(input.message, basis);
        }
        input
    }

    /// Of messages that are not taken in, what may be kept of each by its own lawful basis. Nothing of them is remembered.
    pub fn only_what_may_be_kept<P: Past>(
        &mut self,
        set: &PolicySet,
        messages: Vec<Arc<Addressed>>,
        past: &mut P,
    ) -> Result<Vec<Arc<Addressed>>, P::Error> {
        self.ask_for_consents(set, &messages, past)?;
        let kept = messages.into_iter().map(|message| {
            let none = std::iter::empty::<Arc<Addressed>>();
            let basis = consent::visible(self.gate(set, &message, message.sent_at), &message, none).basis;
            may_be_kept(message, &basis)
        });
        Ok(kept.collect())
    }

    /// `moment` is that whose state of consent decides.
    fn gate<'a>(&'a self, set: &PolicySet, message: &Message, moment: Timestamp) -> Gate<'a> {
        static NOTHING: LazyLock<ConsentLedger> = LazyLock::new(ConsentLedger::default);
        let (tenant, channel) = (&message.id.tenant, &message.id.channel);
        let basis = self.bases.of(tenant, set.lawful_basis);
        let said = |channel: &str| {
            self.ledgers
                .get(&ledger_key(tenant, channel))
                .map(|ledger| &ledger.said)
        };
        Gate {
            basis,
            said: said(channel).unwrap_or(&NOTHING),
            people: basis.of(Side::Employees).and_then(|_| said(PEOPLE)),
            directory: self.directory.as_deref(),
            moment,
        }
    }

    /// `moment` is that whose state of consent decides.
    fn pass(&mut self, set: &PolicySet, message: Arc<Addressed>, moment: Timestamp) -> Input {
        if let Some(event) = &message.consent {
            let key = ledger_key(&message.id.tenant, &message.id.channel);
            let ledger = self.ledgers.entry(key).or_default();
            ledger.said.record(&event.heard_at(message.sent_at));
        }
        let key = conversation_key(&message);
        let earlier = self.windows.get(&key).map(|window| window.messages.iter().cloned());
        let Visible {
            withheld,
            basis,
            preceding,
        } = consent::visible(
            self.gate(set, &message, moment),
            &message,
            earlier.into_iter().flatten(),
        );
        self.clock += 1;
        let window_bytes = &mut self.window_bytes;
        let window = self.windows.entry(key).or_insert_with(|| {
            *window_bytes += WINDOW_BYTES;
            Window::default()
        });
        window.used = self.clock;
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
        let endings = self.endings.as_ref();
        Input {
            moments: endings.map(|endings| endings.moments(&message)).unwrap_or_default(),
            message,
            preceding,
            withheld,
            basis: Some(basis),
            quarantined: None,
            directory: self.directory.clone(),
        }
    }

    /// True if there is too much.
    pub fn is_full(&self) -> bool {
        self.window_bytes > self.bytes_max() || self.is_backed && self.ledger_bytes > self.bytes_max()
    }

    /// Forgets what was quiet for longest, if there is too much. To be called where nothing that was admitted waits for its commit:
    /// a keeper does not have it yet.
    pub fn evict(&mut self) {
        self.evict_to(self.bytes_max());
    }

    fn bytes_max(&self) -> usize {
        if self.is_backed {
            BACKED_BYTES_MAX
        } else {
            ALONE_BYTES_MAX
        }
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

    /// Forgets everything: after a transaction that was not committed, and which the memory has seen. What was judged on top of it is
    /// to be judged again.
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
        self.window_bytes = self.windows.len() * WINDOW_BYTES + left.map(|message| bytes_of(message)).sum::<usize>();
    }
}

#[cfg(test)]
#[path = "admit_tests.rs"]
mod tests;
