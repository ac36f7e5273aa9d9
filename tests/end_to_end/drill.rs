//! Backup, drill and restoration, as an operator runs them.

use super::disposal::{BY, TEXT, ok, said, site};
use super::support::{Serve, Site, copy_folder, message};
use proviso_model::Digest;
use serde_json::{Value, json};
use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};

/// The lines of a drill that are so.
fn lines(report: &Value, passed: &Value) -> Vec<String> {
    let lines = report["lines"].as_array().unwrap().iter();
    let lines = lines.filter(|line| line["passed"] == *passed);
    lines.map(|line| line["line"].as_str().unwrap().to_owned()).collect()
}

fn drill(site: &Site, arguments: &[&str]) -> (Option<i32>, Value) {
    fs::create_dir_all(site.path("scratch")).unwrap();
    let within = site.text("scratch");
    let (code, told, error) = said(site, &[&["archive", "drill", "--within", &within], arguments].concat());
    let report = serde_json::from_str(&told).unwrap_or_else(|_| panic!("{told}{error}"));
    let left = fs::read_dir(site.path("scratch")).unwrap().count();
    assert_eq!(left, 0, "the folder of the drill is removed");
    (code, report)
}

const ALL: [&str; 7] = ["files", "rows", "integrity", "log", "disposals", "audit", "replay"];

#[test]
fn a_backup_beside_a_daemon_that_writes_is_drilled_and_restored_without_what_went_since() {
    let (site, daemon) = site(BY, TEXT);
    let backup = site.text("backup");
    let (done, written) = (AtomicBool::new(false), AtomicBool::new(false));
    let posted = std::thread::scope(|scope| {
        let writing = scope.spawn(|| {
            let mut posted = 0;
            while !done.load(Ordering::Relaxed) {
                let id = format!("beside-{posted}");
                let (status, answer) = daemon.post("/v1/messages", &message(&id, "words").to_string());
                assert_eq!(status, 200, "{answer}");
                posted += 1;
                written.store(true, Ordering::Relaxed);
            }
            posted
        });
        while !written.load(Ordering::Relaxed) {
            std::thread::yield_now();
        }
        let made = ok(&site, &["archive", "backup", &backup]);
        assert_eq!(made[0]["keys"], json!([]));
        assert!(
            made[0]["files"]
                .as_object()
                .unwrap()
                .keys()
                .any(|name| name.starts_with("packs/"))
        );
        done.store(true, Ordering::Relaxed);
        writing.join().unwrap()
    });
    assert!(site.messages() >= 4 + posted);
    let again = said(&site, &["archive", "backup", &backup]);
    assert_eq!(
        again.0,
        Some(2),
        "a folder with something in it is not written to: {}",
        again.2
    );
    assert!(!site.path("backup/archive.db.keys").exists() && !site.path("backup/archive.db.log-key").exists());

    // Beside the daemon that runs.
    let (code, report) = drill(&site, &[&backup]);
    assert_eq!(code, Some(0), "{report}");
    assert_eq!(
        lines(&report, &Value::Null),
        ["disposals"],
        "nothing was disposed of yet"
    );

    // One arrives behind the backup, and goes with the others.
    let mut late = message("late", "words of late");
    late["sent_at"] = "2020-03-01T08:00:00Z".into();
    let (status, answer) = daemon.post("/v1/messages", &late.to_string());
    assert_eq!((status, &answer["accepted"]), (200, &1.into()));
    assert_eq!(ok(&site, &["retention", "dispose", "--yes"])[0]["disposed"], 4);
    let (status, _) = daemon.post("/v1/messages", &message("behind", "words").to_string());
    assert_eq!(status, 200);
    assert_eq!(daemon.terminate(), Some(0));
    let daemon = Serve::start(&site);
    let export = site.text("export");
    ok(&site, &["audit", "export", &export]);
    let with_log: &[&str] = &[&backup, "--log", &export, "--seed", "7"];
    let (code, report) = drill(&site, with_log);
    assert_eq!(code, Some(0), "{report}");
    assert_eq!(lines(&report, &true.into()).len(), ALL.len() + 1, "{report}");
    assert!(
        report.to_string().contains("3 of them again")
            && report.to_string().contains("1 that arrived later")
            && report["seed"] == 7,
        "{report}"
    );
    assert_eq!(drill(&site, with_log).1, report, "one seed, one report");
    assert_eq!(daemon.terminate(), Some(0));

    // The disk is lost; the keys were kept elsewhere.
    fs::rename(site.path("data"), site.path("lost")).unwrap();
    let data = site.text("data");
    fs::create_dir(&data).unwrap();
    fs::copy(site.path("lost/archive.db.keys"), site.path("data/archive.db.keys")).unwrap();
    let restore = |more: &[&str]| said(&site, &[&["archive", "restore", &backup, "--to", &data], more].concat());
    let (code, _, error) = restore(&[]);
    assert_eq!(code, Some(2), "{error}");
    assert!(error.contains("--without-log"), "{error}");
    let (code, told, error) = restore(&["--log", &export]);
    assert_eq!(code, Some(0), "{error}");
    let restored: Value = serde_json::from_str(&told).unwrap();
    assert_eq!(
        (&restored["disposed_again"], &restored["arrived_later"]),
        (&3.into(), &1.into())
    );
    assert_eq!(restore(&["--log", &export]).0, Some(2), "an archive is there");
    assert!(!site.path("data/.restoring").exists());

    // No word is needed to go on.
    let daemon = Serve::start(&site);
    let (code, told, error) = said(&site, &["archive", "show", "bank/chat/old-2"]);
    assert_eq!(code, Some(0), "{error}");
    let left: Value = serde_json::from_str(&told).unwrap();
    assert!(left["disposed"]["said"]["again"]["leaf"].is_number(), "{left}");
    let mut again = message("old-2", "words of old-2");
    again["sent_at"] = "2020-03-01T08:00:00Z".into();
    let (_, answer) = daemon.post("/v1/messages", &again.to_string());
    assert_eq!((&answer["accepted"], &answer["duplicates"]), (&0.into(), &1.into()));
    // Nor does the one that the backup never had: it is a duplicate, and no damage.
    let (status, answer) = daemon.post("/v1/messages", &late.to_string());
    assert_eq!(
        (status, &answer["accepted"], &answer["duplicates"]),
        (200, &0.into(), &1.into())
    );
    let (code, told, error) = said(&site, &["archive", "show", "bank/chat/late"]);
    assert_eq!(code, Some(0), "{error}");
    let left: Value = serde_json::from_str(&told).unwrap();
    assert!(left["disposed"]["said"]["elsewhere"]["leaf"].is_number(), "{left}");
    let (_, answer) = daemon.post("/v1/messages", &message("behind", "words").to_string());
    assert_eq!(answer["accepted"], 1, "what came after the backup is new");
    assert_eq!(daemon.terminate(), Some(0));
    let (code, told, error) = said(&site, &["audit", "verify"]);
    assert_eq!(code, Some(0), "{told} {error}");
    let told = said(&site, &["audit", "show"]).1;
    assert!(
        ["\"restored\"", "\"disposed-again\"", "\"disposed-elsewhere\""]
            .iter()
            .all(|kind| told.contains(kind)),
        "{told}"
    );
}

