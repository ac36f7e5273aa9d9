//! `proviso archive drill`: whether a backup can be restored, and is what it was. The copy is thrown away.

use super::backup::{PACKS, of_backup, told};
use super::restore::{newer_log, opening_of};
use crate::cli::{DrillArgs, OutputFormat};
use crate::exit::Ending;
use crate::looking::Looking;
use crate::replaying::{Outcome, Replaying};
use crate::show;
use crate::show::progress::Progress;
use crate::show::table::{Columns, count};
use anyhow::Context as _;
use proviso_archive::{Archive, BackupCopy, BackupError, BackupLog, Known, NewerLog, Restored};
use proviso_daemon::config::Config;
use proviso_model::{Digest, MessageId};
use proviso_pipeline::places;
use serde_json::json;
use std::collections::BTreeSet;
use std::fs::{self, DirBuilder};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

/// Messages that are judged again.
const REPLAYED: usize = 10;
/// How often one is drawn before fewer are enough: some cannot be judged again.
const DRAWS_MAX: usize = 200;
/// Faults of a line that a table shows.
const FAULTS_SHOWN: usize = 3;

pub(crate) async fn run(args: &DrillArgs, colour: bool) -> anyhow::Result<Ending> {
    let config = Config::read(&args.config)?;
    let seed = args.seed.unwrap_or_else(|| places::now().as_millis().unsigned_abs());
    let scratch = Scratch::make(args.within.as_deref(), seed)?;
    let progress = Progress::bytes("copying the backup", 0);
    let taken = BackupCopy::take(&args.backup, &scratch.0, &told(&progress));
    progress.finish();
    let (copy, faults) = match taken {
        Err(error @ BackupError::Manifest { .. }) => {
            let line = Line {
                name: "files",
                passed: Some(false),
                told: vec![error.to_string()],
            };
            print(args, seed, &[line], colour)?;
            return Ok(Ending::Problems);
        }
        taken => taken.map_err(of_backup)?,
    };
    let mut drill = Drill {
        copy: &copy,
        config: &config,
        folder: &scratch.0,
        seed,
        lines: Vec::new(),
    };
    let files = copy.manifest().files.len() as u64;
    drill.faults(
        "files",
        Ok(faults),
        format!("{} files are those of the manifest", count(files)),
    );
    drill.check(args).await;
    let passed = drill.lines.iter().all(|line| line.passed != Some(false));
    print(args, seed, &drill.lines, colour)?;
    Ok(if passed { Ending::Well } else { Ending::Problems })
}

/// What was looked at, and what was found.
struct Line {
    name: &'static str,
    /// `None`: there was nothing to look at.
    passed: Option<bool>,
    told: Vec<String>,
}

struct Drill<'a> {
    copy: &'a BackupCopy,
    config: &'a Config,
    folder: &'a Path,
    seed: u64,
    lines: Vec<Line>,
}

