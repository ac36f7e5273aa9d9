//! Writes that fail and ends at named points: whatever the daemon acknowledged is in its archive, and the archive is whole after each.
//!
//! `faults.c` stands between the daemon and its files (`LD_PRELOAD`). A short form runs each time, all of it by `make faults`.

use super::support::{Serve, Site, message, run, stderr, stdout, wait_until};
use proviso_archive::Archive;
use proviso_daemon::config::Config;
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::Command;

/// Requests of a run, and messages of each: some 36 writes a request, hence more than 1,000 writes in all.
const REQUESTS: usize = 30;
const MESSAGES: usize = 3;
/// Runs on one archive, before the next one has a new one.
const RUNS: usize = 50;
/// How often all that was sent is delivered again at the end of an archive.
const REDELIVERIES: u64 = 3;

/// Writes at which each kind of fault is tried: spread over the first 1,000, all of them by `make faults`.
fn writes() -> Vec<usize> {
    let every = std::env::var("PROVISO_FAULTS").map_or(111, |every| every.parse().unwrap());
    (1..=1_000).step_by(every).collect()
}

/// An operation on a file of the data folder, and which one of them, from 1.
type Point = (&'static str, &'static str, usize);

/// Where a daemon that works is killed: before the operation, and behind it; a write also in the middle.
const AT_WORK: [Point; 22] = [
    ("write", "archive.db.lock", 1),
    ("write", "archive.db-shm", 1),
    ("truncate", "archive.db-shm", 1),
    ("write", "address", 1),
    // The header of the write-ahead log, its first frame's header and page, and a frame in the midst of a commit.
    ("write", "archive.db-wal", 1),
    ("write", "archive.db-wal", 2),
    ("write", "archive.db-wal", 3),
    ("write", "archive.db-wal", 20),
    ("write", "archive.db-wal", 150),
    ("sync", "archive.db-wal", 1),
    ("sync", "archive.db-wal", 5),
    // The count of writes beside the archive, of each commit.
    ("write", "archive.db.writes", 1),
    ("write", "archive.db.writes", 7),
    ("sync", "archive.db.writes", 1),
    // The signed checkpoint.
    ("write", "archive.db.checkpoint.new", 1),
    ("sync", "archive.db.checkpoint.new", 1),
    ("rename", "archive.db.checkpoint", 1),
    // The end: pages go from the write-ahead log into the database, and the log goes.
    ("write", "archive.db", 1),
    ("write", "archive.db", 9),
    ("sync", "archive.db", 1),
    ("unlink", "archive.db-wal", 1),
    ("unlink", "archive.db-shm", 1),
];

/// Where the first start of all is killed.
const AT_THE_FIRST_START: [Point; 19] = [
    ("write", "token.new", 1),
    ("rename", "token", 1),
    ("write", "archive.db.keys.new", 1),
    ("sync", "archive.db.keys.new", 1),
    ("write", "archive.db-journal", 2),
    ("write", "archive.db", 1),
    ("sync", "archive.db", 1),
    ("unlink", "archive.db-journal", 1),
    // Between migrations, and within one.
    ("write", "archive.db-wal", 60),
    ("write", "archive.db-wal", 250),
    ("sync", "archive.db-wal", 1),
    ("sync", "archive.db-wal", 12),
    ("write", "archive.db.writes.new", 1),
    ("rename", "archive.db.writes", 1),
    ("write", "archive.db.writes", 1),
    ("write", "archive.db.log-key.new", 1),
    ("rename", "archive.db.log-key", 1),
    ("write", "archive.db.checkpoint.new", 1),
    ("rename", "archive.db.checkpoint", 1),
];

/// An archive, what was sent to it, and what of that was acknowledged.
struct Ground {
    site: Site,
    library: String,
    sent: Vec<String>,
    acknowledged: BTreeSet<String>,
    /// Runs that were not over when the fault met the daemon.
    met: usize,
}

