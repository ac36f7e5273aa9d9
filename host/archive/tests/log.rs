//! The log: it tells of every change, in the transaction that it tells of, and what was altered is found.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use crate::support::{
    Write, activation, activation_again, at, batch, entry, fresh, generation, id, now, offset, policy, raw_connection,
    rich_batch, rich_entry, wei,
};
use proviso_archive::{
    Act, ActKind, AllowedDowngrade, Archive, ArchiveError, Audit, Cause, Change, FailedSet, IngestBatch, LogTrouble,
    Opening, Quarantined, Rejudging, TrustRecord, VerifierKey,
};
use proviso_model::Problem;
use proviso_proof::export::{Files, verify};
use proviso_proof::note::LogTrust;
use sqlx::{AssertSqlSafe, Connection as _, SqliteConnection};
use std::path::{Path, PathBuf};

/// The files of an archive.
const FILES: [&str; 6] = ["", "-wal", ".writes", ".keys", ".log-key", ".checkpoint"];

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

fn copy(from: &Path, to: &Path) {
    for ending in FILES {
        let (from, to) = (beside(from, ending), beside(to, ending));
        let _ = std::fs::remove_file(&to);
        if from.exists() {
            std::fs::copy(from, to).unwrap();
        }
    }
}

async fn count(path: &Path, sql: &'static str) -> i64 {
    let mut connection = raw_connection(path).await;
    let count = sqlx::query_scalar(sql).fetch_one(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    count
}

async fn leaves(path: &Path) -> i64 {
    count(path, "SELECT count(*) FROM log_leaves").await
}

async fn whole(archive: &Archive) -> Audit {
    let audit = archive.audit(None).await.unwrap();
    assert!(audit.is_whole(), "{:#?}", audit.named().collect::<Vec<_>>());
    audit
}

/// An archive with every kind of change, and more than one tile of leaves.
async fn with_everything(folder: &tempfile::TempDir) -> PathBuf {
    let archive = fresh(folder).await;
    archive.ingest(&rich_batch("m1")).await.unwrap();
    let mut entries: Vec<_> = (2..20).map(|n| entry(&format!("m{n}"), n)).collect();
    entries.push(rich_entry("rich", 20));
    entries.push(rich_entry("waits", 21));
    archive.ingest(&batch(entries)).await.unwrap();
    let by = wei();
    let trust = TrustRecord {
        at: at(1),
        file: Some("trust.toml".into()),
        text: "[keys]".into(),
    };
    archive.commit(Change::Trust(&trust), &by).await.unwrap();
    let allowed = AllowedDowngrade {
        at: at(2),
        pack: "proviso/bank-cn".into(),
        version: "1.1.0".into(),
        note: "the newer one fails".into(),
    };
    archive.commit(Change::Downgrade(&allowed), &by).await.unwrap();
    let failed = FailedSet {
        at: at(3),
        cause: Cause::Reload,
        why: String::new(),
        set_file: "set.toml".into(),
        set_text: Some("x".into()),
        problems: vec![Problem::in_file("set.toml", "no such pack")],
    };
    archive.commit(Change::FailedSet(&failed), &by).await.unwrap();
    archive.activate(&activation(generation("second"), 4)).await.unwrap();
    archive.activate(&activation_again("first", 5)).await.unwrap();
    let quarantined = Quarantined {
        at: at(6),
        policy: policy("departure-risk"),
        faults: 16,
        messages: 16,
    };
    archive.quarantine(&generation("first").id, &quarantined).await.unwrap();
    let policies = [policy("departure-risk")];
    let retry = Change::Retry {
        policies: &policies,
        at: at(7),
    };
    archive.commit(retry, &by).await.unwrap();
    archive.quarantine(&generation("first").id, &quarantined).await.unwrap();
    archive.release(&[id("m1")], "read").await.unwrap();
    // Twice, so that one verdict is the last and one is not.
    for held in [true, false] {
        let mut entry = rich_entry("rich", 20);
        entry.verdict.held = held;
        entry.verdict.findings.truncate(1);
        let rejudging = Rejudging {
            at: now(),
            note: "plugin mended".into(),
            entries: vec![entry],
        };
        archive.rejudge(&rejudging).await.unwrap();
    }
    for (kind, message) in [(ActKind::Reading, Some(id("m1"))), (ActKind::Search, None)] {
        let act = Act {
            kind,
            message: message.as_ref(),
            what: "message",
            messages: 1,
            at: at(8),
        };
        archive.commit(Change::Noted(&act), &by).await.unwrap();
    }
    for n in 0..250 {
        archive
            .ingest(&batch(vec![entry(&format!("single{n}"), n)]))
            .await
            .unwrap();
    }
    let path = archive.path().to_owned();
    archive.close().await;
    path
}

#[tokio::test]
async fn every_change_is_told_and_an_audit_finds_it_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = with_everything(&folder).await;
    let archive = Archive::open_readonly(&path).await.unwrap();
    let audit = whole(&archive).await;
    assert_eq!((audit.messages, audit.messages_before), (271, 0));
    assert_eq!(audit.log.leaves, leaves(&path).await.unsigned_abs());
    assert_eq!(
        audit.log.unsigned, 0,
        "what was committed before the archive was closed is signed"
    );
    assert_eq!(audit.checkpoint.unwrap().size, audit.log.leaves);
    let mut connection = raw_connection(&path).await;
    let kinds: Vec<String> = sqlx::query_scalar("SELECT DISTINCT kind FROM log_entries ORDER BY kind")
        .fetch_all(&mut connection)
        .await
        .unwrap();
    let expected = [
        "began",
        "conflict",
        "consent",
        "downgrade",
        "generation",
        "judged",
        "log-key",
        "quarantine",
        "reading",
        "rejudged",
        "released",
        "retry",
        "search",
        "trust",
    ];
    assert_eq!(kinds, expected);
    assert_eq!(count(&path, "SELECT count(*) FROM log_tiles").await, 1);
    archive.close().await;
}

