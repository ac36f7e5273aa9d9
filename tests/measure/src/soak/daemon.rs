//! The process under test: its lives, and what each thread may know of the present one.

use super::faults::{Faults, lock};
use crate::http;
use anyhow::{Context, bail};
use serde_json::Value;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Mutex, PoisonError, RwLock};
use std::thread::Scope;
use std::time::{Duration, Instant};

/// From the start to `ready`, at most.
const START_MAX: Duration = Duration::from_mins(1);
/// A peer of the daemon gives up after so long.
pub(super) const PATIENCE: Duration = Duration::from_secs(20);

/// What others know of the present life.
#[derive(Debug, Clone, Default)]
pub(super) struct Life {
    /// The first is 1.
    pub number: u64,
    pub process: u32,
    /// `None` while there is no daemon.
    pub address: Option<String>,
    /// It was told to end: it may refuse.
    pub is_ending: bool,
    /// Its disk is full, or was a moment ago.
    pub is_full: bool,
    pub since: Option<Instant>,
}

/// The lives, one after the other.
pub(super) struct Lives {
    life: RwLock<Life>,
}

/// The address of a life. What goes wrong behind it counts as long as that life should be well.
#[derive(Debug, Clone)]
pub(super) struct Door {
    pub number: u64,
    pub address: String,
}

impl Lives {
    pub(super) fn new() -> Self {
        Self {
            life: RwLock::default(),
        }
    }

    pub(super) fn now(&self) -> Life {
        self.life.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn change(&self, change: impl FnOnce(&mut Life)) {
        change(&mut self.life.write().unwrap_or_else(PoisonError::into_inner));
    }

    /// Where to knock; `None` while the daemon is down or ending.
    pub(super) fn door(&self) -> Option<Door> {
        let life = self.now();
        let address = life.address.filter(|_| !life.is_ending)?;
        Some(Door {
            number: life.number,
            address,
        })
    }

    /// True if the life behind the door still goes on, and nobody told it to end.
    pub(super) fn is_open(&self, door: &Door) -> bool {
        self.door().is_some_and(|now| now.number == door.number)
    }

    pub(super) fn set_full(&self, is_full: bool) {
        self.change(|life| life.is_full = is_full);
    }
}

/// One life's process.
pub(super) struct Daemon<'a> {
    process: Child,
    lives: &'a Lives,
    /// Closed when the log has ended.
    log_ended: Receiver<()>,
}

impl<'env> Daemon<'env> {
    /// Starts, and opens the door when it is ready. Its log goes to the end of the file; a line that is no JSON is wrong.
    pub(super) fn start<'scope>(
        (proviso, config): (&Path, &Path),
        log: &'env Mutex<File>,
        lives: &'env Lives,
        faults: &'env Faults,
        scope: &'scope Scope<'scope, 'env>,
    ) -> anyhow::Result<Self> {
        let started = Instant::now();
        let mut process = Command::new(proviso)
            .args(["serve", "--config"])
            .arg(config)
            .env_remove("PROVISO_LOG")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .context("cannot run proviso serve")?;
        let stderr = process.stderr.take().context("standard error is piped")?;
        let (ready, is_ready) = channel();
        let (ended, log_ended) = channel::<()>();
        scope.spawn(move || {
            let _ended = ended;
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                let entry: Value = serde_json::from_str(&line).unwrap_or_default();
                faults.expect(entry.is_object(), || format!("the daemon says, not in its log: {line}"));
                if let Err(error) = writeln!(lock(log), "{line}") {
                    faults.tell(format!("the log cannot be kept: {error}"));
                }
                if entry["message"] == "ready"
                    && let Some(address) = entry["address"].as_str()
                {
                    let _nobody_waits_any_more = ready.send(address.to_owned());
                }
            }
        });
        let mut daemon = Self {
            process,
            lives,
            log_ended,
        };
        let Ok(address) = is_ready.recv_timeout(START_MAX) else {
            let ended = daemon.process.try_wait()?;
            bail!(
                "the daemon is not ready after {} s ({ended:?})",
                started.elapsed().as_secs()
            );
        };
        let process = daemon.process.id();
        lives.change(|life| {
            *life = Life {
                number: life.number + 1,
                process,
                address: Some(address),
                since: Some(Instant::now()),
                ..Life::default()
            };
        });
        Ok(daemon)
    }

    /// True if it still runs.
    pub(super) fn runs(&mut self) -> bool {
        matches!(self.process.try_wait(), Ok(None))
    }

    /// SIGKILL.
    pub(super) fn kill(mut self) -> anyhow::Result<()> {
        self.lives.change(|life| life.address = None);
        self.process.kill()?;
        self.process.wait()?;
        self.log_is_read();
        Ok(())
    }

    /// SIGTERM; how long it took, and how it ended.
    pub(super) fn terminate(mut self) -> anyhow::Result<(Duration, ExitStatus)> {
        self.lives.change(|life| life.is_ending = true);
        let told = Instant::now();
        Command::new("kill").arg(self.process.id().to_string()).status()?;
        let patient = told + Duration::from_mins(2);
        let ended = loop {
            if let Some(ended) = self.process.try_wait()? {
                break ended;
            }
            if Instant::now() > patient {
                bail!("two minutes after SIGTERM the daemon still runs");
            }
            std::thread::sleep(Duration::from_millis(5));
        };
        let took = told.elapsed();
        self.lives.change(|life| life.address = None);
        self.log_is_read();
        Ok((took, ended))
    }

    fn log_is_read(&self) {
        let _closed = self.log_ended.recv_timeout(PATIENCE);
    }
}

impl Drop for Daemon<'_> {
    fn drop(&mut self) {
        self.lives.change(|life| life.address = None);
        if self.runs() {
            let _gone_already = self.process.kill();
            let _ended = self.process.wait();
        }
    }
}

/// Asks for JSON.
pub(super) fn ask(address: &str, token: &str, asked: (&str, &str), body: &str) -> io::Result<(u16, Value)> {
    let (status, answer) = http::ask(address, token, asked, body, PATIENCE)?;
    Ok((status, serde_json::from_str(&answer).unwrap_or(Value::String(answer))))
}

/// The secret in a file.
pub(super) fn secret(path: &Path) -> io::Result<String> {
    Ok(fs::read_to_string(path)?.trim().to_owned())
}