#[test]
fn a_restoration_without_the_log_undoes_disposals_and_says_so() {
    let (site, daemon) = site(BY, TEXT);
    let backup = site.text("backup");
    ok(&site, &["archive", "backup", &backup, "--with-keys"]);
    assert_eq!(ok(&site, &["retention", "dispose", "--yes"])[0]["disposed"], 3);
    assert_eq!(daemon.terminate(), Some(0));
    fs::remove_dir_all(site.path("data")).unwrap();
    let (data, config) = (site.text("data"), site.text("proviso.toml"));
    let restore = [
        "archive",
        "restore",
        &backup,
        "--to",
        &data,
        "--without-log",
        "--config",
        &config,
    ];
    let output = super::support::run(&restore);
    let told = super::support::stdout(&output);
    assert_eq!(
        output.status.code(),
        Some(0),
        "{told}{}",
        super::support::stderr(&output)
    );
    assert!(told.contains("can be read again"), "{told}");
    let daemon = Serve::start(&site);
    assert!(daemon.log().contains("of its log nothing is known"), "{}", daemon.log());
    let (code, told, _) = said(&site, &["archive", "show", "bank/chat/old-2"]);
    assert_eq!(code, Some(0));
    assert!(told.contains("words of old-2"));
    assert_eq!(daemon.terminate(), Some(0));
}

/// A copy of the backup in which somebody changed the database, and the manifest with it.
fn altered(site: &Site, name: &str, sql: &str) -> String {
    use sqlx::ConnectOptions as _;
    let copy = site.path(name);
    copy_folder(&site.path("backup"), &copy);
    let database = copy.join("archive.db");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let options = sqlx::sqlite::SqliteConnectOptions::new()
            .filename(&database)
            .foreign_keys(false);
        let mut connection = options.connect().await.unwrap();
        let sql = sqlx::AssertSqlSafe(sql.to_owned());
        sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
        sqlx::Connection::close(connection).await.unwrap();
    });
    let bytes = fs::read(&database).unwrap();
    manifest(site, name, |manifest| {
        manifest["files"]["archive.db"] = json!({ "bytes": bytes.len(), "digest": Digest::of(&bytes).to_string() });
    });
    site.text(name)
}

