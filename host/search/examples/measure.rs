//! Builds a segment of messages of the corpora and says what it takes: bytes, time, and time of queries.
//!
//! `PROVISO_CORPUS=FOLDER cargo run --release -p proviso-search --example measure [MESSAGES [COMPARED [PART]]]` reads
//! `FOLDER/messages/*.jsonl`. Where there are fewer texts than messages, they come again with other figures and with the second half of
//! another text. Segments of `PART` messages are built, and merged. The answers of all queries are compared with a full scan of the first
//! `COMPARED` messages.

#[path = "support/corpus.rs"]
mod corpus;

use corpus::{KINDS, Random, message, texts};
use proviso_model::canonical;
use proviso_model::message::Message;
use proviso_model::time::Zone;
use proviso_search::segment::{Builder, Segment, merge};
use proviso_search::{Documents, Examiner, Labels, Prepared, Query};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, Instant};

fn main() {
    let folder = std::env::var("PROVISO_CORPUS").expect("PROVISO_CORPUS names a folder");
    let argument = |place: usize, default: u32| {
        let given = std::env::args().nth(place);
        given.map_or(default, |given| given.parse().expect("a number"))
    };
    let (count, compared) = (argument(1, 1_000_000), argument(2, 0));
    let part = argument(3, count);
    let texts = texts(&folder);
    println!(
        "{} texts of {} bytes",
        texts.len(),
        texts.iter().map(String::len).sum::<usize>() / texts.len()
    );
    let mut random = Random(1);
    let mut builder = Builder::default();
    let mut said = Vec::new();
    let (mut line_bytes, mut spent, mut memory_bytes) = (0, Duration::ZERO, 0);
    let mut parts = Vec::new();
    for number in 0..count {
        let message = message(&texts, number.into(), &mut random);
        line_bytes += canonical::to_json(&message).len() + 1;
        let from = Instant::now();
        builder
            .add(u64::from(number) * 3 + 1, &message)
            .expect("it is not full");
        if builder.len() == part || number + 1 == count {
            memory_bytes = memory_bytes.max(builder.memory_bytes());
            parts.push(written(|sink| builder.write(sink).expect("it is written")));
            builder = Builder::default();
        }
        spent += from.elapsed();
        said.push(message.text);
    }
    println!(
        "built {} segments: {:.0} messages a second, {} MB at most",
        parts.len(),
        f64::from(count) / spent.as_secs_f64(),
        memory_bytes >> 20
    );
    let pages = if parts.len() == 1 {
        parts.remove(0)
    } else {
        let from = Instant::now();
        let parts: Vec<_> = parts
            .into_iter()
            .map(|pages| Segment::open(pages).expect("it was just written"))
            .collect();
        let none: Vec<_> = parts.iter().map(|part| Documents::none(part.documents())).collect();
        let parts: Vec<_> = parts.iter().zip(&none).collect();
        let pages = written(|sink| merge(&parts, sink).expect("they are merged"));
        println!(
            "merged: {:.0} messages a second",
            f64::from(count) / from.elapsed().as_secs_f64()
        );
        pages
    };
    let count = f64::from(count);
    let bytes: usize = pages.iter().map(|page| page.len()).sum();
    let of_stream = |stream: u8| {
        pages
            .iter()
            .filter(|page| page[1] == stream)
            .map(|page| page.len())
            .sum::<usize>()
    };
    println!(
        "bytes a message: {:.1} (postings {:.1}, dictionary {:.1}, table {:.1}); a line: {:.1}; {:.3} of the lines",
        bytes as f64 / count,
        of_stream(1) as f64 / count,
        of_stream(2) as f64 / count,
        of_stream(3) as f64 / count,
        line_bytes as f64 / count,
        bytes as f64 / line_bytes as f64
    );
    let segment = Segment::open(pages).expect("it was just written");
    println!("{} terms", segment.terms());
    ask(&segment, &said, compared, &mut random);
}

