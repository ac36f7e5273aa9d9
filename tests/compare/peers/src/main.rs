//! The same job by other means, each on parsed messages: terms and messages in, one line of JSON out.
//!
//! A tenth of the messages is judged before the clock starts. What is timed is judging alone: the messages are parsed, and in
//! whatever form the program takes them.

mod extism_peer;
mod regorus_peer;

use anyhow::{Context, ensure};
use clap::{Parser, ValueEnum};
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Judges messages by a list of terms.
#[derive(Debug, Parser)]
struct Cli {
    program: Program,
    /// A term on each line.
    #[arg(long)]
    terms: PathBuf,
    /// Canonical messages, one a line.
    #[arg(long)]
    messages: PathBuf,
    /// The extism plugin, or the Rego policy.
    #[arg(long)]
    rule: PathBuf,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Program {
    /// An extism plugin, a call for each message.
    Extism,
    /// An extism plugin, a call for 256 messages.
    ExtismBatch,
    /// A Rego policy, compiled for the virtual machine of regorus.
    Regorus,
}

/// What the job needs of a message.
#[derive(Debug, Deserialize)]
struct Message {
    id: String,
    text: String,
}

/// What was measured.
#[derive(Debug, Serialize)]
struct Measured<'a> {
    messages: usize,
    ns_per_message: f64,
    /// The messages in which at least one term stands.
    flagged: Vec<&'a str>,
}

/// Judges every message of a slice: whether a term stands in it.
type Judge = Box<dyn FnMut(&[usize]) -> anyhow::Result<Vec<bool>>>;

fn main() -> anyhow::Result<()> {
    let cli = Cli::parse();
    let read = |path: &PathBuf| fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()));
    let terms = read(&cli.terms)?;
    let messages: Vec<Message> = read(&cli.messages)?
        .lines()
        .map(serde_json::from_str)
        .collect::<Result<_, _>>()
        .context("a message is not of the canonical form")?;
    ensure!(!messages.is_empty(), "{} has no messages", cli.messages.display());
    let texts: Vec<&str> = messages.iter().map(|message| message.text.as_str()).collect();
    let mut judge: Judge = match cli.program {
        Program::Extism => extism_peer::one_by_one(&fs::read(&cli.rule)?, &terms, &texts)?,
        Program::ExtismBatch => extism_peer::in_batches(&fs::read(&cli.rule)?, &terms, &texts)?,
        Program::Regorus => regorus_peer::compiled(read(&cli.rule)?, &terms, &texts)?,
    };
    let all: Vec<usize> = (0..texts.len()).collect();
    judge(&all[..all.len() / 10])?;
    let begun = Instant::now();
    let flags = judge(&all)?;
    let took: Duration = begun.elapsed();
    let flagged = messages.iter().zip(flags).filter(|(_, flag)| *flag);
    let measured = Measured {
        messages: messages.len(),
        ns_per_message: took.as_nanos() as f64 / messages.len() as f64,
        flagged: flagged.map(|(message, _)| message.id.as_str()).collect(),
    };
    println!("{}", serde_json::to_string(&measured)?);
    Ok(())
}
