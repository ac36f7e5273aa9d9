//! `proviso audit …`: whether the archive is what was committed.
//!
//! The file is read beside a daemon that runs: an audit that asked the daemon would believe what it audits.

use crate::cli::{AuditCommand, ExportLogArgs, LogArgs, OutputFormat, ShowLogArgs, VerifyLogArgs};
use crate::exit::{Ending, Usage};
use crate::show;
use crate::show::table::{Columns, count};
use anyhow::Context as _;
use proviso_archive::certificate::{Bound, Certificate, Statute};
use proviso_archive::{Archive, Audit, LoggedEntry, LoggedLeaf, Opening, VerifierKey};
use proviso_daemon::config::Config;
use proviso_model::Timestamp;
use proviso_pack::regular_file;
use proviso_proof::entry::{Entry, Value};
use proviso_proof::export::{self, ExportReport, Files};
use proviso_proof::json::JSON_BYTES_MAX;
use proviso_proof::note::{Checkpoint, KeyKind, LogTrust};
use serde_json::json;
use std::io::ErrorKind;
use std::path::Path;

/// The most bytes of a file of an export that are read.
const EXPORT_FILE_BYTES_MAX: usize = 1 << 30;

pub(crate) fn run(command: &AuditCommand, colour: bool) -> anyhow::Result<Ending> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        match command {
            AuditCommand::Verify(args) => match (&args.export, &args.certificate) {
                (Some(folder), _) => verify_export(folder, args, colour),
                (None, Some(file)) => verify_certificate(file, args, colour),
                (None, None) => verify(args, colour).await,
            },
            AuditCommand::Export(args) => export(args, colour).await,
            AuditCommand::Show(args) => show_log(args, colour).await,
            AuditCommand::Witness(args) => super::audit_witness::run(args).await,
        }
    })
}

async fn opened(args: &LogArgs) -> anyhow::Result<Archive> {
    let (path, opening) = if let Some(path) = &args.archive {
        (path.clone(), Opening::default())
    } else {
        let config = Config::read(&args.config)?;
        (config.archive_path(), config.opening())
    };
    Ok(Archive::open_readonly_with(&path, &opening).await?)
}

/// An archive names its key in SM2 itself.
const ONE_KEY: &str = "--key: give the log's key once: the archive's own log names the key in SM2, and the line by it is verified with it";
const TWO_KEYS: &str = "--key: give the log's key once, and its key in SM2 once or not at all";

fn log_key_of(text: &str) -> anyhow::Result<VerifierKey> {
    let key = key_of(text)?;
    if key.kind() == KeyKind::Sm2 {
        return Err(Usage(format!("{ONE_KEY}; this one is in SM2")).into());
    }
    Ok(key)
}

fn key_of(text: &str) -> anyhow::Result<VerifierKey> {
    text.parse().map_err(|error| Usage(format!("--key: {error}")).into())
}

async fn verify(args: &VerifyLogArgs, colour: bool) -> anyhow::Result<Ending> {
    let key = match args.key.as_slice() {
        [] => None,
        [key] => Some(log_key_of(key)?),
        _ => return Err(Usage(ONE_KEY.to_owned()).into()),
    };
    let archive = opened(&args.log).await?;
    let audit = archive.audit(key.as_ref()).await?;
    archive.close().await;
    told(&audit, args.log.format, colour)
}

async fn export(args: &ExportLogArgs, colour: bool) -> anyhow::Result<Ending> {
    let there = match std::fs::read_dir(&args.folder) {
        Ok(mut there) => there.next().is_some(),
        Err(error) if error.kind() == ErrorKind::NotFound => false,
        Err(error) => return Err(error).with_context(|| format!("cannot use {}", args.folder.display())),
    };
    if there {
        return Err(Usage(format!("{} is not empty: name a new folder", args.folder.display())).into());
    }
    let archive = opened(&args.log).await?;
    let audit = archive.export_log(&args.folder, None).await?;
    archive.close().await;
    told(&audit, args.log.format, colour)
}

