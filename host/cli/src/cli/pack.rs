//! `proviso pack …`, as clap sees it.

use super::{FormArgs, OutputFormat, TrustArgs};
use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub(crate) enum PackCommand {
    /// Writes the files of a new pack: rules without code, or with --plugin a plugin in Rust.
    #[command(
        after_help = "Examples:\n  proviso pack new acme/house-rules\n  proviso pack new acme/late-orders --plugin rust\n  proviso pack new acme/promised-rates --plugin typescript"
    )]
    New {
        /// `vendor/name`; the folder is made in the current one and called `name`.
        name: String,
        /// Also write a plugin, in this language.
        #[arg(long, value_enum)]
        plugin: Option<PluginLanguage>,
        /// Make the pack's folder here instead.
        #[arg(long)]
        dir: Option<PathBuf>,
    },
    /// Builds a pack's own plugins, checks the pack, and writes it as one file.
    #[command(after_help = "Example:\n  proviso pack build policies/bank-cn --output bank-cn.pack")]
    Build {
        /// The pack's folder.
        folder: PathBuf,
        /// The file to write; default: the pack's name and version with `.pack`, in the current folder.
        #[arg(long, short)]
        output: Option<PathBuf>,
        #[arg(long, value_enum, default_value_t)]
        format: OutputFormat,
        #[command(flatten)]
        trust: TrustArgs,
    },
    /// Shows what a pack is: facts read from its bytes, not its claims.
    #[command(after_help = "Example:\n  proviso pack inspect policies/bank-cn")]
    Inspect {
        /// A pack's folder or file.
        pack: PathBuf,
        /// An older version of the pack: what changes with an upgrade is shown instead, new permissions first.
        #[arg(long, value_name = "OLD")]
        diff: Option<PathBuf>,
        #[arg(long, value_enum, default_value_t)]
        format: OutputFormat,
        #[command(flatten)]
        trust: TrustArgs,
    },
    /// Writes a pack's reference page in Markdown: policies, lists, rules, and what its settings may be.
    #[command(after_help = "Example:\n  proviso pack docs policies/bank-cn --output bank-cn.md")]
    Docs {
        /// A pack's folder or file.
        pack: PathBuf,
        /// The file to write; default: standard output.
        #[arg(long, short)]
        output: Option<PathBuf>,
    },
    /// Runs a pack's own cases: each alone, again, in a batch and shuffled.
    #[command(
        after_help = "Examples:\n  proviso pack test policies/bank-cn policies/data-leak\n  \
        proviso pack test house-rules --only refund --update\n  \
        proviso pack test house-rules --junit report.xml --coverage-min rules=100 --coverage-min settings=80"
    )]
    Test(TestArgs),
    /// Changes the messages of a pack's cases as who evades its rules would, and says which findings survive.
    #[command(after_help = "Examples:\n  proviso pack attack policies/bank-cn\n  \
        proviso pack attack house-rules --only refund --family disguise\n  \
        proviso pack attack house-rules --min-survival 90 --format json")]
    Attack(AttackArgs),
    /// Makes a signer's key: NAME.key, encrypted and readable by its owner alone, and NAME.pub.
    #[command(after_help = "Examples:\n  proviso pack keygen release\n  \
        proviso pack keygen ci --passphrase-file passphrase.txt")]
    Keygen(KeygenArgs),
    /// Signs a built pack; the file then carries the signature beside those that it has.
    #[command(
        after_help = "Examples:\n  proviso pack sign house-rules-1.0.0.pack --key release.key\n  \
        proviso pack sign house-rules-1.0.0.pack --signature manifest.json.minisig --public-key audit.pub"
    )]
    Sign(SignArgs),
    /// Says who signed a pack, and whether the trust file admits it.
    #[command(
        after_help = "Examples:\n  proviso pack verify house-rules-1.0.0.pack --trust trust.toml\n  \
        proviso pack verify house-rules-1.0.0.pack --public-key release.pub\n  \
        proviso pack verify house-rules-1.0.0.pack --extract signed && minisign -Vm signed/manifest.json -x \
        signed/manifest.json.1.minisig -p release.pub"
    )]
    Verify(VerifyArgs),
    /// Sends a pack with its signatures to a registry, and prints the reference that a policy set names.
    #[command(
        after_help = "Examples:\n  proviso pack push house-rules-1.0.0.pack registry.example/acme/house-rules:1.0.0\n  \
        proviso pack push house-rules localhost:5000/acme/house-rules:next\n\n\
        Credentials are those of `docker login`: docs/registry.md."
    )]
    Push(PushArgs),
    /// Brings a pack with its signatures from a registry into the local store, and says who signed it.
    #[command(
        after_help = "Examples:\n  proviso pack pull registry.example/acme/house-rules:1.0.0\n  \
        proviso pack pull registry.example/acme/house-rules@sha256:… --store /var/lib/proviso/packs\n  \
        proviso pack pull registry.example/acme/house-rules:1.0.0 --output house-rules.pack\n\n\
        Credentials are those of `docker login`: docs/registry.md."
    )]
    Pull(PullArgs),
    /// Measures what packs cost, policy by policy, and how fast all of them judge together.
    #[command(after_help = "Examples:\n  proviso pack bench policies/bank-cn\n  \
        proviso pack bench --set policies/demo.toml --workers 2 --format json > before.json\n  \
        proviso pack bench --set policies/demo.toml --workers 2 --baseline before.json --fail-over 10")]
    Bench(BenchArgs),
    /// Says what a pack could do better: terms, texts, rules, statutes, fields, budgets.
    #[command(after_help = "Examples:\n  proviso pack lint policies/bank-cn\n  \
        proviso pack lint house-rules --benign last-month.ndjson --benign-share 0.2\n  \
        proviso pack lint house-rules --fix\n  \
        proviso pack lint --explain L101")]
    Lint(LintArgs),
    /// Trains a model of the plugin text-classifier from labelled texts, and says on a card how often it is wrong.
    #[command(after_help = "Examples:\n  \
        proviso pack train --labelled labelled.jsonl --name fraud-wording --looks-for \"advance-fee fraud\" --output lexicons/fraud-model.txt\n  \
        proviso pack train --labelled may.jsonl june.jsonl --name x --looks-for y --output x.txt --card cards/x.md --about x.toml\n\n\
        A line is {\"text\": …, \"label\": \"positive\" or \"negative\"} and, where known, `source`, `group` (a conversation), `kind`, `channel`, `date`.")]
    Train(TrainArgs),
}

