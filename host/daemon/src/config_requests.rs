//! `[requests.TENANT]` of `proviso.toml`: what one person may not do alone, or not at once.

use proviso_model::Timestamp;
use proviso_model::toml_read::{Table, TomlFile};
use proviso_sources::SourceContext;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

const DAY_MS: i64 = 86_400_000;
/// Days for which a request may run, once it may, unless the tenant says another number.
const VALID_DAYS: i64 = 30;
/// The acts that can be asked for, by their names.
const ACTS: [&str; 4] = [DISPOSAL, HOLD_RELEASE, EXPORT, SCORING];
/// The end of messages.
pub(crate) const DISPOSAL: &str = "disposal";
/// The end of an order to keep.
pub(crate) const HOLD_RELEASE: &str = "hold-release";
/// Messages that are given away.
pub(crate) const EXPORT: &str = "export";
/// People who are scored by a machine.
pub(crate) const SCORING: &str = "scoring";

/// What each tenant asks for. One that is not named asks for nothing.
#[derive(Debug, Clone, Default)]
pub struct RequestRules(BTreeMap<String, OfTenant>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct OfTenant {
    second_person: BTreeSet<String>,
    waiting_days: i64,
    valid_days: i64,
}

/// How an act of a tenant is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asking {
    /// Somebody else approves it.
    pub second_person: bool,
    /// Before then it does not run.
    pub not_before: Timestamp,
    /// From then on it does not run any more.
    pub ends_at: Timestamp,
}

impl RequestRules {
    /// A tenant that asks for requests before an act; none where no tenant does.
    pub(crate) fn first(&self, act: &str) -> Option<&str> {
        let at = Timestamp::from_millis(0).expect("the epoch");
        let mut tenants = self.0.keys().map(String::as_str);
        tenants.find(|tenant| self.asking(tenant, act, at).is_some())
    }

    /// The tenants that want a second person for an act.
    pub(crate) fn second_person<'a>(&'a self, act: &'a str) -> impl Iterator<Item = &'a str> {
        let wanting = self
            .0
            .iter()
            .filter(move |(_, of_tenant)| of_tenant.second_person.contains(act));
        wanting.map(|(tenant, _)| tenant.as_str())
    }

    /// Each tenant with what it asks for, as JSON on one line.
    pub(crate) fn lines(&self) -> impl Iterator<Item = (&str, String)> {
        self.0.iter().map(|(tenant, of_tenant)| {
            let OfTenant {
                second_person,
                waiting_days,
                valid_days,
            } = of_tenant;
            let said =
                json!({ "second_person": second_person, "waiting_days": waiting_days, "valid_days": valid_days });
            (tenant.as_str(), said.to_string())
        })
    }

    /// How an act is asked for at a time; `None` where one person may do it alone, and at once.
    pub fn asking(&self, tenant: &str, act: &str, at: Timestamp) -> Option<Asking> {
        let of_tenant = self.0.get(tenant)?;
        let second_person = of_tenant.second_person.contains(act);
        // A hold may end at once, for what it kept then waits like all that is due; an export destroys nothing, and a scoring can be ended.
        let waiting_days = if act == DISPOSAL { of_tenant.waiting_days } else { 0 };
        if !second_person && waiting_days == 0 {
            return None;
        }
        let behind = |days: i64| Timestamp::from_millis(at.as_millis().saturating_add(days * DAY_MS)).unwrap_or(at);
        Some(Asking {
            second_person,
            not_before: behind(waiting_days),
            ends_at: behind(waiting_days + of_tenant.valid_days),
        })
    }
}