#[tokio::test]
async fn a_change_that_says_nothing_new_has_no_leaf() {
    let folder = tempfile::tempdir().unwrap();
    let archive = fresh(&folder).await;
    let before = leaves(archive.path()).await;
    let offsets = IngestBatch {
        offsets: vec![offset(9, 1)],
        ..IngestBatch::new(now())
    };
    archive.ingest(&offsets).await.unwrap();
    assert_eq!(leaves(archive.path()).await, before);
    archive.ingest(&batch(vec![entry("m1", 1)])).await.unwrap();
    assert_eq!(leaves(archive.path()).await, before + 1);
    assert_eq!(
        count(archive.path(), "SELECT count(*) FROM log_entries WHERE kind = 'judged'").await,
        0,
        "a message's entry is made from its rows"
    );
    whole(&archive).await;
    archive.close().await;
}

#[tokio::test]
async fn a_change_that_fails_leaves_no_trace_in_the_log() {
    let folder = tempfile::tempdir().unwrap();
    let archive = fresh(&folder).await;
    archive.ingest(&batch(vec![entry("m1", 1)])).await.unwrap();
    let before = leaves(archive.path()).await;
    for _ in 0..3 {
        archive
            .ingest(&batch(vec![entry("m2", 2), entry("m1", 1)]))
            .await
            .unwrap_err();
        archive.release(&[id("m1")], "").await.unwrap_err();
    }
    assert_eq!(leaves(archive.path()).await, before);
    archive.ingest(&batch(vec![entry("m2", 2)])).await.unwrap();
    assert_eq!(leaves(archive.path()).await, before + 1);
    whole(&archive).await;
    archive.close().await;
}

async fn trouble(path: &Path) -> LogTrouble {
    match Archive::open(path).await.map(|_| ()).unwrap_err() {
        ArchiveError::Log { source, .. } => *source,
        other => panic!("{other}"),
    }
}

/// Goes on all the same, and looks whether the log says so.
async fn accepted(path: &Path) {
    let accepting = Opening {
        accept_lost_writes: true,
        ..Opening::default()
    };
    let archive = Archive::open_with(path, &accepting).await.unwrap();
    archive.ingest(&batch(vec![entry("after", 1)])).await.unwrap();
    assert_eq!(whole(&archive).await.log.unsigned, 1);
    archive.close().await;
    let archive = Archive::open(path).await.unwrap();
    assert_eq!(whole(&archive).await.log.unsigned, 0);
    archive.close().await;
    assert!(count(path, "SELECT count(*) FROM log_entries WHERE kind = 'lost-writes'").await > 0);
}

