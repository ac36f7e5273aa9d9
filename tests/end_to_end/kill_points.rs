//! SIGKILL at named points of indexing, merging, rebuilding, disposal and exports: afterwards a search finds what a look at every message finds, no
//! certificate stands without its destruction, and nothing that was given in part reads as whole.
//!
//! `faults.c` kills the command at an operation on a file. A short form runs each time; `make kill-points` kills 200 times.

use super::disposal::{BY, RULES, TEXT};
use super::support::{Serve, Site, copy_folder, message, proviso, run, stderr, stdout};
use proviso_archive::{Archive, Search};
use proviso_daemon::config::Config;
use proviso_evidence::verify::{Expected, verify};
use proviso_model::time::Zone;
use proviso_model::{MessageId, Principal, PrincipalKind, Timestamp};
use proviso_search::{Examiner, Labels, Prepared, Query};
use proviso_verify::{Unsealing, open};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::Command;

/// What is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    /// `archive index`, where nothing is indexed.
    Indexing,
    /// The same, where new messages make a second segment, which is merged with the first.
    Merging,
    /// The same behind a disposal that took a segment with it.
    Rebuilding,
    /// `retention dispose`.
    Disposal,
    /// `archive export` into a folder, and into a tar; `archive tables`.
    Folder,
    Tar,
    Tables,
}

use Stage::{Disposal, Folder, Indexing, Merging, Rebuilding, Tables, Tar};

/// Where a command is killed: the operation on a file of the data folder, or on any of the folder that is exported into (`out`), at so many hundredths
/// of all that the command makes of them.
struct Point {
    name: &'static str,
    stage: Stage,
    op: &'static str,
    file: &'static str,
    share: usize,
}

const fn point(name: &'static str, stage: Stage, op: &'static str, file: &'static str, share: usize) -> Point {
    Point {
        name,
        stage,
        op,
        file,
        share,
    }
}

const OUT: &str = "out";
const WAL: &str = "archive.db-wal";

const POINTS: [Point; 26] = [
    point("indexing: the first pages of segments", Indexing, "write", WAL, 10),
    point("disposal: the first row goes", Disposal, "write", WAL, 10),
    point("export: a member in the midst", Folder, "write", OUT, 50),
    point("merging: the new segment", Merging, "write", WAL, 30),
    point("rebuilding: the first pages", Rebuilding, "write", WAL, 20),
    point("disposal: in the midst of it", Disposal, "write", WAL, 50),
    point("export: it gets its name", Folder, "rename", OUT, 100),
    point("tables: a table in the midst", Tables, "write", OUT, 50),
    point("indexing: pages in the midst", Indexing, "write", WAL, 60),
    point("indexing: the commit is forced to the disk", Indexing, "sync", WAL, 50),
    point(
        "indexing: pages go into the database",
        Indexing,
        "write",
        "archive.db",
        50,
    ),
    point("merging: the merged segment", Merging, "write", WAL, 70),
    point("merging: its commit is forced to the disk", Merging, "sync", WAL, 100),
    point(
        "merging: the count of writes",
        Merging,
        "write",
        "archive.db.writes",
        100,
    ),
    point(
        "rebuilding: the commit is forced to the disk",
        Rebuilding,
        "sync",
        WAL,
        50,
    ),
    point("rebuilding: the write-ahead log goes", Rebuilding, "unlink", WAL, 100),
    point("disposal: the commit is forced to the disk", Disposal, "sync", WAL, 50),
    point(
        "disposal: the count of writes",
        Disposal,
        "write",
        "archive.db.writes",
        100,
    ),
    point(
        "disposal: pages go into the database",
        Disposal,
        "write",
        "archive.db",
        50,
    ),
    point(
        "disposal: the checkpoint gets its name",
        Disposal,
        "rename",
        "archive.db.checkpoint",
        100,
    ),
    point("export: the log is told of the manifest", Folder, "sync", WAL, 100),
    point("export: a member is forced to the disk", Folder, "sync", OUT, 60),
    point("export: a tar in the midst", Tar, "write", OUT, 50),
    point("export: a tar gets its name", Tar, "rename", OUT, 100),
    point("tables: the log is told of the manifest", Tables, "sync", WAL, 100),
    point("tables: they get their name", Tables, "rename", OUT, 100),
];

