//! `proviso backtest` and `policy promote`: what differs between two sets is what two separate runs of `eval` differ in.

use crate::support::{SET, Serve, Site, json_lines, message, run, stderr, stdout, wait_until};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;

/// The set of the site with another list: `wonder` and 稳赚不赔 are gone, `bargain` is new, and promises are only medium.
const CANDIDATE: &str = "\
language = \"en\"

[[apply]]
pack = \"promises\"
mode = \"enforce\"
extra_terms = { promissory = [\"bargain\"] }

[apply.settings.promises.rules.promise]
severity = \"medium\"

[[apply]]
pack = \"brittle\"
";

const PHRASES: [&str; 8] = [
    "这款产品保本",
    "你好",
    "a wonder, I tell you",
    "what a bargain",
    "稳赚不赔，放心",
    "invoice 17 attached",
    "<b>保收益</b> & *more* | than that",
    "今天天气不错",
];

fn lines(count: usize) -> Vec<String> {
    let mut state = 1_u32;
    let line = |n: usize| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let text = format!("{} {n}", PHRASES[(state >> 16) as usize % PHRASES.len()]);
        let mut message = message(&format!("m{n}"), &text);
        message["from"]["id"] = ["li.na", "chen.jie"][n % 2].into();
        message["from"]["department"] = ["wealth", "credit"][n % 2].into();
        message.to_string()
    };
    (0..count).map(line).collect()
}

fn site(count: usize) -> Site {
    let site = Site::new();
    site.write("candidate.toml", CANDIDATE);
    site.write("messages.jsonl", &(lines(count).join("\n") + "\n"));
    site
}

fn backtest(site: &Site, more: &[&str]) -> (Option<i32>, Value, String) {
    let (set, candidate) = (site.text("set.toml"), site.text("candidate.toml"));
    let mut arguments = vec!["backtest", "--format", "json", "--set", &set];
    if !more.contains(&"--promote") {
        arguments.extend(["--candidate", &candidate]);
    }
    arguments.extend(more);
    let output = run(&arguments);
    let report = serde_json::from_str(&stdout(&output)).unwrap_or_default();
    (output.status.code(), report, stderr(&output))
}

/// Findings by message, from `eval`.
fn eval(site: &Site, set: &str) -> BTreeMap<String, Vec<Value>> {
    let (set, messages) = (site.text(set), site.text("messages.jsonl"));
    let output = run(&["eval", "--set", &set, "--format", "json", &messages]);
    let lines = json_lines(&stdout(&output));
    let findings = |line: &Value| {
        (
            line["message"].as_str().unwrap().to_owned(),
            line["findings"].as_array().unwrap().clone(),
        )
    };
    lines.iter().map(findings).collect()
}

#[test]
fn a_backtest_equals_two_runs_of_eval() {
    let site = site(6_000);
    let (code, report, errors) = backtest(&site, &[&site.text("messages.jsonl")]);
    assert_eq!(code, Some(0), "{errors}");
    assert_eq!(report["messages"], 6_000);

    // A rule finds at most once in a message here, so message, policy and rule name a finding.
    let (old, new) = (eval(&site, "set.toml"), eval(&site, "candidate.toml"));
    let mut counts = [0_u64; 3];
    for (message, old) in &old {
        let new = &new[message];
        let rule = |finding: &Value| (finding["policy"].clone(), finding["rule"].clone());
        let of = |findings: &[Value], wanted: &Value| findings.iter().find(|one| rule(one) == rule(wanted)).cloned();
        counts[0] += new.iter().filter(|finding| of(old, finding).is_none()).count() as u64;
        counts[1] += old.iter().filter(|finding| of(new, finding).is_none()).count() as u64;
        let changed = |finding: &&Value| of(new, finding).is_some_and(|new| new != **finding);
        counts[2] += old.iter().filter(changed).count() as u64;
    }
    let told = ["added", "removed", "changed"].map(|key| report[key].as_u64().unwrap());
    assert_eq!(told, counts);
    assert!(counts.iter().all(|count| *count > 100), "{counts:?}");
    let total = |findings: &BTreeMap<String, Vec<Value>>| findings.values().map(Vec::len).sum::<usize>();
    assert_eq!(report["baseline"]["findings"], total(&old));
    assert_eq!(report["candidate"]["findings"], total(&new));

    // By department and rule, and with samples that say where.
    let differences = report["differences"].as_array().unwrap();
    let sum = |key: &str| differences.iter().map(|row| row[key].as_u64().unwrap()).sum::<u64>();
    assert_eq!(["added", "removed", "changed"].map(sum), told);
    assert!(
        differences
            .iter()
            .any(|row| row["department"] == "wealth" && row["rule"] == "promise")
    );
    let samples = report["samples"].as_array().unwrap();
    let added = samples
        .iter()
        .find(|sample| sample["change"] == "added" && sample["rule"] == "promise")
        .unwrap();
    assert_eq!(added["excerpt"]["marked"], "bargain");
    assert_eq!(added["severity_after"], "medium");
    // The same messages in any number of workers.
    let (_, again, _) = backtest(&site, &["--workers", "1", &site.text("messages.jsonl")]);
    assert_eq!(
        (&again["samples"], &again["differences"]),
        (&report["samples"], &report["differences"])
    );
}

#[test]
fn reports_and_bounds() {
    let site = site(400);
    let (messages, page, markdown, json) = (
        site.text("messages.jsonl"),
        site.text("diff.html"),
        site.text("diff.md"),
        site.text("diff.json"),
    );
    let (code, _, errors) = backtest(
        &site,
        &[
            "--report",
            &page,
            "--report",
            &markdown,
            "--report",
            &json,
            "--fail-if",
            "added[severity=critical] > 100000",
            &messages,
        ],
    );
    assert_eq!(code, Some(0), "{errors}");
    let page = fs::read_to_string(page).unwrap();
    assert!(
        page.contains("<mark>bargain</mark>") && page.contains("&lt;b&gt;"),
        "{page}"
    );
    assert!(!page.contains("<b>保收益"));
    let markdown = fs::read_to_string(markdown).unwrap();
    assert!(
        markdown.contains("| test/promises | promises | promise | medium | wealth |"),
        "{markdown}"
    );
    let report: Value = serde_json::from_str(&fs::read_to_string(&json).unwrap()).unwrap();
    assert_eq!(report["fail_if"][0]["failed"], false);

    let (code, _, errors) = backtest(
        &site,
        &[
            "--fail-if",
            "removed[rule=promise] > 0",
            "--fail-if",
            "newly-held > 0",
            &messages,
        ],
    );
    assert_eq!(code, Some(1));
    assert!(
        errors.contains("fail-if: removed[rule=promise] > 0: it is "),
        "{errors}"
    );
    let (code, _, errors) = backtest(&site, &["--fail-if", "added[rule] > 0", &messages]);
    assert_eq!(code, Some(2), "{errors}");
    let (code, report, _) = backtest(&site, &["--no-text", &messages]);
    assert_eq!(code, Some(0));
    assert!(!report.to_string().contains("bargain"), "{report}");
    assert_eq!(backtest(&site, &["--report", "diff.pdf", &messages]).0, Some(2));
    assert_eq!(backtest(&site, &["--since", "yesterday", &messages]).0, Some(2));
    let (_, report, _) = backtest(&site, &["--since", "2026-10-13", &messages]);
    assert_eq!(report["messages"], 0);
    assert_eq!(backtest(&site, &[]).0, Some(2));
}

#[test]
fn the_archive_is_read_where_no_files_are_named() {
    let site = site(300);
    let messages = lines(300);
    let daemon = Serve::start(&site);
    let (status, _) = daemon.post("/v1/messages", &messages.join("\n"));
    assert_eq!(status, 200);
    wait_until("all are kept", || site.messages() == 300);
    let config = site.text("proviso.toml");
    let (code, report, errors) = backtest(&site, &["--config", &config]);
    assert_eq!(code, Some(0), "{errors}");
    let log = daemon.log();
    assert!(log.contains("\"what\":\"arrived\""), "the daemon was asked: {log}");
    daemon.terminate();
    let (_, without, errors) = backtest(&site, &["--config", &config]);
    assert_eq!(without["differences"], report["differences"], "{errors}");
    let (_, of_file, _) = backtest(&site, &[&site.text("messages.jsonl")]);
    assert_eq!(report["messages"], 300);
    assert_eq!(report["differences"], of_file["differences"]);
}

#[test]
fn what_is_found_in_shadow_has_a_table_of_its_own() {
    let site = site(0);
    let stats = || stdout(&run(&["archive", "stats", "--config", &site.text("proviso.toml")]));
    site.write("set.toml", &SET.replace("mode = \"enforce\"", "mode = \"shadow\""));
    let daemon = Serve::start(&site);
    let (status, _) = daemon.post("/v1/messages", &message("m1", "这款产品保本").to_string());
    assert_eq!(status, 200);
    wait_until("it is kept", || site.messages() == 1);
    let in_shadow = stats();
    daemon.terminate();
    let (live, shadow) = in_shadow.split_once("Findings in shadow").unwrap();
    assert!(
        !live.contains("test/promises") && shadow.contains("test/promises"),
        "{in_shadow}"
    );
}

#[test]
fn who_refused_before_the_period_is_left_alone_in_it() {
    let site = site(0);
    let refusal = serde_json::json!({
        "id": "c1", "tenant": "bank", "channel": "chat", "sent_at": "2026-10-01T09:00:00+08:00", "kind": "consent",
        "from": {"id": "customer-1", "class": "external"}, "to": [{"id": "li.na", "class": "employee"}],
        "consent": {"party": "customer-1", "state": "disagree"},
    });
    let lines = [refusal, message("m1", "what a bargain")];
    site.write("messages.jsonl", &lines.map(|line| line.to_string() + "\n").concat());
    let all = backtest(&site, &[&site.text("messages.jsonl")]).1;
    let (_, part, errors) = backtest(&site, &["--since", "2026-10-12", &site.text("messages.jsonl")]);
    assert_eq!(
        (&all["messages"], &part["messages"]),
        (&2.into(), &1.into()),
        "{errors}"
    );
    for report in [&all, &part] {
        assert_eq!(
            (&report["candidate"]["withheld"], &report["added"]),
            (&1.into(), &0.into()),
            "{report}"
        );
    }
}

#[test]
fn a_shadow_is_lifted_once_a_backtest_shows_what_it_changes() {
    let site = site(200);
    let shadowed = SET.replace("mode = \"enforce\"", "mode = 'shadow'   # on trial");
    site.write("set.toml", &shadowed);
    let (set, report, messages) = (
        site.text("set.toml"),
        site.text("diff.json"),
        site.text("messages.jsonl"),
    );
    let promote = || {
        let output = run(&["policy", "promote", "promises", "--set", &set, "--report", &report]);
        (output.status.code(), stdout(&output) + &stderr(&output))
    };
    assert_eq!(promote().0, Some(3), "there is no report");
    // A report of something else.
    let (code, _, errors) = backtest(&site, &["--report", &report, &messages]);
    assert_eq!(code, Some(0), "{errors}");
    let (code, told) = promote();
    assert_eq!(code, Some(1));
    assert!(
        told.contains("compares other generations") && told.contains("backtest --set"),
        "{told}"
    );
    assert_eq!(fs::read_to_string(&set).unwrap(), shadowed);

    let (code, compared, errors) = backtest(&site, &["--promote", "promises", "--report", &report, &messages]);
    assert_eq!(code, Some(0), "{errors}");
    assert_eq!(compared["added"], compared["baseline"]["shadow"]);
    assert!(compared["added"].as_u64().unwrap() > 20);
    assert_eq!(
        (&compared["removed"], &compared["candidate"]["shadow"]),
        (&0.into(), &0.into())
    );
    let (code, told) = promote();
    assert_eq!(code, Some(0), "{told}");
    assert_eq!(
        fs::read_to_string(&set).unwrap(),
        shadowed.replace("'shadow'", "\"enforce\"")
    );
    let (code, told) = promote();
    assert_eq!(code, Some(2));
    assert!(told.contains("does not have \"promises\" in shadow"), "{told}");
}

#[test]
fn one_policy_is_lifted_where_the_set_or_the_pack_has_it_in_shadow() {
    let site = site(200);
    let (set, report, messages) = (
        site.text("set.toml"),
        site.text("diff.json"),
        site.text("messages.jsonl"),
    );
    let pack = fs::read_to_string(site.text("promises/pack.toml")).unwrap();
    let proposing = pack.replacen(
        "plugin = \"lexicon-rules\"\n",
        "plugin = \"lexicon-rules\"\nmode = \"shadow\"\n",
        1,
    );
    assert_ne!(proposing, pack);
    let with = |line: &str| SET.replace("mode = \"enforce\"\n", line);
    let own = |modes: &str| with(&format!("{modes}\n"));
    let table = [
        (
            &pack,
            own("modes = { promises = 'shadow' } # on trial"),
            own("modes = { promises = \"enforce\" } # on trial"),
        ),
        (
            &proposing,
            with(""),
            with("").replacen("\"promises\"\n", "\"promises\"\nmodes.promises = \"enforce\"\n", 1),
        ),
    ];
    for (pack, before, after) in table {
        site.write("promises/pack.toml", pack);
        site.write("set.toml", &before);
        let (code, compared, errors) = backtest(
            &site,
            &["--promote", "promises:promises", "--report", &report, &messages],
        );
        assert_eq!(code, Some(0), "{errors}");
        assert!(compared["added"].as_u64().unwrap() > 20, "{compared}");
        let promoted = run(&[
            "policy",
            "promote",
            "promises:promises",
            "--set",
            &set,
            "--report",
            &report,
        ]);
        assert_eq!(promoted.status.code(), Some(0), "{}", stderr(&promoted));
        assert_eq!(fs::read_to_string(&set).unwrap(), after);
        let again = run(&[
            "policy",
            "promote",
            "promises:promises",
            "--set",
            &set,
            "--report",
            &report,
        ]);
        assert_eq!(again.status.code(), Some(2), "{}", stdout(&again));
        assert!(
            stderr(&again).contains("does not have \"promises:promises\" in shadow"),
            "{}",
            stderr(&again)
        );
    }
    site.write("set.toml", &with("mode = \"shadow\"\n"));
    let (code, _, errors) = backtest(&site, &["--promote", "promises:promises", &messages]);
    assert_eq!(code, Some(2));
    assert!(errors.contains("lift that first"), "{errors}");
}
