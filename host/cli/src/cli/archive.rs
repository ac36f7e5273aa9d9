//! The command line of `proviso archive`, as clap sees it.

use super::{ArchiveArgs, OutputFormat};
use clap::{Args, Subcommand};
use proviso_model::Timestamp;
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub(crate) enum ArchiveCommand {
    /// Shows one message, its verdict and its retention.
    #[command(
        after_help = "Example:\n  proviso archive show --config proviso.toml bank/wecom/8891446340739254950_1603875826"
    )]
    Show {
        #[command(flatten)]
        archive: ArchiveArgs,
        /// The channel's identifier, or `tenant/channel/identifier`.
        message: String,
        /// Why it is kept so long: every rule, its clock, its last day, and why it counts or does not.
        #[arg(long)]
        why: bool,
    },
    /// Finds messages by what they say, who took part, when, and what became of them. The log tells who looked for what, and why.
    #[command(after_help = "Examples:\n  \
        proviso archive search '保本 from:wei since:2026-10' --reason 'case 2026-114' --config proviso.toml\n  \
        proviso archive search '\"guaranteed return\" severity:>=high -is:reviewed' --reason 'monthly review'\n  \
        proviso archive search '(退款 OR refund) NEAR/5 微信' --reason 'complaint 88' --format json\n  \
        proviso archive search 'is:found -is:reviewed' --sort severity --reason 'weekly review'\n  \
        proviso archive search --saved promises --tenant bank --reason 'monthly review'")]
    Search(SearchArgs),
    /// Saves queries under names, for everybody who looks for messages of the same tenant.
    #[command(subcommand)]
    Query(QueryCommand),
    /// Offers what may be written at a place of a query: fields, values, and names that the archive has, of people none. One a line; as JSON with the
    /// bytes that an offer takes the place of.
    #[command(after_help = "Examples:\n  \
        proviso archive complete '保本 rule:pro' --config proviso.toml\n  \
        proviso archive complete 'sev 保本' --cursor 3 --format json\n  \
        proviso archive complete --saved pro --tenant bank")]
    Complete(CompleteArgs),
    /// Builds the index that searches go by, and says how far it is. A daemon that runs does it by itself.
    #[command(after_help = "Example:\n  proviso archive index --config proviso.toml")]
    Index(ArchiveArgs),
    /// Exports messages with their context, so that whoever has the export sees that it is whole, unaltered and of this archive, by nothing but
    /// `proviso-verify`. The log tells who exported what, for whom and why, before anything is given.
    #[command(after_help = "Examples:\n  \
        proviso archive export '保本 OR guaranteed' --reason 'case 7' --to 'the court' --out case-7.tar --zone Asia/Shanghai\n  \
        proviso archive export --hold 3 --reason 'case 7' --to 'the court' --out case-7.tar\n  \
        proviso archive export --conversation bank/wecom/wei --reason 'case 7' --to 'the court' --out case-7 --until 2027-01-31\n  \
        proviso-verify case-7.tar --key 'NAME+ID+KEY'")]
    Export(ExportArgs),
    /// Writes tables for analysts: findings, retention and what is known of messages beside what they say, as Apache Parquet, under pseudonyms. No
    /// message is opened. The log tells who asked, for whom and why, before anything is given.
    #[command(after_help = "Examples:\n  \
        proviso archive tables --reason 'quarterly review' --to 'the analysts' --out q3 --from 2026-07-01 --before 2026-10-01\n  \
        duckdb -c \"SELECT rule, severity, count(*) FROM 'q3/findings.parquet' GROUP BY ALL\"")]
    Tables(TablesArgs),
    /// Says what a pseudonym of a masked export, or of tables, stands for. The log tells who asked, and why.
    #[command(
        after_help = "Example:\n  proviso archive unmask person-7f3a0c15d2e4b698 --export 3 --reason 'order of the court, case 7'"
    )]
    Unmask(UnmaskArgs),
    /// Counts messages, findings, retention, faults and scores.
    #[command(after_help = "Example:\n  proviso archive stats --config proviso.toml")]
    Stats(ArchiveArgs),
    /// Judges held messages again under the generation that is in force; those that it does not hold wait no longer.
    #[command(
        after_help = "Examples:\n  proviso archive rejudge --config proviso.toml bank/wecom/8891446340739254950_1603875826\n  \
        proviso archive rejudge --config proviso.toml --held --policy invoices --note 'plugin mended'"
    )]
    Rejudge(RejudgeArgs),
    /// Ends the waiting of held messages that somebody has looked at. Their verdicts stay as they are.
    #[command(
        after_help = "Example:\n  proviso archive release --config proviso.toml bank/wecom/8891446340739254950_1603875826 \\\n    \
        --note 'read: an invoice, nothing else'"
    )]
    Release(ReleaseArgs),
    /// Copies the archive into a folder, beside the daemon that writes it: the database, what makes it open and verify, the packs, and a
    /// manifest. Its keys stay behind.
    #[command(after_help = "Example:\n  proviso archive backup /backup/2026-11-29 --config proviso.toml")]
    Backup(BackupArgs),
    /// Makes an archive out of a backup. Disposals that a newer log tells of are carried out again before anything can be read; the log goes on
    /// under a new name and key.
    #[command(after_help = "Examples:\n  \
        proviso archive restore /backup/2026-11-29 --to /var/lib/proviso --log /media/log --config proviso.toml\n  \
        proviso archive restore /backup/2026-11-29 --to /var/lib/proviso --without-log --config proviso.toml")]
    Restore(RestoreArgs),
    /// Restores a backup into a folder of its own, compares it with what it was, and removes it: 0 if all is well, 1 if a line failed.
    #[command(
        after_help = "Example:\n  proviso archive drill /backup/2026-11-29 --log /media/log --config proviso.toml"
    )]
    Drill(DrillArgs),
}

