//! People who are scored: by nobody's approval not at all, by another's until it ends.

use super::disposal::{said, token};
use super::support::{SET, Serve, Site, message, run, stderr, stdout, wait_until};
use serde_json::{Value, json};
use std::process::Command;
use std::time::Duration;

const ASSESSMENT: &str = "PIA-2026-004";
/// Within so long a daemon follows an end, on a busy machine: the approval of the test is in force for some of it.
const FOLLOWED_WITHIN: Duration = Duration::from_secs(30);

/// A site whose set scores people of every tenant, where the bank wants a second person for it.
fn site() -> Site {
    let site = Site::new();
    let config = std::fs::read_to_string(site.path("proviso.toml")).unwrap();
    let two = "[requests.bank]\nsecond_person = [\"scoring\"]\n";
    site.write("proviso.toml", &format!("{config}{two}"));
    let pack = std::fs::read_to_string(site.path("promises/pack.toml")).unwrap();
    let pack = pack.replace("test/promises", "test/scores");
    site.write(
        "scores/pack.toml",
        &pack.replace("jurisdictions", "requires_assessment = true\njurisdictions"),
    );
    for file in ["lexicons/promissory.txt", "settings.schema.json"] {
        let text = std::fs::read_to_string(site.path("promises").join(file)).unwrap();
        site.write(&format!("scores/{file}"), &text);
    }
    site.write("set.toml", &set(ASSESSMENT));
    site
}

fn set(assessment: &str) -> String {
    format!("{SET}\n[[apply]]\npack = \"scores\"\nassessment = \"{assessment}\"\n")
}

/// The documents that a command prints, each on a line or on many.
fn ok(site: &Site, arguments: &[&str]) -> Vec<Value> {
    let (code, told, error) = said(site, arguments);
    assert_eq!(code, Some(0), "{arguments:?}: {error}");
    let documents = serde_json::Deserializer::from_str(&told).into_iter();
    documents.map(Result::unwrap).collect()
}

/// A time so many seconds ahead, as `--until` takes it.
fn ahead(seconds: u64) -> String {
    let date = Command::new("date")
        .args(["-u", "-d", &format!("+{seconds} seconds"), "+%Y-%m-%dT%H:%M:%SZ"])
        .output()
        .unwrap();
    stdout(&date).trim().to_owned()
}

fn ask(site: &Site, until: &str) -> String {
    let asked = ok(site, &asking(until));
    asked[0]["requests"][0].to_string()
}

fn asking(until: &str) -> Vec<&str> {
    let fixed = ["request", "scoring", "--tenant", "bank", "--assessment", ASSESSMENT];
    [&fixed[..], &["--reason", "leavers", "--until", until]].concat()
}

fn approve(site: &Site, request: &str, second: &str) {
    ok(
        site,
        &[
            "request",
            "approve",
            request,
            "--note",
            "compared",
            "--token-file",
            second,
        ],
    );
}

/// The packs that found something in a message.
fn packs_of(site: &Site, id: &str) -> Vec<String> {
    let shown = &ok(site, &["archive", "show", &format!("bank/chat/{id}")])[0];
    let findings = shown["verdict"]["findings"]
        .as_array()
        .unwrap_or_else(|| panic!("{shown}"));
    let packs = findings.iter().map(|one| one["pack"].as_str().unwrap().to_owned());
    packs.collect()
}

/// Sends a message that every pack finds something in; true if it was scored.
fn is_scored(site: &Site, daemon: &Serve, id: &str) -> bool {
    let (status, answer) = daemon.post("/v1/messages", &message(id, "保本").to_string());
    assert_eq!(status, 200, "{answer}");
    let found = packs_of(site, id);
    assert!(found.iter().any(|one| one.contains("promises")), "{found:?}");
    found.iter().any(|one| one.contains("scores"))
}

fn request_in_force(daemon: &Serve) -> Value {
    daemon.status()["scoring"][0]["request"].clone()
}

