//! Which policies a message runs, found without asking each of them: the cost follows hits, not packs.
//!
//! Scopes that are alike are asked once. A policy that only a hit can trigger is looked at when one of its lists was hit;
//! the others are listed by the kind and direction that they need.

use crate::policy::{Applied, Policy};
use proviso_model::Digest;
use proviso_model::directory::Directory;
use proviso_model::message::{Direction, Kind, Message};
use proviso_model::set::PolicySet;
use proviso_model::trigger::Trigger;
use proviso_scan::{Hit, ListId};
use std::collections::HashMap;
use std::sync::Arc;

/// Coverages that are remembered at a time.
const COVERAGES_MAX: usize = 1_024;
/// Directions of a message.
const DIRECTIONS: usize = 4;

/// The tables of a generation.
pub(crate) struct Dispatch {
    /// The `[[apply]]` tables that are on, those with the same scope together; the first of each stands for all.
    scopes: Vec<Vec<usize>>,
    /// How many `[[apply]]` tables there are.
    applies: usize,
    /// By number of a list: the policies that a hit of it may trigger.
    by_list: Vec<Vec<u32>>,
    /// By kind and direction: the policies that such a message may trigger without any hit.
    by_kind: Vec<Vec<u32>>,
}

/// The `[[apply]]` tables whose scope covers a message.
#[derive(Debug)]
pub(crate) struct Coverage {
    /// By `[[apply]]`.
    covers: Box<[bool]>,
    /// Digests of their packs, in the order of the set.
    pub(crate) packs: Arc<[Digest]>,
}

/// What one thread keeps from message to message.
pub(crate) struct DispatchScratch {
    /// Scopes that cover the message at hand.
    covering: Vec<bool>,
    known: HashMap<Box<[bool]>, Arc<Coverage>>,
    last: Option<(Box<[bool]>, Arc<Coverage>)>,
    /// By number of a list, and by policy: the last message that it was seen for.
    lists: Vec<u32>,
    policies: Vec<u32>,
    message: u32,
}

impl Coverage {
    /// Of these tables.
    fn of(applied: &[Applied], covers: Box<[bool]>) -> Self {
        let packs = applied.iter().zip(&covers).filter(|(_, covers)| **covers);
        Self {
            packs: packs.map(|(applied, _)| applied.pack.digest()).collect(),
            covers,
        }
    }

    /// Of one table alone, if it is on.
    pub(crate) fn only(applied: &[Applied], apply: usize) -> Self {
        let covers = (0..applied.len()).map(|index| index == apply && applied[index].off.is_none());
        Self::of(applied, covers.collect())
    }

    /// True if that `[[apply]]` judges the message.
    pub(crate) fn has(&self, apply: usize) -> bool {
        self.covers[apply]
    }

    /// True if no `[[apply]]` judges the message.
    pub(crate) fn is_empty(&self) -> bool {
        self.packs.is_empty()
    }
}

impl Dispatch {
    pub(crate) fn new(set: &PolicySet, applied: &[Applied], policies: &[Policy], lists: usize) -> Self {
        let mut scopes: Vec<Vec<usize>> = Vec::new();
        for apply in (0..applied.len()).filter(|apply| applied[*apply].off.is_none()) {
            let scope = &set.apply[apply].scope;
            match scopes.iter_mut().find(|alike| set.apply[alike[0]].scope == *scope) {
                Some(alike) => alike.push(apply),
                None => scopes.push(vec![apply]),
            }
        }
        let mut by_list = vec![Vec::new(); lists];
        let mut by_kind = vec![Vec::new(); Kind::ALL.len() * DIRECTIONS];
        for (index, policy) in policies.iter().enumerate() {
            let index = index as u32;
            each_list(&policy.trigger, &mut |list| {
                let of_list: &mut Vec<u32> = &mut by_list[list.0 as usize];
                if of_list.last() != Some(&index) {
                    of_list.push(index);
                }
            });
            for kind in Kind::ALL {
                for direction in [
                    Direction::Internal,
                    Direction::Outbound,
                    Direction::Inbound,
                    Direction::Unknown,
                ] {
                    if may_fire_without_hits(&policy.trigger, kind, direction) {
                        by_kind[row(kind, direction)].push(index);
                    }
                }
            }
        }
        Self {
            scopes,
            applies: applied.len(),
            by_list,
            by_kind,
        }
    }

    pub(crate) fn scratch(&self, policies: usize) -> DispatchScratch {
        DispatchScratch {
            covering: vec![false; self.scopes.len()],
            known: HashMap::new(),
            last: None,
            lists: vec![0; self.by_list.len()],
            policies: vec![0; policies],
            message: 0,
        }
    }