#[tokio::test]
async fn an_older_copy_in_the_place_of_an_archive_is_refused_until_somebody_accepts_it() {
    let folder = tempfile::tempdir().unwrap();
    let archive = fresh(&folder).await;
    let path = archive.path().to_owned();
    archive.ingest(&batch(vec![entry("m1", 1)])).await.unwrap();
    archive.close().await;
    let old = folder.path().join("old.db");
    copy(&path, &old);
    let archive = Archive::open(&path).await.unwrap();
    archive.ingest(&batch(vec![entry("m2", 2)])).await.unwrap();
    archive.close().await;

    // The file that counts the changes was put back with it; the checkpoint was not.
    for ending in ["", ".writes"] {
        std::fs::copy(beside(&old, ending), beside(&path, ending)).unwrap();
    }
    let found = trouble(&path).await;
    assert!(
        matches!(
            found,
            LogTrouble::Behind {
                found: 3,
                signed: 4,
                ..
            }
        ),
        "{found}"
    );
    let reader = Archive::open_readonly(&path).await.unwrap();
    assert!(!reader.audit(None).await.unwrap().is_whole());
    reader.close().await;
    accepted(&path).await;
}

#[tokio::test]
async fn a_witness_sees_what_was_put_back_with_its_checkpoint() {
    let folder = tempfile::tempdir().unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let witnessed = Opening {
        witness: Some(elsewhere.path().join("checkpoint")),
        ..Opening::default()
    };
    let archive = fresh(&folder).await;
    let path = archive.path().to_owned();
    archive.close().await;
    // A witness that is new has nothing yet.
    let archive = Archive::open_with(&path, &witnessed).await.unwrap();
    archive.close().await;
    let old = folder.path().join("old.db");
    copy(&path, &old);
    let archive = Archive::open_with(&path, &witnessed).await.unwrap();
    archive.ingest(&batch(vec![entry("m1", 1)])).await.unwrap();
    archive.close().await;
    // Everything is put back, and fits together.
    copy(&old, &path);
    Archive::open(&path).await.unwrap().close().await;
    let found = match Archive::open_with(&path, &witnessed).await.map(|_| ()).unwrap_err() {
        ArchiveError::Log { source, .. } => *source,
        other => panic!("{other}"),
    };
    assert!(
        matches!(
            found,
            LogTrouble::Behind {
                found: 2,
                signed: 3,
                ..
            }
        ),
        "{found}"
    );
    let reader = Archive::open_readonly_with(&path, &witnessed).await.unwrap();
    assert!(!reader.audit(None).await.unwrap().is_whole());
    reader.close().await;
}

#[tokio::test]
async fn another_history_of_the_same_length_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let archive = fresh(&folder).await;
    let path = archive.path().to_owned();
    archive.close().await;
    let other = folder.path().join("other.db");
    copy(&path, &other);
    for (path, native) in [(&path, "m1"), (&other, "m2")] {
        let archive = Archive::open(path).await.unwrap();
        archive.ingest(&batch(vec![entry(native, 1)])).await.unwrap();
        archive.close().await;
    }
    std::fs::copy(beside(&other, ".checkpoint"), beside(&path, ".checkpoint")).unwrap();
    let found = trouble(&path).await;
    assert!(matches!(found, LogTrouble::Forked { size: 3, .. }), "{found}");
    accepted(&path).await;
}

#[tokio::test]
async fn a_log_without_its_key_or_checkpoint_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let archive = fresh(&folder).await;
    let path = archive.path().to_owned();
    archive.close().await;
    let (key, checkpoint) = (beside(&path, ".log-key"), beside(&path, ".checkpoint"));
    let kept = (std::fs::read(&key).unwrap(), std::fs::read(&checkpoint).unwrap());

    std::fs::remove_file(&checkpoint).unwrap();
    let found = trouble(&path).await;
    assert!(matches!(found, LogTrouble::NoCheckpoint { leaves: 2, .. }), "{found}");
    std::fs::write(&checkpoint, "no note").unwrap();
    let found = trouble(&path).await;
    assert!(matches!(found, LogTrouble::BadCheckpoint { .. }), "{found}");
    std::fs::write(&checkpoint, &kept.1).unwrap();

    std::fs::remove_file(&key).unwrap();
    let found = trouble(&path).await;
    assert!(matches!(found, LogTrouble::NoKey { .. }), "{found}");
    let elsewhere = tempfile::tempdir().unwrap();
    let other = fresh(&elsewhere).await;
    std::fs::copy(beside(other.path(), ".log-key"), &key).unwrap();
    let found = trouble(&path).await;
    assert!(matches!(found, LogTrouble::OtherKey { .. }), "{found}");
    std::fs::write(&key, "PRIVATE+KEY+x").unwrap();
    let found = trouble(&path).await;
    assert!(matches!(found, LogTrouble::BadKey { .. }), "{found}");
    std::fs::write(&key, &kept.0).unwrap();
    std::fs::set_permissions(&key, std::os::unix::fs::PermissionsExt::from_mode(0o644)).unwrap();
    let found = trouble(&path).await;
    assert!(matches!(found, LogTrouble::OpenKey { mode: 0o644, .. }), "{found}");
    std::fs::set_permissions(&key, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    Archive::open(&path).await.unwrap().close().await;
    std::fs::remove_file(&key).unwrap();
    accepted(&path).await;
}