#[derive(Debug, Args)]
pub(crate) struct TrainArgs {
    /// Files of labelled texts, JSON Lines.
    #[arg(long, required = true, num_args = 1.., value_name = "FILE")]
    pub labelled: Vec<PathBuf>,
    /// Labels of what is looked for.
    #[arg(long, value_name = "LABEL", default_value = "positive")]
    pub positive: Vec<String>,
    /// Labels of what is harmless.
    #[arg(long, value_name = "LABEL", default_value = "negative")]
    pub negative: Vec<String>,
    /// What the model is called on its card.
    #[arg(long)]
    pub name: String,
    /// What it looks for, in one line for its card.
    #[arg(long)]
    pub looks_for: String,
    /// The lexicon to write, `lexicons/….txt` of a pack.
    #[arg(long, short, value_name = "FILE")]
    pub output: PathBuf,
    /// The card to write; default: `NAME.md` beside the lexicon, and in the working directory for one in a folder `lexicons`.
    #[arg(long, value_name = "FILE")]
    pub card: Option<PathBuf>,
    /// A TOML file with what is known of the data: `limits = ["…"]`, and for each source `[source.NAME]` with `origin` and `licence`.
    #[arg(long, value_name = "FILE")]
    pub about: Option<PathBuf>,
    /// A file of words of which nothing is learnt, such as names, one a line.
    #[arg(long, value_name = "FILE")]
    pub never: Option<PathBuf>,
    /// What decides which texts are kept apart.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Parts for cross-validation, 2 to 20.
    #[arg(long, default_value_t = 5)]
    pub folds: u32,
    #[arg(long, value_enum, default_value_t)]
    pub format: OutputFormat,
}

#[derive(Debug, Args)]
pub(crate) struct TestArgs {
    /// Packs' folders or files.
    #[arg(required = true)]
    pub packs: Vec<PathBuf>,
    /// Run only the cases whose name contains this.
    #[arg(long)]
    pub only: Option<String>,
    /// Also print what the plugins log over cases that pass; over cases that fail it always is.
    #[arg(long)]
    pub logs: bool,
    /// Write into the cases that fail what was found, for you to look at; the packs must be folders.
    #[arg(long)]
    pub update: bool,
    /// Also write a report that CI systems read (JUnit XML).
    #[arg(long, value_name = "FILE")]
    pub junit: Option<PathBuf>,
    /// Say which rules, terms and branches of the settings no case reaches.
    #[arg(long, conflicts_with = "only")]
    pub coverage: bool,
    /// Exit with 1 if the cases reach less than this, in per cent: of rules, terms and settings each, or of one of them as
    /// in rules=100. Implies --coverage.
    #[arg(long, value_name = "[KIND=]PERCENT", conflicts_with = "only")]
    pub coverage_min: Vec<proviso_author::test::CoverageMin>,
    /// Threads that run cases; 0 means one a core.
    #[arg(long, default_value_t = 0, value_parser = super::parse_workers)]
    pub workers: usize,
    #[arg(long, value_enum, default_value_t)]
    pub format: OutputFormat,
    #[command(flatten)]
    pub trust: TrustArgs,
}

