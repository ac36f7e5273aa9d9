//! Ends that people hand in, of relationships, contracts, products and disputes: the moments from which retention clocks run.

use super::{ClockStart, Moments};
use crate::basis::Side;
use crate::consent::side_of;
use crate::directory::Account;
use crate::message::Message;
use crate::time::{Day, Timestamp, Zone};
use std::collections::HashMap;
use std::fmt;

/// What ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ended {
    /// The relationship with a customer.
    Relationship,
    /// A contract.
    Contract,
    /// A product.
    Product,
    /// A dispute.
    Dispute,
}

impl Ended {
    /// Everything that ends.
    pub const ALL: [Ended; 4] = [Ended::Relationship, Ended::Contract, Ended::Product, Ended::Dispute];

    /// The name as files write it.
    pub const fn name(self) -> &'static str {
        match self {
            Ended::Relationship => "relationship",
            Ended::Contract => "contract",
            Ended::Product => "product",
            Ended::Dispute => "dispute",
        }
    }

    /// What is called so.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|ended| ended.name() == name)
    }

    /// The clock that its end starts.
    pub const fn clock(self) -> ClockStart {
        match self {
            Ended::Relationship => ClockStart::RelationshipEnd,
            Ended::Contract | Ended::Product => ClockStart::ContractEnd,
            Ended::Dispute => ClockStart::DisputeEnd,
        }
    }
}

/// Whose messages an end concerns. Both are written `channel:identifier`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Concerns {
    /// Those with a customer.
    Customer(Account),
    /// Those of a conversation, whoever takes part.
    Conversation(Account),
}

impl Concerns {
    /// Channel and identifier.
    pub const fn place(&self) -> &Account {
        match self {
            Concerns::Customer(place) | Concerns::Conversation(place) => place,
        }
    }
}

impl fmt::Display for Concerns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self {
            Concerns::Customer(_) => "customer",
            Concerns::Conversation(_) => "conversation",
        };
        write!(f, "{what} {}", self.place())
    }
}

/// One line of what is handed in. A later line on the same thing takes the place of an earlier one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ending {
    /// The tenant.
    pub tenant: String,
    /// Whose messages.
    pub of: Concerns,
    /// What ends.
    pub what: Ended,
    /// Which of several, such as a contract's number; may be empty.
    pub reference: String,
    /// The day on which it ends, which may be to come; absent while no end is known.
    pub on: Option<Day>,
    /// Where it comes from; may be empty.
    pub source: String,
}

impl Ending {
    /// True if both speak of the same thing.
    pub fn is_about(&self, other: &Ending) -> bool {
        (&self.tenant, &self.of, self.what, &self.reference) == (&other.tenant, &other.of, other.what, &other.reference)
    }
}

/// How a clock stands; `None` on the way where nothing is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    Open,
    Since(Timestamp),
}

/// Places of clocks.
const CLOCKS: usize = 3;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Clocks([Option<Standing>; CLOCKS]);

impl Clocks {
    /// Several contracts end with the last of them, and not while one is open.
    fn add(&mut self, what: Ended, standing: Standing) {
        let place = &mut self.0[place(what)];
        *place = Some(match (*place, standing) {
            (Some(Standing::Open), _) | (_, Standing::Open) => Standing::Open,
            (Some(Standing::Since(one)), Standing::Since(other)) => Standing::Since(one.max(other)),
            (None, since) => since,
        });
    }
}

const fn place(what: Ended) -> usize {
    match what {
        Ended::Relationship => 0,
        Ended::Contract | Ended::Product => 1,
        Ended::Dispute => 2,
    }
}

#[derive(Debug, Clone, Default)]
struct OfChannel {
    customers: HashMap<String, Clocks>,
    conversations: HashMap<String, Clocks>,
}

/// All that was handed in, ready to be asked. Days begin in the time zone that it was made with.
#[derive(Debug, Clone, Default)]
pub struct Endings(HashMap<String, HashMap<String, OfChannel>>);

impl Endings {
    /// From the lines in the order in which they were handed in.
    pub fn new<'a>(lines: impl IntoIterator<Item = &'a Ending>, zone: &Zone) -> Self {
        let mut standing: HashMap<(&str, &Concerns, Ended, &str), Option<Day>> = HashMap::new();
        for line in lines {
            let key = (line.tenant.as_str(), &line.of, line.what, line.reference.as_str());
            standing.insert(key, line.on);
        }
        let mut endings = Self::default();
        for ((tenant, of, what, _), on) in standing {
            let channels = endings.0.entry(tenant.to_owned()).or_default();
            let channel = channels.entry(of.place().channel.clone()).or_default();
            let clocks = match of {
                Concerns::Customer(_) => &mut channel.customers,
                Concerns::Conversation(_) => &mut channel.conversations,
            };
            let on = on.map_or(Standing::Open, |day| Standing::Since(zone.start_of(day)));
            clocks.entry(of.place().id.clone()).or_default().add(what, on);
        }
        endings
    }

    /// The moments from which a message's clocks run. What was handed in of its conversation decides; else what was handed in of
    /// its customers, all of them: while one of them is not known to be at an end, none is.
    pub fn moments(&self, message: &Message) -> Moments {
        let channels = self.0.get(&message.id.tenant);
        let Some(channel) = channels.and_then(|channels| channels.get(&message.id.channel)) else {
            return Moments::default();
        };
        let of_conversation = channel
            .conversations
            .get(&message.conversation)
            .copied()
            .unwrap_or_default();
        let clock = |place: usize| {
            let standing = of_conversation.0[place].or_else(|| channel.of_customers(message, place));
            match standing? {
                Standing::Open => None,
                Standing::Since(moment) => Some(moment),
            }
        };
        Moments {
            transaction: None,
            relationship_end: clock(0),
            contract_end: clock(1),
            dispute_end: clock(2),
        }
    }
}