#[tokio::test]
async fn the_key_of_the_log_is_its_owners_alone_and_another_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let archive = fresh(&folder).await;
    let key = beside(archive.path(), ".log-key");
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&key).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
    let named = whole(&archive).await.key.unwrap();
    let right = named.parse().unwrap();
    assert!(archive.audit(Some(&right)).await.unwrap().is_whole());
    let elsewhere = tempfile::tempdir().unwrap();
    let other = fresh(&elsewhere).await;
    let wrong = whole(&other).await.key.unwrap().parse().unwrap();
    let found = archive.audit(Some(&wrong)).await.unwrap();
    assert_eq!(found.faults_count, 1, "{:?}", found.faults);
    archive.close().await;
    other.close().await;
}

#[tokio::test]
async fn the_log_of_an_older_archive_begins_with_how_much_was_there() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("v4.db");
    let mut connection = raw_connection(&path).await;
    sqlx::raw_sql(include_str!("fixtures/v4.sql"))
        .execute(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
    let archive = Archive::open(&path).await.unwrap();
    let audit = whole(&archive).await;
    assert!(audit.messages_before > 0);
    assert_eq!((audit.messages, audit.log.leaves), (0, 1));
    assert_eq!(
        count(&path, "SELECT count(*) FROM log_entries WHERE kind = 'upgraded'").await,
        1
    );
    archive.ingest(&batch(vec![entry("new", 1)])).await.unwrap();
    assert_eq!(whole(&archive).await.messages, 1);
    archive.close().await;
}

/// The files of an export.
struct Folder(PathBuf);

impl Files for Folder {
    type Error = std::io::Error;

    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, std::io::Error> {
        match std::fs::read(self.0.join(path)) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }
}

#[tokio::test]
async fn an_export_is_verified_without_the_archive() {
    let folder = tempfile::tempdir().unwrap();
    let path = with_everything(&folder).await;
    let archive = Archive::open(&path).await.unwrap();
    let (out, again) = (folder.path().join("export"), folder.path().join("again"));
    let audit = archive.export_log(&out, None).await.unwrap();
    assert!(audit.is_whole(), "{:?}", audit.named().collect::<Vec<_>>());
    let key: VerifierKey = audit.key.unwrap().parse().unwrap();
    let trust = LogTrust::new(key.name().as_str(), key.clone()).unwrap();
    let report = verify(&Folder(out.clone()), &trust).unwrap();
    assert!(report.is_whole(), "{:?} {:?}", report.faults, report.log.faults);
    assert_eq!(report.log.leaves, audit.log.leaves);
    assert_eq!((report.kinds["judged"], report.kinds["rejudged"]), (271, 2));
    assert_eq!(report.log.entries, report.log.entries_kept, "nothing is erased");

    // What was committed and not signed yet is not given away.
    archive.ingest(&batch(vec![entry("unsigned", 1)])).await.unwrap();
    archive.export_log(&again, None).await.unwrap();
    let report = verify(&Folder(again), &trust).unwrap();
    assert!(report.is_whole());
    assert!(report.log.leaves <= audit.log.leaves + 1);
    std::fs::remove_file(out.join("entries/000")).unwrap();
    assert!(!verify(&Folder(out), &trust).unwrap().is_whole());
    archive.close().await;
}

