//! `proviso serve`: its HTTP interface, its spool folder, its end.

use super::support::{SET, Serve, Site, message, run, stderr, stdout, wait_until};
use serde_json::Value;
use std::fs;

#[test]
fn messages_are_acknowledged_after_the_commit_and_judged_once() {
    let site = Site::new();
    let daemon = Serve::start(&site);
    let body = [message("m1", "这款产品保本"), message("m2", "你好")]
        .map(|line| line.to_string())
        .join("\n");
    let (status, answer) = daemon.post("/v1/messages", &body);
    assert_eq!(
        (status, &answer["accepted"], &answer["duplicates"]),
        (200, &2.into(), &0.into()),
        "{answer}"
    );
    assert_eq!(site.messages(), 2, "they are in the archive when the answer comes");
    let (_, again) = daemon.post("/v1/messages", &body);
    assert_eq!((&again["accepted"], &again["duplicates"]), (&0.into(), &2.into()));
    let (_, changed) = daemon.post("/v1/messages", &message("m1", "另一段话").to_string());
    assert_eq!(changed["conflicts"], serde_json::json!(["m1"]));
    let stats = site.stats();
    assert_eq!(stats["conflicts"], 1);
    assert_eq!(site.messages(), 2);
    let shown = run(&[
        "archive",
        "show",
        "--config",
        &site.text("proviso.toml"),
        "--format",
        "json",
        "m1",
    ]);
    let shown: Value = serde_json::from_str(&stdout(&shown)).unwrap();
    assert_eq!(shown["message"]["text"], "这款产品保本", "the first stays");
    assert_eq!(shown["verdict"]["findings"][0]["rule"], "promise");
    assert_eq!(daemon.terminate(), Some(0));
}

#[test]
fn lines_that_are_no_message_are_answered_with_their_number() {
    let site = Site::new();
    let daemon = Serve::start(&site);
    let body = format!("{}\nnot json\n{}\n", message("m1", "a"), message("m2", "b"));
    let (status, answer) = daemon.post("/v1/messages", &body);
    assert_eq!(
        (status, &answer["accepted"], &answer["errors"][0]["line"]),
        (200, &2.into(), &2.into()),
        "{answer}"
    );
    let (status, answer) = daemon.post("/v1/messages", "{}");
    assert_eq!((status, &answer["errors"][0]["line"]), (422, &1.into()), "{answer}");
    let (status, _) = daemon.post("/v1/messages?tenant=a%2Fb", "{}");
    assert_eq!(status, 400);
}

#[test]
fn only_the_token_opens_the_interface() {
    let site = Site::new();
    let daemon = Serve::start(&site);
    for wrong in ["", "Bearer", "Bearer x", "Basic abc"] {
        assert_eq!(daemon.post_as("/v1/messages", "{}", wrong).0, 401, "{wrong:?}");
        assert_eq!(daemon.post_as("/v1/policy/reload", "{}", wrong).0, 401, "{wrong:?}");
    }
    assert_eq!(daemon.get("/healthz"), (200, "ok\n".to_owned()));
    let (status, metrics) = daemon.get("/metrics");
    assert_eq!(status, 200);
    for line in metrics.lines().filter(|line| !line.starts_with('#')) {
        let value = line.rsplit(' ').next().unwrap();
        assert!(line.starts_with("proviso_") && value.parse::<f64>().is_ok(), "{line}");
    }
    assert!(metrics.contains("proviso_messages_committed_total 0"), "{metrics}");
}

#[test]
fn a_body_over_the_limit_is_refused() {
    let site = Site::new();
    let daemon = Serve::start(&site);
    let (status, _) = daemon.post("/v1/messages", &"x".repeat((16 << 20) + 1));
    assert_eq!(status, 413);
}

#[test]
fn a_growing_spool_file_is_followed_over_a_restart() {
    let site = Site::new();
    let lines: Vec<String> = (0..30).map(|n| message(&format!("m{n}"), "保本").to_string()).collect();
    site.write("spool/a.jsonl", &(lines[..10].join("\n") + "\n"));
    let daemon = Serve::start(&site);
    wait_until("the first part", || site.messages() == 10);
    let half = &lines[10][..40];
    append(&site, half);
    append(
        &site,
        &(lines[10][40..].to_owned() + "\n" + &lines[11..20].join("\n") + "\nnot json\n"),
    );
    wait_until("the second part", || site.messages() == 20);
    assert_eq!(daemon.terminate(), Some(0));
    append(&site, &(lines[20..].join("\n") + "\n"));
    let daemon = Serve::start(&site);
    wait_until("the third part", || site.messages() == 30);
    let status = daemon.status();
    assert_eq!(
        status["messages"]["committed"], 10,
        "only what is new is judged after a restart: {status}"
    );
    let errors: u64 = site.stats()["sources"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["errors"].as_u64().unwrap())
        .sum();
    assert_eq!(errors, 1);
}

fn append(site: &Site, text: &str) {
    use std::io::Write;
    let mut file = fs::OpenOptions::new()
        .append(true)
        .open(site.path("spool/a.jsonl"))
        .unwrap();
    file.write_all(text.as_bytes()).unwrap();
}

