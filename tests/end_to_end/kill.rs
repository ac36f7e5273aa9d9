//! SIGKILL at any moment: as many messages and verdicts as were sent, none twice, and a log that is whole after each.

use super::support::{Serve, Site, message, run, stderr, stdout, wait_until};
use std::io::Write;
use std::time::Duration;

const MESSAGES_PER_ROUND: u64 = 400;
/// How often all that was sent is delivered again.
const REDELIVERIES: u64 = 3;

/// Fifty each time, more by `make kills`.
fn kills() -> u64 {
    std::env::var("PROVISO_KILLS").map_or(50, |count| count.parse().unwrap())
}

/// Every leaf and row is what was committed, whatever the moment was.
fn is_whole(site: &Site, when: u64) {
    let output = run(&["audit", "verify", "--config", &site.text("proviso.toml")]);
    assert_eq!(
        output.status.code(),
        Some(0),
        "kill {when}: {}{}",
        stdout(&output),
        stderr(&output)
    );
}

#[test]
fn nothing_is_lost_or_doubled_by_kills() {
    let site = Site::new();
    let mut random = Random(7);
    let mut sent = 0;
    let mut interrupted = 0;
    let mut lines = Vec::new();
    for round in 0..kills() {
        let mut file = std::fs::OpenOptions::new()
            .append(true)
            .create(true)
            .open(site.path(&format!("spool/{}.jsonl", round / 10)))
            .unwrap();
        for _ in 0..MESSAGES_PER_ROUND {
            let text = if sent % 5 == 0 {
                "这款产品保本"
            } else {
                "好的，收到"
            };
            let mut line = message(&format!("m{sent}"), text);
            line["from"]["id"] = format!("employee-{}", sent % 7).into();
            writeln!(file, "{line}").unwrap();
            lines.push(line.to_string());
            sent += 1;
        }
        drop(file);
        let daemon = Serve::start(&site);
        std::thread::sleep(Duration::from_micros(random.below(60_000)));
        daemon.kill();
        is_whole(&site, round);
        interrupted += u64::from(site.messages() < sent);
    }
    println!("{} kills, {interrupted} of them before all was committed", kills());
    assert!(interrupted > 0, "no kill met the daemon at work");
    let daemon = Serve::start(&site);
    wait_until("the rest", || site.messages() >= sent);
    // All of it comes again, in another order each time.
    for redelivery in 1..=REDELIVERIES {
        for last in (1..lines.len() as u64).rev() {
            lines.swap(last as usize, random.below(last + 1) as usize);
        }
        site.write(&format!("spool/again-{redelivery}.jsonl"), &(lines.join("\n") + "\n"));
        wait_until("the redelivery", || duplicates(&site.stats()) >= redelivery * sent);
    }
    assert_eq!(daemon.terminate(), Some(0));
    is_whole(&site, kills());
    assert_eq!(site.messages(), sent);
    let stats = site.stats();
    let promises: u64 = findings(&stats, "promise");
    assert_eq!(promises, sent / 5, "each promise was found once: {stats}");
    assert_eq!(stats["conflicts"], 0);
    // The states of the folds are those of a run without kills: a replay from the recorded states agrees.
    let replay = run(&["replay", "--config", &site.text("proviso.toml"), "--sample", "200"]);
    assert_eq!(replay.status.code(), Some(0), "{}{}", stdout(&replay), stderr(&replay));
}

fn duplicates(stats: &serde_json::Value) -> u64 {
    let sources = stats["sources"].as_array().unwrap();
    sources
        .iter()
        .map(|source| source["duplicates"].as_u64().unwrap())
        .sum()
}

fn findings(stats: &serde_json::Value, rule: &str) -> u64 {
    let rows = stats["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|row| row["rule"] == rule);
    rows.map(|row| row["findings"].as_u64().unwrap()).sum()
}

/// Xorshift: moments to kill at.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}
