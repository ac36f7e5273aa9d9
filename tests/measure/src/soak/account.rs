//! The account: what was acknowledged is in the archive once, nothing else is, and the process took no more than at its beginning.

use super::Soak;
use super::daemon;
use super::faults::lock;
use super::figures::thirds;
use super::load::{self, Account};
use super::messages::Expected;
use crate::process;
use anyhow::Context;
use serde_json::Value;
use std::time::{Duration, Instant};

/// How long the spools may take for what was written last.
const SPOOLS_WITHIN: Duration = Duration::from_mins(2);
/// Before the idle daemon is looked at.
const REST: Duration = Duration::from_secs(3);
/// Processor time of the idle daemon, in percent of a core, at most.
const IDLE_PERCENT_MAX: f64 = 1.0;
/// Sockets of a daemon that nobody speaks to.
const SOCKETS_AT_REST_MAX: usize = 12;
/// What the last third of a long life may have more than the first.
const RESIDENT_SHARE_MAX: f64 = 1.10;
const RESIDENT_MORE_MB_MAX: f64 = 40.0;
const FILES_MORE_MAX: usize = 8;
/// Messages that are judged again.
const REPLAYED: &str = "1000";

/// What only the end tells.
pub(super) struct Measured {
    pub messages: u64,
    pub idle_percent: f64,
    pub archive_megabytes: f64,
}

/// When nothing new comes: all of the spools is read, the daemon rests, and knows every message.
pub(super) fn at_rest(soak: &Soak) -> anyhow::Result<Measured> {
    let begun = Instant::now();
    let expected: Vec<Expected> = soak
        .feeds()
        .map(|feed| feed.source.expected(Account::of(&feed.account.messages)))
        .collect();
    let total: u64 = expected.iter().map(|expected| expected.messages).sum();
    while messages(&stats(soak)?, None) < total && begun.elapsed() < SPOOLS_WITHIN {
        std::thread::sleep(Duration::from_millis(500));
    }
    compare(soak, &expected)?;

    std::thread::sleep(REST);
    let process = soak.lives.now().process;
    let before = process::cpu_of(process)?;
    std::thread::sleep(soak.plan.idle);
    let idle = process::cpu_of(process)?.saturating_sub(before);
    let idle_percent = idle.as_secs_f64() * 100.0 / soak.plan.idle.as_secs_f64();
    soak.faults.expect(idle_percent < IDLE_PERCENT_MAX, || {
        format!("the idle daemon takes {idle_percent:.2} % of a core")
    });
    let sockets = process::descriptors_of(process)?.sockets;
    // The probe has one now and then.
    soak.faults.expect(sockets <= SOCKETS_AT_REST_MAX, || {
        format!("{sockets} sockets are open although nobody speaks to the daemon")
    });

    let operator = daemon::secret(&soak.site.path("data/token"))?;
    for (feed, expected) in soak.feeds().zip(&expected) {
        load::redeliver(soak, &feed.source, expected.messages, &operator)?;
    }
    Ok(Measured {
        messages: total,
        idle_percent,
        archive_megabytes: soak.site.path("data/archive.db").metadata()?.len() as f64 / 1e6,
    })
}

/// When the daemon has ended: delivering everything again has changed nothing, and verdicts can be judged again.
pub(super) fn of_the_archive_afterwards(soak: &Soak) -> anyhow::Result<()> {
    let total: u64 = soak.feeds().map(|feed| Account::of(&feed.account.messages)).sum();
    let found = messages(&stats(soak)?, None);
    soak.faults.expect(found == total, || {
        format!("after everything was delivered again the archive has {found} messages: {total} were acknowledged")
    });
    let replayed = process::output(&mut soak.command(&["replay", "--sample", REPLAYED, "--format", "json"]))?;
    let lines = String::from_utf8(replayed)?;
    for line in lines.lines() {
        let line: Value = serde_json::from_str(line).context("a line of `proviso replay`")?;
        soak.faults
            .expect(line["identical"] == true, || format!("judged again otherwise: {line}"));
    }
    Ok(())
}

fn stats(soak: &Soak) -> anyhow::Result<Value> {
    process::json(&mut soak.command(&["archive", "stats", "--format", "json"]))
}

fn rows<'a>(stats: &'a Value, table: &str) -> impl Iterator<Item = &'a Value> {
    stats[table].as_array().into_iter().flatten()
}

/// Messages of a channel, or of all.
fn messages(stats: &Value, channel: Option<&str>) -> u64 {
    rows(stats, "messages")
        .filter(|row| channel.is_none_or(|channel| row["channel"] == channel))
        .filter_map(|row| row["messages"].as_u64())
        .sum()
}

/// What the archive counts beside what was handed over.
fn compare(soak: &Soak, expected: &[Expected]) -> anyhow::Result<()> {
    let stats = stats(soak)?;
    let wrong = |what: String, found: u64, right: u64| {
        soak.faults.expect(found == right, || {
            format!("{what}: the archive has {found}, and {right} are right")
        });
    };
    for (feed, expected) in soak.feeds().zip(expected) {
        let name = &feed.source.name;
        let found = messages(&stats, Some(name));
        wrong(format!("messages of {name}"), found, expected.messages);
    }
    let sum = |of: fn(&Expected) -> u64| expected.iter().map(of).sum::<u64>();
    wrong("messages".to_owned(), messages(&stats, None), sum(|one| one.messages));
    for (key, right) in [
        ("withheld", sum(|one| one.withheld)),
        ("conflicts", 0),
        ("held", 0),
        ("partial", 0),
    ] {
        wrong(key.to_owned(), stats[key].as_u64().unwrap_or(u64::MAX), right);
    }
    let promises = rows(&stats, "findings").filter(|row| row["pack"].as_str() == Some("soak/steady"));
    let promises = promises.filter_map(|row| row["findings"].as_u64()).sum();
    wrong(
        "findings of the pack that was never changed".to_owned(),
        promises,
        sum(|one| one.promises),
    );
    for feed in &soak.spools {
        let name = &feed.source.name;
        let row = rows(&stats, "sources").find(|row| row["source"] == name.as_str());
        let of = |key: &str| row.and_then(|row| row[key].as_u64()).unwrap_or_default();
        wrong(
            format!("duplicates of {name}"),
            of("duplicates"),
            Account::of(&feed.account.again),
        );
        wrong(
            format!("bad lines of {name}"),
            of("errors"),
            Account::of(&feed.account.bad),
        );
    }
    Ok(())
}

/// Memory and files of the lives that were long enough: the last third beside the first.
pub(super) fn process_stayed_flat(soak: &Soak) {
    let samples = lock(&soak.figures.samples);
    let long = (soak.plan.warm_up, soak.plan.life_min);
    let lives = thirds(&samples, long, |sample| sample.resident_mb);
    soak.faults.expect(!lives.is_empty(), || {
        "no life was long enough to compare its memory".to_owned()
    });
    for life in lives {
        let limit = (life.first * RESIDENT_SHARE_MAX).max(life.first + RESIDENT_MORE_MB_MAX);
        soak.faults.expect(life.last <= limit, || {
            format!("resident memory grew from {:.0} to {:.0} MB", life.first, life.last)
        });
    }
    for life in thirds(&samples, long, |sample| sample.files) {
        soak.faults.expect(life.last <= life.first + FILES_MORE_MAX, || {
            format!("open files grew from {} to {}", life.first, life.last)
        });
    }
}
