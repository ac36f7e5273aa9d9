//! Conditions over the last turns of a conversation: what is said in pieces, message by message.

use std::ops::Range;

use proviso_sdk::{Kind, Message, Party, PartyClass, PrecedingMessage};

use crate::condition::Condition;
use crate::context::within;
use crate::scene::{Occurrence, Scene};
use crate::settings::{By, Unit};
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
    /// Parts that this message has meet within so many characters, and in one paragraph.
    pub(crate) within: Option<u32>,
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
        let held = self.held_here(scene, out);
        let elsewhere: Vec<&Condition> = (self.conditions.iter().zip(&held))
            .filter(|(_, held)| !**held)
            .map(|(condition, _)| condition)
            .collect();
        let here = self.conditions.len() - elsewhere.len();
        let holds =
            here > 0 && (here >= self.at_least || here + self.holding_earlier(&elsewhere, scene) >= self.at_least);
        if !holds {
            out.truncate(before);
        }
        holds
    }

    /// Which conditions hold in this message near each other, as many as do anywhere; their hits are added to `out`.
    fn held_here(&self, scene: &Scene<'_>, out: &mut Vec<Occurrence>) -> Vec<bool> {
        let mut hits: Vec<(usize, Occurrence)> = Vec::new();
        let mut held = vec![false; self.conditions.len()];
        let mut group = Vec::new();
        for (part, condition) in self.conditions.iter().enumerate() {
            group.clear();
            held[part] = condition.holds(scene, &mut group);
            hits.extend(group.iter().map(|hit| (part, *hit)));
        }
        hits.sort_by_key(|(_, hit)| (hit.span.start, hit.span.end));
        let best = self.nearest(scene, &hits);
        held.fill(false);
        for (part, hit) in &hits[best] {
            held[*part] = true;
            out.push(*hit);
        }
        held
    }

    /// The first stretch of hits, which stand in order, that has most parts near each other.
    fn nearest(&self, scene: &Scene<'_>, hits: &[(usize, Occurrence)]) -> Range<usize> {
        let is_near = |first: &Occurrence, last: &Occurrence| {
            scene.unit_at(Unit::Paragraph, first.span.start) == scene.unit_at(Unit::Paragraph, last.span.start)
                && self
                    .within
                    .is_none_or(|most| within(scene.text(), first.span, last.span, most))
        };
        let mut counts = vec![0u32; self.conditions.len()];
        let (mut first, mut parts) = (0, 0);
        let (mut best, mut most) = (0..0, 0);
        for (last, (part, hit)) in hits.iter().enumerate() {
            parts += usize::from(counts[*part] == 0);
            counts[*part] += 1;
            while !is_near(&hits[first].1, hit) {
                let left = hits[first].0;
                counts[left] -= 1;
                parts -= usize::from(counts[left] == 0);
                first += 1;
            }
            // What follows and is near belongs to the stretch as well.
            if parts > most || (parts == most && first == best.start) {
                (best, most) = (first..last + 1, parts);
            }
        }
        best
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
