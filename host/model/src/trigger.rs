//! What makes a policy run.

use crate::message::{Direction, Kind, Message, PartyClass};
use std::fmt;

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

impl<L: fmt::Display> fmt::Display for Trigger<L> {
    /// `always`, `lists promises, offers`, `all of (kinds text; any of (direction inbound; sender external))`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fn joined<T>(items: &[T], between: &str, of: impl Fn(&T) -> String) -> String {
            items.iter().map(of).collect::<Vec<_>>().join(between)
        }
        match self {
            Trigger::Always => f.write_str("always"),
            Trigger::Lists(lists) => write!(f, "lists {}", joined(lists, ", ", ToString::to_string)),
            Trigger::Kinds(kinds) => write!(f, "kinds {}", joined(kinds, ", ", |kind| kind.name().to_owned())),
            Trigger::Directions(all) => write!(f, "direction {}", joined(all, ", ", |one| one.name().to_owned())),
            Trigger::Sender(all) => write!(f, "sender {}", joined(all, ", ", |one| one.name().to_owned())),
            Trigger::Recipient(all) => write!(f, "recipient {}", joined(all, ", ", |one| one.name().to_owned())),
            Trigger::Any(all) => write!(f, "any of ({})", joined(all, "; ", ToString::to_string)),
            Trigger::All(all) => write!(f, "all of ({})", joined(all, "; ", ToString::to_string)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canonical::{Defaults, from_json};
    use proviso_rows::each_row;

    #[test]
    fn a_trigger_fires_on_what_it_names() {
        let text = r#"{"id":"m","tenant":"t","channel":"c","kind":"file","sent_at":0,
            "from":{"id":"a","class":"employee"},"to":[{"id":"b","class":"robot"},{"id":"c","class":"external"}]}"#;
        let message = from_json(text, &Defaults::default()).unwrap();
        let hits = |list: &u8| *list == 7;
        let (yes, no) = (|| Trigger::Always, || Trigger::Lists(vec![]));
        let table: [(Trigger<u8>, bool); 16] = [
            (Trigger::Always, true),
            (Trigger::Lists(vec![1, 7]), true),
            (Trigger::Lists(vec![1]), false),
            (Trigger::Kinds(vec![Kind::Text, Kind::File]), true),
            (Trigger::Kinds(vec![Kind::Text]), false),
            (Trigger::Directions(vec![Direction::Outbound]), true),
            (Trigger::Directions(vec![Direction::Inbound]), false),
            (Trigger::Sender(vec![PartyClass::Employee]), true),
            (Trigger::Sender(vec![PartyClass::External]), false),
            (Trigger::Recipient(vec![PartyClass::External]), true),
            (Trigger::Recipient(vec![PartyClass::Employee]), false),
            (Trigger::Any(vec![no(), yes()]), true),
            (Trigger::Any(vec![no(), no()]), false),
            (Trigger::All(vec![yes(), yes()]), true),
            (Trigger::All(vec![yes(), no()]), false),
            (
                Trigger::Any(vec![Trigger::All(vec![no()]), Trigger::Lists(vec![7])]),
                true,
            ),
        ];
        each_row(table, |(trigger, expected)| {
            assert_eq!(trigger.fires(&message, &hits), expected, "{trigger:?}");
        });
    }

    #[test]
    fn lists_are_renamed_at_every_depth() {
        let trigger = Trigger::Any(vec![
            Trigger::Always,
            Trigger::All(vec![Trigger::Lists(vec!["a", "b"])]),
        ]);
        let index = |known: &'static [&'static str]| {
            trigger.try_map(&mut |name: &&str| {
                known
                    .iter()
                    .position(|list| list == name)
                    .ok_or_else(|| name.to_string())
            })
        };
        let expected = Trigger::Any(vec![Trigger::Always, Trigger::All(vec![Trigger::Lists(vec![1, 0])])]);
        assert_eq!(index(&["b", "a"]), Ok(expected));
        assert_eq!(index(&["a"]), Err("b".to_owned()));
    }

    #[test]
    fn a_trigger_reads_as_words() {
        let trigger = Trigger::All(vec![
            Trigger::Kinds(vec![Kind::Text, Kind::RedPacket]),
            Trigger::Any(vec![
                Trigger::Directions(vec![Direction::Inbound]),
                Trigger::Lists(vec!["promises".to_owned()]),
                Trigger::Always,
            ]),
        ]);
        assert_eq!(
            trigger.to_string(),
            "all of (kinds text, red-packet; any of (direction inbound; lists promises; always))"
        );
    }
}
