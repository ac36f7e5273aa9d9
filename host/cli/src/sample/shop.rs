//! The shop's half: canonical messages of several channels.

use super::{Phrases, Random, START_MILLIS, Speaker, Tenant, next_moment};
use serde_json::json;

const EMPLOYEES: [&str; 5] = ["agent.01", "agent.02", "agent.03", "buyer.04", "ops.05"];
const CUSTOMERS: [&str; 7] = [
    "cust.1001",
    "cust.1002",
    "cust.1003",
    "cust.1004",
    "cust.1005",
    "cust.1006",
    "cust.1007",
];
const CHANNELS: [&str; 3] = ["dingtalk", "slack", "mail"];

/// The words that the example plugin with a bug on purpose stumbles over.
pub(crate) const BREAKING: &str = "Order note: %%BRITTLE%% please check the invoice again.";

pub(super) fn messages(phrases: &Phrases, random: &mut Random, number: u32) -> Vec<String> {
    let mut at = START_MILLIS;
    (0..number)
        .map(|serial| {
            at = next_moment(random, at);
            let risky = random.one_in(14);
            let (employee, customer) = (*random.of(&EMPLOYEES), *random.of(&CUSTOMERS));
            let speaker = match random.below(6) {
                0 => Speaker::ToColleague,
                1..=3 => Speaker::ToCustomer,
                _ => Speaker::Customer,
            };
            let text = if serial == number / 2 {
                BREAKING.to_owned()
            } else {
                phrases.line(random, Tenant::Shop, speaker, risky).to_owned()
            };
            let member = |id: &str| json!({"id": id, "class": "employee"});
            let stranger = |id: &str| json!({"id": id, "class": "external"});
            let (from, to) = match speaker {
                Speaker::ToColleague => (member(employee), member(EMPLOYEES[0])),
                Speaker::ToCustomer => (member(employee), stranger(customer)),
                Speaker::Customer => (stranger(customer), member(employee)),
            };
            let channel = *random.of(&CHANNELS);
            let mut message = json!({
                "id": format!("shop-{serial}"), "channel": channel, "sent_at": at, "from": from, "to": [to],
                "kind": if channel == "mail" { "email" } else { "text" }, "text": text,
            });
            if serial % 60 == 59 {
                message["kind"] = json!("file");
                let name = phrases.file(random, Tenant::Shop, risky);
                message["attachments"] = json!([{"name": name, "size_bytes": 48_000 + serial}]);
            } else if serial % 60 == 29 {
                let (title, url) = phrases.link(random, Tenant::Shop, risky);
                message["kind"] = json!("link");
                message["text"] = json!(title);
                message["links"] = json!([url]);
            }
            message.to_string()
        })
        .collect()
}
