//! Messages as canonical NDJSON.

use crate::corpus::{Corpus, Turn};
use serde_json::{Value, json};
use std::io::{self, Write};

/// The first message's time: Monday 2025-03-03 09:00 in Shanghai, in milliseconds.
const FIRST_SENT_AT: i64 = 1_740_963_600_000;
/// Between two messages: a corpus then spans working hours and nights alike.
const STEP_MILLIS: i64 = 7_000;
/// Messages of a conversation, where the corpus has none.
const TURNS_PER_CONVERSATION: usize = 16;
/// Employees who share the conversations.
const EMPLOYEES: usize = 64;

/// Who wrote a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Speaker {
    Employee,
    External,
}

/// Everything that a line says.
pub(crate) struct Line<'a> {
    pub id: String,
    pub tenant: &'a str,
    pub conversation: String,
    pub employee: String,
    /// The other side: a customer, or a colleague.
    pub other: Value,
    pub speaker: Speaker,
    pub text: &'a str,
}

/// Writes lines, each later than the one before.
pub(crate) struct Lines<W: Write> {
    out: W,
    pub written: usize,
}

impl<W: Write> Lines<W> {
    pub(crate) fn new(out: W) -> Self {
        Self { out, written: 0 }
    }

    pub(crate) fn write(&mut self, line: &Line<'_>) -> io::Result<()> {
        let employee = json!({ "id": line.employee, "class": "employee" });
        let (from, to) = match line.speaker {
            Speaker::Employee => (&employee, &line.other),
            Speaker::External => (&line.other, &employee),
        };
        let message = json!({
            "id": line.id,
            "tenant": line.tenant,
            "channel": "chat",
            "conversation": line.conversation,
            "sent_at": FIRST_SENT_AT + self.written as i64 * STEP_MILLIS,
            "from": from,
            "to": [to],
            "text": line.text,
        });
        self.written += 1;
        writeln!(self.out, "{message}")
    }

    pub(crate) fn finish(mut self) -> io::Result<usize> {
        self.out.flush()?;
        Ok(self.written)
    }
}

/// A customer, by id.
pub(crate) fn customer(id: &str) -> Value {
    json!({ "id": id, "class": "external" })
}

/// Writes every message of the corpora for one bank. Conversations of all corpora are interleaved in proportion, so that
/// languages alternate throughout; an employee and a customer take turns in each.
pub(crate) fn write(corpora: &[Corpus], out: impl Write) -> io::Result<usize> {
    let mut conversations: Vec<(f64, &str, Vec<&Turn>)> = Vec::new();
    for corpus in corpora {
        let alone: Vec<&Turn> = corpus
            .conversations
            .iter()
            .filter(|one| one.turns.len() == 1)
            .flat_map(|one| &one.turns)
            .collect();
        let together = corpus
            .conversations
            .iter()
            .filter(|one| one.turns.len() > 1)
            .map(|one| one.turns.iter().collect());
        let groups: Vec<Vec<&Turn>> = together
            .chain(alone.chunks(TURNS_PER_CONVERSATION).map(<[&Turn]>::to_vec))
            .collect();
        let count = groups.len() as f64;
        let placed = groups
            .into_iter()
            .enumerate()
            .map(|(index, turns)| ((index as f64 + 0.5) / count, &*corpus.name, turns));
        conversations.extend(placed);
    }
    conversations.sort_by(|one, other| one.0.total_cmp(&other.0));
    let mut lines = Lines::new(out);
    for (number, (_, name, turns)) in conversations.iter().enumerate() {
        for (index, turn) in turns.iter().enumerate() {
            let employee_writes = (index + number).is_multiple_of(2);
            lines.write(&Line {
                id: format!("{name}/{number}/{index}"),
                tenant: "bank",
                conversation: format!("conversation-{number}"),
                employee: format!("employee-{}", number % EMPLOYEES),
                other: customer(&format!("customer-{number}")),
                speaker: if employee_writes {
                    Speaker::Employee
                } else {
                    Speaker::External
                },
                text: &turn.text,
            })?;
        }
    }
    lines.finish()
}