#[derive(Debug, Args)]
pub(crate) struct AttackArgs {
    /// Packs' folders or files.
    #[arg(required = true)]
    pub packs: Vec<PathBuf>,
    /// Look only at the findings of this rule.
    #[arg(long, value_name = "RULE")]
    pub only: Option<String>,
    /// Try only this family of mutations: disguise, shield, splitting, order, numbers or filler.
    #[arg(long, value_name = "NAME")]
    pub family: Option<proviso_author::attack::Family>,
    /// Makes the choices of the mutations; the same seed gives the same mutants.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Exit with 1 if less than this share of the mutants of some family survives, in per cent.
    #[arg(long, value_name = "PERCENT", value_parser = parse_percent)]
    pub min_survival: Option<f64>,
    /// Threads that judge; 0 means one a core.
    #[arg(long, default_value_t = 0, value_parser = super::parse_workers)]
    pub workers: usize,
    #[arg(long, value_enum, default_value_t)]
    pub format: OutputFormat,
    #[command(flatten)]
    pub trust: TrustArgs,
}

#[derive(Debug, Args)]
pub(crate) struct LintArgs {
    /// Packs' folders or files.
    #[arg(required_unless_present = "explain")]
    pub packs: Vec<PathBuf>,
    /// Files of harmless messages: a .txt file has one in each line, others are canonical NDJSON. Terms that are common in
    /// them are told.
    #[arg(long, num_args = 1.., value_name = "FILE")]
    pub benign: Vec<PathBuf>,
    /// A term is common if it stands in more than this share of the harmless messages, in per cent.
    #[arg(long, default_value_t = 0.5, value_name = "PERCENT")]
    pub benign_share: f64,
    #[command(flatten)]
    pub trust: TrustArgs,
    /// Mend what can be mended without a doubt, in the pack's folder, and say what was changed.
    #[arg(long)]
    pub fix: bool,
    /// Do not run the cases: nothing is said of fields and budgets.
    #[arg(long)]
    pub no_run: bool,
    /// Exit with 1 if a finding is at least this severe: note, warning or error.
    #[arg(long, default_value = "warning", value_parser = parse_lint_grade)]
    pub fail_on: proviso_author::lint::Grade,
    /// The day by which statutes are looked at, as 2026-01-31; default: today (UTC).
    #[arg(long, value_name = "DAY")]
    pub today: Option<String>,
    /// Print what a code means, and what to do.
    #[arg(long, value_name = "CODE", conflicts_with_all = ["benign", "fix", "no_run"])]
    pub explain: Option<String>,
    #[arg(long, value_enum, default_value_t)]
    pub format: OutputFormat,
}

#[derive(Debug, Args)]
pub(crate) struct KeygenArgs {
    /// Path of the files, without their endings.
    pub name: PathBuf,
    /// Leave the secret half unencrypted.
    #[arg(long, conflicts_with = "passphrase_file")]
    pub no_passphrase: bool,
    /// A file with the passphrase on its first line; default: PROVISO_PASSPHRASE, or the terminal.
    #[arg(long)]
    pub passphrase_file: Option<PathBuf>,
    #[arg(long, value_enum, default_value_t)]
    pub format: OutputFormat,
}

#[derive(Debug, Args)]
pub(crate) struct SignArgs {
    /// The built file.
    pub pack: PathBuf,
    /// The signer's secret key, of `pack keygen` or minisign.
    #[arg(long, required_unless_present = "signature", conflicts_with = "signature")]
    pub key: Option<PathBuf>,
    /// A signature of the pack's manifest that minisign made, to be carried by the pack.
    #[arg(long, requires = "public_key")]
    pub signature: Option<PathBuf>,
    /// The key that --signature was made with: as minisign prints it, or its file.
    #[arg(long, requires = "signature")]
    pub public_key: Option<String>,
    /// A file with the key's passphrase on its first line; default: PROVISO_PASSPHRASE, or the terminal.
    #[arg(long)]
    pub passphrase_file: Option<PathBuf>,
    /// Write the signed pack here; default: over the file itself.
    #[arg(long, short)]
    pub output: Option<PathBuf>,
    #[arg(long, value_enum, default_value_t)]
    pub format: OutputFormat,
}