#[test]
fn a_full_queue_answers_429_and_loses_nothing_that_was_acknowledged() {
    let site = Site::new();
    let daemon = Serve::start(&site);
    let bodies: Vec<String> = (0..40)
        .map(|batch| {
            let lines = (0..1_000).map(|n| message(&format!("b{batch}-{n}"), "你好，保本吗").to_string());
            lines.collect::<Vec<_>>().join("\n")
        })
        .collect();
    let answers: Vec<(u16, Value)> = std::thread::scope(|scope| {
        let posts: Vec<_> = bodies
            .iter()
            .map(|body| scope.spawn(|| daemon.post("/v1/messages", body)))
            .collect();
        posts.into_iter().map(|post| post.join().unwrap()).collect()
    });
    let accepted: u64 = answers
        .iter()
        .filter_map(|(_, answer)| answer["accepted"].as_u64())
        .sum();
    assert!(
        answers.iter().all(|(status, _)| matches!(status, 200 | 429)),
        "{answers:?}"
    );
    assert!(
        answers.iter().any(|(status, _)| *status == 429),
        "40,000 messages at once do not fit a queue of 4,096"
    );
    assert_eq!(site.messages(), accepted);
}

#[test]
fn a_set_that_is_broken_at_the_start_leaves_the_last_good_generation() {
    let site = Site::new();
    let daemon = Serve::start(&site);
    let good = daemon.generation();
    assert_eq!(daemon.terminate(), Some(0));
    site.write("set.toml", "[[apply]]\npack = 7\n");
    let daemon = Serve::start(&site);
    assert_eq!(daemon.generation(), good);
    let status = daemon.status();
    assert_eq!(status["last_attempt"]["result"], "refused", "{status}");
    assert_eq!(status["last_attempt"]["problems"][0]["line"], 2);
    let (_, answer) = daemon.post("/v1/messages", &message("m1", "保本").to_string());
    assert_eq!(answer["accepted"], 1);
    assert_eq!(daemon.terminate(), Some(0));
    // Without a good generation to go back to there is nothing to serve.
    let fresh = Site::new();
    fresh.write("set.toml", "[[apply]]\npack = 7\n");
    assert!(Serve::try_start(&fresh).is_err_and(|log| log.contains("set.toml:2:8")));
}

#[test]
fn rollback_goes_back_and_outlives_a_restart() {
    let site = Site::new();
    let daemon = Serve::start(&site);
    let first = daemon.generation();
    site.write("set.toml", &SET.replace("\"wonder\"", "\"marvel\""));
    wait_until("the edit", || daemon.generation() != first);
    let second = daemon.generation();
    let (status, answer) = daemon.post("/v1/policy/rollback", "{}");
    assert_eq!((status, answer["result"].as_str()), (200, Some("live")), "{answer}");
    assert_eq!(daemon.generation(), first);
    assert_eq!(daemon.terminate(), Some(0));
    let daemon = Serve::start(&site);
    assert_eq!(
        daemon.generation(),
        first,
        "the file still says what was rolled back from"
    );
    let digits = second.strip_prefix("sha256:").unwrap()[..10].to_owned();
    let (_, answer) = daemon.post("/v1/policy/rollback", &format!("{{\"to\": \"{digits}\"}}"));
    assert_eq!(answer["result"], "live", "{answer}");
    assert_eq!(daemon.generation(), second);
    let (_, history) = daemon.get("/v1/policy/history");
    let history: Value = serde_json::from_str(&history).unwrap();
    let causes: Vec<_> = history
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["cause"].as_str().unwrap())
        .collect();
    assert_eq!(causes, ["rollback", "rollback", "reload", "start"]);
    let config = site.text("proviso.toml");
    for command in ["status", "history", "reload"] {
        let output = run(&["policy", command, "--config", &config]);
        assert_eq!(output.status.code(), Some(0), "{command}: {}", stderr(&output));
        assert!(!stdout(&output).is_empty());
    }
}

#[test]
fn the_status_says_what_is_watched() {
    let site = Site::new();
    let daemon = Serve::start(&site);
    let config = site.text("proviso.toml");
    let status = || stdout(&run(&["policy", "status", "--config", &config]));
    let paths = daemon.status()["watch"]["paths"].as_array().unwrap().len();
    let told = format!("Watched: {paths} paths, ");
    assert!(paths > 2 && status().contains(&told), "{told} in {}", status());
    // Somebody writes, and is not done.
    let set = site.path("set.toml");
    let mut writing = fs::OpenOptions::new().append(true).open(&set).unwrap();
    std::io::Write::write_all(&mut writing, b"# a remark\n").unwrap();
    let told = format!("being written, read when it is closed: {}", set.display());
    wait_until("the writing", || status().contains(&told));
    drop(writing);
    wait_until("the look", || {
        let status = status();
        !status.contains("being written") && status.contains("paths, last looked at 20")
    });
}

#[test]
fn bodies_and_secrets_stay_out_of_the_log() {
    let site = Site::new();
    let daemon = Serve::start(&site);
    let secret = "绝密正文XYZZY";
    daemon.post(
        "/v1/messages",
        &message("m1", &format!("保本{secret}%%BRITTLE%% invoice")).to_string(),
    );
    daemon.post("/v1/messages", &format!("{{\"id\":\"m2\",\"text\":\"{secret}\"}}"));
    let token = daemon.token.clone();
    let log = daemon.log();
    assert!(!log.contains("XYZZY") && !log.contains(&token), "{log}");
}