#[test]
fn people_are_scored_from_anothers_approval_to_its_end() {
    let site = site();
    let daemon = Serve::start(&site);
    assert!(
        daemon.log().contains("scores nobody of tenant bank"),
        "{}",
        daemon.log()
    );
    let status = daemon.status();
    let says = status["scoring"][0]["says"].as_str().unwrap();
    assert!(says.contains("no approval of assessment PIA-2026-004"), "{says}");
    assert!(!is_scored(&site, &daemon, "before"));
    // Of a tenant that does not ask for it, as before.
    let mut elsewhere = message("elsewhere", "保本");
    elsewhere["tenant"] = "shop".into();
    assert_eq!(daemon.post("/v1/messages", &elsewhere.to_string()).0, 200);
    let shown = &ok(&site, &["archive", "show", "shop/chat/elsewhere"])[0];
    assert!(shown["verdict"].to_string().contains("test/scores"), "{shown}");

    // What cannot be asked for.
    let far = asking("2099-01-01");
    for (arguments, told) in [
        (far.clone(), "is more than 366 days ahead"),
        (asking("2020-01-01"), "is over: name a later --until"),
        (asking("soon"), "--until is \"soon\": expected a day"),
        (
            far.iter()
                .map(|one| if *one == "bank" { "shop" } else { one })
                .collect(),
            "asks for no request for \"scoring\"",
        ),
    ] {
        let (code, _, error) = said(&site, &arguments);
        assert_eq!(code, Some(2), "{error}");
        assert!(error.contains(told), "{told}: {error}");
    }
    let until = ahead(3_600);
    let other: Vec<&str> = asking(&until)
        .into_iter()
        .map(|one| if one == ASSESSMENT { "PIA-1" } else { one })
        .collect();
    let (code, _, error) = said(&site, &other);
    assert_eq!(code, Some(2), "{error}");
    assert!(error.contains("it names PIA-2026-004"), "{error}");

    // Asked for, and approved by nobody; neither by who asked.
    let request = ask(&site, &until);
    assert!(!is_scored(&site, &daemon, "asked"));
    let (code, _, error) = said(&site, &["request", "approve", &request, "--note", "mine"]);
    assert_eq!(code, Some(2), "{error}");
    assert!(error.contains("made with --approve"), "{error}");
    let (code, _, error) = said(&site, &["request", "end", &request, "--note", "nothing"]);
    assert_eq!(code, Some(2), "{error}");
    assert!(error.contains("is not in force"), "{error}");
    let second = token(&site, "second", "--approve");
    approve(&site, &request, &second);
    wait_until("the approval", || request_in_force(&daemon) == json!(1));
    assert!(is_scored(&site, &daemon, "approved"));
    let shown = &ok(&site, &["request", "show", &request])[0];
    assert_eq!(
        (&shown["state"], &shown["scoring"]["assessment"]),
        (&json!("in-force"), &json!(ASSESSMENT))
    );
    let (code, _, error) = said(&site, &["request", "run", &request]);
    assert_eq!(code, Some(2), "{error}");
    assert!(error.contains("does not run"), "{error}");

    // It outlives a restart.
    assert_eq!(daemon.terminate(), Some(0));
    let daemon = Serve::start(&site);
    assert!(is_scored(&site, &daemon, "restarted"));

    // One person ends it: what is judged behind the answer is judged without it.
    ok(&site, &["request", "end", &request, "--note", "looked at again"]);
    assert!(!is_scored(&site, &daemon, "ended"));
    wait_until("the end", || request_in_force(&daemon).is_null());
    let (code, _, error) = said(&site, &["request", "end", &request, "--note", "again"]);
    assert_eq!(code, Some(2), "{error}");
    assert_eq!(daemon.terminate(), Some(0));
    let daemon = Serve::start(&site);
    assert!(!is_scored(&site, &daemon, "ended-and-restarted"));
    assert_eq!(daemon.terminate(), Some(0));

    // Verdicts of all of these generations are what they were, and the log is whole.
    let replay = run(&[
        "replay",
        "--config",
        &site.text("proviso.toml"),
        "--all",
        "--format",
        "json",
    ]);
    assert_eq!(replay.status.code(), Some(0), "{} {}", stdout(&replay), stderr(&replay));
    let (code, told, error) = said(&site, &["audit", "verify"]);
    assert_eq!(code, Some(0), "{told} {error}");
    let log = ok(&site, &["audit", "show", "--limit", "1000"])
        .iter()
        .map(Value::to_string)
        .collect::<String>();
    for kind in ["\"request\"", "\"request-decided\"", "\"request-ended\""] {
        assert!(log.contains(kind), "{kind}");
    }
}

#[test]
fn nobody_is_scored_behind_the_time_of_an_approval() {
    let site = site();
    let daemon = Serve::start(&site);
    let second = token(&site, "second", "--approve");
    let request = ask(&site, &ahead(12));
    approve(&site, &request, &second);
    wait_until("the approval", || request_in_force(&daemon) == json!(1));
    assert!(is_scored(&site, &daemon, "approved"));
    // The set is broken when the time is over: what runs follows all the same.
    site.write("set.toml", "[[apply]]\nnonsense = 1\n");
    wait_until("a refusal", || daemon.status()["last_attempt"]["result"] == "refused");
    let took = wait_until("the end", || request_in_force(&daemon).is_null());
    assert!(took < FOLLOWED_WITHIN, "{took:?}");
    assert!(!is_scored(&site, &daemon, "ended"));
    assert_eq!(
        daemon.status()["last_attempt"]["result"],
        "refused",
        "that is still to be mended"
    );
    let shown = &ok(&site, &["request", "show", &request])[0];
    assert_eq!(
        (&shown["state"], &shown["end"]["by"]),
        (&json!("ended"), &json!("system:approvals"))
    );
    daemon.kill();
    let daemon = Serve::start(&site);
    assert!(!is_scored(&site, &daemon, "ended-and-restarted"));
    assert_eq!(daemon.terminate(), Some(0));
}

