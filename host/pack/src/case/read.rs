//! Reads a file of cases, and says everything that is wrong with it at once.

use super::message::{Defaults, message};
use super::{Case, ExpectedFinding, ExpectedProposal, ExpectedScore, MESSAGES_MAX, PackNames};
use proviso_model::id::is_name;
use proviso_model::message::Message;
use proviso_model::toml_read::{Places, Table, TomlFile};
use proviso_model::verdict::Severity;
use proviso_model::{Problem, Timestamp};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, HashSet};
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

/// The name of a case, in bytes.
const NAME_BYTES_MAX: usize = 256;
/// When the first message of a case was sent, if it does not say.
const START: &str = "2026-01-05T10:00:00+08:00";
/// What lies between two messages of a case, if neither they nor `every` say.
const SPACING: Duration = Duration::from_mins(1);
/// The longest `every`.
const SPACING_MAX: Duration = Duration::from_hours(24 * 366);

/// Reads the cases of one file. `path` is what problems call it, `part` its path within the pack.
pub(crate) fn read(path: &Path, part: &str, text: &str, pack: &str, policies: &[String]) -> (Vec<Case>, Vec<Problem>) {
    let (mut file, mut table) = TomlFile::parse(path, text);
    let tables = table.tables(&mut file, "case");
    table.finish(&mut file);
    let pack = Arc::new(PackNames {
        pack: pack.to_owned(),
        policies: policies.to_vec(),
    });
    let mut cases: Vec<Case> = Vec::new();
    let mut names = HashSet::new();
    let places: Vec<_> = tables.iter().map(Table::at).collect();
    let lines = file.lines_and_columns(&places);
    for ((index, mut table), (line, _)) in tables.into_iter().enumerate().zip(lines) {
        let name_at = table.at_key("name");
        let mut reader = Reader {
            file: &mut file,
            pack: &pack,
        };
        let case = reader.case(&mut table, part, index, line);
        table.finish(&mut file);
        let Some(case) = case else { continue };
        if !names.insert(case.name.clone()) {
            file.problem(name_at, format!("{:?} is the name of two cases", case.name));
        }
        cases.push(case);
    }
    (cases, file.into_problems())
}

struct Reader<'r, 'f> {
    file: &'r mut TomlFile<'f>,
    pack: &'r Arc<PackNames>,
}

impl Reader<'_, '_> {
    fn case(&mut self, table: &mut Table<'_>, part: &str, index: usize, line: usize) -> Option<Case> {
        let name = table.required_string(self.file, "name");
        if let Some((name, at)) = &name
            && (name.trim().is_empty() || name.len() > NAME_BYTES_MAX || name.chars().any(char::is_control))
        {
            self.file.problem(
                at.clone(),
                format!("the name of a case has 1-{NAME_BYTES_MAX} bytes without line breaks"),
            );
        }
        let messages = self.messages(table, part, index);
        let at = table.at();
        let place = |key| if table.has(key) { table.at_key(key) } else { 0..0 };
        let places = super::Places {
            findings: place("expect"),
            proposals: place("expect_retention"),
            score: place("expect_score"),
        };
        let expect = self.findings(table);
        let expect_retention = self.proposals(table);
        let expect_score = self.score(table);
        let settings = self.settings(table);
        if expect.is_none() && expect_retention.is_none() && expect_score.is_none() {
            let message = "the case expects nothing: it needs `expect` (`[]` if nothing may be found), `expect_retention` or `expect_score`";
            self.file.problem(at, message);
        }
        let (name, _) = name?;
        let pack = Arc::clone(self.pack);
        Some(Case {
            name,
            file: part.to_owned(),
            line,
            messages,
            expect,
            expect_retention,
            expect_score,
            settings,
            pack,
            places,
        })
    }

    fn messages(&mut self, table: &mut Table<'_>, part: &str, index: usize) -> Vec<Message> {
        let every = self.every(table);
        let mut wanted: Vec<(Value, Rc<Places>, String)> = Vec::new();
        if let Some((before, places)) = table.json(self.file, "before") {
            let places = Rc::new(places);
            match before {
                Value::Array(items) if items.len() < MESSAGES_MAX => {
                    let pointed = items
                        .into_iter()
                        .enumerate()
                        .map(|(index, item)| (item, Rc::clone(&places), format!("/{index}")));
                    wanted.extend(pointed);
                }
                _ => self.file.problem(
                    places.of(""),
                    format!("`before` is not a list of at most {} messages", MESSAGES_MAX - 1),
                ),
            }
        }
        let at = table.at();
        match (table.json(self.file, "text"), table.json(self.file, "message")) {
            (Some((text, places)), None) if text.is_string() => wanted.push((text, Rc::new(places), String::new())),
            (Some((_, places)), None) => self.file.problem(places.of(""), "`text` is not a string"),
            (None, Some((message, places))) => wanted.push((message, Rc::new(places), String::new())),
            (None, None) => self
                .file
                .problem(at, "the case has no message: expected `text` or `message`"),
            (Some(_), Some((_, places))) => {
                self.file.problem(
                    places.of(""),
                    "the case has `text` and `message`: the text of a message is its `text`",
                );
            }
        }
        let stem = part.rsplit('/').next().unwrap_or(part).trim_end_matches(".toml");
        let conversation = format!("{stem}-{index}");
        let mut sent_at = Timestamp::from_rfc3339(START).expect("it is written in RFC 3339");
        let mut messages = Vec::new();
        for (number, (value, places, pointer)) in wanted.into_iter().enumerate() {
            let defaults = Defaults {
                native_id: format!("{conversation}-{number}"),
                conversation: conversation.clone(),
                sent_at,
            };
            let message = match message(&value, &defaults) {
                Ok(message) => message,
                Err((inside, problem)) => {
                    self.file.problem(places.of(&format!("{pointer}{inside}")), problem);
                    continue;
                }
            };
            // A message that says when it was sent moves those after it as well.
            let next = message.sent_at.as_millis().saturating_add(every.as_millis() as i64);
            sent_at = Timestamp::from_millis(next).unwrap_or(message.sent_at);
            messages.push(message);
        }
        messages
    }