impl Ground {
    fn new() -> Self {
        let site = Site::new();
        let library = site.text("faults.so");
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/end_to_end/faults.c");
        let compiler = Command::new("cc")
            .args([
                "-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o", &library, source, "-ldl",
            ])
            .status();
        assert!(compiler.unwrap().success());
        Self {
            site,
            library,
            sent: Vec::new(),
            acknowledged: BTreeSet::new(),
            met: 0,
        }
    }

    /// A daemon that meets a fault, requests until it is gone, and its end.
    fn run(&mut self, fault: &[(&str, &str)]) {
        let folder = self.site.text("data");
        let library = self.library.clone();
        let around = [("LD_PRELOAD", library.as_str()), ("FAULT_FOLDER", folder.as_str())];
        let daemon = Serve::try_start_with(&self.site, &[&around[..], fault].concat());
        let mut is_whole = daemon.is_ok();
        if let Ok(daemon) = daemon {
            for _ in 0..REQUESTS {
                let lines: Vec<String> = (0..MESSAGES).map(|_| self.next()).collect();
                match daemon.try_post("/v1/messages", &lines.join("\n")) {
                    Some((200, _)) => self.acknowledged.extend(lines.iter().map(|line| id_of(line))),
                    Some((status, answer)) => {
                        is_whole = false;
                        assert!([429, 500, 503].contains(&status), "{status}: {answer}");
                    }
                    None => {
                        is_whole = false;
                        break;
                    }
                }
            }
            is_whole &= daemon.terminate() == Some(0);
        }
        self.met += usize::from(!is_whole);
        self.check(fault);
    }

    fn next(&mut self) -> String {
        let number = self.sent.len();
        let text = ["好的，收到", "这款产品保本"][number % 2];
        let mut line = message(&format!("m{number}"), text);
        line["from"]["id"] = format!("employee-{}", number % 7).into();
        self.sent.push(line.to_string());
        line.to_string()
    }

    /// What was acknowledged is there, and all that is there is what was committed.
    fn check(&self, fault: &[(&str, &str)]) {
        if self.acknowledged.is_empty() {
            // There may be no archive yet, or one that nobody finished.
            return;
        }
        let missing: Vec<_> = self.acknowledged.difference(&archived(&self.site)).cloned().collect();
        assert!(
            missing.is_empty(),
            "{fault:?}: acknowledged, and not there: {missing:?}"
        );
    }

    fn is_whole(&self, fault: &[(&str, &str)]) {
        let audit = run(&["audit", "verify", "--config", &self.site.text("proviso.toml")]);
        let told = format!("{}{}", stdout(&audit), stderr(&audit));
        assert_eq!(audit.status.code(), Some(0), "{fault:?}: {told}");
    }

    /// All that was ever sent comes again, in another order each time.
    fn deliver_again(mut self) {
        let daemon = Serve::start(&self.site);
        let sent = self.sent.len() as u64;
        let mut state = 7_u64;
        for redelivery in 0..=REDELIVERIES {
            for last in (1..self.sent.len()).rev() {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                self.sent.swap(last, (state >> 33) as usize % (last + 1));
            }
            self.site.write(
                &format!("spool/again-{redelivery}.jsonl"),
                &(self.sent.join("\n") + "\n"),
            );
            wait_until("all that was sent", || self.site.messages() == sent);
        }
        assert_eq!(daemon.terminate(), Some(0));
        self.is_whole(&[("delivered", "again")]);
        let stats = self.site.stats();
        assert_eq!((self.site.messages(), &stats["conflicts"]), (sent, &0.into()));
        let replay = run(&["replay", "--config", &self.site.text("proviso.toml"), "--all"]);
        assert_eq!(replay.status.code(), Some(0), "{}{}", stdout(&replay), stderr(&replay));
    }
}

fn id_of(line: &str) -> String {
    let line: serde_json::Value = serde_json::from_str(line).unwrap();
    line["id"].as_str().unwrap().to_owned()
}

