//! Runs a program and says what it took.

use anyhow::{Context, ensure};
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Clock ticks a second in `/proc`: 100 on every Linux that programs see.
const TICKS_PER_SECOND: u64 = 100;

/// Lines of a failed program that an error repeats.
const LINES_SAID: usize = 3;

/// What one run took.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Took {
    pub wall: Duration,
    /// User and system time of all threads; resolution 10 ms.
    pub cpu: Duration,
}

/// Runs to the end; standard output goes to the file, or nowhere. `ends_well` says which exit codes are expected.
pub(crate) fn run(command: &mut Command, output: Option<&Path>, ends_well: &[i32]) -> anyhow::Result<Took> {
    let stdout = match output {
        Some(path) => Stdio::from(File::create(path).with_context(|| format!("cannot write {}", path.display()))?),
        None => Stdio::null(),
    };
    let shown = format!("{command:?}");
    let cpu_before = cpu_of_children()?;
    let started = Instant::now();
    let status = command
        .stdin(Stdio::null())
        .stdout(stdout)
        .status()
        .with_context(|| format!("cannot run {shown}"))?;
    let wall = started.elapsed();
    let cpu = cpu_of_children()?.saturating_sub(cpu_before);
    ensure!(
        status.code().is_some_and(|code| ends_well.contains(&code)),
        "{shown} ended with {status}"
    );
    Ok(Took { wall, cpu })
}

/// Runs to the end and reads what it prints as one JSON value. Where it fails, the error has the last of what it said.
pub(crate) fn json<T: DeserializeOwned>(command: &mut Command) -> anyhow::Result<T> {
    let printed = output(command)?;
    serde_json::from_slice(&printed).with_context(|| format!("{command:?} prints something else than expected"))
}

/// Runs to the end; what it prints on standard output.
pub(crate) fn output(command: &mut Command) -> anyhow::Result<Vec<u8>> {
    let ended = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("cannot run {command:?}"))?;
    let said = String::from_utf8_lossy(&ended.stderr);
    let last: Vec<&str> = said.lines().filter(|line| !line.trim().is_empty()).collect();
    ensure!(
        ended.status.success(),
        "{command:?} ended with {}: {}",
        ended.status,
        last[last.len().saturating_sub(LINES_SAID)..].join("; ")
    );
    Ok(ended.stdout)
}

/// User and system time of every child that has ended and was waited for.
fn cpu_of_children() -> anyhow::Result<Duration> {
    let stat = fs::read_to_string("/proc/self/stat").context("CPU time is read from /proc, as Linux has it")?;
    let ticks = ticks(&stat, CHILDREN).context("/proc/self/stat has another form than proc(5) says")?;
    Ok(Duration::from_millis(ticks * 1_000 / TICKS_PER_SECOND))
}

/// User and system time of a process that runs, without its children.
pub(crate) fn cpu_of(process: u32) -> anyhow::Result<Duration> {
    let stat =
        fs::read_to_string(format!("/proc/{process}/stat")).context("CPU time is read from /proc, as Linux has it")?;
    let ticks = ticks(&stat, 11).context("/proc has another form than proc(5) says")?;
    Ok(Duration::from_millis(ticks * 1_000 / TICKS_PER_SECOND))
}

/// User and system time of a process that runs, in seconds, by the names of its threads; of those that are there now. Names that begin alike and end
/// with a number are one.
pub(crate) fn cpu_by_thread(process: u32) -> anyhow::Result<BTreeMap<String, f64>> {
    let mut threads = BTreeMap::new();
    for task in fs::read_dir(format!("/proc/{process}/task"))? {
        // One that ended meanwhile has nothing more to say.
        let Ok(stat) = fs::read_to_string(task?.path().join("stat")) else {
            continue;
        };
        let name = stat
            .split_once('(')
            .and_then(|(_, rest)| Some(rest.rsplit_once(')')?.0));
        let name = name.context("/proc has another form than proc(5) says")?;
        let name = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '-');
        let ticks = ticks(&stat, 11).context("/proc has another form than proc(5) says")?;
        *threads.entry(name.to_owned()).or_default() += ticks as f64 / TICKS_PER_SECOND as f64;
    }
    Ok(threads)
}

/// Resident memory in MB of 1,000,000 bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Resident {
    pub now: f64,
    pub most: f64,
}

/// What a process that runs has in memory, and had at most.
pub(crate) fn resident_of(process: u32) -> anyhow::Result<Resident> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
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

/// Open descriptors of a process.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Descriptors {
    /// Connections, and what listens.
    pub sockets: usize,
    pub others: usize,
}

/// What a process that runs has open.
pub(crate) fn descriptors_of(process: u32) -> anyhow::Result<Descriptors> {
    let mut found = Descriptors { sockets: 0, others: 0 };
    for entry in fs::read_dir(format!("/proc/{process}/fd"))? {
        // One that was closed meanwhile is none.
        if let Ok(target) = fs::read_link(entry?.path()) {
            if target.to_string_lossy().starts_with("socket:") {
                found.sockets += 1;
            } else {
                found.others += 1;
            }
        }
    }
    Ok(found)
}

/// `cutime` and `cstime`, the 16th and 17th field, as counted behind the name.
const CHILDREN: usize = 13;

/// The sum of two fields that follow each other, counted behind the second field: that one is a name in parentheses, which may
/// hold spaces.
fn ticks(stat: &str, first: usize) -> Option<u64> {
    let (_, behind_name) = stat.rsplit_once(')')?;
    let mut fields = behind_name.split_whitespace().skip(first);
    let mut next = || fields.next()?.parse::<u64>().ok();
    Some(next()? + next()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_those_of_a_process_or_of_its_children() {
        let stat = "7 (a) b) S 1 2 3 4 5 6 7 8 9 10 100 200 30 4 20 0 1 0";
        assert_eq!((ticks(stat, CHILDREN), ticks(stat, 11)), (Some(34), Some(300)));
        assert_eq!(ticks("7 (a) S 1", CHILDREN), None);
    }

    #[test]
    fn a_process_has_memory_and_descriptors() {
        let own = std::process::id();
        let resident = resident_of(own).unwrap();
        assert!(resident.now > 0.0 && resident.now <= resident.most, "{resident:?}");
        let before = descriptors_of(own).unwrap();
        let sockets: Vec<_> = (0..50)
            .map(|_| std::net::UdpSocket::bind("127.0.0.1:0").unwrap())
            .collect();
        let behind = descriptors_of(own).unwrap();
        assert!(
            behind.sockets >= before.sockets + sockets.len() / 2,
            "{before:?} {behind:?}"
        );
    }

    #[test]
    fn an_unexpected_end_is_an_error() {
        let ran = |script: &str| run(Command::new("sh").args(["-c", script]), None, &[0, 3]);
        assert!(ran("exit 3").is_ok());
        assert!(ran("exit 4").is_err_and(|error| error.to_string().contains("exit 4")));
        let busy = ran("i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done").unwrap();
        assert!(
            busy.cpu > Duration::ZERO && busy.cpu <= busy.wall + Duration::from_millis(20),
            "{busy:?}"
        );
    }
}
