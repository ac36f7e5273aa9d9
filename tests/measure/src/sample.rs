//! The workload without corpora: the demonstration's own lines, over and over.

use crate::workload::{Line, Lines, Speaker, customer};
use anyhow::{Context, ensure};
use serde::Deserialize;
use serde_json::json;
use std::fs;
use std::io::Write;
use std::path::Path;

/// Messages, about.
const MESSAGES: usize = 100_000;
/// Employees who share the conversations.
const EMPLOYEES: usize = 64;

/// The part of the file that holds lines; the rest is for `proviso demo`.
#[derive(Deserialize)]
struct Phrases {
    group: Vec<Group>,
}

#[derive(Deserialize)]
struct Group {
    tenant: String,
    role: String,
    #[serde(default)]
    to: String,
    lines: Vec<String>,
}

/// Writes the lines of every group, one of each group in turn, until there are enough. A round is a conversation for each
/// tenant.
pub(crate) fn write(phrases: &Path, out: impl Write) -> anyhow::Result<usize> {
    let place = || format!("cannot read {}", phrases.display());
    let text = fs::read_to_string(phrases).with_context(place)?;
    let phrases: Phrases = toml::from_str(&text).with_context(place)?;
    ensure!(
        phrases.group.iter().any(|group| !group.lines.is_empty()),
        "{}: no lines",
        place()
    );
    let mut lines = Lines::new(out);
    for round in 0.. {
        if lines.written >= MESSAGES {
            break;
        }
        for group in phrases.group.iter().filter(|group| !group.lines.is_empty()) {
            let colleague = || json!({ "id": format!("employee-{}", (round + 1) % EMPLOYEES), "class": "employee" });
            lines.write(&Line {
                id: format!("sample/{}", lines.written),
                tenant: &group.tenant,
                conversation: format!("{}-{round}", group.tenant),
                employee: format!("employee-{}", round % EMPLOYEES),
                other: if group.to == "colleague" {
                    colleague()
                } else {
                    customer(&format!("customer-{round}"))
                },
                speaker: if group.role == "customer" {
                    Speaker::External
                } else {
                    Speaker::Employee
                },
                text: &group.lines[round % group.lines.len()],
            })?;
        }
    }
    Ok(lines.finish()?)
}
