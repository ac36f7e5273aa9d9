//! What a pack says of dialogues that were written before its rules, by people who had not seen them: `tests/corpus/frames`.

use super::WRITES;
use super::judge::{Judgement, Roles, judge};
use crate::corpus::{Conversation, Corpus, Turn};
use crate::page::{Table, count};
use anyhow::Context;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

/// Where they stand.
const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../corpus/frames");

/// One dialogue.
#[derive(Deserialize)]
struct Row {
    kind: String,
    half: String,
    label: String,
    #[serde(default)]
    swindler: String,
    turns: Vec<RowTurn>,
}

#[derive(Deserialize)]
struct RowTurn {
    from: String,
    text: String,
}

impl Row {
    /// True if something is to be found in it.
    fn is_positive(&self) -> bool {
        matches!(self.label.as_str(), "fraud" | "misconduct")
    }

    /// The swindler is taken for the external contact, the other side for the employee; where staff are named, as they are named.
    fn conversation(&self) -> Conversation {
        let stranger = if self.swindler.is_empty() { "a" } else { &self.swindler };
        let is_outside = |from: &str| from == "customer" || (from.len() == 1 && from == stranger);
        let turns = self.turns.iter().map(|turn| Turn {
            text: turn.text.clone(),
            role: if is_outside(&turn.from) { "customer" } else { "agent" }.to_owned(),
        });
        Conversation {
            turns: turns.collect(),
            label: self.label.clone(),
            kind: self.kind.clone(),
        }
    }
}

/// Found and in all, of what is to be found and of what is not.
#[derive(Default, Clone, Copy)]
struct Tally {
    positive: [usize; 2],
    negative: [usize; 2],
}

/// The part of the page on one pack.
pub(super) fn measure(proviso: &Path, pack: &Path) -> anyhow::Result<String> {
    let rows = rows()?;
    let corpus = Corpus {
        name: "frames".to_owned(),
        conversations: rows.iter().map(Row::conversation).collect(),
    };
    let judged = judge(proviso, pack, std::slice::from_ref(&corpus), Roles::AsSpoken)?;
    Ok(render(&rows, &judged[0]))
}

fn rows() -> anyhow::Result<Vec<Row>> {
    let mut files: Vec<_> = fs::read_dir(FOLDER)?
        .map(|entry| Ok(entry?.path()))
        .collect::<std::io::Result<_>>()?;
    files.sort();
    let mut rows = Vec::new();
    for file in files {
        let text = fs::read_to_string(&file)?;
        for (number, line) in (1..).zip(text.lines()) {
            let row: Row = serde_json::from_str(line).with_context(|| format!("{}:{number}", file.display()))?;
            rows.push(row);
        }
    }
    Ok(rows)
}

fn render(rows: &[Row], judgement: &Judgement) -> String {
    let found: BTreeSet<usize> = judgement.flags.iter().map(|flag| flag.conversation).collect();
    let mut kinds: BTreeMap<&str, BTreeMap<&str, Tally>> = BTreeMap::new();
    let mut all: BTreeMap<&str, Tally> = BTreeMap::new();
    for (number, row) in rows.iter().enumerate() {
        let of_kind = kinds.entry(&row.kind).or_default().entry(&row.half).or_default();
        for tally in [of_kind, all.entry(&row.half).or_default()] {
            let side = if row.is_positive() {
                &mut tally.positive
            } else {
                &mut tally.negative
            };
            side[0] += usize::from(found.contains(&number));
            side[1] += 1;
        }
    }
    let mut table = Table::new(&["kind", ">first half: found", ">false", ">second half: found", ">false"]);
    for (kind, halves) in kinds.iter().chain([(&"all", &all)]) {
        let of = |half: &str| halves.get(half).copied().unwrap_or_default();
        let share = |[found, all]: [usize; 2]| format!("{} of {}", count(found), count(all));
        let cells = ["first", "second"]
            .map(of)
            .map(|tally| [share(tally.positive), share(tally.negative)]);
        table.row([(*kind).to_owned()].into_iter().chain(cells.into_iter().flatten()));
    }
    let mut text = String::new();
    write!(
        text,
        "\n## Frames of fraud and misconduct\n\n\
         {} dialogues of `tests/corpus/frames`, written without a look at the rules and before those of their frames; what `bank-cn` said of \
         them then stands below, among what was measured once. The first half was read when the rules were \
         written, the second was not. A dialogue counts as found if any turn has a finding at medium or above.\n\n{}",
        count(rows.len()),
        table.markdown()
    )
    .expect(WRITES);
    text
}
