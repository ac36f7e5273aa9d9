//! `proviso pack lint`: each code on a small broken pack, what `--fix` changes and what it leaves, and the project's own
//! packs, which are clean.

use crate::support::{copy_folder, json_lines, project, run, stderr, stdout};
use proviso_author::lint::codes;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

const MANIFEST: &str = r#"name = "acme/broken"
version = "0.1.0"
licence = "Apache-2.0"
host = ">=0.1.0, <0.2.0"
jurisdictions = ["US"]
description = { en = "One of everything that lint finds", zh = "静态检查的反例" }

[lexicon.promises]
file = "lexicons/promises.txt"
fold = { gaps = "punctuation" }

[lexicon.exact]
file = "lexicons/exact.txt"
fold = { width = false }

[lexicon.idle]
file = "lexicons/idle.txt"

[lexicon.short]
file = "lexicons/short.txt"

[patterns.shapes]
file = "patterns/shapes.txt"

[[policy]]
name = "words"
plugin = "lexicon-rules"
interfaces = ["rules"]
lists = ["promises", "exact", "shapes"]
trigger = { lists = ["promises", "exact"] }
fields = ["text", "links"]
budget = { fuel_per_kib = 400_000_000 }

[policy.settings.rules.promise]
when = { lists = ["promises"] }
reason_en = "promises: {text} (FINRA 2210)"
reason_zh = "承诺：{text}"

[policy.settings.rules.silent]
when = { lists = ["exact"] }

# allow(L304): the house's own rule
# allow(L301):
[policy.settings.rules.english]
when = { lists = ["exact"] }
reason_en = "exactly {text}"

[[policy]]
name = "chinese"
plugin = "lexicon-rules"
interfaces = ["rules"]
lists = ["short"]
trigger = { lists = ["short"] }
fields = ["text"]

[policy.settings.contexts.warned]
words = ["谨防"]
same = "message"

[policy.settings.rules.jobs]
when = { lists = ["short"] }
reason_en = "jobs (house rules): {text}"
reason_zh = "招聘（内部规定）：{text}"

[policy.settings.rules.pair]
when = { all = [{ lists = ["short"], tags = ["one"] }, { lists = ["short"], tags = ["two"] }], within = 9, ordered = true }
unless = ["warned"]
reason_en = "a pair (house rules): {text}"
reason_zh = "成对（内部规定）：{text}"

[[policy]]
name = "keep"
plugin = "retention-schedule"
interfaces = ["retention"]
trigger = "always"

# allow(L303): nothing of the kind
[policy.settings.rules.old]
law = "An Act"
article = "1"
jurisdiction = "US"
purpose = "records"
clock = "message"
floor = { years = 1 }
effective_to = "2020-12-31"
verified = true
"#;

const SCHEMA: &str = r#"{ "type": "object", "properties": { "words": { "type": "object" }, "chinese": { "type": "object" }, "keep": { "type": "object" } } }"#;

/// A comment, terms that find the same, one that holds another, one that its own gaps hide, and a zero-width space.
const PROMISES: &str =
    "\u{feff}# Promises.\r\n稳赚\n穩賺\n稳赚不赔\nsure.........thing\ncertain\u{200b}ty\nhello\n\n# The end.\n";
const EXACT: &str = "cafe\u{301}\nvip\nＶＩＰ\ndonâ€™t\nvip\n";
const CASES: &str = r#"
[[case]]
name = "a promise"
text = "稳赚"
expect = [{ policy = "words", rule = "promise", text = "稳赚" }]

[[case]]
name = "jobs"
text = "海投理财"
expect = [{ policy = "chinese", rule = "jobs" }, { policy = "chinese", rule = "pair" }]

[[case]]
name = "under the old act"
message = { text = "x", sent_at = "2020-01-01T00:00:00Z" }
expect_retention = [{ rule = "old" }]
"#;