/// Reads the table `requests`, one table for each tenant. Problems go to the file.
pub(crate) fn request_rules(file: &mut TomlFile<'_>, root: &mut Table<'_>) -> RequestRules {
    let mut rules = RequestRules::default();
    let Some(table) = root.table(file, "requests") else {
        return rules;
    };
    for ((tenant, at), mut table) in table.into_tables(file) {
        if let Err(error) = SourceContext::new(tenant.as_str(), "chat") {
            let shown = &tenant[..tenant.floor_char_boundary(64)];
            file.problem(at, format!("{shown:?} is no tenant: {error}"));
        }
        let mut second_person = BTreeSet::new();
        for (act, at) in table.strings(file, "second_person").unwrap_or_default() {
            if ACTS.contains(&act.as_str()) {
                second_person.insert(act);
            } else {
                let shown = &act[..act.floor_char_boundary(64)];
                let expected = ACTS.join(", ");
                file.problem(
                    at,
                    format!("`second_person` has {shown:?}: expected some of {expected}"),
                );
            }
        }
        let days = |file: &mut TomlFile<'_>, table: &mut Table<'_>, key, least| {
            table.integer(file, key, least..=3_650).map(|(days, _)| days)
        };
        let waiting_days = days(file, &mut table, "waiting_days", 0).unwrap_or(0);
        let valid_days = days(file, &mut table, "valid_days", 1).unwrap_or(VALID_DAYS);
        table.finish(file);
        let of_tenant = OfTenant {
            second_person,
            waiting_days,
            valid_days,
        };
        rules.0.insert(tenant, of_tenant);
    }
    rules
}

#[cfg(test)]
mod tests {
    use crate::config::Config;
    use proviso_model::Timestamp;
    use std::path::Path;

    fn parse(lines: &str) -> anyhow::Result<Config> {
        let text = format!("set = \"s.toml\"\n{lines}");
        Config::parse(Path::new("proviso.toml"), Path::new("/etc/proviso"), &text)
    }

    #[test]
    fn a_tenant_says_what_nobody_does_alone_or_at_once() {
        let rules = parse(
            "[requests.bank]\nsecond_person = [\"disposal\", \"hold-release\"]\nwaiting_days = 7\n\
             [requests.shop]\nwaiting_days = 1\nvalid_days = 2\n[requests.idle]\n\
             [requests.court]\nsecond_person = [\"export\"]\nwaiting_days = 3\n",
        )
        .unwrap()
        .requests;
        let at = Timestamp::from_millis(1_790_000_000_000).unwrap();
        let days = |tenant, act| {
            rules.asking(tenant, act, at).map(|asking| {
                let days = |until: Timestamp| (until.as_millis() - at.as_millis()) / super::DAY_MS;
                (asking.second_person, days(asking.not_before), days(asking.ends_at))
            })
        };
        assert_eq!(days("bank", "disposal"), Some((true, 7, 37)));
        assert_eq!(days("bank", "hold-release"), Some((true, 0, 30)));
        assert_eq!(days("shop", "disposal"), Some((false, 1, 3)));
        assert_eq!(days("court", "export"), Some((true, 0, 30)));
        assert_eq!((rules.first("export"), rules.first("unmask")), (Some("court"), None));
        for (tenant, act) in [
            ("shop", "hold-release"),
            ("shop", "export"),
            ("bank", "export"),
            ("idle", "disposal"),
            ("other", "disposal"),
        ] {
            assert_eq!(days(tenant, act), None, "{tenant} {act}");
        }
    }

    #[test]
    fn what_cannot_be_asked_for_is_a_problem() {
        for (lines, told) in [
            (
                "second_person = [\"unmask\"]",
                "`second_person` has \"unmask\": expected some of disposal, hold-release, export, scoring",
            ),
            ("waiting_days = -1", "`waiting_days` is -1: expected 0 to 3650"),
            ("valid_days = 0", "`valid_days` is 0: expected 1 to 3650"),
            ("waiting = 7", "unknown key `waiting`"),
            ("[requests.\"a/b\"]", "\"a/b\" is no tenant"),
        ] {
            let error = parse(&format!("[requests.bank]\n{lines}\n")).unwrap_err().to_string();
            assert!(error.contains(told), "{told} in {error}");
        }
    }
}