fn written(write: impl FnOnce(&mut dyn FnMut(Vec<u8>) -> Result<(), Infallible>)) -> Vec<Arc<[u8]>> {
    let mut pages: Vec<Arc<[u8]>> = Vec::new();
    write(&mut |page| {
        pages.push(page.into());
        Ok(())
    });
    pages
}

/// Queries of each kind.
const OF_KIND: usize = 20;
/// What a page of answers has.
const SHOWN: usize = 50;

fn ask(segment: &Segment<Vec<Arc<[u8]>>>, said: &[String], compared: u32, random: &mut Random) {
    let at = |times: &mut Vec<Duration>, share: usize| {
        times.sort();
        times[(times.len() - 1) * share / 100].as_secs_f64() * 1e3
    };
    let mut all = Vec::new();
    let mut of_all = [Vec::new(), Vec::new()];
    println!(
        "| queries | candidates | looked at | candidates p50 ms | p95 | with the first {SHOWN} answers p50 ms | p95 |\n|---|---|---|---|---|---|---|"
    );
    for (kind, make) in KINDS {
        let (mut to_candidates, mut to_answers) = (Vec::new(), Vec::new());
        let (mut candidates, mut looked_at) = (0, 0);
        for _ in 0..OF_KIND {
            let query = std::iter::repeat_with(|| make(&said[random.below(said.len())], random))
                .flatten()
                .next()
                .expect("a text has one");
            let prepared = Prepared::new(
                &Query::parse(&query).unwrap_or_else(|error| panic!("{query}: {error}")),
                &Zone::utc(),
            );
            // Once, so that what is measured is warm.
            let _ = segment.candidates(&prepared, None, &mut ());
            let from = Instant::now();
            let found = segment.candidates(&prepared, None, &mut ()).expect("it can be read");
            let count = found.count();
            to_candidates.push(from.elapsed());
            let mut examiner = Examiner::default();
            let mut shown = 0;
            for (document, is_certain) in found.newest_first() {
                let message = of_text(said, document);
                looked_at += usize::from(!is_certain);
                // What is shown is looked at in any case: for its marks.
                shown += usize::from(examiner.examine(&prepared, &message, &Labels::default()).is_some());
                if shown == SHOWN {
                    break;
                }
            }
            to_answers.push(from.elapsed());
            candidates += count.most as usize;
            of_all[0].extend(to_candidates.last());
            of_all[1].extend(to_answers.last());
            all.push((query, prepared));
        }
        println!(
            "| {kind} | {} | {} | {:.1} | {:.1} | {:.1} | {:.1} |",
            candidates / OF_KIND,
            looked_at / OF_KIND,
            at(&mut to_candidates, 50),
            at(&mut to_candidates, 95),
            at(&mut to_answers, 50),
            at(&mut to_answers, 95)
        );
    }
    let [candidates, answers] = &mut of_all;
    println!(
        "| all | | | {:.1} | {:.1} | {:.1} | {:.1} |",
        at(candidates, 50),
        at(candidates, 95),
        at(answers, 50),
        at(answers, 95)
    );
    let mut differ = 0;
    for (query, prepared) in &all {
        let found = segment.candidates(prepared, None, &mut ()).expect("it can be read");
        let mut examiner = Examiner::default();
        let mut is = |document| {
            examiner
                .examine(prepared, &of_text(said, document), &Labels::default())
                .is_some()
        };
        let scanned: Vec<u32> = (0..compared.min(said.len() as u32))
            .filter(|document| is(*document))
            .collect();
        let candidates = found
            .documents()
            .oldest_first()
            .take_while(|document| *document < compared);
        if candidates.filter(|document| is(*document)).collect::<Vec<_>>() != scanned {
            println!("differs: {query}");
            differ += 1;
        }
    }
    println!(
        "{} queries over {compared} messages, {differ} differ from the full scan",
        all.len()
    );
}

/// A message with the text of a document, sent by whom nobody asks for.
fn of_text(said: &[String], document: u32) -> Message {
    Message {
        text: said[document as usize].clone(),
        ..message(&[String::new()], 0, &mut Random(3))
    }
}
