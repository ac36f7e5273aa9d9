//! What an earlier version wrote is opened, replayed and gone on with by this one.

use super::disposal::{ok, said, stays};
use super::support::{Serve, Site, copy_folder, message, project};
use serde_json::Value;
use sqlx::ConnectOptions as _;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

/// The archive of a schema, as the fixture has it, in a folder of its own.
fn fixture(schema: u32) -> Site {
    let site = Site::new();
    let from = project().join(format!("tests/end_to_end/fixtures/archive-{schema}"));
    copy_folder(&from, site.dir.path());
    for name in ["archive.db.keys", "archive.db.log-key"] {
        fs::set_permissions(site.path("data").join(name), fs::Permissions::from_mode(0o600)).unwrap();
    }
    let dump = site.path("data/archive.sql");
    let sql = fs::read_to_string(&dump).unwrap();
    fs::remove_file(dump).unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let options = sqlx::sqlite::SqliteConnectOptions::new()
            .filename(site.path("data/archive.db"))
            .create_if_missing(true);
        let mut connection = options.connect().await.unwrap();
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql))
            .execute(&mut connection)
            .await
            .unwrap();
        sqlx::Connection::close(connection).await.unwrap();
    });
    site
}

#[test]
fn an_archive_of_schema_13_is_what_it_was_and_goes_on() {
    let site = fixture(13);
    let (code, _, error) = said(&site, &["replay", "--all"]);
    assert!(code != Some(0) && error.contains("schema version 13"), "{error}");

    let daemon = Serve::start(&site);
    // Every verdict comes out again, byte for byte, by the pack of then.
    let replayed = ok(&site, &["replay", "--all"]);
    let names: Vec<&str> = replayed.iter().map(|one| one["message"].as_str().unwrap()).collect();
    let expected = ["old-3", "new-0", "new-1", "new-2", "new-3", "new-4", "new-5", "breaks"];
    assert_eq!(names, expected.map(|name| format!("bank/chat/{name}")));
    assert!(replayed.iter().all(|one| one["identical"] == true), "{replayed:?}");

    // What was disposed of stays so, and what is held does too.
    let (code, told, error) = said(&site, &["archive", "show", "bank/chat/old-1"]);
    assert_eq!(code, Some(0), "{error}");
    let left: Value = serde_json::from_str(&told).unwrap();
    assert_eq!(left["disposed"]["said"]["statutes"][0]["law"], "Order Act");
    let mut again = message("old-1", "Please send the invoice today.");
    again["sent_at"] = "2020-03-01T08:00:00Z".into();
    let (_, answer) = daemon.post("/v1/messages", &again.to_string());
    assert_eq!((&answer["accepted"], &answer["duplicates"]), (&0.into(), &1.into()));
    let held = ("bank/chat/old-3".to_owned(), Value::from("a hold keeps it"));
    assert_eq!(stays(&site), [held]);
    let holds = ok(&site, &["hold", "list"]);
    assert_eq!(
        (&holds[0]["query"], &holds[0]["released"]),
        (&"猎鹰".into(), &Value::Null)
    );
    assert_eq!(holds[1]["released"]["note"], "over");

    // It goes on: new messages, searches, and an end for what no hold keeps any more.
    let (_, answer) = daemon.post("/v1/messages", &message("after", "one more invoice").to_string());
    assert_eq!(answer["accepted"], 1, "{answer}");
    let search = ["archive", "search", "invoice", "--reason", "after the upgrade"];
    let found = ok(&site, &search).len();
    assert!(found >= 3, "{found}");
    ok(&site, &["hold", "release", "1", "--note", "closed"]);
    assert_eq!(ok(&site, &["retention", "dispose", "--yes"])[0]["disposed"], 1);
    assert_eq!(daemon.terminate(), Some(0));
    let (code, told, error) = said(&site, &["audit", "verify"]);
    assert_eq!(code, Some(0), "{told} {error}");
}
