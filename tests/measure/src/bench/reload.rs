//! Many packs in the daemon: built without a cache, built from the cache, reloaded after an edit, and what they keep in memory.

use super::aim::Aim;
use super::{Bench, Section, Spread, job};
use crate::page::{Table, count};
use anyhow::{Context, anyhow, ensure};
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

const PACKS: usize = 50;
/// Terms of all packs together.
const TERMS: usize = 87_000;
/// Packs that are edited, one after the other.
const EDITS: usize = 7;
/// Warm starts.
const STARTS: usize = 3;
/// One of so many messages is sent to the daemon.
const SENT: usize = 10;
/// After an edit so long, in ms, the next generation is to judge.
const AIM_RELOAD_MS: f64 = 300.0;
/// Memory that is aimed at, in MB of 1,000,000 bytes.
const AIM_RESIDENT_MB: f64 = 400.0;
/// The daemon rests so long before an edit.
const BETWEEN_EDITS: Duration = Duration::from_millis(500);
/// What the daemon is waited for.
const PATIENCE: Duration = Duration::from_mins(5);

pub(super) fn measure(bench: &Bench<'_>) -> anyhow::Result<Vec<Section>> {
    let folder = bench.folder.join("many");
    let terms = job::plain_terms(bench.corpus().as_deref(), TERMS)?;
    let packs = (0..PACKS).map(|part| job::Pack {
        terms: terms.iter().skip(part).step_by(PACKS).cloned().collect(),
        folding: true,
        own_matcher: None,
    });
    job::write_packs(&folder.join("policies"), packs)?;
    let config = folder.join("proviso.toml");
    fs::write(
        &config,
        "set = \"policies/set.toml\"\ndata_dir = \"data\"\n\n[http]\nlisten = \"127.0.0.1:0\"\n\n\
         [[spool]]\nfolder = \"spool\"\n",
    )?;
    let start = || Daemon::start(bench, &config);

    eprintln!("  start without a cache");
    let (daemon, cold) = start()?;
    daemon.stop()?;
    let mut warm = Vec::new();
    for _ in 1..STARTS {
        eprintln!("  start from the cache");
        let (daemon, started) = start()?;
        warm.push(started);
        daemon.stop()?;
    }
    let (daemon, started) = start()?;
    warm.push(started);
    let at_rest = daemon.resident()?;
    eprintln!("  messages and edits");
    let sent = bench.workload.sample(SENT)?;
    let messages = fs::read_to_string(&sent)?.lines().count();
    daemon.judge(&folder.join("spool"), &sent, messages)?;
    let judged = daemon.resident()?;
    let mut reloads = Vec::new();
    for number in 0..EDITS {
        let list = format!("policies/pack-{:03}/lexicons/terms.txt", number * PACKS / EDITS);
        reloads.push(daemon.edit(&folder.join(list))?);
    }
    let edited = daemon.resident()?;
    daemon.stop()?;

    let mut table = Table::new(&["", ">seen from outside, ms", ">as the log says, ms"]);
    let mut row = |name: &str, all: &[Live]| {
        let of = |figure: fn(&Live) -> f64| Spread::of(all.iter().map(figure)).show(0);
        table.row([name.to_owned(), of(|live| live.seen), of(|live| live.logged)]);
    };
    row("start, nothing in the cache, once", &[cold]);
    row("start, all in the cache", &warm);
    row("one term edited", &reloads);
    let mut memory = Table::new(&["resident memory, MB", ">now", ">at most so far"]);
    for (name, resident) in [
        ("after the start", at_rest),
        ("after some messages", judged),
        ("after the edits", edited),
    ] {
        memory.row([
            name.to_owned(),
            format!("{:.0}", resident.now),
            format!("{:.0}", resident.most),
        ]);
    }
    let text = format!(
        "{PACKS} packs with {} terms between them ({}) and a rule of its own in each, folding as by default, in `proviso serve`. From \
         outside a start lasts from the process to its line `ready`, an edit from the renaming of the new file to the line `generation \
         live`; the daemon waits 80 ms for more changes, and runs the packs' cases, of which there are none here. {EDITS} edits, each \
         of another pack.\n\n{}\n\
         Resident memory is VmRSS and VmHWM of the daemon, with every page of the cache's files that is mapped. {} messages of \
         the workload were judged and archived before the edits. While a generation is built, the one before it is still there.\n\n{}",
        count(terms.len()),
        if bench.corpus().is_some() {
            "from the lexicons of the corpora"
        } else {
            "made up"
        },
        table.markdown(),
        count(messages),
        memory.markdown(),
    );
    let reload = Spread::of(reloads.iter().map(|live| live.seen)).median;
    let aims = vec![
        Aim::at_most(
            (
                "reload",
                "one term edited in 50 packs, until the next generation judges",
            ),
            AIM_RELOAD_MS,
            Some(reload),
            |millis| format!("{millis:.0} ms"),
        ),
        Aim::at_most(
            (
                "memory",
                "resident memory with 50 packs and 87,000 terms, after messages and edits",
            ),
            AIM_RESIDENT_MB,
            Some(edited.now),
            |megabytes| format!("{megabytes:.0} MB"),
        ),
    ];
    Ok(vec![Section {
        title: "Building and reloading",
        text,
        aims,
    }])
}

