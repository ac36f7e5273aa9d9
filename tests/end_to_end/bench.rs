//! `proviso pack bench`: what it measures, what it compares, what it never tells.

use super::support::{Site, message, run, stderr, stdout};
use serde_json::Value;

fn bench(site: &Site, more: &[&str]) -> (Option<i32>, String, String) {
    let set = site.text("set.toml");
    let mut arguments = vec!["pack", "bench", "--set", &set, "--rounds", "1"];
    arguments.extend(more);
    let output = run(&arguments);
    (output.status.code(), stdout(&output), stderr(&output))
}

fn write_messages(site: &Site) -> String {
    let mut lines: Vec<_> = (0..40)
        .map(|n| message(&format!("m{n}"), if n % 4 == 0 { "这款产品保本" } else { "你好" }).to_string())
        .collect();
    lines.push(message("long", &"保本 秘密XYZZY ".repeat(50)).to_string());
    lines.push(message("bad", "invoice %%BRITTLE%%").to_string());
    site.write("messages.jsonl", &(lines.join("\n") + "\n"));
    site.text("messages.jsonl")
}

#[test]
fn each_policy_is_measured_and_the_whole_of_them() {
    let site = Site::new();
    let input = write_messages(&site);
    let (code, out, error) = bench(&site, &["--input", &input, "--workers", "2", "--format", "json"]);
    assert_eq!(code, Some(0), "{error}");
    assert!(!out.contains("XYZZY") && !error.contains("XYZZY"), "no text is told");
    let report: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(
        (&report["whole"]["messages"], &report["whole"]["workers"]),
        (&42.into(), &2.into())
    );
    let ns = report["whole"]["ns_per_message"].as_f64().unwrap();
    let rate = report["whole"]["messages_per_second"].as_f64().unwrap();
    assert!(
        (ns * rate / 1e9 - 1.0).abs() < 1e-6,
        "{ns} ns and {rate}/s are one figure"
    );
    assert_eq!(report["one_worker"]["workers"], 1);

    let policies = report["policies"].as_array().unwrap();
    let of = |name: &str| policies.iter().find(|policy| policy["policy"] == name).unwrap();
    let promises = of("promises");
    assert_eq!((&promises["triggered"], &promises["calls"]), (&11.into(), &1.into()));
    assert_eq!(promises["batch_mean"], 11.0);
    assert!((promises["triggered_share"].as_f64().unwrap() - 11.0 / 42.0).abs() < 1e-9);
    assert_eq!(promises["slowest"]["message"], "bank/chat/long", "it has the most hits");
    assert!(promises["ns_per_message"]["median"].as_f64().unwrap() > 0.0);
    assert!(promises["fuel_per_message"].as_f64().unwrap() > 0.0);
    assert!(promises["memory_bytes_max"].as_u64() >= promises["memory_bytes_fresh"].as_u64());
    let brittle = of("invoices");
    assert_eq!((&brittle["triggered"], &brittle["faults"]), (&1.into(), &1.into()));

    let (code, table, _) = bench(&site, &["--input", &input]);
    assert_eq!(code, Some(0));
    assert!(
        table.contains("bank/chat/long") && table.contains("Evaluation alone"),
        "{table}"
    );
}

#[test]
fn a_baseline_tells_what_became_slower() {
    let site = Site::new();
    let input = write_messages(&site);
    let (_, first, _) = bench(&site, &["--input", &input, "--format", "json"]);
    site.write("before.json", &first);
    let before = site.text("before.json");
    let compare = |percent| {
        bench(
            &site,
            &[
                "--input",
                &input,
                "--baseline",
                &before,
                "--fail-over",
                percent,
                "--format",
                "json",
            ],
        )
    };
    // Time is whatever the machine makes of it; fuel is the same.
    let (code, out, error) = compare("100000");
    assert_eq!(code, Some(0), "{error}");
    let changes = serde_json::from_str::<Value>(&out).unwrap()["change_percent"].clone();
    assert_eq!(changes["same_messages"], true);
    for policy in changes["policies"].as_array().unwrap() {
        assert!(policy["fuel"].is_null() || policy["fuel"] == 0.0, "{policy}");
    }
    let mut cheaper: Value = serde_json::from_str(&first).unwrap();
    let fuel = &mut cheaper["policies"][0]["fuel_per_message"];
    *fuel = (fuel.as_f64().unwrap() / 2_000.0).into();
    site.write("before.json", &cheaper.to_string());
    assert_eq!(compare("100000").0, Some(1), "one policy takes 2,000 times the fuel");
}

#[test]
fn the_messages_are_files_or_cases_or_the_sample() {
    let site = Site::new();
    let output = run(&[
        "pack",
        "bench",
        &site.text("promises"),
        "--rounds",
        "1",
        "--format",
        "json",
    ]);
    let report: Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(
        (&report["whole"]["messages"], report["from"].as_str()),
        (&2.into(), Some("2 cases of the packs"))
    );
    let (code, out, _) = bench(&site, &["--format", "json"]);
    assert_eq!(code, Some(0));
    let report: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(report["from"], "the synthetic sample");

    site.write("broken.jsonl", &format!("{}\nnot json\n", message("m1", "a")));
    let (code, out, error) = bench(&site, &["--input", &site.text("broken.jsonl")]);
    assert_eq!(code, Some(1), "a line that is no message is a problem");
    assert!(
        error.contains("broken.jsonl") && out.contains("1 messages"),
        "{error}{out}"
    );
    for (arguments, part) in [
        (&["--input", "absent.jsonl"][..], "absent.jsonl"),
        (&["--baseline", "absent.json"], "absent.json"),
        (&["--fail-over", "10"], "--baseline"),
        (&["--workers", "0"], "1 to 256"),
    ] {
        let (code, _, error) = bench(&site, arguments);
        assert!(code != Some(0) && error.contains(part), "{arguments:?}: {error}");
    }
}
