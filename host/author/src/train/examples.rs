//! Labelled texts, one JSON object a line.

use proviso_model::Problem;
use proviso_model::limits::PROBLEMS_PER_FILE_MAX;
use serde::Deserialize;
use std::collections::HashSet;
use std::path::Path;

/// Longer texts are cut by nobody: they are a problem.
const TEXT_BYTES_MAX: usize = proviso_model::limits::MESSAGE_TEXT_BYTES_MAX;

/// One text and what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example {
    /// As it was written.
    pub text: String,
    /// True of the kind that is looked for.
    pub positive: bool,
    /// Where it comes from: a data set, a mailbox. Empty where the line names none.
    pub source: String,
    /// What must not be torn apart: a conversation, a thread. A line without one is a group of its own.
    pub group: String,
    /// When it was written, as the line has it.
    pub date: String,
    /// Of which sort, for the figures: `parcel`, `investment`. Empty where the line names none.
    pub kind: String,
    /// Where people wrote it, for the figures.
    pub channel: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    text: String,
    label: String,
    #[serde(default)]
    source: String,
    group: Option<String>,
    #[serde(default)]
    date: String,
    #[serde(default)]
    kind: String,
    #[serde(default)]
    channel: String,
}

/// The words that stand for the two kinds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelWords {
    /// What is looked for.
    pub positive: Vec<String>,
    /// What is harmless.
    pub negative: Vec<String>,
}

/// What was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Read {
    /// In the order of the lines.
    pub examples: Vec<Example>,
    /// Lines whose text had stood in an earlier one with the same label.
    pub repeated: usize,
}

/// Reads a file. A text that comes again with the same label is left out, since it would stand on both sides of a cut; with another
/// label it is a problem, and so is a label that is neither. `file` is only named in problems, all of which are reported at once.
pub fn read(file: &Path, text: &str, words: &LabelWords) -> Result<Read, Vec<Problem>> {
    let mut read = Read {
        examples: Vec::new(),
        repeated: 0,
    };
    let mut problems = Vec::new();
    let mut seen: [HashSet<String>; 2] = Default::default();
    let lines = (1..).zip(text.strip_prefix('\u{feff}').unwrap_or(text).lines());
    for (number, line) in lines.filter(|(_, line)| !line.trim().is_empty()) {
        if problems.len() == PROBLEMS_PER_FILE_MAX {
            problems.push(Problem::on_line(file, number, "not read from here on"));
            break;
        }
        let example = match read_line(line, number, file, words) {
            Ok(example) => example,
            Err(message) => {
                problems.push(Problem::on_line(file, number, message));
                continue;
            }
        };
        let same = example.text.split_whitespace().collect::<Vec<_>>().join(" ");
        if seen[usize::from(!example.positive)].contains(&same) {
            problems.push(Problem::on_line(
                file,
                number,
                "this text stands in an earlier line with the other label",
            ));
        } else if seen[usize::from(example.positive)].insert(same) {
            read.examples.push(example);
        } else {
            read.repeated += 1;
        }
    }
    if problems.is_empty() { Ok(read) } else { Err(problems) }
}

fn read_line(line: &str, number: usize, file: &Path, words: &LabelWords) -> Result<Example, String> {
    let line: Line = serde_json::from_str(line).map_err(|error| error.to_string())?;
    if line.text.len() > TEXT_BYTES_MAX {
        return Err(format!("a text of {} bytes, at most {TEXT_BYTES_MAX}", line.text.len()));
    }
    let positive = words.positive.contains(&line.label);
    if !positive && !words.negative.contains(&line.label) {
        let known: Vec<String> = words
            .positive
            .iter()
            .chain(&words.negative)
            .map(|word| format!("{word:?}"))
            .collect();
        return Err(format!("label {:?}: expected {}", line.label, known.join(" or ")));
    }
    Ok(Example {
        group: line.group.unwrap_or_else(|| format!("{}:{number}", file.display())),
        text: line.text,
        positive,
        source: line.source,
        date: line.date,
        kind: line.kind,
        channel: line.channel,
    })
}
