//! `proviso archive export`: messages with what shows that they are whole and of this archive, as a folder or a tar.

use crate::cli::{ArchiveArgs, ExportArgs, ExportForm, ExportWhat, OutputFormat, UnmaskArgs};
use crate::exit::{Ending, Usage};
use crate::looking::{Looking, Writing};
use crate::partial::{Place, new_file, parent_of};
use crate::show::progress::Progress;
use crate::show::table::{Columns, count};
use anyhow::Context as _;
use proviso_daemon::config::Config;
use proviso_daemon::exporting::{self, ExportingError};
use proviso_daemon::wire::{ExportV1, GivenV1, UnmaskV1, UnmaskedV1};
use proviso_evidence::tar::{TarMembers, TarWriter};
use proviso_evidence::{Members as _, Sink, is_path};
use serde_json::json;
use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

pub(crate) async fn run(args: &ExportArgs, colour: bool) -> anyhow::Result<Ending> {
    let asked = asked(&args.what);
    // Before anything is opened: what is wrong is told at once.
    exporting::check(&asked).map_err(usage)?;
    write(What::Asked(&asked), &args.out, &args.archive, colour).await
}

/// `proviso request run NUMBER --out …`: makes an export as it was asked for.
pub(crate) async fn run_request(
    number: i64,
    out: &Path,
    archive: &ArchiveArgs,
    colour: bool,
) -> anyhow::Result<Ending> {
    write(What::Requested(number), out, archive, colour).await
}

/// What is to be exported.
enum What<'a> {
    /// As somebody asks who may do it alone.
    Asked(&'a ExportV1),
    /// As a request says.
    Requested(i64),
}

async fn write(what: What<'_>, out: &Path, archive: &ArchiveArgs, colour: bool) -> anyhow::Result<Ending> {
    let place = Place::of(out)?;
    let config = Config::read(&archive.config)?;
    let looking = Looking::begin(&config, &archive.token).await?;
    // The log is told, and so the archive is written.
    let writing = Writing::begin(&config, &archive.token, looking).await?;
    let given = written(&writing, &config, &what, &place).await;
    writing.close().await;
    print(&given?, out, archive.format, colour)?;
    Ok(Ending::Well)
}

/// `proviso archive unmask`: what a pseudonym of an export stands for.
pub(crate) async fn unmask(args: &UnmaskArgs) -> anyhow::Result<Ending> {
    let config = Config::read(&args.archive.config)?;
    let looking = Looking::begin(&config, &args.archive.token).await?;
    let writing = Writing::begin(&config, &args.archive.token, looking).await?;
    let asked = UnmaskV1 {
        export: args.export,
        pseudonym: args.pseudonym.clone(),
        reason: args.reason.clone(),
    };
    let unmasked = match &writing {
        Writing::Daemon(client) => client
            .post("/v1/archive/unmask", &json!(asked))
            .and_then(|answer| Ok(serde_json::from_value::<UnmaskedV1>(answer)?)),
        Writing::Here(archive) => {
            let found = exporting::unmask(archive, &asked, &crate::who::runs_this()).await;
            found.map_err(usage)
        }
    };
    writing.close().await;
    let unmasked = unmasked?;
    if args.archive.format == OutputFormat::Json {
        crate::show::json(format_args!("{}", json!(unmasked)));
    } else if let Some(text) = &unmasked.text {
        crate::show::line(format_args!("{text}"));
    }
    match unmasked.text {
        Some(_) => Ok(Ending::Well),
        None => Err(Usage(format!(
            "nothing that the archive has was called {:?} in export {}",
            args.pseudonym, args.export
        ))
        .into()),
    }
}

/// As the daemon is asked.
pub(crate) fn asked(args: &ExportWhat) -> ExportV1 {
    let forms = args.forms.iter().filter(|form| **form != ExportForm::None);
    ExportV1 {
        query: args.query.clone(),
        conversation: args.conversation.clone(),
        hold: args.hold,
        reason: args.reason.clone(),
        to: args.to.clone(),
        until: args.until.clone(),
        context: Some(args.context),
        tenant: args.tenant.clone(),
        zone: args.zone.clone(),
        masked: args.mask,
        forms: Some(forms.map(|form| form.name().to_owned()).collect()),
    }
}

/// What the caller can mend, and what is a fault.
pub(crate) fn usage<E: std::error::Error + Send + Sync + 'static>(error: ExportingError<E>) -> anyhow::Error {
    if error.is_of_the_caller() {
        Usage(error.to_string()).into()
    } else {
        error.into()
    }
}

/// Members on the disk.
enum Files {
    Tar(TarWriter<BufWriter<File>>),
    Folder(Folder),
}

impl Files {
    fn at(place: &Place) -> io::Result<Self> {
        if place.is_tar() {
            return Ok(Files::Tar(TarWriter::new(BufWriter::new(new_file(place.partial())?))));
        }
        place.make_partial()?;
        Ok(Files::Folder(Folder::of(place.partial())))
    }

