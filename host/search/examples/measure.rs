//! Builds a segment of messages of the corpora and says what it takes: bytes, time, and time of queries.
//!
//! `PROVISO_CORPUS=FOLDER cargo run --release -p proviso-search --example measure [MESSAGES [COMPARED [PART]]]` reads
//! `FOLDER/messages/*.jsonl`. Where there are fewer texts than messages, they come again with other figures and with the second half of
//! another text. Segments of `PART` messages are built, and merged. The answers of all queries are compared with a full scan of the first
//! `COMPARED` messages.

use proviso_model::message::{Direction, Kind, Message, Party, PartyClass};
use proviso_model::time::Zone;
use proviso_model::{MessageId, Timestamp, canonical};
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

type Make = fn(&str, &mut Random) -> Option<String>;

/// Kinds of queries, each made of what stands in some text.
const KINDS: [(&str, Make); 15] = [
    ("1 ideograph", |text, random| han(text, 1, random)),
    ("2 ideographs", |text, random| han(text, 2, random)),
    ("3 ideographs", |text, random| han(text, 3, random)),
    ("4-8 ideographs", |text, random| {
        let count = 4 + random.below(5);
        han(text, count, random)
    }),
    ("a word", |text, random| latin(text, 1, random)),
    ("a phrase of 2 words", |text, random| {
        Some(format!("{:?}", latin(text, 2, random)?))
    }),
    ("a phrase of 4 words", |text, random| {
        Some(format!("{:?}", latin(text, 4, random)?))
    }),
    ("3 words", |text, random| latin(text, 3, random)),
    ("3 letters and *", |text, random| {
        Some(format!("{}*", latin(text, 1, random)?.get(..3)?))
    }),
    ("3 letters within *", |text, random| {
        Some(format!("*{}*", latin(text, 1, random)?.get(..3)?))
    }),
    ("a number of 4 or more digits", |text, _| {
        let number = text
            .split(|c: char| !c.is_ascii_digit())
            .find(|number| number.len() >= 4)?;
        Some(number.to_owned())
    }),
    ("a word NEAR/5 another", |text, random| {
        let words = latin(text, 3, random)?;
        let (first, rest) = words.split_once(' ')?;
        Some(format!("{first} NEAR/5 {}", rest.split_once(' ')?.1))
    }),
    ("2 ideographs without 2 others", |text, random| {
        Some(format!("{} NOT {}", han(text, 2, random)?, han(text, 2, random)?))
    }),
    ("one of 4", |text, random| {
        Some(format!(
            "{} OR {} OR {} OR bank",
            han(text, 2, random)?,
            han(text, 2, random)?,
            han(text, 3, random)?
        ))
    }),
    ("2 ideographs in 3 days, without addresses", |text, random| {
        Some(format!(
            "{} since:2026-01-10 until:2026-01-12 -entity:url",
            han(text, 2, random)?
        ))
    }),
];

fn han(text: &str, count: usize, random: &mut Random) -> Option<String> {
    let rows: Vec<Vec<char>> = text
        .split(|c: char| !('\u{4e00}'..='\u{9fff}').contains(&c))
        .map(|row| row.chars().collect())
        .filter(|row: &Vec<char>| row.len() >= count)
        .collect();
    let row = rows.get(random.below(rows.len().max(1)))?;
    let from = random.below(row.len() - count + 1);
    let found: String = row[from..from + count].iter().collect();
    (found != "与" && found != "或" && found != "非").then_some(found)
}

fn latin(text: &str, count: usize, random: &mut Random) -> Option<String> {
    let words: Vec<&str> = text
        .split(' ')
        .filter(|word| word.bytes().all(|byte| byte.is_ascii_lowercase()))
        .filter(|word| !word.is_empty())
        .collect();
    let from = random.below(words.len().checked_sub(count)? + 1);
    Some(words[from..from + count].join(" "))
}

struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % end
    }

    /// Most often a small one.
    fn skewed(&mut self, end: usize) -> usize {
        let below = self.below(end) + 1;
        self.below(below)
    }
}

fn texts(folder: &str) -> Vec<String> {
    let mut paths: Vec<_> = std::fs::read_dir(format!("{folder}/messages"))
        .expect("a folder with messages")
        .map(|entry| entry.expect("a file").path())
        .collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "jsonl"));
    paths.sort();
    let mut all = Vec::new();
    for path in paths {
        for line in std::fs::read_to_string(path).expect("a file").lines() {
            let row: serde_json::Value = serde_json::from_str(line).expect("JSON lines");
            let turns = row["turns"].as_array().into_iter().flatten().map(|turn| &turn["text"]);
            let texts = [&row["text"], &row["body"]].into_iter().chain(turns);
            all.extend(texts.filter_map(|text| text.as_str()).map(str::to_owned));
        }
    }
    // Of all corpora by turns, so that a part of the texts has both languages.
    let mut random = Random(2);
    for place in (1..all.len()).rev() {
        all.swap(place, random.below(place + 1));
    }
    all
}

fn message(texts: &[String], number: u64, random: &mut Random) -> Message {
    let text = &texts[number as usize % texts.len()];
    let text = if (number as usize) < texts.len() {
        text.clone()
    } else {
        let other = &texts[random.below(texts.len())];
        let half = |text: &str| text.floor_char_boundary(text.len() / 2);
        let varied = format!("{}{}", &text[..half(text)], &other[half(other)..]);
        let digit = |random: &mut Random| char::from(b'0' + random.below(10) as u8);
        varied
            .chars()
            .map(|c| if c.is_ascii_digit() { digit(random) } else { c })
            .collect()
    };
    let conversation = random.skewed(30_000);
    let customer = format!("wmBQADcQAAQ8vV{conversation:06}JkFv3uQ");
    let employee = format!("employee.{}", conversation % 3_000);
    let is_inbound = random.below(2) == 0;
    let (from, to) = if is_inbound {
        (&customer, &employee)
    } else {
        (&employee, &customer)
    };
    let party = |id: &String| Party {
        id: id.clone(),
        class: if *id == customer {
            PartyClass::External
        } else {
            PartyClass::Employee
        },
        department: String::new(),
    };
    Message {
        id: Arc::new(MessageId {
            tenant: "bank".to_owned(),
            channel: "wecom".to_owned(),
            native: format!("{number:020}_external"),
        }),
        kind: if random.below(20) == 0 {
            Kind::Markdown
        } else {
            Kind::Text
        },
        native_kind: String::new(),
        direction: if is_inbound {
            Direction::Inbound
        } else {
            Direction::Outbound
        },
        sender: party(from),
        recipients: vec![party(to)],
        conversation: format!("{employee}|{customer}"),
        sent_at: Timestamp::from_millis(1_767_225_600_000 + number as i64 * 2_600 + random.below(60_000) as i64)
            .expect("a time"),
        text,
        amount: None,
        attachments: Vec::new(),
        links: Vec::new(),
        recalls: None,
        consent: None,
        notes: Vec::new(),
        raw: "".into(),
    }
}
