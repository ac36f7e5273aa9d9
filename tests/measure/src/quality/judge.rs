//! One pack over corpora: messages written as canonical NDJSON, judged by the binary under test, counted by corpus.

use crate::corpus::Corpus;
use crate::process;
use crate::workload::{Line, Lines, Speaker, customer};
use anyhow::{Context, ensure};
use serde::Deserialize;
use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, BufWriter};
use std::path::Path;
use std::process::Command;

/// Corpora whose rows name no speaker and are written by customers alone.
const BY_CUSTOMERS: [&str; 5] = [
    "en_bank_customer_banking77",
    "en_finance_complaints_cfpb",
    "en_finance_dialogue_multidogo",
    "en_insurance_dialogue_multidogo",
    "zh_consumer_reviews_asap_sample",
];
/// What corpora call those who serve, and those who are served.
const EMPLOYEES: [&str; 4] = ["sys", "agent", "action", "callee"];
const CUSTOMERS: [&str; 3] = ["usr", "customer", "caller"];

/// Who is taken for the employee.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Roles {
    AsSpoken,
    /// The other side.
    Exchanged,
    /// Both: every message goes from staff to a customer, the direction in which rules are strictest.
    AllByStaff,
}

/// What one pack says of one corpus.
#[derive(Default)]
pub(super) struct Judgement {
    /// Messages with a finding at medium or above.
    pub flags: Vec<Flag>,
    pub held: usize,
    /// The last score of each conversation's employee, for packs that score.
    pub score_of_conversation: HashMap<usize, f64>,
}

/// A flagged message.
pub(super) struct Flag {
    pub conversation: usize,
    /// `policy/rule` of its findings at medium or above.
    pub rules: Vec<String>,
}

impl Judgement {
    pub(super) fn flagged(&self) -> usize {
        self.flags.len()
    }
}

/// A line of `proviso eval --format json`, as far as it matters here.
#[derive(Deserialize)]
struct Verdict {
    message: String,
    held: bool,
    findings: Vec<Finding>,
    scores: Vec<Score>,
}

#[derive(Deserialize)]
struct Finding {
    policy: String,
    rule: String,
    severity: String,
}

#[derive(Deserialize)]
struct Score {
    value: f64,
}

/// How the sides of a corpus were mapped, for the page.
pub(super) fn roles_of(corpus: &Corpus) -> &'static str {
    let first = corpus
        .conversations
        .iter()
        .flat_map(|conversation| &conversation.turns)
        .next();
    match first.map(|turn| turn.role.as_str()) {
        Some("caller" | "callee") => "callee / caller",
        Some("usr" | "sys") => "sys / usr",
        Some("agent" | "customer") => "agent / customer",
        _ if BY_CUSTOMERS.contains(&&*corpus.name) => "- / all",
        _ => "by turns",
    }
}

fn speaker(corpus: &str, role: &str, (conversation, turn): (usize, usize), roles: Roles) -> Speaker {
    let employee = if EMPLOYEES.contains(&role) {
        true
    } else if CUSTOMERS.contains(&role) || BY_CUSTOMERS.contains(&corpus) {
        false
    } else {
        (conversation + turn).is_multiple_of(2)
    };
    let by_staff = match roles {
        Roles::AsSpoken => employee,
        Roles::Exchanged => !employee,
        Roles::AllByStaff => true,
    };
    if by_staff { Speaker::Employee } else { Speaker::External }
}

/// Judges every message; every dialogue is a conversation with an employee of its own.
pub(super) fn judge(proviso: &Path, pack: &Path, corpora: &[Corpus], roles: Roles) -> anyhow::Result<Vec<Judgement>> {
    let folder = tempfile::tempdir()?;
    let [set, messages, verdicts] =
        ["set.toml", "messages.ndjson", "verdicts.jsonl"].map(|name| folder.path().join(name));
    let pack = toml::Value::String(pack.to_str().context("the pack's path is not UTF-8")?.to_owned());
    fs::write(
        &set,
        format!("time_zone = \"Asia/Shanghai\"\n\n[[apply]]\npack = {pack}\nassessment = \"measurement\"\n"),
    )?;
    write(corpora, roles, &messages)?;
    let mut command = Command::new(proviso);
    command
        .args(["eval", "--format", "json", "--set"])
        .arg(&set)
        .arg(&messages);
    process::run(&mut command, Some(&verdicts), &[0])?;

    let mut judgements: Vec<Judgement> = corpora.iter().map(|_| Judgement::default()).collect();
    let mut count = 0;
    for line in BufReader::new(File::open(&verdicts)?).lines() {
        let verdict: Verdict = serde_json::from_str(&line?).context("a line of `proviso eval` has another form")?;
        let (corpus, conversation) = place(&verdict.message).context("a verdict names no message of the corpora")?;
        let judgement = judgements.get_mut(corpus).context("a verdict names no corpus")?;
        count += 1;
        judgement.held += usize::from(verdict.held);
        if let Some(score) = verdict.scores.last() {
            judgement.score_of_conversation.insert(conversation, score.value);
        }
        let rules: Vec<String> = verdict
            .findings
            .iter()
            .filter(|finding| finding.severity != "low")
            .map(|finding| format!("{}/{}", finding.policy, finding.rule))
            .collect();
        if !rules.is_empty() {
            judgement.flags.push(Flag { conversation, rules });
        }
    }
    let expected: usize = corpora.iter().map(Corpus::messages).sum();
    ensure!(count == expected, "{count} verdicts for {expected} messages");
    Ok(judgements)
}

fn write(corpora: &[Corpus], roles: Roles, file: &Path) -> anyhow::Result<()> {
    let mut lines = Lines::new(BufWriter::new(File::create(file)?));
    for (at, corpus) in corpora.iter().enumerate() {
        for (number, conversation) in corpus.conversations.iter().enumerate() {
            for (index, turn) in conversation.turns.iter().enumerate() {
                lines.write(&Line {
                    id: format!("{at}/{number}/{index}"),
                    tenant: "measurement",
                    conversation: format!("{at}/{number}"),
                    employee: format!("employee-{at}-{number}"),
                    other: customer(&format!("customer-{at}-{number}")),
                    speaker: speaker(&corpus.name, &turn.role, (number, index), roles),
                    text: &turn.text,
                })?;
            }
        }
    }
    lines.finish()?;
    Ok(())
}

/// Corpus and conversation of a message's id.
fn place(id: &str) -> Option<(usize, usize)> {
    let mut parts = id.split('/');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proviso_rows::each_row;

    #[test]
    fn sides_follow_the_role_then_the_corpus_then_take_turns() {
        use Speaker::{Employee, External};
        let table = [
            ("x", "callee", Employee),
            ("x", "caller", External),
            ("x", "", Employee),
            ("en_bank_customer_banking77", "", External),
        ];
        each_row(table, |(corpus, role, expected)| {
            assert_eq!(
                speaker(corpus, role, (0, 0), Roles::AsSpoken),
                expected,
                "{corpus} {role}"
            );
            assert_ne!(
                speaker(corpus, role, (0, 0), Roles::Exchanged),
                expected,
                "{corpus} {role}"
            );
            assert_eq!(
                speaker(corpus, role, (0, 0), Roles::AllByStaff),
                Employee,
                "{corpus} {role}"
            );
        });
        assert_eq!(speaker("x", "", (0, 1), Roles::AsSpoken), External);
        assert_eq!(place("3/14/15"), Some((3, 14)));
    }
}