/// Tables that an audit covers, with their columns. What it does not cover is in docs/log-format.md.
const COVERED: [(&str, &[&str]); 20] = [
    (
        "envelopes",
        &[
            "message",
            "stream",
            "received_at",
            "sent_at",
            "kind",
            "direction",
            "sender",
            "conversation",
            "generation",
            "pack_list",
            "held",
            "withheld",
            "statute_list",
            "why",
            "keep_until",
        ],
    ),
    (
        "contents",
        &["message", "key_version", "key", "content", "round", "judgement"],
    ),
    ("identities", &["tag", "message"]),
    ("findings", &["message", "policy", "rule", "severity", "shadow"]),
    ("faults", &["message", "policy", "cause", "detail"]),
    (
        "held_messages",
        &["message", "released_at", "released_by", "release_note"],
    ),
    (
        "earlier_judgements",
        &[
            "earlier",
            "message",
            "generation",
            "pack_list",
            "round",
            "judgement",
            "rejudged_at",
            "rejudged_by",
            "note",
        ],
    ),
    (
        "conflicts",
        &[
            "conflict",
            "message",
            "refused_digest",
            "refused_raw",
            "source",
            "file",
            "line",
            "at",
        ],
    ),
    (
        "consents",
        &[
            "consent", "message", "tenant", "channel", "party", "state", "at", "holds",
        ],
    ),
    (
        "generations",
        &[
            "generation",
            "digest",
            "recorded_at",
            "engine_version",
            "packs",
            "set_file",
            "set_text",
            "set_json",
        ],
    ),
    (
        "generation_history",
        &[
            "entry",
            "at",
            "outcome",
            "cause",
            "generation",
            "who",
            "why",
            "changed",
            "set_file",
            "set_text",
            "problems",
        ],
    ),
    ("trust_history", &["entry", "at", "file", "text"]),
    (
        "downgrades",
        &["downgrade", "at", "pack", "version", "after", "who", "note"],
    ),
    (
        "quarantines",
        &[
            "quarantine",
            "at",
            "generation",
            "policy",
            "faults",
            "messages",
            "retried_at",
            "retried_by",
        ],
    ),
    ("streams", &["stream", "tenant", "channel"]),
    ("parties", &["party", "stream", "id"]),
    ("conversations", &["conversation", "stream", "id"]),
    ("log_leaves", &["leaf", "data", "first_message", "messages"]),
    (
        "log_entries",
        &["leaf", "place", "kind", "message", "commitment", "salt", "entry"],
    ),
    ("log_tiles", &["level", "place", "hashes"]),
];

/// Numbers of a seed (splitmix64).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: i64) -> i64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % bound.unsigned_abs()) as i64
    }
}

/// Alters something of an archive that is closed; what, or `None` where that changed nothing.
async fn alter(path: &Path, old: &Path, other: &Path, numbers: &mut Numbers) -> Option<String> {
    match numbers.below(20) {
        0 => {
            for ending in ["", ".writes"] {
                std::fs::copy(beside(old, ending), beside(path, ending)).unwrap();
            }
            return Some("an older copy".into());
        }
        1 => {
            std::fs::copy(beside(other, ".checkpoint"), beside(path, ".checkpoint")).unwrap();
            return Some("a checkpoint by another key".into());
        }
        2 => {
            let checkpoint = beside(path, ".checkpoint");
            let mut bytes = std::fs::read(&checkpoint).unwrap();
            let place = numbers.below(bytes.len() as i64) as usize;
            bytes[place] ^= 1 << numbers.below(8);
            std::fs::write(&checkpoint, bytes).unwrap();
            return Some("a bit of the checkpoint".into());
        }
        _ => {}
    }
    let mut connection = raw_connection(path).await;
    for sql in [
        "PRAGMA foreign_keys = OFF",
        "PRAGMA ignore_check_constraints = ON",
        "DROP TRIGGER IF EXISTS consents_never_change",
        "DROP TRIGGER IF EXISTS consents_never_go",
    ] {
        sqlx::query(sql).execute(&mut connection).await.unwrap();
    }
    let altered = alter_rows(&mut connection, numbers).await;
    connection.close().await.unwrap();
    altered
}

