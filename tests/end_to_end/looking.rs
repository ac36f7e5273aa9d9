//! Commands that look into the archive: they ask the daemon that runs, and open the file where none does.

use super::support::{Serve, Site, json_lines, message, proviso, run, stderr, stdout, wait_until};
use serde_json::Value;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

/// Text of a message, in bytes: more than a client takes that nobody told of large answers.
const LARGE_TEXT_BYTES: usize = 7 << 20;

/// An identifier that a query does not take as it is.
const STRANGE: &str = "x/y z&name=1#%2F保?";

/// What a command printed, and how it ended.
type Said = (Option<i32>, String, String);

fn said(site: &Site, arguments: &[&str]) -> Said {
    let config = site.text("proviso.toml");
    let output = run(&[arguments, &["--config", &config]].concat());
    (output.status.code(), stdout(&output), stderr(&output))
}

/// Messages with findings, scores, a fault that holds one, a recall, a conflict, a duplicate, and one that is large.
fn fill(daemon: &Serve) {
    let mut lines: Vec<Value> = (0..8)
        .map(|n| message(&format!("m{n}"), &format!("第{n}款产品保本")))
        .collect();
    lines.push(message("held", "%%BRITTLE%% invoice"));
    lines.push(message("large", &"好".repeat(LARGE_TEXT_BYTES / 3)));
    lines.push(message(STRANGE, "保本"));
    lines.push(message("m1", "另一段话"));
    lines.push(message("m2", "第2款产品保本"));
    let mut recall = message("recall", "");
    recall["kind"] = "recall".into();
    recall["recalls"] = "m1".into();
    lines.push(recall);
    for line in lines {
        let (status, answer) = daemon.post("/v1/messages", &line.to_string());
        assert_eq!(status, 200, "{answer}");
    }
}

fn all_commands(site: &Site) -> Vec<Said> {
    let commands: [&[&str]; 15] = [
        &["archive", "show", "m1"],
        &["archive", "show", "m1", "--format", "json"],
        &["archive", "show", "bank/chat/m7", "--format", "json"],
        &["archive", "show", "held", "--why"],
        &["archive", "show", "large", "--format", "json"],
        &["archive", "show", STRANGE],
        &["archive", "show", "nobody"],
        &["archive", "stats"],
        &["archive", "stats", "--format", "json"],
        &["replay", "m7", "held", "large"],
        &["replay", "--sample", "25000", "--format", "json"],
        &["replay", "--sample", "3"],
        &["replay", "nobody"],
        &["archive", "rejudge", "m1"],
        &["archive", "rejudge", "--held", "--policy", "nothing"],
    ];
    commands.iter().map(|arguments| said(site, arguments)).collect()
}

#[test]
fn commands_say_the_same_with_a_daemon_and_without() {
    let site = Site::new();
    let daemon = Serve::start(&site);
    fill(&daemon);
    let asked = all_commands(&site);
    let codes: Vec<_> = asked.iter().map(|(code, ..)| code.unwrap()).collect();
    assert_eq!(codes, [0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 2, 2, 0], "{asked:#?}");
    let shown: Value = serde_json::from_str(&asked[1].1).unwrap();
    assert_eq!(
        (&shown["conflicts"], &shown["recalled_by"][0]),
        (&1.into(), &"bank/chat/recall".into())
    );
    let large: Value = serde_json::from_str(&asked[4].1).unwrap();
    assert_eq!(
        large["message"]["text"].as_str().unwrap().len(),
        LARGE_TEXT_BYTES / 3 * 3
    );
    let stats: Value = serde_json::from_str(&asked[8].1).unwrap();
    assert_eq!(stats["held_open"], 1, "{stats}");
    let replayed = json_lines(&asked[10].1);
    assert_eq!(replayed.len(), 12);
    assert!(replayed.iter().all(|one| one["identical"] == true), "{replayed:#?}");

    // The daemon was asked, knows by whom, and kept the text to itself.
    let log = daemon.log();
    let read: Vec<Value> = json_lines(&log)
        .into_iter()
        .filter(|entry| entry["message"] == "a message was read")
        .collect();
    for (what, id) in [
        ("message", "bank/chat/m7"),
        ("message", "bank/chat/large"),
        ("recorded", "bank/chat/held"),
    ] {
        let told = read
            .iter()
            .find(|entry| entry["what"] == what && entry["message_id"] == id);
        let told = told.unwrap_or_else(|| panic!("{what} {id} in {read:#?}"));
        assert!(told["who"].as_str().unwrap().starts_with("command-line:"), "{told}");
    }
    assert!(!log.contains("保本") && !log.contains("invoice"), "{log}");

    assert_eq!(daemon.terminate(), Some(0));
    let opened = all_commands(&site);
    for (asked, opened) in asked.iter().zip(&opened) {
        assert_eq!(asked, opened);
    }
}