    fn every(&mut self, table: &mut Table<'_>) -> Duration {
        let Some((text, at)) = table.string(self.file, "every") else {
            return SPACING;
        };
        let parsed = text.char_indices().next_back().and_then(|(last, unit)| {
            let count: u64 = text[..last].parse().ok()?;
            let seconds = match unit {
                's' => 1,
                'm' => 60,
                'h' => 3_600,
                'd' => 86_400,
                _ => return None,
            };
            Some(Duration::from_secs(count.checked_mul(seconds)?)).filter(|every| *every <= SPACING_MAX)
        });
        parsed.unwrap_or_else(|| {
            self.file.problem(
                at,
                format!("`every` is {text:?}: expected a number and s, m, h or d, at most 366d"),
            );
            SPACING
        })
    }

    fn findings(&mut self, table: &mut Table<'_>) -> Option<Vec<ExpectedFinding>> {
        let tables = self.present_tables(table, "expect")?;
        let mut findings = Vec::new();
        for mut entry in tables {
            let policy = self.policy(&mut entry);
            let rule = entry.required_string(self.file, "rule");
            if let Some((rule, at)) = &rule
                && !is_name(rule)
            {
                self.file.problem(
                    at.clone(),
                    format!("{rule:?} is not the name of a rule: expected 1-64 bytes of a-z, 0-9 and `-`"),
                );
            }
            let severity = entry.choice(
                self.file,
                "severity",
                &Severity::ALL.map(|severity| (severity.name(), severity)),
            );
            let text = entry.string(self.file, "text").map(|(text, _)| text);
            entry.finish(self.file);
            findings.push(ExpectedFinding {
                policy,
                rule: rule.map(|(rule, _)| rule).unwrap_or_default(),
                severity,
                text,
            });
        }
        Some(findings)
    }

    fn proposals(&mut self, table: &mut Table<'_>) -> Option<Vec<ExpectedProposal>> {
        let tables = self.present_tables(table, "expect_retention")?;
        let mut proposals = Vec::new();
        for mut entry in tables {
            let policy = self.policy(&mut entry);
            let mut text = |key| entry.string(self.file, key).map(|(text, _)| text);
            let (rule, law, article) = (text("rule"), text("law"), text("article"));
            entry.finish(self.file);
            proposals.push(ExpectedProposal {
                policy,
                rule,
                law,
                article,
            });
        }
        Some(proposals)
    }

    fn score(&mut self, table: &mut Table<'_>) -> Option<ExpectedScore> {
        let mut entry = table.table(self.file, "expect_score")?;
        let at = entry.at();
        let policy = self.policy(&mut entry);
        if policy.is_none() {
            self.file.problem(at.clone(), "`policy` is missing here");
        }
        let mut bound = |key, default| {
            entry
                .integer(self.file, key, 0..=100)
                .map_or(default, |(value, _)| value as f64)
        };
        let (at_least, at_most) = (bound("at_least", 0.0), bound("at_most", 100.0));
        if at_least > at_most {
            self.file
                .problem(at, format!("no score is at least {at_least} and at most {at_most}"));
        }
        let mut names = |key| {
            entry
                .strings(self.file, key)
                .unwrap_or_default()
                .into_iter()
                .map(|(name, _)| name)
                .collect()
        };
        let (signals, no_signals) = (names("signals"), names("no_signals"));
        entry.finish(self.file);
        Some(ExpectedScore {
            policy: policy?,
            at_least,
            at_most,
            signals,
            no_signals,
        })
    }

    fn settings(&mut self, table: &mut Table<'_>) -> BTreeMap<String, Map<String, Value>> {
        let Some(entry) = table.table(self.file, "settings") else {
            return BTreeMap::new();
        };
        let mut settings = BTreeMap::new();
        for ((policy, at), entry) in entry.into_tables(self.file) {
            self.check_policy(&policy, at);
            let (values, _) = entry.into_json(self.file);
            settings.insert(policy, values);
        }
        settings
    }

    fn policy(&mut self, entry: &mut Table<'_>) -> Option<String> {
        let (policy, at) = entry.string(self.file, "policy")?;
        self.check_policy(&policy, at);
        Some(policy)
    }

    fn check_policy(&mut self, policy: &str, at: std::ops::Range<usize>) {
        let known = &self.pack.policies;
        if !known.iter().any(|known| known == policy) {
            self.file.problem(
                at,
                format!(
                    "{policy:?} is not a policy of this pack: expected one of {}",
                    known.join(", ")
                ),
            );
        }
    }

    /// A list of tables; `None` if the key is absent, which an empty list is not.
    fn present_tables<'a>(&mut self, table: &mut Table<'a>, key: &'static str) -> Option<Vec<Table<'a>>> {
        let present = table.has(key);
        let tables = table.tables(self.file, key);
        present.then_some(tables)
    }
}
