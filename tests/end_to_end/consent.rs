//! Consent and the lawful basis: how the parties stood when a message was sent decides whether policies see it.

use super::facts::{DIRECTORY, findings, said, sent, shown, site};
use super::support::{Serve, Site, json_lines};
use proviso_archive::Archive;
use serde_json::{Value, json};

/// A set that judges everything.
const OPEN_SET: &str = "language = \"zh\"\ntime_zone = \"Asia/Shanghai\"\n\n[[apply]]\npack = \"promises\"\n";

/// What an employee writes to a contact.
fn to_contact(id: &str, contact: &str, at: &str) -> Value {
    let mut message = sent(id, at);
    message["from"] = json!({"id": "li.na", "class": "employee"});
    message["to"] = json!([{"id": contact, "class": "external"}]);
    message["conversation"] = contact.into();
    message
}

fn basis_of(site: &Site, id: &str) -> (String, Vec<String>) {
    let basis = shown(site, id)["basis"].clone();
    let grounds = basis["grounds"].as_array().unwrap().iter();
    let told = grounds.map(|ground| {
        let part = |key: &str| ground[key].as_str().unwrap();
        format!("{} {} {} {}", part("of"), part("basis"), part("article"), part("state"))
    });
    (basis["permits"].as_str().unwrap().to_owned(), told.collect())
}

const BASES: &str = "
[lawful_basis.bank]
basis = \"consent\"
unknown = \"metadata\"
disagreed = \"sealed\"
withdrawn = \"metadata\"

[lawful_basis.bank.employees]
basis = \"human-resources\"
law = \"PIPL\"
article = \"13(1)(2)\"
unknown = \"sealed\"
";

const CONSENTS: &str = "\
租户,账号,工号,状态,时间,来源,版本
bank,,1001,同意,2026-01-05,内网,告知书 v3
bank,chat:wo_1,,同意,2026-03-01T09:00:00+08:00,企业微信,v1
bank,chat:wo_1,,撤回,2026-05-01,来函,
bank,chat:wo_2,,不同意,2026-01-05,来函,
";

fn with_bases(site: &Site) {
    let config = std::fs::read_to_string(site.text("proviso.toml")).unwrap();
    site.write("proviso.toml", &format!("{config}{BASES}"));
    site.write("set.toml", OPEN_SET);
    site.write("员工.csv", DIRECTORY);
    site.write("同意.csv", CONSENTS);
    let (code, _, error) = said(site, &["directory", "import", &site.text("员工.csv")]);
    assert_eq!(code, Some(0), "{error}");
}

