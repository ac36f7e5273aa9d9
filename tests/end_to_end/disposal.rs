//! `proviso retention` and `proviso hold`: what is due, what keeps it, its end, and what is left.

use super::support::{PATIENCE, Serve, Site, json_lines, message, run, stderr, stdout};
use serde_json::Value;

pub(crate) const RULES: &str = r#"
[policy.settings.rules.orders]
law = "Order Act"
article = "3"
jurisdiction = "CN"
purpose = "records"
clock = "message"
floor = "P1Y"
counting = "cn-civil-code"
verified = true
VERIFIED
source = { title = "Order Act", url = "https://example.org/3"TEXT }
"#;

pub(crate) const BY: &str = "verified_by = \"An Office\"\nverified_on = \"2026-11-02\"";
pub(crate) const TEXT: &str = ", text = \"sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\"";

/// Three messages of 2020, which were to be kept for a year, and one of today's.
pub(crate) fn site(verified: &str, text: &str) -> (Site, Serve) {
    site_with(verified, text, "")
}

/// The same, with more in the configuration.
fn site_with(verified: &str, text: &str, configuration: &str) -> (Site, Serve) {
    let site = Site::new();
    let config = std::fs::read_to_string(site.path("proviso.toml")).unwrap();
    site.write("proviso.toml", &format!("{config}{configuration}"));
    site.retention_pack("keeps", &RULES.replace("VERIFIED", verified).replace("TEXT", text));
    site.write(
        "set.toml",
        "time_zone = \"Asia/Shanghai\"\n[[apply]]\npack = \"keeps\"\n",
    );
    let daemon = Serve::start(&site);
    for (id, year) in [("old-1", 2020), ("old-2", 2020), ("old-3", 2020), ("new", 2090)] {
        let mut line = message(id, &format!("words of {id}"));
        line["sent_at"] = format!("{year}-03-01T08:00:00Z").into();
        let (status, answer) = daemon.post("/v1/messages", &line.to_string());
        assert_eq!(status, 200, "{answer}");
    }
    (site, daemon)
}

pub(crate) fn said(site: &Site, arguments: &[&str]) -> (Option<i32>, String, String) {
    let config = site.text("proviso.toml");
    let output = run(&[arguments, &["--config", &config, "--format", "json"]].concat());
    (output.status.code(), stdout(&output), stderr(&output))
}

pub(crate) fn ok(site: &Site, arguments: &[&str]) -> Vec<Value> {
    let (code, told, error) = said(site, arguments);
    assert_eq!(code, Some(0), "{arguments:?}: {error}");
    json_lines(&told)
}

pub(crate) fn stays(site: &Site) -> Vec<(String, Value)> {
    let planned = ok(site, &["retention", "plan"]).into_iter();
    planned
        .map(|one| (one["message"].as_str().unwrap().to_owned(), one["stays"].clone()))
        .collect()
}

#[test]
fn what_is_due_goes_unless_it_is_held_and_does_not_come_back() {
    let (site, daemon) = site(BY, TEXT);
    let all = ["bank/chat/old-1", "bank/chat/old-2", "bank/chat/old-3"];
    assert_eq!(stays(&site), all.map(|name| (name.to_owned(), Value::Null)));
    let placed = ok(
        &site,
        &[
            "hold",
            "place",
            "--tenant",
            "bank",
            "--reason",
            "case 7",
            "--before",
            "2021-01-01T00:00:00Z",
        ],
    );
    assert_eq!(placed[0]["hold"], 1);
    assert!(stays(&site).iter().all(|(_, why)| why == "a hold keeps it"));
    let (code, _, error) = said(&site, &["retention", "dispose"]);
    assert_eq!(code, Some(2), "{error}");
    let report = ok(&site, &["retention", "dispose", "--yes"]);
    assert_eq!(report[0]["disposed"], 0);
    ok(&site, &["hold", "release", "1", "--note", "closed"]);
    assert_eq!(said(&site, &["hold", "release", "1", "--note", "closed"]).0, Some(2));
    let holds = ok(&site, &["hold", "list"]);
    assert_eq!(
        (&holds[0]["reason"], &holds[0]["released"]["note"]),
        (&"case 7".into(), &"closed".into())
    );

    let report = ok(&site, &["retention", "dispose", "--yes"]);
    assert_eq!(report[0]["disposed"], 3, "{report:?}");
    assert_eq!(stays(&site), []);
    let (code, told, error) = said(&site, &["archive", "show", "bank/chat/old-2"]);
    assert_eq!(code, Some(0), "{error}");
    let left: Value = serde_json::from_str(&told).unwrap();
    let statute = &left["disposed"]["said"]["statutes"][0];
    assert_eq!(
        (&statute["law"], &statute["verified_by"]),
        (&"Order Act".into(), &"An Office".into())
    );
    // Delivered again, it is a duplicate.
    let mut again = message("old-2", "words of old-2");
    again["sent_at"] = "2020-03-01T08:00:00Z".into();
    let (status, answer) = daemon.post("/v1/messages", &again.to_string());
    assert_eq!(
        (status, &answer["accepted"], &answer["duplicates"]),
        (200, &0.into(), &1.into())
    );
    let log = daemon.log_with("messages were disposed of");
    assert!(!log.contains("words of"), "{log}");
    assert_eq!(daemon.terminate(), Some(0));

    let (code, told, error) = said(&site, &["audit", "verify"]);
    assert_eq!(code, Some(0), "{told} {error}");
    certified(&site, &told);
    let (code, told, _) = said(&site, &["archive", "show", "new"]);
    assert_eq!(code, Some(0));
    assert!(told.contains("words of new"));
    // Without a daemon it is the same.
    assert_eq!(stays(&site), []);
    assert_eq!(ok(&site, &["retention", "dispose", "--yes"])[0]["disposed"], 0);
}

