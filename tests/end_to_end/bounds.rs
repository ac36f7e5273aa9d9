//! The daemon's bounds as its peers meet them: memory, connections, bodies that dribble, and the end.

use super::breaker::slow_site;
use super::support::{SET, Serve, Site, message, run, stderr, wait_until};
use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

const MIB: usize = 1 << 20;
/// What the daemon may be resident with, under all that follows at once.
const RESIDENT_BYTES_MAX: u64 = 700 << 20;

/// The head of a request for messages.
fn head(daemon: &Serve, length: usize) -> String {
    format!(
        "POST /v1/messages HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {}\r\ncontent-length: {length}\r\n\r\n",
        daemon.token
    )
}

fn connect(daemon: &Serve) -> TcpStream {
    TcpStream::connect(&daemon.address).unwrap()
}

/// What is read until the other side ends it; a reset is an end too.
fn answer(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

/// Bytes of memory that the process has now, and had at most.
fn resident(daemon: &Serve) -> (u64, u64) {
    let status = fs::read_to_string(format!("/proc/{}/status", daemon.id())).unwrap();
    let field = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        line.trim().strip_suffix(" kB").unwrap().parse::<u64>().unwrap() << 10
    };
    (field("VmRSS:"), field("VmHWM:"))
}

#[test]
fn large_slow_and_idle_peers_at_once_take_bounded_memory_and_leave_the_daemon_well() {
    let site = Site::new();
    let daemon = Serve::start(&site);
    // A body of 14 messages of about a MiB, and bodies that stop short of their end.
    let body = |number: usize| {
        let text = "明天下午三点开会".repeat(MIB / 24);
        let lines = (0..14).map(|n| message(&format!("large-{number}-{n}"), &text).to_string());
        lines.collect::<Vec<_>>().join("\n")
    };
    let short = vec![b' '; 12 * MIB];
    let slowest = std::thread::scope(|scope| {
        let idle: Vec<TcpStream> = (0..200).map(|_| connect(&daemon)).collect();
        let daemon = &daemon;
        for _ in 0..20 {
            let short = &short;
            scope.spawn(move || {
                let mut stream = connect(daemon);
                let all = head(daemon, 15 * MIB);
                // Whoever is refused may be closed before all is written.
                let _ = stream.write_all(all.as_bytes()).and_then(|()| stream.write_all(short));
                for _ in 0..40 {
                    std::thread::sleep(Duration::from_millis(250));
                    if stream.write_all(b" ").is_err() {
                        return;
                    }
                }
            });
        }
        let posts: Vec<_> = (0..16)
            .map(|number| {
                let body = body(number);
                scope.spawn(move || {
                    loop {
                        let (status, answer) = daemon.post("/v1/messages", &body);
                        if status != 429 {
                            return (status, answer);
                        }
                        std::thread::sleep(Duration::from_millis(200));
                    }
                })
            })
            .collect();
        let mut slowest = Duration::ZERO;
        while !posts.iter().all(std::thread::ScopedJoinHandle::is_finished) {
            let started = Instant::now();
            assert_eq!(daemon.get("/healthz").0, 200);
            slowest = slowest.max(started.elapsed());
            std::thread::sleep(Duration::from_millis(20));
        }
        for post in posts {
            let (status, answer) = post.join().unwrap();
            assert_eq!((status, &answer["accepted"]), (200, &14.into()), "{answer}");
        }
        drop(idle);
        slowest
    });
    let (_, most) = resident(&daemon);
    println!("resident at most {} MiB; /healthz within {slowest:?}", most >> 20);
    assert!(most < RESIDENT_BYTES_MAX, "{} MiB", most >> 20);
    // The promise is one second; a test machine that is busy with other builds gets some more.
    assert!(slowest < Duration::from_secs(5), "{slowest:?}");
    let (status, answer) = daemon.post("/v1/messages", &message("after", "你好").to_string());
    assert_eq!((status, &answer["accepted"]), (200, &1.into()), "{answer}");
    let (_, metrics) = daemon.get("/metrics");
    assert!(
        metrics.contains("proviso_intake_bytes{source=\"http\"} 0"),
        "all of it was given back: {metrics}"
    );
}

