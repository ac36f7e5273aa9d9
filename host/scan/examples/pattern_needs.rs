//! What each pattern of the policies needs of a text, and how often it is run over real messages:
//!
//! `PROVISO_CORPUS=/path/to/corpora cargo run --release -p proviso-scan --example pattern_needs`
//!
//! A line a pattern: messages that it was run over, messages that it matched, name, needs. Other pattern files can be
//! named as arguments.

use proviso_scan::{List, ListContent, MatcherBuilder, patterns};
use std::path::{Path, PathBuf};

fn main() {
    let Some(corpus) = std::env::var_os("PROVISO_CORPUS") else {
        eprintln!("set PROVISO_CORPUS to a folder whose folder messages has .jsonl files with a field text");
        std::process::exit(2);
    };
    let messages = messages(&Path::new(&corpus).join("messages"));
    let mut named: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    if named.is_empty() {
        named = policies();
    }
    let mut builder = MatcherBuilder::new();
    let mut rows = Vec::new();
    for path in &named {
        let text = std::fs::read_to_string(path).expect("a pattern file can be read");
        let patterns = patterns::parse(path, &text).expect("a pattern file is valid");
        let names = patterns.patterns.iter().map(|pattern| (0, 0, pattern.name.clone()));
        rows.push(names.collect::<Vec<(u32, u32, String)>>());
        builder.add(List {
            name: path.display().to_string(),
            content: ListContent::Patterns(patterns),
        });
    }
    let matcher = builder.build().expect("patterns make a matcher");

    let (mut scratch, mut hits) = (matcher.scratch(), Vec::new());
    for message in &messages {
        let _ = matcher.scan(message, &mut scratch, &mut hits);
        for (list, item) in matcher.patterns_run(&scratch) {
            rows[list.0 as usize][item as usize].0 += 1;
        }
        hits.sort_unstable_by_key(|hit| (hit.list, hit.term));
        hits.dedup_by_key(|hit| (hit.list, hit.term));
        for hit in &hits {
            rows[hit.list.0 as usize][hit.term as usize].1 += 1;
        }
    }
    let mut lines: Vec<_> = matcher
        .pattern_needs()
        .map(|(list, item, needs)| (&rows[list.0 as usize][item as usize], needs))
        .collect();
    lines.sort_unstable_by_key(|((run, _, _), _)| u32::MAX - run);
    for ((run, matched, name), needs) in &lines {
        println!("{run:>7} {matched:>7}  {name:<24} {needs:?}");
    }
    let runs: u32 = lines.iter().map(|((run, _, _), _)| run).sum();
    println!(
        "{} messages, {} patterns, {:.2} runs a message",
        messages.len(),
        lines.len(),
        f64::from(runs) / messages.len().max(1) as f64
    );
}

fn policies() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies");
    files(&root)
        .iter()
        .flat_map(|pack| files(&pack.join("patterns")))
        .collect()
}

fn messages(folder: &Path) -> Vec<String> {
    let mut messages = Vec::new();
    for file in files(folder) {
        let text = std::fs::read_to_string(&file).unwrap_or_default();
        messages.extend(text.lines().filter_map(|line| {
            let line: serde_json::Value = serde_json::from_str(line).ok()?;
            line["text"].as_str().map(str::to_owned)
        }));
    }
    messages
}

/// What is in a folder, by name; nothing if it is none.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    files.sort();
    files
}
