//! Batches that are judged while the one before is committed: what is kept is what would be kept one after the other, also where
//! commits fail.

use super::support::{Serve, Site, message, wait_until};
use proviso_archive::Archive;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};

const MESSAGES: usize = 3_000;

/// Messages of a few conversations, with promises that a fold counts, consent that comes and goes, recalls, and identifiers that come
/// again some hundred lines later, with the same content or another.
fn lines(random: &mut Random, prefix: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::with_capacity(MESSAGES);
    for number in 0..MESSAGES {
        let texts = ["好的，收到", "这款产品保本", "稳赚不赔", "明天见"];
        let mut one = message(&format!("{prefix}{number}"), texts[random.below(4)]);
        one["from"]["id"] = format!("employee-{}", random.below(5)).into();
        let customer = format!("customer-{}", random.below(20));
        one["to"][0]["id"] = customer.clone().into();
        match random.below(40) {
            0..4 => {
                let state = ["agree", "disagree"][random.below(2)];
                one["kind"] = "consent".into();
                one["consent"] = json!({"party": customer, "state": state});
            }
            4 if number > 0 => one["recalls"] = format!("{prefix}{}", random.below(number)).into(),
            5 if number > 0 => {
                lines.push(lines[number - 1 - random.below(number.min(900))].clone());
                continue;
            }
            6 if number > 0 => {
                let earlier = &lines[number - 1 - random.below(number.min(900))];
                let earlier: Value = serde_json::from_str(earlier).unwrap();
                one["id"] = earlier["id"].clone();
            }
            _ => {}
        }
        lines.push(format!("{one}\n"));
    }
    lines
}

/// One after the other: each request is answered before the next is sent.
fn serve_in_turn(site: &Site, lines: &[String]) {
    let daemon = Serve::start(site);
    for part in lines.chunks(150) {
        let (status, answer) = daemon.post("/v1/messages", &part.concat());
        assert_eq!(status, 200, "{answer}");
    }
    assert_eq!(counted(&daemon, "batches_ahead_total"), 0);
    assert_eq!(daemon.terminate(), Some(0));
}

fn counted(daemon: &Serve, name: &str) -> u64 {
    let page = daemon.get("/metrics").1;
    let line = page.lines().find(|line| line.starts_with(&format!("proviso_{name} ")));
    line.unwrap().rsplit(' ').next().unwrap().parse().unwrap()
}

/// Puts files into folders whole.
fn deliver(site: &Site, folder: &str, lines: &[String]) {
    site.write(&format!("{folder}/.all"), &lines.concat());
    fs::rename(
        site.path(&format!("{folder}/.all")),
        site.path(&format!("{folder}/all.jsonl")),
    )
    .unwrap();
}

fn waiting(daemon: &Serve) -> u64 {
    counted(daemon, "queued_messages")
}

/// A record of the archive as text, without the time, the way it came by, and the fuel, which is that of a call for several messages; and
/// the line that it was.
struct Kept {
    record: String,
    line: String,
}

fn kept(site: &Site) -> Vec<Kept> {
    let runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = { runtime }.enable_all().build().unwrap();
    runtime.block_on(async {
        let archive = Archive::open_readonly(site.path("data/archive.db")).await.unwrap();
        let consents = archive.consents(0, 10_000).await.unwrap();
        let mut all = Vec::new();
        for numbered in archive.message_ids(0, 10_000).await.unwrap() {
            let shown = archive.show(&numbered.id).await.unwrap().unwrap();
            let recorded = archive.recorded(&numbered.id).await.unwrap().unwrap();
            assert!(shown.differences.is_empty() && recorded.differences.is_empty());
            let refused = archive.conflicts(&numbered.id, 100).await.unwrap().into_iter();
            let refused: Vec<_> = refused.map(|one| (one.refused, one.refused_raw)).collect();
            let said = consents
                .iter()
                .filter(|record| record.message == Some(numbered.arrival));
            let said: Vec<_> = said.map(|record| (&record.statement, record.holds)).collect();
            let verdict = shown.verdict;
            let record = format!(
                "{numbered:?} {:?} {} {} {:?} {:?} {:?} {:?} {} {:?} {said:?} {:?}{REFUSED}{refused:?}",
                shown.message,
                shown.digest,
                verdict.json,
                verdict.directory,
                verdict.basis,
                shown.retention,
                shown.recalled_by,
                shown.held_open,
                recorded.preceding.iter().map(|message| &message.id).collect::<Vec<_>>(),
                recorded.folds,
            );
            all.push(Kept {
                record,
                line: format!("{}\n", shown.message.raw),
            });
        }
        archive.close().await;
        all
    })
}

fn assert_alike(found: &[Kept], expected: &[Kept]) {
    for (found, expected) in found.iter().zip(expected) {
        assert_eq!(found.record, expected.record);
    }
    assert_eq!(found.len(), expected.len());
}

fn site_with_consent() -> Site {
    let site = Site::new();
    let set = fs::read_to_string(site.path("set.toml")).unwrap();
    let basis = "\n[lawful_basis]\nexternal = \"recorded-consent\"\n";
    site.write("set.toml", &format!("{set}{basis}"));
    site
}

