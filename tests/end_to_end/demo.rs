//! `proviso demo`, as a newcomer sees it.

use super::support::{json_lines, project, proviso, run, stderr, stdout};
use proviso_archive::Archive;
use serde_json::Value;
use std::os::unix::process::CommandExt;
use std::path::Path;
use unicode_width::UnicodeWidthStr;

/// Two screens of 45 lines.
const LINES_MAX: usize = 90;
/// Columns of a terminal.
const COLUMNS_MAX: usize = 100;

/// The demo in its default folder, called by the name that `make demo` calls it by.
fn demo(folder: &Path, more: &[&str]) -> String {
    let policies = project().join("policies").to_str().unwrap().to_owned();
    let mut arguments = vec!["demo", "--policies", &policies];
    arguments.extend(more);
    let output = proviso(&arguments)
        .arg0("target/release/proviso")
        .current_dir(folder)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{}{}", stdout(&output), stderr(&output));
    stdout(&output)
}

/// Messages whose verdict, as it is kept, has a last day: counted one by one, not as the demo counts them.
fn dated(archive: &Path) -> usize {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let archive = Archive::open_readonly(archive).await.unwrap();
        let mut dated = 0;
        for numbered in archive.message_ids(0, 10_000).await.unwrap() {
            let shown = archive.show(&numbered.id).await.unwrap().unwrap();
            let until = shown.retention.and_then(|kept| kept.decision.until);
            dated += usize::from(until.is_some());
        }
        dated
    })
}

/// The rows of a table, from its title to its source.
fn table<'a>(text: &'a str, title: &str) -> Vec<&'a str> {
    text.lines()
        .skip_while(|line| !line.starts_with(title))
        .skip(2)
        .take_while(|line| !line.starts_with("  from: "))
        .collect()
}

#[test]
fn the_demo_shows_what_it_promises() {
    let folder = tempfile::tempdir().unwrap();
    let text = demo(folder.path(), &[]);
    for part in [
        "2,400 synthetic messages",
        "the gravest first (--full: all)",
        "证券法 第一百三十七条",
        "示例银行制度（依个人信息保护法第十九条）",
        "Highest scores",
        "Held messages: 1",
        "is held: invoices",
        "nothing found",
        "Live after",
        "The same sentence again: critical guaranteed-return",
        "承诺保本",
        "promises principal or return",
        "unknown key",
        "What to type next",
        "http://127.0.0.1:8787/console/   name: demo   first password: ",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
    let lines = text.lines().count();
    assert!(lines <= LINES_MAX, "{lines} lines:\n{text}");
    let wide: Vec<_> = text.lines().filter(|line| line.width() > COLUMNS_MAX).collect();
    assert!(wide.is_empty(), "{wide:#?}");
    // Messages, findings, retention, scores, held ones: each says where it comes from.
    let sources = text.lines().filter(|line| line.starts_with("  from: "));
    assert_eq!(sources.count(), 5, "{text}");

    let dir = folder.path().join("demo-data");
    let kept = dated(&dir.join("data/archive.db"));
    assert!(kept > 0);
    let said = text.lines().find(|line| line.contains(" messages have a date"));
    assert!(
        said.unwrap().trim_start().starts_with(&format!("{kept} of 2,400 ")),
        "{kept} in {said:?}"
    );
    let years = ["2029-10-", "2031-10-", "2046-10-"];
    let retention = table(&text, "Retention: until when").join("\n");
    assert!(years.iter().all(|year| retention.contains(year)), "{retention}");

    let config = dir.join("proviso.toml").to_str().unwrap().to_owned();
    let stats = run(&["archive", "stats", "--config", &config, "--format", "json"]);
    let stats: Value = serde_json::from_str(&stdout(&stats)).unwrap();
    let rows = stats["messages"].as_array().unwrap();
    let total: u64 = rows.iter().map(|row| row["messages"].as_u64().unwrap()).sum();
    assert_eq!(total, 2_402, "the sample and the two messages of the live edit");
    let kinds = rows.iter().filter(|row| row["channel"] == "wecom").count();
    assert_eq!(kinds, 28, "every type of WeCom, and one that nobody knows");
    assert_eq!(stats["held"], 1);
    assert_eq!(stats["dated"], kept);
    let replay = run(&["replay", "--config", &config, "--sample", "1000"]);
    assert_eq!(replay.status.code(), Some(0), "{}", stdout(&replay));

    the_full_form_has_every_rule(folder.path(), &stats);
}

/// In the same folder, whose compiled policies stay.
fn the_full_form_has_every_rule(folder: &Path, stats: &Value) {
    let text = demo(folder, &["--full"]);
    let lines = text.lines().count();
    assert!(lines > LINES_MAX, "{lines} lines:\n{text}");
    assert!(!text.contains("--full") && !text.contains("[…]"), "{text}");
    let findings = table(&text, "Findings by pack, policy and rule").join("\n");
    for found in stats["findings"].as_array().unwrap() {
        let rule = found["rule"].as_str().unwrap();
        assert!(findings.contains(rule), "{rule} in {findings}");
    }
    let retention = table(&text, "Retention by what decides").join("\n");
    for kept in stats["retention"].as_array().unwrap() {
        let law = kept["statute"]["law"].as_str().unwrap_or_default();
        let until = kept["last_until"].as_str().unwrap_or_default();
        assert!(
            retention.contains(law) && retention.contains(until),
            "{kept} in {retention}"
        );
    }
    let stated = json_lines(&demo(folder, &["--format", "json"]));
    assert_eq!(stated[0]["stats"]["dated"], stats["dated"]);
}

#[test]
fn the_demo_leaves_a_folder_alone_that_somebody_else_filled() {
    let folder = tempfile::tempdir().unwrap();
    let policies = project().join("policies").to_str().unwrap().to_owned();
    std::fs::write(folder.path().join("mine.txt"), "mine").unwrap();
    let refused = run(&[
        "demo",
        "--dir",
        folder.path().to_str().unwrap(),
        "--policies",
        &policies,
    ]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(folder.path().join("mine.txt").exists());
}
