//! Consent to archiving, and the gate that follows from it.
//!
//! Sources, all of the Personal Information Protection Law of the PRC (PIPL):
//! - art. 13: content is handled on consent, or on another lawful basis that is named, among them a legal duty (13(3));
//! - art. 14: consent is given freely, by an informed person, by a clear act; hence agreement that a platform assumes is
//!   not what [`LawfulBasis::RecordedConsent`] asks for;
//! - art. 15: consent can be withdrawn; withdrawing it does not undo what was done before. Hence the gate looks at the
//!   state when a message is judged, and never touches a verdict that was recorded earlier.

use crate::message::{Kind, Message, PartyClass};
use crate::set::LawfulBasis;
use crate::time::Timestamp;
use crate::verdict::Withheld;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// What an external contact has said about archiving.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConsentState {
    /// Agreed, by an act of their own.
    Agree,
    /// Refused, or withdrew.
    Disagree,
    /// The platform assumes agreement; a state of its own, weaker than `Agree`.
    DefaultAgree,
}

impl ConsentState {
    /// The name as files write it.
    pub const fn name(self) -> &'static str {
        match self {
            ConsentState::Agree => "agree",
            ConsentState::Disagree => "disagree",
            ConsentState::DefaultAgree => "default-agree",
        }
    }

    /// How little it allows: of two statements at one moment, the one that allows less holds.
    const fn strictness(self) -> u8 {
        match self {
            ConsentState::Agree => 0,
            ConsentState::DefaultAgree => 1,
            ConsentState::Disagree => 2,
        }
    }
}

/// An external contact gave or took consent.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ConsentEvent {
    /// The contact, as the channel identifies them.
    pub party: String,
    /// What they said.
    pub state: ConsentState,
    /// When they said it.
    pub at: Timestamp,
}

/// Decides whether policies may see a message: `None` if they may, otherwise why they may not. Called once for every message.
///
/// `state_of` gives what a party last said, by id. Parties of class `external` are asked for; a party whose class the
/// source does not say may be external and is treated as such. A refusal outweighs a record that is missing.
///
/// Events (consent, recall, system) that carry no content are never withheld: there is nothing to protect in them, and
/// a consent event must be seen to have its effect. One that does carry text, files, links or money is treated as any message.
pub fn gate(
    basis: LawfulBasis,
    message: &Message,
    state_of: impl Fn(&str) -> Option<ConsentState>,
) -> Option<Withheld> {
    if basis == LawfulBasis::LegalDuty || is_bare_event(message) {
        return None;
    }
    let mut missing = false;
    for party in message.parties() {
        // A party without class and id stands for none: an event of the channel has no sender.
        let nobody = party.class == PartyClass::Unknown && party.id.is_empty();
        if nobody || matches!(party.class, PartyClass::Employee | PartyClass::Robot) {
            continue;
        }
        match state_of(&party.id) {
            Some(ConsentState::Disagree) => return Some(Withheld::ConsentRefused),
            Some(ConsentState::Agree) => {}
            Some(ConsentState::DefaultAgree) | None => missing = true,
        }
    }
    (missing && basis == LawfulBasis::RecordedConsent).then_some(Withheld::ConsentMissing)
}

fn is_bare_event(message: &Message) -> bool {
    matches!(message.kind, Kind::Consent | Kind::Recall | Kind::System)
        && message.text.is_empty()
        && message.attachments.is_empty()
        && message.links.is_empty()
        && message.amount.is_none()
}

/// What each party last said, whatever the order in which their statements arrive: the latest by its own time holds, and of
/// two at one moment the one that allows less.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConsentLedger(HashMap<String, (Timestamp, ConsentState)>);

impl ConsentLedger {
    /// Takes in a statement; true if it changed what holds.
    pub fn record(&mut self, event: &ConsentEvent) -> bool {
        let rank = |(at, state): (Timestamp, ConsentState)| (at, state.strictness());
        let stated = (event.at, event.state);
        match self.0.get_mut(&event.party) {
            Some(known) if rank(*known) >= rank(stated) => false,
            Some(known) => {
                *known = stated;
                true
            }
            None => self.0.insert(event.party.clone(), stated).is_none(),
        }
    }

    /// What a party last said.
    pub fn state_of(&self, party: &str) -> Option<ConsentState> {
        self.0.get(party).map(|(_, state)| *state)
    }
}
