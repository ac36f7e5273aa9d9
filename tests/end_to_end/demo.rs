//! `proviso demo`, as a newcomer sees it.

use super::support::{project, run, stderr, stdout};
use serde_json::Value;

#[test]
fn the_demo_shows_what_it_promises() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("demo").to_str().unwrap().to_owned();
    let policies = project().join("policies").to_str().unwrap().to_owned();
    let output = run(&["demo", "--dir", &dir, "--policies", &policies]);
    assert_eq!(output.status.code(), Some(0), "{}{}", stdout(&output), stderr(&output));
    let text = stdout(&output);
    for part in [
        "2,400 synthetic messages",
        "Findings by pack, policy and rule",
        "Retention by what decides",
        "Highest scores",
        "Held messages: 1",
        "is held: invoices",
        "nothing found",
        "Live after",
        "the same sentence again: critical guaranteed-return",
        "unknown key",
        "What to type next",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
    let config = format!("{dir}/proviso.toml");
    let stats = run(&["archive", "stats", "--config", &config, "--format", "json"]);
    let stats: Value = serde_json::from_str(&stdout(&stats)).unwrap();
    let rows = stats["messages"].as_array().unwrap();
    let total: u64 = rows.iter().map(|row| row["messages"].as_u64().unwrap()).sum();
    assert_eq!(total, 2_402, "the sample and the two messages of the live edit");
    let kinds = rows.iter().filter(|row| row["channel"] == "wecom").count();
    assert_eq!(kinds, 28, "every type of WeCom, and one that nobody knows");
    assert_eq!(stats["held"], 1);
    let replay = run(&["replay", "--config", &config, "--sample", "1000"]);
    assert_eq!(replay.status.code(), Some(0), "{}", stdout(&replay));
    // A folder that somebody else filled is left alone.
    let foreign = folder.path().join("foreign");
    std::fs::create_dir(&foreign).unwrap();
    std::fs::write(foreign.join("mine.txt"), "mine").unwrap();
    let refused = run(&["demo", "--dir", foreign.to_str().unwrap(), "--policies", &policies]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(foreign.join("mine.txt").exists());
}