    /// The `[[apply]]` tables that are on and whose scope covers the message.
    pub(crate) fn coverage(
        &self,
        set: &PolicySet,
        applied: &[Applied],
        (message, directory): (&Message, Option<&Directory>),
        scratch: &mut DispatchScratch,
    ) -> Arc<Coverage> {
        for (covers, alike) in scratch.covering.iter_mut().zip(&self.scopes) {
            *covers = set.covers(&set.apply[alike[0]], message, directory);
        }
        if let Some((covering, coverage)) = &scratch.last
            && **covering == *scratch.covering
        {
            return Arc::clone(coverage);
        }
        let known = scratch.known.get(scratch.covering.as_slice()).cloned();
        let coverage = known.unwrap_or_else(|| {
            let mut covers = vec![false; self.applies].into_boxed_slice();
            for (_, alike) in scratch.covering.iter().zip(&self.scopes).filter(|(covers, _)| **covers) {
                for apply in alike {
                    covers[*apply] = true;
                }
            }
            if scratch.known.len() == COVERAGES_MAX {
                scratch.known.clear();
            }
            let coverage = Arc::new(Coverage::of(applied, covers));
            scratch
                .known
                .insert(scratch.covering.as_slice().into(), Arc::clone(&coverage));
            coverage
        });
        scratch.last = Some((scratch.covering.as_slice().into(), Arc::clone(&coverage)));
        coverage
    }

    /// Puts the policies that run on the message into `triggered`, which is cleared first, in the order of the set.
    pub(crate) fn triggered(
        &self,
        policies: &[Policy],
        message: &Message,
        hits: &[Hit],
        coverage: &Coverage,
        scratch: &mut DispatchScratch,
        triggered: &mut Vec<usize>,
    ) {
        triggered.clear();
        scratch.message = scratch.message.wrapping_add(1);
        if scratch.message == 0 {
            scratch.lists.fill(0);
            scratch.policies.fill(0);
            scratch.message = 1;
        }
        let now = scratch.message;
        for policy in &self.by_kind[row(message.kind, message.direction)] {
            scratch.policies[*policy as usize] = now;
            triggered.push(*policy as usize);
        }
        for hit in hits {
            let list = hit.list.0 as usize;
            if std::mem::replace(&mut scratch.lists[list], now) != now {
                for policy in &self.by_list[list] {
                    if std::mem::replace(&mut scratch.policies[*policy as usize], now) != now {
                        triggered.push(*policy as usize);
                    }
                }
            }
        }
        let lists = &scratch.lists;
        let has_hit = |list: &ListId| lists[list.0 as usize] == now;
        triggered.retain(|policy| {
            let policy = &policies[*policy];
            coverage.has(policy.apply) && policy.trigger.fires(message, &has_hit)
        });
        triggered.sort_unstable();
    }
}

fn row(kind: Kind, direction: Direction) -> usize {
    kind as usize * DIRECTIONS + direction as usize
}

fn each_list(trigger: &Trigger<ListId>, take: &mut impl FnMut(ListId)) {
    match trigger {
        Trigger::Lists(lists) => lists.iter().for_each(|list| take(*list)),
        Trigger::Any(triggers) | Trigger::All(triggers) => {
            for trigger in triggers {
                each_list(trigger, take);
            }
        }
        Trigger::Always | Trigger::Kinds(_) | Trigger::Directions(_) | Trigger::Sender(_) | Trigger::Recipient(_) => {}
    }
}

/// False only if no message of that kind and direction fires it as long as there is no hit.
fn may_fire_without_hits(trigger: &Trigger<ListId>, kind: Kind, direction: Direction) -> bool {
    let may = |trigger| may_fire_without_hits(trigger, kind, direction);
    match trigger {
        Trigger::Lists(_) => false,
        Trigger::Kinds(kinds) => kinds.contains(&kind),
        Trigger::Directions(directions) => directions.contains(&direction),
        Trigger::Always | Trigger::Sender(_) | Trigger::Recipient(_) => true,
        Trigger::Any(triggers) => triggers.iter().any(may),
        Trigger::All(triggers) => triggers.iter().all(may),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proviso_model::message::PartyClass;
    use proviso_rows::each_row;

    #[test]
    fn what_needs_a_hit_is_not_looked_at_without_one() {
        let lists = || Trigger::Lists(vec![ListId(0)]);
        let file = || Trigger::Kinds(vec![Kind::File]);
        let table = [
            (Trigger::Always, true, true),
            (lists(), false, false),
            (file(), false, true),
            (Trigger::Directions(vec![Direction::Inbound]), false, false),
            (Trigger::Directions(vec![Direction::Outbound]), true, true),
            (Trigger::Sender(vec![PartyClass::Employee]), true, true),
            (Trigger::Any(vec![lists(), file()]), false, true),
            (Trigger::All(vec![lists(), file()]), false, false),
            (Trigger::All(vec![Trigger::Always, file()]), false, true),
            (Trigger::Any(Vec::new()), false, false),
        ];
        each_row(table, |(trigger, text, file)| {
            assert_eq!(
                may_fire_without_hits(&trigger, Kind::Text, Direction::Outbound),
                text,
                "{trigger:?}"
            );
            assert_eq!(
                may_fire_without_hits(&trigger, Kind::File, Direction::Outbound),
                file,
                "{trigger:?}"
            );
        });
        let mut found = Vec::new();
        each_list(
            &Trigger::Any(vec![lists(), Trigger::All(vec![lists(), file()])]),
            &mut |list| {
                found.push(list.0);
            },
        );
        assert_eq!(found, [0, 0]);
    }
}
