//! `proviso eval` and the commands that need no daemon.

use super::support::{Site, json_lines, message, project, proviso, run, stderr, stdout};
use serde_json::{Value, json};
use std::io::Write;
use std::process::Stdio;

fn eval(site: &Site, arguments: &[&str], lines: &[String]) -> (Option<i32>, Vec<Value>, String) {
    site.write("messages.jsonl", &(lines.join("\n") + "\n"));
    let (set, messages) = (site.text("set.toml"), site.text("messages.jsonl"));
    let mut all = vec!["eval", "--set", &set, "--format", "json", "--tenant", "bank"];
    all.extend(arguments);
    all.push(&messages);
    let output = run(&all);
    (output.status.code(), json_lines(&stdout(&output)), stderr(&output))
}

#[test]
fn a_verdict_has_the_documented_shape() {
    let site = Site::new();
    let text = "您放心，这款产品保本";
    let (code, lines, _) = eval(&site, &[], &[message("m1", text).to_string()]);
    assert_eq!(code, Some(0));
    let line = &lines[0];
    let keys: Vec<_> = line.as_object().unwrap().keys().cloned().collect();
    for key in [
        "message",
        "generation",
        "held",
        "findings",
        "retention",
        "scores",
        "faults",
    ] {
        assert!(keys.iter().any(|found| found == key), "{key} in {keys:?}");
    }
    let start = text.find("保本").unwrap();
    assert_eq!(line["message"], "m1");
    assert_eq!(line["held"], false);
    assert!(line["generation"].as_str().unwrap().starts_with("sha256:"));
    let finding = &line["findings"][0];
    assert_eq!(finding["pack"], "test/promises");
    assert_eq!(finding["policy"], "promises");
    assert_eq!(finding["rule"], "promise");
    assert_eq!(finding["severity"], "high");
    assert_eq!(finding["spans"], json!([[start, start + "保本".len()]]));
    assert_eq!(finding["text"], "保本");
    assert_eq!(finding["reason"], "promises 保本");
    assert_eq!(line["retention"], Value::Null);
    assert_eq!(line["faults"], json!([]));
}

#[test]
fn lines_come_in_input_order_and_none_is_lost() {
    let site = Site::new();
    let lines: Vec<_> = (0..5_000)
        .map(|n| message(&format!("m{n}"), if n % 7 == 0 { "这款产品保收益" } else { "你好" }).to_string())
        .collect();
    for workers in ["1", "4"] {
        let (code, found, _) = eval(&site, &["--workers", workers], &lines);
        assert_eq!(code, Some(0));
        assert_eq!(found.len(), lines.len());
        for (n, line) in found.iter().enumerate() {
            assert_eq!(line["message"], format!("m{n}"));
            let promises = line["findings"]
                .as_array()
                .unwrap()
                .iter()
                .filter(|finding| finding["policy"] == "promises")
                .count();
            assert_eq!(promises, usize::from(n % 7 == 0), "{line}");
        }
    }
}

#[test]
fn the_answer_does_not_depend_on_workers_or_companions() {
    let site = Site::new();
    let lines: Vec<_> = (0..600)
        .map(|n| message(&format!("m{n}"), ["保本", "你好", "invoice"][n % 3]).to_string())
        .collect();
    let (_, one, _) = eval(&site, &["--workers", "1"], &lines);
    let (_, four, _) = eval(&site, &["--workers", "4"], &lines);
    assert_eq!(one, four);
}

#[test]
fn a_line_that_is_no_message_is_told_and_the_others_go_on() {
    let site = Site::new();
    let mut lines: Vec<String> = (0..4).map(|n| message(&format!("m{n}"), "保本").to_string()).collect();
    lines.insert(2, "{\"id\": 7".to_owned());
    let (code, found, errors) = eval(&site, &[], &lines);
    assert_eq!(code, Some(1));
    assert_eq!(found.len(), 4);
    let error: Value = serde_json::from_str(errors.lines().last().unwrap()).unwrap();
    assert_eq!(error["line"], 3);
    assert!(error["file"].as_str().unwrap().ends_with("messages.jsonl"));
    assert!(!error["error"].as_str().unwrap().is_empty());
}

#[test]
fn fail_on_and_exit_codes() {
    let site = Site::new();
    let line = [message("m1", "保本").to_string()];
    assert_eq!(eval(&site, &["--fail-on", "high"], &line).0, Some(1));
    assert_eq!(eval(&site, &["--fail-on", "critical"], &line).0, Some(0));
    let set = site.text("set.toml");
    assert_eq!(
        run(&["eval", "--set", &set, "--fail-on", "grave", "x"]).status.code(),
        Some(2)
    );
    assert_eq!(run(&["eval", "--set", &set, "/no/such/file"]).status.code(), Some(2));
    assert_eq!(
        run(&["eval", "--set", &set, "--input-format", "xml", &set])
            .status
            .code(),
        Some(2)
    );
    site.write("set.toml", "[[apply]]\npakc = \"promises\"\nmode = \"loud\"\n");
    let output = run(&["eval", "--set", &set, &set]);
    assert_eq!(output.status.code(), Some(1));
    let text = stderr(&output);
    assert!(text.contains("set.toml:2:1") && text.contains("pakc"), "{text}");
    assert!(text.contains("set.toml:3:8") && text.contains("loud"), "{text}");
}