/// The identifiers of all messages in the archive.
fn archived(site: &Site) -> BTreeSet<String> {
    let config = Config::read(&site.path("proviso.toml")).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = { runtime }.enable_all().build().unwrap();
    runtime.block_on(async {
        let archive = Archive::open_readonly_with(config.archive_path(), &config.opening()).await;
        let archive = archive.unwrap_or_else(|error| panic!("acknowledged, and not to be read: {error}"));
        let found = archive.message_ids(0, u32::MAX).await;
        let found = found.unwrap_or_else(|error| panic!("acknowledged, and not to be read: {error}"));
        archive.close().await;
        found.into_iter().map(|numbered| numbered.id.native).collect()
    })
}

/// A daemon whose writes fail from each of those on, one after the other.
fn writes_fail(what: &str, count: &str) {
    for writes in writes().chunks(RUNS) {
        let mut ground = Ground::new();
        // The archive is there before.
        ground.run(&[]);
        for at in writes {
            let at = at.to_string();
            let fault = [("FAULT_DO", what), ("FAULT_AT", &at), ("FAULT_COUNT", count)];
            ground.run(&fault);
            ground.is_whole(&fault);
        }
        assert!(ground.met > 0, "no fault met the daemon");
        println!("{what}: {} of {} met the daemon", ground.met, writes.len());
        ground.deliver_again();
    }
}

#[test]
fn nothing_is_acknowledged_that_a_failed_write_kept_from_the_disk() {
    writes_fail("error", "1");
}

#[test]
fn nothing_is_acknowledged_that_a_full_disk_had_no_room_for() {
    writes_fail("full", "100");
}

/// A daemon that acknowledges what is not on the disk: these tests would not be worth much if they did not see it.
#[test]
fn what_is_acknowledged_before_it_is_written_is_found() {
    let mut ground = Ground::new();
    ground.run(&[]);
    let lie = [
        ("FAULT_DO", "lie"),
        ("FAULT_FILE", "archive.db-wal"),
        ("FAULT_AT", "200"),
        ("FAULT_COUNT", "1000000"),
    ];
    let found = catch_unwind(AssertUnwindSafe(|| ground.run(&lie)));
    let told = found.expect_err("what is missing was not found");
    let told = told.downcast_ref::<String>().unwrap();
    assert!(told.contains("acknowledged, and not"), "{told}");
}

/// Kills a daemon at a point, in every way that there is.
fn kill_at((op, file, at): Point, mut kill: impl FnMut(&[(&str, &str)])) -> usize {
    let at = at.to_string();
    let mut ways = vec!["kill", "kill-behind"];
    ways.extend((op == "write").then_some("torn"));
    for way in &ways {
        kill(&[
            ("FAULT_DO", way),
            ("FAULT_OP", op),
            ("FAULT_FILE", file),
            ("FAULT_AT", &at),
        ]);
    }
    ways.len()
}

#[test]
fn an_end_at_any_point_of_the_work_loses_nothing() {
    let mut ground = Ground::new();
    ground.run(&[]);
    let mut kills = 0;
    for point in AT_WORK {
        kills += kill_at(point, |fault| {
            let met = ground.met;
            ground.run(fault);
            ground.is_whole(fault);
            assert_eq!(ground.met, met + 1, "{fault:?} met nobody");
        });
    }
    assert!(kills >= 40, "{kills}");
    println!("{kills} named points");
    ground.deliver_again();
}

#[test]
fn an_end_at_any_point_of_the_first_start_is_no_harm() {
    for point in AT_THE_FIRST_START {
        kill_at(point, |fault| {
            let mut ground = Ground::new();
            ground.run(fault);
            assert_eq!(ground.met, 1, "{fault:?} met nobody");
            ground.run(&[]);
            assert_eq!(ground.met, 1, "{fault:?}: the next start is as any other");
            ground.is_whole(fault);
        });
    }
}
