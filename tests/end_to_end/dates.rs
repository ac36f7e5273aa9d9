//! `proviso retention backtest`: which dates another law would move, before it goes live.

use super::disposal::{BY, TEXT, ok, said};
use super::support::{Serve, Site, message};
use serde_json::{Value, json};
use std::time::{SystemTime, UNIX_EPOCH};

const RULES: &str = r#"
[policy.settings.rules.orders]
law = "Order Act"
article = "3"
jurisdiction = "CN"
purpose = "records"
clock = "CLOCK"
floor = "FLOOR"
counting = "cn-civil-code"
verified = VERIFIED
BY
source = { title = "Order Act", url = "https://example.org/3"TEXT }
"#;

/// The year by UTC, or the one before on its first day: the dates below are years and half a year away from today.
fn year() -> u64 {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    1970 + seconds / 31_556_952
}

/// A pack and a set of that name with one rule.
fn set(site: &Site, name: &str, clock: &str, floor: &str, verified: &str) {
    let rules = RULES.replace("CLOCK", clock).replace("FLOOR", floor);
    let rules = rules.replace("BY", if verified == "true" { BY } else { "" });
    let rules = rules.replace("VERIFIED", verified).replace("TEXT", TEXT);
    site.retention_pack(name, &rules);
    applying(site, name, &[name]);
}

fn applying(site: &Site, set: &str, packs: &[&str]) {
    let mut text = "time_zone = \"Asia/Shanghai\"\n".to_owned();
    for pack in packs {
        text.extend(["[[apply]]\npack = \"", pack, "\"\n"]);
    }
    site.write(&format!("{set}.toml"), &text);
}

/// What the command says of a candidate, as JSON, and its exit code.
fn dates(site: &Site, candidate: &str, more: &[&str]) -> (Option<i32>, Value) {
    let candidate = site.text(&format!("{candidate}.toml"));
    let (code, told, error) = said(
        site,
        &[&["retention", "backtest", "--candidate", &candidate], more].concat(),
    );
    (code, serde_json::from_str(&told).unwrap_or(Value::String(error)))
}

/// Shorter, with an end, longer, without an end, in conflict, unverified, the same.
fn moved(report: &Value) -> [u64; 7] {
    let kinds = [
        "shorter",
        "with-end",
        "longer",
        "without-end",
        "in-conflict",
        "unverified",
        "same",
    ];
    kinds.map(|kind| report["moved"][kind].as_u64().unwrap_or_else(|| panic!("{report}")))
}

/// Five years by the message's time: messages of four years ago and of this year, and one that was disposed of.
fn site() -> (Site, Serve) {
    let site = Site::new();
    set(&site, "set", "message", "P5Y", "true");
    set(&site, "six", "message", "P6Y", "true");
    set(&site, "three", "message", "P3Y", "true");
    set(&site, "contract", "contract-end", "P5Y", "true");
    set(&site, "unverified", "message", "P5Y", "false");
    let daemon = Serve::start(&site);
    for (id, before) in [("gone", 9), ("old", 4), ("new", 0)] {
        let mut line = message(id, "words");
        line["sent_at"] = format!("{}-06-15T08:00:00Z", year() - before).into();
        let (status, answer) = daemon.post("/v1/messages", &line.to_string());
        assert_eq!(status, 200, "{answer}");
    }
    assert_eq!(ok(&site, &["retention", "dispose", "--yes"])[0]["disposed"], 1);
    (site, daemon)
}