impl Drill<'_> {
    fn line(&mut self, name: &'static str, passed: Option<bool>, told: String) {
        self.lines.push(Line {
            name,
            passed,
            told: vec![told],
        });
    }

    fn failed(&mut self, name: &'static str, error: &anyhow::Error) {
        self.line(name, Some(false), format!("{error:#}"));
    }

    /// A line that passes if there are no faults.
    fn faults(&mut self, name: &'static str, faults: anyhow::Result<Vec<String>>, well: String) {
        match faults {
            Ok(faults) if faults.is_empty() => self.line(name, Some(true), well),
            Ok(faults) => self.lines.push(Line {
                name,
                passed: Some(false),
                told: faults,
            }),
            Err(error) => self.failed(name, &error),
        }
    }

    /// Every line behind the first. What cannot be looked at because an earlier line failed has none.
    async fn check(&mut self, args: &DrillArgs) {
        let tables = self.copy.manifest().rows.len() as u64;
        let faults = self.copy.row_faults().await.map_err(Into::into);
        self.faults(
            "rows",
            faults,
            format!("{} tables have the rows of the manifest", count(tables)),
        );
        let faults = self.copy.integrity_faults().await.map_err(Into::into);
        self.faults("integrity", faults, "SQLite finds nothing wrong".to_owned());
        let log = match self.copy.log().await {
            Ok(log) => log,
            Err(error) => return self.failed("log", &error.into()),
        };
        let leaves = count(log.leaves);
        self.line(
            "log",
            Some(true),
            format!("{leaves} transactions with the root that was signed"),
        );
        let newer = match newer_log(args.log.as_deref(), args.key.as_deref(), &log) {
            Ok(newer) => newer,
            Err(error) => return self.failed("newer log", &error),
        };
        if let Some(newer) = &newer {
            let (leaves, disposals) = (count(newer.leaves), count(newer.disposals() as u64));
            let told =
                format!("{leaves} transactions that begin with those of the backup; {disposals} disposals behind it");
            self.line("newer log", Some(true), told);
        }
        match self.restored(&log, newer.as_ref()).await {
            Ok((archive, restored)) => self.of_archive(archive, &restored, newer.is_some()).await,
            Err(error) => self.failed("disposals", &error),
        }
    }

    async fn restored(&self, log: &BackupLog, newer: Option<&NewerLog>) -> anyhow::Result<(Archive, Restored)> {
        let mut opening = opening_of(self.config, self.copy.manifest(), self.folder, self.config.keys_path());
        // That of the archive that runs.
        opening.witness = None;
        let by = crate::who::runs_this();
        Ok(self.copy.restore(&opening, log, newer, places::now(), &by).await?)
    }

    async fn of_archive(&mut self, archive: Archive, restored: &Restored, with_log: bool) {
        match disposals(&archive, restored, with_log).await {
            Ok((passed, told)) => self.line("disposals", passed, told),
            Err(error) => self.failed("disposals", &error),
        }
        match archive.audit(None).await {
            Ok(audit) => {
                let (messages, entries) = (count(audit.messages), count(audit.log.entries));
                let well = format!("{messages} messages and {entries} entries are what was committed");
                self.faults("audit", Ok(audit.named().collect()), well);
            }
            Err(error) => self.failed("audit", &error.into()),
        }
        match self.replayed(archive).await {
            Ok((faults, well)) => self.faults("replay", Ok(faults), well),
            Err(error) => self.failed("replay", &error),
        }
    }

    /// Messages that the seed chooses, judged again with the packs of the backup.
    async fn replayed(&self, archive: Archive) -> anyhow::Result<(Vec<String>, String)> {
        let packs = self.folder.join(PACKS);
        let packs = if packs.is_dir() { packs } else { self.config.store_dir() };
        let replaying = Replaying::begin(self.config, &packs, true)?;
        let ends = archive.sample(2).await?;
        let looking = Looking::File(archive.clone());
        let (mut faults, mut seen, mut same) = (Vec::new(), BTreeSet::new(), 0);
        let mut random = Random(self.seed);
        if let (Some(first), Some(last)) = (ends.first(), ends.last()) {
            let span = (last.arrival - first.arrival).unsigned_abs() + 1;
            for _ in 0..DRAWS_MAX {
                let after = first.arrival - 1 + (random.next() % span).cast_signed();
                let Some(drawn) = archive.message_ids(after, 1).await?.pop() else {
                    continue;
                };
                if !seen.insert(drawn.arrival) {
                    continue;
                }
                let one = replaying.one(&looking, &drawn.id).await?;
                match one.outcome {
                    Outcome::Different(difference) => faults.push(format!("{}: {}", one.message, difference.told)),
                    Outcome::Identical => same += 1,
                    Outcome::Gone(_) => {}
                }
                if same + faults.len() == REPLAYED {
                    break;
                }
            }
        }
        drop(looking);
        archive.close().await;
        let well = match (same, seen.len()) {
            (0, 0) => "there are no messages".to_owned(),
            (0, _) => {
                "none of those that were drawn can be judged again: messages before them were disposed of".to_owned()
            }
            (same, _) => format!("{same} messages have the same verdict (seed {})", self.seed),
        };
        Ok((faults, well))
    }
}