/// The end of a message is shown to somebody who has nothing but the certificate and the log's key.
fn certified(site: &Site, audit: &str) {
    let audit: Value = serde_json::from_str(audit).unwrap();
    let key = audit["key"].as_str().unwrap();
    let config = site.text("proviso.toml");
    let asked = |name| run(&["retention", "certificate", name, "--config", &config]);
    let certificate = stdout(&asked("bank/chat/old-2"));
    assert!(!certificate.contains("old-2"), "{certificate}");
    let verified = |text: &str| {
        site.write("certificate.json", text);
        let file = site.text("certificate.json");
        run(&["audit", "verify", "--certificate", &file, "--key", key])
    };
    let output = verified(&certificate);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let told = stdout(&output);
    assert!(
        told.contains("Order Act 3: at least P1Y, verified by An Office"),
        "{told}"
    );
    assert!(told.contains("2020-03-0") && told.contains("the log says so"), "{told}");
    let output = verified(&certificate.replace("P1Y", "P0Y"));
    assert_eq!(output.status.code(), Some(1));
    assert!(stdout(&output).contains("altered: "), "{}", stdout(&output));
    let folder = site.dir.path().display().to_string();
    let output = run(&["audit", "verify", "--certificate", &folder, "--key", key]);
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
    assert!(stderr(&output).contains("a folder, not a file"), "{}", stderr(&output));
    let output = verified("{}");
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
    assert!(
        stderr(&output).contains("certificate.json is no certificate"),
        "{}",
        stderr(&output)
    );
    for (name, why) in [
        ("bank/chat/new", "was not disposed of"),
        ("new", "expected tenant/channel/id"),
    ] {
        let output = asked(name);
        assert_eq!(output.status.code(), Some(2));
        assert!(stderr(&output).contains(why), "{}", stderr(&output));
    }
}

/// Nobody's word, or no text: it stays, and the plan says why.
#[test]
fn what_nobody_compared_with_its_text_destroys_nothing() {
    for (verified, text, why) in [
        ("", TEXT, "nobody is named who verified rule orders (`verified_by`)"),
        (BY, "", "rule orders has no digest of its text (`source.text`)"),
    ] {
        let (site, daemon) = site(verified, text);
        let planned = stays(&site);
        assert_eq!(planned.len(), 3);
        assert!(planned.iter().all(|(_, stays)| stays == why), "{planned:?}");
        assert_eq!(ok(&site, &["retention", "dispose", "--yes"])[0]["disposed"], 0);
        assert_eq!(daemon.terminate(), Some(0));
    }
}

