//! `proviso archive restore`: an archive out of a backup, without what was disposed of since.

use super::audit::Folder;
use super::backup::{PACKS, told};
use crate::cli::{OutputFormat, RestoreArgs};
use crate::exit::{Ending, Usage};
use crate::show;
use crate::show::progress::Progress;
use crate::show::table::{Columns, count};
use anyhow::Context as _;
use proviso_archive::{
    ArchiveError, BackupCopy, BackupError, BackupLog, KeyPlace, Manifest, NewerLog, Opening, RestoreError, Restored,
    VerifierKey,
};
use proviso_daemon::config::Config;
use proviso_pipeline::places;
use proviso_proof::note::LogTrust;
use serde_json::json;
use std::fs::{self, DirBuilder, File};
use std::io::ErrorKind;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

/// Where an archive is restored before it is put in its place.
const RESTORING: &str = ".restoring";
/// What the folder of an archive has where there is one, or was one.
const OF_ARCHIVES: [&str; 6] = ["", "-wal", ".writes", ".checkpoint", ".log-key", ".log-key-sm2"];

pub(crate) async fn run(args: &RestoreArgs, colour: bool) -> anyhow::Result<Ending> {
    if args.log.is_none() && !args.without_log {
        let why = "disposals that were made after the backup are undone by it: give the log of the archive as it was last (--log, what \
                   `proviso audit export` wrote), or say --without-log, and until somebody gives the log what was disposed of can be read again";
        return Err(Usage(why.to_owned()).into());
    }
    let config = Config::read(&args.config)?;
    let place = Place::prepare(&args.to)?;
    let progress = Progress::bytes("copying the backup", 0);
    let taken = BackupCopy::take(&args.backup, &place.restoring, &told(&progress));
    progress.finish();
    let (copy, mut faults) = match taken {
        Ok(taken) => taken,
        Err(error) => return of_restore(error.into()),
    };
    if faults.is_empty() {
        faults = copy.row_faults().await?;
    }
    if !faults.is_empty() {
        return Ok(not_restored(faults));
    }
    let keys = args.to.join("archive.db.keys");
    let opening = opening_of(&config, copy.manifest(), &place.restoring, keys);
    let log = match copy.log().await {
        Ok(log) => log,
        Err(error) => return of_restore(error),
    };
    let newer = match newer_log(args.log.as_deref(), args.key.as_deref(), &log) {
        Ok(newer) => newer,
        Err(error) => return of_newer(error),
    };
    let by = crate::who::runs_this();
    let (archive, restored) = match copy.restore(&opening, &log, newer.as_ref(), places::now(), &by).await {
        Ok(restored) => restored,
        Err(error) => return of_restore(error),
    };
    let audit = archive.audit(None).await;
    archive.close().await;
    let audit = audit?;
    if !audit.is_whole() {
        return Ok(not_restored(audit.named().collect()));
    }
    place.finish()?;
    let told = Told {
        manifest: copy.manifest(),
        restored: &restored,
        newer: newer.as_ref(),
        key: audit.key.unwrap_or_default(),
    };
    told.print(args, colour)?;
    Ok(Ending::Well)
}

/// How the copy of a backup is opened: by its own keys where it has them, else by those of the configuration, whose default is that file.
pub(crate) fn opening_of(config: &Config, manifest: &Manifest, folder: &Path, default: PathBuf) -> Opening {
    let mut opening = config.opening();
    for keys in &manifest.keys {
        let place = KeyPlace::File(folder.join(&keys.file));
        match &keys.tenant {
            None => opening.keys.all = Some(place),
            Some(tenant) => drop(opening.keys.tenants.insert(tenant.clone(), place)),
        }
    }
    opening.keys.all.get_or_insert(KeyPlace::File(default));
    opening
}

