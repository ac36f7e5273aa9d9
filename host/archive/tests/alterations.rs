//! What somebody alters in the files of an archive: an audit finds it.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use crate::altered_exports::{Exports, unseen};
use crate::disposal::{clock, due};
use crate::log::{beside, copy, ending, with_everything};
use crate::support::{Write, batch, entry, fresh, raw_connection, retention, wei};
use proviso_archive::{Archive, Change, EndingImport};
use sqlx::{AssertSqlSafe, Connection as _, SqliteConnection};
use std::path::Path;

/// Tables that an audit covers, with their columns. What it does not cover is in docs/log-format.md.
const COVERED: [(&str, &[&str]); 38] = [
    // Department and due time are told of by the first review; of a closed one nothing says whether it was found once more.
    (
        "alerts",
        &[
            "alert",
            "message",
            "stream",
            "kind",
            "policy",
            "rule",
            "severity",
            "conversation",
            "sender",
            "sent_at",
            "opened_at",
            "state",
            "escalated",
            "assignee",
            "decision",
            "decided_by",
            "decided_at",
            "version",
        ],
    ),
    (
        "reviews",
        &[
            "review", "alert", "version", "at", "who", "act", "decision", "reason", "assignee", "severity", "comment",
        ],
    ),
    ("review_comments", &["review", "message", "sealed"]),
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
            "directory",
            "basis",
            "clocks",
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
            "directory",
            "basis",
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
            "consent", "message", "tenant", "channel", "party", "state", "at", "holds", "source", "version",
            "heard_at", "who",
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
    (
        "holds",
        &[
            "hold",
            "tenant",
            "reason",
            "person",
            "conversation",
            "sent_from",
            "sent_before",
            "placed_at",
            "placed_by",
            "released_at",
            "released_by",
            "release_note",
            "texts",
        ],
    ),
    (
        "disposals",
        &["message", "disposed_at", "disposed_by", "leaf", "place", "said"],
    ),
    (
        "requests",
        &[
            "request",
            "tenant",
            "act",
            "digest",
            "reason",
            "second_person",
            "asked_at",
            "asked_by",
            "not_before",
            "ends_at",
            "approved",
            "decided_at",
            "decided_by",
            "decision_note",
            "run_at",
            "run_by",
        ],
    ),
    ("request_ends", &["request", "ended_at", "ended_by", "note"]),
    ("permission_history", &["entry", "at", "about", "permits", "who"]),
    (
        "saved_queries",
        &[
            "saved",
            "tenant",
            "name",
            "saved_at",
            "saved_by",
            "digest",
            "key_version",
            "key",
            "sealed",
            "deleted_at",
            "deleted_by",
        ],
    ),
    (
        "users",
        &[
            "user",
            "name",
            "display",
            "person_tenant",
            "person",
            "added_at",
            "added_by",
        ],
    ),
    (
        "user_passwords",
        &["password", "user", "digest", "hash", "must_change", "set_at", "set_by"],
    ),
    (
        "user_states",
        &["state", "user", "disabled", "changed_at", "changed_by"],
    ),
    (
        "user_roles",
        &[
            "given",
            "user",
            "role",
            "tenant",
            "departments",
            "given_at",
            "given_by",
            "ended_at",
            "ended_by",
        ],
    ),
    (
        "user_totp",
        &[
            "totp",
            "user",
            "set_at",
            "set_by",
            "digest",
            "key_version",
            "key",
            "sealed",
            "removed_at",
            "removed_by",
        ],
    ),
    (
        "sessions",
        &[
            "session",
            "token",
            "user",
            "opened_at",
            "ends_at",
            "ended_at",
            "ended_by",
            "why",
        ],
    ),
    (
        "directory_versions",
        &["version", "digest", "at", "who", "file", "employments"],
    ),
    (
        "employments",
        &[
            "since",
            "until",
            "tenant",
            "person",
            "holds_from",
            "holds_to",
            "accounts",
            "department",
            "post",
            "manager",
        ],
    ),
    (
        "endings",
        &[
            "ending",
            "tenant",
            "channel",
            "customer",
            "conversation",
            "what",
            "reference",
            "ended_on",
            "source",
            "heard_at",
            "who",
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
    let mut connection = opened_to_alter(path).await;
    let altered = alter_rows(&mut connection, numbers).await;
    connection.close().await.unwrap();
    altered
}

/// Opens an archive's file to alter what nobody may.
pub(crate) async fn opened_to_alter(path: &Path) -> SqliteConnection {
    let mut connection = raw_connection(path).await;
    for sql in [
        "PRAGMA foreign_keys = OFF",
        "PRAGMA ignore_check_constraints = ON",
        "DROP TRIGGER IF EXISTS consents_never_change",
        "DROP TRIGGER IF EXISTS consents_never_go",
        "DROP TRIGGER IF EXISTS endings_never_change",
        "DROP TRIGGER IF EXISTS endings_never_go",
        "DROP TRIGGER IF EXISTS alerts_stay",
        "DROP TRIGGER IF EXISTS alerts_never_go",
        "DROP TRIGGER IF EXISTS reviews_never_change",
        "DROP TRIGGER IF EXISTS reviews_never_go",
    ] {
        sqlx::query(sql).execute(&mut connection).await.unwrap();
    }
    connection
}

/// True if an audit tells that somebody altered the archive; what cannot be read at all is seen too.
async fn is_seen(path: &Path) -> bool {
    let Ok(archive) = Archive::open_readonly(path).await else {
        return true;
    };
    let audit = archive.audit(None).await;
    archive.close().await;
    audit.is_err() || audit.is_ok_and(|audit| !audit.is_whole())
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
        if !is_seen(&altered).await {
            unseen.push(format!("{seed}: {what}"));
        }
    }
    println!("{tried} alterations of {seed} tried");
    assert!(unseen.is_empty(), "{} of {tried} unseen: {unseen:#?}", unseen.len());
}

#[tokio::test]
async fn every_alteration_of_an_export_is_found() {
    for masked in [false, true] {
        let exports = Exports::made(masked).await;
        let unseen = unseen(&exports, alterations() / if masked { 10 } else { 1 });
        assert!(
            unseen.is_empty(),
            "{} unseen, masked {masked}: {unseen:#?}",
            unseen.len()
        );
    }
}

/// What somebody would do who knows the schema and the log, and has no key of it.
const ATTACKS: [(&str, &str); 24] = [
    (
        "entries erased as if their message had gone",
        "UPDATE log_entries SET entry = NULL, salt = NULL, message = 999999 WHERE kind = 'trust'",
    ),
    (
        "an entry of a message that is there erased",
        "UPDATE log_entries SET entry = NULL, salt = NULL WHERE kind = 'released'",
    ),
    (
        "a row more, with an entry that stands in no leaf",
        "INSERT INTO trust_history (at, file, text) SELECT at, file, text || 'x' FROM trust_history LIMIT 1;
         INSERT INTO log_entries (leaf, place, kind, message, commitment, salt, entry)
         SELECT 0, -1, kind, message, commitment, salt, entry FROM log_entries WHERE kind = 'trust' LIMIT 1",
    ),
    (
        "a row more, with an entry behind those of a leaf",
        "INSERT INTO trust_history (at, file, text) SELECT at, file, text || 'x' FROM trust_history LIMIT 1;
         INSERT INTO log_entries (leaf, place, kind, message, commitment, salt, entry)
         SELECT leaf, place + 1, kind, message, commitment, salt, entry FROM log_entries WHERE kind = 'trust' LIMIT 1",
    ),
    (
        "an approval by somebody else",
        "UPDATE requests SET decided_by = 'person:zhao' WHERE run_at IS NOT NULL",
    ),
    ("an end of scoring taken back", "DELETE FROM request_ends"),
    (
        "a scoring that is longer than was approved",
        "UPDATE requests SET act = replace(act, '\"until\":', '\"until\":9') WHERE act ->> 'act' = 'scoring'",
    ),
    (
        "a permission that nobody gave",
        "UPDATE permission_history SET permits = '{\"content\":true}' WHERE about = 'token:feed'",
    ),
    (
        "a role that nobody gave",
        "INSERT INTO user_roles (user, role, departments, given_at, given_by)
         SELECT user, 'administrator', '[]', given_at, given_by FROM user_roles LIMIT 1",
    ),
    (
        "a role for another tenant",
        "UPDATE user_roles SET tenant = 'shop' WHERE role = 'compliance-lead'",
    ),
    (
        "an end of a role taken back",
        "UPDATE user_roles SET ended_at = NULL, ended_by = NULL WHERE role = 'reviewer'",
    ),
    (
        "a password of one's own, with its digest",
        "UPDATE user_passwords SET (hash, digest) = (SELECT hash, digest FROM user_passwords WHERE user = 2) WHERE hash IS NOT NULL",
    ),
    (
        "a user who is enabled again",
        "DELETE FROM user_states WHERE state = (SELECT max(state) FROM user_states)",
    ),
    (
        "a session that nobody opened",
        "INSERT INTO sessions (token, user, opened_at, ends_at) SELECT zeroblob(32), user, opened_at, ends_at FROM sessions LIMIT 1",
    ),
    ("a hold for another", "UPDATE holds SET tenant = 'bank'"),
    (
        "a hold of fewer messages",
        "UPDATE holds SET texts = '[\"falcon\"]' WHERE texts IS NULL",
    ),
    (
        "a hold released",
        "UPDATE holds SET released_at = 1, released_by = 'somebody', release_note = '' WHERE released_at IS NULL",
    ),
    (
        "a release taken back",
        "UPDATE holds SET released_at = NULL, released_by = NULL, release_note = NULL",
    ),
    ("a post of another class", "UPDATE employments SET post = 'ordinary'"),
    (
        "a disposal without a trace",
        "DELETE FROM disposals; DELETE FROM identities WHERE message NOT IN (SELECT message FROM contents)",
    ),
    (
        "a disposal by somebody else",
        "UPDATE disposals SET disposed_by = 'somebody'",
    ),
    (
        "a certificate that says something else",
        "UPDATE disposals SET said = replace(said, 'P20Y', 'P05Y')",
    ),
    (
        "a message removed as if it had been disposed of",
        "INSERT INTO disposals SELECT (SELECT min(message) FROM contents), disposed_at, disposed_by, leaf, place, said
         FROM disposals LIMIT 1;
         UPDATE log_entries SET entry = NULL, salt = NULL WHERE message = (SELECT min(message) FROM contents);
         DELETE FROM envelopes WHERE message = (SELECT min(message) FROM contents);
         DELETE FROM contents WHERE message = (SELECT min(message) FROM contents)",
    ),
    (
        "a basis that is not there",
        "UPDATE envelopes SET basis = 99 WHERE message = (SELECT max(message) FROM envelopes)",
    ),
];

#[tokio::test]
async fn whoever_knows_the_schema_is_found_as_well() {
    let folder = tempfile::tempdir().unwrap();
    let path = with_everything(&folder).await;
    let altered = folder.path().join("altered.db");
    let mut unseen = Vec::new();
    for (what, sql) in ATTACKS {
        copy(&path, &altered);
        let mut connection = opened_to_alter(&altered).await;
        let done = sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
        assert!(done.rows_affected() > 0, "{what} alters nothing");
        connection.close().await.unwrap();
        if !is_seen(&altered).await {
            unseen.push(what);
        }
    }
    assert!(unseen.is_empty(), "{unseen:#?}");
}

/// The entry of a judgement is made from its rows as long as nothing changes them. One that is put beside them, as it would be when
/// they change, hides no change that the log tells nothing of.
#[tokio::test]
async fn a_judgements_own_entry_put_beside_it_hides_no_change() {
    let folder = tempfile::tempdir().unwrap();
    let archive = fresh(&folder).await;
    archive.ingest(&batch(vec![due("m1", 1)])).await.unwrap();
    let path = archive.path().to_owned();
    archive.close().await;
    let (decided, altered) = (folder.path().join("decided.db"), folder.path().join("altered.db"));
    copy(&path, &decided);
    copy(&path, &altered);
    let archive = Archive::open(&decided).await.unwrap();
    let endings = EndingImport {
        rows: vec![ending("a")],
        at: clock(),
        decisions: vec![(1, retention(Some("2046-01-31")))],
    };
    archive.commit(Change::Endings(&endings), &wei()).await.unwrap();
    archive.close().await;

    let mut connection = opened_to_alter(&altered).await;
    let attach = format!("ATTACH '{}' AS decided", decided.display());
    sqlx::raw_sql(AssertSqlSafe(attach))
        .execute(&mut connection)
        .await
        .unwrap();
    let plant = "INSERT INTO log_entries SELECT * FROM decided.log_entries WHERE kind = 'judged'";
    assert_eq!(
        sqlx::raw_sql(plant)
            .execute(&mut connection)
            .await
            .unwrap()
            .rows_affected(),
        1
    );
    connection.close().await.unwrap();
    assert!(!is_seen(&altered).await, "the entry alone changes nothing");
    let mut connection = opened_to_alter(&altered).await;
    let alter = "UPDATE envelopes SET keep_until = keep_until + 1";
    assert_eq!(
        sqlx::raw_sql(alter)
            .execute(&mut connection)
            .await
            .unwrap()
            .rows_affected(),
        1
    );
    connection.close().await.unwrap();
    assert!(is_seen(&altered).await);
}
