//! `proviso pack inspect --diff`: what an upgrade changes.

use super::support::{Site, copy_folder, project, run, stderr, stdout};
use serde_json::{Value, json};
use std::fs;

fn diff(site: &Site, format: &str) -> (Option<i32>, String, String) {
    let (old, new) = (site.text("promises"), site.text("upgraded"));
    let output = run(&["pack", "inspect", &new, "--diff", &old, "--format", format]);
    (output.status.code(), stdout(&output), stderr(&output))
}

#[test]
fn an_upgrade_tells_what_it_may_do_and_what_it_changes() {
    let site = Site::new();
    copy_folder(&site.path("promises"), &site.path("upgraded"));
    let (code, same, _) = diff(&site, "json");
    let same: Value = serde_json::from_str(&same).unwrap();
    assert_eq!(
        (code, &same["permissions"], &same["changes"]),
        (Some(0), &json!([]), &json!([]))
    );

    let manifest = std::fs::read_to_string(site.path("upgraded/pack.toml")).unwrap();
    let manifest = manifest
        .replace("version = \"1.0.0\"", "version = \"1.1.0\"")
        .replace(
            "fields = [\"text\", \"preceding\"]\npreceding = 2",
            "fields = [\"text\", \"id\", \"preceding\"]\npreceding = 5",
        )
        .replace("severity = \"high\"", "severity = \"low\"");
    site.write("upgraded/pack.toml", &manifest);
    site.write(
        "upgraded/lexicons/promissory.txt",
        "# 新\n保本\n保收益\n稳赚不赔\n刚性兑付\n",
    );
    let (code, found, error) = diff(&site, "json");
    assert_eq!(code, Some(0), "{error}");
    let found: Value = serde_json::from_str(&found).unwrap();
    assert_eq!(
        (&found["old"]["version"], &found["new"]["version"]),
        (&json!("1.0.0"), &json!("1.1.0"))
    );
    assert_eq!(
        found["permissions"],
        json!([
            { "of": "policy promises", "what": "field", "after": "id" },
            { "of": "policy promises", "what": "preceding messages", "before": "2", "after": "5" },
        ])
    );
    assert_eq!(
        found["changes"],
        json!([
            { "of": "policy promises/rules/promise/severity", "what": "setting", "before": "\"high\"", "after": "\"low\"" },
            { "of": "lexicons/promissory.txt", "what": "entries", "before": "1: guaranteed return", "after": "1: 刚性兑付" },
        ])
    );
    let (_, table, _) = diff(&site, "table");
    let more = table.find("May do more than before").unwrap();
    assert!(
        more < table.find("Changes").unwrap() && table.contains("1.0.0 to 1.1.0"),
        "{table}"
    );

    // Another pack is no older version.
    site.write("promises/pack.toml", &manifest.replace("test/promises", "test/others"));
    let (code, _, error) = diff(&site, "table");
    assert!(code == Some(2) && error.contains("test/others"), "{error}");
}

#[test]
fn the_reference_page_has_every_rule_list_and_setting() {
    for name in ["bank-cn", "broker-us", "data-leak", "departure-risk", "ecommerce-cn"] {
        let folder = project().join("policies").join(name);
        let output = run(&["pack", "docs", folder.to_str().unwrap()]);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        let page = stdout(&output);
        let manifest: toml::Table = fs::read_to_string(folder.join("pack.toml")).unwrap().parse().unwrap();
        let mut wanted: Vec<String> = Vec::new();
        for policy in manifest["policy"].as_array().unwrap() {
            wanted.push(format!("\n## {}\n", policy["name"].as_str().unwrap()));
            let settings = policy.get("settings").and_then(toml::Value::as_table);
            for group in ["rules", "signals"] {
                let rules = settings
                    .and_then(|settings| settings.get(group))
                    .and_then(toml::Value::as_table);
                let on = rules
                    .into_iter()
                    .flatten()
                    .filter(|(_, rule)| rule.get("enabled") != Some(&false.into()));
                wanted.extend(on.map(|(rule, _)| format!("\n| {rule} | ")));
            }
        }
        for kind in ["lexicon", "patterns"] {
            let lists = manifest.get(kind).and_then(toml::Value::as_table);
            wanted.extend(lists.into_iter().flatten().map(|(list, _)| format!("\n| {list} | `")));
        }
        assert!(wanted.len() > 5);
        for text in wanted {
            assert!(page.contains(&text), "{name} lacks {text:?}:\n{page}");
        }
        // Every section that is linked is there.
        for link in page.split("](#").skip(1).filter_map(|rest| rest.split(')').next()) {
            let heading = |line: &str| line.trim_start_matches('#').trim() == link;
            assert!(
                page.lines().filter(|line| line.starts_with('#')).any(heading),
                "{name}: {link}"
            );
        }
    }
}

#[test]
fn a_pack_is_shown_with_the_statutes_it_stands_on_and_what_makes_it_run() {
    let folder = project().join("policies/bank-cn");
    let output = run(&["pack", "inspect", folder.to_str().unwrap(), "--format", "json"]);
    let facts: Value = serde_json::from_str(&stdout(&output)).unwrap();
    let statutes = facts["statutes"].as_array().unwrap();
    let ended = statutes.iter().find(|statute| !statute["to"].is_null()).unwrap();
    assert_eq!(
        (&ended["law"], &ended["to"]),
        (&json!("中华人民共和国反洗钱法（2006年）"), &json!("2024-12-31"))
    );
    assert_eq!(
        (&ended["verified"], &ended["jurisdiction"]),
        (&json!(false), &json!("CN"))
    );
    assert!(
        facts["plugins"]
            .as_array()
            .unwrap()
            .iter()
            .all(|plugin| plugin["configured_anew"].is_null())
    );
    let output = run(&["pack", "inspect", folder.to_str().unwrap()]);
    let page = stdout(&output);
    for text in ["runs on", "Statutes", "a secondary source", "once"] {
        assert!(page.contains(text), "{text}: {page}");
    }
}
