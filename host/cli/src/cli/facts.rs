//! The command line of `proviso directory`, `proviso consent` and `proviso facts`, as clap sees it.

use super::ArchiveArgs;
use clap::{Args, Subcommand};
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub(crate) enum DirectoryCommand {
    /// Makes the next version of the directory from a file: all that holds in the tenants that it names. All of it, or nothing.
    #[command(after_help = "Example:\n  proviso directory import --config proviso.toml employees.csv")]
    Import(ImportArgs),
    /// Shows who works where, now or at another time, by the newest version or by another.
    #[command(after_help = "Examples:\n  \
        proviso directory show --config proviso.toml\n  \
        proviso directory show --config proviso.toml wecom:zhang.wei --at 2026-03-01T09:00:00+08:00\n  \
        proviso directory show --config proviso.toml --versions --format json")]
    Show(DirectoryShowArgs),
}

/// A file of facts, and the archive that is to have them.
#[derive(Debug, Args)]
pub(crate) struct ImportArgs {
    #[command(flatten)]
    pub archive: ArchiveArgs,
    /// The file: CSV in UTF-8 with a line of headings, in English or Chinese.
    pub file: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct DirectoryShowArgs {
    #[command(flatten)]
    pub archive: ArchiveArgs,
    /// A person, by the number or by an account (`channel:identifier`): all that is known, unless --at asks for one time.
    pub person: Option<String>,
    /// What held then: a day, or a time with its zone. Default without a person: now.
    #[arg(long, value_name = "TIME")]
    pub at: Option<String>,
    /// What another version says than the newest.
    #[arg(long, value_name = "NUMBER")]
    pub version: Option<i64>,
    /// List the versions: when each was imported, by whom, and from which file.
    #[arg(long, conflicts_with_all = ["person", "at", "version"])]
    pub versions: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConsentCommand {
    /// Adds statements from a file to the ledger of consent: notices that employees were given, agreements of contacts. All of it,
    /// or nothing.
    #[command(after_help = "Example:\n  proviso consent import --config proviso.toml notices.csv")]
    Import(ImportArgs),
    /// Shows the ledger of consent, or how everybody stood at a time.
    #[command(after_help = "Examples:\n  \
        proviso consent show --config proviso.toml wecom:wo_1\n  \
        proviso consent show --config proviso.toml 1001 --at 2026-03-01T09:00:00+08:00")]
    Show(ConsentShowArgs),
}

#[derive(Debug, Args)]
pub(crate) struct ConsentShowArgs {
    #[command(flatten)]
    pub archive: ArchiveArgs,
    /// An account (`channel:identifier`), an identifier, or the number of an employee.
    pub party: Option<String>,
    /// What held then of each, and nothing else: a day, or a time with its zone.
    #[arg(long, value_name = "TIME")]
    pub at: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum FactsCommand {
    /// Adds ends from a file, and decides anew on the retention of every message that they concern. All of it, or nothing.
    #[command(after_help = "Example:\n  proviso facts import --config proviso.toml contracts.csv")]
    Import(ImportArgs),
    /// Shows what was handed in, line by line.
    #[command(after_help = "Example:\n  proviso facts show --config proviso.toml wecom:wo_1")]
    Show(FactsShowArgs),
}

#[derive(Debug, Args)]
pub(crate) struct FactsShowArgs {
    #[command(flatten)]
    pub archive: ArchiveArgs,
    /// A customer or a conversation (`channel:identifier`, or the identifier alone), or a reference.
    pub of: Option<String>,
}
