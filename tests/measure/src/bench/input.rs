//! The messages that every program judges.

use super::corpus;
use crate::{BenchArgs, corpus as corpora, sample, workload};
use anyhow::Context;
use serde::Deserialize;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

/// One file of messages.
pub(super) struct Workload {
    pub name: &'static str,
    /// Canonical NDJSON.
    pub file: PathBuf,
    pub messages: usize,
    pub bytes: u64,
    pub text_bytes: usize,
}

/// What some sections need of a message.
#[derive(Debug, Deserialize)]
pub(super) struct Text {
    pub id: String,
    pub text: String,
}

impl Workload {
    /// Writes the corpora, or else the demonstration's lines, into a folder.
    pub(super) fn write(args: &BenchArgs, folder: &Path) -> anyhow::Result<Self> {
        let file = folder.join("messages.ndjson");
        let out = BufWriter::new(File::create(&file)?);
        let (name, messages) = if let Some(folder) = corpus(args) {
            (
                "every message of the corpora that PROVISO_CORPUS names",
                workload::write(&corpora::read_all(&folder)?, out)?,
            )
        } else {
            eprintln!(
                "PROVISO_CORPUS names no folder of corpora: the lines of {} are repeated",
                args.phrases.display()
            );
            (
                "the demonstration's own lines, repeated (PROVISO_CORPUS was not set)",
                sample::write(&args.phrases, out)?,
            )
        };
        let text_bytes = read(&file)?.iter().map(|message| message.text.len()).sum();
        Ok(Self {
            name,
            messages,
            bytes: fs::metadata(&file)?.len(),
            text_bytes,
            file,
        })
    }

    /// A file with one of every `every` messages.
    pub(super) fn sample(&self, every: usize) -> anyhow::Result<PathBuf> {
        if every == 1 {
            return Ok(self.file.clone());
        }
        let path = self.file.with_file_name(format!("messages-{every}.ndjson"));
        if !path.is_file() {
            let text = fs::read_to_string(&self.file)?;
            let mut out = BufWriter::new(File::create(&path)?);
            for line in text.lines().step_by(every) {
                writeln!(out, "{line}")?;
            }
            out.flush()?;
        }
        Ok(path)
    }
}

/// Reads messages as far as [`Text`] has them.
pub(super) fn read(file: &Path) -> anyhow::Result<Vec<Text>> {
    let text = fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    let messages = text.lines().map(serde_json::from_str);
    Ok(messages.collect::<Result<_, _>>()?)
}