#[test]
fn an_approval_is_for_just_that_application() {
    let site = site();
    let daemon = Serve::start(&site);
    let second = token(&site, "second", "--approve");
    let request = ask(&site, &ahead(3_600));
    approve(&site, &request, &second);
    wait_until("the approval", || request_in_force(&daemon) == json!(1));
    let approved = daemon.generation();
    // Another assessment, a wider scope, another setting: another act each.
    let narrowed = set(ASSESSMENT) + "scope = { people = [\"li.na\"] }\n";
    let more = set(ASSESSMENT) + "extra_terms = { promissory = [\"开会\"] }\n";
    for (n, changed) in [set("PIA-2026-005"), narrowed, more].iter().enumerate() {
        site.write("set.toml", changed);
        wait_until("the change", || request_in_force(&daemon).is_null());
        assert!(!is_scored(&site, &daemon, &format!("changed-{n}")));
        site.write("set.toml", &set(ASSESSMENT));
        wait_until("the way back", || daemon.generation() == approved);
    }
    assert!(is_scored(&site, &daemon, "as-approved"));
    // Another version of the pack.
    let pack = std::fs::read_to_string(site.path("scores/pack.toml")).unwrap();
    site.write("scores/pack.toml", &pack.replace("1.0.0", "1.0.1"));
    wait_until("another version", || request_in_force(&daemon).is_null());
    assert!(!is_scored(&site, &daemon, "another-version"));
    // A rollback leads to what was approved, as long as that is in force.
    let rolled_back = ok(&site, &["policy", "rollback"]);
    assert_eq!(rolled_back[0]["result"], "live", "{rolled_back:?}");
    assert!(is_scored(&site, &daemon, "rolled-back"));
    ok(&site, &["request", "end", &request, "--note", "enough"]);
    assert!(!is_scored(&site, &daemon, "ended"));
    wait_until("the end", || request_in_force(&daemon).is_null());
    // Going back to the very generation that scored does not bring it again.
    let (_, _, _) = said(&site, &["policy", "rollback", "--to", &approved]);
    assert!(!is_scored(&site, &daemon, "no-way-back"));
    let version = |daemon: &Serve| daemon.status()["generation"]["packs"][2]["version"].clone();
    assert_eq!(version(&daemon), "1.0.0");
    // What was rolled back from stays away over a restart, though an approval ended meanwhile.
    assert_eq!(daemon.terminate(), Some(0));
    let daemon = Serve::start(&site);
    assert_eq!(version(&daemon), "1.0.0");
    assert_eq!(daemon.terminate(), Some(0));
}

#[test]
fn without_a_daemon_it_is_the_same() {
    let site = site();
    let daemon = Serve::start(&site);
    let second = token(&site, "second", "--approve");
    assert_eq!(daemon.terminate(), Some(0));
    let check = || {
        let set = site.text("set.toml");
        let output = run(&[
            "policy",
            "check",
            &set,
            "--config",
            &site.text("proviso.toml"),
            "--format",
            "json",
        ]);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        serde_json::from_str::<Value>(&stdout(&output)).unwrap()
    };
    let checked = check();
    assert_eq!(checked["packs"][2]["except_tenants"], json!(["bank"]), "{checked}");
    let request = ask(&site, &ahead(3_600));
    let (code, _, error) = said(&site, &["request", "approve", &request, "--note", "mine"]);
    assert_eq!(code, Some(2), "{error}");
    assert!(error.contains("cannot approve it"), "{error}");
    let daemon = Serve::start(&site);
    assert!(!is_scored(&site, &daemon, "asked"));
    approve(&site, &request, &second);
    wait_until("the approval", || request_in_force(&daemon) == json!(1));
    assert!(is_scored(&site, &daemon, "approved"));
    let by_the_daemon = check();
    assert_eq!(daemon.terminate(), Some(0));
    let checked = check();
    assert_eq!(checked["scoring"], by_the_daemon["scoring"]);
    assert_eq!(
        (
            &checked["scoring"][0]["request"],
            &checked["packs"][2]["except_tenants"]
        ),
        (&json!(1), &json!([]))
    );
    ok(&site, &["request", "end", &request, "--note", "enough"]);
    let checked = check();
    assert_eq!(checked["scoring"][0]["request"], Value::Null);
    let daemon = Serve::start(&site);
    assert!(!is_scored(&site, &daemon, "ended"));
    assert_eq!(daemon.terminate(), Some(0));
}
