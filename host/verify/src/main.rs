//! `proviso-verify`: says whether an export of an archive is whole, unaltered, of that archive, and from when. It needs the export alone.

use clap::{Parser, ValueEnum};
use proviso_evidence::shown::{json_text, shown};
use proviso_evidence::verify::{Expected, Judges, verify};
use proviso_evidence::words::{Language, json_of, json_of_not_an_export, said, said_of_not_an_export};
use proviso_proof::note::{KeyKind, VerifierKey};
use proviso_verify::{NotOpened, Unsealing, open};
use std::error::Error;
use std::io::{IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

/// Verifies an export of a Proviso archive: that every member is as it was written, that the archive's log told of it before it was given
/// away, and that each message is the one that the log has.
#[derive(Debug, Parser)]
#[command(
    version,
    after_help = "Ends with 0 if the export is whole, 1 if anything was altered or a verdict that was judged again differs, 2 if the command was used wrongly, 3 if the export cannot be read.\n\
                  The guide for whoever has only the file: docs/evidence.md"
)]
struct Args {
    /// The export: a folder or a tar, as `proviso archive export` writes it.
    export: PathBuf,
    /// The public key of the archive's log, `NAME+ID+KEY`, as you have it by another way than with the export.
    #[arg(long)]
    key: Option<String>,
    /// The public key of a witness that must have signed the log, `NAME+ID+KEY`. May be given several times.
    #[arg(long)]
    witness: Vec<String>,
    /// Judges each message again by the packs in the export, and compares the verdicts. The packs run in a sandbox; what of it cannot be
    /// judged again is counted, with the reason.
    #[arg(long)]
    judge: bool,
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
    let witnesses = match witnesses(&args.witness) {
        Ok(witnesses) => witnesses,
        Err(why) => return ended(USAGE, &why),
    };
    let mut members = match open(&args.export) {
        Ok(members) => members,
        Err(NotOpened::Altered(error)) => {
            match args.format {
                Format::Json => print(&json_text(&json_of_not_an_export(&error))),
                Format::Text => print(&said_of_not_an_export(&error, Language::English).to_text()),
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
    let mut judging = match judging(args.judge) {
        Ok(judging) => judging,
        Err((code, why)) => return ended(code, &why),
    };
    let on_terminal = std::io::stderr().is_terminal();
    let mut progress = |messages: u64| {
        if on_terminal {
            eprint!("\rmessages looked at: {messages}");
        }
    };
    let judges = judging.as_mut().map(|judging| &mut **judging as &mut dyn Judges);
    let report = verify(
        &mut members,
        &mut unsealing,
        judges,
        &Expected { key, witnesses },
        &mut progress,
    );
    if on_terminal {
        eprint!("\r\x1b[K");
    }
    let report = match report {
        Ok(report) => report,
        Err(error) => return ended(FAULT, &chain(&error)),
    };
    match args.format {
        Format::Json => print(&json_text(&json_of(&report))),
        Format::Text => print(&said(&report, Language::English).to_text()),
    }
    if report.is_well() {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(ALTERED)
    }
}

fn witnesses(named: &[String]) -> Result<Vec<VerifierKey>, String> {
    let read = |text: &String| match text.parse::<VerifierKey>() {
        Ok(key) if key.kind() == KeyKind::Cosignature => Ok(key),
        Ok(key) => Err(format!(
            "--witness: {} is the key of a log: expected a witness's",
            key.name()
        )),
        Err(error) => Err(format!("--witness: {}", chain(&error))),
    };
    named.iter().map(read).collect()
}

/// Who judges again, where that is asked.
#[cfg(feature = "judge")]
fn judging(is_asked: bool) -> Result<Option<Box<dyn Judges>>, (u8, String)> {
    let judging = is_asked.then(proviso_verify::Judging::new).transpose();
    let judging = judging.map_err(|error| (FAULT, chain(&error)))?;
    Ok(judging.map(|judging| Box::new(judging) as Box<dyn Judges>))
}

#[cfg(not(feature = "judge"))]
fn judging(is_asked: bool) -> Result<Option<Box<dyn Judges>>, (u8, String)> {
    let why = "--judge: this program was built without the engine; `make verifier` builds one that has it";
    if is_asked {
        Err((USAGE, why.to_owned()))
    } else {
        Ok(None)
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