#[derive(Debug, Args)]
pub(crate) struct SearchArgs {
    /// Words, "phrases", AND, OR, NOT, NEAR/5, and fields such as from:wei: docs/search.md has the language.
    #[arg(required_unless_present = "saved")]
    pub query: Option<String>,
    /// The name of a saved query instead, of the tenant that is named.
    #[arg(long, value_name = "NAME", conflicts_with_all = ["query", "zone"], requires = "tenant")]
    pub saved: Option<String>,
    /// Why: it stands in the log beside the query and what it found.
    #[arg(long)]
    pub reason: String,
    /// Only messages of this tenant.
    #[arg(long)]
    pub tenant: Option<String>,
    /// Says how many messages are found, and shows none.
    #[arg(long, conflicts_with = "limit")]
    pub count: bool,
    /// What the messages are sorted by. Otherwise than by arrival, all that are found are looked at before the first is shown.
    #[arg(long, value_enum, conflicts_with_all = ["count", "before"])]
    pub sort: Option<SortBy>,
    /// Which come first: the latest and the most severe, or the earliest and the least severe.
    #[arg(long, value_enum, conflicts_with_all = ["count", "before"])]
    pub order: Option<SortOrder>,
    /// Only messages behind this place of the order: goes on where an earlier search stopped.
    #[arg(long, value_name = "KEY.ARRIVAL", conflicts_with_all = ["count", "before"])]
    pub after: Option<String>,
    /// Pseudonyms for names, numbers and identifiers. A word counts where it stands beside them, or names all of what one stands for.
    #[arg(long)]
    pub mask: bool,
    /// Messages that are shown.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub limit: u32,
    /// Only messages that arrived before this place: goes on where an earlier search stopped.
    #[arg(long, value_name = "ARRIVAL")]
    pub before: Option<i64>,
    /// Whose days and months the query means, such as Asia/Shanghai; default: UTC.
    #[arg(long)]
    pub zone: Option<String>,
    #[command(flatten)]
    pub archive: ArchiveArgs,
}

#[derive(Debug, Args)]
pub(crate) struct CompleteArgs {
    /// A query, as far as it is written.
    #[arg(required_unless_present = "saved", conflicts_with = "saved")]
    pub query: Option<String>,
    /// The byte at which somebody writes; default: the end.
    #[arg(long, value_name = "BYTE", conflicts_with = "saved")]
    pub cursor: Option<u32>,
    /// The beginning of the name of a saved query instead.
    #[arg(long, value_name = "NAME")]
    pub saved: Option<String>,
    /// Only names of this tenant.
    #[arg(long)]
    pub tenant: Option<String>,
    #[command(flatten)]
    pub archive: ArchiveArgs,
}

/// What messages are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum SortBy {
    /// Their place in the order of arrival.
    Arrived,
    /// When they were sent.
    Sent,
    /// Their most severe finding.
    Severity,
}

/// Which messages come first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum SortOrder {
    /// The earliest, or the least severe.
    Asc,
    /// The latest, or the most severe.
    Desc,
}

