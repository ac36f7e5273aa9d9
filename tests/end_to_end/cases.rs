//! `proviso pack test`: what CI systems read of it, what the cases do not reach, and cases that are written anew.

use crate::support::{json_lines, project, run, stderr, stdout};
use std::fs;
use std::path::{Path, PathBuf};

const MANIFEST: &str = r#"name = "acme/small"
version = "0.1.0"
licence = "Apache-2.0"
host = ">=0.1.0, <0.2.0"
description = { en = "a small pack" }

[lexicon.promises]
file = "lexicons/promises.txt"

[[policy]]
name = "words"
plugin = "lexicon-rules"
interfaces = ["rules"]
lists = ["promises"]
trigger = { lists = ["promises"] }
fields = ["text"]

[policy.settings.rules.promise]
when = { lists = ["promises"] }
severity = "high"
reason_en = "promises: {text}"

[policy.settings.rules.shouted]
when = { lists = ["promises"], at_least = 3 }
reason_en = "promises again and again: {text}"
"#;

const SCHEMA: &str =
    r#"{ "type": "object", "properties": { "words": { "type": "object", "additionalProperties": true } } }"#;

const CASES: &str = r#"# The cases of acme/small.

[[case]] # holds
name = "a promise"
text = "稳赚"
expect = [{ rule = "promise", text = "稳赚" }] # the term itself

[[case]]
name = "expects too <little> & too much"
text = "说\"稳赚\"，又说sure thing"
expect = [{ rule = "shouted" }] # two are not three
"#;

fn small(folder: &Path) -> PathBuf {
    let folder = folder.join("small");
    let files = [
        ("pack.toml", MANIFEST),
        ("settings.schema.json", SCHEMA),
        ("lexicons/promises.txt", "稳赚\nsure thing\n保本\n"),
        ("cases/all.toml", CASES),
    ];
    for (name, text) in files {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

#[test]
fn a_report_is_written_for_ci_and_failures_have_a_place() {
    let dir = tempfile::tempdir().unwrap();
    let pack = small(dir.path());
    let report = dir.path().join("report.xml");
    let output = run(&[
        "pack",
        "test",
        "--junit",
        report.to_str().unwrap(),
        pack.to_str().unwrap(),
    ]);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    let place = format!(
        "{}:8: case \"expects too <little> & too much\": expected rule shouted",
        pack.join("cases/all.toml").display()
    );
    assert!(stdout(&output).contains(&place), "{}", stdout(&output));
    let xml = fs::read_to_string(&report).unwrap();
    assert!(
        xml.contains("<testsuite name=\"acme/small\" tests=\"2\" failures=\"1\""),
        "{xml}"
    );
    assert!(
        xml.contains("name=\"expects too &lt;little&gt; &amp; too much\""),
        "{xml}"
    );
    assert!(
        xml.contains("<failure message=\"expected rule shouted, found "),
        "{xml}"
    );
    assert_eq!(xml.matches("<testcase ").count(), 2);
}

#[test]
fn cases_that_fail_are_written_anew_and_nothing_else_is() {
    let dir = tempfile::tempdir().unwrap();
    let pack = small(dir.path());
    let file = pack.join("cases/all.toml");
    let before = CASES.replace("又说sure thing", "又说sure thing和保本");
    fs::write(&file, &before).unwrap();
    let output = run(&["pack", "test", "--update", pack.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(0), "{}{}", stdout(&output), stderr(&output));
    assert!(stderr(&output).contains("updated"), "{}", stderr(&output));
    let found = |rule: &str, severity: &str| {
        format!(
            "    {{ policy = \"words\", rule = \"{rule}\", severity = \"{severity}\", text = \"稳赚 … sure thing … 保本\" }},\n"
        )
    };
    let expected = before.replace(
        r#"expect = [{ rule = "shouted" }]"#,
        &format!(
            "expect = [\n{}{}]",
            found("promise", "high"),
            found("shouted", "medium")
        ),
    );
    let text = fs::read_to_string(&file).unwrap();
    assert_eq!(text, expected);
    let again = run(&["pack", "test", "--update", pack.to_str().unwrap()]);
    assert_eq!(
        (again.status.code(), fs::read_to_string(&file).unwrap()),
        (Some(0), expected)
    );

    // Tables of their own are not rewritten, and a built file is none of its business.
    fs::write(
        &file,
        format!("{CASES}\n[[case]]\nname = \"tables\"\ntext = \"x\"\n[[case.expect]]\nrule = \"promise\"\n"),
    )
    .unwrap();
    let output = run(&["pack", "test", "--update", pack.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        stderr(&output).contains("case \"tables\": what it expects stands in tables of its own"),
        "{}",
        stderr(&output)
    );
    fs::write(&file, CASES).unwrap();
    let built = dir.path().join("small.pack");
    let output = run(&[
        "pack",
        "build",
        pack.to_str().unwrap(),
        "--output",
        built.to_str().unwrap(),
    ]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let output = run(&["pack", "test", "--update", built.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
}

#[test]
fn what_no_case_reaches_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let pack = small(dir.path());
    let output = run(&["pack", "test", "--coverage", "--format", "json", pack.to_str().unwrap()]);
    let lines = json_lines(&stdout(&output));
    let coverage = &lines.last().unwrap()["coverage"];
    let missing = |kind: &str| -> Vec<String> {
        let missing = coverage[kind]["missing"].as_array().unwrap().iter();
        missing
            .map(|missing| format!("{}: {}", missing["line"], missing["what"].as_str().unwrap()))
            .collect()
    };
    assert_eq!(missing("rules"), ["23: shouted of words"]);
    assert_eq!(missing("terms"), ["3: \"保本\" of promises"]);
    assert_eq!(missing("settings"), ["23: /rules/shouted of words"]);
    assert_eq!(
        (&coverage["terms"]["of"], &coverage["terms"]["reached"]),
        (&3.into(), &2.into())
    );

    let test = |least: &str| {
        let folder = project().join("policies/data-leak");
        run(&["pack", "test", "--coverage-min", least, folder.to_str().unwrap()])
    };
    assert_eq!(test("rules=100").status.code(), Some(0));
    let short = test("settings=100");
    assert_eq!(short.status.code(), Some(1));
    assert!(stderr(&short).contains("less than 100 %"), "{}", stderr(&short));
    assert_eq!(test("words=3").status.code(), Some(2));
}
