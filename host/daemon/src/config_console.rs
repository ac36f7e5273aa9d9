//! `[console]` of `proviso.toml`: which findings people are to look at, how soon, and how they reach the console.

use proviso_archive::{ANSWER_HOURS_MAX, AlertRule, AlertRules};
use proviso_model::toml_read::{Table, TomlFile};
use proviso_model::verdict::Severity;
use proviso_sources::SourceContext;
use std::net::IpAddr;

/// What the console must know of where it stands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConsoleConfig {
    /// True if browsers reach it by HTTPS, which a proxy before the daemon speaks: cookies are sent by that alone; `https`, default false.
    pub https: bool,
    /// Proxies whose word is taken for where a request came from; `proxies`, default none.
    pub proxies: Vec<IpAddr>,
}

/// Reads the table `console`, with a table below `tenants` for each tenant that differs. Problems go to the file.
pub(crate) fn console(file: &mut TomlFile<'_>, root: &mut Table<'_>) -> (ConsoleConfig, AlertRules) {
    let mut rules = AlertRules::default();
    let Some(mut table) = root.table(file, "console") else {
        return (ConsoleConfig::default(), rules);
    };
    let console = place(file, &mut table);
    rules.all = rule(file, &mut table, AlertRule::default());
    if let Some(tenants) = table.table(file, "tenants") {
        for ((tenant, at), mut table) in tenants.into_tables(file) {
            if let Err(error) = SourceContext::new(tenant.as_str(), "chat") {
                let shown = &tenant[..tenant.floor_char_boundary(64)];
                file.problem(at, format!("{shown:?} is no tenant: {error}"));
            }
            let own = rule(file, &mut table, rules.all);
            table.finish(file);
            rules.tenants.insert(tenant, own);
        }
    }
    table.finish(file);
    (console, rules)
}

fn place(file: &mut TomlFile<'_>, table: &mut Table<'_>) -> ConsoleConfig {
    let https = table.boolean(file, "https").is_some_and(|(https, _)| https);
    let mut proxies = Vec::new();
    for (text, at) in table.strings(file, "proxies").unwrap_or_default() {
        match text.parse() {
            Ok(address) => proxies.push(address),
            Err(_) => file.problem(
                at,
                format!("`proxies` has {text:?}: expected the address of a proxy, as 10.0.0.2"),
            ),
        }
    }
    ConsoleConfig { https, proxies }
}

/// What a table says, and else what holds otherwise.
fn rule(file: &mut TomlFile<'_>, table: &mut Table<'_>, otherwise: AlertRule) -> AlertRule {
    let severities = Severity::ALL.map(|severity| (severity.name(), severity));
    let from = table.choice(file, "alert_from", &severities);
    let hours = table.integer(file, "answer_within_hours", 1..=i64::from(ANSWER_HOURS_MAX));
    AlertRule {
        from: from.unwrap_or(otherwise.from),
        answer_within_hours: hours.map_or(otherwise.answer_within_hours, |(hours, _)| hours as u32),
    }
}

#[cfg(test)]
mod tests {
    use crate::config::Config;
    use proviso_archive::{AlertRule, AlertRules};
    use proviso_model::verdict::Severity;
    use std::path::Path;

    fn parse(lines: &str) -> anyhow::Result<Config> {
        let text = format!("set = \"s.toml\"\n{lines}");
        Config::parse(Path::new("proviso.toml"), Path::new("/etc/proviso"), &text)
    }

    #[test]
    fn a_tenant_says_what_it_does_otherwise_than_all() {
        assert_eq!(*parse("").unwrap().alerts, AlertRules::default());
        let rules = parse(
            "[console]\nalert_from = \"high\"\n[console.tenants.bank]\nanswer_within_hours = 4\n\
             [console.tenants.shop]\nalert_from = \"low\"\n",
        )
        .unwrap()
        .alerts;
        let rule = |from, answer_within_hours| AlertRule {
            from,
            answer_within_hours,
        };
        assert_eq!(rules.of("bank"), rule(Severity::High, 4));
        assert_eq!(rules.of("shop"), rule(Severity::Low, 24));
        assert_eq!(rules.of("other"), rule(Severity::High, 24));
    }

    #[test]
    fn the_console_knows_what_stands_before_it() {
        let console = parse("[console]\nhttps = true\nproxies = [\"10.0.0.2\", \"::1\"]\n")
            .unwrap()
            .console;
        assert!(console.https);
        assert_eq!(console.proxies.len(), 2);
        assert_eq!(parse("[console]\n").unwrap().console, super::ConsoleConfig::default());
    }

    #[test]
    fn what_is_no_rule_is_a_problem() {
        for (lines, told) in [
            ("https = \"yes\"", "`https`"),
            ("proxies = [\"proxy.example\"]", "`proxies` has \"proxy.example\""),
            ("alert_from = \"severe\"", "expected"),
            (
                "answer_within_hours = 0",
                "`answer_within_hours` is 0: expected 1 to 8760",
            ),
            ("alerts = true", "unknown key `alerts`"),
            ("[console.tenants.bank]\nfrom = \"low\"", "unknown key `from`"),
            ("[console.tenants.\"a/b\"]", "\"a/b\" is no tenant"),
        ] {
            let error = parse(&format!("[console]\n{lines}\n")).unwrap_err().to_string();
            assert!(error.contains(told), "{told} in {error}");
        }
    }
}