#[test]
fn a_law_that_changes_shows_which_dates_it_moves_before_it_goes_live() {
    let (site, daemon) = site();
    let by_the_daemon = ["six", "three", "contract", "unverified", "set"].map(|candidate| dates(&site, candidate, &[]));
    let [(code, six), three, contract, unverified, same] = &by_the_daemon;
    assert_eq!((*code, moved(six)), (Some(0), [0, 0, 2, 0, 0, 0, 0]), "{six}");
    assert_eq!((&six["due_at_once"], &six["messages"]), (&json!(0), &json!(2)));
    let row = &six["rows"][0];
    assert_eq!(
        (&row["before"]["rules"], &row["messages"]),
        (&json!(["orders"]), &json!(2))
    );
    assert!([365, 366].contains(&row["days"]["most"].as_i64().unwrap()), "{row}");

    // Of two that end earlier, one is due at once: it would have been over last year.
    let (code, three) = three;
    assert_eq!((*code, moved(three)), (Some(0), [2, 0, 0, 0, 0, 0, 0]), "{three}");
    assert_eq!((&three["due_at_once"], &three["due_before"]), (&json!(1), &json!(0)));
    let row = &three["rows"][0];
    assert_eq!(row["first_until"], format!("{}-06-15", year() - 1));
    let sample = json!({
        "message": "bank/chat/old", "before": format!("{}-06-15", year() + 1),
        "after": format!("{}-06-15", year() - 1), "due_at_once": true,
    });
    assert_eq!(row["samples"][0], sample);
    assert_eq!(dates(&site, "three", &["--fail-if-earlier"]).0, Some(1));
    assert_eq!(dates(&site, "six", &["--fail-if-earlier"]).0, Some(0));

    // A clock that nobody knows keeps, and so does a rule that nobody verified any more.
    assert_eq!((contract.0, moved(&contract.1)), (Some(0), [0, 0, 0, 2, 0, 0, 0]));
    assert_eq!(contract.1["rows"][0]["after"]["why"], "unknown-clock");
    assert_eq!((unverified.0, moved(&unverified.1)), (Some(0), [0, 0, 0, 0, 0, 2, 0]));
    assert_eq!(dates(&site, "unverified", &["--fail-if-earlier"]).0, Some(0));
    assert_eq!((same.0, moved(&same.1)), (Some(0), [0, 0, 0, 0, 0, 0, 2]));
    assert_eq!(same.1["rows"], json!([]));

    // Two verified packs that state one provision otherwise.
    applying(&site, "both", &["set", "six"]);
    let (_, both) = dates(&site, "both", &[]);
    assert_eq!(moved(&both), [0, 0, 0, 0, 2, 0, 0], "{both}");

    assert_eq!(daemon.terminate(), Some(0));
    // The file says what the daemon said, and nothing is written.
    let before = site.stats();
    for (candidate, told) in ["six", "three", "contract", "unverified", "set"]
        .iter()
        .zip(&by_the_daemon)
    {
        assert_eq!(&dates(&site, candidate, &[]), told, "{candidate}");
    }
    assert_eq!(site.stats(), before);

    // Once the end is known, the clock runs from it: later than before for the old message, earlier for the new.
    let ends = format!(
        "tenant,what,customer,conversation,reference,ended\nbank,contract,chat:customer-1,,C-1,{}-06-30\n",
        year() - 3
    );
    site.write("ends.csv", &ends);
    let (code, _, error) = said(&site, &["facts", "import", &site.text("ends.csv")]);
    assert_eq!(code, Some(0), "{error}");
    let (_, contract) = dates(&site, "contract", &[]);
    assert_eq!(moved(&contract), [1, 0, 1, 0, 0, 0, 0], "{contract}");
}

#[test]
fn a_set_is_compared_with_what_is_recorded_or_with_another_set_in_a_period() {
    let (site, daemon) = site();
    let live = site.text("six.toml");
    let (code, report) = dates(&site, "three", &["--set", &live]);
    assert_eq!((code, moved(&report)), (Some(0), [2, 0, 0, 0, 0, 0, 0]));
    assert_eq!(report["baseline"]["set"], live);
    let least = report["rows"][0]["days"]["least"].as_i64().unwrap();
    assert!((-1_097..=-1_095).contains(&least), "three years: {report}");
    let since = format!("{}-01-01", year());
    let (_, report) = dates(&site, "three", &["--since", &since]);
    assert_eq!((&report["messages"], &report["due_at_once"]), (&json!(1), &json!(0)));
    let (_, report) = dates(&site, "three", &["--until", &since, "--samples", "0"]);
    assert_eq!((&report["messages"], &report["due_at_once"]), (&json!(1), &json!(1)));
    assert_eq!(report["rows"][0]["samples"], json!([]));

    let config = site.text("proviso.toml");
    let candidate = site.text("three.toml");
    let fixed = ["retention", "backtest", "--config", &config, "--candidate", &candidate];
    let output = super::support::run(&fixed);
    let told = super::support::stdout(&output);
    for words in [
        "kept shorter",
        "bank/chat/old",
        "DUE AT ONCE: 1 MESSAGES. Their last day by the candidate is past.",
        "compared with what is recorded of each: 2 would go earlier",
    ] {
        assert!(told.contains(words), "{words}\n{told}");
    }
    for (more, exit, words) in [
        (["--since", "last year"], 2, "--since is \"last year\""),
        (["--set", "nowhere.toml"], 1, "nowhere.toml"),
        (["--workers", "many"], 2, "many"),
    ] {
        let output = super::support::run(&[&fixed[..], &more].concat());
        let error = super::support::stderr(&output);
        assert_eq!(output.status.code(), Some(exit), "{error}");
        assert!(error.contains(words), "{error}");
    }
    assert_eq!(daemon.terminate(), Some(0));
}