/// An address that is written where a daemon would write its own.
fn listen_as_a_daemon(site: &Site) -> TcpListener {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    site.write("data/address", &format!("{}\n", listener.local_addr().unwrap()));
    listener
}

#[test]
fn whoever_writes_without_listening_is_passed_by_and_a_refusal_is_told() {
    let site = Site::new();
    let daemon = Serve::start(&site);
    fill(&daemon);
    assert_eq!(daemon.terminate(), Some(0));
    let show = ["archive", "show", "m1"];
    let opened = said(&site, &show);
    assert_eq!(opened.0, Some(0), "{}", opened.2);

    // Another process writes, and listens nowhere: the address is one of before.
    let lock = File::options()
        .write(true)
        .open(site.path("data/archive.db.lock"))
        .unwrap();
    lock.try_lock().unwrap();
    assert_eq!(said(&site, &show), opened);
    fs::remove_file(site.path("data/address")).unwrap();
    assert_eq!(said(&site, &show), opened);

    // What answers with a refusal or a fault is told, and the file stays closed.
    for (status, body, code, told) in [
        (
            "500 x",
            r#"{"error":{"code":"fault","message":"a fault, incident 1-1"}}"#,
            3,
            "500: a fault, incident 1-1",
        ),
        (
            "401 x",
            r#"{"error":{"code":"no-token","message":"not known"}}"#,
            3,
            "401: not known",
        ),
        (
            "403 x",
            r#"{"error":{"code":"not-permitted","message":"not made so"}}"#,
            2,
            "403: not made so",
        ),
        (
            "404 x",
            r#"{"error":{"code":"no-such-path","message":"nothing"}}"#,
            3,
            "is of an older version",
        ),
        ("200 x", r#"{"messages": 7}"#, 3, "of another version"),
        ("200 x", "<html>", 3, "of another version"),
        ("502 x", "<html>", 3, "the daemon answered 502"),
    ] {
        let listener = listen_as_a_daemon(&site);
        let found = std::thread::scope(|scope| {
            scope.spawn(|| answer(&listener, status, body));
            let found = said(&site, &show);
            // Where nobody asked, this does, so that the test ends.
            let mut last = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
            let _ = last.write_all(b"GET / HTTP/1.1\r\n\r\n");
            found
        });
        assert_eq!(
            (found.0, found.1.as_str()),
            (Some(code), ""),
            "{status} {body}: {}",
            found.2
        );
        assert!(found.2.contains(told), "{told} in {}", found.2);
    }

    // Nobody writes: nobody is asked, whatever listens there.
    let _listener = listen_as_a_daemon(&site);
    drop(lock);
    assert_eq!(said(&site, &show), opened);
}

/// Answers the first request; whoever only connects before that is let go.
fn answer(listener: &TcpListener, status: &str, body: &str) {
    for stream in listener.incoming() {
        let mut stream = stream.unwrap();
        let mut head = BufReader::new(stream.try_clone().unwrap())
            .lines()
            .map_while(Result::ok);
        if head.by_ref().take_while(|line| !line.is_empty()).count() == 0 {
            continue;
        }
        let length = body.len();
        write!(
            stream,
            "HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
        )
        .unwrap();
        return;
    }
}

/// Makes a token; gives the file with its secret.
fn token_file(site: &Site, name: &str, flags: &[&str]) -> PathBuf {
    let (code, secret, error) = said(site, &[&["token", "new", name], flags].concat());
    assert_eq!(code, Some(0), "{error}");
    let path = site.path(&format!("{name}.token"));
    fs::write(&path, secret).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    path
}

fn header(file: &PathBuf) -> String {
    format!("Bearer {}", fs::read_to_string(file).unwrap().trim())
}

#[test]
fn messages_are_read_with_a_token_that_was_made_for_it() {
    let site = Site::new();
    let daemon = Serve::start(&site);
    fill(&daemon);
    let files = [
        token_file(&site, "feed", &["--intake", "bank", "--policies"]),
        token_file(&site, "reader", &["--reading"]),
        token_file(&site, "auditor", &["--content"]),
    ];
    let headers = files.each_ref().map(header);
    wait_until("the new tokens", || {
        daemon.get_as("/v1/archive/held", &headers[2]).0 == 200
    });
    let generation = format!("/v1/archive/generation?id={}", daemon.generation());
    // Path; then what the feed, the reader and the auditor get.
    for (path, statuses) in [
        ("/v1/archive/stats", [403, 200, 403]),
        (&generation, [403, 200, 200]),
        ("/v1/archive/messages?name=m1", [403, 403, 200]),
        ("/v1/archive/message?id=bank/chat/m1", [403, 403, 200]),
        ("/v1/archive/recorded?id=bank/chat/m1", [403, 403, 200]),
        ("/v1/archive/sample?count=3", [403, 403, 200]),
        ("/v1/archive/held", [403, 403, 200]),
    ] {
        let found = headers.each_ref().map(|header| daemon.get_as(path, header).0);
        assert_eq!(found, statuses, "{path}");
        assert_eq!(daemon.get(path).0, 200, "the operator may read {path}");
        assert_eq!(daemon.get_as(path, "Bearer x").0, 401, "{path}");
    }

    let [_, reader, auditor] = files.each_ref().map(|file| file.to_str().unwrap());
    for command in [["archive", "show", "m7"], ["replay", "m7", "held"]] {
        let operators = said(&site, &command);
        assert_eq!(operators.0, Some(0), "{}", operators.2);
        assert_eq!(
            said(&site, &[&command[..], &["--token-file", auditor]].concat()),
            operators
        );
        let (code, out, error) = said(&site, &[&command[..], &["--token-file", reader]].concat());
        assert!(
            code == Some(2) && out.is_empty() && error.contains("--content"),
            "{error}"
        );
    }
    let (code, _, error) = said(&site, &["archive", "stats", "--token-file", auditor]);
    assert!(
        code == Some(2) && error.contains("it was not made with --reading"),
        "{error}"
    );
    assert_eq!(said(&site, &["archive", "stats", "--token-file", reader]).0, Some(0));
    assert_eq!(said(&site, &["policy", "status", "--token-file", reader]).0, Some(0));
    let (code, _, error) = said(&site, &["policy", "reload", "--token-file", reader]);
    assert!(code == Some(2) && error.contains("--policies"), "{error}");

    // The variable names a file too, and the flag comes first.
    let config = site.text("proviso.toml");
    let show = ["archive", "show", "m7", "--config", &config];
    let mut by_variable = proviso(&show);
    by_variable.env("PROVISO_TOKEN_FILE", reader);
    assert_eq!(by_variable.output().unwrap().status.code(), Some(2));
    by_variable.args(["--token-file", auditor]);
    assert_eq!(by_variable.output().unwrap().status.code(), Some(0));

    let named = json_lines(&daemon.log_with("token:auditor"))
        .into_iter()
        .any(|entry| entry["who"] == "token:auditor" && entry["message_id"] == "bank/chat/m7");
    assert!(named, "{}", daemon.log());

    // A file that cannot be used, and what to do.
    let open = site.text("open.token");
    fs::copy(auditor, &open).unwrap();
    fs::set_permissions(&open, fs::Permissions::from_mode(0o644)).unwrap();
    for (file, told) in [(site.text("nothing.token"), "`proviso token new`"), (open, "chmod 600")] {
        let (code, out, error) = said(&site, &["archive", "show", "m7", "--token-file", &file]);
        assert!(code == Some(3) && out.is_empty() && error.contains(told), "{error}");
        assert!(error.contains("--token-file"), "{error}");
    }
    fs::rename(site.path("data/token"), site.path("data/elsewhere")).unwrap();
    let (code, _, error) = said(&site, &["archive", "show", "m7"]);
    assert!(code == Some(3) && error.contains("PROVISO_TOKEN_FILE"), "{error}");
}

#[test]
fn what_is_asked_wrongly_is_told() {
    let site = Site::new();
    let daemon = Serve::start(&site);
    let unknown = format!("/v1/archive/generation?id=sha256:{}", "0".repeat(64));
    for (path, status, code) in [
        ("/v1/archive/message", 400, "bad-request"),
        ("/v1/archive/message?id=m1", 400, "bad-request"),
        ("/v1/archive/message?id=a/b/c&text=1", 400, "bad-request"),
        ("/v1/archive/message?id=a/b/c", 404, "unknown-message"),
        ("/v1/archive/recorded?id=a/b/c", 404, "unknown-message"),
        ("/v1/archive/messages", 400, "bad-request"),
        ("/v1/archive/sample?count=-1", 400, "bad-request"),
        ("/v1/archive/sample?count=9&steps=10001", 400, "bad-request"),
        ("/v1/archive/held?limit=1001", 400, "bad-request"),
        ("/v1/archive/stats?risks=1001", 400, "bad-request"),
        ("/v1/archive/generation?id=sha256:0", 400, "bad-request"),
        (&unknown, 404, "unknown-generation"),
    ] {
        let (found, answer) = daemon.get(path);
        let answer: Value = serde_json::from_str(&answer).unwrap();
        assert_eq!(
            (found, &answer["error"]["code"]),
            (status, &code.into()),
            "{path}: {answer}"
        );
    }
}

#[test]
fn a_held_message_is_released_by_whoever_looked_at_it_with_a_reason() {
    let site = Site::new();
    let daemon = Serve::start(&site);
    for id in ["h1", "h2", "h3"] {
        daemon.post("/v1/messages", &message(id, "%%BRITTLE%% invoice").to_string());
    }
    daemon.post("/v1/messages", &message("m1", "保本").to_string());
    let release =
        |messages: &[&str], note: &str| said(&site, &[&["archive", "release"], messages, &["--note", note]].concat());
    let held = || site.stats()["held_open"].as_u64().unwrap();
    assert_eq!(release(&["h1"], "").0, Some(2), "why must be said");
    let (code, _, error) = release(&["h1", "m1"], "read");
    assert_eq!((code, held()), (Some(2), 3), "of all or of none: {error}");
    assert!(error.contains("bank/chat/m1 is not held"), "{error}");
    let (code, told, error) = release(&["h1", "h2"], "read: 发票");
    assert_eq!(
        (code, &*told),
        (Some(0), "released: bank/chat/h1\nreleased: bank/chat/h2\n"),
        "{error}"
    );
    assert_eq!(held(), 1);
    let (status, answer) = daemon.post("/v1/archive/release", r#"{"messages": ["bank/chat/h3"], "note": " "}"#);
    assert_eq!(
        (status, &answer["error"]["code"]),
        (400, &"bad-request".into()),
        "{answer}"
    );
    let (status, answer) = daemon.post(
        "/v1/archive/release",
        r#"{"messages": ["bank/chat/h3", "bank/chat/h1"], "note": "x"}"#,
    );
    assert_eq!((status, held()), (422, 1), "{answer}");
    daemon.log_with("held messages released");
    assert_eq!(daemon.terminate(), Some(0));
    // Without a daemon.
    assert_eq!(release(&["h3"], "read").0, Some(0));
    let (_, shown, _) = said(&site, &["archive", "show", "h1", "--format", "json"]);
    let shown: Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(
        (
            &shown["held_open"],
            &shown["released"]["note"],
            &shown["verdict"]["held"]
        ),
        (&false.into(), &"read: 发票".into(), &true.into())
    );
    let who = shown["released"]["by"].as_str().unwrap();
    assert!(who.starts_with("command-line:"), "{who}");
    let (_, shown, _) = said(&site, &["archive", "show", "h3"]);
    assert!(shown.contains("released at ") && shown.contains(": read"), "{shown}");
}