#[test]
fn standard_input_is_read() {
    let site = Site::new();
    let set = site.text("set.toml");
    let mut child = proviso(&["eval", "--set", &set, "--format", "json", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(format!("{}\n", message("m1", "保本")).as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(json_lines(&stdout(&output)).len(), 1);
}

#[test]
fn wecom_objects_give_a_line_each_even_under_one_identifier() {
    let site = Site::new();
    let text = |id: &str, at: u64| {
        json!({"msgid": id, "action": "send", "from": "li.na", "tolist": ["wmCustomer1"], "roomid": "", "msgtime": at,
               "msgtype": "text", "text": {"content": "保本"}})
        .to_string()
    };
    site.write("a.json", &text("same", 1_603_877_328_914));
    site.write("b.json", &text("same", 1_603_877_328_915));
    site.write(
        "c.json",
        &json!({"msgid": "s", "action": "switch", "time": 1_603_877_328_000_u64, "user": "li.na"}).to_string(),
    );
    let files = [site.text("a.json"), site.text("b.json"), site.text("c.json")];
    let set = site.text("set.toml");
    let output = run(&[
        "eval",
        "--set",
        &set,
        "--input-format",
        "wecom",
        "--format",
        "json",
        &files[0],
        &files[1],
        &files[2],
    ]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(json_lines(&stdout(&output)).len(), 3);
}

#[test]
fn real_wecom_samples_lose_nothing() {
    let Some(corpus) = std::env::var_os("PROVISO_CORPUS") else {
        println!("PROVISO_CORPUS is not set: skipped");
        return;
    };
    let folder = std::path::Path::new(&corpus).join("wecom/messages");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path().to_str().unwrap().to_owned())
        .collect();
    files.sort();
    let set = project().join("policies/demo.toml");
    let mut arguments = vec![
        "eval",
        "--set",
        set.to_str().unwrap(),
        "--input-format",
        "wecom",
        "--format",
        "json",
    ];
    arguments.extend(files.iter().map(String::as_str));
    let output = run(&arguments);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(json_lines(&stdout(&output)).len(), files.len());
}

#[test]
fn the_packs_of_the_project_pass_their_cases() {
    let packs = [
        "bank-cn",
        "broker-us",
        "ecommerce-cn",
        "data-leak",
        "departure-risk",
        "demo/brittle",
    ];
    let paths: Vec<_> = packs
        .map(|pack| project().join("policies").join(pack).to_str().unwrap().to_owned())
        .into();
    let mut arguments = vec!["pack", "test", "--format", "json"];
    arguments.extend(paths.iter().map(String::as_str));
    let output = run(&arguments);
    assert_eq!(output.status.code(), Some(0), "{}{}", stdout(&output), stderr(&output));
    for pack in &packs[..5] {
        let cases = json_lines(&stdout(&output))
            .iter()
            .filter(|line| line["pack"] == format!("proviso/{pack}"))
            .count();
        assert!(cases >= 40, "{pack} has {cases} cases");
    }
}

#[test]
fn the_demo_set_would_go_live() {
    let set = project().join("policies/demo.toml");
    let output = run(&["policy", "check", set.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stdout(&output).contains("would go live"));
}

#[test]
fn a_pack_can_be_made_tested_built_and_inspected() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("house-rules").to_str().unwrap().to_owned();
    let new = run(&["pack", "new", "acme/house-rules", "--dir", &dir]);
    assert_eq!(new.status.code(), Some(0), "{}", stderr(&new));
    let test = run(&["pack", "test", &dir]);
    assert_eq!(test.status.code(), Some(0), "{}{}", stdout(&test), stderr(&test));
    let built = folder.path().join("a.pack").to_str().unwrap().to_owned();
    let build = run(&["pack", "build", &dir, "--output", &built, "--format", "json"]);
    assert_eq!(build.status.code(), Some(0), "{}", stderr(&build));
    let digest = json_lines(&stdout(&build))[0]["digest"].clone();
    let inspect = run(&["pack", "inspect", &built, "--format", "json"]);
    let facts: Value = serde_json::from_str(&stdout(&inspect)).unwrap();
    assert_eq!(facts["digest"], digest);
    assert_eq!(facts["name"], "acme/house-rules");
    // Never over existing files.
    assert_eq!(
        run(&["pack", "new", "acme/house-rules", "--dir", &dir]).status.code(),
        Some(2)
    );
}

#[test]
fn a_reader_that_stops_reading_is_no_fault() {
    let site = Site::new();
    let broken = "not json\n".repeat(5_000);
    site.write("messages.jsonl", &broken);
    let (set, messages) = (site.text("set.toml"), site.text("messages.jsonl"));
    let mut child = proviso(&["eval", "--set", &set, &messages])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stderr.take());
    assert_eq!(child.wait().unwrap().code(), Some(1));
}

#[test]
fn what_comes_by_a_pipe_is_judged_when_the_pipe_pauses() {
    use std::io::{BufRead, BufReader};
    let site = Site::new();
    let set = site.text("set.toml");
    let mut child = proviso(&["eval", "--set", &set, "--format", "json", "--tenant", "bank", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    for number in 0..3 {
        let id = format!("m{number}");
        writeln!(input, "{}", message(&id, "这款产品保本")).unwrap();
        // The next is written only once this one's verdict is here.
        let line: Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
        assert_eq!(line["message"], id.as_str());
    }
    drop(input);
    assert!(lines.next().is_none() && child.wait().unwrap().success());
}
