//! `archive show --why`: the proof of a retention decision, made again from what is recorded.

use super::support::{Serve, Site, message, run, stderr, stdout};
use serde_json::Value;
use std::fs;

const RULES: &str = r#"
[policy.settings.rules.securities-137]
law = "Securities Law"
article = "137"
jurisdiction = "CN"
purpose = "records"
clock = "message"
floor = "FLOOR"
counting = "cn-civil-code"
effective_from = "2020-03-01"
verified = true
verified_by = "An Office"
verified_on = "2026-11-02"
source = { title = "Securities Law (2019)", url = "https://example.org/137" }

[policy.settings.rules.habit]
law = "House rules"
jurisdiction = "CN"
purpose = "habit"
clock = "message"
ceiling = "P1Y"
verified = false
source = { title = "a circular", text = "secondary" }

[policy.settings.rules.before]
law = "Securities Law of before"
jurisdiction = "CN"
purpose = "records"
clock = "message"
floor = "P10Y"
effective_to = "2020-02-29"
verified = true
"#;

/// A site whose packs keep by the Securities Law, each with its own floor.
fn site(language: &str, floors: &[(&str, &str)]) -> Site {
    let site = Site::new();
    let mut set = format!("language = \"{language}\"\ntime_zone = \"Asia/Shanghai\"\n");
    for (name, floor) in floors {
        site.retention_pack(name, &RULES.replace("FLOOR", floor));
        set.push_str("[[apply]]\npack = \"");
        set.push_str(name);
        set.push_str("\"\n");
    }
    site.write("set.toml", &set);
    let daemon = Serve::start(&site);
    // The last half an hour of 28 February by UTC.
    let mut leap = message("leap", "x");
    leap["sent_at"] = "2024-02-28T23:30:00Z".into();
    let (status, answer) = daemon.post("/v1/messages", &leap.to_string());
    assert_eq!(status, 200, "{answer}");
    site
}

fn shown(site: &Site, arguments: &[&str]) -> String {
    let config = site.text("proviso.toml");
    let fixed = ["archive", "show", "leap", "--why", "--config", &config];
    let output = run(&[&fixed, arguments].concat());
    assert!(output.status.success(), "{}", stderr(&output));
    stdout(&output)
}

fn why(site: &Site) -> Value {
    let shown: Value = serde_json::from_str(&shown(site, &["--format", "json"])).unwrap();
    shown["why"].clone()
}

#[test]
fn the_proof_names_every_rule_and_agrees_with_what_is_recorded() {
    let site = site("en", &[("kept", "P21Y")]);
    let text = shown(&site, &[]);
    for line in [
        "Keep it until 2045-02-28, then dispose of it. The longest statutory period decides.",
        "├─ day of the message: 2024-02-29 (Asia/Shanghai; 2024-02-28T23:30:00Z)",
        "├─ Securities Law 137 (CN)",
        "│  ├─ in effect: from 2020-03-01",
        "│  ├─ clock starts with: the message's own time, 2024-02-29",
        "│  ├─ verified: yes, by An Office on 2026-11-02",
        "│  ├─ source: Securities Law (2019), https://example.org/137 (no digest of the text)",
        "│  └─ at least 21 years (P21Y), until 2045-02-28: it decides",
        "│  └─ at most 1 year (P1Y), until 2025-02-28: not verified, so it never destroys",
        "└─ Securities Law of before: not in effect on the day of the message",
    ] {
        assert!(text.lines().any(|shown| shown == line), "{line}\n{text}");
    }
    assert!(!text.contains("DIFFERS") && !text.contains("not at hand"), "{text}");
    let why = why(&site);
    assert_eq!((&why["differs"], &why["without_laws"]), (&Value::Null, &Value::Null));
    assert_eq!(why["proof"]["form"], 1);
    assert_eq!(why["proof"]["decision"]["until"], "2045-02-28");

    // Without the pack nobody knows what its rules stated; the decision is that of the verdict's proposals.
    fs::remove_dir_all(site.path("data/packs")).unwrap();
    let text = shown(&site, &[]);
    assert!(text.contains("the rules' own words are not at hand"), "{text}");
    assert!(text.contains("Keep it until 2045-02-28"), "{text}");
    assert!(!text.contains("An Office"), "{text}");
}

#[test]
fn two_packs_that_contradict_each_other_keep_the_message_for_a_person() {
    let site = site("zh", &[("kept", "P20Y"), ("other", "P10Y")]);
    let text = shown(&site, &[]);
    assert!(text.contains("继续保存。同级规则相互矛盾"), "{text}");
    assert!(
        text.contains(
            "└─ 矛盾：securities-137 (test/kept:retention) / securities-137 (test/other:retention)：同一条款，期限不同"
        ) || text.contains(
            "├─ 矛盾：securities-137 (test/kept:retention) / securities-137 (test/other:retention)：同一条款，期限不同"
        ),
        "{text}"
    );
    let decision = &why(&site)["proof"]["decision"];
    assert_eq!(
        (&decision["disposition"], &decision["why"]),
        (&"keep".into(), &"contradiction".into())
    );
    let stats = site.stats();
    assert_eq!(stats["dated"], 0, "{stats}");
}

/// What is wrong with what a rule states of its law is a problem of the set, with its place.
#[test]
fn a_law_that_is_stated_wrongly_is_refused() {
    let site = Site::new();
    site.retention_pack(
        "kept",
        &RULES.replace("FLOOR", "P20Y").replace("cn-civil-code", "by-hand"),
    );
    let output = run(&["pack", "test", &site.text("kept")]);
    assert!(!output.status.success());
    let said = stderr(&output);
    assert!(
        said.contains("setting /retention/rules/securities-137/counting: \"by-hand\" is no counting rule"),
        "{said}"
    );
}
