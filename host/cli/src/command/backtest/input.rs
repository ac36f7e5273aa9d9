//! Where a backtest's messages are read from, and which of them count.

use crate::cli::{BacktestArgs, TokenFileArgs};
use crate::exit::Usage;
use crate::looking::Looking;
use crate::period::Period;
use crate::reading::{self, Reading};
use crate::show::progress::Progress;
use proviso_daemon::config::Config;
use proviso_model::Message;
use proviso_model::basis::LawfulBases;
use proviso_model::directory::DirectoryVersion;
use proviso_model::statement::Statement;
use proviso_pipeline::{Circumstances, Take};
use proviso_sources::{Format, Origin};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Where messages are read from.
pub(super) enum Input {
    Files {
        files: Vec<PathBuf>,
        format: Format,
        origin: Arc<Origin>,
    },
    Archive {
        config: Box<Config>,
        token: TokenFileArgs,
    },
}

impl Input {
    /// What the flags name.
    pub(super) fn of(args: &BacktestArgs, config: Option<&Config>) -> anyhow::Result<Self> {
        let (format, origin) = args.form.read()?;
        if args.files.is_empty() {
            let config = config.ok_or_else(|| {
                Usage("there is nothing to read: name files of messages, or with --config an archive".to_owned())
            })?;
            return Ok(Self::Archive {
                config: Box::new(config.clone()),
                token: args.token.clone(),
            });
        }
        for file in &args.files {
            if file != Path::new("-") && !file.is_file() {
                return Err(reading::no_file(file).into());
            }
        }
        Ok(Self::Files {
            files: args.files.clone(),
            format,
            origin,
        })
    }

    pub(super) fn progress(&self) -> anyhow::Result<Progress> {
        match self {
            Input::Files { files, .. } => {
                let sizes = files.iter().filter_map(|file| std::fs::metadata(file).ok());
                Ok(Progress::bytes("judging", sizes.map(|meta| meta.len()).sum()))
            }
            Input::Archive { config, token } => {
                let (_, archived) = looking(config, token, async |looking| looking.arrived(0).await)?;
                Ok(Progress::steps("judging", archived.unwrap_or_default()))
            }
        }
    }

    /// Gives every message of the period, in the order of the files or of arrival.
    pub(super) fn read(&self, period: &Period, progress: &Progress, take: &mut dyn Take) -> Reading {
        let mut within = Within { period, take };
        match self {
            Input::Files { files, format, origin } => reading::read_all(files, *format, origin, progress, &mut within),
            Input::Archive { config, token } => {
                let read = looking(config, token, async |looking| {
                    read_archive(&looking, Arc::clone(&config.lawful_bases), progress, &mut within).await
                });
                Reading {
                    errors: 0,
                    failure: read.err(),
                }
            }
        }
    }
}

impl std::fmt::Display for Input {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Input::Files { files, .. } => {
                let names: Vec<String> = files.iter().take(4).map(|file| file.display().to_string()).collect();
                let more = files.len().saturating_sub(names.len());
                write!(f, "{}", names.join(", "))?;
                if more > 0 {
                    write!(f, " and {more} more files")?;
                }
                Ok(())
            }
            Input::Archive { config, .. } => write!(f, "the archive {}", config.archive_path().display()),
        }
    }
}

/// Has the messages of a period judged; of the others it is noted what they say of consent, and that they came before.
struct Within<'a> {
    period: &'a Period,
    take: &'a mut dyn Take,
}

impl Take for Within<'_> {
    fn take(&mut self, message: Message) -> bool {
        if self.period.has(message.sent_at) {
            self.take.take(message)
        } else {
            self.take.note(message);
            true
        }
    }

    fn know(&mut self, known: &Circumstances) {
        self.take.know(known);
    }

    fn pause(&mut self) -> bool {
        self.take.pause()
    }
}

fn looking<R>(
    config: &Config,
    token: &TokenFileArgs,
    act: impl AsyncFnOnce(Looking) -> anyhow::Result<R>,
) -> anyhow::Result<R> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async { act(Looking::begin(config, token).await?).await })
}

async fn read_archive(
    looking: &Looking,
    bases: Arc<LawfulBases>,
    progress: &Progress,
    take: &mut dyn Take,
) -> anyhow::Result<()> {
    // What is known now of who worked where, and who had agreed, at each message's time.
    let directory = looking.directory(None).await?.map(|record| DirectoryVersion {
        version: record.imported.version,
        rows: record.rows,
    });
    let statements = looking.consents().await?.into_iter().map(|record| Statement {
        at: record.holds,
        ..record.statement
    });
    let endings = looking.endings().await?.into_iter().map(|record| record.ending);
    take.know(&Circumstances {
        directory,
        endings: endings.collect(),
        statements: statements.collect(),
        bases,
    });
    let mut after = 0;
    loop {
        let (page, _) = looking.arrived(after).await?;
        let Some(&(last, _)) = page.last() else { return Ok(()) };
        after = last;
        let read = page.len() as u64;
        for (_, message) in page {
            if !take.take(message) {
                return Ok(());
            }
        }
        progress.advance(read);
    }
}
