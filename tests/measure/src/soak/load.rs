//! The load: clients that hand messages in over HTTP, and programs that write spool files. Each keeps account of what it said.

use super::Soak;
use super::daemon::{self, Door};
use super::messages::Source;
use super::random::Random;
use crate::http;
use anyhow::Context;
use serde_json::Value;
use std::fs::{self, File};
use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Between two requests of a client, and two writings of a spool.
const EVERY: Duration = Duration::from_millis(400);
/// New messages in a request, and in a writing.
const NEW: (u64, u64) = (8, 40);
/// A pause before the same is sent again.
const AGAIN_AFTER: Duration = Duration::from_millis(100);
/// Lines of a spool file, about.
const SPOOL_LINES: u64 = 2_000;
/// One request of so many is left before its answer comes.
const LEFT_ONCE_IN: u64 = 25;
/// One request or writing of so many has messages that are known, or lines that are none.
const MIXED_ONCE_IN: u64 = 4;

/// What one source has handed over so far.
#[derive(Debug, Default)]
pub(super) struct Account {
    /// Messages that were acknowledged, the first so many of the source; of a spool, those that were written.
    pub messages: AtomicU64,
    /// Known messages that were handed over again and answered as such; of a spool, those written again.
    pub again: AtomicU64,
    /// Lines that are no message.
    pub bad: AtomicU64,
    /// Requests whose end nobody saw, or that were answered that they were not committed.
    pub unsure: AtomicU64,
}

impl Account {
    pub(super) fn of(count: &AtomicU64) -> u64 {
        count.load(Ordering::Relaxed)
    }
}

/// Lines of one request or writing.
struct Lines {
    text: String,
    new: u64,
    again: u64,
    bad: u64,
}

/// New messages from this number on, and now and then known ones and lines that are none among them.
fn compose(source: &Source, from: u64, random: &mut Random) -> Lines {
    let new = random.between(NEW);
    let mut lines: Vec<String> = (from..from + new).map(|number| source.line(number)).collect();
    let mut composed = Lines {
        text: String::new(),
        new,
        again: 0,
        bad: 0,
    };
    if random.once_in(MIXED_ONCE_IN) && from > 0 {
        composed.again = random.between((1, 5));
        lines.extend((0..composed.again).map(|_| source.line(random.below(from))));
    }
    if random.once_in(MIXED_ONCE_IN) {
        composed.bad = random.between((1, 3));
        for _ in 0..composed.bad {
            let place = random.below(lines.len() as u64 + 1) as usize;
            lines.insert(place, source.bad_line(random.next() % 1_000));
        }
    }
    composed.text = lines.join("\n") + "\n";
    composed
}

/// Hands messages in until the load ends; the last request too is sent until it is acknowledged.
pub(super) fn client(soak: &Soak, source: &Source, account: &Account, token: &str) {
    let mut random = source.random();
    let mut next = Instant::now();
    while !soak.load_ends() {
        let from = Account::of(&account.messages);
        let lines = compose(source, from, &mut random);
        let leaves = random.once_in(LEFT_ONCE_IN);
        if !hand_in(soak, source, account, token, &lines, leaves) {
            return;
        }
        account.messages.fetch_add(lines.new, Ordering::Relaxed);
        account.bad.fetch_add(lines.bad, Ordering::Relaxed);
        next = (next + EVERY).max(Instant::now());
        std::thread::sleep(next.saturating_duration_since(Instant::now()));
    }
}

/// Sends until it is acknowledged; false where the run is over before.
fn hand_in(soak: &Soak, source: &Source, account: &Account, token: &str, lines: &Lines, leaves: bool) -> bool {
    let mut may_be_known = false;
    let mut leaves = leaves;
    while !soak.is_over() {
        let Some(door) = soak.lives.door() else {
            std::thread::sleep(AGAIN_AFTER);
            continue;
        };
        if std::mem::take(&mut leaves) {
            // Whether it is committed is not known, as where a client is ended.
            leave(&door, token, &lines.text);
            may_be_known = true;
            continue;
        }
        soak.in_flight.fetch_add(1, Ordering::Relaxed);
        let answer = daemon::ask(&door.address, token, ("POST", "/v1/messages"), &lines.text);
        soak.in_flight.fetch_sub(1, Ordering::Relaxed);
        match answer {
            Ok((200, answer)) => {
                check(soak, source, lines, may_be_known, &answer);
                account.again.fetch_add(lines.again, Ordering::Relaxed);
                return true;
            }
            // Of a request that goes into one transaction nothing is kept then.
            Ok((500, answer)) if answer["error"]["code"] == "not-committed" => {
                let is_full = soak.lives.now().is_full || !soak.lives.is_open(&door);
                soak.faults.expect(is_full, || {
                    format!("{}: 500 although the disk has room: {answer}", source.name)
                });
            }
            Ok((429, _)) => {}
            Ok((503, answer)) => {
                may_be_known = true;
                let is_open = soak.lives.is_open(&door);
                soak.faults.expect(!is_open, || {
                    format!("{}: 503 although it is not ending: {answer}", source.name)
                });
            }
            Ok((status, answer)) => {
                soak.faults.tell(format!("{}: {status} {answer}", source.name));
                may_be_known = true;
            }
            Err(error) => {
                may_be_known = true;
                let is_open = soak.lives.is_open(&door);
                soak.faults.expect(!is_open, || {
                    format!("{}: no answer although the daemon is there: {error}", source.name)
                });
            }
        }
        account.unsure.fetch_add(1, Ordering::Relaxed);
        std::thread::sleep(AGAIN_AFTER);
    }
    false
}

