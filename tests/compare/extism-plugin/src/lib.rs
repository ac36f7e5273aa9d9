//! The same matcher as an extism plugin: `configure` once, then `find` for a text, or `find_batch` for several.
//!
//! Spans leave as pairs of little-endian `u32`, which costs less than the JSON that such plugins usually speak.
#![allow(missing_docs, unsafe_code, reason = "plugin_fn writes them")]

use compare_matcher::Terms;
use extism_pdk::{FnResult, WithReturnCode, plugin_fn};
use std::sync::OnceLock;

static TERMS: OnceLock<Terms> = OnceLock::new();

fn terms() -> FnResult<&'static Terms> {
    TERMS.get().ok_or_else(|| fault("configure comes first"))
}

fn fault(text: &str) -> WithReturnCode<extism_pdk::Error> {
    WithReturnCode::new(extism_pdk::Error::msg(text.to_owned()), 1)
}

#[plugin_fn]
pub fn configure(list: String) -> FnResult<()> {
    let terms = Terms::new(&list, 0, 1).map_err(|error| fault(&error))?;
    TERMS.set(terms).map_err(|_| fault("configure comes once"))
}

#[plugin_fn]
pub fn find(text: String) -> FnResult<Vec<u8>> {
    let mut spans = Vec::new();
    for (start, end) in terms()?.find(&text) {
        spans.extend(start.to_le_bytes());
        spans.extend(end.to_le_bytes());
    }
    Ok(spans)
}

/// Texts, each behind its length in bytes. For each text the number of its spans, then the spans.
#[plugin_fn]
pub fn find_batch(texts: Vec<u8>) -> FnResult<Vec<u8>> {
    let terms = terms()?;
    let mut answer = Vec::new();
    let mut rest = texts.as_slice();
    while let Some((length, behind)) = rest.split_first_chunk() {
        let length = u32::from_le_bytes(*length) as usize;
        let (text, next) = behind
            .split_at_checked(length)
            .ok_or_else(|| fault("a text ends early"))?;
        let text = std::str::from_utf8(text).map_err(|_| fault("a text is not UTF-8"))?;
        rest = next;
        let at = answer.len();
        answer.extend([0; 4]);
        let mut count = 0_u32;
        for (start, end) in terms.find(text) {
            answer.extend(start.to_le_bytes());
            answer.extend(end.to_le_bytes());
            count += 1;
        }
        answer[at..at + 4].copy_from_slice(&count.to_le_bytes());
    }
    Ok(answer)
}