/// Prints what was found.
fn told(audit: &Audit, format: OutputFormat, colour: bool) -> anyhow::Result<Ending> {
    let signed = audit.checkpoint.as_ref();
    match format {
        OutputFormat::Json => show::json(format_args!(
            "{}",
            json!({
                "whole": audit.is_whole(), "key": audit.key, "leaves": audit.log.leaves, "entries": audit.log.entries,
                "root": audit.log.root.to_string(), "unsigned": audit.log.unsigned,
                "checkpoint": signed.map(|signed| json!({
                    "origin": signed.origin, "size": signed.size, "root": signed.root.to_string(),
                })),
                "messages": audit.messages, "messages_before": audit.messages_before, "rows": audit.rows,
                "faults_count": audit.faults_count, "faults": audit.named().collect::<Vec<_>>(),
            })
        )),
        OutputFormat::Table => {
            let mut table = Columns::pairs(colour);
            table.row(["log", audit.key.as_deref().unwrap_or("names no key")]);
            table.row(["transactions", &count(audit.log.leaves)]);
            table.row(["entries", &count(audit.log.entries)]);
            table.row(["root", &audit.log.root.to_string()]);
            table.row([
                "signed",
                &signed.map_or_else(|| "nothing".to_owned(), |signed| count(signed.size)),
            ]);
            table.row(["not signed yet", &count(audit.log.unsigned)]);
            table.row(["messages", &count(audit.messages)]);
            if audit.messages_before > 0 {
                table.row(["of before the log", &count(audit.messages_before)]);
            }
            table.row(["other rows", &count(audit.rows)]);
            table.print(&mut std::io::stdout())?;
            print_faults(audit.named(), audit.faults_count);
        }
    }
    Ok(ending(audit.is_whole()))
}

fn print_faults(named: impl Iterator<Item = String>, all: u64) {
    let mut shown = 0;
    for fault in named {
        show::line(format_args!("altered: {fault}"));
        shown += 1;
    }
    if all > shown {
        show::line(format_args!("altered: {} more", count(all - shown)));
    }
    if all == 0 {
        show::line(format_args!("\nall is what was committed"));
    }
}

fn ending(whole: bool) -> Ending {
    if whole { Ending::Well } else { Ending::Problems }
}

/// The files of an export.
pub(crate) struct Folder<'a>(pub(crate) &'a Path);

