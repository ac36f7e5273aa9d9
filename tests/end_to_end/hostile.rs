//! Plugins that mean harm, as an operator meets them: through `eval`, `policy check` and the daemon.

use super::programs::{self, program::Expect};
use super::support::{SET, Serve, Site, json_lines, message, run, stderr, stdout};
use proviso_rows::each_row;
use serde_json::Value;

fn held_lines(site: &Site, texts: &[&str]) -> Vec<Value> {
    let lines: Vec<_> = texts
        .iter()
        .enumerate()
        .map(|(n, text)| message(&format!("m{n}"), text).to_string())
        .collect();
    site.write("messages.jsonl", &(lines.join("\n") + "\n"));
    let output = run(&[
        "eval",
        "--set",
        &site.text("set.toml"),
        "--format",
        "json",
        &site.text("messages.jsonl"),
    ]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    json_lines(&stdout(&output))
}

#[test]
fn the_message_that_breaks_a_plugin_is_held_and_its_neighbours_are_judged() {
    let site = Site::new();
    let mut texts = vec!["the invoice is here"; 300];
    texts[137] = "invoice %%BRITTLE%% 保本";
    let lines = held_lines(&site, &texts);
    assert_eq!(lines.len(), 300);
    for (n, line) in lines.iter().enumerate() {
        assert_eq!(line["held"], n == 137, "{line}");
        let rules: Vec<_> = line["findings"]
            .as_array()
            .unwrap()
            .iter()
            .map(|finding| finding["rule"].as_str().unwrap())
            .collect();
        assert_eq!(
            rules,
            if n == 137 { vec!["promise"] } else { vec!["invoice"] },
            "{line}"
        );
    }
    let fault = &lines[137]["faults"][0];
    assert_eq!(
        (fault["pack"].as_str(), fault["cause"].as_str()),
        (Some("proviso/brittle-example"), Some("trap"))
    );
    assert!(!fault["detail"].as_str().unwrap().contains("保本"));
}

#[test]
fn a_set_may_flag_instead_of_hold() {
    let site = Site::new();
    let set = std::fs::read_to_string(site.path("set.toml")).unwrap();
    site.write(
        "set.toml",
        &set.replace("pack = \"brittle\"", "pack = \"brittle\"\non_fault = \"flag\""),
    );
    let line = &held_lines(&site, &["invoice %%BRITTLE%%"])[0];
    assert_eq!(
        (&line["held"], line["faults"].as_array().unwrap().len()),
        (&false.into(), 1)
    );
}

/// Puts a component in the place of a plugin, and gives what `policy check` says.
fn check_with_plugin(name: &str, wat: &str) -> (Option<i32>, String) {
    let site = Site::new();
    let bytes = wat::parse_str(wat).unwrap();
    std::fs::create_dir_all(site.path("brittle/plugins")).unwrap();
    std::fs::write(site.path("brittle/plugins/brittle-example.wasm"), bytes).unwrap();
    let output = run(&["policy", "check", &site.text("set.toml")]);
    let said = stderr(&output);
    assert!(said.contains("brittle"), "{name}: the pack is named: {said}");
    (output.status.code(), said)
}

#[test]
fn what_is_no_plugin_is_refused_with_the_reason() {
    let table = [
        ("a core module", "(module)", "component"),
        ("no exports", "(component)", "lifecycle"),
        (
            "a foreign import",
            r#"(component (import "wasi:clocks/wall-clock@0.2.0" (instance (export "now" (func)))))"#,
            "wasi:clocks/wall-clock@0.2.0",
        ),
        (
            "a made-up import",
            r#"(component (import "acme:secrets/vault" (instance)))"#,
            "acme:secrets/vault",
        ),
    ];
    each_row(table, |(name, wat, reason)| {
        let (code, said) = check_with_plugin(name, wat);
        assert_eq!(code, Some(1), "{name}: {said}");
        assert!(said.contains(reason), "{name}: {reason} in {said}");
    });
}

#[test]
fn the_daemon_goes_on_when_a_pack_is_replaced_by_a_foreign_one() {
    let site = Site::new();
    let daemon = Serve::start(&site);
    let running = daemon.generation();
    std::fs::create_dir_all(site.path("brittle/plugins")).unwrap();
    std::fs::write(
        site.path("brittle/plugins/brittle-example.wasm"),
        b"\0asm\x0d\0\x01\0garbage",
    )
    .unwrap();
    let (status, answer) = daemon.post("/v1/policy/reload", "{}");
    assert_eq!((status, answer["result"].as_str()), (422, Some("refused")), "{answer}");
    assert_eq!(daemon.generation(), running);
    let (_, answer) = daemon.post("/v1/messages", &message("m1", "invoice").to_string());
    assert_eq!(answer["accepted"], 1);
}

#[test]
fn no_program_of_the_corpus_ends_the_daemon() {
    let site = Site::new();
    let daemon = Serve::start(&site);
    site.write(
        "set.toml",
        &format!("{SET}\n[[apply]]\npack = \"hostile\"\nassessment = \"test\"\n"),
    );
    let (mut refused, mut ran, mut sent) = (0, 0, 0);
    for program in &programs::all() {
        let name = &program.name;
        let key = if program.interface() == "fold" {
            "key = \"sender\"\n"
        } else {
            ""
        };
        site.write(
            "hostile/pack.toml",
            &format!(
                "name = \"test/hostile\"\nversion = \"0.1.0\"\nlicence = \"Apache-2.0\"\nhost = \"*\"\n\
                 description = {{ en = \"a program that means harm\" }}\n\n[[policy]]\nname = \"policy\"\n\
                 plugin = \"plugin\"\ninterfaces = [\"{}\"]\ntrigger = \"always\"\nfields = [\"text\", \"parties\"]\n\
                 {key}budget = {{ fuel_per_kib = 1_000_000 }}\n",
                program.interface()
            ),
        );
        std::fs::create_dir_all(site.path("hostile/plugins")).unwrap();
        std::fs::write(site.path("hostile/plugins/plugin.wasm"), program.component()).unwrap();
        let before = daemon.generation();
        let (status, answer) = daemon.post("/v1/policy/reload", "{}");
        if matches!(program.expect, Expect::Refused(_)) {
            assert_eq!(
                (status, &answer["result"]),
                (422, &"refused".into()),
                "{name}: {answer}"
            );
            assert_eq!(daemon.generation(), before, "{name}");
            refused += 1;
        } else {
            assert_eq!(status, 200, "{name}: {answer}");
            ran += 1;
        }
        // Whatever it does with them, they are archived, and the neighbour judges them.
        let lines: Vec<_> = ["first", "! 保本", "last"]
            .iter()
            .map(|text| {
                sent += 1;
                message(&format!("m{sent}"), text).to_string()
            })
            .collect();
        let (status, answer) = daemon.post("/v1/messages", &lines.join("\n"));
        assert_eq!((status, &answer["accepted"]), (200, &3.into()), "{name}: {answer}");
    }
    assert!(refused > 100 && ran > 100, "{refused} refused, {ran} ran");
    assert_eq!(site.messages(), sent);
    let promises: u64 = site.stats()["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|row| row["policy"] == "promises")
        .map(|row| row["findings"].as_u64().unwrap())
        .sum();
    assert_eq!(promises, sent / 3, "{}", site.stats());
    assert!(!daemon.log().contains("保本"), "no text of a message in the log");
    assert_eq!(daemon.terminate(), Some(0));
}