fn broken(folder: &Path) {
    let files = [
        ("pack.toml", MANIFEST),
        ("settings.schema.json", SCHEMA),
        ("lexicons/promises.txt", PROMISES),
        ("lexicons/exact.txt", EXACT),
        ("lexicons/idle.txt", "idle\n"),
        ("lexicons/short.txt", "海投\tone\n理财\ttwo\n"),
        (
            "patterns/shapes.txt",
            "shape\tshape\nslow\tshape.*d|shape\nphone\t1[3-9][0-9]{9}\n",
        ),
        ("cases/all.toml", CASES),
    ];
    for (name, text) in files {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

fn lint(folder: &Path, more: &[&str]) -> (Option<i32>, Vec<Value>) {
    let mut arguments = vec!["pack", "lint", "--format", "json", "--today", "2026-01-31"];
    arguments.extend(more);
    arguments.push(folder.to_str().unwrap());
    let output = run(&arguments);
    assert!(output.status.code() != Some(3), "{}", stderr(&output));
    (output.status.code(), json_lines(&stdout(&output)))
}

/// `L101 lexicons/promises.txt:3:1` of each remark.
fn places(folder: &Path, remarks: &[Value]) -> BTreeSet<String> {
    let place = |remark: &Value| {
        let file = Path::new(remark["file"].as_str().unwrap())
            .strip_prefix(folder)
            .unwrap();
        let code = remark["code"].as_str().unwrap();
        format!("{code} {}:{}:{}", file.display(), remark["line"], remark["column"])
    };
    remarks.iter().map(place).collect()
}

fn codes_of(remarks: &[Value]) -> BTreeSet<&str> {
    remarks.iter().map(|remark| remark["code"].as_str().unwrap()).collect()
}

#[test]
fn every_code_is_found_in_a_broken_pack() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("broken");
    broken(&folder);
    let harmless = dir.path().join("harmless.txt");
    fs::write(&harmless, "hello there\nhello\ngood morning\n").unwrap();
    let (code, remarks) = lint(
        &folder,
        &["--benign-share", "50", "--benign", harmless.to_str().unwrap(), "--"],
    );
    assert_eq!(code, Some(1));
    let found = places(&folder, &remarks);
    let expected = [
        "L001 pack.toml:43:1",
        "L002 pack.toml:77:1",
        "L101 lexicons/exact.txt:5:1",
        "L101 lexicons/promises.txt:3:1",
        "L102 lexicons/promises.txt:4:1",
        "L103 lexicons/promises.txt:5:1",
        "L104 lexicons/promises.txt:7:1",
        "L105 pack.toml:17:8",
        "L105 pack.toml:34:9",
        "L106 patterns/shapes.txt:2:1",
        "L107 pack.toml:20:8",
        "L107 pack.toml:9:8",
        "L108 lexicons/short.txt:1:1",
        "L108 lexicons/short.txt:2:1",
        "L109 patterns/shapes.txt:3:1",
        "L201 lexicons/promises.txt:1:1",
        "L202 lexicons/promises.txt:6:8",
        "L203 lexicons/exact.txt:4:4",
        "L204 lexicons/exact.txt:1:5",
        "L204 lexicons/exact.txt:3:1",
        "L205 lexicons/promises.txt:1:13",
        "L301 pack.toml:39:24",
        "L301 pack.toml:44:24",
        "L302 pack.toml:39:24",
        "L303 pack.toml:44:24",
        "L304 pack.toml:39:24",
        "L305 pack.toml:56:27",
        "L306 pack.toml:66:108",
        "L401 pack.toml:85:1",
        "L501 pack.toml:32:1",
        "L502 pack.toml:31:1",
    ];
    assert_eq!(found, expected.map(str::to_owned).into());
    // Every code there is, but for the one that keeps a pack from opening.
    let mut all = codes_of(&remarks);
    all.insert(codes::MIXED_ENCODINGS.id);
    let known: BTreeSet<&str> = codes::ALL.iter().map(|code| code.id).collect();
    assert_eq!(all, known);
    let severe = |remark: &Value| remark["severity"] == "error";
    assert_eq!(remarks.iter().filter(|remark| severe(remark)).count(), 2);
}

#[test]
fn a_list_of_two_encodings_is_told_line_by_line() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("broken");
    broken(&folder);
    fs::write(
        folder.join("lexicons/exact.txt"),
        b"vip\n\xe4\xbf\x9d\xe6\x9c\xac\n\xb1\xa3\xb1\xbe\n",
    )
    .unwrap();
    let (code, remarks) = lint(&folder, &[]);
    assert_eq!(code, Some(1));
    assert_eq!(
        places(&folder, &remarks),
        ["L206 lexicons/exact.txt:3:1".to_owned()].into()
    );
    assert!(remarks[0]["message"].as_str().unwrap().contains("GB18030"));
}

