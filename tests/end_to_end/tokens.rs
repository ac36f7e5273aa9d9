//! Named tokens: made, used for what they were made for, and revoked, while the daemon runs.

use super::support::{Serve, Site, json_lines, message, run, stderr, stdout, wait_until};
use serde_json::Value;
use std::fs;

fn token(site: &Site, arguments: &[&str]) -> (Option<i32>, String, String) {
    let config = site.text("proviso.toml");
    let mut all = vec!["token"];
    all.extend(arguments);
    all.extend(["--config", &config]);
    let output = run(&all);
    (output.status.code(), stdout(&output), stderr(&output))
}

fn make(site: &Site, arguments: &[&str]) -> String {
    let (code, secret, error) = token(site, arguments);
    assert_eq!(code, Some(0), "{error}");
    format!("Bearer {}", secret.trim())
}

#[test]
fn a_token_may_do_what_it_was_made_for_until_it_is_revoked() {
    let site = Site::new();
    // One is made before the first start, the others while the daemon runs.
    let feed = make(&site, &["new", "feed", "--intake", "bank/chat", "--intake", "shop"]);
    let daemon = Serve::start(&site);
    let steer = make(&site, &["new", "steer", "--policies"]);
    let reader = make(&site, &["new", "reader", "--reading", "--until", "9999-12-31"]);
    wait_until("the new tokens", || {
        daemon.post_as("/v1/policy/reload", "{}", &steer).0 == 200
    });
    let line = message("m1", "保本").to_string();
    // Path, body, and what the feed, the one who steers and the reader get.
    let table = [
        ("/v1/messages", line.as_str(), [200, 403, 403]),
        ("/v1/policy/reload", "{}", [403, 200, 403]),
        ("/v1/policy/rollback", "{}", [403, 422, 403]),
        ("/v1/policy/retry", "{}", [403, 422, 403]),
        (
            "/v1/policy/allow-downgrade",
            r#"{"pack":"a/b","version":"1.0.0","note":"x"}"#,
            [403, 200, 403],
        ),
        ("/v1/archive/rejudge", r#"{"messages":["a/b/c"]}"#, [403, 422, 403]),
    ];
    for (path, body, statuses) in table {
        let found = [&feed, &steer, &reader].map(|token| daemon.post_as(path, body, token).0);
        assert_eq!(found, statuses, "{path}");
    }
    for (path, statuses) in [("/v1/status", [403, 403, 200]), ("/v1/policy/history", [403, 403, 200])] {
        let found = [&feed, &steer, &reader].map(|token| daemon.get_as(path, token).0);
        assert_eq!(found, statuses, "{path}");
    }

    // Whoever changed something is named in the history, and in the log.
    site.write("set.toml", &super::support::SET.replace("wonder", "marvel"));
    let (_, answer) = daemon.post_as("/v1/policy/reload", "{}", &steer);
    let who = answer["who"].as_str().unwrap();
    assert!(["token:steer", "system:watch"].contains(&who), "{answer}");
    daemon.post_as("/v1/policy/rollback", "{}", &steer);
    let (_, history) = daemon.get_as("/v1/policy/history", &reader);
    let history: Value = serde_json::from_str(&history).unwrap();
    assert_eq!(
        (&history[0]["cause"], &history[0]["who"]),
        (&"rollback".into(), &"token:steer".into())
    );
    wait_until("the log", || daemon.log().contains("\"who\":\"token:steer\""));

    // Where the operator runs a command, the user's name is told.
    let config = site.text("proviso.toml");
    assert_eq!(run(&["policy", "reload", "--config", &config]).status.code(), Some(0));
    let last = &daemon.status()["last_attempt"];
    assert!(last["who"].as_str().unwrap().starts_with("command-line:"), "{last}");

    // The secret stands nowhere, and a revoked token opens nothing.
    let stored = fs::read_to_string(site.path("data/tokens.json")).unwrap();
    for secret in [&feed, &steer, &reader] {
        let secret = secret.strip_prefix("Bearer ").unwrap();
        assert!(!stored.contains(secret) && !daemon.log().contains(secret));
    }
    assert_eq!(token(&site, &["revoke", "steer"]).0, Some(0));
    wait_until("the revoking", || {
        daemon.post_as("/v1/policy/reload", "{}", &steer).0 == 401
    });
    let (_, answer) = daemon.post_as("/v1/policy/reload", "{}", &steer);
    assert!(
        answer["error"]["message"].as_str().unwrap().contains("was revoked"),
        "{answer}"
    );
    assert_eq!(
        told_of(&site, "token:steer"),
        ["new", "changed"],
        "the log was told of the making and of the revoking"
    );
    let (_, listed, _) = token(&site, &["list", "--format", "json"]);
    let counts: Vec<_> = json_lines(&listed)
        .iter()
        .map(|token| (token["name"].as_str().unwrap().to_owned(), token["counts"] == true))
        .collect();
    let expected = [("feed", true), ("steer", false), ("reader", true)];
    assert_eq!(counts, expected.map(|(name, counts)| (name.to_owned(), counts)));
    for wrong in [
        ["new", "steer", "--reading"].as_slice(),
        &["new", "Operator", "--reading"],
        &["new", "useless"],
        &["new", "late", "--reading", "--until", "2020-01-01"],
        &["revoke", "nobody"],
    ] {
        let (code, out, error) = token(&site, wrong);
        assert!(code == Some(2) && out.is_empty(), "{wrong:?}: {error}");
    }
}

/// What the log tells of permissions, the first change first.
fn told_of(site: &Site, about: &str) -> Vec<String> {
    let config = site.text("proviso.toml");
    let output = run(&[
        "audit", "show", "--limit", "1000", "--config", &config, "--format", "json",
    ]);
    let mut told = Vec::new();
    for leaf in json_lines(&stdout(&output)) {
        for entry in leaf["entries"].as_array().unwrap() {
            if entry["kind"] == "permission" && entry["fields"]["about"] == about {
                told.push(entry["fields"]["what"].as_str().unwrap().to_owned());
            }
        }
    }
    told.reverse();
    told
}

#[test]
fn what_is_permitted_is_in_the_log_also_where_nobody_uses_it() {
    let site = Site::new();
    make(&site, &["new", "early", "--reading"]);
    let daemon = Serve::start(&site);
    assert_eq!(told_of(&site, "token:early"), ["new"], "told at the start");
    assert_eq!(told_of(&site, "token:operator"), ["new"]);
    make(&site, &["new", "idle", "--content"]);
    wait_until("the token in the log", || told_of(&site, "token:idle") == ["new"]);
    // A file that nobody can read permits nothing, and that is told as well.
    let tokens = fs::read_to_string(site.path("data/tokens.json")).unwrap();
    site.write("data/tokens.json", "{");
    wait_until("the end of all tokens", || {
        told_of(&site, "token:idle") == ["new", "gone"]
    });
    site.write("data/tokens.json", &tokens);
    wait_until("the tokens again", || {
        told_of(&site, "token:idle") == ["new", "gone", "new"]
    });
    assert_eq!(daemon.terminate(), Some(0));
    // The next start says nothing again, but what changed meanwhile.
    fs::remove_file(site.path("data/token")).unwrap();
    let config = fs::read_to_string(site.path("proviso.toml")).unwrap();
    site.write(
        "proviso.toml",
        &format!("{config}\n[requests.bank]\nwaiting_days = 7\n"),
    );
    let daemon = Serve::start(&site);
    assert_eq!(told_of(&site, "token:idle"), ["new", "gone", "new"]);
    assert_eq!(told_of(&site, "token:operator"), ["new", "changed"]);
    assert_eq!(told_of(&site, "requests:bank"), ["new"]);
    assert_eq!(daemon.terminate(), Some(0));
}

#[test]
fn a_line_of_another_tenant_is_an_error_of_that_line() {
    let site = Site::new();
    let feed = make(&site, &["new", "feed", "--intake", "bank/chat"]);
    let daemon = Serve::start(&site);
    let mut foreign = message("m2", "保本");
    foreign["tenant"] = "shop".into();
    let mut other_channel = message("m3", "保本");
    other_channel["channel"] = "mail".into();
    let lines = [message("m1", "保本"), foreign.clone(), other_channel].map(|line| line.to_string());
    let (status, answer) = daemon.post_as("/v1/messages", &lines.join("\n"), &feed);
    assert_eq!((status, &answer["accepted"]), (200, &1.into()), "{answer}");
    let told: Vec<_> = answer["errors"].as_array().unwrap().iter().collect();
    assert_eq!([&told[0]["line"], &told[1]["line"]], [2, 3]);
    for error in told {
        assert!(
            error["error"]
                .as_str()
                .unwrap()
                .contains("may speak for bank/chat alone"),
            "{error}"
        );
    }
    assert_eq!(site.messages(), 1);
    // What the query says is no authority either.
    let bare = r#"{"id":"m4","sent_at":0,"from":"a","text":"x"}"#;
    assert_eq!(
        daemon.post_as("/v1/messages?tenant=shop&channel=chat", bare, &feed).0,
        422
    );
    assert_eq!(
        daemon.post("/v1/messages", &foreign.to_string()).0,
        200,
        "the operator may"
    );
}