#[test]
fn a_head_and_a_body_that_dribble_are_ended() {
    let site = Site::new();
    let daemon = Serve::start(&site);
    let started = Instant::now();
    let mut head_only = connect(&daemon);
    head_only.write_all(b"GET /healthz HTTP/1.1\r\nhost: loc").unwrap();
    let mut slow = connect(&daemon);
    slow.write_all(head(&daemon, 100_000).as_bytes()).unwrap();
    slow.write_all(&message("slow", "保本").to_string().as_bytes()[..40])
        .unwrap();
    let told = answer(&mut slow);
    assert!(told.starts_with("HTTP/1.1 408 ") && told.contains("too-slow"), "{told}");
    assert_eq!(answer(&mut head_only), "");
    assert!(started.elapsed() < Duration::from_mins(1), "{:?}", started.elapsed());
    assert_eq!(site.messages(), 0);
}

#[test]
fn what_is_refused_before_it_is_read_is_answered_all_the_same() {
    let site = Site::new();
    let daemon = Serve::start(&site);
    let large = "x".repeat(15 * MIB);
    for (path, authorization, status) in [
        ("/v1/messages", "Bearer wrong", 401),
        ("/v1/nothing", "Bearer wrong", 404),
        ("/healthz", "Bearer wrong", 405),
    ] {
        assert_eq!(daemon.post_as(path, &large, authorization).0, status, "{path}");
    }
    let (status, answer) = daemon.post("/v1/messages", &"x".repeat(17 * MIB));
    assert_eq!(
        (status, &answer["error"]["code"]),
        (413, &"too-large".into()),
        "{answer}"
    );
}

#[test]
fn lines_that_are_no_message_are_told_up_to_a_bound() {
    let site = Site::new();
    let daemon = Serve::start(&site);
    let mut body = "x\n".repeat(1_500);
    body.push_str(&message("m1", "你好").to_string());
    let (status, answer) = daemon.post("/v1/messages", &body);
    assert_eq!((status, &answer["accepted"]), (200, &1.into()), "{answer}");
    assert_eq!(answer["errors"].as_array().unwrap().len(), 1_000);
    assert_eq!(answer["errors_untold"], 500);
}

#[test]
fn the_end_does_not_wait_for_a_peer_that_dribbles() {
    let site = Site::new();
    let config = fs::read_to_string(site.path("proviso.toml")).unwrap();
    site.write("proviso.toml", &format!("drain_seconds = 3\n{config}"));
    let daemon = Serve::start(&site);
    daemon.post("/v1/messages", &message("before", "保本").to_string());
    let (stop, address, head) = (
        std::sync::atomic::AtomicBool::new(false),
        daemon.address.clone(),
        head(&daemon, MIB),
    );
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut streams: Vec<TcpStream> = (0..4).map(|_| TcpStream::connect(&address).unwrap()).collect();
            for stream in &mut streams {
                stream.write_all(head.as_bytes()).unwrap();
            }
            while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                // Fast enough that only the end ends it.
                for stream in &mut streams {
                    let _ = stream.write_all(&[b' '; 1_024]);
                }
                std::thread::sleep(Duration::from_millis(10));
            }
        });
        std::thread::sleep(Duration::from_millis(300));
        let started = Instant::now();
        let code = daemon.terminate();
        let took = started.elapsed();
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
        assert_eq!(code, Some(0), "the writer had its time");
        assert!(took < Duration::from_secs(4), "{took:?}");
    });
    assert_eq!(site.messages(), 1);
}

