//! Where a backtest's messages are read from, and which of them count.

use crate::cli::BacktestArgs;
use crate::exit::Usage;
use crate::reading::{self, Reading};
use crate::show::progress::Progress;
use proviso_archive::Archive;
use proviso_daemon::config::Config;
use proviso_model::{Message, Timestamp};
use proviso_pipeline::Take;
use proviso_sources::{Format, Origin};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Messages that are read from an archive at a time.
const PAGE: u32 = 512;

/// Where messages are read from.
pub(super) enum Input {
    Files {
        files: Vec<PathBuf>,
        format: Format,
        origin: Arc<Origin>,
    },
    Archive(PathBuf),
}

/// The time in which a message must have been sent; from the first on, before the second.
pub(super) struct Period {
    since: Option<Timestamp>,
    until: Option<Timestamp>,
}

impl Period {
    pub(super) fn of(args: &BacktestArgs) -> Result<Self, Usage> {
        let read = |flag: &str, text: &Option<String>| {
            let Some(text) = text else { return Ok(None) };
            let day = text.parse::<jiff::civil::Date>().map(|day| format!("{day}T00:00:00Z"));
            let time = Timestamp::from_rfc3339(day.as_deref().unwrap_or(text));
            time.map(Some).map_err(|_| {
                Usage(format!(
                    "{flag} is {text:?}: expected a day such as 2026-01-31, or a time with its zone"
                ))
            })
        };
        Ok(Self {
            since: read("--since", &args.since)?,
            until: read("--until", &args.until)?,
        })
    }

    fn has(&self, time: Timestamp) -> bool {
        self.since.is_none_or(|since| since <= time) && self.until.is_none_or(|until| time < until)
    }
}

impl Input {
    /// What the flags name.
    pub(super) fn of(args: &BacktestArgs, config: Option<&Config>) -> anyhow::Result<Self> {
        let (format, origin) = args.form.read()?;
        if args.files.is_empty() {
            let config = config.ok_or_else(|| {
                Usage("there is nothing to read: name files of messages, or with --config an archive".to_owned())
            })?;
            return Ok(Self::Archive(config.archive_path()));
        }
        for file in &args.files {
            if file != Path::new("-") && !file.is_file() {
                return Err(Usage(format!("there is no file {}", file.display())).into());
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
            Input::Archive(path) => {
                let count = with_archive(path, async |archive| Ok(archive.message_count().await?))?;
                Ok(Progress::steps("judging", count))
            }
        }
    }

    /// Gives every message of the period, in the order of the files or of arrival.
    pub(super) fn read(&self, period: &Period, progress: &Progress, take: &mut dyn Take) -> Reading {
        let mut within = Within { period, take };
        match self {
            Input::Files { files, format, origin } => reading::read_all(files, *format, origin, progress, &mut within),
            Input::Archive(path) => {
                let read = with_archive(path, async |archive| {
                    read_archive(&archive, progress, &mut within).await
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
            Input::Archive(path) => write!(f, "the archive {}", path.display()),
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

    fn pause(&mut self) -> bool {
        self.take.pause()
    }
}

fn with_archive<R>(path: &Path, act: impl AsyncFnOnce(Archive) -> anyhow::Result<R>) -> anyhow::Result<R> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async { act(Archive::open_readonly(path).await?).await })
}

async fn read_archive(archive: &Archive, progress: &Progress, take: &mut dyn Take) -> anyhow::Result<()> {
    let mut after = 0;
    loop {
        let page = archive.message_ids(after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(()) };
        after = last.arrival;
        let ids: Vec<_> = page.iter().map(|numbered| numbered.id.clone()).collect();
        for message in archive.messages(&ids).await?.into_iter().flatten() {
            if !take.take(message) {
                return Ok(());
            }
        }
        progress.advance(ids.len() as u64);
    }
}
