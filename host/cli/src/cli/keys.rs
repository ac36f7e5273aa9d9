//! The command line of `proviso keys`, as clap sees it.

use super::ArchiveArgs;
use clap::{Args, Subcommand};
use proviso_archive::SuiteName;
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub(crate) enum KeysCommand {
    /// Lists every version of every key, and how many records are readable by it alone. Exit 1 where records are not readable.
    #[command(after_help = "Example:\n  proviso keys status --config proviso.toml --format json")]
    Status(ArchiveArgs),
    /// Makes the next version of a key, and wraps every record by it. Works while the daemon runs.
    #[command(after_help = "Examples:\n  proviso keys rotate --config proviso.toml\n  \
        proviso keys rotate --tenant bank --suite sm4-gcm --config proviso.toml")]
    Rotate(RotateArgs),
    /// Destroys a version that wraps nothing any more, for good.
    #[command(after_help = "Example:\n  proviso keys destroy 1 --config proviso.toml")]
    Destroy {
        /// The version, from 1. The newest cannot be destroyed.
        version: u32,
        /// Of this tenant, which has keys of its own.
        #[arg(long)]
        tenant: Option<String>,
        #[command(flatten)]
        archive: ArchiveArgs,
    },
    /// Makes a file with one random key, for `[[keys]]` of the configuration.
    #[command(after_help = "Example:\n  proviso keys make /etc/proviso/bank.keys --suite sm4-gcm")]
    Make {
        /// Where; nothing is there yet.
        file: PathBuf,
        /// What it seals by: aes-256-gcm or sm4-gcm.
        #[arg(long, default_value = "aes-256-gcm")]
        suite: SuiteName,
    },
}

#[derive(Debug, Args)]
pub(crate) struct RotateArgs {
    /// Of this tenant, which has keys of its own; otherwise of all that have none.
    #[arg(long)]
    pub tenant: Option<String>,
    /// What the new version seals by: aes-256-gcm or sm4-gcm; otherwise as the last one.
    #[arg(long)]
    pub suite: Option<SuiteName>,
    #[command(flatten)]
    pub archive: ArchiveArgs,
}