#[test]
fn the_end_does_not_wait_for_a_slow_judgement() {
    // Each message runs half a second or so, on one thread.
    let site = slow_site(500_000_000);
    let config = fs::read_to_string(site.path("proviso.toml")).unwrap();
    let quarantine = "[quarantine]\nshare_percent = 99\nmessages = 10000\nfaults = 10000\n";
    site.write(
        "proviso.toml",
        &format!("drain_seconds = 1\nworkers = 1\n{config}{quarantine}"),
    );
    let daemon = Serve::start(&site);
    daemon.post("/v1/messages", &message("before", "你好").to_string());
    let lines = (0..400).map(|n| message(&format!("slow-{n}"), "Lagging 拖延").to_string());
    fs::write(site.path("spool/a.jsonl"), lines.collect::<Vec<_>>().join("\n") + "\n").unwrap();
    wait_until("the slow judgement", || {
        daemon.status()["messages"]["queued"].as_u64() > Some(0)
    });
    let started = Instant::now();
    let code = daemon.terminate();
    let took = started.elapsed();
    println!("ended with {code:?} after {took:?}");
    assert!(took < Duration::from_secs(4), "{took:?}");
    let messages = site.messages();
    assert_eq!(
        (code, messages),
        (Some(3), 1),
        "what was not judged was not acknowledged, and is read again"
    );
}

/// A site with one more pack: patterns that look at a text again and again.
fn site_with_hostile_patterns() -> Site {
    let site = Site::new();
    site.write(
        "endless/pack.toml",
        "name = \"test/endless\"\nversion = \"1.0.0\"\nlicence = \"Apache-2.0\"\nhost = \"*\"\n\
         description = { en = \"Patterns that go back again and again\" }\n\
         [patterns.endless]\nfile = \"patterns/endless.txt\"\n\
         [[policy]]\nname = \"endless\"\nplugin = \"lexicon-rules\"\ninterfaces = [\"rules\"]\n\
         lists = [\"endless\"]\nfields = [\"text\"]\n\
         [policy.settings.rules.any]\nwhen = { lists = [\"endless\"] }\n",
    );
    site.write(
        "endless/settings.schema.json",
        r#"{"type": "object", "properties": {"endless": {"type": "object"}}}"#,
    );
    site.write(
        "endless/patterns/endless.txt",
        "endless\t保证.*收益|保证\nanywhere\t[ab]*a[ab]{3000}[c0]\n",
    );
    site.write("set.toml", &format!("{SET}\n[[apply]]\npack = \"endless\"\n"));
    site
}

#[test]
fn patterns_without_an_end_hold_their_message_and_nobody_elses() {
    let site = site_with_hostile_patterns();
    let daemon = Serve::start(&site);
    let endless = "这款产品保本。".to_owned() + &"保证".repeat(MIB / 6 - 8);
    let lines = [("endless", &*endless), ("short", "保证收益"), ("plain", "保本")];
    let body = lines.map(|(id, text)| message(id, text).to_string()).join("\n");
    let started = Instant::now();
    let (status, answer) = daemon.post("/v1/messages", &body);
    let took = started.elapsed();
    assert_eq!((status, &answer["accepted"]), (200, &3.into()), "{answer}");
    println!("judged and committed within {took:?}");
    assert!(took < Duration::from_secs(20), "{took:?}");
    let stats = site.stats();
    let count = |table: &str, policy: &str, figure: &str| -> u64 {
        let rows = stats[table].as_array().unwrap().iter();
        let rows = rows.filter(|row| row["policy"] == policy);
        rows.map(|row| row[figure].as_u64().unwrap()).sum()
    };
    assert_eq!(
        (
            count("faults", "endless", "faults"),
            count("findings", "endless", "findings"),
            count("findings", "promises", "findings"),
        ),
        (1, 1, 2),
        "{stats}"
    );
    assert_eq!(stats["faults"][0]["cause"], "fuel", "{stats}");
    assert_eq!(stats["held"], 1, "{stats}");
}