/// The newer log, where one is given: signed by the given key, else by that of the backup's log.
pub(crate) fn newer_log(export: Option<&Path>, key: Option<&str>, log: &BackupLog) -> anyhow::Result<Option<NewerLog>> {
    let Some(export) = export else { return Ok(None) };
    let key: VerifierKey = match key {
        Some(key) => key.parse().map_err(|error| Usage(format!("--key: {error}")))?,
        None => log.key.clone(),
    };
    let trust = LogTrust::new(key.name().as_str(), key.clone()).map_err(|error| Usage(format!("--key: {error}")))?;
    Ok(Some(NewerLog::read(&Folder(export), &trust, log)?))
}

/// What is wrong with a backup or an export is a problem of the input; the rest is a fault.
fn of_restore(error: RestoreError) -> anyhow::Result<Ending> {
    let whose = matches!(
        error,
        RestoreError::NotOfManifest { .. }
            | RestoreError::Export(_)
            | RestoreError::ExportAltered { .. }
            | RestoreError::OlderLog { .. }
            | RestoreError::OtherLog { .. }
            | RestoreError::NoRecord { .. }
            | RestoreError::OtherRecord { .. }
            | RestoreError::Archive(ArchiveError::Log { .. })
            | RestoreError::Backup(BackupError::Manifest { .. })
    );
    if whose {
        return Ok(not_restored(vec![format!("{:#}", anyhow::Error::from(error))]));
    }
    Err(error.into())
}

fn of_newer(error: anyhow::Error) -> anyhow::Result<Ending> {
    of_restore(error.downcast::<RestoreError>()?)
}

fn not_restored(faults: Vec<String>) -> Ending {
    for fault in faults {
        show::error_line(format_args!("{fault}"));
    }
    show::error_line(format_args!("nothing was restored"));
    Ending::Problems
}

/// The folder of an archive that is to be.
struct Place {
    folder: PathBuf,
    restoring: PathBuf,
}

impl Place {
    fn prepare(folder: &Path) -> anyhow::Result<Self> {
        for ending in OF_ARCHIVES {
            let path = folder.join(format!("archive.db{ending}"));
            if path.symlink_metadata().is_ok() {
                let why = format!(
                    "{} is there: put what belongs to another archive elsewhere, its keys aside",
                    path.display()
                );
                return Err(Usage(why).into());
            }
        }
        let restoring = folder.join(RESTORING);
        // Of a restoration that was cut off.
        match fs::remove_dir_all(&restoring) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(error).with_context(|| format!("cannot remove {}", restoring.display()));
            }
            _ => {}
        }
        let made = DirBuilder::new().mode(0o700).recursive(true).create(&restoring);
        made.with_context(|| format!("cannot make {}", restoring.display()))?;
        Ok(Self {
            folder: folder.to_owned(),
            restoring,
        })
    }

    /// The database comes last: without it there is no archive.
    fn finish(self) -> anyhow::Result<()> {
        let used = || format!("cannot put the archive into {}", self.folder.display());
        let packs = self.restoring.join(PACKS);
        if packs.is_dir() {
            fs::create_dir_all(self.folder.join(PACKS)).with_context(used)?;
            move_files(&packs, &self.folder.join(PACKS), |_| true).with_context(used)?;
            fs::remove_dir(&packs).with_context(used)?;
        }
        let is_companion = |name: &str| !["archive.db", "archive.db.lock"].contains(&name);
        move_files(&self.restoring, &self.folder, is_companion).with_context(used)?;
        move_files(&self.restoring, &self.folder, |name| name == "archive.db").with_context(used)?;
        Ok(())
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.restoring)
            && error.kind() != ErrorKind::NotFound
        {
            show::error_line(format_args!("{} was not removed: {error}", self.restoring.display()));
        }
    }
}

