//! The log: it tells of every change, in the transaction that it tells of, and what was altered is found.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use crate::alterations::opened_to_alter;
use crate::conformance::alerts::{decides, filter, found, list, review};
use crate::conformance::facts::{applied, directory, employment, import, statement};
use crate::disposal::{clock, dispose, disposing, due, hold, place};
use crate::people;
use crate::permissions::permit;
use crate::requests::{act, ask, decide, li, request, run};
use crate::saved_queries::{delete, save};
use crate::scoring::{end, scoring};
use crate::support::{
    Write, activation, activation_again, at, batch, entry, finding, fresh, generation, id, now, offset, policy,
    raw_connection, rejudging, retention, rich_batch, rich_entry, wei,
};
use proviso_archive::{
    Act, ActKind, AlertDecision, AlertView, AllowedDowngrade, Archive, ArchiveError, Audit, Cause, Change,
    ConsentImport, EndingImport, FailedSet, IngestBatch, LogTrouble, Opening, Quarantined, Rejudging, RequestedAct,
    ReviewAct, TrustRecord, VerifierKey,
};
use proviso_model::Problem;
use proviso_model::basis::Permit;
use proviso_model::consent::ConsentState;
use proviso_model::retention::{Concerns, Ended, Ending};
use proviso_model::statement::Whose;
use proviso_model::verdict::Severity;
use proviso_proof::export::{Files, verify};
use proviso_proof::note::LogTrust;
use sqlx::Connection as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The files of an archive.
const FILES: [&str; 6] = ["", "-wal", ".writes", ".keys", ".log-key", ".checkpoint"];

pub(crate) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

pub(crate) fn copy(from: &Path, to: &Path) {
    for ending in FILES {
        let (from, to) = (beside(from, ending), beside(to, ending));
        let _ = std::fs::remove_file(&to);
        if from.exists() {
            std::fs::copy(from, to).unwrap();
        }
    }
}

pub(crate) async fn count(path: &Path, sql: &'static str) -> i64 {
    let mut connection = raw_connection(path).await;
    let count = sqlx::query_scalar(sql).fetch_one(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    count
}

async fn leaves(path: &Path) -> i64 {
    count(path, "SELECT count(*) FROM log_leaves").await
}

pub(crate) async fn whole(archive: &Archive) -> Audit {
    let audit = archive.audit(None).await.unwrap();
    assert!(audit.is_whole(), "{:#?}", audit.named().collect::<Vec<_>>());
    audit
}

/// An archive with every kind of change, and more than one tile of leaves.
pub(crate) async fn with_everything(folder: &tempfile::TempDir) -> PathBuf {
    let archive = fresh(folder).await;
    hand_in_facts(&archive).await;
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
    for state in [Some(r#"{"content":false}"#), Some(r#"{"content":true}"#), None] {
        permit(&archive, state).await;
    }
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
            alerts: Arc::default(),
        };
        archive.rejudge(&rejudging).await.unwrap();
    }
    for (kind, message) in [(ActKind::Reading, Some(id("m1"))), (ActKind::Search, None)] {
        let act = Act {
            kind,
            message: message.as_ref(),
            what: "message",
            inquiry: None,
            messages: 1,
            at: at(8),
        };
        archive.commit(Change::Noted(&act), &by).await.unwrap();
    }
    for name in ["promises", "leavers"] {
        save(&archive, name, "保本 from:wei").await.unwrap();
    }
    delete(&archive, "promises", &by).await.unwrap();
    save(&archive, "promises", "保本").await.unwrap();
    people::everything(&archive).await;
    for n in 0..250 {
        archive
            .ingest(&batch(vec![entry(&format!("single{n}"), n)]))
            .await
            .unwrap();
    }
    review_some(&archive).await;
    hold_and_dispose(&archive).await;
    let path = archive.path().to_owned();
    archive.close().await;
    path
}

/// Alerts that were decided on, taken back, escalated and commented, of messages that go and of messages that stay.
async fn review_some(archive: &Archive) {
    let mut going = due("looked-at", 7);
    going.verdict.findings = vec![finding("a", Severity::High)];
    let stays = found("stays", 8, &[("a", Severity::High), ("b", Severity::Critical)]);
    archive.ingest(&batch(vec![going, stays])).await.unwrap();
    let open = list(archive, &filter(AlertView::Open)).await;
    let said = ReviewAct::Comment { comment: "asked" };
    for (place, alert) in open.iter().enumerate() {
        review(archive, alert.number, said, (1, "li")).await.unwrap();
        let decision = AlertDecision::ALL[place % 5];
        review(archive, alert.number, decides(decision), (2, "li"))
            .await
            .unwrap();
        if place % 3 == 0 {
            review(archive, alert.number, ReviewAct::Undo, (3, "li")).await.unwrap();
        }
    }
}

