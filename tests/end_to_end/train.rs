//! `proviso pack train`: a model and its card come of labelled texts, a pack takes the model, and mistakes are told.

use crate::support::{run, stderr, stdout};
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
