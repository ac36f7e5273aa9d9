//! The command line, as clap sees it; that of `proviso pack` is in `pack`. What a command does is in `command/`.

mod archive;
mod audit;
mod facts;
mod keys;
mod pack;
mod request;
mod retention;
mod token;
mod user;

pub(crate) use facts::{
    ConsentCommand, ConsentShowArgs, DirectoryCommand, DirectoryShowArgs, FactsCommand, FactsShowArgs, ImportArgs,
};
pub(crate) use keys::{KeysCommand, RotateArgs};
pub(crate) use pack::{
    AttackArgs, BenchArgs, KeygenArgs, LintArgs, PackCommand, PluginLanguage, PullArgs, PushArgs, RegistryArgs,
    SignArgs, TestArgs, TrainArgs, VerifyArgs,
};

pub(crate) use archive::{
    ArchiveCommand, BackupArgs, CompleteArgs, DrillArgs, ExportArgs, ExportForm, ExportWhat, QueryCommand, RejudgeArgs,
    ReleaseArgs, RestoreArgs, SaveQueryArgs, SearchArgs, SortBy, SortOrder, TablesArgs, UnmaskArgs,
};
pub(crate) use audit::{AuditCommand, ExportLogArgs, LogArgs, ShowLogArgs, VerifyLogArgs, WitnessArgs};

pub(crate) use request::{DecideArgs, RequestCommand, RequestExportArgs};
pub(crate) use retention::{
    CertificateArgs, DisposeArgs, HoldCommand, PlaceArgs, RetentionBacktestArgs, RetentionCommand,
};
pub(crate) use token::{NewTokenArgs, TokenCommand};
pub(crate) use user::{AddUserArgs, OneUserArgs, PasswordArgs, UserCommand};

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Judges every message of a chat archive by sandboxed WebAssembly policy packs.
#[derive(Debug, Parser)]
#[command(
    name = "proviso",
    version,
    after_help = "Exit codes: 0 all well; 1 problems in the input, or findings where --fail-on asks; 2 wrong usage; 3 a fault.\n\
                  Start here: proviso demo"
)]
pub(crate) struct Cli {
    /// When to use colours and progress lines: only on a terminal, always, or never.
    #[arg(long, global = true, value_enum, default_value_t = Colour::Auto)]
    pub color: Colour,
    #[command(subcommand)]
    pub command: Command,
}

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Colour {
    /// Only on a terminal, and only if NO_COLOR is not set.
    Auto,
    Always,
    Never,
}