#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {
    /// A built file, or a folder.
    pub pack: PathBuf,
    /// Ask for signatures of these keys, in place of a trust file: as minisign prints them, or their files.
    #[arg(long = "public-key")]
    pub public_keys: Vec<String>,
    /// Write the manifest that is signed, and each signature, into this folder, for minisign.
    #[arg(long)]
    pub extract: Option<PathBuf>,
    #[command(flatten)]
    pub trust: TrustArgs,
    #[arg(long, value_enum, default_value_t)]
    pub format: OutputFormat,
}

/// How to speak to a registry.
#[derive(Debug, Args)]
pub(crate) struct RegistryArgs {
    /// Speak plain HTTP. localhost, 127.0.0.1 and ::1 are always spoken to so.
    #[arg(long)]
    pub plain_http: bool,
    /// Give an attempt up when nothing has arrived or left for so many seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=3_600))]
    pub timeout: u64,
}

#[derive(Debug, Args)]
pub(crate) struct PushArgs {
    /// A built file, or a pack's folder, which is built first.
    pub pack: PathBuf,
    /// Where to: REGISTRY/NAME:TAG, or REGISTRY/NAME@sha256:… without a tag.
    pub reference: String,
    /// Move the tag if it names another pack; without it such a push is refused.
    #[arg(long)]
    pub force: bool,
    #[command(flatten)]
    pub registry: RegistryArgs,
    #[arg(long, value_enum, default_value_t)]
    pub format: OutputFormat,
    #[command(flatten)]
    pub trust: TrustArgs,
}

#[derive(Debug, Args)]
pub(crate) struct PullArgs {
    /// Which pack: REGISTRY/NAME:TAG, or REGISTRY/NAME@sha256:….
    pub reference: String,
    /// Also write it to this file.
    #[arg(long, short)]
    pub output: Option<PathBuf>,
    /// The store to keep it in; default: PROVISO_STORE, or ~/.local/share/proviso/packs. A daemon's is `packs` in its data
    /// folder.
    #[arg(long)]
    pub store: Option<PathBuf>,
    #[command(flatten)]
    pub registry: RegistryArgs,
    #[arg(long, value_enum, default_value_t)]
    pub format: OutputFormat,
    #[command(flatten)]
    pub trust: TrustArgs,
}

#[derive(Debug, Args)]
pub(crate) struct BenchArgs {
    /// Packs' folders or files; measured together, each with its own settings and for every message.
    #[arg(required_unless_present = "set", conflicts_with = "set")]
    pub packs: Vec<PathBuf>,
    /// A policy set, in place of packs.
    #[arg(long)]
    pub set: Option<PathBuf>,
    /// Files of messages; default: the packs' own cases, and for a set or packs without cases a synthetic sample.
    #[arg(long, num_args = 1..)]
    pub input: Vec<PathBuf>,
    #[command(flatten)]
    pub form: FormArgs,
    /// Measure evaluation with this many threads as well as with one.
    #[arg(long, default_value_t = 1, value_parser = parse_threads)]
    pub workers: usize,
    /// How often everything is measured; the median is told.
    #[arg(long, default_value_t = 9, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub rounds: u32,
    /// An earlier output of --format json to compare with.
    #[arg(long)]
    pub baseline: Option<PathBuf>,
    /// Exit with 1 if time or fuel of a policy, or the time of the whole, rose by more than this, in per cent.
    #[arg(long, requires = "baseline", value_name = "PERCENT")]
    pub fail_over: Option<f64>,
    #[command(flatten)]
    pub trust: TrustArgs,
    #[arg(long, value_enum, default_value_t)]
    pub format: OutputFormat,
}

/// A language that plugins can be scaffolded in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum PluginLanguage {
    Rust,
    C,
    #[value(name = "typescript", alias = "ts")]
    TypeScript,
    Python,
}

/// Threads that measure: a core's worth each, by their number.
fn parse_threads(text: &str) -> Result<usize, String> {
    super::parse_workers(text).and_then(|workers| match workers {
        0 => Err(format!("{text:?} is no number of threads: expected 1 to 256")),
        workers => Ok(workers),
    })
}

fn parse_percent(text: &str) -> Result<f64, String> {
    let percent = text.parse().ok().filter(|percent| (0.0..=100.0).contains(percent));
    percent.ok_or_else(|| format!("{text:?} is no percentage: expected 0 to 100"))
}

fn parse_lint_grade(text: &str) -> Result<proviso_author::lint::Grade, String> {
    use proviso_author::lint::Grade;
    Grade::ALL
        .into_iter()
        .find(|grade| grade.name() == text)
        .ok_or_else(|| format!("{text:?} is not a grade: expected note, warning or error"))
}
