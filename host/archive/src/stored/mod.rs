//! The forms in which values are stored. They are types of their own, converted by hand: what the code works with may grow,
//! and what was written stays readable.
//!
//! `content` and `judgement` are the two parts of a record, as bytes whose first one is the form. The others are JSON in
//! columns: a value that gains a field gains it here with `#[serde(default)]`, so that rows of before are read. A change that
//! this cannot express is a second form, beside the first. Each form has a file in `golden/` that every later program reads.

pub(crate) mod basis;
pub(crate) mod codes;
pub(crate) mod content;
pub(crate) mod decision;
pub(crate) mod disposed_again;
pub(crate) mod judgement;
pub(crate) mod lists;
pub(crate) mod requested;
#[cfg(test)]
mod samples;
mod unreadable;
pub(crate) mod verdict;

/// Bytes of a golden file.
#[cfg(test)]
fn unhex(text: &str) -> Vec<u8> {
    let digits = text.trim_end().as_bytes();
    let pairs = digits.chunks(2).map(|pair| str::from_utf8(pair).expect("digits"));
    pairs
        .map(|pair| u8::from_str_radix(pair, 16).expect("hexadecimal digits"))
        .collect()
}