/// How a command prints what it found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum OutputFormat {
    /// Aligned columns for people.
    #[default]
    Table,
    /// JSON, for programs: one object, or one object a line where the list is long.
    Json,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// A guided run: judges a synthetic archive, edits a rule while it runs, prints what was found.
    #[command(after_help = "Example:\n  proviso demo --dir demo-data")]
    Demo(DemoArgs),
    /// Judges files of messages. No database, nothing kept.
    #[command(after_help = "Examples:\n  \
        proviso eval --set policies/demo.toml --tenant bank messages.jsonl\n  \
        proviso eval --set policies/demo.toml --input-format wecom --format json --fail-on high export/*.json")]
    Eval(EvalArgs),
    /// The daemon: watches spool folders, takes messages by HTTP, reloads policies as they change.
    #[command(after_help = "Example:\n  proviso serve --config proviso.toml")]
    Serve(ServeArgs),
    /// Makes, builds, inspects, tests, measures, signs, verifies, pushes and pulls packs.
    #[command(subcommand)]
    Pack(PackCommand),
    /// Checks a policy set, and steers the daemon's generations.
    #[command(subcommand)]
    Policy(PolicyCommand),
    /// Looks into the archive, and has held messages judged again.
    #[command(subcommand)]
    Archive(ArchiveCommand),
    /// Verifies the log of the archive, and gives it away to be verified by others.
    #[command(subcommand)]
    Audit(AuditCommand),
    /// The directory of employees: who works where, in which post, from when to when.
    #[command(subcommand)]
    Directory(DirectoryCommand),
    /// Consent: who agreed to being archived, refused or was given notice, and when.
    #[command(subcommand)]
    Consent(ConsentCommand),
    /// Ends of relationships, contracts, products and disputes, from which retention clocks run.
    #[command(subcommand)]
    Facts(FactsCommand),
    /// Judges archived messages again under their recorded generation; the verdict must be byte-identical.
    ///
    /// A generation that another version of Proviso recorded is judged by this one, and the answer names that version: the plugins are the same, so what
    /// they find must be. Ends with 1 where a verdict does not come out again, and with 3 where a message could not be judged.
    #[command(
        after_help = "Examples:\n  proviso replay --config proviso.toml 8891446340739254950_1603875826\n  \
        proviso replay --config proviso.toml --sample 1000\n  \
        proviso replay --config proviso.toml --all --since 2026-07-01 --format json"
    )]
    Replay(ReplayArgs),
    /// Judges the same messages by two policy sets and says what differs. Nothing is kept.
    #[command(after_help = "Examples:\n  \
        proviso backtest --set live.toml --candidate next.toml --config proviso.toml --since 2026-07-01\n  \
        proviso backtest --set live.toml --candidate next.toml messages.jsonl --report diff.html --report diff.json\n  \
        proviso backtest --set live.toml --promote house-rules messages.jsonl --report diff.json \
        --fail-if 'added[severity>=high] > 1 %'")]
    Backtest(BacktestArgs),
    /// Makes, lists and revokes the tokens by which programs and people use the daemon's HTTP interface.
    #[command(subcommand)]
    Token(TokenCommand),
    /// Adds the people who sign in to the console, and gives them roles.
    #[command(subcommand)]
    User(UserCommand),
    /// Says which messages may go, by which law, and disposes of them.
    #[command(subcommand)]
    Retention(RetentionCommand),
    /// Orders that messages be kept, whatever their rules say.
    #[command(subcommand)]
    Hold(HoldCommand),
    /// Asks for what one person may not do alone, or not at once; approves it, and runs it.
    #[command(subcommand)]
    Request(RequestCommand),
    /// Says which key wraps what, and rotates the keys that the archive is sealed by.
    #[command(subcommand)]
    Keys(KeysCommand),
    /// Says what is installed, what is missing, and what to do.
    #[command(after_help = "Example:\n  proviso doctor --config proviso.toml")]
    Doctor(DoctorArgs),
}

#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    /// Folder for the demo's spool, archive and copy of the policies. Made anew on each run, apart from the compiled cache.
    #[arg(long, default_value = "demo-data")]
    pub dir: PathBuf,
    /// Folder with the packs, demo.toml and the demo's phrases.
    #[arg(long, default_value = "policies")]
    pub policies: PathBuf,
    /// How many synthetic messages to judge, 2,000 to 1,000,000.
    #[arg(long, default_value_t = 2_400, value_parser = clap::value_parser!(u32).range(2_000..=1_000_000))]
    pub messages: u32,
    /// Print every rule and every date, not the two screens of the ordinary output.
    #[arg(long)]
    pub full: bool,
    #[arg(long, value_enum, default_value_t)]
    pub format: OutputFormat,
}

#[derive(Debug, Args)]
pub(crate) struct EvalArgs {
    /// The policy set.
    #[arg(long)]
    pub set: PathBuf,
    #[command(flatten)]
    pub form: FormArgs,
    #[arg(long, value_enum, default_value_t)]
    pub format: OutputFormat,
    /// Exit with 1 if a finding is at least this severe: low, medium, high or critical.
    #[arg(long, value_parser = parse_severity)]
    pub fail_on: Option<proviso_model::verdict::Severity>,
    /// Threads that evaluate; 0 means one a core.
    #[arg(long, default_value_t = 0, value_parser = parse_workers)]
    pub workers: usize,
    /// Where compiled snapshots are kept between runs.
    #[arg(long)]
    pub cache_dir: Option<PathBuf>,
    #[command(flatten)]
    pub trust: TrustArgs,
    /// Files of messages; `-` reads standard input.
    #[arg(required = true)]
    pub files: Vec<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct BacktestArgs {
    /// The policy set that judges now; default: that of --config.
    #[arg(long, required_unless_present = "config")]
    pub set: Option<PathBuf>,
    /// The policy set that may come.
    #[arg(long, required_unless_present = "promote", conflicts_with = "promote")]
    pub candidate: Option<PathBuf>,
    /// Compare with the same set in which this pack is no longer in shadow, or one policy of it: `name:policy`.
    #[arg(long, value_name = "PACK")]
    pub promote: Option<String>,
    /// A daemon's configuration: its archive is read where no files are named, and its pack store is used.
    #[arg(long)]
    pub config: Option<PathBuf>,
    #[command(flatten)]
    pub token: TokenFileArgs,
    #[command(flatten)]
    pub form: FormArgs,
    /// Only messages sent from then on: a day (from 00:00 UTC) or a time with its zone. Consent and preceding messages of before count; states begin empty.
    #[arg(long, value_name = "TIME")]
    pub since: Option<String>,
    /// Only messages sent before then.
    #[arg(long, value_name = "TIME")]
    pub until: Option<String>,
    /// Samples of each rule and kind of change.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(0..=100))]
    pub samples: u32,
    /// Leave the text of messages and reasons out of samples.
    #[arg(long)]
    pub no_text: bool,
    /// Write the report into a file; its name ends with .md, .json or .html. May be given several times.
    #[arg(long, value_name = "FILE")]
    pub report: Vec<PathBuf>,
    /// Exit with 1 if this is so, as in 'added[severity>=high, rule=promise] > 0', 'removed > 1 %', 'newly-held > 0',
    /// 'cost > 1.2'. May be given several times.
    #[arg(long, value_name = "BOUND")]
    pub fail_if: Vec<proviso_author::backtest::FailIf>,
    /// Threads that evaluate; 0 means one a core.
    #[arg(long, default_value_t = 0, value_parser = parse_workers)]
    pub workers: usize,
    /// Where compiled snapshots are kept between runs.
    #[arg(long)]
    pub cache_dir: Option<PathBuf>,
    #[command(flatten)]
    pub trust: TrustArgs,
    #[arg(long, value_enum, default_value_t)]
    pub format: OutputFormat,
    /// Files of messages; `-` reads standard input. Default: the archive of --config.
    pub files: Vec<PathBuf>,
}

/// How files of messages are read.
#[derive(Debug, Args)]
pub(crate) struct FormArgs {
    /// The form of the files: ndjson (one canonical message a line) or wecom (decrypted archive messages).
    #[arg(long, default_value = "ndjson")]
    pub input_format: String,
    /// Tenant of messages that name none.
    #[arg(long, default_value = "default")]
    pub tenant: String,
    /// Channel of messages that name none (ndjson alone; WeCom's are always `wecom`).
    #[arg(long, default_value = "chat")]
    pub channel: String,
}

#[derive(Debug, Args)]
pub(crate) struct ServeArgs {
    /// The daemon's configuration.
    #[arg(long, default_value = "proviso.toml")]
    pub config: PathBuf,
    /// Start although acknowledged writes are not in the archive: its write-ahead log was deleted, or an older copy was put in
    /// its place. What is lost stays lost.
    #[arg(long)]
    pub accept_lost_writes: bool,
}

/// Whose packs count.
#[derive(Debug, Args)]
pub(crate) struct TrustArgs {
    /// The trust file; default: that of PROVISO_TRUST, /etc/proviso/trust.toml, or trust.toml beside the policy set.
    #[arg(long)]
    pub trust: Option<PathBuf>,
}

/// How to reach the daemon.
#[derive(Debug, Args)]
pub(crate) struct DaemonArgs {
    /// The daemon's configuration; its address and token are read from there.
    #[arg(long, default_value = "proviso.toml")]
    pub config: PathBuf,
    #[command(flatten)]
    pub token: TokenFileArgs,
    #[arg(long, value_enum, default_value_t)]
    pub format: OutputFormat,
}

/// As whom the daemon is asked.
#[derive(Debug, Clone, Args)]
pub(crate) struct TokenFileArgs {
    /// A file with the secret of the token to ask the daemon with; default: that of PROVISO_TOKEN_FILE, else the operator's.
    #[arg(long, value_name = "FILE")]
    pub token_file: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct PolicyCheckArgs {
    /// The policy set.
    pub set: PathBuf,
    /// The configuration that the set is for: whom it scores by the approvals that are in force, where its tenants want a second person
    /// for that. Default: none is asked for.
    #[arg(long)]
    pub config: Option<PathBuf>,
    #[command(flatten)]
    pub token: TokenFileArgs,
    #[arg(long, value_enum, default_value_t)]
    pub format: OutputFormat,
    /// Where compiled snapshots are kept between runs.
    #[arg(long)]
    pub cache_dir: Option<PathBuf>,
    #[command(flatten)]
    pub trust: TrustArgs,
}

#[derive(Debug, Subcommand)]
pub(crate) enum PolicyCommand {
    /// Builds a policy set and runs its packs' cases, without a daemon: would it go live?
    #[command(
        after_help = "Examples:\n  proviso policy check policies/demo.toml\n  proviso policy check set.toml --config proviso.toml"
    )]
    Check(PolicyCheckArgs),
    /// Has a pack that runs in shadow enforced, once a backtest has shown what that changes.
    #[command(after_help = "Example:\n  \
        proviso backtest --set live.toml --promote house-rules --config proviso.toml --report diff.json\n  \
        proviso policy promote house-rules --set live.toml --report diff.json")]
    Promote(PromoteArgs),
    /// Shows the generation that is running, its policies, and what was wrong with the last attempt to change it.
    #[command(after_help = "Example:\n  proviso policy status --config proviso.toml")]
    Status(DaemonArgs),
    /// Reads the policy set and its packs again now.
    #[command(after_help = "Example:\n  proviso policy reload --config proviso.toml")]
    Reload(DaemonArgs),
    /// Goes back to a recorded generation; the policy set file is left as it is, and counts again once it changes.
    #[command(after_help = "Example:\n  proviso policy rollback --config proviso.toml --to 3f2a9c")]
    Rollback {
        #[command(flatten)]
        daemon: DaemonArgs,
        /// The generation: the first digits of its digest; default: the one that ran before.
        #[arg(long)]
        to: Option<String>,
    },
    /// Has quarantined policies called again: one, or all of them.
    #[command(after_help = "Example:\n  proviso policy retry --config proviso.toml invoices")]
    Retry {
        #[command(flatten)]
        daemon: DaemonArgs,
        /// `vendor/pack:policy`, or the policy's own name; default: all that are quarantined.
        policy: Option<String>,
    },
    /// Lets an older version of a pack go live than one that was live before. Recorded with who and why.
    #[command(
        after_help = "Example:\n  proviso policy allow-downgrade --config proviso.toml acme/house-rules 1.4.2 --note '1.5.0 finds too little'"
    )]
    AllowDowngrade {
        #[command(flatten)]
        daemon: DaemonArgs,
        /// `vendor/name` of the pack.
        pack: String,
        /// The version, which may go live again with every newer one.
        version: String,
        /// Why, for the record.
        #[arg(long)]
        note: String,
    },
    /// Lists what was made live, by whom and why, and what was refused.
    #[command(after_help = "Example:\n  proviso policy history --config proviso.toml")]
    History(DaemonArgs),
}

#[derive(Debug, Args)]
pub(crate) struct PromoteArgs {
    /// The pack, as `vendor/name`, `name`, or as the set writes it; `name:policy` for one of its policies.
    pub pack: String,
    /// The policy set, which is changed in that one place.
    #[arg(long)]
    pub set: PathBuf,
    /// The JSON report of `backtest --promote` for this very change.
    #[arg(long)]
    pub report: PathBuf,
    /// A daemon's configuration: its pack store is used.
    #[arg(long)]
    pub config: Option<PathBuf>,
    /// Where compiled snapshots are kept between runs.
    #[arg(long)]
    pub cache_dir: Option<PathBuf>,
    #[command(flatten)]
    pub trust: TrustArgs,
}

/// Which archive to read: through the daemon where it runs.
#[derive(Debug, Args)]
pub(crate) struct ArchiveArgs {
    /// The daemon's configuration; its address, and the archive's path, are read from there.
    #[arg(long, default_value = "proviso.toml")]
    pub config: PathBuf,
    #[command(flatten)]
    pub token: TokenFileArgs,
    #[arg(long, value_enum, default_value_t)]
    pub format: OutputFormat,
}

#[derive(Debug, Args)]
pub(crate) struct ReplayArgs {
    #[command(flatten)]
    pub archive: ArchiveArgs,
    /// Messages, by the channel's identifier or `tenant/channel/identifier`.
    #[arg(required_unless_present_any = ["sample", "all"])]
    pub messages: Vec<String>,
    /// Replay this many messages, spread evenly over the archive.
    #[arg(long, conflicts_with = "messages")]
    pub sample: Option<u32>,
    /// Replay every message, several at once.
    #[arg(long, conflicts_with_all = ["messages", "sample"])]
    pub all: bool,
    /// Only messages sent from then on: a day (from 00:00 UTC) or a time with its zone.
    #[arg(long, value_name = "TIME", requires = "all", conflicts_with_all = ["messages", "sample"])]
    pub since: Option<String>,
    /// Only messages sent before then.
    #[arg(long, value_name = "TIME", requires = "all", conflicts_with_all = ["messages", "sample"])]
    pub until: Option<String>,
    /// Threads that read and judge, 0 for one a core.
    #[arg(long, default_value_t = 0, value_parser = parse_workers)]
    pub workers: usize,
    /// Run packs that the trust file revokes, to compare: nothing becomes live by a replay.
    #[arg(long)]
    pub allow_revoked: bool,
}

#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {
    /// A daemon's configuration to look at as well.
    #[arg(long)]
    pub config: Option<PathBuf>,
    #[arg(long, value_enum, default_value_t)]
    pub format: OutputFormat,
}

/// Threads, 0 for one a core.
fn parse_workers(text: &str) -> Result<usize, String> {
    let workers = text.parse().ok().filter(|workers| (0..=256).contains(workers));
    workers.ok_or_else(|| format!("{text:?} is no number of threads: expected 0 to 256, 0 for one a core"))
}

fn parse_severity(text: &str) -> Result<proviso_model::verdict::Severity, String> {
    use proviso_model::verdict::Severity;
    Severity::ALL
        .into_iter()
        .find(|severity| severity.name() == text)
        .ok_or_else(|| format!("{text:?} is not a severity: expected low, medium, high or critical"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_shows_an_example() {
        fn check(command: &clap::Command) {
            for sub in command.get_subcommands().filter(|sub| sub.get_name() != "help") {
                if sub.has_subcommands() {
                    check(sub);
                } else {
                    let help = sub.get_after_help().map(ToString::to_string).unwrap_or_default();
                    assert!(help.contains("Example"), "{} has no example", sub.get_name());
                }
            }
        }
        check(&Cli::command());
    }
}
