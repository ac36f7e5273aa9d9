//! The command line of `proviso token`, as clap sees it.

use super::OutputFormat;
use clap::{Args, Subcommand};
use proviso_daemon::token::IntakeGrant;
use proviso_model::time::Day;
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub(crate) enum TokenCommand {
    /// Makes a token and prints its secret, this once. A daemon that runs knows it within a second.
    #[command(after_help = "Examples:\n  \
        proviso token new wecom-feed --intake bank/wecom\n  \
        proviso token new li-na --policies --reading --until 2027-06-30 --config proviso.toml\n  \
        proviso token new personnel --facts\n  \
        proviso token new second-person --approve --reading\n  \
        proviso token new auditor --content --until 2027-06-30 > auditor.token && chmod 600 auditor.token")]
    New(NewTokenArgs),
    /// Lists the tokens: what each may do, until when, who made it, and those that were revoked. Never a secret.
    #[command(after_help = "Example:\n  proviso token list --config proviso.toml --format json")]
    List(TokensArgs),
    /// Takes a token back. A daemon that runs refuses it within a second; its name is not given again.
    #[command(after_help = "Example:\n  proviso token revoke wecom-feed --config proviso.toml")]
    Revoke {
        /// The token's name.
        name: String,
        #[command(flatten)]
        tokens: TokensArgs,
    },
}

/// Whose tokens.
#[derive(Debug, Args)]
pub(crate) struct TokensArgs {
    /// The daemon's configuration; the tokens are kept in its data folder.
    #[arg(long, default_value = "proviso.toml")]
    pub config: PathBuf,
    #[arg(long, value_enum, default_value_t)]
    pub format: OutputFormat,
}

#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "one for each thing that a token may do")]
pub(crate) struct NewTokenArgs {
    /// Its name, which the archive and the log keep with what is done by it: 1 to 64 of a-z, 0-9 and `-`.
    pub name: String,
    /// It may hand in messages of this tenant, in all channels or in one. May be given several times.
    #[arg(long, value_name = "TENANT[/CHANNEL]")]
    pub intake: Vec<IntakeGrant>,
    /// It may change policies, roll back, and have held messages judged again.
    #[arg(long)]
    pub policies: bool,
    /// It may read status, history and counts.
    #[arg(long)]
    pub reading: bool,
    /// It may read messages, and what was said of them: `archive show`, `replay`.
    #[arg(long)]
    pub content: bool,
    /// It may look for messages, and is given them under pseudonyms: `archive search`.
    #[arg(long)]
    pub search_masked: bool,
    /// It may hand in facts, and read them: the directory of employees.
    #[arg(long)]
    pub facts: bool,
    /// It may approve what others ask for: disposals and releases of holds, as the second person.
    #[arg(long)]
    pub approve: bool,
    /// The last day on which it counts, in UTC; default: it has no end.
    #[arg(long, value_name = "DATE")]
    pub until: Option<Day>,
    #[command(flatten)]
    pub tokens: TokensArgs,
}
