//! The command lines of `proviso retention` and `proviso hold`, as clap sees them.

use super::{ArchiveArgs, TrustArgs};
use clap::{Args, Subcommand};
use proviso_model::{MessageId, Timestamp};
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub(crate) enum RetentionCommand {
    /// Lists the messages whose time is over, by which rule, and what keeps some of them all the same. Changes nothing.
    #[command(after_help = "Example:\n  proviso retention plan --config proviso.toml --format json")]
    Plan(ArchiveArgs),
    /// Says which dates another policy set would move, before it goes live: which messages would be kept longer or shorter, and which of
    /// them would be due at once. Changes nothing.
    ///
    /// Each message of the archive is judged again by the candidate's retention rules, with what was recorded for it and the ends that are
    /// known now, and compared with the decision that is recorded of it. What was disposed of already cannot be asked.
    #[command(after_help = "Examples:\n  \
        proviso retention backtest --candidate next.toml --config proviso.toml\n  \
        proviso retention backtest --candidate next.toml --set live.toml --since 2020-01-01 --fail-if-earlier")]
    Backtest(RetentionBacktestArgs),
    /// Disposes of the messages that `plan` lists as ready: their keys are destroyed, and what they said with them, for good.
    #[command(after_help = "Example:\n  proviso retention dispose --yes --config proviso.toml")]
    Dispose(DisposeArgs),
    /// Prints the certificate of a message that was disposed of: which law, from when, that nothing held it, which key went, and the log's
    /// proofs of that.
    ///
    /// It is verified without the archive by `proviso audit verify --certificate`. It says nothing of the message but a keyed digest of its
    /// identifier.
    #[command(
        after_help = "Example:\n  proviso retention certificate bank/wecom/msg-1 --config proviso.toml > certificate.json"
    )]
    Certificate(CertificateArgs),
}

#[derive(Debug, Args)]
pub(crate) struct RetentionBacktestArgs {
    /// The policy set that may come.
    #[arg(long)]
    pub candidate: PathBuf,
    /// Compare with what this set decides of the same messages; default: with what is recorded of each.
    #[arg(long)]
    pub set: Option<PathBuf>,
    /// Only messages sent from then on: a day (from 00:00 UTC) or a time with its zone.
    #[arg(long, value_name = "TIME")]
    pub since: Option<String>,
    /// Only messages sent before then.
    #[arg(long, value_name = "TIME")]
    pub until: Option<String>,
    /// Samples of each row.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(0..=100))]
    pub samples: u32,
    /// Exit with 1 if a message would go earlier than before.
    #[arg(long)]
    pub fail_if_earlier: bool,
    /// Threads that read and judge; 0 means one a core.
    #[arg(long, default_value_t = 0, value_parser = super::parse_workers)]
    pub workers: usize,
    #[command(flatten)]
    pub trust: TrustArgs,
    #[command(flatten)]
    pub archive: ArchiveArgs,
}

#[derive(Debug, Args)]
pub(crate) struct CertificateArgs {
    /// The message, as `tenant/channel/id`.
    #[arg(value_parser = message)]
    pub message: MessageId,
    /// The daemon's configuration; the archive's path, and that of its keys, are read from there.
    #[arg(long, default_value = "proviso.toml")]
    pub config: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct DisposeArgs {
    /// Go on: without it nothing is done.
    #[arg(long)]
    pub yes: bool,
    /// Somebody has looked at the clock: a pause of more than three days before this is no reason to doubt it.
    #[arg(long)]
    pub clock_is_right: bool,
    #[command(flatten)]
    pub archive: ArchiveArgs,
}

#[derive(Debug, Subcommand)]
pub(crate) enum HoldCommand {
    /// Orders that messages be kept, whatever their rules say: those that are there, and those that come.
    #[command(after_help = "Examples:\n  \
        proviso hold place --tenant bank --person li-na --reason 'case 2026-117' --config proviso.toml\n  \
        proviso hold place --tenant bank --from 2026-01-01T00:00:00Z --before 2026-07-01T00:00:00Z --reason 'inquiry'\n  \
        proviso hold place --tenant bank --text 猎鹰项目 --text 'Project Falcon' --reason 'case 2026-118'\n  \
        proviso hold place --tenant bank --query '(猎鹰 OR falcon) with:li-na since:2026-03' --reason 'case 2026-119'")]
    Place(PlaceArgs),
    /// Ends an order.
    #[command(after_help = "Example:\n  proviso hold release 3 --note 'case closed' --config proviso.toml")]
    Release {
        /// Its number, as `hold list` tells it.
        hold: i64,
        /// Why it ends, for the record.
        #[arg(long, value_parser = clap::builder::NonEmptyStringValueParser::new())]
        note: String,
        #[command(flatten)]
        archive: ArchiveArgs,
    },
    /// Lists all orders, those that ended too.
    #[command(after_help = "Example:\n  proviso hold list --config proviso.toml --format json")]
    List(ArchiveArgs),
}

#[derive(Debug, Args)]
pub(crate) struct PlaceArgs {
    /// Whose messages.
    #[arg(long, value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub tenant: String,
    /// Why, for the record.
    #[arg(long, value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub reason: String,
    /// The identifier of somebody who sent or received, or wrote in the conversation.
    #[arg(long)]
    pub person: Option<String>,
    /// The conversation's identifier.
    #[arg(long)]
    pub conversation: Option<String>,
    /// Sent then or later (RFC 3339).
    #[arg(long, value_parser = time)]
    pub from: Option<Timestamp>,
    /// Sent before then (RFC 3339).
    #[arg(long, value_parser = time)]
    pub before: Option<Timestamp>,
    /// Only what contains this, in its text or in a part, whatever its case, width and Chinese variants, and whatever signs or blanks stand
    /// between: 1-256 bytes. Up to 64 times: any of them. What cannot be read is kept.
    #[arg(long, value_name = "TERM", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub text: Vec<String>,
    /// What this finds, in the language of `archive search`, in the place of all these: words, and fields of what never changes. What cannot be read is kept.
    #[arg(long, conflicts_with_all = ["person", "conversation", "from", "before", "text"])]
    pub query: Option<String>,
    /// Whose days and months the query means, such as Asia/Shanghai; default: UTC.
    #[arg(long, requires = "query")]
    pub zone: Option<String>,
    #[command(flatten)]
    pub archive: ArchiveArgs,
}

fn message(text: &str) -> Result<MessageId, String> {
    MessageId::of_text(text).ok_or_else(|| "expected tenant/channel/id".to_owned())
}

fn time(text: &str) -> Result<Timestamp, String> {
    Timestamp::from_rfc3339(text).map_err(|error| error.to_string())
}
