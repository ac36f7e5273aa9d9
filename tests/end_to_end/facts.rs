//! Facts that people hand in: who works where decides what judges a message, at the time of the message.

use super::support::{Serve, Site, json_lines, message, run, stderr, stdout};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// What a command printed, and how it ended.
pub(crate) fn said(site: &Site, arguments: &[&str]) -> (Option<i32>, String, String) {
    let config = site.text("proviso.toml");
    let output = run(&[arguments, &["--config", &config]].concat());
    (output.status.code(), stdout(&output), stderr(&output))
}

/// A set that judges the messages of one department alone.
const SET: &str = "\
language = \"zh\"
time_zone = \"Asia/Shanghai\"

[[apply]]
pack = \"promises\"
scope = { departments = [\"财富管理部\"] }
";

pub(crate) const DIRECTORY: &str = "\
租户,工号,账号,部门,岗位类别,上级,生效日期,失效日期
bank,1001,chat:li.na,财富管理部,敏感,1002,2026-01-01,2026-07-01
bank,1001,chat:li.na,风险管理部,普通,1002,2026/7/1,
bank,1002,chat:wang.fang mail:wang@bank.cn,风险管理部,普通,,,
";

pub(crate) fn site() -> Site {
    let site = Site::new();
    site.write("set.toml", SET);
    site
}

pub(crate) fn sent(id: &str, at: &str) -> Value {
    let mut message = message(id, "这款产品保本");
    message["sent_at"] = at.into();
    message
}

pub(crate) fn shown(site: &Site, id: &str) -> Value {
    let (code, out, error) = said(site, &["archive", "show", id, "--format", "json"]);
    assert_eq!(code, Some(0), "{error}");
    serde_json::from_str(&out).unwrap()
}

pub(crate) fn findings(site: &Site, id: &str) -> usize {
    shown(site, id)["verdict"]["findings"].as_array().unwrap().len()
}

#[test]
fn a_message_is_judged_by_where_its_sender_worked_when_it_was_sent() {
    let site = site();
    site.write("员工.csv", DIRECTORY);
    let file = site.text("员工.csv");
    let daemon = Serve::start(&site);
    let hand_in = |id: &str, at: &str| {
        let (status, answer) = daemon.post("/v1/messages", &sent(id, at).to_string());
        assert_eq!(status, 200, "{answer}");
    };
    // Nobody knows yet where li.na works.
    hand_in("before", "2026-06-30T23:59:59+08:00");
    let (code, out, error) = said(&site, &["directory", "import", &file]);
    assert_eq!(code, Some(0), "{error}");
    assert!(
        out.starts_with("version 1 of the directory: 3 rows, 3 of them new"),
        "{out}"
    );
    hand_in("june", "2026-06-30T23:59:59+08:00");
    hand_in("july", "2026-07-01T00:00:00+08:00");
    hand_in("long-ago", "2025-12-31T23:59:59+08:00");
    // The next version says that it was otherwise; what was judged by the first one stays.
    let corrected = DIRECTORY
        .replace("2026-07-01", "2026-08-01")
        .replace("2026/7/1", "2026/8/1");
    let (status, report) = daemon.post("/v1/directory", &corrected);
    assert_eq!(
        (status, &report["version"], &report["new"]),
        (200, &json!(2), &json!(true)),
        "{report}"
    );
    hand_in("july-again", "2026-07-01T00:00:00+08:00");

    let check = || {
        let told: Vec<_> = ["before", "june", "july", "long-ago", "july-again"]
            .map(|id| (findings(&site, id), shown(&site, id)["directory"].clone()))
            .into();
        let expected = [
            (0, Value::Null),
            (1, json!(1)),
            (0, json!(1)),
            (0, json!(1)),
            (1, json!(2)),
        ];
        assert_eq!(told, expected);
        let (code, out, error) = said(&site, &["replay", "--sample", "10", "--format", "json"]);
        assert_eq!(code, Some(0), "{out}{error}");
        assert_eq!(json_lines(&out).len(), 5);
    };
    check();
    let by_the_daemon = said(&site, &["directory", "show", "--versions"]);
    let (_, log, _) = said(&site, &["audit", "show", "--format", "json"]);
    for act in ["directory", "directory-versions"] {
        assert!(log.contains(&format!("\"what\":\"{act}\"")), "{act} in {log}");
    }
    let who = said(&site, &["directory", "show", "1001", "--format", "json"]);
    assert_eq!(daemon.terminate(), Some(0));
    // The same where no daemon runs, and after a restart.
    check();
    assert_eq!(said(&site, &["directory", "show", "--versions"]), by_the_daemon);
    assert_eq!(said(&site, &["directory", "show", "1001", "--format", "json"]), who);
    let rows = json_lines(&who.1);
    assert_eq!(rows.len(), 2);
    assert_eq!(
        rows[0],
        json!({
            "tenant": "bank", "person": "1001", "from": "2026-01-01", "to": "2026-08-01", "accounts": ["chat:li.na"],
            "department": "财富管理部", "post": "sensitive", "manager": "1002", "version": 2,
        })
    );
    let daemon = Serve::start(&site);
    let line = sent("restarted", "2026-07-01T00:00:00+08:00").to_string();
    assert_eq!(daemon.post("/v1/messages", &line).0, 200);
    assert_eq!(
        (
            findings(&site, "restarted"),
            shown(&site, "restarted")["directory"].clone()
        ),
        (1, json!(2))
    );
}

#[test]
fn the_sets_own_departments_come_before_the_directory_and_the_source_comes_last() {
    let site = site();
    site.write("员工.csv", DIRECTORY);
    let (code, _, error) = said(&site, &["directory", "import", &site.text("员工.csv")]);
    assert_eq!(code, Some(0), "{error}");
    site.write(
        "set.toml",
        &SET.replace(
            "[[apply]]",
            "[departments]\n\"财富管理部\" = [\"wang.fang\"]\n\n[[apply]]",
        ),
    );
    let daemon = Serve::start(&site);
    // Who wrote, what the source says; then the findings.
    let table = [
        // The directory says another department than the source.
        ("li.na", "财富管理部", 0),
        // The set says another than the directory.
        ("wang.fang", "", 1),
        // The directory knows nobody of that name.
        ("zhao.min", "财富管理部", 1),
        ("zhao.min", "风险管理部", 0),
    ];
    for (number, (sender, department, expected)) in table.into_iter().enumerate() {
        let id = format!("m{number}");
        let mut line = sent(&id, "2026-09-01T09:00:00+08:00");
        line["from"] = json!({"id": sender, "class": "employee", "department": department});
        assert_eq!(daemon.post("/v1/messages", &line.to_string()).0, 200);
        assert_eq!(findings(&site, &id), expected, "{sender} {department}");
    }
}

#[test]
fn many_lines_of_one_person_are_read_in_their_number_and_not_its_square() {
    let site = site();
    let days = |number: u32| (2000 + number / 336, number / 28 % 12 + 1, number % 28 + 1);
    let lines: Vec<String> = (0..100_000)
        .map(|number| {
            let (year, month, day) = days(number);
            let (next_year, next_month, next_day) = days(number + 1);
            format!(
                "bank,1,chat:li.na,d,ordinary,{year}-{month:02}-{day:02},{next_year}-{next_month:02}-{next_day:02}\n"
            )
        })
        .collect();
    site.write(
        "long.csv",
        &format!("tenant,person,accounts,department,post,from,to\n{}", lines.concat()),
    );
    let begun = Instant::now();
    let (code, _, error) = said(&site, &["directory", "import", &site.text("long.csv")]);
    assert_eq!(code, Some(0), "{error}");
    // Each with each would be five thousand million comparisons, twice: minutes.
    let took = begun.elapsed();
    assert!(took < Duration::from_mins(1), "{took:?}");
}

#[test]
fn what_is_no_file_is_the_users_to_mend() {
    let site = site();
    std::fs::create_dir(site.path("folder")).unwrap();
    site.write("large.csv", &" ".repeat((16 << 20) + 2));
    for (file, told) in [
        ("folder", "folder: cannot read the file: a folder, not a file"),
        ("nowhere", "nowhere: cannot read the file: No such file"),
        ("large.csv", "large.csv: cannot read the file: more than 16777216 bytes"),
    ] {
        for command in ["directory", "consent", "facts"] {
            let (code, _, error) = said(&site, &[command, "import", &site.text(file)]);
            assert!(code == Some(1) && error.contains(told), "{command} {code:?} {error}");
        }
    }
}

#[test]
fn a_file_with_a_bad_line_changes_nothing_and_every_bad_line_is_told() {
    let site = site();
    let bad =
        "tenant,person,accounts,department,post\nbank,1,li.na,风险管理部,ordinary\nbank,2,chat:x,风险管理部,敏感性\n";
    site.write("bad.csv", bad);
    site.write("员工.csv", DIRECTORY);
    let file = site.text("bad.csv");
    let expected = format!(
        "{file}:2: `accounts` has \"li.na\": expected channel:identifier, as in wecom:zhang.wei\n\
         {file}:3: `post` is \"敏感性\": expected ordinary (普通) or sensitive (敏感)\n"
    );
    assert_eq!(
        said(&site, &["directory", "import", &file]),
        (Some(1), String::new(), expected.clone())
    );
    let (code, _, error) = said(&site, &["directory", "import", &site.text("员工.csv")]);
    assert_eq!(code, Some(0), "{error}");
    let (code, out, _) = said(&site, &["directory", "import", &site.text("员工.csv")]);
    assert_eq!(code, Some(0));
    assert!(
        out.starts_with("the file says what version 1 of the directory says"),
        "{out}"
    );

    let daemon = Serve::start(&site);
    assert_eq!(
        said(&site, &["directory", "import", &file]),
        (Some(1), String::new(), expected)
    );
    let (status, answer) = daemon.post("/v1/directory", bad);
    assert_eq!((status, &answer["error"]["code"]), (422, &json!("bad-facts")));
    let told = answer["error"]["message"].as_str().unwrap();
    assert!(
        told.contains("request:3: `post` is \"敏感性\"") && told.ends_with("nothing was imported"),
        "{told}"
    );
    let (_, versions, _) = said(&site, &["directory", "show", "--versions", "--format", "json"]);
    assert_eq!(json_lines(&versions).len(), 1);

    for (arguments, told) in [
        (["directory", "show", "9999"].as_slice(), "knows nobody of \"9999\""),
        (&["directory", "show", "--version", "7"], "has no version 7"),
        (&["directory", "show", "--at", "gestern"], "--at is \"gestern\""),
    ] {
        let (code, out, error) = said(&site, arguments);
        assert_eq!((code, out.as_str()), (Some(2), ""), "{error}");
        assert!(error.contains(told), "{error}");
    }
    let (code, out, _) = said(&site, &["directory", "show", "chat:li.na", "--at", "2026-07-01"]);
    assert_eq!(code, Some(0));
    assert!(out.contains("风险管理部") && !out.contains("财富管理部"), "{out}");
}

#[test]
fn only_who_may_hand_in_facts_does_so() {
    let site = site();
    let made = |name: &str, flag: &str| {
        let (code, secret, error) = said(&site, &["token", "new", name, flag]);
        assert_eq!(code, Some(0), "{error}");
        format!("Bearer {}", secret.trim())
    };
    let (personnel, auditor, steer) = (
        made("personnel", "--facts"),
        made("auditor", "--content"),
        made("steer", "--policies"),
    );
    let daemon = Serve::start(&site);
    let post = [&personnel, &auditor, &steer].map(|token| daemon.post_as("/v1/directory", DIRECTORY, token).0);
    assert_eq!(post, [200, 403, 403]);
    for path in ["/v1/directory/version", "/v1/directory/versions"] {
        let get = [&personnel, &auditor, &steer].map(|token| daemon.get_as(path, token).0);
        assert_eq!(get, [200, 200, 403], "{path}");
    }
    assert_eq!(daemon.get_as("/v1/directory/version?version=3", &personnel).0, 404);
    let (_, versions) = daemon.get_as("/v1/directory/versions", &personnel);
    let versions: Value = serde_json::from_str(&versions).unwrap();
    assert_eq!(versions["versions"][0]["by"], "token:personnel");
    assert_eq!(daemon.post_as("/v1/policy/reload", "{}", &personnel).0, 403);
}
