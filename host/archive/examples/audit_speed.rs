//! How fast an archive is audited: `cargo run --release -p proviso-archive --example audit_speed [MESSAGES] [FOLDER]`.

#[path = "../tests/support/mod.rs"]
mod support;

use proviso_archive::Archive;
use std::path::PathBuf;
use std::time::Instant;
use support::{Write, batch, entry, generation};

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let messages: usize = arguments
        .next()
        .map_or(1_000_000, |text| text.parse().expect("a number of messages"));
    let folder = arguments.next().map_or_else(std::env::temp_dir, PathBuf::from);
    let folder = tempfile::tempdir_in(&folder).expect("a folder to write to");
    let archive = Archive::open(folder.path().join("a.db")).await.expect("a new archive");
    archive
        .activate(&support::activation(generation("first"), 0))
        .await
        .expect("a live generation");
    for first in (0..messages).step_by(500) {
        let entries = (first..messages.min(first + 500)).map(|n| entry(&format!("m{n}"), n));
        archive
            .ingest(&batch(entries.collect()))
            .await
            .expect("a written batch");
    }
    let start = Instant::now();
    let audit = archive.audit(None).await.expect("an audit");
    let seconds = start.elapsed().as_secs_f64();
    assert!(audit.is_whole(), "{:?}", audit.named().collect::<Vec<_>>());
    println!(
        "{} entries in {} transactions: {seconds:.1} s, {:.0} entries a second",
        audit.log.entries,
        audit.log.leaves,
        audit.log.entries as f64 / seconds
    );
    archive.close().await;
}