/// Kills: a few, or as many as `make kill-points` asks for.
fn kills() -> usize {
    std::env::var("PROVISO_KILL_POINTS").map_or(8, |count| count.parse().unwrap())
}

const QUERIES: [&str; 6] = [
    "保本",
    "from:employee-1",
    "later OR 第",
    "kind:text -保本",
    "\"message 7\"",
    "since:2021-01",
];

/// Archives that stages begin from.
struct Grounds {
    folder: tempfile::TempDir,
    site: Site,
    library: String,
    /// The keys of records that are due, by message: nowhere in a file once a certificate stands.
    keys: BTreeMap<i64, Vec<u8>>,
    due: Vec<MessageId>,
    traces: BTreeMap<Stage, Vec<(String, String)>>,
}

impl Grounds {
    fn new(messages: usize) -> Self {
        let site = Site::new();
        site.retention_pack("keeps", &RULES.replace("VERIFIED", BY).replace("TEXT", TEXT));
        let set = "time_zone = \"Asia/Shanghai\"\n[[apply]]\npack = \"keeps\"\n";
        site.write("set.toml", set);
        let library = site.text("faults.so");
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/end_to_end/faults.c");
        let compiler = Command::new("cc")
            .args([
                "-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o", &library, source, "-ldl",
            ])
            .status();
        assert!(compiler.unwrap().success());
        let mut grounds = Self {
            folder: tempfile::tempdir().unwrap(),
            site,
            library,
            keys: BTreeMap::new(),
            due: Vec::new(),
            traces: BTreeMap::new(),
        };
        grounds.deliver("old", 2020, messages);
        grounds.deliver("new", 2090, messages);
        grounds.keep(Indexing);
        grounds.ok(&["archive", "index"]);
        let hold = [
            "hold",
            "place",
            "--tenant",
            "bank",
            "--person",
            "employee-1",
            "--reason",
            "case 7",
        ];
        grounds.ok(&hold);
        for stage in [Disposal, Folder, Tar, Tables] {
            grounds.keep(stage);
        }
        grounds.remember_due(messages);
        grounds.ok(&["retention", "dispose", "--yes"]);
        grounds.keep(Rebuilding);
        grounds.begin(Disposal);
        grounds.deliver("later", 2090, messages);
        grounds.keep(Merging);
        grounds
    }

    /// Messages of one month, in one request: the daemon waits for more before it indexes them, and ends before.
    fn deliver(&self, name: &str, year: u32, messages: usize) {
        let lines = (0..messages).map(|number| {
            let text = ["这款产品保本", "message 7 of many", "第三号说明书"][number % 3];
            let mut line = message(&format!("{name}-{number}"), &format!("{text} {name}"));
            line["sent_at"] = format!("{year}-03-01T08:00:00Z").into();
            line["from"]["id"] = format!("employee-{}", number % 3).into();
            line.to_string()
        });
        let daemon = Serve::start(&self.site);
        let (status, answer) = daemon.post("/v1/messages", &lines.collect::<Vec<_>>().join("\n"));
        assert_eq!(status, 200, "{answer}");
        assert_eq!(daemon.terminate(), Some(0));
    }

    fn ok(&self, arguments: &[&str]) {
        let output = run(&[arguments, &["--config", &self.site.text("proviso.toml")]].concat());
        assert!(
            output.status.success(),
            "{arguments:?}: {}{}",
            stdout(&output),
            stderr(&output)
        );
    }

    fn keep(&self, stage: Stage) {
        copy_folder(&self.site.path("data"), &self.folder.path().join(format!("{stage:?}")));
    }

    /// The archive is as it was when that stage began, and nothing was exported.
    fn begin(&self, stage: Stage) {
        fs::remove_dir_all(self.site.path("data")).unwrap();
        copy_folder(&self.folder.path().join(format!("{stage:?}")), &self.site.path("data"));
        let _ = fs::remove_dir_all(self.site.path(OUT));
        fs::create_dir(self.site.path(OUT)).unwrap();
    }