/// Sends all of it, and goes without the answer.
fn leave(door: &Door, token: &str, body: &str) {
    if let Ok(mut stream) = http::connect(&door.address, daemon::PATIENCE) {
        let head = http::head(token, ("POST", "/v1/messages"), body.len());
        let _gone_already = stream.write_all((head + body).as_bytes());
    }
}

/// What the answer counts is what was sent.
fn check(soak: &Soak, source: &Source, lines: &Lines, may_be_known: bool, answer: &Value) {
    let count = |key: &str| answer[key].as_u64().unwrap_or(u64::MAX);
    let length = |key: &str| answer[key].as_array().map_or(u64::MAX, |list| list.len() as u64);
    let (accepted, duplicates) = (count("accepted"), count("duplicates"));
    let is_right = length("errors") == lines.bad
        && length("conflicts") == 0
        && accepted.checked_add(duplicates) == Some(lines.new + lines.again)
        && if may_be_known {
            accepted <= lines.new
        } else {
            accepted == lines.new
        };
    soak.faults.expect(is_right, || {
        format!(
            "{}: {} new, {} known and {} bad lines ({}) are answered {answer}",
            source.name,
            lines.new,
            lines.again,
            lines.bad,
            if may_be_known { "sent before" } else { "sent once" },
        )
    });
}

/// Writes spool files until the load ends: growing ones, lines in two parts, and whole files under their last name.
pub(super) fn spool(soak: &Soak, source: &Source, account: &Account) -> anyhow::Result<()> {
    let folder = soak.site.spool(&source.name);
    let mut random = source.random();
    let (mut file_number, mut lines_in_file) = (0_u64, 0_u64);
    let mut next = Instant::now();
    while !soak.load_ends() {
        let lines = compose(source, Account::of(&account.messages), &mut random);
        let path = folder.join(format!("{file_number:06}.jsonl"));
        if lines_in_file == 0 && random.once_in(3) {
            // A whole file, and the next one follows.
            let hidden = folder.join(".writing");
            fs::write(&hidden, &lines.text)?;
            fs::rename(&hidden, &path)?;
            file_number += 1;
        } else {
            let mut file = File::options().create(true).append(true).open(&path)?;
            let cut = random.below(lines.text.len() as u64) as usize;
            let (first, second) = lines.text.as_bytes().split_at(cut);
            file.write_all(first)?;
            if random.once_in(4) {
                std::thread::sleep(Duration::from_millis(random.below(300)));
            }
            file.write_all(second)?;
            lines_in_file += lines.new;
            if lines_in_file > SPOOL_LINES {
                (file_number, lines_in_file) = (file_number + 1, 0);
            }
        }
        account.messages.fetch_add(lines.new, Ordering::Relaxed);
        account.again.fetch_add(lines.again, Ordering::Relaxed);
        account.bad.fetch_add(lines.bad, Ordering::Relaxed);
        next = (next + EVERY).max(Instant::now());
        std::thread::sleep(next.saturating_duration_since(Instant::now()));
    }
    Ok(())
}

/// Every message of a source once more, over HTTP: all of them are known.
pub(super) fn redeliver(soak: &Soak, source: &Source, messages: u64, token: &str) -> anyhow::Result<()> {
    const AT_ONCE: u64 = 500;
    let door = soak.lives.door().context("there is no daemon to deliver to")?;
    for from in (0..messages).step_by(AT_ONCE as usize) {
        let to = messages.min(from + AT_ONCE);
        let lines: Vec<String> = (from..to).map(|number| source.line(number)).collect();
        let (status, answer) = daemon::ask(&door.address, token, ("POST", "/v1/messages"), &lines.join("\n"))?;
        let is_known = status == 200
            && answer["accepted"] == 0
            && answer["duplicates"] == to - from
            && answer["conflicts"].as_array().is_some_and(Vec::is_empty);
        soak.faults.expect(is_known, || {
            format!(
                "{}: messages {from} to {to} are not all in the archive: {status} {answer}",
                source.name
            )
        });
    }
    Ok(())
}
