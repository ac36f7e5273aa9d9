//! The forms in which values are stored. They are types of their own, converted by hand: what the code works with may grow,
//! and what was written stays readable.
//!
//! The two parts of a record, as bytes whose first one is the form, are in `proviso_record`: whoever verifies what was given away reads
//! them by the same code. The forms here are JSON in columns: a value that gains a field gains it here with `#[serde(default)]`, so that rows of before are read. A change that
//! this cannot express is a second form, beside the first. Each form has a file in `golden/` that every later program reads.

pub(crate) mod basis;
#[cfg(test)]
mod content_tests;
pub(crate) mod disposed_again;
#[cfg(test)]
mod judgement_tests;
pub(crate) mod lists;
pub(crate) mod requested;
#[cfg(test)]
mod samples;
pub(crate) mod saved_query;

pub(crate) use proviso_record::{codes, content, decision, judgement, verdict};

/// Bytes of a golden file.
#[cfg(test)]
fn unhex(text: &str) -> Vec<u8> {
    let digits = text.trim_end().as_bytes();
    let pairs = digits.chunks(2).map(|pair| str::from_utf8(pair).expect("digits"));
    pairs
        .map(|pair| u8::from_str_radix(pair, 16).expect("hexadecimal digits"))
        .collect()
}