/// How long a generation took to judge, in ms.
#[derive(Debug, Clone, Copy)]
struct Live {
    /// From what led to it until the log said so.
    seen: f64,
    /// What the log said.
    logged: f64,
}

/// Resident memory in MB of 1,000,000 bytes.
#[derive(Debug, Clone, Copy)]
struct Resident {
    now: f64,
    most: f64,
}

/// A running `proviso serve`, and the lines of its log as they come.
struct Daemon {
    process: Child,
    log: Receiver<(Instant, serde_json::Value)>,
    data: PathBuf,
}

impl Daemon {
    /// Starts, and waits until it takes messages.
    fn start(bench: &Bench<'_>, config: &Path) -> anyhow::Result<(Self, Live)> {
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
                let value = serde_json::from_str(&line).unwrap_or(serde_json::Value::String(line));
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
    fn wait(&self, message: &str) -> anyhow::Result<(Instant, serde_json::Value)> {
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

    fn resident(&self) -> anyhow::Result<Resident> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id()))?;
        let megabytes = |key: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(key));
            let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
            kilobytes
                .map(|kilobytes| kilobytes * 1.024e-3)
                .with_context(|| format!("/proc has no {key}"))
        };
        Ok(Resident {
            now: megabytes("VmRSS:")?,
            most: megabytes("VmHWM:")?,
        })
    }

    /// Hands a file of messages to the spool, and waits until all of them are committed.
    fn judge(&self, spool: &Path, file: &Path, messages: usize) -> anyhow::Result<()> {
        fs::copy(file, spool.join(".coming"))?;
        fs::rename(spool.join(".coming"), spool.join("messages.ndjson"))?;
        let deadline = Instant::now() + PATIENCE;
        loop {
            let metrics = self.get("/metrics")?;
            let committed = metrics
                .lines()
                .find_map(|line| line.strip_prefix("proviso_messages_committed_total "));
            let committed: usize = committed.context("the metrics do not count messages")?.trim().parse()?;
            if committed >= messages {
                return Ok(());
            }
            ensure!(
                Instant::now() < deadline,
                "{committed} of {messages} messages were committed"
            );
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    fn get(&self, path: &str) -> anyhow::Result<String> {
        let address = fs::read_to_string(self.data.join("address"))?;
        let mut stream = TcpStream::connect(address.trim())?;
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n"
        )?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        ensure!(answer.starts_with("HTTP/1.1 200"), "GET {path}: {answer}");
        Ok(answer)
    }

    /// Replaces a list's first term, as an editor does, and waits for the generation that has it.
    fn edit(&self, list: &Path) -> anyhow::Result<Live> {
        let text = fs::read_to_string(list)?;
        let (_, rest) = text.split_once('\n').context("a list of one line")?;
        // Not beside the list, where writing it would be a change as well.
        let new = self.data.join("terms.new");
        fs::write(&new, format!("改动的词语\n{rest}"))?;
        std::thread::sleep(BETWEEN_EDITS);
        let begun = Instant::now();
        fs::rename(&new, list)?;
        let (at, line) = self.wait("generation live")?;
        Ok(Live {
            seen: at.duration_since(begun).as_secs_f64() * 1e3,
            logged: millis(&line)?,
        })
    }

    fn stop(mut self) -> anyhow::Result<()> {
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
fn text_of(line: &serde_json::Value) -> Option<&str> {
    line["fields"]["message"].as_str().or_else(|| line["message"].as_str())
}

fn millis(line: &serde_json::Value) -> anyhow::Result<f64> {
    let millis = line["fields"]["millis"].as_f64().or_else(|| line["millis"].as_f64());
    millis.with_context(|| format!("no millis in {line}"))
}