    /// Gives it its name, once all of it is on the disk.
    fn finish(self, place: &Place) -> io::Result<()> {
        match self {
            Files::Tar(tar) => tar
                .finish()?
                .into_inner()
                .map_err(io::IntoInnerError::into_error)?
                .sync_all()?,
            Files::Folder(folder) => folder.sync()?,
        }
        place.name()
    }
}

impl Sink for Files {
    type Error = io::Error;

    fn member(&mut self, path: &str, bytes: &[u8]) -> io::Result<()> {
        match self {
            Files::Tar(tar) => tar.member(path, bytes),
            Files::Folder(folder) => folder.member(path, bytes),
        }
    }
}

/// Members in a folder, and the files and folders that are to be on the disk before it has its name.
struct Folder {
    root: PathBuf,
    files: Vec<File>,
    folders: Vec<PathBuf>,
}

/// Files that stay open until they are on the disk.
const OPEN_MAX: usize = 64;

impl Folder {
    fn of(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
            files: Vec::new(),
            folders: vec![root.to_owned()],
        }
    }

    fn member(&mut self, path: &str, bytes: &[u8]) -> io::Result<()> {
        if !is_path(path) {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        let file = self.root.join(path);
        let folder = parent_of(&file).to_owned();
        if !self.folders.contains(&folder) {
            fs::DirBuilder::new().recursive(true).mode(0o700).create(&folder)?;
            self.folders.push(folder);
        }
        let mut file = new_file(&file)?;
        file.write_all(bytes)?;
        self.files.push(file);
        if self.files.len() >= OPEN_MAX {
            self.files.drain(..).try_for_each(|file| file.sync_all())?;
        }
        Ok(())
    }

    fn sync(mut self) -> io::Result<()> {
        self.files.drain(..).try_for_each(|file| file.sync_all())?;
        self.folders
            .iter()
            .try_for_each(|folder| File::open(folder)?.sync_all())
    }
}

async fn written(writing: &Writing, config: &Config, what: &What<'_>, place: &Place) -> anyhow::Result<GivenV1> {
    let made = match writing {
        Writing::Here(archive) => {
            let progress = Progress::open("messages looked at:");
            let sink = Files::at(place).with_context(|| place.cannot_write())?;
            let told = |more: u64| progress.advance(more);
            let (here, by) = ((archive, config), crate::who::runs_this());
            let made = match what {
                What::Asked(asked) => exporting::export(here, asked, sink, &by, &told).await,
                What::Requested(number) => exporting::run(here, *number, sink, &by, &told).await,
            };
            progress.finish();
            made.map_err(usage)
        }
        Writing::Daemon(client) => {
            let mut out = place.nameless()?;
            let given = match what {
                What::Asked(asked) => client.download("/v1/archive/export", &json!(asked), &mut out),
                What::Requested(number) => {
                    client.download("/v1/requests/run-export", &json!({ "request": number }), &mut out)
                }
            };
            given.and_then(|given| Ok((copied(out, place)?, given)))
        }
    };
    let finished = made.and_then(|(sink, given)| {
        sink.finish(place).with_context(|| place.cannot_write())?;
        Ok(given)
    });
    if finished.is_err() {
        place.remove_partial();
    }
    finished
}

/// What the daemon gave, where it is to be. Each byte of it outside of members is looked at on the way.
fn copied(file: File, place: &Place) -> anyhow::Result<Files> {
    let members = TarMembers::open(BufReader::new(file));
    let mut members = members.context("the daemon's answer breaks off, or is no export")?;
    let mut sink = Files::at(place).with_context(|| place.cannot_write())?;
    for path in members.paths()? {
        let bytes = members.read(&path)?.unwrap_or_default();
        sink.member(&path, &bytes).with_context(|| place.cannot_write())?;
    }
    Ok(sink)
}

fn print(given: &GivenV1, out: &Path, format: OutputFormat, colour: bool) -> io::Result<()> {
    if format == OutputFormat::Json {
        let mut told = json!(given);
        told["out"] = out.display().to_string().into();
        crate::show::json(format_args!("{told:#}"));
        return Ok(());
    }
    let mut table = Columns::pairs(colour);
    table.row(["export", &format!("number {}", given.number)]);
    table.row(["in", &out.display().to_string()]);
    table.row(["messages", &count(given.messages)]);
    table.row(["of them asked for", &count(given.matches)]);
    table.row(["conversations", &count(given.conversations)]);
    table.row(["manifest", &format!("sha256 {}", given.manifest)]);
    table.row(["told by the log", &format!("leaf {}", given.leaf)]);
    table.row(["key of the log", &given.key]);
    table.print(&mut io::stdout())?;
    crate::show::line(format_args!(
        "\nGive the key to whoever gets the export by another way: `proviso-verify {} --key '{}'`",
        out.display(),
        given.key
    ));
    Ok(())
}