#[test]
fn the_end_does_not_wait_for_a_search() {
    let site = site_with_hostile_patterns();
    let config = fs::read_to_string(site.path("proviso.toml")).unwrap();
    let quarantine = "[quarantine]\nshare_percent = 99\nmessages = 10000\nfaults = 10000\n";
    site.write(
        "proviso.toml",
        &format!("drain_seconds = 1\nworkers = 1\n{config}{quarantine}"),
    );
    let daemon = Serve::start(&site);
    // Nothing is slower than an expression of many places over a text without order: about a second each.
    let (mut state, mut endless) = (88_172_645_463_325_252_u64, String::new());
    while endless.len() < MIB - 16 {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        endless.push(if state >> 63 == 0 { 'a' } else { 'b' });
    }
    endless.push_str(" c0");
    let lines = (0..20).map(|n| message(&format!("endless-{n}"), &endless).to_string());
    fs::write(site.path("spool/a.jsonl"), lines.collect::<Vec<_>>().join("\n") + "\n").unwrap();
    wait_until("the search", || {
        daemon.status()["messages"]["queued"].as_u64() > Some(0)
    });
    let started = Instant::now();
    let code = daemon.terminate();
    let took = started.elapsed();
    println!("ended with {code:?} after {took:?}");
    assert!(took < Duration::from_secs(4), "{took:?}");
    assert_eq!(code, Some(3), "it was not waited for");
}