/// Whether what was disposed of stays so.
async fn disposals(archive: &Archive, restored: &Restored, with_log: bool) -> anyhow::Result<(Option<bool>, String)> {
    if let Some(id) = &restored.example
        && let Some(fault) = comes_back(archive, id).await?
    {
        return Ok((Some(false), fault));
    }
    let unknown = if with_log {
        ""
    } else {
        "; what went after the backup is unknown without --log"
    };
    let again = count(restored.disposed_again);
    let later = match restored.arrived_later {
        0 => String::new(),
        later => format!("; {} that arrived later is known by what the log says", count(later)),
    };
    Ok(match archive.stays_disposed().await? {
        None if restored.arrived_later > 0 => (Some(true), format!("nothing of the backup was disposed of{later}")),
        None => (None, format!("nothing was disposed of{unknown}")),
        Some((number, false)) => (
            Some(false),
            format!("message {number} was disposed of, and there is more of it than a tombstone"),
        ),
        Some((_, true)) => (
            Some(true),
            format!(
                "all that were disposed of are tombstones; {again} of them again, and a redelivery is a duplicate{later}{unknown}"
            ),
        ),
    })
}

/// A message that was disposed of again, as whoever looks for it or delivers it again would find it; `None` if it is not there.
async fn comes_back(archive: &Archive, id: &MessageId) -> anyhow::Result<Option<String>> {
    if archive.show(id).await.is_ok_and(|shown| shown.is_none()) {
        let known = archive.known(&[(id, Digest::of(b""))]).await?;
        if known == [Known::Disposed] && archive.disposed(id).await?.is_some() {
            return Ok(None);
        }
        return Ok(Some(
            "a message that was disposed of again would be taken in anew".to_owned(),
        ));
    }
    Ok(Some("a message that was disposed of again is still there".to_owned()))
}

fn print(args: &DrillArgs, seed: u64, lines: &[Line], colour: bool) -> anyhow::Result<()> {
    if args.format == OutputFormat::Json {
        let json = json!({
            "backup": args.backup.display().to_string(), "seed": seed,
            "passed": lines.iter().all(|line| line.passed != Some(false)),
            "lines": lines.iter().map(|line| json!({
                "line": line.name, "passed": line.passed, "told": line.told,
            })).collect::<Vec<_>>(),
        });
        show::json(format_args!("{json}"));
        return Ok(());
    }
    let mut table = Columns::new(colour, &["line", "result", "what was found"]);
    for line in lines {
        let result = match line.passed {
            Some(true) => "passed",
            Some(false) => "FAILED",
            None => "nothing",
        };
        for (at, told) in line.told.iter().take(FAULTS_SHOWN).enumerate() {
            let (name, result) = if at == 0 { (line.name, result) } else { ("", "") };
            table.row([name, result, told]);
        }
        if line.told.len() > FAULTS_SHOWN {
            let more = count((line.told.len() - FAULTS_SHOWN) as u64);
            table.row(["", "", &format!("{more} more")]);
        }
    }
    table.print(&mut std::io::stdout())?;
    let failed = lines.iter().filter(|line| line.passed == Some(false)).count();
    match failed {
        0 => show::line(format_args!("\nthe backup can be restored (seed {seed})")),
        _ => show::line(format_args!(
            "\nlines that failed: {failed}. docs/drill.md says what to do (seed {seed})"
        )),
    }
    Ok(())
}

/// A folder for the length of a drill.
struct Scratch(PathBuf);

impl Scratch {
    fn make(within: Option<&Path>, seed: u64) -> anyhow::Result<Self> {
        let within = within.map_or_else(std::env::temp_dir, Path::to_owned);
        let path = within.join(format!("proviso-drill-{}-{seed}", std::process::id()));
        let made = DirBuilder::new().mode(0o700).create(&path);
        made.with_context(|| format!("cannot make {}", path.display()))?;
        Ok(Self(path))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            show::error_line(format_args!("{} was not removed: {error}", self.0.display()));
        }
    }
}

/// SplitMix64: the same numbers for a seed, whatever the machine.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first numbers of the seed 1234567 by the algorithm's own page (https://prng.di.unimi.it/splitmix64.c).
    #[test]
    fn a_seed_draws_the_same_messages_everywhere() {
        let mut random = Random(1_234_567);
        let drawn: Vec<u64> = (0..3).map(|_| random.next()).collect();
        assert_eq!(
            drawn,
            [
                6_457_827_717_110_365_317,
                3_203_168_211_198_807_973,
                9_817_491_932_198_370_423
            ]
        );
    }
}