#[derive(Debug, Subcommand)]
pub(crate) enum QueryCommand {
    /// Saves a query under a name. Whoever saves it owns it.
    #[command(
        after_help = "Example:\n  proviso archive query save promises '(保本 OR guaranteed) -is:reviewed' --tenant bank --zone Asia/Shanghai"
    )]
    Save(SaveQueryArgs),
    /// Lists saved queries, the oldest first.
    #[command(after_help = "Example:\n  proviso archive query list --tenant bank --format json")]
    List {
        /// Only those of this tenant.
        #[arg(long)]
        tenant: Option<String>,
        #[command(flatten)]
        archive: ArchiveArgs,
    },
    /// Deletes a saved query: one's own, or with the operator's token anybody's.
    #[command(after_help = "Example:\n  proviso archive query delete promises --tenant bank")]
    Delete {
        /// Its name.
        name: String,
        /// Whose messages it is for.
        #[arg(long)]
        tenant: String,
        #[command(flatten)]
        archive: ArchiveArgs,
    },
}

#[derive(Debug, Args)]
pub(crate) struct SaveQueryArgs {
    /// Its name: 1 to 64 bytes. It stands in the archive in the clear.
    pub name: String,
    /// In the language of `proviso archive search`. It is sealed.
    pub query: String,
    /// Whose messages it is for.
    #[arg(long, value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub tenant: String,
    /// Whose days and months the query means, such as Asia/Shanghai; default: UTC.
    #[arg(long)]
    pub zone: Option<String>,
    #[command(flatten)]
    pub archive: ArchiveArgs,
}

/// What an export gives away, and to whom.
#[derive(Debug, Args)]
pub(crate) struct ExportWhat {
    /// What is exported, in the language of `proviso archive search`.
    #[arg(required_unless_present_any = ["conversation", "hold"], conflicts_with_all = ["conversation", "hold"])]
    pub query: Option<String>,
    /// A whole conversation instead: `tenant/channel/conversation`.
    #[arg(long, value_name = "CONVERSATION")]
    pub conversation: Option<String>,
    /// All that fits an order to keep instead, by its number, as `hold list` tells it.
    #[arg(long, value_name = "NUMBER", conflicts_with = "conversation", value_parser = clap::value_parser!(i64).range(1..))]
    pub hold: Option<i64>,
    /// Why: it stands in the log and in the export.
    #[arg(long)]
    pub reason: String,
    /// For whom: it stands in the log and in the export.
    #[arg(long, value_name = "RECIPIENT")]
    pub to: String,
    /// The last day on which it is meant to be used, as 2027-01-31.
    #[arg(long, value_name = "DAY")]
    pub until: Option<String>,
    /// Messages of the same conversation before and after each match, marked as context.
    #[arg(long, default_value_t = proviso_daemon::exporting::CONTEXT)]
    pub context: u32,
    /// Only matches of this tenant.
    #[arg(long, conflicts_with = "conversation")]
    pub tenant: Option<String>,
    /// In which times are shown beside UTC, and whose days the query means, such as Asia/Shanghai; default: UTC.
    #[arg(long)]
    pub zone: Option<String>,
    /// Pseudonyms for names, numbers and identifiers, the same within the export. Only the archive's key leads back.
    #[arg(long)]
    pub mask: bool,
    /// Forms beside the lines that are verified.
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = ExportForm::ALL)]
    pub forms: Vec<ExportForm>,
}

#[derive(Debug, Args)]
pub(crate) struct ExportArgs {
    #[command(flatten)]
    pub what: ExportWhat,
    /// A folder that is empty or not there, or a file that ends in `.tar`.
    #[arg(long, value_name = "FOLDER|FILE.tar")]
    pub out: PathBuf,
    #[command(flatten)]
    pub archive: ArchiveArgs,
}

#[derive(Debug, Args)]
pub(crate) struct TablesArgs {
    /// Why: it stands in the log and in the manifest.
    #[arg(long)]
    pub reason: String,
    /// For whom: it stands in the log and in the manifest.
    #[arg(long, value_name = "RECIPIENT")]
    pub to: String,
    /// A folder that is empty or not there.
    #[arg(long, value_name = "FOLDER")]
    pub out: PathBuf,
    /// Only messages of this tenant.
    #[arg(long)]
    pub tenant: Option<String>,
    /// Only messages that were sent then or later: a day, from 00:00 UTC, or a time with its zone.
    #[arg(long, value_name = "TIME", value_parser = crate::period::moment)]
    pub from: Option<Timestamp>,
    /// Only messages that were sent before then.
    #[arg(long, value_name = "TIME", value_parser = crate::period::moment)]
    pub before: Option<Timestamp>,
    #[command(flatten)]
    pub archive: ArchiveArgs,
}

