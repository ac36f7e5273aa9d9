//! Conditions over the last turns of a conversation: what is said in pieces, message by message.

use proviso_sdk::{Kind, Message, Party, PartyClass, PrecedingMessage};

use crate::condition::Condition;
use crate::scene::{Occurrence, Scene};
use crate::settings::By;
use crate::sieve::Chosen;

/// Compiled from `turns` and the keys beside it.
#[derive(Debug, Clone)]
pub(crate) struct Turns {
    pub(crate) conditions: Vec<Condition>,
    /// So many of them must hold.
    pub(crate) at_least: usize,
    /// Turns that are looked at, this message included.
    pub(crate) last: usize,
    pub(crate) by: By,
    pub(crate) milliseconds: Option<i64>,
}

impl Turns {
    /// False where it cannot hold, by a look at hits alone.
    pub(crate) fn may_hold(&self, scene: &Scene<'_>) -> bool {
        let (mut here, mut elsewhere) = (0, 0);
        for condition in &self.conditions {
            if condition.may_hold(&scene.chosen, scene) {
                here += 1;
            } else if self.earlier(scene).any(|(_, chosen)| condition.may_hold(chosen, scene)) {
                elsewhere += 1;
            }
        }
        here > 0 && here + elsewhere >= self.at_least
    }

    /// True if enough conditions hold, each in one of the turns, and one of them in this message, whose hits are then added to `out`.
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
        let here = self.conditions.len() - elsewhere.len();
        let holds =
            here > 0 && (here >= self.at_least || here + self.holding_earlier(&elsewhere, scene) >= self.at_least);
        if !holds {
            out.truncate(before);
        }
        holds
    }

    /// How many of the conditions hold in one of the turns before this message.
    fn holding_earlier(&self, conditions: &[&Condition], scene: &Scene<'_>) -> usize {
        let may_count = |chosen| conditions.iter().any(|condition| condition.may_hold(chosen, scene));
        let earlier: Vec<(Message, &PrecedingMessage)> = self
            .earlier(scene)
            .filter(|(_, chosen)| may_count(chosen))
            .map(|(earlier, _)| (as_message(earlier), earlier))
            .collect();
        let scenes: Vec<Scene<'_>> = earlier.iter().map(|(message, of)| scene.earlier(message, of)).collect();
        let holds = |condition: &&&Condition| {
            let mut ignored = Vec::new();
            scenes.iter().any(|earlier| condition.holds(earlier, &mut ignored))
        };
        conditions.iter().filter(holds).count()
    }

    /// The messages before this one that are among the turns, the newest first.
    fn earlier<'s>(&self, scene: &'s Scene<'_>) -> impl Iterator<Item = (&'s PrecedingMessage, &'s Chosen)> {
        let (now, by, most) = (scene.message.sent_at, self.by, self.milliseconds);
        let counts = move |(earlier, _): &(&PrecedingMessage, &Chosen)| {
            (by == By::Conversation || earlier.same_sender)
                && most.is_none_or(|most| now.saturating_sub(earlier.sent_at) <= most)
        };
        scene.before().rev().filter(counts).take(self.last - 1)
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