    fn remember_due(&mut self, messages: usize) {
        let program = "import sqlite3, sys\nfor row in sqlite3.connect(sys.argv[1]).execute('SELECT message, hex(key) FROM contents'): print(*row)";
        let output = Command::new("python3")
            .args(["-c", program, &self.site.text("data/archive.db")])
            .output()
            .unwrap();
        let rows = stdout(&output);
        self.keys = rows
            .lines()
            .map(|line| {
                let (message, key) = line.split_once(' ').unwrap();
                let pairs = key.as_bytes().chunks(2).map(|pair| str::from_utf8(pair).unwrap());
                let bytes = pairs.map(|pair| u8::from_str_radix(pair, 16).unwrap());
                (message.parse().unwrap(), bytes.collect())
            })
            .collect();
        assert_eq!(self.keys.len(), 2 * messages, "{}", stderr(&output));
        self.due = (0..messages)
            .map(|number| MessageId {
                tenant: "bank".into(),
                channel: "chat".into(),
                native: format!("old-{number}"),
            })
            .collect();
    }

    fn arguments(&self, stage: Stage) -> Vec<String> {
        let out = match stage {
            Tar => "out/case.tar",
            _ => "out/case",
        };
        let out = self.site.text(out);
        let words: &[&str] = match stage {
            Indexing | Merging | Rebuilding => &["archive", "index"],
            Disposal => &["retention", "dispose", "--yes"],
            Folder | Tar => &["archive", "export", "保本", "--reason", "x", "--to", "y", "--out", &out],
            Tables => &["archive", "tables", "--reason", "x", "--to", "y", "--out", &out],
        };
        let config = self.site.text("proviso.toml");
        words
            .iter()
            .map(|word| (*word).to_owned())
            .chain(["--config".to_owned(), config])
            .collect()
    }

    fn command(&self, stage: Stage, environment: &[(&str, &str)]) -> std::process::Output {
        let arguments = self.arguments(stage);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let mut command = proviso(&arguments);
        command.env("LD_PRELOAD", &self.library);
        command.envs(environment.iter().copied());
        command.output().unwrap()
    }

    /// What a stage does with files: operation and file, within the site.
    fn trace(&mut self, stage: Stage) -> &[(String, String)] {
        if !self.traces.contains_key(&stage) {
            self.begin(stage);
            let trace = self.site.text("trace");
            let _ = fs::remove_file(&trace);
            let root = self.site.text("");
            let root = root.trim_end_matches('/');
            let output = self.command(
                stage,
                &[("FAULT_DO", "trace"), ("FAULT_FOLDER", root), ("FAULT_TRACE", &trace)],
            );
            assert!(output.status.success(), "{stage:?}: {}", stderr(&output));
            let text = fs::read_to_string(&trace).unwrap();
            let lines = text.lines().filter_map(|line| line.split_once(' '));
            let lines = lines.map(|(op, file)| (op.to_owned(), file.to_owned())).collect();
            self.traces.insert(stage, lines);
            self.check(&format!("{stage:?}, not killed"));
        }
        &self.traces[&stage]
    }

    /// Kills a stage at a point, in a way.
    fn kill(&mut self, point: &Point, way: &str) {
        let is_of = |file: &str| match point.file {
            OUT => file.starts_with("out/"),
            name => file.strip_prefix("data/") == Some(name),
        };
        let trace = self.trace(point.stage);
        let all = trace.iter().filter(|(op, file)| op == point.op && is_of(file)).count();
        assert!(all > 0, "{}: the command does no such thing: {trace:?}", point.name);
        let at = (all * point.share).div_ceil(100).max(1).to_string();
        let folder = self.site.text(if point.file == OUT { OUT } else { "data" });
        let mut environment = vec![
            ("FAULT_DO", way),
            ("FAULT_OP", point.op),
            ("FAULT_AT", &at),
            ("FAULT_FOLDER", &folder),
        ];
        if point.file != OUT {
            environment.push(("FAULT_FILE", point.file));
        }
        self.begin(point.stage);
        let output = self.command(point.stage, &environment);
        assert_eq!(
            output.status.signal(),
            Some(9),
            "{}, {way}: {}",
            point.name,
            stderr(&output)
        );
    }

