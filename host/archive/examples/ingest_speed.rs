//! How fast messages are archived: `cargo run --release -p proviso-archive --example ingest_speed [MESSAGES] [FOLDER]`.
//!
//! Each message has about 150 bytes of text and 300 of raw content; one in ten has a finding. What is measured is what the
//! daemon does for each batch: `known`, then the commit, with every commit on disk.

#[path = "../tests/support/mod.rs"]
mod support;

use proviso_archive::{Archive, ConversationKey, Entry, IngestBatch};
use proviso_model::verdict::Severity;
use std::path::PathBuf;
use std::time::Instant;
use support::{Write, advance, batch, entry, finding, generation, offset, retention, score};

/// What every message brings beside itself and its verdict.
struct Load {
    name: &'static str,
    batch: usize,
    retention: bool,
    fold: bool,
}

const LOADS: [Load; 4] = [
    Load {
        name: "message, verdict, findings on 10 %",
        batch: 512,
        retention: false,
        fold: false,
    },
    Load {
        name: "the same, and retention",
        batch: 512,
        retention: true,
        fold: false,
    },
    Load {
        name: "the same, and a fold with a score",
        batch: 512,
        retention: true,
        fold: true,
    },
    Load {
        name: "the same, in batches of 64",
        batch: 64,
        retention: true,
        fold: true,
    },
];

fn entry_number(n: usize, load: &Load) -> Entry {
    let mut entry = entry(
        &format!("msg-{:016x}-{n}", (n as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15)),
        n,
    );
    if n.is_multiple_of(10) {
        entry.verdict.findings = vec![finding("guaranteed-return", Severity::High)];
    }
    if load.retention {
        entry.retention = Some(retention(Some("2046-01-31")));
    }
    if load.fold {
        let key = format!("staff-{}", n % 20);
        entry.verdict.scores = vec![score(&key, (n % 100) as f64, "m")];
        entry.advances = vec![advance(&key, &[7; 200], &[7; 200])];
    }
    entry
}

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let messages: usize = arguments
        .next()
        .map_or(100_000, |text| text.parse().expect("a number of messages"));
    let folder = arguments.next().map_or_else(std::env::temp_dir, PathBuf::from);
    for load in &LOADS {
        let folder = tempfile::tempdir_in(&folder).expect("a folder to write to");
        let path = folder.path().join("a.db");
        let archive = Archive::open(&path).await.expect("a new archive");
        archive
            .activate(&support::activation(generation("first"), 0))
            .await
            .expect("a live generation");
        let batches: Vec<IngestBatch> = (0..messages)
            .collect::<Vec<_>>()
            .chunks(load.batch)
            .map(|chunk| {
                let entries = chunk.iter().map(|n| entry_number(*n, load)).collect();
                let last = chunk[chunk.len() - 1] as u64 + 1;
                IngestBatch {
                    offsets: vec![offset(last * 400, last)],
                    ..batch(entries)
                }
            })
            .collect();
        let (mut known, mut ingest) = (0.0, 0.0);
        for batch in &batches {
            let start = Instant::now();
            let asked: Vec<_> = batch
                .entries
                .iter()
                .map(|entry| (&*entry.message.id, entry.message.digest()))
                .collect();
            assert_eq!(archive.known(&asked).await.expect("an answer").len(), asked.len());
            known += start.elapsed().as_secs_f64();
            let start = Instant::now();
            archive.ingest(batch).await.expect("a written batch");
            ingest += start.elapsed().as_secs_f64();
        }
        let keys: Vec<_> = (0..50)
            .map(|n| ConversationKey::of(&support::message("x", n)))
            .collect();
        let start = Instant::now();
        let found = archive.preceding(&keys, 5).await.expect("preceding messages");
        let preceding = start.elapsed().as_secs_f64() / found.iter().flatten().count() as f64;
        archive.close().await;
        let bytes = std::fs::metadata(&path).expect("the file").len();
        println!(
            "{:<36} {:>8.0} messages/s   known {:>5.1} µs, ingest {:>5.1} µs a message; {:>5} bytes on disk; preceding {:.1} µs each",
            load.name,
            messages as f64 / (known + ingest),
            known * 1e6 / messages as f64,
            ingest * 1e6 / messages as f64,
            bytes / messages as u64,
            preceding * 1e6,
        );
    }
}
