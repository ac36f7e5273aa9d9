//! A process that is killed at any moment loses nothing that it acknowledged, and writes nothing twice.
//!
//! The test starts itself again as a child that ingests a stream of messages and prints how far it came after every
//! commit, kills it with SIGKILL after a random time, and looks at what is there.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use crate::support::{Write, advance, batch, finding, fresh, id, offset, policy, raw_connection, retention, score};
use proptest::test_runner::{RngAlgorithm, TestRng};
use proviso_archive::{Archive, Entry, FoldKey, IngestBatch};
use proviso_model::verdict::Severity;
use rand_like::Below as _;
use sqlx::Connection as _;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

const ROUNDS: u64 = 50;
const CHILD: &str = "PROVISO_ARCHIVE_TEST_CHILD";
const TEST: &str = "killed::nothing_is_lost_or_twice_when_killed_at_any_moment";

/// Random numbers of the generator that the property tests use already.
mod rand_like {
    use proptest::prelude::RngCore as _;
    use proptest::test_runner::TestRng;

    pub(crate) trait Below {
        fn below(&mut self, end: u64) -> u64;
    }

    impl Below for TestRng {
        fn below(&mut self, end: u64) -> u64 {
            self.next_u64() % end
        }
    }
}

/// What a fold would have after `n` messages.
fn state(n: u64) -> Vec<u8> {
    n.to_le_bytes().to_vec()
}

fn entry_number(n: u64) -> Entry {
    let mut entry = crate::support::entry(&format!("m{n}"), n as usize);
    entry.advances = vec![advance("counter", &state(n), &state(n + 1))];
    entry.verdict.scores = vec![score("counter", (n % 100) as f64, &format!("m{n}"))];
    entry.retention = Some(retention(Some("2046-01-31")));
    if n.is_multiple_of(10) {
        entry.verdict.findings = vec![finding("guaranteed-return", Severity::High)];
    }
    entry.verdict.held = n.is_multiple_of(50);
    entry
}

/// Goes on from the recorded offset, in batches of all sizes, until it is killed.
async fn ingest_until_killed(path: &Path) {
    let archive = Archive::open(path).await.unwrap();
    let mut next = archive
        .offsets("spool")
        .await
        .unwrap()
        .first()
        .map_or(0, |offset| offset.line);
    loop {
        let size = [1, 7, 64, 200][next as usize % 4];
        let entries = (next..next + size).map(entry_number).collect();
        next += size;
        let batch = IngestBatch {
            offsets: vec![offset(next * 100, next)],
            ..batch(entries)
        };
        archive.ingest(&batch).await.unwrap();
        // An acknowledgement: after the commit, and never before.
        println!("acknowledged {next}");
        std::io::stdout().flush().unwrap();
        archive
            .index(crate::support::now(), &crate::support::wei())
            .await
            .unwrap();
    }
}

/// Starts the child, kills it once it acknowledged something and `patience` went by, and gives its last acknowledgement.
fn kill_after(path: &Path, patience: Duration) -> u64 {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", TEST, "--nocapture", "--test-threads=1"])
        .env(CHILD, path)
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .unwrap();
    let acknowledged = AtomicU64::new(0);
    let output = BufReader::new(child.stdout.take().unwrap());
    std::thread::scope(|scope| {
        let (first, came) = std::sync::mpsc::channel();
        let acknowledged = &acknowledged;
        scope.spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                // A line that was cut by the kill is no acknowledgement; a whole one ends with a number.
                if let Some(next) = line.strip_prefix("acknowledged ").and_then(|next| next.parse().ok()) {
                    acknowledged.fetch_max(next, Ordering::Relaxed);
                    let _ = first.send(Instant::now());
                }
            }
        });
        // Half of the kills count from the start of the process, and so meet the opening and the recovery too.
        if patience.subsec_millis().is_multiple_of(2) {
            came.recv_timeout(Duration::from_mins(1))
                .expect("the child gets to its first batch");
        }
        std::thread::sleep(patience);
        // SIGKILL.
        child.kill().unwrap();
        child.wait().unwrap();
    });
    acknowledged.into_inner()
}