/// A directory, what somebody said of being archived, and an end, before the messages that they decide.
async fn hand_in_facts(archive: &Archive) {
    let people = vec![employment("bank", "zhang", "risk"), employment("bank", "li", "sales")];
    import(archive, &directory(people, 1)).await.unwrap();
    let heard = [Whose::Person("1001".into()), Whose::of("wecom", "wo_1")];
    let consents = ConsentImport {
        rows: heard.map(|whose| statement(whose, ConsentState::Agree, 10)).into(),
        at: at(100),
    };
    archive.commit(Change::Consents(&consents), &wei()).await.unwrap();
    let mut based = entry("based", 1);
    based.directory = Some(1);
    based.basis = Some(applied(Permit::Sealed));
    based.verdict.held = true;
    archive.ingest(&batch(vec![based.clone()])).await.unwrap();
    based.verdict.held = false;
    based.basis = Some(applied(Permit::Judge));
    archive.rejudge(&rejudging(vec![based])).await.unwrap();
}

pub(crate) fn ending(reference: &str) -> Ending {
    Ending {
        tenant: "bank".into(),
        of: Concerns::Customer("wecom:wo_1".parse().unwrap()),
        what: Ended::Contract,
        reference: reference.into(),
        on: Some("2026-01-31".parse().unwrap()),
        source: "core".into(),
    }
}

/// An end that decides anew, two orders to keep, one of them released, and messages that go.
async fn hold_and_dispose(archive: &Archive) {
    let mut waiting = rich_entry("contract", 20);
    waiting.retention = Some(retention(None));
    waiting.verdict.held = false;
    archive
        .ingest(&batch(vec![
            waiting,
            due("gone", 1),
            due("kept", 2),
            due("gone too", 3),
        ]))
        .await
        .unwrap();
    let arrival = async |native| archive.show(&id(native)).await.unwrap().unwrap().arrival;
    let endings = EndingImport {
        rows: vec![ending("a"), ending("b")],
        at: clock(),
        decisions: vec![(arrival("contract").await, retention(Some("2046-01-31")))],
    };
    archive.commit(Change::Endings(&endings), &wei()).await.unwrap();
    let mut elsewhere = hold();
    elsewhere.tenant = "shop".into();
    let released = place(archive, &elsewhere).await;
    place(archive, &elsewhere).await;
    let release = Change::ReleaseHold {
        hold: released,
        request: None,
        note: "case closed",
        at: clock(),
    };
    archive.commit(release, &wei()).await.unwrap();
    let looked_at = arrival("looked-at").await;
    assert_eq!(dispose(archive, &[looked_at]).await.disposed, 1);
    let gone = [arrival("gone").await, arrival("gone too").await];
    assert_eq!(dispose(archive, &gone[..1]).await.disposed, 1);
    let going = disposing(&gone[1..]);
    for _ in 0..2 {
        let asked = ask(archive, &request(act(&going))).await;
        decide(archive, &asked, true, &li()).await.unwrap();
    }
    assert_eq!(run(archive, 1, &going).await, Ok(1));
    for ends in [true, false] {
        let asked = ask(archive, &request(RequestedAct::Scoring(scoring(600_000)))).await;
        decide(archive, &asked, true, &li()).await.unwrap();
        if ends {
            end(archive, asked.number, &wei()).await.unwrap();
        }
    }
}

#[tokio::test]
async fn every_change_is_told_and_an_audit_finds_it_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = with_everything(&folder).await;
    let archive = Archive::open_readonly(&path).await.unwrap();
    let audit = whole(&archive).await;
    assert_eq!((audit.messages, audit.messages_before), (278, 0));
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
        "decided",
        "directory",
        "disposal",
        "downgrade",
        "ending",
        "generation",
        "hold-check",
        "hold-placed",
        "hold-released",
        "judged",
        "log-key",
        "permission",
        "quarantine",
        "query-deleted",
        "query-saved",
        "reading",
        "rejudged",
        "released",
        "request",
        "request-decided",
        "request-ended",
        "request-run",
        "retry",
        "review",
        "role-ended",
        "role-given",
        "search",
        "session-ended",
        "session-opened",
        "session-step-up",
        "sign-in-refused",
        "statement",
        "totp-removed",
        "totp-set",
        "trust",
        "user",
        "user-password",
        "user-state",
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
                signed: 5,
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
                found: 3,
                signed: 4,
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
    assert!(matches!(found, LogTrouble::Forked { size: 4, .. }), "{found}");
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
    // What is of before the log goes too, with all rows that the log tells nothing of.
    sqlx::raw_sql("UPDATE envelopes SET why = 5, keep_until = 10 WHERE message < (SELECT max(message) FROM envelopes)")
        .execute(&mut opened_to_alter(&path).await)
        .await
        .unwrap();
    let messages = audit.messages_before.cast_signed();
    let going: Vec<i64> = (1..=messages).collect();
    let report = dispose(&archive, &going).await;
    assert_eq!((report.disposed, report.waiting), (audit.messages_before - 1, 1));
    whole(&archive).await;
    archive.close().await;
}

/// The files of an export.
pub(crate) struct Folder(pub(crate) PathBuf);

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
    assert_eq!((report.kinds["judged"], report.kinds["rejudged"]), (275, 3));
    assert!(report.log.entries > report.log.entries_kept, "what went is erased");

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