fn manifest(site: &Site, name: &str, change: impl FnOnce(&mut Value)) {
    let path = site.path(name).join("manifest.json");
    let mut manifest = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    change(&mut manifest);
    fs::write(path, manifest.to_string()).unwrap();
}

/// Each line has a defect that it finds.
#[test]
fn whatever_is_wrong_with_a_backup_fails_the_drill() {
    let (site, daemon) = site(BY, TEXT);
    let backup = site.text("backup");
    ok(&site, &["archive", "backup", &backup]);
    assert_eq!(ok(&site, &["retention", "dispose", "--yes"])[0]["disposed"], 3);
    assert_eq!(daemon.terminate(), Some(0));
    let daemon = Serve::start(&site);
    let export = site.text("export");
    ok(&site, &["audit", "export", &export]);
    assert_eq!(daemon.terminate(), Some(0));
    let failing = |backup: &str| {
        let (code, report) = drill(&site, &[backup, "--log", &export]);
        let failed = lines(&report, &false.into());
        assert_eq!(code, Some(i32::from(!failed.is_empty())), "{report}");
        failed
    };
    assert_eq!(failing(&backup), [] as [&str; 0]);

    // A byte of the copy.
    copy_folder(&site.path("backup"), &site.path("flipped"));
    let checkpoint = site.path("flipped/archive.db.writes");
    let mut bytes = fs::read(&checkpoint).unwrap();
    bytes[0] ^= 1;
    fs::write(&checkpoint, bytes).unwrap();
    assert_eq!(failing(&site.text("flipped"))[0], "files");
    // A message is gone.
    let removed = "DELETE FROM contents WHERE message = 4; DELETE FROM envelopes WHERE message = 4";
    let failed = failing(&altered(&site, "removed", removed));
    assert!(
        failed.contains(&"rows".to_owned()) && failed.contains(&"audit".to_owned()),
        "{failed:?}"
    );
    // A row more of what no other line looks at.
    let failed = failing(&altered(
        &site,
        "more",
        "INSERT INTO source_offsets VALUES ('x', 'y', 0, 0, 0)",
    ));
    assert_eq!(failed, ["rows"]);
    let failed = failing(&altered(
        &site,
        "dangling",
        "UPDATE envelopes SET sender = 9999 WHERE message = 4",
    ));
    assert!(failed.contains(&"integrity".to_owned()), "{failed:?}");
    let failed = failing(&altered(
        &site,
        "leaf",
        "UPDATE log_leaves SET data = zeroblob(45) WHERE leaf = 1",
    ));
    assert_eq!(failed, ["log"]);
    let failed = failing(&altered(
        &site,
        "envelope",
        "UPDATE envelopes SET received_at = 1 WHERE message = 4",
    ));
    assert_eq!(failed, ["audit"]);
    // A disposal that is not carried out again.
    let stays = "CREATE TRIGGER stays BEFORE DELETE ON contents BEGIN SELECT raise(IGNORE); END";
    let failed = failing(&altered(&site, "stays", stays));
    assert!(failed.contains(&"disposals".to_owned()), "{failed:?}");
    // A message under another identifier.
    let failed = failing(&altered(
        &site,
        "hidden",
        "UPDATE identities SET tag = randomblob(16) WHERE message = 2",
    ));
    assert_eq!(failed, ["disposals"]);
    // A pack that its verdicts were made with.
    copy_folder(&site.path("backup"), &site.path("packless"));
    fs::remove_dir_all(site.path("packless/packs")).unwrap();
    manifest(&site, "packless", |manifest| {
        manifest["files"]
            .as_object_mut()
            .unwrap()
            .retain(|name, _| !name.starts_with("packs/"));
    });
    fs::remove_dir_all(site.path("data/packs")).unwrap();
    assert_eq!(failing(&site.text("packless")), ["replay"]);
    // The newer log.
    fs::write(site.path("export/checkpoint"), "no note").unwrap();
    assert_eq!(failing(&backup), ["newer log"]);
    // No manifest: it was cut off, or is none.
    fs::write(site.path("flipped/manifest.json"), "{").unwrap();
    assert_eq!(failing(&site.text("flipped")), ["files"]);
    fs::remove_file(site.path("flipped/manifest.json")).unwrap();
    assert_eq!(failing(&site.text("flipped")), ["files"]);
    let to = site.text("elsewhere");
    let restore = [
        "archive",
        "restore",
        &site.text("flipped"),
        "--to",
        &to,
        "--without-log",
    ];
    assert_eq!(said(&site, &restore).0, Some(1));
    assert_eq!(fs::read_dir(site.path("elsewhere")).unwrap().count(), 0);
}
