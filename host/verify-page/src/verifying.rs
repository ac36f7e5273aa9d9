//! One verification: a file and a key in, and what is to be shown of it out.

use crate::file::{Source, SourceFile};
use crate::unsealing::Unsealing;
use proviso_evidence::shown::shown;
use proviso_evidence::tar::{TarError, TarMembers};
use proviso_evidence::verify::{Expected, verify};
use proviso_evidence::words::{Language, Said, json_of, json_of_not_an_export, said, said_of_not_an_export};
use proviso_proof::note::VerifierKey;
use serde_json::{Map, Value, json};
use std::error::Error;
use std::io::BufReader;

/// Bytes that are read at once where single fields are looked at. Members are read in larger pieces.
const PIECE_BYTES: usize = 64 * 1024;

/// Verifies a tar of so many bytes. `key` is what the reader has of the log, empty if nothing. `progress` is told of messages that were looked at.
///
/// The answer is an object with `outcome` and what is said of it in `en` and `zh`:
///
/// | `outcome` | what it is | beside it |
/// |---|---|---|
/// | `verified` | a report | `whole`, and `report`: what `proviso-verify --format json` prints |
/// | `wrong-key` | the text is no key of a log | `en` and `zh` are texts |
/// | `not-read` | the file could not be read | `en` and `zh` are texts |
pub fn verified(source: impl Source, bytes: u64, key: &str, progress: &mut dyn FnMut(u64)) -> Value {
    let key = match Some(key.trim()).filter(|key| !key.is_empty()) {
        None => None,
        Some(key) => match key.parse::<VerifierKey>() {
            Ok(key) => Some(key),
            Err(error) => return failed("wrong-key", &error),
        },
    };
    let mut unsealing = match Unsealing::new() {
        Ok(unsealing) => unsealing,
        Err(error) => return failed("not-read", &error),
    };
    let file = BufReader::with_capacity(PIECE_BYTES, SourceFile::new(source, bytes));
    let mut members = match TarMembers::open(file) {
        Ok(members) => members,
        Err(TarError::Io(error)) => return failed("not-read", &TarError::Io(error)),
        Err(error) => {
            let report = json_of_not_an_export(&error);
            return answer(false, &report, |language| said_of_not_an_export(&error, language));
        }
    };
    match verify(
        &mut members,
        &mut unsealing,
        None,
        &Expected {
            key,
            ..Expected::default()
        },
        progress,
    ) {
        Ok(report) => answer(report.is_whole(), &json_of(&report), |language| said(&report, language)),
        Err(error) => failed("not-read", &error),
    }
}

fn answer(is_whole: bool, report: &Value, said: impl Fn(Language) -> Said) -> Value {
    let mut answer = json!({ "outcome": "verified", "whole": is_whole, "report": report });
    answer
        .as_object_mut()
        .unwrap_or(&mut Map::new())
        .extend(Language::ALL.map(|language| (language.tag().to_owned(), said(language).to_json())));
    answer
}

fn failed(outcome: &str, error: &dyn Error) -> Value {
    let in_words = |language: Language| {
        let mut text = language.sentence(&error.to_string());
        let mut source = error.source();
        while let Some(error) = source {
            text.push_str(": ");
            text.push_str(&language.sentence(&error.to_string()));
            source = error.source();
        }
        shown(&text)
    };
    json!({ "outcome": outcome, "en": in_words(Language::English), "zh": in_words(Language::Chinese) })
}
