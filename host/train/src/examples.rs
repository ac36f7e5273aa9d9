//! Labelled texts, one JSON object a line.

use proviso_model::foreign::Foreign;
use proviso_model::limits::PROBLEMS_PER_FILE_MAX;
use proviso_model::{Digest, Problem};
use serde_json::{Map, Value};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// Longer texts are cut by nobody: they are a problem.
const TEXT_BYTES_MAX: usize = proviso_model::limits::MESSAGE_TEXT_BYTES_MAX;

/// What a line may have.
const KEYS: [&str; 7] = ["text", "label", "source", "group", "kind", "channel", "date"];

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

/// The words that stand for the two kinds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelWords {
    positive: Vec<String>,
    negative: Vec<String>,
}

impl LabelWords {
    /// What is looked for, and what is harmless.
    ///
    /// # Errors
    /// The word that stands for both.
    pub fn new(positive: Vec<String>, negative: Vec<String>) -> Result<Self, String> {
        match positive.iter().find(|word| negative.contains(word)) {
            Some(word) => Err(word.clone()),
            None => Ok(Self { positive, negative }),
        }
    }

    /// True of what is looked for; `None` for a word that stands for neither.
    fn is_positive(&self, label: &str) -> Option<bool> {
        let has = |words: &[String]| words.iter().any(|word| word == label);
        has(&self.positive)
            .then_some(true)
            .or(has(&self.negative).then_some(false))
    }
}

/// What was read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Read {
    /// In the order of the files and lines.
    pub examples: Vec<Example>,
    /// Lines whose text had stood in an earlier one with the same label.
    pub repeated: usize,
}

/// Reads files one after the other. A text that comes again with the same label, in whichever file, is left out, since it would stand
/// on both sides of a cut; with the other label it is a problem. Texts that differ in white space alone are the same.
pub struct Reading<'w> {
    words: &'w LabelWords,
    files: Vec<PathBuf>,
    /// By the digest of the text.
    seen: HashMap<Digest, Seen>,
    read: Read,
    problems: Vec<Problem>,
}

/// Where a text stood first.
struct Seen {
    positive: bool,
    file: usize,
    line: usize,
}

impl<'w> Reading<'w> {
    /// Nothing is read yet.
    pub fn new(words: &'w LabelWords) -> Self {
        Self {
            words,
            files: Vec::new(),
            seen: HashMap::new(),
            read: Read::default(),
            problems: Vec::new(),
        }
    }

    /// Reads the text of a file, to its end. `file` is only named, in problems and in the groups of lines without one.
    pub fn file(&mut self, file: &Path, text: &str) {
        let problems_before = self.problems.len();
        self.files.push(file.to_owned());
        let lines = (1..).zip(text.strip_prefix('\u{feff}').unwrap_or(text).lines());
        for (number, line) in lines.filter(|(_, line)| !line.trim().is_empty()) {
            if self.problems.len() - problems_before == PROBLEMS_PER_FILE_MAX {
                let message = "not read from here on: there are too many problems";
                self.problems.push(Problem::on_line(file, number, message));
                break;
            }
            match read_line(line, number, file, self.words) {
                Ok(example) => self.add(example, number),
                Err(message) => self.problems.push(Problem::on_line(file, number, message)),
            }
        }
    }

    fn add(&mut self, example: Example, line: usize) {
        let same = example.text.split_whitespace().collect::<Vec<_>>().join(" ");
        let file = self.files.len() - 1;
        let here = Seen {
            positive: example.positive,
            file,
            line,
        };
        match self.seen.entry(Digest::of(same.as_bytes())) {
            std::collections::hash_map::Entry::Vacant(entry) => {
                entry.insert(here);
                self.read.examples.push(example);
            }
            std::collections::hash_map::Entry::Occupied(entry) if entry.get().positive == example.positive => {
                self.read.repeated += 1;
            }
            std::collections::hash_map::Entry::Occupied(entry) => {
                let first = entry.get();
                let message = format!(
                    "this text stands in {}:{} with the other label: keep the line that is right",
                    self.files[first.file].display(),
                    first.line
                );
                self.problems.push(Problem::on_line(&self.files[file], line, message));
            }
        }
    }

    /// All that was read.
    ///
    /// # Errors
    /// Every problem of all files.
    pub fn finish(self) -> Result<Read, Vec<Problem>> {
        if self.problems.is_empty() {
            Ok(self.read)
        } else {
            Err(self.problems)
        }
    }
}

fn read_line(line: &str, number: usize, file: &Path, words: &LabelWords) -> Result<Example, String> {
    let mut line = object(line)?;
    if let Some(key) = line.keys().find(|key| !KEYS.contains(&key.as_str())) {
        return Err(format!(
            "unknown key {}: expected {}",
            Foreign(key).quoted(),
            KEYS.join(", ")
        ));
    }
    let text = required(&mut line, "text")?;
    if text.len() > TEXT_BYTES_MAX {
        return Err(format!(
            "a text of {} bytes, at most {TEXT_BYTES_MAX}: take the line out, or cut it into several",
            text.len()
        ));
    }
    let label = required(&mut line, "label")?;
    let positive = words.is_positive(&label).ok_or_else(|| {
        let known = words.positive.iter().chain(&words.negative);
        let known: Vec<String> = known.map(|word| format!("{word:?}")).collect();
        format!("label {}: expected {}", Foreign(&label).quoted(), known.join(" or "))
    })?;
    Ok(Example {
        text,
        positive,
        source: optional(&mut line, "source")?.unwrap_or_default(),
        group: optional(&mut line, "group")?.unwrap_or_else(|| format!("{}:{number}", file.display())),
        date: optional(&mut line, "date")?.unwrap_or_default(),
        kind: optional(&mut line, "kind")?.unwrap_or_default(),
        channel: optional(&mut line, "channel")?.unwrap_or_default(),
    })
}

/// What is wrong with a line is said in words of our own: those of the parser may quote a text.
fn object(line: &str) -> Result<Map<String, Value>, String> {
    match serde_json::from_str(line) {
        Ok(Value::Object(members)) => Ok(members),
        Ok(other) => Err(format!(
            "{} stands there: expected an object such as {{\"text\": \"…\", \"label\": \"…\"}}",
            called(&other)
        )),
        Err(error) => Err(format!(
            "no JSON from byte {} on: expected an object such as {{\"text\": \"…\", \"label\": \"…\"}} in one line",
            error.column()
        )),
    }
}

fn required(line: &mut Map<String, Value>, key: &str) -> Result<String, String> {
    optional(line, key)?.ok_or_else(|| format!("`{key}` is missing: expected a string"))
}

fn optional(line: &mut Map<String, Value>, key: &str) -> Result<Option<String>, String> {
    match line.remove(key) {
        Some(Value::String(text)) => Ok(Some(text)),
        None | Some(Value::Null) => Ok(None),
        Some(other) => Err(format!("`{key}` is {}: expected a string", called(&other))),
    }
}

fn called(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
