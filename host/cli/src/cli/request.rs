//! The command line of `proviso request`, as clap sees it.

use super::{ArchiveArgs, ExportWhat};
use clap::builder::NonEmptyStringValueParser;
use clap::{Args, Subcommand};
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub(crate) enum RequestCommand {
    /// Asks for the disposal of all messages of a tenant that are ready to go: just those, by just these rules.
    #[command(
        after_help = "Example:\n  proviso request disposal --tenant bank --reason 'quarterly disposal' --config proviso.toml"
    )]
    Disposal {
        /// Whose messages.
        #[arg(long, value_parser = NonEmptyStringValueParser::new())]
        tenant: String,
        /// Why, for who approves it and for the record.
        #[arg(long, value_parser = NonEmptyStringValueParser::new())]
        reason: String,
        #[command(flatten)]
        archive: ArchiveArgs,
    },
    /// Asks for the end of an order to keep.
    #[command(
        after_help = "Example:\n  proviso request hold-release 3 --note 'case closed' --reason 'letter of 3 May' --config proviso.toml"
    )]
    HoldRelease {
        /// The hold's number, as `hold list` tells it.
        hold: i64,
        /// Why it ends, for the record of the hold.
        #[arg(long, value_parser = NonEmptyStringValueParser::new())]
        note: String,
        /// Why, for who approves it and for the record.
        #[arg(long, value_parser = NonEmptyStringValueParser::new())]
        reason: String,
        #[command(flatten)]
        archive: ArchiveArgs,
    },
    /// Asks for an export: just these messages, in this form, to this recipient. Nothing is written before another has approved it and it runs.
    #[command(
        after_help = "Example:\n  proviso request export '保本 OR guaranteed' --tenant bank --reason 'case 7' --to 'the court' --config proviso.toml"
    )]
    Export(RequestExportArgs),
    /// Asks that the people of a tenant be scored by what the policy set applies under an impact assessment, as it is now. From somebody
    /// else's approval on they are, until the time is over or one person ends it.
    #[command(
        after_help = "Example:\n  proviso request scoring --tenant bank --assessment PIA-2026-004 --reason 'leavers of the wealth desk' \
            --until 2027-06-30 --config proviso.toml"
    )]
    Scoring {
        /// Whose people.
        #[arg(long, value_parser = NonEmptyStringValueParser::new())]
        tenant: String,
        /// The impact assessment's id, as the policy set names it.
        #[arg(long, value_name = "ID", value_parser = NonEmptyStringValueParser::new())]
        assessment: String,
        /// Why, for who approves it and for the record.
        #[arg(long, value_parser = NonEmptyStringValueParser::new())]
        reason: String,
        /// How long: a day, whose end in the policy set's time zone is meant, or a time with its zone; at most 366 days ahead.
        #[arg(long, value_name = "DAY|TIME")]
        until: String,
        #[command(flatten)]
        archive: ArchiveArgs,
    },
    /// Ends what a request allowed: nobody is scored by it any more. One person may do it.
    #[command(
        after_help = "Example:\n  proviso request end 6 --note 'the works council objects' --config proviso.toml"
    )]
    End(DecideArgs),
    /// Lists requests, the latest first: what was asked for, and where each stands.
    #[command(after_help = "Example:\n  proviso request list --config proviso.toml --format json")]
    List(ArchiveArgs),
    /// Shows all of one request.
    #[command(after_help = "Example:\n  proviso request show 4 --config proviso.toml")]
    Show {
        /// Its number.
        request: i64,
        #[command(flatten)]
        archive: ArchiveArgs,
    },
    /// Approves a request that somebody else made, as the second person. Where a daemon runs, with a token that was made with --approve.
    #[command(
        after_help = "Example:\n  proviso request approve 4 --note 'compared with the plan' --token-file second.token --config proviso.toml"
    )]
    Approve(DecideArgs),
    /// Refuses a request, or takes one's own back.
    #[command(after_help = "Example:\n  proviso request refuse 4 --note 'case 7 is not closed' --config proviso.toml")]
    Refuse(DecideArgs),
    /// Does what was asked for, once it was approved and has waited. A request runs once.
    #[command(after_help = "Examples:\n  proviso request run 4 --config proviso.toml\n  \
        proviso request run 5 --out case-7.tar --config proviso.toml")]
    Run {
        /// Its number.
        request: i64,
        /// Of an export: a folder that is empty or not there, or a file that ends in `.tar`.
        #[arg(long, value_name = "FOLDER|FILE.tar", conflicts_with = "clock_is_right")]
        out: Option<PathBuf>,
        /// Somebody has looked at the clock: a pause of more than three days before this is no reason to doubt it.
        #[arg(long)]
        clock_is_right: bool,
        #[command(flatten)]
        archive: ArchiveArgs,
    },
}

#[derive(Debug, Args)]
pub(crate) struct RequestExportArgs {
    #[command(flatten)]
    pub what: ExportWhat,
    #[command(flatten)]
    pub archive: ArchiveArgs,
}

#[derive(Debug, Args)]
pub(crate) struct DecideArgs {
    /// Its number.
    pub request: i64,
    /// Why, for the record.
    #[arg(long, value_parser = NonEmptyStringValueParser::new())]
    pub note: String,
    #[command(flatten)]
    pub archive: ArchiveArgs,
}
