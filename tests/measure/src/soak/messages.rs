//! The messages of a source: each follows from the seed and its number, so that all of them can be said again at the end.

use super::random::Random;
use serde_json::{Value, json};

/// The time of each source's first message, in milliseconds: 2026-10-12 09:00 in Shanghai.
const FIRST_SENT_AT: i64 = 1_791_766_800_000;
/// Customers of a source.
const CUSTOMERS: u64 = 40;
/// One of so many messages is a customer's word on consent.
const CONSENT_EVERY: u64 = 61;
/// What the pack that is never changed finds.
pub(super) const PROMISE: &str = "保本";

/// A row of messages with identifiers of its own.
#[derive(Debug, Clone)]
pub(super) struct Source {
    /// Its name is its channel too, so that the archive counts it by itself.
    pub name: String,
    pub tenant: &'static str,
    seed: u64,
}

/// What the archive is to say of the first messages of a source.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Expected {
    pub messages: u64,
    /// Content that no policy may see: a customer refused.
    pub withheld: u64,
    /// Messages that are seen and have a promise in them.
    pub promises: u64,
}

impl Source {
    pub(super) fn new(kind: &str, number: u64, tenant: &'static str, seed: u64) -> Self {
        Self {
            name: format!("{kind}-{number}"),
            tenant,
            seed: seed ^ Random::of(number, kind.len() as u64).next(),
        }
    }

    /// Chance of its own, for what is done with the messages.
    pub(super) fn random(&self) -> Random {
        Random::of(self.seed, u64::MAX)
    }

    /// Whose message it is, and whether it is a word on consent: `Some(true)` to refuse.
    fn about(&self, number: u64) -> (u64, Option<bool>) {
        if number % CONSENT_EVERY == CONSENT_EVERY - 1 {
            let word = number / CONSENT_EVERY;
            // Each customer in turn refuses, and agrees the next time.
            let refuses = (word / CUSTOMERS).is_multiple_of(2);
            return (word % CUSTOMERS, Some(refuses));
        }
        (Random::of(self.seed, number).below(CUSTOMERS), None)
    }

    fn has_promise(&self, number: u64) -> bool {
        Random::of(self.seed, number ^ (1 << 40)).once_in(9)
    }

    /// One line, without its end.
    pub(super) fn line(&self, number: u64) -> String {
        let (customer, word) = self.about(number);
        let customer = format!("{}-customer-{customer}", self.name);
        let sent_at = FIRST_SENT_AT + number as i64 * 1_000;
        let employee = format!("employee-{}", Random::of(self.seed, number).next() % 64);
        let mut message = json!({
            "id": format!("{}/{number}", self.name), "tenant": self.tenant, "channel": self.name, "sent_at": sent_at,
            "from": { "id": employee, "class": "employee" }, "to": [{ "id": customer, "class": "external" }],
        });
        if let Some(refuses) = word {
            message["kind"] = "consent".into();
            message["from"] = json!({ "id": customer, "class": "external" });
            message["to"] = json!([{ "id": employee, "class": "employee" }]);
            message["consent"] = json!({ "party": customer, "state": if refuses { "disagree" } else { "agree" } });
        } else {
            let what = if self.has_promise(number) {
                PROMISE
            } else {
                "随时可取"
            };
            message["text"] = Value::from(format!(
                "您好，第{number}号：这款产品{what}，明天下午三点请到营业部办理，记得带上身份证件🙂。"
            ));
        }
        message.to_string()
    }

    /// A line that is no message.
    pub(super) fn bad_line(&self, number: u64) -> String {
        match number % 3 {
            0 => format!("not json, {} {number}", self.name),
            1 => format!("{{\"id\":\"{}/bad-{number}\",\"sent_at\":\"yesterday\"}}", self.name),
            _ => format!("{{\"id\":\"{}/bad-{number}\",\"surprise\":1}}", self.name),
        }
    }

    /// What is to be there of the first so many messages.
    pub(super) fn expected(&self, messages: u64) -> Expected {
        let mut refused = [false; CUSTOMERS as usize];
        let mut expected = Expected {
            messages,
            ..Expected::default()
        };
        for number in 0..messages {
            let (customer, word) = self.about(number);
            let refused = &mut refused[customer as usize];
            if let Some(refuses) = word {
                *refused = refuses;
            } else if *refused {
                expected.withheld += 1;
            } else if self.has_promise(number) {
                expected.promises += 1;
            }
        }
        expected
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_of_messages_can_be_said_again_and_its_sums_follow_from_its_lines() {
        let source = Source::new("http", 1, "bank", 7);
        let lines: Vec<Value> = (0..9_000)
            .map(|number| {
                let line = source.line(number);
                assert_eq!(line, Source::new("http", 1, "bank", 7).line(number));
                serde_json::from_str(&line).unwrap()
            })
            .collect();
        let mut refused = std::collections::BTreeSet::new();
        let mut counted = Expected {
            messages: 9_000,
            ..Expected::default()
        };
        for line in &lines {
            if let Some(consent) = line.get("consent") {
                let party = consent["party"].as_str().unwrap().to_owned();
                if consent["state"] == "disagree" {
                    refused.insert(party);
                } else {
                    refused.remove(&party);
                }
            } else if refused.contains(line["to"][0]["id"].as_str().unwrap()) {
                counted.withheld += 1;
            } else {
                counted.promises += u64::from(line["text"].as_str().unwrap().contains(PROMISE));
            }
        }
        assert!(counted.withheld > 100 && counted.promises > 100, "{counted:?}");
        assert_eq!(source.expected(9_000), counted);
        assert_ne!(source.line(1), Source::new("http", 1, "bank", 8).line(1));
    }
}
