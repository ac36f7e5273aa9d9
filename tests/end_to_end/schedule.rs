//! `[disposal]` of `proviso.toml`: disposal by the clock, once a day.

use super::disposal::{BY, TEXT, ok, said, site};
use super::support::{PATIENCE, Serve, Site, run, stderr};
use serde_json::Value;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// The time of day in Shanghai, where the set's days are, so many seconds from now.
fn in_seconds(seconds: i64) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() as i64;
    let second = (now + 8 * 3_600 + seconds).rem_euclid(86_400);
    format!("{:02}:{:02}:{:02}", second / 3_600, second / 60 % 60, second % 60)
}

/// What the schedule told of its first run.
fn told(daemon: &Serve) -> Option<Value> {
    let log = daemon.log();
    let mut entries = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    entries.find(|entry| entry["message"] == "messages were disposed of by the schedule")
}

/// A daemon that has disposed by the clock, and what it told. One that started too late for its time of day is started again.
fn by_the_clock(site: &Site, configuration: &str) -> (Serve, Value) {
    let since = Instant::now();
    loop {
        let at = in_seconds(4);
        site.write("proviso.toml", &format!("{configuration}[disposal]\nat = \"{at}\"\n"));
        let daemon = Serve::start(site);
        let started = Instant::now();
        while started.elapsed() < Duration::from_secs(10) {
            if let Some(entry) = told(&daemon) {
                return (daemon, entry);
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        assert_eq!(daemon.terminate(), Some(0));
        assert!(since.elapsed() < PATIENCE, "no run at its time of day");
    }
}

#[test]
fn what_is_due_goes_by_the_clock_unless_something_keeps_it() {
    let (site, daemon) = site(BY, TEXT);
    let hold = [
        "hold", "place", "--tenant", "bank", "--reason", "case 7", "--text", "old-2",
    ];
    ok(&site, &hold);
    assert_eq!(daemon.terminate(), Some(0));
    let configuration = std::fs::read_to_string(site.path("proviso.toml")).unwrap();

    // A time of day that was missed is not caught up with.
    let at = in_seconds(-1);
    site.write("proviso.toml", &format!("{configuration}[disposal]\nat = \"{at}\"\n"));
    let daemon = Serve::start(&site);
    assert_eq!(ok(&site, &["retention", "plan"]).len(), 3);
    let (_, metrics) = daemon.get("/metrics");
    assert!(
        metrics.contains("\nproviso_scheduled_disposal_runs_total 0\n"),
        "{metrics}"
    );
    assert_eq!(daemon.terminate(), Some(0));

    // What two persons have to agree on waits for them.
    let two = format!("{configuration}[requests.bank]\nsecond_person = [\"disposal\"]\n");
    let (daemon, entry) = by_the_clock(&site, &two);
    assert_eq!((&entry["disposed"], &entry["stay"]), (&0.into(), &3.into()), "{entry}");
    assert_eq!(daemon.terminate(), Some(0));

    let (daemon, entry) = by_the_clock(&site, &configuration);
    assert_eq!((&entry["disposed"], &entry["stay"]), (&2.into(), &1.into()), "{entry}");
    assert_eq!(entry["who"], "system:disposal");
    let (_, metrics) = daemon.get("/metrics");
    for line in [
        "proviso_scheduled_disposal_runs_total 1",
        "proviso_scheduled_disposal_stops_total 0",
        "proviso_scheduled_disposals_total 2",
    ] {
        assert!(metrics.lines().any(|found| found == line), "{line} in {metrics}");
    }
    let gone: Value = serde_json::from_str(&said(&site, &["archive", "show", "bank/chat/old-1"]).1).unwrap();
    assert_eq!(gone["disposed"]["by"], "system:disposal");
    assert_eq!(said(&site, &["archive", "show", "old-2"]).0, Some(0));
    assert!(!daemon.log().contains("words of"));
    assert_eq!(daemon.terminate(), Some(0));
    assert_eq!(said(&site, &["audit", "verify"]).0, Some(0));

    for (lines, part) in [
        (
            "at = \"3 o'clock\"",
            "`at` is \"3 o'clock\": expected a time of day such as \"03:00\"",
        ),
        ("", "`at` is missing"),
        ("at = \"03:00\"\nevery_hours = 4", "unknown key `every_hours`"),
    ] {
        site.write("proviso.toml", &format!("{configuration}[disposal]\n{lines}\n"));
        let output = run(&["serve", "--config", &site.text("proviso.toml")]);
        assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
        assert!(stderr(&output).contains(part), "{part} in {}", stderr(&output));
    }
}