/// Moves files that are wanted from one folder into another; keys that are there stay.
fn move_files(from: &Path, to: &Path, wanted: impl Fn(&str) -> bool) -> std::io::Result<()> {
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let name = entry.file_name();
        let Some(name) = name.to_str().filter(|name| wanted(name)) else {
            continue;
        };
        let target = to.join(name);
        if name.starts_with("archive.db.keys") && target.exists() {
            continue;
        }
        fs::rename(entry.path(), target)?;
    }
    File::open(to)?.sync_all()
}

/// What is told of a restoration.
struct Told<'a> {
    manifest: &'a Manifest,
    restored: &'a Restored,
    newer: Option<&'a NewerLog>,
    /// The public key of the restored archive's log.
    key: String,
}

impl Told<'_> {
    fn print(&self, args: &RestoreArgs, colour: bool) -> anyhow::Result<()> {
        let (leaves, newer) = (self.manifest.log.leaves, self.newer.map(|newer| newer.leaves));
        let lost = self.newer.map(|newer| &newer.behind);
        if args.format == OutputFormat::Json {
            let json = json!({
                "restored": args.to.display().to_string(), "leaves": leaves, "newer": newer, "lost": lost,
                "disposed_again": self.restored.disposed_again, "arrived_later": self.restored.arrived_later,
                "witnessed": self.restored.witnessed, "key": self.key,
            });
            show::json(format_args!("{json}"));
            return Ok(());
        }
        let mut table = Columns::pairs(colour);
        table.row(["restored", &args.to.display().to_string()]);
        table.row(["backup of", &self.manifest.made_at]);
        table.row(["transactions", &count(leaves)]);
        if let Some(newer) = newer {
            table.row(["the newer log has", &count(newer)]);
            table.row(["disposed of again", &count(self.restored.disposed_again)]);
        }
        table.row(["log", &self.key]);
        table.print(&mut std::io::stdout())?;
        if self.restored.arrived_later > 0 {
            show::line(format_args!(
                "\nmessages that arrived after the backup and were disposed of: {}. One that is delivered again is refused as disposed of.",
                count(self.restored.arrived_later)
            ));
        }
        match (newer, self.restored.witnessed) {
            (Some(newer), Some(witnessed)) if witnessed > newer => show::line(format_args!(
                "\nThe witness has seen {} transactions, and the newer log has {}: what was disposed of in between is not known here. It is \
                 there again, or comes back when it is delivered again. When that log is found, restore anew with it.",
                count(witnessed),
                count(newer)
            )),
            (Some(newer), None) => show::line(format_args!(
                "\nNo witness says whether the log ended with transaction {}: what was disposed of behind it is not known here.",
                count(newer)
            )),
            _ => {}
        }
        for (kind, what) in [
            (
                "hold-placed",
                "orders to keep were placed after the backup: place them again before anything is disposed of",
            ),
            (
                "hold-released",
                "orders to keep ended after the backup: they are open again",
            ),
            (
                "statement",
                "statements of consent were handed in after the backup: hand them in again",
            ),
            (
                "directory",
                "versions of the directory were handed in after the backup: hand them in again",
            ),
            ("ending", "ends were handed in after the backup: hand them in again"),
            ("query-saved", "queries were saved after the backup: save them again"),
            (
                "query-deleted",
                "saved queries were deleted after the backup: they are there again, delete them",
            ),
        ] {
            if let Some(lost) = lost.and_then(|lost| lost.get(kind)) {
                show::line(format_args!("{} {what}", count(*lost)));
            }
        }
        if newer.is_none() {
            show::line(format_args!(
                "\nWhat was disposed of after the backup can be read again, and what arrived behind it and was disposed of comes back when it is \
                 delivered again. When the log is found, restore anew with --log."
            ));
        }
        for keys in self.manifest.keys.iter().filter(|keys| keys.tenant.is_some()) {
            let tenant = keys.tenant.as_deref().unwrap_or_default();
            show::line(format_args!(
                "the keys of tenant {tenant:?} are in {}: name the file in [[keys]]",
                keys.file
            ));
        }
        Ok(())
    }
}
