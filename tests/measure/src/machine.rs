//! The machine that measured, as a page names it.

use anyhow::Context;
use std::fs;
use std::path::Path;
use std::process::Command;

/// One line: processor, cores, kernel, whether fresh instances are cheap.
pub(crate) fn describe(proviso: &Path) -> anyhow::Result<String> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let processor = read("/proc/cpuinfo")
        .lines()
        .find_map(|line| {
            line.strip_prefix("model name")?
                .split_once(':')
                .map(|(_, name)| name.trim().to_owned())
        })
        .unwrap_or_else(|| std::env::consts::ARCH.to_owned());
    let kernel = read("/proc/sys/kernel/osrelease").trim().to_owned();
    let pagemap_scan = if has_pagemap_scan(proviso)? { "yes" } else { "no" };
    Ok(format!(
        "{processor}, {cores} cores, Linux {kernel}, pagemap_scan: {pagemap_scan}"
    ))
}

/// Processes that wanted to run during the last minute, on average; 1.00 a core is a busy machine.
pub(crate) fn load_average() -> String {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().unwrap_or_default().to_owned()
}

/// What `doctor` says of the sandbox: `ok` where PAGEMAP_SCAN resets memory.
fn has_pagemap_scan(proviso: &Path) -> anyhow::Result<bool> {
    let output = Command::new(proviso)
        .args(["doctor", "--format", "json"])
        .output()
        .with_context(|| format!("cannot run {}", proviso.display()))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let checks = text
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    let sandbox = checks.into_iter().find(|check| check["what"] == "sandbox");
    let sandbox = sandbox.context("`proviso doctor --format json` says nothing of the sandbox")?;
    Ok(sandbox["state"] == "ok")
}

/// Today, and the commit if git knows one, for the head of a page.
pub(crate) fn now() -> String {
    let today = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
    let commit = Command::new("git").args(["rev-parse", "--short=12", "HEAD"]).output();
    match commit {
        Ok(output) if output.status.success() => {
            format!("{today}, commit {}", String::from_utf8_lossy(&output.stdout).trim())
        }
        _ => today.to_string(),
    }
}