#[test]
fn how_the_parties_stood_when_a_message_was_sent_decides_whether_it_is_judged() {
    let site = site();
    with_bases(&site);
    let daemon = Serve::start(&site);
    let hand_in = |message: &Value| {
        let (status, answer) = daemon.post("/v1/messages", &message.to_string());
        assert_eq!((status, &answer["accepted"]), (200, &json!(1)), "{answer}");
    };
    // Nobody is known yet.
    hand_in(&to_contact("early", "wo_1", "2026-04-01T09:00:00+08:00"));
    let (code, out, error) = said(&site, &["consent", "import", &site.text("同意.csv")]);
    assert_eq!((code, out.trim()), (Some(0), "added: 4; known already: 0"), "{error}");
    // Who is written to, when; then what is permitted, by how both stood, and how many findings there are.
    let employees = |state: &str| format!("employees human-resources 13(1)(2) {state}");
    let contacts = |state: &str| format!("contacts consent 13(1)(1) {state}");
    let table = [
        (
            "agreed",
            "wo_1",
            "2026-04-01T09:00:00+08:00",
            "judge",
            "agree",
            "agree",
            1,
        ),
        (
            "before",
            "wo_1",
            "2026-03-01T08:59:59+08:00",
            "metadata",
            "unknown",
            "agree",
            0,
        ),
        (
            "first",
            "wo_1",
            "2026-03-01T09:00:00+08:00",
            "judge",
            "agree",
            "agree",
            1,
        ),
        (
            "last",
            "wo_1",
            "2026-04-30T23:59:59+08:00",
            "judge",
            "agree",
            "agree",
            1,
        ),
        (
            "gone",
            "wo_1",
            "2026-05-01T00:00:00+08:00",
            "metadata",
            "withdraw",
            "agree",
            0,
        ),
        (
            "refused",
            "wo_2",
            "2026-04-01T09:00:00+08:00",
            "sealed",
            "disagree",
            "agree",
            0,
        ),
        (
            "untold",
            "wo_1",
            "2026-01-04T09:00:00+08:00",
            "metadata",
            "unknown",
            "unknown",
            0,
        ),
    ];
    for (id, contact, at, permits, contact_is, employee_is, expected) in table {
        hand_in(&to_contact(id, contact, at));
        let grounds = vec![contacts(contact_is), employees(employee_is)];
        assert_eq!(basis_of(&site, id), (permits.to_owned(), grounds), "{id}");
        assert_eq!(findings(&site, id), expected, "{id}");
        // Each call costs fuel: without any, no pack was called.
        let fuel = shown(&site, id)["fuel"].as_u64().unwrap();
        assert_eq!(fuel > 0, permits == "judge", "{id}: {fuel}");
        let text = shown(&site, id)["message"]["text"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        assert_eq!(text.is_empty(), permits == "metadata", "{id}: {text}");
    }
    // What was judged, or not, before the file came stays as it was; the same message again is known.
    assert_eq!(basis_of(&site, "early").0, "metadata");
    let again = to_contact("gone", "wo_1", "2026-05-01T00:00:00+08:00").to_string();
    assert_eq!(daemon.post("/v1/messages", &again).1["duplicates"], json!(1));
    let (code, out, error) = said(&site, &["replay", "--sample", "20", "--format", "json"]);
    assert_eq!((code, json_lines(&out).len()), (Some(0), 8), "{out}{error}");

    // The same by HTTP; every line is known.
    let (status, report) = daemon.post("/v1/consents", CONSENTS);
    assert_eq!((status, &report), (200, &json!({"added": 0, "known": 4})));
    let bad = CONSENTS.replace("不同意", "也许");
    let (status, answer) = daemon.post("/v1/consents", &bad);
    assert_eq!((status, &answer["error"]["code"]), (422, &json!("bad-facts")));
    let told = answer["error"]["message"].as_str().unwrap();
    assert!(
        told.contains("request:5: `state` is \"也许\": expected agreed (同意)"),
        "{told}"
    );

    let by_the_daemon = said(&site, &["consent", "show", "chat:wo_1", "--format", "json"]);
    assert_eq!(json_lines(&by_the_daemon.1).len(), 2, "{by_the_daemon:?}");
    assert_eq!(daemon.terminate(), Some(0));
    assert_eq!(
        said(&site, &["consent", "show", "chat:wo_1", "--format", "json"]),
        by_the_daemon
    );
    let (_, out, _) = said(
        &site,
        &["consent", "show", "wo_1", "--at", "2026-04-01", "--format", "json"],
    );
    let lines = json_lines(&out);
    assert_eq!(
        (lines.len(), &lines[0]["state"], &lines[0]["version"]),
        (1, &json!("agreed"), &json!("v1"))
    );
    let (code, _, error) = said(&site, &["consent", "show", "nobody"]);
    assert!(
        code == Some(2) && error.contains("nothing is known of \"nobody\""),
        "{error}"
    );
    // A backtest of the archive sees no more than policies did.
    let (code, out, error) = said(
        &site,
        &[
            "backtest",
            "--set",
            &site.text("set.toml"),
            "--candidate",
            &site.text("set.toml"),
            "--format",
            "json",
        ],
    );
    assert_eq!(code, Some(0), "{out}{error}");
    let (code, out, error) = said(&site, &["replay", "--sample", "20", "--format", "json"]);
    assert_eq!((code, json_lines(&out).len()), (Some(0), 8), "{out}{error}");
}

#[test]
fn a_message_under_the_identifier_of_another_is_kept_as_its_own_basis_permits() {
    let site = site();
    with_bases(&site);
    let (code, _, error) = said(&site, &["consent", "import", &site.text("同意.csv")]);
    assert_eq!(code, Some(0), "{error}");
    let daemon = Serve::start(&site);
    let at = "2026-04-01T09:00:00+08:00";
    let first = daemon.post("/v1/messages", &to_contact("m", "wo_1", at).to_string());
    assert_eq!(first.1["accepted"], json!(1), "{first:?}");
    // To one of whom nothing is known, to one who refused, and to the one who agreed.
    for (contact, text) in [("wo_9", "nine"), ("wo_2", "two"), ("wo_1", "one")] {
        let mut other = to_contact("m", contact, at);
        other["text"] = text.into();
        let (_, answer) = daemon.post("/v1/messages", &other.to_string());
        assert_eq!(answer["conflicts"], json!(["m"]), "{answer}");
    }
    assert_eq!(daemon.terminate(), Some(0));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let conflicts = runtime.block_on(async {
        let archive = Archive::open_readonly(site.text("data/archive.db")).await.unwrap();
        let id = archive.find("m").await.unwrap().remove(0).id;
        archive.conflicts(&id, 9).await.unwrap()
    });
    let kept: Vec<(bool, bool)> = conflicts
        .iter()
        .zip(["nine", "two", "one"])
        .map(|(conflict, text)| (conflict.refused_raw.is_empty(), conflict.refused_raw.contains(text)))
        .collect();
    assert_eq!(kept, [(true, false), (false, true), (false, true)]);
    let (code, out, error) = said(&site, &["audit", "verify"]);
    assert_eq!(code, Some(0), "{out}{error}");
}

#[test]
fn a_day_has_no_zone_where_the_policy_set_cannot_be_read() {
    let site = site();
    with_bases(&site);
    let import = || said(&site, &["consent", "import", &site.text("同意.csv")]);
    site.write("set.toml", "language = \"zh\"\ntime_zone = \"Mars/Olympus\"\n");
    let (code, _, error) = import();
    assert!(code == Some(1) && error.contains("set.toml:2:13: "), "{code:?} {error}");
    std::fs::remove_file(site.text("set.toml")).unwrap();
    let (code, _, error) = import();
    assert!(
        code == Some(1) && error.contains("set.toml: cannot read the policy set"),
        "{code:?} {error}"
    );
    site.write("set.toml", OPEN_SET);
    assert_eq!(import().0, Some(0));
}

#[test]
fn the_order_in_which_statements_come_changes_nothing() {
    let rows: Vec<&str> = CONSENTS.lines().skip(1).collect();
    let judged = |order: &[usize]| {
        let site = site();
        with_bases(&site);
        for row in order {
            site.write(
                "one.csv",
                &format!("{}\n{}\n", CONSENTS.lines().next().unwrap(), rows[*row]),
            );
            let (code, _, error) = said(&site, &["consent", "import", &site.text("one.csv")]);
            assert_eq!(code, Some(0), "{error}");
        }
        let daemon = Serve::start(&site);
        let mut told = Vec::new();
        for (id, at) in [("a", "2026-02-01"), ("b", "2026-04-01"), ("c", "2026-06-01")] {
            let message = to_contact(id, "wo_1", &format!("{at}T09:00:00+08:00"));
            assert_eq!(daemon.post("/v1/messages", &message.to_string()).0, 200);
            told.push((basis_of(&site, id), findings(&site, id)));
        }
        told
    };
    let in_order = judged(&[0, 1, 2, 3]);
    let counts: Vec<usize> = in_order.iter().map(|(_, findings)| *findings).collect();
    assert_eq!(counts, [0, 1, 0]);
    assert_eq!(judged(&[3, 2, 1, 0]), in_order);
    assert_eq!(judged(&[2, 0, 3, 1]), in_order);
}
