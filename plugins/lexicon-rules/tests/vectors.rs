//! The validators against test vectors: the project's own, and public ones where PROVISO_CORPUS names a folder that holds them.

use std::path::{Path, PathBuf};

use lexicon_rules::valid::Validator;
use serde_json::Value;

/// The lines of a file in each corpus: the project's, then that of PROVISO_CORPUS.
fn corpora(file: &str) -> Vec<Vec<Value>> {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/corpus");
    let others = std::env::var_os("PROVISO_CORPUS").map(PathBuf::from);
    let read = |corpus: PathBuf| {
        let path = corpus.join("vectors").join(file);
        let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        text.lines()
            .map(|line| serde_json::from_str(line).expect("a JSON value a line"))
            .collect()
    };
    [Some(own), others].into_iter().flatten().map(read).collect()
}

#[test]
fn identity_numbers_of_the_corpora() {
    for cases in corpora("cn_id_card_cases.jsonl") {
        identity_numbers(&cases);
    }
}

fn identity_numbers(cases: &[Value]) {
    let mut tried = 0;
    for case in cases {
        let number = case["id_number"].as_str().expect("a number");
        // 15-digit numbers were withdrawn in 2013, and `strict` asks for the history of every region code: neither is what the validator checks.
        if number.len() != 18 || case["strict"] == Value::Bool(true) {
            continue;
        }
        assert_eq!(Some(Validator::CnId.passes(number)), case["valid"].as_bool(), "{case}");
        tried += 1;
    }
    assert!(tried > 10, "only {tried} cases");
}

#[test]
fn cards_and_accounts_of_the_corpora() {
    for cases in corpora("presidio_recognizer_cases.jsonl") {
        cards_and_accounts(&cases);
    }
}

fn cards_and_accounts(cases: &[Value]) {
    let mut tried = 0;
    for case in cases {
        let validator = match case["recognizer"].as_str() {
            Some("iban") => Validator::Iban,
            Some("credit_card") => Validator::Luhn,
            _ => continue,
        };
        let text = case["case"]["text"].as_str().or(case["case"]["iban"].as_str());
        let (text, expected) = (text, case["case"]["expected_len"].as_u64());
        let (Some(text), Some(expected)) = (text, expected) else {
            continue;
        };
        // The validators judge a hit and take it in any case and grouping, so only cases whose whole text is one number in usual writing apply.
        let usual = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == ' ' || c == '-';
        let is_number =
            text.chars().all(usual) && text.chars().any(|c| c.is_ascii_digit()) && !text.contains("ALL CAPS");
        let is_grouped = text.chars().take(4).all(|c| c.is_ascii_alphanumeric());
        // Times in milliseconds are kept out by that recognizer's pattern, not by its checksum.
        let is_time = text.len() == 13 && text.starts_with('1');
        if !is_number || !is_grouped || is_time || text.len() > 40 {
            continue;
        }
        assert_eq!(validator.passes(text), expected == 1, "{case}");
        tried += 1;
    }
    assert!(tried > 100, "only {tried} cases");
}
