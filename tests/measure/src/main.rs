//! Measures Proviso from outside: its packs on real text (`quality`), and what it costs beside other ways of doing its job
//! (`bench`), what a plugin costs in each language (`languages`), and whether the daemon stands everything at once for long (`soak`).
//! They write their own pages or parts of them; those are not edited by hand.

mod bench;
mod corpus;
mod http;
mod languages;
mod machine;
mod native;
mod page;
mod process;
mod quality;
mod sample;
mod soak;
mod workload;

use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;

/// The native program is to differ from the binary by the sandbox, not by its allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Measures Proviso from outside.
#[derive(Debug, Parser)]
#[command(name = "proviso-measure")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Flags per pack and corpus, precision and recall on labelled dialogues. Exit 1 where a benign corpus is flagged too often.
    Quality(QualityArgs),
    /// Throughput beside other programs that do the same job. Exit 1 where a section could not be measured.
    Bench(BenchArgs),
    /// What a plugin costs in each language, in the page of languages.
    Languages(LanguagesArgs),
    /// The daemon under load, changes, full disks, slow peers and kills. Exit 1 where it lost something or grew.
    Soak(SoakArgs),
    /// The native program alone: verdicts as JSON lines on standard output.
    Native(NativeArgs),
}

#[derive(Debug, Args)]
struct QualityArgs {
    /// The binary under test.
    #[arg(long)]
    proviso: PathBuf,
    /// The folder of corpora, with `messages/*.jsonl` in it; PROVISO_CORPUS names it otherwise.
    #[arg(long)]
    corpus: Option<PathBuf>,
    /// The folder of packs.
    #[arg(long, default_value = "policies")]
    packs: PathBuf,
    /// The page to write.
    #[arg(long)]
    write: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct BenchArgs {
    /// The binary under test.
    #[arg(long)]
    proviso: PathBuf,
    /// The folder of corpora, or PROVISO_CORPUS; without either, the lines of the demonstration are repeated.
    #[arg(long)]
    corpus: Option<PathBuf>,
    /// The policy set.
    #[arg(long, default_value = "policies/demo.toml")]
    set: PathBuf,
    /// Lines for the workload without corpora.
    #[arg(long, default_value = "policies/demo/phrases.toml")]
    phrases: PathBuf,
    /// Runs of each program, at least 3.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(3..=99))]
    runs: u32,
    /// Measures only sections whose title has one of these words in it, in small letters.
    #[arg(long)]
    only: Vec<String>,
    /// The workspace with the other programs.
    #[arg(long, default_value = "tests/compare")]
    compare: PathBuf,
    /// The page to write.
    #[arg(long)]
    write: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct LanguagesArgs {
    /// The binary under test.
    #[arg(long)]
    proviso: PathBuf,
    /// Where the packs are made; what their tools fetch stays there.
    #[arg(long, default_value = "target/languages")]
    folder: PathBuf,
    /// The page whose marked part is written anew.
    #[arg(long)]
    write: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct SoakArgs {
    /// The binary under test.
    #[arg(long)]
    proviso: PathBuf,
    /// How long, in seconds; what is looked at afterwards comes on top. Under 600 everything happens more often.
    #[arg(long, default_value_t = 1_800, value_parser = clap::value_parser!(u64).range(10..=1_000_000))]
    seconds: u64,
    /// What is left to chance follows from it.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The page whose marked part is written anew, if nothing was wrong.
    #[arg(long)]
    write: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct NativeArgs {
    /// The policy set.
    #[arg(long)]
    set: PathBuf,
    /// The binary beside which the plugins of the packs are found: a pack cannot be read without them.
    #[arg(long)]
    proviso: PathBuf,
    /// Threads that evaluate.
    #[arg(long, default_value_t = 1)]
    workers: usize,
    /// Times judging alone, and prints that instead of verdicts.
    #[arg(long)]
    alone: Option<native::Part>,
    /// Canonical messages, one a line.
    file: PathBuf,
}

/// The folder that the environment names; an empty value names none.
fn corpus_of_environment() -> Option<PathBuf> {
    std::env::var_os("PROVISO_CORPUS")
        .filter(|value| !value.is_empty())
        .map(PathBuf::from)
}

fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Quality(args) => quality::run(&args),
        Command::Bench(args) => bench::run(&args),
        Command::Languages(args) => languages::run(&args),
        Command::Soak(args) => soak::run(&args),
        Command::Native(args) => native::run(&args).map(|()| ExitCode::SUCCESS),
    };
    done.unwrap_or_else(|error| {
        eprintln!("proviso-measure: {error:#}");
        ExitCode::FAILURE
    })
}