/// A token of that right, in a file of its own.
pub(crate) fn token(site: &Site, name: &str, right: &str) -> String {
    let secret = ok(site, &["token", "new", name, right])[0]["secret"]
        .as_str()
        .unwrap()
        .to_owned();
    let file = format!("{name}.token");
    site.write(&file, &secret);
    let path = site.path(&file);
    std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let file = site.text(&file);
    // A daemon that runs knows it within a second.
    let since = std::time::Instant::now();
    while said(site, &["request", "list", "--token-file", &file]).0 != Some(0) {
        assert!(since.elapsed() < PATIENCE, "the token is not known");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    file
}

#[test]
fn what_a_tenant_wants_two_persons_for_nobody_does_alone() {
    let two = "[requests.bank]\nsecond_person = [\"disposal\", \"hold-release\"]\n";
    let (site, daemon) = site_with(BY, TEXT, two);
    assert!(
        stays(&site)
            .iter()
            .all(|(_, why)| why.as_str().unwrap().contains("`proviso request disposal`"))
    );
    assert_eq!(ok(&site, &["retention", "dispose", "--yes"])[0]["disposed"], 0);
    let asked = ok(
        &site,
        &[
            "request",
            "disposal",
            "--tenant",
            "bank",
            "--reason",
            "their year is over",
        ],
    );
    assert_eq!(
        (&asked[0]["requests"][0], &asked[0]["messages"]),
        (&1.into(), &3.into())
    );
    assert!(stays(&site).iter().all(|(_, why)| why == "request 1 is about it"));
    let nothing_left = said(&site, &["request", "disposal", "--tenant", "bank", "--reason", "again"]);
    assert_eq!(nothing_left.0, Some(2), "{}", nothing_left.2);
    let (code, _, error) = said(&site, &["request", "run", "1"]);
    assert_eq!(code, Some(2));
    assert!(
        error.contains("request 1 waits for somebody else to approve it"),
        "{error}"
    );

    // Neither the operator approves, nor a token that was not made for it.
    let (code, _, error) = said(&site, &["request", "approve", "1", "--note", "so be it"]);
    assert_eq!(code, Some(2));
    assert!(error.contains("made with --approve"), "{error}");
    let reader = token(&site, "reader", "--reading");
    let (code, _, error) = said(
        &site,
        &["request", "approve", "1", "--note", "x", "--token-file", &reader],
    );
    assert_eq!(code, Some(2), "{error}");
    let second = token(&site, "second", "--approve");
    let (code, told, error) = said(&site, &["request", "show", "1", "--token-file", &second]);
    assert_eq!(code, Some(0), "{error}");
    let shown: Value = serde_json::from_str(&told).unwrap();
    assert_eq!(
        (&shown["state"], &shown["messages"], &shown["rules"][0]),
        (&"waits-for-approval".into(), &3.into(), &"Order Act 3: P1Y".into())
    );
    ok(
        &site,
        &["request", "approve", "1", "--note", "compared", "--token-file", &second],
    );
    // Who approves does not run it.
    assert_eq!(
        said(&site, &["request", "run", "1", "--token-file", &second]).0,
        Some(2)
    );
    let ran = ok(&site, &["request", "run", "1"]);
    assert_eq!(ran[0]["disposal"]["disposed"], 3, "{ran:?}");
    let (code, _, error) = said(&site, &["request", "run", "1"]);
    assert_eq!(code, Some(2));
    assert!(error.contains("it runs once"), "{error}");

    let hold = ["hold", "place", "--tenant", "bank", "--reason", "case 7"];
    assert_eq!(ok(&site, &hold)[0]["hold"], 1);
    let (code, _, error) = said(&site, &["hold", "release", "1", "--note", "closed"]);
    assert_eq!(code, Some(2));
    assert!(error.contains("`proviso request hold-release 1`"), "{error}");
    let asked = [
        "request",
        "hold-release",
        "1",
        "--note",
        "closed",
        "--reason",
        "letter of May",
    ];
    assert_eq!(ok(&site, &asked)[0]["requests"][0], 2);
    // Who asked takes it back, and asks again.
    ok(&site, &["request", "refuse", "2", "--note", "too early"]);
    assert_eq!(ok(&site, &asked)[0]["requests"][0], 3);
    ok(
        &site,
        &["request", "approve", "3", "--note", "seen", "--token-file", &second],
    );
    assert_eq!(ok(&site, &["request", "run", "3"])[0]["released"], 1);
    let states: Vec<Value> = ok(&site, &["request", "list"])
        .into_iter()
        .map(|one| one["state"].clone())
        .collect();
    assert_eq!(states, ["ran", "refused", "ran"]);
    assert_eq!(daemon.terminate(), Some(0));

    // Without a daemon it is the same, and who asked cannot approve.
    let (code, told, error) = said(&site, &["audit", "verify"]);
    assert_eq!(code, Some(0), "{told} {error}");
    ok(&site, &hold);
    assert_eq!(said(&site, &["hold", "release", "2", "--note", "closed"]).0, Some(2));
    ok(
        &site,
        &[
            "request",
            "hold-release",
            "2",
            "--note",
            "closed",
            "--reason",
            "letter of June",
        ],
    );
    let (code, _, error) = said(&site, &["request", "approve", "4", "--note", "mine"]);
    assert_eq!(code, Some(2));
    assert!(error.contains("cannot approve it"), "{error}");
}

#[test]
fn what_waits_does_not_go_before_its_time() {
    let (site, daemon) = site_with(BY, TEXT, "[requests.bank]\nwaiting_days = 7\n");
    let asked = ok(
        &site,
        &[
            "request",
            "disposal",
            "--tenant",
            "bank",
            "--reason",
            "their year is over",
        ],
    );
    assert_eq!(asked[0]["messages"], 3);
    let (code, _, error) = said(&site, &["request", "run", "1"]);
    assert_eq!(code, Some(2));
    assert!(error.contains("request 1 waits until "), "{error}");
    assert_eq!(ok(&site, &["retention", "dispose", "--yes"])[0]["disposed"], 0);
    let (code, _, error) = said(&site, &["request", "disposal", "--tenant", "shop", "--reason", "x"]);
    assert_eq!(code, Some(2));
    assert!(error.contains("asks for no request"), "{error}");
    assert_eq!(daemon.terminate(), Some(0));
}
