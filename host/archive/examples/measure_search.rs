//! Fills an archive with messages of the corpora, indexes it, and says what that takes and how long queries take.
//!
//! `PROVISO_CORPUS=FOLDER cargo run --release -p proviso-archive --example measure_search WITHIN [MESSAGES [COMPARED]]` reads
//! `FOLDER/messages/*.jsonl` and makes the archive within the folder `WITHIN`; one that is there is asked as it is. The answers of all queries among the first `COMPARED` messages
//! are compared with a look at each.

#[path = "../../search/examples/support/corpus.rs"]
mod corpus;

use corpus::{KINDS, Random, message, texts};
use proviso_archive::{Activated, Activation, Archive, Cause, Change, Entry, GenerationRecord, IngestBatch, Search};
use proviso_model::limits::TRANSACTION_MESSAGES_MAX;
use proviso_model::time::Zone;
use proviso_model::{Addressed, Digest, Message, Principal, Timestamp, Verdict, canonical};
use proviso_search::{Examiner, Labels, Prepared, Query};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Queries of each kind.
const OF_KIND: usize = 20;
/// Messages of a transaction.
const BATCH: usize = TRANSACTION_MESSAGES_MAX;

#[tokio::main]
async fn main() {
    let folder = std::env::var("PROVISO_CORPUS").expect("PROVISO_CORPUS names a folder");
    let within = std::env::args().nth(1).expect("the first argument names a folder");
    let argument = |place: usize, default: usize| {
        let given = std::env::args().nth(place);
        given.map_or(default, |given| given.parse().expect("a number"))
    };
    let (count, compared) = (argument(2, 1_000_000), argument(3, 0));
    let texts = texts(&folder);
    let mut random = Random(1);
    let path = PathBuf::from(within).join("search.db");
    let is_new = !path.exists();
    let archive = Archive::open(&path).await.expect("it is opened");
    if is_new {
        begin(&archive).await;
    }
    let (mut said, mut line_bytes) = (Vec::with_capacity(count), 0);
    let mut batch = Vec::new();
    for number in 0..count {
        let message = message(&texts, number as u64, &mut random);
        line_bytes += canonical::to_json(&message).len() + 1;
        said.push((message.text.clone(), message.sent_at));
        if is_new {
            batch.push(entry(message));
            if batch.len() == BATCH || number + 1 == count {
                let entries = std::mem::take(&mut batch);
                let batch = IngestBatch {
                    entries,
                    ..IngestBatch::new(now())
                };
                archive
                    .commit(Change::Messages(&batch), &who())
                    .await
                    .expect("it is written");
            }
        }
    }
    drop(texts);
    index(&archive, line_bytes).await;
    archive.close().await;
    ask(&path, &said, compared, &mut random).await;
}

fn now() -> Timestamp {
    Timestamp::from_millis(1_800_000_000_000).expect("a time")
}

fn who() -> Principal {
    Principal::system("measure")
}

/// Memory of this process at most, in MB.
fn memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok());
    kilobytes.unwrap_or_default() >> 10
}

async fn begin(archive: &Archive) {
    let generation = GenerationRecord {
        id: Digest::of(b"measure"),
        recorded_at: now(),
        engine_version: String::new(),
        packs: Vec::new(),
        set_file: String::new(),
        set_text: String::new(),
        set_json: "{}".to_owned(),
    };
    let activation = Activation {
        generation: Activated::Built(generation),
        trust: None,
        at: now(),
        cause: Cause::Start,
        why: String::new(),
        changed: String::new(),
    };
    archive
        .commit(Change::Activation(&activation), &who())
        .await
        .expect("it is written");
}

fn entry(message: Message) -> Entry {
    Entry {
        verdict: Verdict {
            message: message.id.clone(),
            generation: Digest::of(b"measure"),
            input: message.content_digest(),
            packs: [].into(),
            preceding: Vec::new(),
            truncated: false,
            withheld: None,
            held: false,
            findings: Vec::new(),
            proposals: Vec::new(),
            scores: Vec::new(),
            faults: Vec::new(),
        },
        fuel: 0,
        department: None,
        retention: None,
        directory: None,
        basis: None,
        advances: Vec::new(),
        message: Arc::new(Addressed::from(message)),
    }
}

