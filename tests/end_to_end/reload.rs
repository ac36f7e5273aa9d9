//! Policies change under load: nothing is lost, judged twice or held, and every verdict can be judged again.

use super::support::{SET, Serve, Site, json_lines, message, run, stdout, wait_until};
use serde_json::Value;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

const EDITS: usize = 50;
/// Every tenth edit is broken.
const BROKEN_EVERY: usize = 10;
const MESSAGES_PER_SECOND: u64 = 2_000;
const BATCH: u64 = 100;

#[test]
fn fifty_edits_under_a_steady_load() {
    let site = Site::new();
    let daemon = Serve::start(&site);
    let (stop, sent) = (AtomicBool::new(false), AtomicU64::new(0));
    let mut slowest = Duration::ZERO;
    std::thread::scope(|scope| {
        scope.spawn(|| send_steadily(&daemon, &stop, &sent));
        for edit in 1..=EDITS {
            if edit % BROKEN_EVERY == 0 {
                break_the_set(&site, &daemon, edit);
            } else {
                let before = daemon.generation();
                site.write("set.toml", &SET.replace("\"wonder\"", &format!("\"wonder{edit}\"")));
                slowest = slowest.max(wait_until("an edit", || daemon.generation() != before));
            }
        }
        stop.store(true, Ordering::Relaxed);
    });
    let sent = sent.load(Ordering::Relaxed);
    println!(
        "{sent} messages sent; the slowest of {EDITS} edits was live after {} ms",
        slowest.as_millis()
    );
    // The promise is one second; a test machine that is busy with other builds gets some more.
    assert!(slowest < Duration::from_secs(5), "an edit took {slowest:?}");

    let status = daemon.status();
    assert_eq!(status["messages"]["committed"], sent, "{status}");
    assert_eq!(status["messages"]["held"], 0);
    assert_eq!(status["messages"]["duplicate"], 0);
    let (_, history) = daemon.get("/v1/policy/history");
    let history: Value = serde_json::from_str(&history).unwrap();
    let failed = history
        .as_array()
        .unwrap()
        .iter()
        .filter(|entry| entry["status"] == "failed")
        .count();
    assert_eq!(failed, EDITS / BROKEN_EVERY);
    assert_eq!(daemon.terminate(), Some(0));
    assert_eq!(site.messages(), sent);

    let replay = run(&[
        "replay",
        "--config",
        &site.text("proviso.toml"),
        "--sample",
        "1000",
        "--format",
        "json",
    ]);
    let replayed = json_lines(&stdout(&replay));
    assert_eq!(replayed.len(), 1_000);
    let generations: std::collections::BTreeSet<_> =
        replayed.iter().map(|line| line["generation"].to_string()).collect();
    assert!(generations.len() > 1, "the sample spans several generations");
    for line in &replayed {
        assert_eq!(line["identical"], true, "{line}");
    }
    assert_eq!(replay.status.code(), Some(0));
}

fn send_steadily(daemon: &Serve, stop: &AtomicBool, sent: &AtomicU64) {
    let every = Duration::from_millis(1_000 * BATCH / MESSAGES_PER_SECOND);
    let mut next = Instant::now();
    while !stop.load(Ordering::Relaxed) {
        let first = sent.load(Ordering::Relaxed);
        let lines: Vec<_> = (first..first + BATCH)
            .map(|n| {
                let text = if n % 9 == 0 {
                    "这款产品保本保收益"
                } else {
                    "明天下午三点开会"
                };
                let mut line = message(&format!("m{n}"), text);
                line["from"]["id"] = format!("employee-{}", n % 40).into();
                line.to_string()
            })
            .collect();
        let (status, answer) = daemon.post("/v1/messages", &lines.join("\n"));
        assert_eq!((status, &answer["accepted"]), (200, &BATCH.into()), "{answer}");
        sent.fetch_add(BATCH, Ordering::Relaxed);
        next += every;
        std::thread::sleep(next.saturating_duration_since(Instant::now()));
    }
}

fn break_the_set(site: &Site, daemon: &Serve, edit: usize) {
    let running = daemon.generation();
    let misspelt = format!("[[apply]]\npack = \"promises\"\nmoed = \"edit {edit}\"\n");
    site.write("set.toml", &misspelt);
    wait_until("a refusal", || daemon.status()["last_attempt"]["result"] == "refused");
    let status = daemon.status();
    let problem = &status["last_attempt"]["problems"][0];
    assert!(problem["file"].as_str().unwrap().ends_with("set.toml"), "{problem}");
    assert_eq!(
        (&problem["line"], &problem["column"]),
        (&3.into(), &1.into()),
        "{problem}"
    );
    assert!(problem["message"].as_str().unwrap().contains("moed"), "{problem}");
    assert_eq!(daemon.generation(), running, "the generation before goes on");
}