    /// What must be true after any end.
    fn check(&self, when: &str) {
        let (gone, audited) = self.looked_at(when);
        assert!(audited, "{when}: the log is not whole");
        // The key of each message that has a certificate is nowhere: neither in the database nor in what lies beside it.
        let found = self.keys_in_files(&gone);
        assert!(
            found.is_empty(),
            "{when}: messages {found:?} have a certificate, and their keys are there"
        );
        self.check_given(when);
    }

    /// The messages that have a certificate, and whether the log is whole, once a search was found to equal the full scan, before and after the index
    /// is built.
    fn looked_at(&self, when: &str) -> (Vec<i64>, bool) {
        let config = Config::read(&self.site.path("proviso.toml")).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = { runtime }.enable_all().build().unwrap();
        runtime.block_on(async {
            let archive = Archive::open_with(config.archive_path(), &config.opening()).await;
            let archive = archive.unwrap_or_else(|error| panic!("{when}: {error}"));
            search_equals_the_full_scan(&archive, when).await;
            let by = Principal::new(PrincipalKind::Person, "wei").unwrap();
            let at = Timestamp::from_millis(1_790_000_000_000).unwrap();
            while !archive.index(at, &by).await.unwrap().is_idle() {}
            assert_eq!(archive.index_report().await.unwrap().left, 0, "{when}");
            search_equals_the_full_scan(&archive, when).await;
            let audited = archive.audit(None).await.unwrap().is_whole();
            let gone = destroyed(&archive, &self.due, when).await;
            archive.close().await;
            (gone, audited)
        })
    }

    /// Which of the messages have their wrapped key in a file of the data folder.
    fn keys_in_files(&self, messages: &[i64]) -> BTreeSet<i64> {
        let files = fs::read_dir(self.site.path("data"))
            .unwrap()
            .map(|entry| entry.unwrap().path());
        let files: Vec<Vec<u8>> = files
            .filter(|path| path.is_file())
            .map(|path| fs::read(path).unwrap())
            .collect();
        let is_there = |number: &&i64| {
            let key = &self.keys[*number];
            files
                .iter()
                .any(|file| file.windows(key.len()).any(|window| window == key))
        };
        messages.iter().filter(is_there).copied().collect()
    }

    /// What has its name is whole. What has not may be whole only once the log was told of it.
    fn check_given(&self, when: &str) {
        let exported = self.exported();
        for entry in fs::read_dir(self.site.path(OUT)).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            let is_named = !name.contains(".partial-");
            let is_whole = if path.is_dir() && !path.join("seals").is_dir() {
                tables_are_whole(&path, &exported)
            } else {
                evidence_is_whole(&path)
            };
            assert!(!is_named || is_whole, "{when}: {name} has its name, and is not whole");
            assert!(
                !is_whole || !exported.is_empty(),
                "{when}: {name} reads as whole, and the log has not told of it"
            );
        }
    }

    /// The manifests that the log told of.
    fn exported(&self) -> Vec<String> {
        let config = self.site.text("proviso.toml");
        let output = run(&[
            "audit", "show", "--limit", "1000", "--format", "json", "--config", &config,
        ]);
        let leaves = super::support::json_lines(&stdout(&output));
        let entries = leaves.iter().flat_map(|leaf| leaf["entries"].as_array().unwrap());
        let told = entries.filter(|entry| entry["kind"] == "exported");
        told.map(|entry| entry["fields"]["manifest"].as_str().unwrap().to_owned())
            .collect()
    }
}

fn evidence_is_whole(path: &Path) -> bool {
    let Ok(mut members) = open(path) else { return false };
    let report = verify(
        &mut members,
        &mut Unsealing::new().unwrap(),
        None,
        &Expected::default(),
        &mut |_| {},
    );
    report.is_ok_and(|report| report.is_whole())
}