#[test]
fn fix_changes_what_was_found_and_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("broken");
    broken(&folder);
    let output = run(&["pack", "lint", "--no-run", "--fix", folder.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    let said = stdout(&output);
    assert!(said.contains("  - 穩賺") && said.contains("  + certainty"), "{said}");
    let read = |name: &str| fs::read_to_string(folder.join(name)).unwrap();
    assert_eq!(
        read("lexicons/promises.txt"),
        "# Promises.\n稳赚\n稳赚不赔\nsure.........thing\ncertainty\nhello\n\n# The end.\n"
    );
    // What cannot be mended without a doubt stays, and so does what nothing was found in.
    assert_eq!(read("lexicons/exact.txt"), "cafe\u{301}\nvip\nＶＩＰ\ndonâ€™t\n");
    assert_eq!(read("pack.toml"), MANIFEST);
    let (_, left) = lint(&folder, &["--no-run"]);
    assert!(left.iter().all(|remark| remark["fixable"] == false), "{left:#?}");
}

#[test]
fn fail_on_says_which_remarks_end_with_1() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("house-rules");
    let new = run(&["pack", "new", "acme/house-rules", "--dir", folder.to_str().unwrap()]);
    assert_eq!(new.status.code(), Some(0), "{}", stderr(&new));
    let (code, remarks) = lint(&folder, &[]);
    assert_eq!(code, Some(0), "a new pack is clean: {remarks:#?}");
    let lexicon = folder
        .join("lexicons")
        .read_dir()
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    let mut text = fs::read_to_string(&lexicon).unwrap();
    let term = text
        .lines()
        .find(|line| !line.starts_with('#') && !line.is_empty())
        .unwrap()
        .to_owned();
    text.push_str(&term);
    text.push('\n');
    fs::write(&lexicon, text).unwrap();
    assert_eq!(lint(&folder, &[]).0, Some(1));
    assert_eq!(lint(&folder, &["--fail-on", "error"]).0, Some(0));
    assert_eq!(lint(&folder, &["--fail-on", "fatal"]).0, Some(2));
}

#[test]
fn a_code_is_explained() {
    let output = run(&["pack", "lint", "--explain", "l304"]);
    assert_eq!(output.status.code(), Some(0));
    assert!(stdout(&output).starts_with("### L304 a rule without a citation (warning)\n"));
    assert_eq!(run(&["pack", "lint", "--explain", "L999"]).status.code(), Some(2));
}

#[test]
fn the_packs_of_the_project_are_clean() {
    let packs = [
        "bank-cn",
        "broker-us",
        "ecommerce-cn",
        "data-leak",
        "departure-risk",
        "demo/brittle",
    ];
    for pack in packs {
        // A copy, so that nothing can be mended in passing.
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("pack");
        copy_folder(&project().join("policies").join(pack), &folder);
        let (code, remarks) = lint(&folder, &[]);
        let serious: Vec<&Value> = remarks.iter().filter(|remark| remark["severity"] != "note").collect();
        assert!(code == Some(0) && serious.is_empty(), "{pack}: {serious:#?}");
    }
}

#[test]
fn many_remarks_of_one_code_do_not_bury_the_others() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("broken");
    broken(&folder);
    let many: Vec<String> = (0..9).map(|number| format!("稳赚{number}\n")).collect();
    fs::write(folder.join("lexicons/promises.txt"), format!("稳赚\n{}", many.concat())).unwrap();
    let table = stdout(&run(&["pack", "lint", "--no-run", folder.to_str().unwrap()]));
    assert_eq!(table.matches(" L102: ").count(), 5, "{table}");
    assert!(
        table.contains("acme/broken: … and 4 more of L102, a term that holds another; --format json has all"),
        "{table}"
    );
    let (_, remarks) = lint(&folder, &["--no-run"]);
    assert_eq!(remarks.iter().filter(|remark| remark["code"] == "L102").count(), 9);
}
