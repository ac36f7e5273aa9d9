//! What is read is checked: lines of examples, labels over files, and what people say of a model and its data.

use super::card;
use super::examples::{LabelWords, Read};
use super::tests::{examples, read};
use std::path::Path;

#[test]
fn a_line_that_is_wrong_is_a_problem_with_its_number() {
    let told = |text: &str| -> Vec<String> {
        read(&[("l.jsonl", text)])
            .unwrap_err()
            .iter()
            .map(ToString::to_string)
            .collect()
    };
    let text = "{\"text\":\"a\",\"label\":\"scam\"}\n\n{\"text\":\"b\",\"label\":\"spam\"}\n{\"text\":\"a\",\"label\":\"harmless\"}\n{\"text\":1}\n{\"text\":\"c\",\"label\":\"scam\",\"sauce\":\"x\"}\n";
    let problems = told(text);
    assert_eq!(problems.len(), 4, "{problems:?}");
    assert_eq!(
        problems[0],
        "l.jsonl:3: label \"spam\": expected \"scam\" or \"harmless\""
    );
    assert_eq!(
        problems[1],
        "l.jsonl:4: this text stands in l.jsonl:1 with the other label: keep the line that is right"
    );
    assert_eq!(problems[2], "l.jsonl:5: `text` is a number: expected a string");
    assert!(problems[3].starts_with("l.jsonl:6: unknown key \"sauce\": expected text, label, "));
    assert_eq!(told(&"x\n".repeat(5_000)).len(), 1_001);
    // Nothing that might be a message is quoted.
    for (line, said) in [
        ("\"请转账\"", "a string stands there"),
        ("{\"text\": \"请转账\"", "no JSON from byte"),
        ("{\"text\": [\"请转账\"], \"label\": \"scam\"}", "`text` is a list"),
        ("{\"text\": \"请转账\"}", "`label` is missing"),
        ("{\"text\": \"请转账\", \"label\": 1}", "`label` is a number"),
    ] {
        let told = told(line).remove(0);
        assert!(told.contains(said) && !told.contains("转账"), "{told}");
    }
    let long = told(&format!("{{\"text\":\"a\",\"label\":\"{}\"}}", "x".repeat(200))).remove(0);
    assert!(long.len() < 160, "{long}");

    let repeated = "{\"text\":\"a  b\",\"label\":\"scam\"}\n{\"text\":\"a b\",\"label\":\"scam\",\"source\":\"s\"}\n";
    let Read { examples, repeated } = read(&[("l.jsonl", repeated)]).unwrap();
    assert_eq!((examples.len(), repeated), (1, 1));
    assert_eq!(examples[0].group, "l.jsonl:1");
}

#[test]
fn labels_are_compared_over_all_files() {
    let line = |text: &str, label: &str| format!("{{\"text\":\"{text}\",\"label\":\"{label}\"}}\n");
    let (one, same, other) = (line("a b", "scam"), line("a  b", "scam"), line("a\u{a0}b", "harmless"));
    let Read { examples, repeated } = read(&[("1.jsonl", &one), ("2.jsonl", &same)]).unwrap();
    assert_eq!((examples.len(), repeated), (1, 1));
    let problems = read(&[("1.jsonl", &one), ("2.jsonl", &other)]).unwrap_err();
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert_eq!(
        problems[0].to_string(),
        "2.jsonl:1: this text stands in 1.jsonl:1 with the other label: keep the line that is right"
    );
    let word = |word: &str| vec!["x".to_owned(), word.to_owned()];
    assert_eq!(LabelWords::new(word("y"), vec!["y".to_owned()]), Err("y".to_owned()));
}

#[test]
fn what_a_card_is_told_is_checked() {
    for (name, looks_for, said) in [
        ("", "x", "the name is empty"),
        ("a\nb", "x", "a character that nobody sees"),
        ("x", "a\u{202e}b", "a character that nobody sees"),
        (&"x".repeat(65), "x", "of 65 bytes: expected 1 to 64"),
        ("x", &"x".repeat(90_000), "of 90000 bytes: expected 1 to 1024"),
    ] {
        let told = card::About::new(name, looks_for).unwrap_err();
        assert!(told.contains(said) && told.len() < 200, "{told}");
    }
    let examples = examples();
    for (text, said) in [
        (
            "[source.de]\norigin = \"x\"\n",
            "about.toml: no line has the source \"de\"",
        ),
        (
            "[source.en]\nlicense = \"x\"\n",
            "about.toml:2:1: unknown field `license`",
        ),
        ("limits = 1\n", "about.toml:1:10: invalid type"),
    ] {
        let about = card::About::new("x", "x").unwrap();
        let told = about
            .with_file(Path::new("about.toml"), text, &examples)
            .unwrap_err()
            .to_string();
        assert!(told.starts_with(said), "{told}");
    }
}