async fn index(archive: &Archive, line_bytes: usize) {
    let (from, mut indexed, mut building) = (Instant::now(), 0, Duration::ZERO);
    loop {
        let pass = archive.index(now(), &who()).await.expect("it is indexed");
        if pass.is_idle() {
            break;
        }
        indexed += pass.indexed;
        if pass.indexed > 0 {
            building = from.elapsed();
        }
    }
    if indexed > 0 {
        println!(
            "indexed {:.0} messages a second, {:.0} with all merges; {} MB of memory at most",
            indexed as f64 / building.as_secs_f64(),
            indexed as f64 / from.elapsed().as_secs_f64(),
            memory()
        );
    }
    let report = archive.index_report().await.expect("it is read");
    println!(
        "{} messages in {} segments of {} bytes: {:.1} a message, {:.3} of the lines",
        report.messages,
        report.segments,
        report.bytes,
        report.bytes as f64 / report.messages as f64,
        report.bytes as f64 / line_bytes as f64
    );
}

fn at(times: &mut [Duration], share: usize) -> f64 {
    times.sort();
    times[(times.len() - 1) * share / 100].as_secs_f64() * 1e3
}

async fn ask(path: &Path, said: &[(String, Timestamp)], compared: usize, random: &mut Random) {
    let mut queries = Vec::new();
    for (kind, make) in KINDS {
        for _ in 0..OF_KIND {
            let made = std::iter::repeat_with(|| make(&said[random.below(said.len())].0, random));
            queries.push((kind, made.flatten().next().expect("a text has one")));
        }
    }
    let (mut cold, mut warm) = (Vec::new(), Vec::new());
    // Nothing of the index is in this process's memory, and as little as may be in the system's.
    for (_, query) in queries.iter().step_by(7) {
        let _ = std::fs::write("/proc/sys/vm/drop_caches", "1");
        let archive = Archive::open_readonly(path).await.expect("it is opened");
        let from = Instant::now();
        archive.search(&search(query)).await.expect("it is searched");
        cold.push(from.elapsed());
        archive.close().await;
    }
    println!(
        "cold: {} queries, p50 {:.0} ms, p95 {:.0} ms",
        cold.len(),
        at(&mut cold, 50),
        at(&mut cold, 95)
    );
    let archive = Archive::open_readonly(path).await.expect("it is opened");
    println!("| queries | looked at | p50 ms | p95 |\n|---|---|---|---|");
    for of_kind in queries.chunks(OF_KIND) {
        let (mut times, mut looked_at) = (Vec::new(), 0);
        for (_, query) in of_kind {
            let search = search(query);
            archive.search(&search).await.expect("it is searched");
            let from = Instant::now();
            looked_at += archive.search(&search).await.expect("it is searched").looked_at;
            times.push(from.elapsed());
        }
        println!(
            "| {} | {} | {:.1} | {:.1} |",
            of_kind[0].0,
            looked_at / OF_KIND as u64,
            at(&mut times, 50),
            at(&mut times, 95)
        );
        warm.extend(times);
    }
    println!(
        "warm: {} queries, p50 {:.1} ms, p95 {:.1} ms; {} MB of memory at most",
        warm.len(),
        at(&mut warm, 50),
        at(&mut warm, 95),
        memory()
    );
    let mut differ = 0;
    for (_, query) in queries.iter().filter(|_| compared > 0) {
        let mut search = search(query);
        (search.limit, search.before) = (1_000, Some(compared as i64 + 1));
        let mut found = Vec::new();
        loop {
            let page = archive.search(&search).await.expect("it is searched");
            found.extend(page.matches.iter().map(|one| one.arrival));
            search.before = page.next;
            if page.next.is_none() {
                break;
            }
        }
        if found != scanned(query, &said[..compared]) {
            println!("differs: {query}");
            differ += 1;
        }
    }
    println!(
        "{} queries over {compared} messages, {differ} differ from the full scan",
        queries.len()
    );
    archive.close().await;
}

fn search(query: &str) -> Search {
    let query = Query::parse(query).unwrap_or_else(|error| panic!("{query}: {error}"));
    let mut search = Search::new(&query, Zone::utc());
    search.limit = 50;
    search
}

/// The arrivals that a look at each finds, the last first.
fn scanned(query: &str, said: &[(String, Timestamp)]) -> Vec<i64> {
    let prepared = Prepared::new(&Query::parse(query).expect("it was read before"), &Zone::utc());
    let mut examiner = Examiner::default();
    let mut random = Random(3);
    let mut found = Vec::new();
    let mut of = message(&[String::new()], 0, &mut random);
    for (arrival, (text, sent_at)) in (1..).zip(said) {
        of.text.clone_from(text);
        of.sent_at = *sent_at;
        if examiner.examine(&prepared, &of, &Labels::default()).is_some() {
            found.push(arrival);
        }
    }
    found.reverse();
    found
}
