//! `proviso pack train`: a model and its card come of labelled texts, a pack takes the model, and mistakes are told.

use crate::support::{proviso, run, stderr, stdout};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

/// So many texts of each kind, none twice, each in a group of its own.
fn labelled(folder: &Path, count: usize) -> String {
    let path = folder.join("labelled.jsonl");
    let lines = (0..count).flat_map(|number| {
        [
            json!({ "text": format!("恭喜您中奖了，请点击链接领取第{number}号奖品，先付手续费"), "label": "positive", "group": format!("p{number}") }),
            json!({ "text": format!("明天下午第{number}场例会在三楼会议室，请带上季度报表"), "label": "negative", "group": format!("n{number}") }),
        ]
    });
    let text: Vec<String> = lines.map(|line| line.to_string()).collect();
    fs::write(&path, text.join("\n")).unwrap();
    path.display().to_string()
}

fn train(labelled: &str, output: &Path, further: &[&str]) -> std::process::Output {
    let output = output.display().to_string();
    let mut args = vec![
        "pack",
        "train",
        "--labelled",
        labelled,
        "--name",
        "prize-wording",
        "--looks-for",
        "prizes",
        "--output",
        &output,
    ];
    args.extend(further);
    run(&args)
}

#[test]
fn a_model_and_its_card_are_written_and_the_same_again() {
    let folder = tempfile::tempdir().unwrap();
    let file = labelled(folder.path(), 150);
    let model = folder.path().join("model.txt");
    let trained = train(&file, &model, &["--format", "json"]);
    assert_eq!(trained.status.code(), Some(0), "{}", stderr(&trained));
    let facts: Value = serde_json::from_str(&stdout(&trained)).unwrap();
    assert_eq!((&facts["positive"], &facts["negative"]), (&json!(150), &json!(150)));
    let recall = facts["rates"][0]["recall"].as_f64().unwrap();
    assert!(recall > 0.9, "{facts}");
    let card = fs::read_to_string(folder.path().join("model.md")).unwrap();
    assert!(card.starts_with("# prize-wording\n"), "{card}");
    let again = folder.path().join("again.txt");
    assert_eq!(train(&file, &again, &[]).status.code(), Some(0));
    assert_eq!(fs::read(&model).unwrap(), fs::read(&again).unwrap());
}

#[test]
fn mistakes_are_told_and_nothing_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let model = folder.path().join("model.txt");
    let bad = folder.path().join("bad.jsonl");
    fs::write(&bad, "{\"text\":\"x\",\"label\":\"maybe\"}\n").unwrap();
    let wrong = train(&bad.display().to_string(), &model, &[]);
    assert_eq!(wrong.status.code(), Some(1));
    let told = stderr(&wrong);
    assert!(
        told.contains("bad.jsonl:1: label \"maybe\": expected \"positive\" or \"negative\""),
        "{told}"
    );
    let missing = train(&folder.path().join("nobody.jsonl").display().to_string(), &model, &[]);
    assert_eq!(missing.status.code(), Some(2));
    assert!(stderr(&missing).contains("there is no file"), "{}", stderr(&missing));
    let few = train(&labelled(folder.path(), 2), &model, &[]);
    assert_eq!(few.status.code(), Some(2));
    assert!(stderr(&few).contains("give more labelled texts"), "{}", stderr(&few));
    assert_eq!(
        train(&labelled(folder.path(), 60), &model, &["--folds", "1"])
            .status
            .code(),
        Some(2)
    );
    assert!(!model.exists());
}

const MANIFEST: &str = r#"name = "acme/prizes"
version = "0.1.0"
licence = "Apache-2.0"
host = ">=0.1.0, <0.2.0"
description = { en = "a pack with a model" }

[lexicon.model]
file = "lexicons/prizes.txt"

[[policy]]
name = "prizes"
plugin = "text-classifier"
interfaces = ["rules"]
lists = ["model"]
trigger = { kinds = ["text"] }
fields = ["text"]

[policy.settings]
model = "model"
rule = "prize-wording"
threshold = "0.01"
min_chars = 8
"#;

const SCHEMA: &str =
    r#"{ "type": "object", "properties": { "prizes": { "type": "object", "additionalProperties": true } } }"#;

const CASES: &str = r#"
[[case]]
name = "a prize"
text = "恭喜您中奖了，请点击链接领取第9号奖品，先付手续费"
expect = [{ rule = "prize-wording", severity = "low" }]

[[case]]
name = "a meeting"
text = "明天下午第9场例会在三楼会议室，请带上季度报表"
expect = []
"#;

