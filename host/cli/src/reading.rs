//! Reads files of messages, for commands that are given some.

use crate::cli::FormArgs;
use crate::exit::Usage;
use crate::show::progress::Progress;
use anyhow::Context;
use proviso_pipeline::Take;
use proviso_sources::{Format, Item, Origin, Reader, SourceContext};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What a full pipe gives at a time: one that gives less has no more for now.
const PIPE_BYTES: usize = 64 << 10;

impl FormArgs {
    /// The form of the files, and what their messages do not say. Whoever hands files to a command may speak for all.
    pub(crate) fn read(&self) -> Result<(Format, Arc<Origin>), Usage> {
        let format = self.input_format.parse();
        let format = format.map_err(|error| Usage(format!("--input-format: {error}")))?;
        let context = SourceContext::new(&self.tenant, &self.channel).map_err(|error| Usage(error.to_string()))?;
        Ok((format, Arc::new(Origin::of_person("command line", context))))
    }
}

/// A file of messages that cannot be one.
pub(crate) fn no_file(path: &Path) -> Usage {
    let shown = path.display();
    Usage(if path.exists() {
        format!("{shown} is no regular file: name files of messages")
    } else {
        format!("there is no file {shown}")
    })
}

/// What reading met with.
#[derive(Default)]
pub(crate) struct Reading {
    /// Lines that are no message.
    pub errors: u64,
    /// Why it ended early.
    pub failure: Option<anyhow::Error>,
}

/// Says so if there were more conversations than the memory holds: nothing else knows what was said in them.
pub(crate) fn tell_of_forgotten(conversations: u64) {
    if conversations > 0 {
        crate::show::error_line(format_args!(
            "note: the last messages of {conversations} conversations were forgotten on the way, for want of memory; what was said in \
             them later was judged without: judge fewer conversations at a time"
        ));
    }
}

/// Reads files one after the other, until one cannot be read or nobody wants more.
pub(crate) fn read_all(
    files: &[PathBuf],
    format: Format,
    origin: &Arc<Origin>,
    progress: &Progress,
    take: &mut dyn Take,
) -> Reading {
    let mut reading = Reading::default();
    for file in files {
        if let Err(error) = read_file(file, format, origin, progress, &mut reading.errors, take) {
            reading.failure = Some(error);
            break;
        }
    }
    reading
}

/// Reads one file; a line that is no message goes to standard error, and the others go on.
pub(crate) fn read_file(
    path: &Path,
    format: Format,
    origin: &Arc<Origin>,
    progress: &Progress,
    errors: &mut u64,
    take: &mut dyn Take,
) -> anyhow::Result<()> {
    let name = if path == Path::new("-") {
        "standard input".to_owned()
    } else {
        path.display().to_string()
    };
    let mut input: Box<dyn Read> = if path == Path::new("-") {
        Box::new(std::io::stdin().lock())
    } else {
        Box::new(std::fs::File::open(path).with_context(|| format!("cannot open {name}"))?)
    };
    let mut reader = Reader::new(format, Arc::clone(origin));
    let mut buffer = vec![0_u8; 256 << 10];
    let mut take_item = |take: &mut dyn Take, item: Item| match item.result {
        Ok(message) => take.take(message),
        Err(error) => {
            *errors += 1;
            crate::show::error_json(
                &serde_json::json!({ "file": name, "line": item.line, "error": error.to_string() }),
            );
            true
        }
    };
    loop {
        let length = input.read(&mut buffer).with_context(|| format!("cannot read {name}"))?;
        progress.advance(length as u64);
        if length == 0 {
            // False means that nobody reads the verdicts any more.
            let _all_taken = reader.finish().all(|item| take_item(take, item));
            return Ok(());
        }
        reader.push(&buffer[..length]);
        while let Some(item) = reader.next_item() {
            if !take_item(take, item) {
                return Ok(());
            }
        }
        if length < PIPE_BYTES && !take.pause() {
            return Ok(());
        }
    }
}