async fn check(path: &Path, acknowledged: u64) -> u64 {
    let archive = Archive::open(path).await.unwrap();
    let written = archive
        .offsets("spool")
        .await
        .unwrap()
        .first()
        .map_or(0, |offset| offset.line);
    assert!(
        written >= acknowledged,
        "{acknowledged} were acknowledged, {written} are there"
    );
    // Whatever was killed of the index, each message is found once; and all of them go into it, once.
    for _ in 0..2 {
        let found = crate::index::found(&archive, "kind:text").await;
        assert_eq!(found, (1..=written as i64).rev().collect::<Vec<_>>());
        crate::index::index_all(&archive).await;
        let report = archive.index_report().await.unwrap();
        assert_eq!((report.messages, report.left), (written, 0));
    }
    let stats = archive.stats(1).await.unwrap();
    assert_eq!(stats.messages.iter().map(|count| count.messages).sum::<u64>(), written);
    assert_eq!(
        stats.findings.iter().map(|count| count.findings).sum::<u64>(),
        written.div_ceil(10)
    );
    assert_eq!(stats.held, written.div_ceil(50));
    assert_eq!(stats.retention.iter().map(|count| count.messages).sum::<u64>(), written);
    let key = FoldKey {
        tenant: "bank".into(),
        policy: policy("departure-risk"),
        key: "counter".into(),
    };
    let states = archive.fold_states(std::slice::from_ref(&key)).await.unwrap();
    assert_eq!(
        states.get(&key).map(|state| state.to_vec()).unwrap_or_default(),
        if written == 0 { Vec::new() } else { state(written) }
    );
    if written > 0 {
        let last = archive
            .recorded(&id(&format!("m{}", written - 1)))
            .await
            .unwrap()
            .unwrap();
        assert_eq!(
            last.folds[0].state.to_vec(),
            state(written - 1),
            "each step starts where the one before ended"
        );
        assert_eq!(stats.risks[0].message, format!("m{}", written - 1));
    }
    // Between a commit and what the process remembers of it, too.
    let audit = archive.audit(None).await.unwrap();
    assert!(audit.is_whole(), "{:?}", audit.named().collect::<Vec<_>>());
    assert_eq!(audit.messages, written);
    archive.close().await;

    let mut shell = raw_connection(path).await;
    let count = async |shell: &mut sqlx::SqliteConnection, sql: &'static str| -> i64 {
        sqlx::query_scalar(sql).fetch_one(shell).await.unwrap()
    };
    for table in [
        "SELECT count(DISTINCT tag) FROM identities",
        "SELECT count(*) FROM contents",
        "SELECT count(*) FROM fold_steps",
        "SELECT max(message) FROM envelopes",
        "SELECT count(*) FROM envelopes JOIN fold_steps USING (message) JOIN identities USING (message)",
    ] {
        if written > 0 {
            assert_eq!(count(&mut shell, table).await, written as i64, "{table}");
        }
    }
    let sound: String = sqlx::query_scalar("PRAGMA integrity_check")
        .fetch_one(&mut shell)
        .await
        .unwrap();
    assert_eq!(sound, "ok");
    assert_eq!(
        sqlx::query("PRAGMA foreign_key_check")
            .fetch_all(&mut shell)
            .await
            .unwrap()
            .len(),
        0
    );
    shell.close().await.unwrap();
    written
}

#[test]
fn nothing_is_lost_or_twice_when_killed_at_any_moment() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    if let Some(path) = std::env::var_os(CHILD) {
        runtime.block_on(ingest_until_killed(Path::new(&path)));
        unreachable!("it goes on until it is killed");
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.db");
    runtime.block_on(async {
        let archive = fresh(&folder).await;
        archive.close().await;
    });
    let mut random = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let (mut written, mut rounds_that_wrote) = (0, 0);
    for round in 0..ROUNDS {
        let acknowledged = kill_after(&path, Duration::from_millis(random.below(120)));
        let now = runtime.block_on(check(&path, acknowledged.max(written)));
        rounds_that_wrote += u64::from(now > written);
        written = now;
        println!("round {round}: {acknowledged} acknowledged, {written} there");
    }
    assert!(
        rounds_that_wrote >= ROUNDS / 2,
        "the kills met the writing: {rounds_that_wrote} of {ROUNDS} rounds wrote"
    );
}
