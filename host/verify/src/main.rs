//! `proviso-verify`: says whether an export of an archive is whole, unaltered, of that archive, and from when. It needs the export alone.

use clap::{Parser, ValueEnum};
use proviso_evidence::verify::{Expected, Report, Told, verify};
use proviso_proof::note::VerifierKey;
use proviso_verify::{NotOpened, Unsealing, open};
use serde_json::json;
use std::error::Error;
use std::fmt::Write as FormatWrite;
use std::io::{IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

/// Verifies an export of a Proviso archive: that every member is as it was written, that the archive's log told of it before it was given
/// away, and that each message is the one that the log has.
#[derive(Debug, Parser)]
#[command(
    version,
    after_help = "Ends with 0 if the export is whole, 1 if anything was altered, 2 if the command was used wrongly, 3 if the export cannot be read.\n\
                  The guide for whoever has only the file: docs/evidence.md"
)]
struct Args {
    /// The export: a folder or a tar, as `proviso archive export` writes it.
    export: PathBuf,
    /// The public key of the archive's log, `NAME+ID+KEY`, as you have it by another way than with the export.
    #[arg(long)]
    key: Option<String>,
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
}

const ALTERED: u8 = 1;
const USAGE: u8 = 2;
const FAULT: u8 = 3;

fn main() -> ExitCode {
    let args = Args::parse();
    let key = match args.key.as_deref().map(str::parse::<VerifierKey>).transpose() {
        Ok(key) => key,
        Err(error) => return ended(USAGE, &format!("--key: {}", chain(&error))),
    };
    let mut members = match open(&args.export) {
        Ok(members) => members,
        Err(NotOpened::Altered(error)) => {
            let told = json!({ "whole": false, "faults_count": 1, "faults": [error.to_string()] });
            if args.format == Format::Json {
                print(&json_text(&told));
            } else {
                print(&format!("altered: {error}\n\nthis is not what the archive gave away\n"));
            }
            return ExitCode::from(ALTERED);
        }
        Err(error) => {
            return ended(
                FAULT,
                &format!("{}: {}", shown(&args.export.to_string_lossy()), chain(&error)),
            );
        }
    };
    let mut unsealing = match Unsealing::new() {
        Ok(unsealing) => unsealing,
        Err(error) => return ended(FAULT, &chain(&error)),
    };
    let on_terminal = std::io::stderr().is_terminal();
    let mut progress = |messages: u64| {
        if on_terminal {
            eprint!("\rmessages looked at: {messages}");
        }
    };
    let report = verify(&mut members, &mut unsealing, &Expected { key }, &mut progress);
    if on_terminal {
        eprint!("\r\x1b[K");
    }
    let report = match report {
        Ok(report) => report,
        Err(error) => return ended(FAULT, &chain(&error)),
    };
    match args.format {
        Format::Json => print(&json_text(&to_json(&report))),
        Format::Text => print(&to_text(&report)),
    }
    if report.is_whole() {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(ALTERED)
    }
}

fn ended(code: u8, what: &str) -> ExitCode {
    eprintln!("error: {}", shown(what));
    ExitCode::from(code)
}

/// Whoever reads no more of it has what they want.
fn print(text: &str) {
    let _ = std::io::stdout().write_all(text.as_bytes());
}

fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text.push_str(": ");
        text.push_str(&error.to_string());
        source = error.source();
    }
    text
}

/// A foreign text in one line, without what a terminal acts on.
fn shown(text: &str) -> String {
    let plain = |character: char| {
        if character.is_control() || turns(character) {
            '\u{fffd}'
        } else {
            character
        }
    };
    text.chars().map(plain).collect()
}

/// JSON with what turns a line as escapes, which can stand in its strings alone.
fn json_text(value: &serde_json::Value) -> String {
    let mut text = String::new();
    for character in format!("{value:#}\n").chars() {
        if turns(character) {
            let _ = FormatWrite::write_fmt(&mut text, format_args!("\\u{:04x}", character as u32));
        } else {
            text.push(character);
        }
    }
    text
}