#[test]
fn what_is_judged_ahead_of_a_commit_is_kept_as_it_would_be_behind_it() {
    let lines = lines(&mut Random(7), "m");
    let in_turn = site_with_consent();
    serve_in_turn(&in_turn, &lines);
    let ahead = site_with_consent();
    let daemon = Serve::start(&ahead);
    deliver(&ahead, "spool", &lines);
    let expected = in_turn.messages();
    wait_until("all messages", || {
        counted(&daemon, "messages_committed_total") == expected && waiting(&daemon) == 0
    });
    assert!(counted(&daemon, "batches_ahead_total") > 0, "nothing was judged ahead");
    // What was known ahead as a duplicate or a conflict is one; otherwise its commit would have failed.
    assert_eq!(counted(&daemon, "commit_failures_total"), 0);
    for what in [
        "messages_duplicate_total",
        "messages_conflicting_total",
        "messages_withheld_total",
    ] {
        assert!(counted(&daemon, what) > 20, "{what}: the lines try nothing");
    }
    assert_eq!(daemon.terminate(), Some(0));
    assert_alike(&kept(&ahead), &kept(&in_turn));
    assert_eq!(ahead.stats()["conflicts"], in_turn.stats()["conflicts"]);
}

#[test]
fn what_was_judged_on_top_of_a_commit_that_fails_is_judged_again_and_nothing_is_lost() {
    let site = site_with_consent();
    let config = fs::read_to_string(site.path("proviso.toml")).unwrap();
    let second = "[[spool]]\nname = \"second\"\nfolder = \"second\"\ntenant = \"bank\"\n";
    site.write("proviso.toml", &format!("{config}{second}"));
    let daemon = Serve::start(&site);
    // Two sources: what the second one brings does not depend on what is lost of the first, but for what is known of the past.
    let mut random = Random(11);
    let first = lines(&mut random, "m");
    let mut second = lines(&mut random, "n");
    for at in (0..MESSAGES).step_by(29) {
        second[at].clone_from(&first[at]);
    }
    let broken = [700, 1_400, 2_100, 2_800, 3_500];
    for number in broken {
        sql(
            &site,
            &format!(
                "CREATE TRIGGER broken_{number} BEFORE INSERT ON envelopes WHEN NEW.message = {number}
                 BEGIN SELECT RAISE(ABORT, 'on purpose'); END"
            ),
        );
    }
    deliver(&site, "spool", &first);
    deliver(&site, "second", &second);
    // Small requests beside them, each alone: what is judged ahead of a commit that fails is more than what broke off with it.
    let is_over = AtomicBool::new(false);
    let posted: u64 = std::thread::scope(|scope| {
        let posters: Vec<_> = (0..3)
            .map(|poster| {
                let (daemon, is_over) = (&daemon, &is_over);
                scope.spawn(move || post_until(daemon, poster, is_over))
            })
            .collect();
        for number in broken {
            let (before, again) = (counted(&daemon, "commit_failures_total"), judged_again(&daemon));
            wait_until("a commit that fails", || {
                counted(&daemon, "commit_failures_total") > before
            });
            if number == broken[0] {
                wait_until("a batch on top of one that failed", || judged_again(&daemon) > again);
            }
            assert!(site.messages() < number, "nothing is kept behind a commit that fails");
            sql(&site, &format!("DROP TRIGGER broken_{number}"));
        }
        is_over.store(true, Ordering::Relaxed);
        posters.into_iter().map(|poster| poster.join().unwrap()).sum()
    });
    let ids = |lines: &[String]| -> BTreeSet<String> {
        let read = lines.iter().map(|line| serde_json::from_str::<Value>(line).unwrap());
        read.map(|line| line["id"].as_str().unwrap().to_owned()).collect()
    };
    let expected = ids(&[first, second].concat()).len() as u64 + posted;
    wait_until("all messages", || site.messages() == expected && waiting(&daemon) == 0);
    assert_eq!(daemon.terminate(), Some(0));
    // The same messages in the order in which they were committed, one request after the other.
    let found = kept(&site);
    let in_turn = site_with_consent();
    let lines: Vec<String> = found.iter().map(|kept| kept.line.clone()).collect();
    serve_in_turn(&in_turn, &lines);
    let without_refused = |all: Vec<Kept>| -> Vec<Kept> {
        let cut = |one: Kept| Kept {
            record: one.record.split(REFUSED).next().unwrap().to_owned(),
            ..one
        };
        all.into_iter().map(cut).collect()
    };
    assert_alike(&without_refused(found), &without_refused(kept(&in_turn)));
}

/// Sends one message after the other, each until it is taken, until it is over; how many were sent.
fn post_until(daemon: &Serve, poster: u32, is_over: &AtomicBool) -> u64 {
    let mut sent = 0;
    while !is_over.load(Ordering::Relaxed) {
        let line = format!("{}\n", message(&format!("p{poster}-{sent}"), "稳赚不赔"));
        wait_until("a request that is taken", || {
            daemon.post("/v1/messages", &line).0 == 200
        });
        sent += 1;
    }
    sent
}

fn judged_again(daemon: &Serve) -> u64 {
    counted(daemon, "batches_judged_again_total")
}

/// What a record ends with, that depends on what was refused.
const REFUSED: &str = " refused: ";

pub(crate) fn sql(site: &Site, statement: &str) {
    let program =
        "import sqlite3, sys; c = sqlite3.connect(sys.argv[1], timeout = 60); c.execute(sys.argv[2]); c.commit()";
    let archive = site.text("data/archive.db");
    let ended = std::process::Command::new("python3")
        .args(["-c", program, &archive, statement])
        .status();
    assert!(ended.unwrap().success(), "{statement}");
}

/// Xorshift.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit as u64) as usize
    }
}
