//! Prints every hit of the lists of the policies in real messages, so that what two versions of the scan find can be compared:
//!
//! `PROVISO_CORPUS=/path/to/corpora cargo run --release -p proviso-scan --example pack_hits > hits.tsv`
//!
//! A line a hit: file, line, list, number of the term or pattern, what was hit. How long the scan took goes to standard error.

use proviso_scan::{Folding, Gaps, List, ListContent, MatcherBuilder, lexicon, patterns};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Scans of all messages, of which the fastest is told.
const ROUNDS: usize = 5;

fn main() -> io::Result<()> {
    let Some(corpus) = std::env::var_os("PROVISO_CORPUS") else {
        eprintln!("set PROVISO_CORPUS to a folder whose folder messages has .jsonl files with a field text");
        std::process::exit(2);
    };
    let mut builder = MatcherBuilder::new();
    let mut names = Vec::new();
    for pack in files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies")) {
        for (file, folding) in lists(&pack) {
            let path = pack.join(&file);
            let text = std::fs::read_to_string(&path)?;
            let content = match folding {
                Some(folding) => ListContent::Lexicon {
                    terms: lexicon::parse(&path, &text)
                        .expect("a lexicon is valid")
                        .terms
                        .into_iter()
                        .map(|term| term.text)
                        .collect(),
                    folding,
                },
                None => ListContent::Patterns(patterns::parse(&path, &text).expect("a pattern file is valid")),
            };
            names.push(format!("{}/{file}", pack.file_name().unwrap_or_default().display()));
            builder.add(List { name: file, content });
        }
    }
    let matcher = builder.build().expect("the lists make a matcher");
    let (mut scratch, mut hits) = (matcher.scratch(), Vec::new());
    let mut out = BufWriter::new(io::stdout().lock());
    for file in files(&Path::new(&corpus).join("messages")) {
        let content = std::fs::read_to_string(&file).unwrap_or_default();
        let of_line = |line: &str| {
            let line: serde_json::Value = serde_json::from_str(line).ok()?;
            line["text"].as_str().map(str::to_owned)
        };
        let messages: Vec<String> = content.lines().filter_map(of_line).collect();
        let name = file.file_name().unwrap_or_default().display();
        for (number, message) in messages.iter().enumerate() {
            let _ = matcher.scan(message, &mut scratch, &mut hits);
            for hit in &hits {
                let text = message[hit.start as usize..hit.end as usize].escape_debug().to_string();
                let list = &names[hit.list.0 as usize];
                writeln!(out, "{name}\t{number}\t{list}\t{}\t{text}\t{}", hit.term, hit.start)?;
            }
        }
        let texts: Vec<&str> = messages.iter().map(String::as_str).collect();
        let bytes: usize = texts.iter().map(|text| text.len()).sum();
        let mut fastest_ns = f64::MAX;
        for _ in 0..ROUNDS {
            let begun = Instant::now();
            for some in texts.chunks(1_000) {
                matcher.scan_each(some, &mut scratch, |_, _| {});
            }
            fastest_ns = fastest_ns.min(begun.elapsed().as_secs_f64() * 1e9);
        }
        eprintln!(
            "{:>8.3} ns a byte, {bytes:>8} bytes  {name}",
            fastest_ns / bytes.max(1) as f64
        );
    }
    out.flush()
}

/// The lists that a pack's manifest names, with the folding of those that are lexicons.
fn lists(pack: &Path) -> Vec<(String, Option<Folding>)> {
    let manifest = std::fs::read_to_string(pack.join("pack.toml")).unwrap_or_default();
    let mut lists: Vec<(String, Option<Folding>)> = Vec::new();
    for line in manifest.lines() {
        if let Some(file) = line.strip_prefix("file = \"").and_then(|rest| rest.strip_suffix('"')) {
            let folding = file.starts_with("lexicons/").then(Folding::default);
            lists.push((file.to_owned(), folding));
        } else if let Some(fold) = line.strip_prefix("fold = ")
            && let Some((_, Some(folding))) = lists.last_mut()
        {
            folding.gaps = match fold {
                fold if fold.contains("\"punctuation\"") => Gaps::Punctuation,
                fold if fold.contains("\"spaces\"") => Gaps::Spaces,
                fold if fold.contains("\"none\"") => Gaps::None,
                _ => Gaps::Invisible,
            };
            folding.word_boundaries = !fold.contains("word-boundaries = false");
        }
    }
    lists
}

/// What is in a folder, by name; nothing if it is none.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    files.sort();
    files
}
