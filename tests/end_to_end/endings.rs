//! Ends that start retention clocks: known before a message comes, or long after.

use super::facts::{said, shown};
use super::support::{Serve, Site, json_lines, message};
use serde_json::{Value, json};

const RULES: &str = r#"
[policy.settings.rules.contract]
law = "Measures on Sales"
article = "30"
jurisdiction = "CN"
purpose = "records"
clock = "contract-end"
floor = "P3Y"
counting = "cn-civil-code"
verified = true
verified_by = "An Office"
verified_on = "2026-11-02"
source = { title = "Measures", url = "https://example.org/30" }
"#;

fn site() -> Site {
    let site = Site::new();
    site.retention_pack("kept", RULES);
    let set = "language = \"en\"\ntime_zone = \"Asia/Shanghai\"\n[[apply]]\npack = \"kept\"\n";
    site.write("set.toml", set);
    site
}

fn to(id: &str, customer: &str, conversation: &str) -> Value {
    let mut message = message(id, "hello");
    message["from"] = json!({"id": "li.na", "class": "employee"});
    message["to"] = json!([{"id": customer, "class": "external"}]);
    message["conversation"] = conversation.into();
    message
}

fn kept(site: &Site, id: &str) -> (String, Value) {
    let retention = shown(site, id)["retention"].clone();
    (
        retention["why"].as_str().unwrap().to_owned(),
        retention["until"].clone(),
    )
}

fn import(site: &Site, lines: &str) -> (Option<i32>, String, String) {
    site.write(
        "ends.csv",
        &format!("tenant,what,customer,conversation,reference,ended\n{lines}"),
    );
    said(site, &["facts", "import", &site.text("ends.csv")])
}

/// What `archive show --why` says otherwise than what is recorded; nothing, if all is well.
fn differs(site: &Site, id: &str) -> Value {
    let (code, out, error) = said(site, &["archive", "show", id, "--why", "--format", "json"]);
    assert_eq!(code, Some(0), "{error}");
    let shown: Value = serde_json::from_str(&out).unwrap();
    shown["why"]["differs"].clone()
}

#[test]
fn a_late_end_starts_the_clock_of_every_message_that_it_concerns() {
    let site = site();
    let daemon = Serve::start(&site);
    let hand_in = |message: &Value| assert_eq!(daemon.post("/v1/messages", &message.to_string()).0, 200);
    hand_in(&to("a1", "wo_1", "g1"));
    hand_in(&to("a2", "wo_1", "g2"));
    hand_in(&to("b1", "wo_2", "g3"));
    let unknown = ("unknown-clock".to_owned(), Value::Null);
    let until = |day: &str| ("longest-floor".to_owned(), json!(day));
    let all = |site: &Site| ["a1", "a2", "b1"].map(|id| kept(site, id));
    assert_eq!(all(&site), [unknown.clone(), unknown.clone(), unknown.clone()]);

    let (code, out, error) = import(&site, "bank,contract,chat:wo_1,,C-1,2026-06-30\n");
    assert_eq!(code, Some(0), "{error}");
    assert_eq!(
        out.trim(),
        "added: 1; known already: 0; messages whose retention was decided anew: 2"
    );
    assert_eq!(all(&site), [until("2029-06-30"), until("2029-06-30"), unknown.clone()]);
    // What comes now knows it from the first.
    hand_in(&to("a3", "wo_1", "g1"));
    assert_eq!(kept(&site, "a3"), until("2029-06-30"));
    // The same again changes nothing.
    let (_, out, _) = import(&site, "bank,contract,chat:wo_1,,C-1,2026-06-30\n");
    assert!(
        out.trim() == "added: 0; known already: 1; messages whose retention was decided anew: 0",
        "{out}"
    );
    // A second contract is open: the clock stands still. Then it ends, later than the first.
    let (_, out, _) = import(&site, "bank,contract,chat:wo_1,,C-2,\n");
    assert!(out.ends_with("decided anew: 3\n"), "{out}");
    assert_eq!(kept(&site, "a1"), unknown);
    import(
        &site,
        "bank,product,chat:wo_1,,P-1,2026-12-31\nbank,contract,chat:wo_1,,C-2,2025-01-31\n",
    );
    assert_eq!(kept(&site, "a1"), until("2029-12-31"));
    // What is said of a conversation decides there.
    let (status, report) = daemon.post(
        "/v1/endings",
        "tenant,what,conversation,reference,ended\nbank,contract,chat:g2,,2024-02-29\n",
    );
    assert_eq!((status, &report), (200, &json!({"added": 1, "known": 0, "decided": 1})));
    assert_eq!(kept(&site, "a2"), until("2027-02-28"));
    for id in ["a1", "a2", "a3", "b1"] {
        assert_eq!(differs(&site, id), Value::Null, "{id}");
    }
    let show = ["facts", "show", "chat:wo_1", "--format", "json"];
    let by_the_daemon = said(&site, &show);
    assert_eq!(json_lines(&by_the_daemon.1).len(), 4, "{by_the_daemon:?}");
    assert_eq!(daemon.terminate(), Some(0));

    // Where no daemon runs, the command decides itself.
    assert_eq!(said(&site, &show), by_the_daemon);
    let (code, out, error) = import(&site, "bank,contract,chat:wo_2,,,2020-01-31\n");
    assert_eq!(
        (code, out.ends_with("decided anew: 1\n")),
        (Some(0), true),
        "{out}{error}"
    );
    assert_eq!(kept(&site, "b1"), until("2023-01-31"));
    let (code, out, error) = said(&site, &["replay", "--sample", "9", "--format", "json"]);
    assert_eq!((code, json_lines(&out).len()), (Some(0), 4), "{out}{error}");

    // A bad line, and nothing is imported.
    let (code, _, error) = import(
        &site,
        "bank,contract,chat:wo_2,,,2021-01-31\nbank,loan,chat:wo_2,,,2021-01-31\n",
    );
    assert_eq!(code, Some(1));
    assert!(error.contains("ends.csv:3: `what` is \"loan\""), "{error}");
    assert_eq!(kept(&site, "b1"), until("2023-01-31"));
    let (code, _, error) = said(&site, &["facts", "show", "chat:wo_9"]);
    assert!(
        code == Some(2) && error.contains("nothing was handed in of \"chat:wo_9\""),
        "{error}"
    );
    // Without what the generation stated of its rules nobody can decide, and nothing is imported.
    std::fs::remove_dir_all(site.path("data/packs")).unwrap();
    let (code, _, error) = import(&site, "bank,contract,chat:wo_2,,,2022-01-31\n");
    assert_ne!(code, Some(0));
    assert!(error.contains("nothing was imported: what generation "), "{error}");
    assert!(error.contains(" is not at hand: "), "{error}");
    assert_eq!(kept(&site, "b1"), until("2023-01-31"));
}