#[derive(Debug, Args)]
pub(crate) struct UnmaskArgs {
    /// As it stands in the export: a kind, and 16 hexadecimal digits.
    pub pseudonym: String,
    /// The number of the export.
    #[arg(long, value_name = "NUMBER")]
    pub export: u64,
    /// Why: it stands in the log.
    #[arg(long)]
    pub reason: String,
    #[command(flatten)]
    pub archive: ArchiveArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum ExportForm {
    /// Pages that open offline.
    Html,
    /// A table.
    Csv,
    /// A mail for each message, in zips.
    Eml,
    /// Relativity Short Message Format.
    Rsmf,
    /// None of them.
    None,
}

impl ExportForm {
    const ALL: [Self; 4] = [Self::Html, Self::Csv, Self::Eml, Self::Rsmf];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Html => "html",
            Self::Csv => "csv",
            Self::Eml => "eml",
            Self::Rsmf => "rsmf",
            Self::None => "none",
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct DrillArgs {
    /// What `proviso archive backup` wrote.
    pub backup: PathBuf,
    /// What `proviso audit export` wrote of the archive since: disposals that it tells of are carried out again.
    #[arg(long, value_name = "EXPORT")]
    pub log: Option<PathBuf>,
    /// The public key that the export is signed by, `NAME+ID+KEY`, where it is not the one of the backup's log.
    #[arg(long, requires = "log")]
    pub key: Option<String>,
    /// Chooses the messages that are judged again; default: another each time, which is printed.
    #[arg(long)]
    pub seed: Option<u64>,
    /// Where the folder is made; it takes as much room as the backup. Default: the folder of temporary files.
    #[arg(long, value_name = "FOLDER")]
    pub within: Option<PathBuf>,
    /// The daemon's configuration: where the keys are that the backup has not, the cache, and whose packs count.
    #[arg(long, default_value = "proviso.toml")]
    pub config: PathBuf,
    #[arg(long, value_enum, default_value_t)]
    pub format: OutputFormat,
}

#[derive(Debug, Args)]
pub(crate) struct BackupArgs {
    /// The folder. It must be empty, or not be there.
    pub folder: PathBuf,
    /// The daemon's configuration; the paths of the archive, its keys and its packs are read from there.
    #[arg(long, default_value = "proviso.toml")]
    pub config: PathBuf,
    /// Put the keys in as well: whoever has the backup then reads every message, also those that are disposed of later.
    #[arg(long)]
    pub with_keys: bool,
    #[arg(long, value_enum, default_value_t)]
    pub format: OutputFormat,
}

#[derive(Debug, Args)]
pub(crate) struct RestoreArgs {
    /// What `proviso archive backup` wrote.
    pub backup: PathBuf,
    /// The data folder. It has no archive yet; keys may be there.
    #[arg(long, value_name = "DATA_DIR")]
    pub to: PathBuf,
    /// What `proviso audit export` wrote of the archive as it was last.
    #[arg(long, value_name = "EXPORT")]
    pub log: Option<PathBuf>,
    /// The public key that the export is signed by, `NAME+ID+KEY`, where it is not the one of the backup's log.
    #[arg(long, requires = "log")]
    pub key: Option<String>,
    /// Go on without the newer log: disposals that were made after the backup are undone.
    #[arg(long, conflicts_with = "log")]
    pub without_log: bool,
    /// The daemon's configuration: where the keys are that the backup has not.
    #[arg(long, default_value = "proviso.toml")]
    pub config: PathBuf,
    #[arg(long, value_enum, default_value_t)]
    pub format: OutputFormat,
}

#[derive(Debug, Args)]
pub(crate) struct ReleaseArgs {
    #[command(flatten)]
    pub archive: ArchiveArgs,
    /// Held messages, by the channel's identifier or `tenant/channel/identifier`: at most 64, and all are released or none.
    #[arg(required = true, num_args = 1..=64)]
    pub messages: Vec<String>,
    /// Why they may go, for the record.
    #[arg(long, value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub note: String,
}

#[derive(Debug, Args)]
pub(crate) struct RejudgeArgs {
    #[command(flatten)]
    pub archive: ArchiveArgs,
    /// Held messages, by the channel's identifier or `tenant/channel/identifier`.
    #[arg(required_unless_present = "held", conflicts_with = "held")]
    pub messages: Vec<String>,
    /// All messages that are held.
    #[arg(long)]
    pub held: bool,
    /// Of these, only those on which this policy failed: `vendor/pack:policy`, or the policy's own name.
    #[arg(long, requires = "held")]
    pub policy: Option<String>,
    /// Why, for the record.
    #[arg(long, default_value = "")]
    pub note: String,
}
