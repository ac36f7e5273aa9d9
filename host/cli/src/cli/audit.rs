//! The command line of `proviso audit`, as clap sees it.

use super::OutputFormat;
use clap::{Args, Subcommand};
use std::net::SocketAddr;
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub(crate) enum AuditCommand {
    /// Reads the whole log, and every row that it tells of: 0 if all is what was committed, 1 if something was altered.
    #[command(after_help = "Examples:\n  \
        proviso audit verify --config proviso.toml\n  \
        proviso audit verify --archive /backup/archive.db --key 'proviso.archive/…+1d2e3f40+AZ…'\n  \
        proviso audit verify --export /media/log --key 'proviso.archive/…+1d2e3f40+AZ…'\n  \
        proviso audit verify --certificate certificate.json --key 'proviso.archive/…+1d2e3f40+AZ…'")]
    Verify(VerifyLogArgs),
    /// Writes the log to a folder, to be verified without the archive and its keys. It holds no content of messages.
    #[command(after_help = "Example:\n  proviso audit export /media/log --config proviso.toml")]
    Export(ExportLogArgs),
    /// Shows what was committed last.
    #[command(after_help = "Example:\n  proviso audit show --config proviso.toml --limit 50")]
    Show(ShowLogArgs),
    /// Runs a witness: it signs checkpoints of the logs that it knows, each of which continues the last, and remembers that one. On another machine, by
    /// other people.
    ///
    /// It speaks C2SP's tlog-witness, and prints its own key, which `witness_key` in `[log]` of the daemon's configuration names. A log's key is printed by
    /// `proviso audit verify`.
    #[command(
        after_help = "Example:\n  proviso audit witness /var/lib/witness --log 'proviso.archive/…+1d2e3f40+AZ…' --listen 0.0.0.0:8786"
    )]
    Witness(WitnessArgs),
}

#[derive(Debug, Args)]
pub(crate) struct WitnessArgs {
    /// Where it keeps its key and what it signed last. Made where there is none.
    pub folder: PathBuf,
    /// The public key of a log whose checkpoints it signs, `NAME+ID+KEY`; several times for several logs.
    #[arg(long = "log", required = true, value_name = "KEY")]
    pub logs: Vec<String>,
    /// Where it listens; in front of other networks, behind a proxy with TLS.
    #[arg(long, default_value = "127.0.0.1:8786")]
    pub listen: SocketAddr,
    /// Its name, in the key that is made at its first start.
    #[arg(long, default_value = "proviso.witness")]
    pub name: String,
}

/// Which archive's log.
#[derive(Debug, Args)]
pub(crate) struct LogArgs {
    /// The daemon's configuration; the archive's path, and that of its keys, are read from there.
    #[arg(long, default_value = "proviso.toml")]
    pub config: PathBuf,
    /// An archive's file instead, with its companions beside it.
    #[arg(long)]
    pub archive: Option<PathBuf>,
    #[arg(long, value_enum, default_value_t)]
    pub format: OutputFormat,
}

#[derive(Debug, Args)]
pub(crate) struct VerifyLogArgs {
    #[command(flatten)]
    pub log: LogArgs,
    /// What `proviso audit export` wrote, instead of an archive.
    #[arg(long, conflicts_with = "archive", requires = "key")]
    pub export: Option<PathBuf>,
    /// A certificate of disposal, as `proviso retention certificate` printed it, instead of an archive.
    #[arg(long, conflicts_with_all = ["archive", "export"], requires = "key")]
    pub certificate: Option<PathBuf>,
    /// The public key of the log, `NAME+ID+KEY`, as somebody kept it elsewhere. Without it, whoever exchanged archive, key and checkpoint together
    /// goes unseen. Of an exported log and of a certificate a second one may be given: its key in SM2, by which it must be signed as well.
    #[arg(long)]
    pub key: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct ExportLogArgs {
    /// The folder. It must be empty, or not be there.
    pub folder: PathBuf,
    #[command(flatten)]
    pub log: LogArgs,
}

#[derive(Debug, Args)]
pub(crate) struct ShowLogArgs {
    #[command(flatten)]
    pub log: LogArgs,
    /// How many transactions.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub limit: u32,
    /// Those before this leaf.
    #[arg(long)]
    pub before: Option<u64>,
}