/// True of what changes the direction of a line.
fn turns(character: char) -> bool {
    matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}')
}

/// When, in UTC; the number where it is no time.
fn time(millis: u64) -> String {
    proviso_evidence::local_time::utc(millis)
}

fn to_text(report: &Report) -> String {
    let mut lines = Vec::new();
    let mut row = |name: &str, value: &str| lines.push(format!("{name:<14}{}", shown(value)));
    if let Some(about) = &report.about {
        let until = about
            .until
            .map_or_else(|| "no end is named".to_owned(), |day| day.to_string());
        row("export", &format!("number {} of {}", about.number, about.log));
        row("made", &format!("{} ({})", about.made_at, about.zone));
        row("by", &about.by);
        row("for", &about.to);
        row("reason", &about.reason);
        row("until", &until);
        row(&about.asked.0, &about.asked.1);
        let counted = format!(
            "{}, of which {} were asked for, in {} conversations",
            about.messages, about.matches, about.conversations
        );
        row("messages", &counted);
        row("members", &format!("{} of {} bytes", about.members, about.bytes));
        row("manifest", &format!("sha256 {}", about.manifest));
        row("program", &about.program);
    }
    if let Some(told_at) = report.told_at_ms {
        row("log told at", &time(told_at));
    }
    if let Some((size, root)) = &report.checkpoint {
        row("checkpoint", &format!("{size} leaves, root {root}"));
    }
    if let Some(key) = &report.key {
        row("signed by", key);
    }
    lines.push(String::new());
    for fault in &report.faults {
        lines.push(format!("altered: {}", shown(&fault.to_string())));
    }
    let named = report.faults.len() as u64;
    if report.faults_count > named {
        lines.push(format!("altered: {} more", report.faults_count - named));
    }
    if !report.is_whole() {
        lines.push("this is not what the archive gave away".to_owned());
        return lines.join("\n") + "\n";
    }
    lines.push("every member is as it was written, and the log told of it before it was given away".to_owned());
    if report.opened > 0 {
        lines.push(format!(
            "{} messages: the sealed record of each opens by its own key, is the one that the log has, and says what is to be read",
            report.opened
        ));
    }
    if report.masked > 0 {
        lines.push(format!(
            "{} messages are masked: the log has something in the place of each; that it is this is vouched for by the manifest alone",
            report.masked
        ));
    }
    if report.untold > 0 {
        lines.push(format!(
            "{} messages are older than the log: the manifest alone vouches for them",
            report.untold
        ));
    }
    if !report.is_key_known {
        lines.push(
            "whose log this is, the export alone does not show: compare the key above with the one that the organisation gave you by \
             another way, or name that one with --key"
                .to_owned(),
        );
    }
    lines.join("\n") + "\n"
}

fn to_json(report: &Report) -> serde_json::Value {
    let about = report.about.as_ref().map(|about: &Told| {
        json!({
            "number": about.number, "log": about.log, "made_at": about.made_at, "zone": about.zone, "by": about.by, "to": about.to,
            "reason": about.reason, "until": about.until.map(|day| day.to_string()),
            "asked": { "kind": about.asked.0, "text": about.asked.1 }, "context": about.context, "masked": about.masked,
            "program": about.program, "manifest": about.manifest, "messages": about.messages, "matches": about.matches,
            "conversations": about.conversations, "members": about.members, "bytes": about.bytes,
        })
    });
    json!({
        "whole": report.is_whole(), "export": about, "key": report.key, "key_known": report.is_key_known,
        "checkpoint": report.checkpoint.as_ref().map(|(size, root)| json!({ "size": size, "root": root })),
        "told_at": report.told_at_ms.map(time), "opened": report.opened, "masked": report.masked, "untold": report.untold,
        "entries": report.entries, "faults_count": report.faults_count,
        "faults": report.faults.iter().map(ToString::to_string).collect::<Vec<_>>(),
    })
}
