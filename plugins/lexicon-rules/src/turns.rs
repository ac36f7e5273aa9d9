//! Conditions over the last turns of a conversation: what is said in pieces, message by message.

use proviso_sdk::{Kind, Message, Party, PartyClass, PrecedingMessage};

use crate::condition::Condition;
use crate::scene::{Occurrence, Scene};
use crate::settings::By;

/// Compiled from `turns` and the keys beside it.
#[derive(Debug, Clone)]
pub(crate) struct Turns {
    pub(crate) conditions: Vec<Condition>,
    /// Turns that are looked at, this message included.
    pub(crate) last: usize,
    pub(crate) by: By,
    pub(crate) milliseconds: Option<i64>,
}

impl Turns {
    /// False where it cannot hold, by a look at hits alone.
    pub(crate) fn may_hold(&self, scene: &Scene<'_>) -> bool {
        let is_elsewhere = |condition: &&Condition| !condition.may_hold(scene);
        let elsewhere: Vec<&Condition> = self.conditions.iter().filter(is_elsewhere).collect();
        elsewhere.len() < self.conditions.len()
            && elsewhere.iter().all(|condition| {
                self.earlier(scene)
                    .any(|earlier| condition.may_hold_in(&scene.hits_of(earlier)))
            })
    }

    /// True if each condition holds in one of the turns, and one of them in this message, whose hits are then added to `out`.
    pub(crate) fn holds(&self, scene: &Scene<'_>, out: &mut Vec<Occurrence>) -> bool {
        if !self.may_hold(scene) {
            return false;
        }
        let before = out.len();
        let elsewhere: Vec<&Condition> = self
            .conditions
            .iter()
            .filter(|condition| !condition.holds(scene, out))
            .collect();
        if elsewhere.len() == self.conditions.len() {
            return false;
        }
        let earlier: Vec<(Message, &PrecedingMessage)> = if elsewhere.is_empty() {
            Vec::new()
        } else {
            let may_count = |earlier: &&PrecedingMessage| {
                let hits = scene.hits_of(earlier);
                elsewhere.iter().any(|condition| condition.may_hold_in(&hits))
            };
            self.earlier(scene)
                .filter(may_count)
                .map(|earlier| (as_message(earlier), earlier))
                .collect()
        };
        let scenes: Vec<Scene<'_>> = earlier.iter().map(|(message, of)| scene.earlier(message, of)).collect();
        let holds = elsewhere.iter().all(|condition| {
            let mut ignored = Vec::new();
            scenes.iter().any(|earlier| condition.holds(earlier, &mut ignored))
        });
        if !holds {
            out.truncate(before);
        }
        holds
    }

    /// The messages before this one that are among the turns, the newest first.
    fn earlier<'s>(&self, scene: &Scene<'s>) -> impl Iterator<Item = &'s PrecedingMessage> {
        let (now, by, most) = (scene.message.sent_at, self.by, self.milliseconds);
        let counts = move |earlier: &&PrecedingMessage| {
            (by == By::Conversation || earlier.same_sender)
                && most.is_none_or(|most| now.saturating_sub(earlier.sent_at) <= most)
        };
        scene.preceding().iter().rev().filter(counts).take(self.last - 1)
    }
}

/// An earlier message as the conditions see one: what is not told of it is empty.
fn as_message(earlier: &PrecedingMessage) -> Message {
    Message {
        id: String::new(),
        kind: Kind::Text,
        direction: earlier.direction,
        sent_at: earlier.sent_at,
        sender: Party {
            id: String::new(),
            class: PartyClass::Unknown,
            department: String::new(),
        },
        recipients: Vec::new(),
        conversation: String::new(),
        text: earlier.text.clone(),
        amount: None,
        attachments: Vec::new(),
        links: Vec::new(),
        hits: Vec::new(),
        truncated: false,
        preceding: Vec::new(),
    }
}