impl OfChannel {
    fn of_customers(&self, message: &Message, place: usize) -> Option<Standing> {
        if self.customers.is_empty() {
            return None;
        }
        let mut last = None;
        for party in message.parties() {
            if side_of(party) != Some(Side::Contacts) {
                continue;
            }
            match self.customers.get(&party.id)?.0[place]? {
                Standing::Open => return Some(Standing::Open),
                Standing::Since(moment) => last = last.max(Some(moment)),
            }
        }
        last.map(Standing::Since)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canonical::{Defaults, from_json};
    use proviso_rows::each_row;

    fn message(to: &[&str]) -> Message {
        let to: Vec<String> = to
            .iter()
            .map(|id| format!(r#"{{"id":"{id}","class":"external"}}"#))
            .collect();
        let text = format!(
            r#"{{"id":"m","tenant":"t","channel":"c","conversation":"g","sent_at":0,
                "from":{{"id":"e","class":"employee"}},"to":[{}],"text":"a"}}"#,
            to.join(",")
        );
        from_json(&text, &Defaults::default()).unwrap()
    }

    /// `customer:x contract 2026-01-31 ref`, the day `-` where it is open.
    fn line(text: &str) -> Ending {
        let parts: Vec<&str> = text.split(' ').collect();
        let place = |id: &str| format!("c:{id}").parse().unwrap();
        let of = match parts[0].split_once(':').unwrap() {
            ("customer", id) => Concerns::Customer(place(id)),
            (_, id) => Concerns::Conversation(place(id)),
        };
        Ending {
            tenant: "t".to_owned(),
            of,
            what: Ended::from_name(parts[1]).unwrap(),
            reference: parts.get(3).unwrap_or(&"").to_string(),
            on: parts[2].parse().ok(),
            source: String::new(),
        }
    }

    #[test]
    fn a_clock_runs_from_the_end_of_all_that_the_message_concerns() {
        // What was handed in, in its order; to whom the message goes; then the day from which the contract's clock runs.
        let table: [(&[&str], &[&str], Option<&str>); 12] = [
            (&[], &["x"], None),
            (&["customer:x contract 2026-01-31"], &["x"], Some("2026-01-31")),
            (&["customer:x product 2026-01-31"], &["x"], Some("2026-01-31")),
            (&["customer:x dispute 2026-01-31"], &["x"], None),
            (&["customer:y contract 2026-01-31"], &["x"], None),
            // Of two customers, both.
            (&["customer:x contract 2026-01-31"], &["x", "y"], None),
            (
                &["customer:x contract 2026-01-31", "customer:y contract 2026-03-31"],
                &["x", "y"],
                Some("2026-03-31"),
            ),
            // Of several contracts, the last; and none while one is open.
            (
                &["customer:x contract 2026-01-31 a", "customer:x product 2025-01-31 b"],
                &["x"],
                Some("2026-01-31"),
            ),
            (
                &["customer:x contract 2026-01-31 a", "customer:x contract - b"],
                &["x"],
                None,
            ),
            // A later line takes the place of an earlier one.
            (
                &["customer:x contract 2026-01-31 a", "customer:x contract 2025-01-31 a"],
                &["x"],
                Some("2025-01-31"),
            ),
            // What is said of the conversation decides.
            (
                &["conversation:g contract 2024-01-31", "customer:x contract 2026-01-31"],
                &["x", "y"],
                Some("2024-01-31"),
            ),
            (
                &["conversation:g contract -", "customer:x contract 2026-01-31"],
                &["x"],
                None,
            ),
        ];
        each_row(table, |(lines, to, expected)| {
            let lines: Vec<Ending> = lines.iter().map(|text| line(text)).collect();
            let zone = Zone::named("Asia/Shanghai").unwrap();
            let moments = Endings::new(&lines, &zone).moments(&message(to));
            let day = moments.contract_end.map(|moment| zone.day(moment).to_string());
            assert_eq!(day.as_deref(), expected);
        });
    }
}
