//! More conversations at once than anybody remembers: what was said earlier in each counts all the same.

use super::support::{Serve, Site, json_lines, run, stderr, stdout};
use serde_json::{Value, json};
use std::collections::BTreeMap;

const CONVERSATIONS: usize = 6_000;
/// Messages of one request.
const PART: usize = 2_000;

/// Finds a promise, and a graver one behind a product.
const PACK: &str = r#"
name = "test/behind"
version = "1.0.0"
licence = "Apache-2.0"
host = ">=0.1.0, <0.2.0"
description = { en = "Promises behind products" }

[lexicon.promissory]
file = "lexicons/promissory.txt"
[lexicon.product]
file = "lexicons/product.txt"

[[policy]]
name = "behind"
plugin = "lexicon-rules"
interfaces = ["rules"]
lists = ["promissory", "product"]
fields = ["text", "preceding"]
preceding = 2

[policy.settings.rules.promise]
severity = "medium"
when = { lists = ["promissory"] }
adjust = [{ when = { preceding = { lists = ["product"] } }, by = 1 }]
"#;

fn message(turn: usize, conversation: usize, text: &str) -> Value {
    json!({
        "id": format!("m{turn}-{conversation}"), "tenant": "bank", "channel": "chat", "conversation": format!("g{conversation}"),
        "sent_at": format!("2026-10-12T09:0{turn}:00+08:00"), "from": {"id": "li.na", "class": "employee"},
        "to": [{"id": format!("c{conversation}"), "class": "external"}], "text": text,
    })
}

/// How often each severity is found.
fn severities<'a>(findings: impl Iterator<Item = &'a Value>) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for finding in findings {
        *counts
            .entry(finding["severity"].as_str().unwrap().to_owned())
            .or_default() += 1;
    }
    counts
}

#[test]
fn eval_and_serve_judge_six_thousand_conversations_alike() {
    let site = Site::new();
    site.write("behind/pack.toml", PACK);
    site.write("behind/lexicons/promissory.txt", "保本\n");
    site.write("behind/lexicons/product.txt", "理财产品\n");
    site.write(
        "behind/settings.schema.json",
        r#"{"type": "object", "properties": {"behind": {"type": "object"}}}"#,
    );
    site.write("set.toml", "[[apply]]\npack = \"behind\"\n");
    let turns = [(1, "给您介绍一款理财产品"), (2, "放心，保本")];
    let all = turns
        .iter()
        .flat_map(|(turn, text)| (0..CONVERSATIONS).map(move |at| message(*turn, at, text)));
    let lines: Vec<String> = all.map(|message| format!("{message}\n")).collect();
    site.write("messages.jsonl", &lines.concat());

    let output = run(&[
        "eval",
        "--set",
        &site.text("set.toml"),
        "--format",
        "json",
        &site.text("messages.jsonl"),
    ]);
    assert!(output.status.success(), "{}", stderr(&output));
    let verdicts = json_lines(&stdout(&output));
    let findings = verdicts
        .iter()
        .flat_map(|verdict| verdict["findings"].as_array().unwrap());
    let graver = BTreeMap::from([("high".to_owned(), CONVERSATIONS)]);
    assert_eq!(severities(findings), graver, "eval");

    let daemon = Serve::start(&site);
    for part in lines.chunks(PART) {
        let (status, answer) = daemon.post("/v1/messages", &part.concat());
        assert_eq!((status, &answer["accepted"]), (200, &json!(part.len())), "{answer}");
    }
    daemon.terminate();
    let stats = site.stats();
    let rows = stats["findings"].as_array().unwrap();
    let kept: BTreeMap<String, u64> = rows
        .iter()
        .map(|row| {
            (
                row["severity"].as_str().unwrap().to_owned(),
                row["findings"].as_u64().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        kept,
        BTreeMap::from([("high".to_owned(), CONVERSATIONS as u64)]),
        "serve: {stats}"
    );
    let replay = run(&["replay", "--config", &site.text("proviso.toml"), "--sample", "400"]);
    assert!(replay.status.success(), "{}{}", stdout(&replay), stderr(&replay));
}
