//! Shows which hits of a lexicon `word_segmentation` drops, and which of those that stay are in doubt.
//!
//! `cargo run --release -p proviso-scan --example borders -- LEXICON.txt MESSAGES.jsonl …`
//!
//! Messages are objects with a string `text`, or with a list `turns` of such objects. A line each: `drops` or `stays`, how many
//! times as probable the words are that cross the hit's borders, the hit in its context, and the words. Hits whose borders no
//! word crosses are counted only.

use proviso_scan::{Folding, Hit, List, ListContent, Matcher, MatcherBuilder, borders, lexicon};
use serde_json::Value;
use std::error::Error;
use std::path::Path;
use std::time::{Duration, Instant};
use std::{env, fs};

const CONTEXT_CHARS: usize = 8;

fn main() -> Result<(), Box<dyn Error>> {
    let mut paths = env::args().skip(1);
    let path = paths.next().ok_or("expected a lexicon and files of messages")?;
    let lexicon =
        lexicon::parse(Path::new(&path), &fs::read_to_string(&path)?).map_err(|problems| format!("{problems:?}"))?;
    let terms: Vec<String> = lexicon.terms.into_iter().map(|term| term.text).collect();
    let texts = paths.map(|path| texts(&path)).collect::<Result<Vec<_>, _>>()?.concat();

    let started = Instant::now();
    let asking = matcher(&terms, true);
    let built = started.elapsed();
    let plain = matcher(&terms, false);
    let (all, without) = hits(&plain, &texts);
    let (left, with) = hits(&asking, &texts);
    for (text, (all, left)) in texts.iter().zip(all.iter().zip(&left)) {
        for hit in all {
            let span = hit.start as usize..hit.end as usize;
            let Some(division) = borders::divide(text, span.clone()).filter(|division| division.times > 1.0) else {
                continue;
            };
            assert_eq!(division.stays, left.contains(hit), "{text}");
            let before = text[..span.start]
                .chars()
                .rev()
                .take(CONTEXT_CHARS)
                .map(char::len_utf8)
                .sum::<usize>();
            let behind: String = text[span.end..].chars().take(CONTEXT_CHARS).collect();
            let line = format!("{}[{}]{behind}", &text[span.start - before..span.start], &text[span]);
            println!(
                "{}\t{:.0}\t{}\t{}",
                if division.stays { "stays" } else { "drops" },
                division.times,
                line.replace(['\n', '\r', '\t'], " "),
                division.words.join("|")
            );
        }
    }
    let count = |hits: &[Vec<Hit>]| hits.iter().map(Vec::len).sum::<usize>();
    eprintln!(
        "{} texts, {} hits, {} of them stay",
        texts.len(),
        count(&all),
        count(&left)
    );
    eprintln!("built in {built:.0?}; scanned in {without:.1?} without the option, {with:.1?} with it");
    Ok(())
}

fn texts(path: &str) -> Result<Vec<String>, Box<dyn Error>> {
    let mut texts = Vec::new();
    for line in fs::read_to_string(path)?.lines() {
        let message: Value = serde_json::from_str(line)?;
        let turns = message["turns"]
            .as_array()
            .map_or(std::slice::from_ref(&message), Vec::as_slice);
        texts.extend(turns.iter().filter_map(|turn| turn["text"].as_str()).map(str::to_owned));
    }
    Ok(texts)
}

fn matcher(terms: &[String], word_segmentation: bool) -> Matcher {
    let mut builder = MatcherBuilder::new();
    builder.add(List {
        name: "terms".to_owned(),
        content: ListContent::Lexicon {
            terms: terms.to_vec(),
            folding: Folding {
                word_segmentation,
                ..Folding::default()
            },
        },
    });
    builder.build().expect("a lexicon that was read has good terms")
}

/// The hits of each text, and the shortest time of five.
fn hits(matcher: &Matcher, texts: &[String]) -> (Vec<Vec<Hit>>, Duration) {
    let (mut scratch, mut hits) = (matcher.scratch(), Vec::new());
    let mut all = Vec::new();
    let mut shortest = Duration::MAX;
    for _ in 0..5 {
        all.clear();
        let started = Instant::now();
        for text in texts {
            let _ = matcher.scan(text, &mut scratch, &mut hits);
            all.push(hits.clone());
        }
        shortest = shortest.min(started.elapsed());
    }
    (all, shortest)
}
