//! `proviso serve` as it is seen from outside: its log, its memory, its HTTP interface.

use super::Bench;
use crate::http;
use crate::process::{self, Resident};
use anyhow::{Context, anyhow, ensure};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// What the daemon is waited for.
const PATIENCE: Duration = Duration::from_mins(5);
/// Messages of a request: what fits into the daemon's queue with room to spare.
const POSTED_MAX: usize = 2_000;

/// Writes a configuration for the set `policies/set.toml` beside it; its path.
pub(super) fn configure(folder: &Path) -> std::io::Result<PathBuf> {
    let config = folder.join("proviso.toml");
    fs::write(
        &config,
        "set = \"policies/set.toml\"\ndata_dir = \"data\"\n\n[http]\nlisten = \"127.0.0.1:0\"\n",
    )?;
    Ok(config)
}

/// How long a generation took to judge, in ms.
#[derive(Debug, Clone, Copy)]
pub(super) struct Live {
    /// From what led to it until the log said so.
    pub seen: f64,
    /// What the log said.
    pub logged: f64,
}

/// A running `proviso serve`, and the lines of its log as they come.
pub(super) struct Daemon {
    process: Child,
    log: Receiver<(Instant, Value)>,
    /// Its data folder.
    pub data: PathBuf,
}

impl Daemon {
    /// Starts, and waits until it takes messages.
    pub(super) fn start(bench: &Bench<'_>, config: &Path) -> anyhow::Result<(Self, Live)> {
        let started = Instant::now();
        let mut process = bench
            .proviso()
            .args(["serve", "--config"])
            .arg(config)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .context("cannot run proviso serve")?;
        let stderr = process.stderr.take().context("standard error is piped")?;
        let (sender, log) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                let now = Instant::now();
                let value = serde_json::from_str(&line).unwrap_or(Value::String(line));
                if sender.send((now, value)).is_err() {
                    break;
                }
            }
        });
        let data = config.with_file_name("data");
        let daemon = Self { process, log, data };
        let (_, live) = daemon.wait("generation live")?;
        let (ready, _) = daemon.wait("ready")?;
        let seen = ready.duration_since(started).as_secs_f64() * 1e3;
        Ok((
            daemon,
            Live {
                seen,
                logged: millis(&live)?,
            },
        ))
    }

    /// Waits for a line with this message. A line that says `error` is one.
    pub(super) fn wait(&self, message: &str) -> anyhow::Result<(Instant, Value)> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let (at, line) = match self
                .log
                .recv_timeout(deadline.saturating_duration_since(Instant::now()))
            {
                Ok(line) => line,
                Err(RecvTimeoutError::Timeout) => return Err(anyhow!("the daemon does not say {message:?}")),
                Err(RecvTimeoutError::Disconnected) => return Err(anyhow!("the daemon ended without {message:?}")),
            };
            ensure!(line["level"] != "ERROR" && line.is_object(), "the daemon says: {line}");
            if text_of(&line) == Some(message) {
                return Ok((at, line));
            }
        }
    }

    pub(super) fn resident(&self) -> anyhow::Result<Resident> {
        process::resident_of(self.process.id())
    }

    /// User and system time so far, in seconds, by the name of the thread; of threads that are there now.
    pub(super) fn threads(&self) -> anyhow::Result<BTreeMap<String, f64>> {
        process::cpu_by_thread(self.process.id())
    }

    /// What Prometheus reads.
    pub(super) fn metrics(&self) -> anyhow::Result<String> {
        self.answer("GET", "/metrics", "")
    }

    /// User and system time so far.
    pub(super) fn processor_time(&self) -> anyhow::Result<Duration> {
        process::cpu_of(self.process.id())
    }

    /// Hands messages over, and waits until they are committed.
    pub(super) fn post(&self, messages: &[&str]) -> anyhow::Result<()> {
        for lines in messages.chunks(POSTED_MAX) {
            let answer = self.ask("POST", "/v1/messages", &lines.join("\n"))?;
            ensure!(
                answer["accepted"] == lines.len(),
                "{} messages were posted, and the daemon answers {answer}",
                lines.len()
            );
        }
        Ok(())
    }

    /// What `GET /v1/status` answers.
    pub(super) fn status(&self) -> anyhow::Result<Value> {
        self.ask("GET", "/v1/status", "")
    }

    fn ask(&self, method: &str, path: &str, body: &str) -> anyhow::Result<Value> {
        let answer = self.answer(method, path, body)?;
        serde_json::from_str(&answer).with_context(|| format!("{method} {path} answers {answer:?}"))
    }

    fn answer(&self, method: &str, path: &str, body: &str) -> anyhow::Result<String> {
        let read = |name: &str| fs::read_to_string(self.data.join(name));
        let (address, token) = (read("address")?, read("token")?);
        let (status, answer) = http::ask(address.trim(), token.trim(), (method, path), body, PATIENCE)?;
        ensure!(status == 200, "{method} {path}: {status} {answer}");
        Ok(answer)
    }

    pub(super) fn stop(mut self) -> anyhow::Result<()> {
        Command::new("kill").arg(self.process.id().to_string()).status()?;
        let ended = self.process.wait()?;
        ensure!(ended.success(), "the daemon ended with {ended}");
        Ok(())
    }
}

impl Drop for Daemon {
    /// Where measuring ends early, the daemon does as well.
    fn drop(&mut self) {
        if matches!(self.process.try_wait(), Ok(None)) {
            let _gone_already = self.process.kill();
            let _ended = self.process.wait();
        }
    }
}

/// A line's message.
fn text_of(line: &Value) -> Option<&str> {
    line["fields"]["message"].as_str().or_else(|| line["message"].as_str())
}

/// What a line says of the time that something took.
pub(super) fn millis(line: &Value) -> anyhow::Result<f64> {
    let millis = line["fields"]["millis"].as_f64().or_else(|| line["millis"].as_f64());
    millis.with_context(|| format!("no millis in {line}"))
}