async fn alter_rows(connection: &mut SqliteConnection, numbers: &mut Numbers) -> Option<String> {
    let (table, columns) = COVERED[numbers.below(COVERED.len() as i64) as usize];
    let rows: i64 = sqlx::query_scalar(AssertSqlSafe(format!("SELECT count(*) FROM {table}")))
        .fetch_one(&mut *connection)
        .await
        .unwrap();
    let column = columns[numbers.below(columns.len() as i64) as usize];
    // The primary key names the row, whether it has a number or not.
    let key: Vec<String> = sqlx::query_scalar(AssertSqlSafe(format!(
        "SELECT name FROM pragma_table_info('{table}') WHERE pk > 0 ORDER BY pk"
    )))
    .fetch_all(&mut *connection)
    .await
    .unwrap();
    let key = key.join(", ");
    let one = |place: i64| format!("({key}) = (SELECT {key} FROM {table} ORDER BY {key} LIMIT 1 OFFSET {place})");
    let (first, second) = (numbers.below(rows), numbers.below(rows));
    if table == "log_leaves" && numbers.below(4) == 0 {
        // With all that belongs to it: the log is whole, and shorter.
        let from = rows - 1 - numbers.below(200);
        let ends = format!(
            "DELETE FROM log_entries WHERE leaf >= {from}; DELETE FROM log_leaves WHERE leaf >= {from};
             DELETE FROM contents WHERE message > (SELECT max(first_message + messages) - 1 FROM log_leaves);
             DELETE FROM identities WHERE message NOT IN (SELECT message FROM contents);
             DELETE FROM envelopes WHERE message NOT IN (SELECT message FROM contents);
             DELETE FROM log_tiles WHERE (place + 1) * 256 > {from}"
        );
        sqlx::raw_sql(AssertSqlSafe(ends)).execute(connection).await.unwrap();
        return Some("the log cut, with its rows".into());
    }
    let (what, sql) = match numbers.below(3) {
        0 => ("a row deleted", format!("DELETE FROM {table} WHERE {}", one(first))),
        1 => {
            let value = match numbers.below(2) {
                0 => format!("(SELECT {column} FROM {table} WHERE {})", one(second)),
                _ => "NULL".to_owned(),
            };
            (
                "a value of another row",
                format!(
                    "UPDATE OR FAIL {table} SET {column} = {value} WHERE {} AND {column} IS NOT {value}",
                    one(first)
                ),
            )
        }
        _ => {
            let bit = 1 << numbers.below(8);
            let turned = format!(
                "CASE typeof({column}) WHEN 'integer' THEN ({column} | {bit}) - ({column} & {bit})
                 WHEN 'text' THEN {column} || 'x'
                 WHEN 'blob' THEN unhex(replace(hex({column}), substr(hex({column}), 3, 2), printf('%02X', (instr('0123456789ABCDEF', substr(hex({column}), 3, 1)) * 16 + {bit}) % 256)))
                 ELSE 1 END"
            );
            (
                "a value altered",
                format!(
                    "UPDATE OR FAIL {table} SET {column} = {turned} WHERE {} AND {column} IS NOT {turned}",
                    one(first)
                ),
            )
        }
    };
    // What a unique index or a type refuses was not altered.
    let done = sqlx::query(AssertSqlSafe(sql)).execute(connection).await.ok()?;
    (done.rows_affected() > 0).then(|| format!("{what}: {table}.{column}"))
}

/// Alterations that are tried: a thousand each time, more by `make alterations`.
fn alterations() -> u64 {
    std::env::var("PROVISO_ALTERATIONS").map_or(1_000, |count| count.parse().unwrap())
}

#[tokio::test]
async fn every_alteration_of_an_archive_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let path = with_everything(&folder).await;
    let elsewhere = tempfile::tempdir().unwrap();
    let other = with_everything(&elsewhere).await;
    let old = folder.path().join("old.db");
    copy(&path, &old);
    let archive = Archive::open(&path).await.unwrap();
    archive.ingest(&batch(vec![entry("last", 1)])).await.unwrap();
    archive.close().await;
    let altered = folder.path().join("altered.db");
    let (mut unseen, mut tried, mut seed) = (Vec::new(), 0, 0);
    while tried < alterations() {
        seed += 1;
        copy(&path, &altered);
        let Some(what) = alter(&altered, &old, &other, &mut Numbers(seed)).await else {
            continue;
        };
        tried += 1;
        let found = match Archive::open_readonly(&altered).await {
            Ok(archive) => {
                let found = archive.audit(None).await;
                archive.close().await;
                // What cannot be read at all is seen too.
                found.is_err() || found.is_ok_and(|audit| !audit.is_whole())
            }
            Err(_) => true,
        };
        if !found {
            unseen.push(format!("{seed}: {what}"));
        }
    }
    println!("{tried} alterations of {seed} tried");
    assert!(unseen.is_empty(), "{} of {tried} unseen: {unseen:#?}", unseen.len());
}