impl Files for Folder<'_> {
    type Error = std::io::Error;

    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, std::io::Error> {
        match regular_file::read(&self.0.join(path), EXPORT_FILE_BYTES_MAX) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// Who is believed: the key that was given.
fn trust_of(args: &VerifyLogArgs) -> anyhow::Result<LogTrust> {
    let bad = |error| Usage(format!("--key: {error}"));
    let keys = args
        .key
        .iter()
        .map(|text| key_of(text))
        .collect::<Result<Vec<_>, _>>()?;
    let (in_sm2, of_log): (Vec<_>, Vec<_>) = keys.into_iter().partition(|key| key.kind() == KeyKind::Sm2);
    let ([log], [] | [_]) = (of_log.as_slice(), in_sm2.as_slice()) else {
        return Err(Usage(TWO_KEYS.to_owned()).into());
    };
    let trust = LogTrust::new(log.name().as_str(), log.clone()).map_err(bad)?;
    Ok(match in_sm2.into_iter().next() {
        Some(key) => trust.with_sm2(key).map_err(bad)?,
        None => trust,
    })
}

/// What is printed where the whole is not to be believed.
fn not_whole(named: String, format: OutputFormat) -> Ending {
    match format {
        OutputFormat::Json => show::json(format_args!(
            "{}",
            json!({ "whole": false, "faults_count": 1, "faults": [named] })
        )),
        OutputFormat::Table => print_faults([named].into_iter(), 1),
    }
    Ending::Problems
}

fn verify_certificate(file: &Path, args: &VerifyLogArgs, colour: bool) -> anyhow::Result<Ending> {
    let trust = trust_of(args)?;
    let none = |error: String| Usage(format!("{} is no certificate: {error}", file.display()));
    let bytes = regular_file::read(file, JSON_BYTES_MAX).map_err(|error| none(error.to_string()))?;
    let text = std::str::from_utf8(&bytes).map_err(|error| none(error.to_string()))?;
    let certificate = Certificate::from_json(text.trim_end()).map_err(|error| none(error.to_string()))?;
    let verified = match certificate.verify(&trust) {
        Ok(verified) => verified,
        Err(error) => return Ok(not_whole(format!("{:#}", anyhow::Error::from(error)), args.log.format)),
    };
    let said = &certificate.disposal;
    let day = |millis: u64| {
        Timestamp::from_millis(millis.cast_signed()).map_or_else(|_| millis.to_string(), |at| at.to_string())
    };
    match args.log.format {
        OutputFormat::Json => show::json(format_args!(
            "{}",
            json!({
                "whole": true, "faults_count": 0, "faults": [],
                "disposal": serde_json::from_str::<serde_json::Value>(&said.to_json())?,
                "checkpoint": checkpoint_json(verified.checkpoint()),
            })
        )),
        OutputFormat::Table => {
            let mut table = Columns::pairs(colour);
            table.row(["log", verified.checkpoint().origin()]);
            table.row(["tenant", &said.tenant]);
            table.row(["record", &said.record.to_string()]);
            for statute in &said.statutes {
                let bound = match statute.bound {
                    Bound::Floor => "at least",
                    Bound::Ceiling => "at most",
                };
                let Statute {
                    law,
                    article,
                    period,
                    verified_by,
                    ..
                } = statute;
                table.row([
                    "rule",
                    &format!("{law} {article}: {bound} {period}, verified by {verified_by}"),
                ]);
            }
            table.row([
                "clock",
                &format!("{} on {}", said.clock.start, day(said.clock.start_ms)),
            ]);
            table.row(["due", &day(said.due_ms)]);
            table.row(["destroyed", &day(said.disposed_ms)]);
            table.row(["key", &format!("{} {}", said.key.algorithm, said.key.fingerprint)]);
            let check = said.hold_check;
            table.row([
                "hold check",
                &format!("none held it: entry {} of leaf {}", check.entry, check.leaf),
            ]);
            table.print(&mut std::io::stdout())?;
            show::line(format_args!("\nthe log says so"));
        }
    }
    Ok(Ending::Well)
}

fn checkpoint_json(checkpoint: &Checkpoint) -> serde_json::Value {
    json!({ "origin": checkpoint.origin(), "size": checkpoint.size(), "root": checkpoint.root().to_string() })
}

fn verify_export(folder: &Path, args: &VerifyLogArgs, colour: bool) -> anyhow::Result<Ending> {
    let trust = trust_of(args)?;
    let report = match export::verify(&Folder(folder), &trust) {
        Ok(report) => report,
        Err(error @ export::ExportError::NoCheckpoint) => {
            return Err(Usage(format!("{}: {error}", folder.display())).into());
        }
        // Whoever signed it is not whom to believe: what was altered is the whole.
        Err(error @ export::ExportError::Checkpoint(_)) => {
            return Ok(not_whole(format!("{:#}", anyhow::Error::from(error)), args.log.format));
        }
        Err(error) => return Err(error.into()),
    };
    print_report(&report, args.log.format, colour)?;
    Ok(ending(report.is_whole()))
}

fn print_report(report: &ExportReport, format: OutputFormat, colour: bool) -> std::io::Result<()> {
    let named = report.log.faults.iter().map(ToString::to_string);
    let named: Vec<String> = named.chain(report.faults.iter().map(ToString::to_string)).collect();
    let checkpoint = report.checkpoint.checkpoint();
    match format {
        OutputFormat::Json => show::json(format_args!(
            "{}",
            json!({
                "whole": report.is_whole(), "leaves": report.log.leaves, "entries": report.log.entries,
                "entries_kept": report.log.entries_kept, "root": report.log.root.to_string(), "kinds": report.kinds,
                "checkpoint": checkpoint_json(checkpoint),
                "faults_count": report.faults_count, "faults": named,
            })
        )),
        OutputFormat::Table => {
            let mut table = Columns::pairs(colour);
            table.row(["log", checkpoint.origin()]);
            table.row(["transactions", &count(report.log.leaves)]);
            table.row(["entries", &count(report.log.entries)]);
            table.row([
                "erased",
                &count(report.log.entries - report.log.entries_kept.min(report.log.entries)),
            ]);
            table.row(["root", &report.log.root.to_string()]);
            for (kind, entries) in &report.kinds {
                table.row([kind.as_str(), &count(*entries)]);
            }
            table.print(&mut std::io::stdout())?;
            print_faults(named.into_iter(), report.faults_count);
        }
    }
    Ok(())
}

async fn show_log(args: &ShowLogArgs, colour: bool) -> anyhow::Result<Ending> {
    let archive = opened(&args.log).await?;
    let leaves = archive.log(args.before, args.limit).await?;
    archive.close().await;
    match args.log.format {
        OutputFormat::Json => {
            for leaf in &leaves {
                show::json(format_args!("{}", leaf_json(leaf)));
            }
        }
        OutputFormat::Table => {
            let mut table = Columns::new(colour, &[">leaf", "time", "kind", "what"]);
            for leaf in &leaves {
                let (number, time) = (leaf.leaf.to_string(), time_of(leaf));
                if let Some((first, last)) = leaf.messages {
                    let messages = if first == last {
                        format!("message {first}")
                    } else {
                        format!("messages {first}-{last}")
                    };
                    table.row([&*number, &time, "judged", &messages]);
                }
                for entry in &leaf.entries {
                    let what = entry.entry.as_ref().map_or_else(|| "erased".to_owned(), fields_text);
                    table.row([&*number, &time, &entry.kind, &what]);
                }
            }
            table.print(&mut std::io::stdout())?;
        }
    }
    Ok(Ending::Well)
}

fn time_of(leaf: &LoggedLeaf) -> String {
    let millis = i64::try_from(leaf.time_ms).unwrap_or(i64::MAX);
    Timestamp::from_millis(millis).map_or_else(|_| leaf.time_ms.to_string(), |time| time.to_string())
}

fn fields_text(entry: &Entry) -> String {
    let fields = entry.fields().map(|(name, value)| match value {
        Value::Text(text) => format!("{name}={text}"),
        Value::Integer(integer) => format!("{name}={integer}"),
        // Digests are for programs; their beginning tells two apart.
        Value::Bytes(bytes) => format!("{name}={}…", hex(&bytes[..bytes.len().min(6)])),
    });
    fields.collect::<Vec<_>>().join(" ")
}

fn leaf_json(leaf: &LoggedLeaf) -> serde_json::Value {
    let entry = |logged: &LoggedEntry| {
        let fields = logged.entry.as_ref().map(|entry| {
            let fields = entry.fields().map(|(name, value)| {
                let value = match value {
                    Value::Text(text) => json!(text),
                    Value::Integer(integer) => json!(integer),
                    Value::Bytes(bytes) => json!(hex(bytes)),
                };
                (name.to_owned(), value)
            });
            fields.collect::<serde_json::Map<_, _>>()
        });
        json!({ "place": logged.place, "kind": logged.kind, "fields": fields })
    };
    json!({
        "leaf": leaf.leaf, "time": time_of(leaf), "messages": leaf.messages.map(|(first, last)| [first, last]),
        "entries": leaf.entries.iter().map(entry).collect::<Vec<_>>(),
    })
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
