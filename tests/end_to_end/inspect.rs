//! `proviso pack inspect --diff`: what an upgrade changes.

use super::support::{Site, copy_folder, run, stderr, stdout};
use serde_json::{Value, json};

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