#[test]
fn a_host_that_is_not_this_daemons_gets_nothing() {
    let site = Site::new();
    let config = fs::read_to_string(site.path("proviso.toml")).unwrap();
    let http = "[http]\nhosts = [\"proviso.example\"]\n";
    site.write("proviso.toml", &config.replacen("[http]\n", http, 1));
    let daemon = Serve::start(&site);
    let ask = |path: &str, host: &str| {
        let mut stream = connect(&daemon);
        let head = format!("GET {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
        stream.write_all(head.as_bytes()).unwrap();
        answer(&mut stream)
    };
    for path in ["/healthz", "/metrics", "/v1/status", "/nothing"] {
        let refused = ask(path, "evil.example");
        assert!(
            refused.starts_with("HTTP/1.1 421 ") && refused.contains("foreign-host"),
            "{path}: {refused}"
        );
    }
    let port = daemon.address.rsplit(':').next().unwrap();
    for host in [
        daemon.address.as_str(),
        "localhost",
        "proviso.example",
        &format!("PROVISO.example:{port}"),
    ] {
        assert!(ask("/healthz", host).starts_with("HTTP/1.1 200 "), "{host}");
    }
}

#[test]
fn a_daemon_that_cannot_commit_says_so_and_is_well_again_by_itself() {
    let site = Site::new();
    let daemon = Serve::start_ignoring_file_limits(&site);
    assert_eq!(daemon.get("/healthz"), (200, "ok\n".to_owned()));
    daemon.limit_files(Some(0));
    let (status, answer) = daemon.post("/v1/messages", &message("m1", "保本").to_string());
    assert_eq!(
        (status, &answer["error"]["code"]),
        (500, &"not-committed".into()),
        "{answer}"
    );
    let incident = answer["error"]["incident"].as_str().unwrap();
    assert!(
        !answer.to_string().contains("archive.db"),
        "nothing of the inside is told: {answer}"
    );
    assert_eq!(daemon.get("/healthz"), (503, "commits fail\n".to_owned()));
    assert!(daemon.get("/metrics").1.contains("proviso_commits_fail 1"));
    wait_until("the incident in the log", || daemon.log().contains(incident));
    daemon.limit_files(None);
    wait_until("the probe", || daemon.get("/healthz").0 == 200);
    assert_eq!(daemon.post("/v1/messages", &message("m1", "保本").to_string()).0, 200);
    assert_eq!(site.messages(), 1);
}

#[test]
fn a_burst_of_connections_waits_in_the_queue_and_none_has_to_knock_again() {
    let site = Site::new();
    let daemon = Serve::start(&site);
    let signal = |name: &str| {
        let told = std::process::Command::new("kill")
            .args([name, &daemon.id().to_string()])
            .status()
            .unwrap();
        assert!(told.success(), "{name}");
    };
    // As a daemon that gets no processor for a moment.
    signal("-STOP");
    let address = daemon.address.parse().unwrap();
    let patience = Duration::from_millis(900);
    let opened = (0..400).map_while(|_| TcpStream::connect_timeout(&address, patience).ok());
    let opened: Vec<TcpStream> = opened.collect();
    signal("-CONT");
    assert_eq!(opened.len(), 400);
    assert_eq!(daemon.get("/healthz").0, 200);
}

#[test]
fn a_change_of_policies_while_the_disk_is_full_goes_live_when_there_is_room() {
    let site = Site::new();
    let daemon = Serve::start_ignoring_file_limits(&site);
    let before = daemon.generation();
    daemon.limit_files(Some(0));
    site.write("set.toml", &SET.replace("\"wonder\"", "\"marvel\""));
    wait_until("the word of it", || {
        daemon.log().contains("policies could not be reloaded")
    });
    assert_eq!(daemon.generation(), before);
    daemon.limit_files(None);
    wait_until("the change", || daemon.generation() != before);
    // One that is refused is told then too.
    daemon.limit_files(Some(0));
    site.write("set.toml", "moed = 1\n");
    wait_until("the word of it", || {
        daemon.log().matches("policies could not be reloaded").count() > 1
    });
    daemon.limit_files(None);
    wait_until("the refusal", || daemon.status()["last_attempt"]["result"] == "refused");
}

#[test]
fn what_the_caller_can_mend_is_no_fault_of_the_daemon() {
    let site = Site::new();
    let daemon = Serve::start(&site);
    for (path, body, status, code) in [
        (
            "/v1/policy/rollback",
            r#"{"to": "0123456789"}"#,
            404,
            "unknown-generation",
        ),
        (
            "/v1/policy/rollback",
            r#"{"to": "no digits"}"#,
            404,
            "unknown-generation",
        ),
        ("/v1/policy/rollback", "{}", 422, "not-possible"),
        ("/v1/policy/rollback", "[", 400, "bad-request"),
        ("/v1/policy/rollback", r#"{"two": 1}"#, 400, "bad-request"),
        ("/v1/policy/retry", "{}", 422, "not-possible"),
        (
            "/v1/policy/allow-downgrade",
            r#"{"pack": "a", "version": "1", "note": ""}"#,
            422,
            "not-possible",
        ),
        ("/v1/archive/rejudge", r#"{"messages": ["a"]}"#, 400, "bad-request"),
        ("/v1/archive/rejudge", r#"{"messages": ["a/b/c"]}"#, 422, "not-possible"),
        ("/v1/messages?tenant=a%2Fb", "{}", 400, "bad-request"),
        ("/v1/messages?tenants=a", "{}", 400, "bad-request"),
        ("/v1/nothing", "{}", 404, "no-such-path"),
        ("/v1/status", "{}", 405, "wrong-method"),
    ] {
        let (found, answer) = daemon.post(path, body);
        assert_eq!(
            (found, &answer["error"]["code"]),
            (status, &code.into()),
            "{path} {body}: {answer}"
        );
        assert!(answer["error"]["incident"].is_null(), "{answer}");
    }
    let config = site.text("proviso.toml");
    let output = run(&["policy", "rollback", "--config", &config, "--to", "0123"]);
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
    assert!(
        stderr(&output).contains("no recorded generation begins with \"0123\""),
        "{}",
        stderr(&output)
    );
    let faults = daemon.log();
    let faults: Vec<&str> = faults.lines().filter(|line| line.contains("\"ERROR\"")).collect();
    assert!(faults.is_empty(), "{faults:?}");
}