/// Each file is what the manifest says, and the manifest is one that the log told of.
fn tables_are_whole(folder: &Path, exported: &[String]) -> bool {
    let Ok(manifest) = fs::read(folder.join("manifest.json")) else {
        return false;
    };
    let digest = |bytes: &[u8]| proviso_model::Digest::of(bytes).to_string().replace("sha256:", "");
    let told = digest(&manifest);
    let Ok(manifest) = serde_json::from_slice::<serde_json::Value>(&manifest) else {
        return false;
    };
    let mut files = manifest["files"].as_array().unwrap().iter();
    let is_as_listed = |file: &serde_json::Value| {
        let bytes = fs::read(folder.join(file["path"].as_str().unwrap()));
        bytes.is_ok_and(|bytes| digest(&bytes) == file["sha256"])
    };
    files.all(is_as_listed) && exported.iter().any(|manifest| manifest.contains(&told))
}

async fn search_equals_the_full_scan(archive: &Archive, when: &str) {
    let ids = archive.message_ids(0, u32::MAX).await.unwrap();
    let names: Vec<MessageId> = ids.iter().map(|one| one.id.clone()).collect();
    let messages = archive.messages(&names).await.unwrap();
    assert!(!ids.is_empty(), "{when}: the archive is empty");
    for text in QUERIES {
        let query = Query::parse(text).unwrap();
        let prepared = Prepared::new(&query, &Zone::utc());
        let mut examiner = Examiner::default();
        let expected = ids.iter().zip(&messages).rev().filter_map(|(one, message)| {
            let message = message.as_ref().unwrap_or_else(|| panic!("{when}: {} is gone", one.id));
            examiner
                .examine(&prepared, message, &Labels::default())
                .map(|_| one.arrival)
        });
        let expected: Vec<i64> = expected.collect();
        let mut asked = Search::new(&query, Zone::utc());
        asked.limit = 1_000;
        let mut found = Vec::new();
        loop {
            let page = archive.search(&asked).await.unwrap();
            assert!(page.unreadable.is_none(), "{when}: {text}");
            found.extend(page.matches.iter().map(|one| one.arrival));
            match page.next {
                Some(next) => asked.before = Some(next),
                None => break,
            }
        }
        assert_eq!(found, expected, "{when}: {text}");
    }
}

/// The messages that have a certificate: none of them is there. And each that is not there has one.
async fn destroyed(archive: &Archive, due: &[MessageId], when: &str) -> Vec<i64> {
    let mut gone = Vec::new();
    let messages = archive.messages(due).await.unwrap();
    for ((id, message), arrival) in due.iter().zip(messages).zip(1..) {
        let certificate = archive.certificate(id).await.unwrap();
        assert_eq!(certificate.is_some(), message.is_none(), "{when}: {id}");
        gone.extend(certificate.map(|_| arrival));
    }
    gone
}

#[test]
fn an_end_at_a_named_point_leaves_searches_certificates_and_exports_true() {
    let mut killed = 0;
    for messages in [30, 90, 240].into_iter().cycle() {
        let mut grounds = Grounds::new(messages);
        for way in ["kill", "torn", "kill-behind"] {
            for point in &POINTS {
                if killed == kills() {
                    println!("{killed} kills at {} named points", POINTS.len());
                    return;
                }
                if way == "torn" && point.op != "write" {
                    continue;
                }
                grounds.kill(point, way);
                grounds.check(&format!("{messages} messages, {way} at {}", point.name));
                killed += 1;
            }
        }
    }
}

/// What is looked for after each end can be found: a half export that bears its name, and a certificate beside a key.
#[test]
fn what_must_not_be_after_an_end_is_found() {
    let mut grounds = Grounds::new(30);
    grounds.kill(&POINTS[2], "kill");
    let half = fs::read_dir(grounds.site.path(OUT))
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    fs::rename(half, grounds.site.path("out/case")).unwrap();
    let found = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| grounds.check_given("half")));
    assert!(found.is_err(), "a half export was taken for a whole one");
    grounds.begin(Rebuilding);
    fs::write(grounds.site.path("data/left"), &grounds.keys[&1]).unwrap();
    let found = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| grounds.check("left")));
    assert!(found.is_err(), "the key of a message with a certificate was not found");
}