#[test]
fn a_pack_takes_the_model_that_was_trained_in_its_folder() {
    let folder = tempfile::tempdir().unwrap();
    let file = labelled(folder.path(), 150);
    let pack = folder.path().join("prizes");
    for (name, text) in [
        ("pack.toml", MANIFEST),
        ("settings.schema.json", SCHEMA),
        ("cases/all.toml", CASES),
    ] {
        let path = pack.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    fs::create_dir(pack.join("lexicons")).unwrap();
    let about = folder.path().join("about.toml");
    fs::write(&about, "[source.\"\"]\norigin = \"made up\"\nlicence = \"CC0-1.0\"\n").unwrap();
    let about = about.display().to_string();
    let mut command = proviso(&[
        "pack",
        "train",
        "--labelled",
        &file,
        "--name",
        "prizes",
        "--looks-for",
        "prizes",
    ]);
    command
        .args(["--output", "lexicons/prizes.txt", "--about", &about])
        .current_dir(&pack);
    let trained = command.output().unwrap();
    assert_eq!(trained.status.code(), Some(0), "{}", stderr(&trained));
    assert!(stdout(&trained).contains("prizes.md"), "{}", stdout(&trained));
    let card = fs::read_to_string(pack.join("prizes.md")).unwrap();
    assert!(card.contains("| made up | CC0-1.0 |"), "{card}");
    let tested = run(&["pack", "test", pack.to_str().unwrap()]);
    assert_eq!(tested.status.code(), Some(0), "{}{}", stdout(&tested), stderr(&tested));
}

#[test]
fn where_a_model_cannot_be_written_is_told_before_anything_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let file = labelled(folder.path(), 2);
    let at = |name: &str| folder.path().join(name).display().to_string();
    fs::write(folder.path().join("words.txt"), "x\n").unwrap();
    for (output, further, said) in [
        (at("model.lexicon"), vec![], "ends with .txt"),
        (at("nowhere/model.txt"), vec![], "cannot be written: "),
        (at("labelled.jsonl/model.txt"), vec![], "cannot be written: "),
        (
            at("model.txt"),
            vec!["--card", "model.txt"],
            "--output and --card are both",
        ),
        (
            at("words.txt"),
            vec!["--never", "words.txt"],
            "words.txt: that file is read",
        ),
        (
            at("model.txt"),
            vec!["--card", "labelled.jsonl"],
            "labelled.jsonl: that file is read",
        ),
        (at("model.txt"), vec!["--card", "nowhere/x.md"], "--card "),
    ] {
        let further: Vec<String> = further
            .iter()
            .map(|word| {
                if word.starts_with("--") {
                    (*word).to_owned()
                } else {
                    at(word)
                }
            })
            .collect();
        let refused = train(
            &file,
            Path::new(&output),
            &further.iter().map(String::as_str).collect::<Vec<_>>(),
        );
        assert_eq!(refused.status.code(), Some(2), "{output}");
        assert!(stderr(&refused).contains(said), "{output}: {}", stderr(&refused));
    }
    let names = fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(names, 2, "nothing is left behind");
}

#[test]
fn labels_of_two_files_are_compared_and_repeats_are_counted() {
    let folder = tempfile::tempdir().unwrap();
    let file = labelled(folder.path(), 60);
    let model = folder.path().join("model.txt");
    let more = folder.path().join("more.jsonl");
    let line = |label: &str| {
        json!({ "text": "恭喜您中奖了，请点击链接领取第7号奖品，先付手续费  ", "label": label }).to_string()
    };
    fs::write(&more, line("positive")).unwrap();
    let trained = train(
        &file,
        &model,
        &["--labelled", more.to_str().unwrap(), "--format", "json"],
    );
    assert_eq!(trained.status.code(), Some(0), "{}", stderr(&trained));
    let facts: Value = serde_json::from_str(&stdout(&trained)).unwrap();
    assert_eq!((&facts["repeated"], &facts["positive"]), (&json!(1), &json!(60)));
    fs::write(&more, line("negative")).unwrap();
    let refused = train(&file, &model, &["--labelled", more.to_str().unwrap()]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(
        stderr(&refused).contains("more.jsonl:1: this text stands in "),
        "{}",
        stderr(&refused)
    );
    let both = train(&file, &model, &["--positive", "yes", "--negative", "yes"]);
    assert_eq!(both.status.code(), Some(2));
    assert!(
        stderr(&both).contains("\"yes\" is among --positive and among --negative"),
        "{}",
        stderr(&both)
    );
}

#[test]
fn a_model_that_learnt_nothing_is_not_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("numbers.jsonl");
    // No two groups have a fragment in common.
    let words = (0..24).map(|number: u32| {
        let text: String = (0..12)
            .filter_map(|at| char::from_u32(0x4e00 + number * 64 + at * 3))
            .collect();
        let label = if number.is_multiple_of(2) {
            "positive"
        } else {
            "negative"
        };
        json!({ "text": text, "label": label }).to_string()
    });
    fs::write(&path, words.collect::<Vec<_>>().join("\n")).unwrap();
    let model = folder.path().join("model.txt");
    let empty = train(path.to_str().unwrap(), &model, &[]);
    assert_eq!(empty.status.code(), Some(2), "{}", stdout(&empty));
    assert!(stderr(&empty).contains("nothing was learnt"), "{}", stderr(&empty));
    assert!(!model.exists());
}
