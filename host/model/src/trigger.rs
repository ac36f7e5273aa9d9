//! What makes a policy run.

use crate::message::{Direction, Kind, Message, PartyClass};

/// A condition on a message, evaluated natively before any guest is called. `L` names a list: its name in a manifest, its
/// index in a generation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trigger<L> {
    /// Every message.
    Always,
    /// A hit of at least one of these lists.
    Lists(Vec<L>),
    /// The message is of one of these kinds.
    Kinds(Vec<Kind>),
    /// The message goes one of these ways.
    Directions(Vec<Direction>),
    /// The sender is of one of these classes.
    Sender(Vec<PartyClass>),
    /// At least one recipient is of one of these classes.
    Recipient(Vec<PartyClass>),
    /// At least one of these holds.
    Any(Vec<Trigger<L>>),
    /// All of these hold.
    All(Vec<Trigger<L>>),
}

impl<L> Trigger<L> {
    /// True if the policy is to run. `has_hit` says whether a list has a hit in the message.
    pub fn fires(&self, message: &Message, has_hit: &impl Fn(&L) -> bool) -> bool {
        match self {
            Trigger::Always => true,
            Trigger::Lists(lists) => lists.iter().any(has_hit),
            Trigger::Kinds(kinds) => kinds.contains(&message.kind),
            Trigger::Directions(directions) => directions.contains(&message.direction),
            Trigger::Sender(classes) => classes.contains(&message.sender.class),
            Trigger::Recipient(classes) => message.recipients.iter().any(|party| classes.contains(&party.class)),
            Trigger::Any(triggers) => triggers.iter().any(|trigger| trigger.fires(message, has_hit)),
            Trigger::All(triggers) => triggers.iter().all(|trigger| trigger.fires(message, has_hit)),
        }
    }

    /// The same trigger with every list named in another way; the first list that `name` refuses ends it.
    pub fn try_map<M, E>(&self, name: &mut impl FnMut(&L) -> Result<M, E>) -> Result<Trigger<M>, E> {
        Ok(match self {
            Trigger::Always => Trigger::Always,
            Trigger::Lists(lists) => Trigger::Lists(lists.iter().map(name).collect::<Result<_, _>>()?),
            Trigger::Kinds(kinds) => Trigger::Kinds(kinds.clone()),
            Trigger::Directions(directions) => Trigger::Directions(directions.clone()),
            Trigger::Sender(classes) => Trigger::Sender(classes.clone()),
            Trigger::Recipient(classes) => Trigger::Recipient(classes.clone()),
            Trigger::Any(triggers) => Trigger::Any(
                triggers
                    .iter()
                    .map(|trigger| trigger.try_map(name))
                    .collect::<Result<_, _>>()?,
            ),
            Trigger::All(triggers) => Trigger::All(
                triggers
                    .iter()
                    .map(|trigger| trigger.try_map(name))
                    .collect::<Result<_, _>>()?,
            ),
        })
    }
}
