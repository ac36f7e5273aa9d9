//! Prints `data/words.txt` from the dictionary of jieba.
//!
//! `cargo run -p proviso-scan --example words -- dict.txt`
//!
//! The dictionary has lines `word frequency part-of-speech`. Kept are words of one to six Chinese characters that it counts at
//! least [`FREQUENCY_MIN`] times; frequencies are rounded to two digits, and words of one frequency share a line. The notice
//! at the top of the file stays.

use std::collections::BTreeMap;
use std::{env, fs, io};

/// Rarer words are left out: with all 349,045 of them, 18 more of some 61,900 hits of the policies' terms of two and three characters
/// would fall, of which 15 are whole phrases.
const FREQUENCY_MIN: u64 = 20;
const WORD_CHARS_MAX: usize = 6;

fn main() -> io::Result<()> {
    let mut words: BTreeMap<u64, Vec<String>> = BTreeMap::new();
    for path in env::args().skip(1) {
        for line in fs::read_to_string(path)?.lines() {
            let mut fields = line.split(' ');
            let (Some(word), Some(Ok(frequency))) = (fields.next(), fields.next().map(str::parse)) else {
                continue;
            };
            let is_han = |c: char| ('\u{4e00}'..='\u{9fff}').contains(&c);
            if frequency >= FREQUENCY_MIN && word.chars().all(is_han) && word.chars().count() <= WORD_CHARS_MAX {
                words.entry(rounded(frequency)).or_default().push(word.to_owned());
            }
        }
    }
    for line in include_str!("../data/words.txt")
        .lines()
        .take_while(|line| line.starts_with('#'))
    {
        println!("{line}");
    }
    for (frequency, mut words) in words.into_iter().rev() {
        words.sort_unstable();
        println!("{frequency} {}", words.join(" "));
    }
    Ok(())
}

/// To two digits.
fn rounded(frequency: u64) -> u64 {
    let mut unit = 1;
    while frequency / unit >= 100 {
        unit *= 10;
    }
    (frequency + unit / 2) / unit * unit
}
