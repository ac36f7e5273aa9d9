//! What a pack says of dialogues of fraud and misconduct, by kind and by who has read them: `tests/corpus/frames`.

use super::WRITES;
use super::judge::{Judgement, Roles, judge};
use crate::corpus::{Conversation, Corpus, Turn};
use crate::page::{Table, count};
use anyhow::{Context, ensure};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

/// Where they stand.
const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../corpus/frames");

/// What `half` may be, and what is known of these dialogues.
const PARTS: [(&str, &str); 5] = [
    (
        "first",
        "written without a look at the rules, and read when those of the frames were written. Before them 14 of its 111 were found",
    ),
    (
        "second",
        "written with the first and never read. Before them 9 of its 107 were found",
    ),
    (
        "third-even",
        "written later, without a look at the rules, and read when these were written anew. The earlier rules found 47 of its 109",
    ),
    (
        "third-odd",
        "written with it and never read. The earlier rules found 64 of its 117",
    ),
    ("own", "messages by the rules' own author"),
];

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
            let place = || format!("{}:{number}", file.display());
            let row: Row = serde_json::from_str(line).with_context(place)?;
            ensure!(
                PARTS.iter().any(|(part, _)| *part == row.half),
                "{}: no part is named {:?}",
                place(),
                row.half
            );
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
    let parts = PARTS.map(|(part, _)| part);
    let heads: Vec<String> = std::iter::once("kind".to_owned())
        .chain(
            parts
                .iter()
                .flat_map(|part| [format!(">{part}: found"), ">false".to_owned()]),
        )
        .collect();
    let mut table = Table::new(&heads.iter().map(String::as_str).collect::<Vec<_>>());
    for (kind, of_kind) in kinds.iter().chain([(&"all", &all)]) {
        let share = |[found, all]: [usize; 2]| match all {
            0 => "-".to_owned(),
            _ => format!("{} of {}", count(found), count(all)),
        };
        let cells = parts.map(|part| of_kind.get(part).copied().unwrap_or_default());
        let cells = cells.map(|tally| [share(tally.positive), share(tally.negative)]);
        table.row([(*kind).to_owned()].into_iter().chain(cells.into_iter().flatten()));
    }
    let mut text = String::new();
    write!(
        text,
        "\n## Frames of fraud and misconduct\n\n\
         {} dialogues of `tests/corpus/frames`. A dialogue counts as found if any turn has a finding at medium or above. The parts:\n\n{}\n{}",
        count(rows.len()),
        PARTS.map(|(part, said)| format!("- {part}: {said}\n")).concat(),
        table.markdown()
    )
    .expect(WRITES);
    text
}
