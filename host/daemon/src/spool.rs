//! Follows the spool folders and hands what they hold to the writer, file by file.

use crate::config::SpoolConfig;
use crate::delivery::{Delivery, Queue};
use anyhow::Context;
use notify::{RecursiveMode, Watcher};
use proviso_archive::{Archive, SourceError, SourceOffset, SourcePlace};
use proviso_model::Message;
use proviso_model::limits::TRANSACTION_MESSAGES_MAX;
use proviso_sources::{Spool, SpoolItem, SpoolOffset};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// How often a folder is looked at although nothing was said of it.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// How long a spool rests after a commit that failed.
const REST_AFTER_FAILURE: Duration = Duration::from_secs(1);

/// Follows one folder until cancelled.
pub(crate) async fn follow(
    config: SpoolConfig,
    archive: Archive,
    queue: Queue,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    let mut spool = Spool::new(config.folder.clone(), config.format, config.context.clone());
    let (sender, mut changed) = mpsc::channel::<()>(1);
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        // Listing the folder and reading its files are events too: those that this task makes itself.
        if event.is_ok_and(|event| !event.kind.is_access()) {
            let _ = sender.try_send(());
        }
    })?;
    watcher.watch(&config.folder, RecursiveMode::NonRecursive)?;
    spool.set_offsets(recorded(&archive, &config.name).await?);
    while !stop.is_cancelled() {
        let items = match spool.poll(TRANSACTION_MESSAGES_MAX).await {
            Ok(items) => items,
            Err(error) => {
                // The folder may come back; what is in it is read then.
                tracing::error!(source = config.name, %error, "a spool cannot be read");
                Vec::new()
            }
        };
        if items.is_empty() {
            tokio::select! {
                () = stop.cancelled() => break,
                _ = changed.recv() => {}
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
            continue;
        }
        if !deliver(&config.name, items, &queue).await {
            // Not committed: read again from what the archive has.
            spool.set_offsets(recorded(&archive, &config.name).await?);
            tokio::select! {
                () = stop.cancelled() => break,
                () = tokio::time::sleep(REST_AFTER_FAILURE) => {}
            }
        }
    }
    Ok(())
}

/// How far each file was read, as far as the archive knows.
async fn recorded(archive: &Archive, source: &str) -> anyhow::Result<Vec<SpoolOffset>> {
    let offsets = archive.offsets(source).await?.into_iter();
    let read = offsets.map(|read| {
        let key = read
            .file
            .parse()
            .with_context(|| format!("the archive's offset of source {source:?} names no file"))?;
        Ok(SpoolOffset {
            key,
            offset: read.offset,
            lines: read.line,
        })
    });
    read.collect()
}

/// Hands over what one poll gave; true if all of it is committed.
async fn deliver(source: &str, items: Vec<SpoolItem>, queue: &Queue) -> bool {
    let mut waiting = Vec::new();
    for run in by_file(source, items) {
        let delivery = Delivery::from_spool(queue, source, &run.file, run.messages, run.errors, run.offset).await;
        let Some((delivery, done)) = delivery else { return false };
        if queue.send(delivery).await.is_err() {
            return false;
        }
        waiting.push(done);
    }
    for done in waiting {
        if !matches!(done.await, Ok(Ok(_))) {
            return false;
        }
    }
    true
}

/// Items of one file, in order.
struct Run {
    file: String,
    messages: Vec<(u64, Message)>,
    errors: Vec<SourceError>,
    offset: Option<SourceOffset>,
}

fn by_file(source: &str, items: Vec<SpoolItem>) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for SpoolItem { file, offset, item } in items {
        if runs.last().is_none_or(|run| run.file != file) {
            runs.push(Run {
                file: file.clone(),
                messages: Vec::new(),
                errors: Vec::new(),
                offset: None,
            });
        }
        let run = runs.last_mut().expect("a run was pushed if there was none");
        if let Some(read) = offset {
            let (file, offset, line) = (read.key.to_string(), read.offset, read.lines);
            run.offset = Some(SourceOffset {
                source: source.to_owned(),
                file,
                offset,
                line,
            });
        }
        match item.result {
            Ok(message) => run.messages.push((item.line, message)),
            Err(error) => {
                tracing::warn!(source, file, line = item.line, %error, "a line is no message");
                let place = SourcePlace {
                    source: source.to_owned(),
                    file,
                    line: item.line,
                };
                run.errors.push(SourceError {
                    place,
                    reason: error.to_string(),
                });
            }
        }
    }
    runs
}
